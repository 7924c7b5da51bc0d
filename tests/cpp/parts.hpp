// Parts as a camera would show them, and a model of good ones: small and the same in every run.
#pragma once

#include <twinspect/twinspect.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

constexpr int part_width = 96;
constexpr int part_height = 80;

// A grey plate with a bright disc and two holes, as tightly packed BGR; a defective one has a dark scratch.
inline std::vector<std::uint8_t> draw_part(unsigned seed, bool defective) {
  // The engine's numbers are the standard's; those of its distributions are not.
  std::mt19937 engine(seed);
  const auto noise = [&](double most) { return most * (2.0 * static_cast<double>(engine()) / 4294967295.0 - 1.0); };
  const double dx = noise(0.7), dy = noise(0.7);
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < part_height; ++y) {
    for (int x = 0; x < part_width; ++x) {
      const double u = x - part_width / 2.0 - dx, v = y - part_height / 2.0 - dy;
      double grey = std::hypot(u, v) < 32 ? 180 : 95;
      if (std::hypot(u - 18, v) < 6 || std::hypot(u + 18, v) < 6) grey = 40;
      if (defective && std::abs(u - 0.5 * v) < 2.5 && v > -22 && v < 4) grey = 25;
      grey += noise(6);
      for (const double tint : {0.7, 0.9, 1.0}) pixels.push_back(static_cast<std::uint8_t>(std::clamp(grey * tint, 0.0, 255.0)));
    }
  }
  return pixels;
}

inline twinspect::ImageView view_of(const std::vector<std::uint8_t> &bgr) {
  return {bgr.data(), part_width, part_height, twinspect::Format::bgr8};
}

// The least input that the backbone takes in seconds; one thread, so that the bits do not depend on the machine's cores.
inline twinspect::Options small_options() {
  return twinspect::Options().set("input.size", 96).set("threads", 1);
}

inline void add_good_parts(twinspect::Fitter &fitter, unsigned count = 12) {
  for (unsigned seed = 1; seed <= count; ++seed) fitter.add(view_of(draw_part(seed, false)), "good " + std::to_string(seed));
}

inline twinspect::Model fit_good_parts() {
  twinspect::Fitter fitter(small_options());
  add_good_parts(fitter);
  return fitter.fit();
}

// So that scores are compared by their bits.
inline std::uint32_t bits(float value) {
  std::uint32_t bits;
  static_assert(sizeof bits == sizeof value);
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
