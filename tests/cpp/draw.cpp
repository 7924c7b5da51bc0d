// Writes drawn parts and a model of them, for the examples:  draw FOLDER MODEL
#include "parts.hpp"

#include <twinspect/opencv.hpp>

#include <opencv2/imgcodecs.hpp>

#include <filesystem>

static void write(const std::filesystem::path &path, unsigned seed, bool defective) {
  auto pixels = draw_part(seed, defective);
  std::filesystem::create_directories(path.parent_path());
  cv::imwrite(path.string(), cv::Mat(part_height, part_width, CV_8UC3, pixels.data()));
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  const std::filesystem::path folder = arguments[1];
  for (unsigned seed = 1; seed <= 12; ++seed) write(folder / "good" / (std::to_string(seed) + ".png"), seed, false);
  for (unsigned number = 1; number <= 3; ++number) {
    write(folder / "test" / ("good_" + std::to_string(number) + ".png"), 400 + number, false);
    write(folder / "test" / ("bad_" + std::to_string(number) + ".png"), 500 + number, true);
  }
  fit_good_parts().save(arguments[2]);
}
