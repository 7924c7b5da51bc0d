// An inspection with HALCON's variation model, as many lines run it: after.cpp is the same program with twinspect.
//
//   before GOOD... -- NEW...
//
// Learns from pictures of good parts (gray, all of one size, the part in the same place) and says of each new one where it
// differs. Exit status: 0 all good, 1 a part is not good, 2 an error.
#include <HalconCpp.h>

#include <cstring>
#include <iostream>
#include <vector>

using HalconCpp::HImage;
using HalconCpp::HRegion;
using HalconCpp::HVariationModel;

// What a part may differ by, and the frame that does not count: a finger's width of conveyor at each edge.
constexpr double abs_threshold = 20, var_threshold = 2;
constexpr Hlong frame = 2;

static HRegion zone_of(Hlong width, Hlong height) {
  HRegion zone;
  zone.GenRectangle1(frame, frame, static_cast<double>(height - 1 - frame), static_cast<double>(width - 1 - frame));
  return zone;
}

static HVariationModel learn(const std::vector<const char *> &good, Hlong width, Hlong height) {
  HVariationModel model(width, height, "byte", "standard");
  for (const char *name : good) model.TrainVariationModel(HImage(name));
  model.PrepareVariationModel(abs_threshold, var_threshold);
  model.ClearTrainDataVariationModel();
  return model;
}

static bool is_good(const char *name, const HVariationModel &model, const HRegion &zone) {
  const HRegion defects = model.CompareVariationModel(HImage(name).ReduceDomain(zone));
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
    std::cerr << "before GOOD... -- NEW...\n";
    return 2;
  }
  try {
    Hlong width = 0, height = 0;
    HImage(good.front()).GetImageSize(&width, &height);
    const HVariationModel model = learn(good, width, height);
    const HRegion zone = zone_of(width, height);
    bool all_good = true;
    for (const char *name : parts) all_good &= is_good(name, model, zone);
    return all_good ? 0 : 1;
  } catch (const HalconCpp::HException &error) {
    std::cerr << error.ErrorMessage().Text() << "\n";
    return 2;
  }
}
