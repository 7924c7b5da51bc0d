// Learns from a folder of good parts and inspects a folder of parts, read by OpenCV.
//
//   folder GOOD_DIR TEST_DIR OUT_DIR [KEY=VALUE ...]
//
// Prints a line for each part, and writes a picture of each defective one into OUT_DIR, with the anomaly over it.
// Exit status: 0 if all are good, 1 if one is not, 2 after an error.
#include <twinspect/opencv.hpp>

#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <vector>

namespace fs = std::filesystem;

static std::vector<fs::path> pictures_of(const fs::path &folder) {
  std::vector<fs::path> paths;
  for (const auto &entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

static twinspect::Options options_of(int count, char **settings) {
  twinspect::Options options;
  for (int i = 0; i < count; ++i) {
    const std::string setting = settings[i];
    const auto equals = setting.find('=');
    options.set(setting.substr(0, equals), equals == std::string::npos ? "" : setting.substr(equals + 1));
  }
  return options;
}

static twinspect::Model learn(const fs::path &folder, const twinspect::Options &options) {
  twinspect::Fitter fitter(options);
  for (const fs::path &path : pictures_of(folder)) fitter.add(twinspect::opencv::view(cv::imread(path.string())), path.string());
  fitter.on_progress([](std::string_view stage, std::uint64_t done, std::uint64_t total) {
    std::cerr << "\r" << stage << " " << done << "/" << total << "   ";
    return true;
  });
  twinspect::Model model = fitter.fit();
  std::cerr << "\n";
  return model;
}

static const char *word_of(twinspect::Verdict verdict) {
  switch (verdict) {
    case twinspect::Verdict::good: return "good";
    case twinspect::Verdict::defect: return "defect";
    default: return "undecided";
  }
}

static bool inspect(const twinspect::Model &model, const fs::path &folder, const fs::path &out) {
  twinspect::Inspector inspector(model);
  twinspect::Result result;
  bool all_good = true;
  for (const fs::path &path : pictures_of(folder)) {
    const cv::Mat picture = cv::imread(path.string());
    inspector.inspect(twinspect::opencv::view(picture), result);
    const twinspect::Summary summary = result.summary();
    std::printf("%-9s  score %8.2f  threshold %.2f  %s\n", word_of(summary.verdict), static_cast<double>(summary.score),
                static_cast<double>(summary.threshold), path.filename().string().c_str());
    for (const twinspect::Region &region : result.regions()) {
      std::printf("           %u x %u at (%u, %u), %llu pixels\n", region.width, region.height, region.x, region.y,
                  static_cast<unsigned long long>(region.area));
    }
    if (summary.verdict == twinspect::Verdict::good) continue;
    all_good = false;
    const fs::path drawn = out / path.stem().concat(".png");
    if (!cv::imwrite(drawn.string(), twinspect::opencv::overlay(result, picture))) {
      throw std::runtime_error("cannot write " + drawn.string());
    }
  }
  return all_good;
}

int main(int count, char **arguments) {
  if (count < 4) {
    std::cerr << "folder GOOD_DIR TEST_DIR OUT_DIR [KEY=VALUE ...]\n";
    return 2;
  }
  try {
    fs::create_directories(arguments[3]);
    const twinspect::Model model = learn(arguments[1], options_of(count - 4, arguments + 4));
    return inspect(model, arguments[2], arguments[3]) ? 0 : 1;
  } catch (const twinspect::Error &error) {
    std::cerr << "folder: " << tsp_status_name(error.code()) << ": " << error.what() << "\n";
  } catch (const std::exception &error) {
    std::cerr << "folder: " << error.what() << "\n";
  }
  return 2;
}
