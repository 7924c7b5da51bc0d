// The table of cases that every binding runs, from C++: tests/parity/README.md says what a line means.
//
//   parity FOLDER CASES.tsv
#include "pnm.hpp"

#include <twinspect/twinspect.hpp>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace twinspect;

// A picture in memory, and what is shown of it.
struct Picture {
  std::vector<unsigned char> pixels;
  ImageView view;
};

// One format: which channel of the file each sample of a pixel is (3 = alpha), and of which planes.
struct Order {
  Format format;
  std::vector<int> samples;
};

static const Order &order_of(const std::string &name) {
  static const std::map<std::string, Order> orders = {
      {"GRAY8", {Format::gray8, {0}}},          {"GRAY16", {Format::gray16, {0}}},
      {"GRAYF32", {Format::gray_f32, {0}}},     {"BGR8", {Format::bgr8, {2, 1, 0}}},
      {"RGB8", {Format::rgb8, {0, 1, 2}}},      {"BGRA8", {Format::bgra8, {2, 1, 0, 3}}},
      {"RGBA8", {Format::rgba8, {0, 1, 2, 3}}}, {"RGB8_PLANAR", {Format::rgb8_planar, {0, 1, 2}}},
      {"RGB16_PLANAR", {Format::rgb16_planar, {0, 1, 2}}},
  };
  return orders.at(name);
}

static void append(std::vector<unsigned char> &bytes, Format format, unsigned sample, unsigned white) {
  const auto copy = [&](const auto &value) {
    const auto *first = reinterpret_cast<const unsigned char *>(&value);
    bytes.insert(bytes.end(), first, first + sizeof value);
  };
  switch (format) {
    case Format::gray16:
    case Format::rgb16_planar: return copy(static_cast<std::uint16_t>(sample));
    case Format::gray_f32: return copy(static_cast<float>(sample) / static_cast<float>(white));
    default: return copy(static_cast<std::uint8_t>(sample));
  }
}

static Picture lay_out(const Pnm &file, const Order &order, const std::string &layout) {
  const bool is_wide = order.format == Format::gray_f32 || order.format == Format::gray16 || order.format == Format::rgb16_planar;
  const bool flipped = layout == "flipped";
  const std::size_t planes = is_planar(order.format) ? 3 : 1;
  std::vector<unsigned char> bytes;
  for (std::size_t plane = 0; plane < planes; ++plane) {
    for (unsigned row = 0; row < file.height; ++row) {
      const unsigned y = flipped ? file.height - 1 - row : row;
      for (unsigned x = 0; x < file.width; ++x) {
        for (std::size_t i = 0; i < order.samples.size() / planes; ++i) {
          const int channel = order.samples[plane + i];
          append(bytes, order.format, channel == 3 ? 0 : file.sample(x, y, static_cast<unsigned>(channel)), file.white);
        }
      }
      if (layout == "padded") bytes.insert(bytes.end(), is_wide ? 16 : 13, 0xA5);
    }
  }
  const std::size_t plane_bytes = bytes.size() / planes;
  const auto row_bytes = static_cast<std::int64_t>(plane_bytes / file.height);
  const unsigned char *top = bytes.data() + (flipped ? plane_bytes - static_cast<std::size_t>(row_bytes) : 0);
  const std::int64_t stride = flipped ? -row_bytes : layout == "packed" ? 0 : row_bytes;
  if (planes == 1) {
    const ImageView view(top, file.width, file.height, order.format, stride);
    return {std::move(bytes), view};
  }
  const auto view = ImageView::planar(top, top + plane_bytes, top + 2 * plane_bytes, file.width, file.height, order.format, stride);
  return {std::move(bytes), view};
}

static Picture packed(const Pnm &file) { return lay_out(file, order_of(file.channels == 3 ? "RGB8" : "GRAY8"), "packed"); }

// A row of the table, ready to be inspected.
struct Case {
  std::string name, model, batch;
  Picture image;
  std::optional<Picture> mask;
  Result result;
};

static Case read_case(const std::string &folder, const std::string &line) {
  std::istringstream words(line);
  std::string name, model, format, picture, roi, layout, white, mask, batch;
  words >> name >> model >> format >> picture >> roi >> layout >> white >> mask >> batch;
  Case made{name, model, batch, lay_out(read_pnm(folder + "/" + picture), order_of(format), layout), std::nullopt, Result()};
  if (unsigned x, y, width, height; std::sscanf(roi.c_str(), "%u,%u,%u,%u", &x, &y, &width, &height) == 4) {
    made.image.view = made.image.view.crop(x, y, width, height);
  }
  made.image.view = made.image.view.with_white(std::strtod(white.c_str(), nullptr));
  if (mask != "-") made.mask = packed(read_pnm(folder + "/" + mask));
  return made;
}

static std::vector<Case> read_cases(const std::string &folder, const std::string &table) {
  std::vector<Case> cases;
  std::ifstream file(table);
  bool is_head = true;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (!std::exchange(is_head, false)) cases.push_back(read_case(folder, line));
  }
  return cases;
}

static void inspect_batch(std::vector<Case> &cases, const std::string &batch, Inspector &inspector) {
  // A batch of this header has a mask for each picture or none at all; all of a picture is what a full mask says.
  std::vector<std::size_t> chosen;
  bool masked = false;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases[i].batch == batch) chosen.push_back(i), masked |= cases[i].mask.has_value();
  }
  std::vector<ImageView> images, masks;
  std::vector<std::vector<unsigned char>> full;
  std::vector<Result> results(chosen.size());
  for (const std::size_t i : chosen) {
    const ImageView &image = images.emplace_back(cases[i].image.view);
    if (!masked) continue;
    if (cases[i].mask) {
      masks.push_back(cases[i].mask->view);
    } else {
      full.emplace_back(std::size_t(image.width()) * image.height(), static_cast<unsigned char>(255));
      masks.emplace_back(full.back().data(), image.width(), image.height(), Format::gray8);
    }
  }
  inspector.inspect_batch({images.data(), images.size()}, {results.data(), results.size()}, {}, {masks.data(), masks.size()});
  for (std::size_t i = 0; i < chosen.size(); ++i) cases[chosen[i]].result = std::move(results[i]);
}

static void print_line(const std::string &name, const Result &result) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const MapView map = result.map();
  for (std::uint32_t y = 0; y < map.height(); ++y) {
    const auto row = map.row(y);
    const auto *bytes = reinterpret_cast<const unsigned char *>(row.data());
    for (std::size_t i = 0; i < row.size() * sizeof(float); ++i) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  }
  const Summary summary = result.summary();
  std::uint32_t bits = 0;
  std::memcpy(&bits, &summary.score, sizeof bits);
  std::printf("%s\t%08" PRIx32 "\t%" PRId32 "\t%" PRIu32 "\t%016" PRIx64 "\n", name.c_str(), bits,
              static_cast<std::int32_t>(summary.verdict), summary.region_count, hash);
}

static void inspect_fitted(const std::string &folder) {
  Options options;
  options.set("groups.size", 0).set("registration", "none").set("ground", "same").set("input.size", 96);
  Fitter fitter(options.set("verdict.false_alarm_rate", 0.05));
  std::ifstream train(folder + "/train.txt"), fitted(folder + "/fitted.txt");
  for (std::string name; std::getline(train, name);) fitter.add(packed(read_pnm(folder + "/" + name)).view, name);
  std::string name;
  std::getline(fitted, name);
  Inspector inspector(fitter.fit());
  print_line("fitted", inspector.inspect(packed(read_pnm(folder + "/" + name)).view));
}

static int run(const std::string &folder, const std::string &table) {
  std::vector<Case> cases = read_cases(folder, table);
  std::map<std::string, Inspector> inspectors;
  std::map<std::string, bool> done;
  for (Case &one : cases) {
    const auto known = inspectors.find(one.model);
    Inspector &inspector = known != inspectors.end()
                               ? known->second
                               : inspectors.emplace(one.model, Model::load(folder + "/" + one.model + ".twin")).first->second;
    if (one.batch != "-") {
      if (!std::exchange(done[one.batch], true)) inspect_batch(cases, one.batch, inspector);
    } else if (one.mask) {
      inspector.inspect(one.image.view, one.mask->view, one.result);
    } else {
      inspector.inspect(one.image.view, one.result);
    }
    print_line(one.name, one.result);
  }
  inspect_fitted(folder);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    std::cerr << "parity FOLDER CASES.tsv\n";
    return 2;
  }
  try {
    return run(argv[1], argv[2]);
  } catch (const std::exception &error) {
    std::cerr << "parity: " << error.what() << "\n";
    return 2;
  }
}
