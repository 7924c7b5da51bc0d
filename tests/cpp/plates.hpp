// Gray plates for comparisons of gray values: a ramp with an edge and some noise, the same in every run.
#pragma once

#include <twinspect/twinspect.hpp>

#include <cstdint>
#include <random>
#include <vector>

constexpr unsigned plate_width = 40;
constexpr unsigned plate_height = 30;

// Where a spotted plate has its dark spot of 3 x 2 pixels.
constexpr unsigned spot_x = 7;
constexpr unsigned spot_y = 12;

// shift: how many pixels the edge lies to the right of where it should.
inline std::vector<std::uint8_t> draw_plate(unsigned seed, unsigned shift = 0) {
  std::mt19937 engine(seed);
  std::vector<std::uint8_t> plate;
  for (unsigned y = 0; y < plate_height; ++y) {
    for (unsigned x = 0; x < plate_width; ++x) {
      const unsigned bright = x >= 25 + shift ? 90 : 0;
      plate.push_back(static_cast<std::uint8_t>(80 + x + bright + engine() % 8));
    }
  }
  return plate;
}

inline std::vector<std::uint8_t> spotted_plate(unsigned seed) {
  auto plate = draw_plate(seed);
  for (unsigned y = spot_y; y < spot_y + 2; ++y) {
    for (unsigned x = spot_x; x < spot_x + 3; ++x) plate[y * plate_width + x] = 10;
  }
  return plate;
}

inline twinspect::ImageView plate_view(const std::vector<std::uint8_t> &plate) {
  return {plate.data(), plate_width, plate_height, twinspect::Format::gray8};
}
