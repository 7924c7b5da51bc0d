// The inspection of before.cpp with twinspect: HALCON still reads, reduces and measures, and its variation model is gone.
//
//   after GOOD... -- NEW...
//
// Learns from pictures of good parts (gray, all of one size, the part in the same place) and says of each new one where it
// differs. Exit status: 0 all good, 1 a part is not good, 2 an error.
#include <twinspect/halcon.hpp>

#include <cstring>
#include <iostream>
#include <vector>

using HalconCpp::HImage;
using HalconCpp::HRegion;
using twinspect::Variation;

// What a part may differ by, and the frame that does not count: a finger's width of conveyor at each edge.
constexpr double abs_threshold = 20, var_threshold = 2;
constexpr Hlong frame = 2;

static HRegion zone_of(Hlong width, Hlong height) {
  HRegion zone;
  zone.GenRectangle1(frame, frame, static_cast<double>(height - 1 - frame), static_cast<double>(width - 1 - frame));
  return zone;
}

static Variation learn(const std::vector<const char *> &good, Hlong width, Hlong height) {
  Variation model(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height));
  for (const char *name : good) twinspect::halcon::train(model, HImage(name));
  model.prepare(abs_threshold, var_threshold);
  model.clear_train_data();
  return model;
}

static bool is_good(const char *name, const Variation &model, const HRegion &zone, twinspect::Result &result) {
  const HRegion defects = twinspect::halcon::compare(model, HImage(name).ReduceDomain(zone), result);
  double row = 0, column = 0;
  const Hlong area = defects.AreaCenter(&row, &column);
  Hlong top = 0, left = 0, bottom = 0, right = 0;
  defects.SmallestRectangle1(&top, &left, &bottom, &right);
  std::cout << name << ": ";
  if (area == 0) {
    std::cout << "good\n";
  } else {
    std::cout << area << " pixels differ, rows " << top << " to " << bottom << ", columns " << left << " to " << right << "\n";
  }
  return area == 0;
}

int main(int count, char **arguments) {
  std::vector<const char *> good, parts;
  bool after_dashes = false;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--") == 0) {
      after_dashes = true;
    } else {
      (after_dashes ? parts : good).push_back(arguments[i]);
    }
  }
  if (good.empty() || parts.empty()) {
    std::cerr << "after GOOD... -- NEW...\n";
    return 2;
  }
  try {
    Hlong width = 0, height = 0;
    HImage(good.front()).GetImageSize(&width, &height);
    const Variation model = learn(good, width, height);
    const HRegion zone = zone_of(width, height);
    twinspect::Result result;
    bool all_good = true;
    for (const char *name : parts) all_good &= is_good(name, model, zone, result);
    return all_good ? 0 : 1;
  } catch (const HalconCpp::HException &error) {
    std::cerr << error.ErrorMessage().Text() << "\n";
    return 2;
  } catch (const twinspect::Error &error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
