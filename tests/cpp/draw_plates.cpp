// Draws the plates of plates.hpp as PGM files: ten good ones, a new good one, and one with a spot.
//
//   draw_plates FOLDER
#include "plates.hpp"

#include <fstream>
#include <string>

static void write(const std::string &path, const std::vector<std::uint8_t> &plate) {
  std::ofstream file(path, std::ios::binary);
  file << "P5\n" << plate_width << " " << plate_height << "\n255\n";
  file.write(reinterpret_cast<const char *>(plate.data()), static_cast<std::streamsize>(plate.size()));
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  const std::string folder = std::string(arguments[1]) + "/";
  for (unsigned seed = 0; seed < 10; ++seed) write(folder + "good_" + std::to_string(seed) + ".pgm", draw_plate(seed));
  write(folder + "new.pgm", draw_plate(50));
  write(folder + "spotted.pgm", spotted_plate(51));
  return 0;
}
