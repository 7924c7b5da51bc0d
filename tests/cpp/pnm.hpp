// Reads P5 and P6 files of 8 or 16 bits, without comments in their heads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Pnm {
  unsigned width = 0, height = 0, channels = 0, white = 0;
  std::vector<std::uint16_t> samples;

  unsigned sample(unsigned x, unsigned y, unsigned channel) const {
    return samples[(std::size_t(y) * width + x) * channels + channel];
  }
};

inline Pnm read_pnm(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::string kind;
  Pnm pnm;
  file >> kind >> pnm.width >> pnm.height >> pnm.white;
  file.get();
  if (!file || (kind != "P5" && kind != "P6") || (pnm.white != 255 && pnm.white != 65535)) {
    throw std::runtime_error(path + " is no P5 or P6 of 8 or 16 bits");
  }
  pnm.channels = kind == "P6" ? 3 : 1;
  pnm.samples.resize(std::size_t(pnm.width) * pnm.height * pnm.channels);
  for (std::uint16_t &sample : pnm.samples) {
    const int high = pnm.white == 65535 ? file.get() : 0;
    sample = static_cast<std::uint16_t>(high << 8 | file.get());
  }
  if (!file) throw std::runtime_error(path + " is too short");
  return pnm;
}
