// A stand-in for HALCON's C++ interface: the members that twinspect/halcon.hpp and examples/halcon use, with the types that
// HALCON's reference manual gives them, and no others. It is no HALCON, and proves only that those programs fit the members.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

// long on 64-bit Unix, long long on 64-bit Windows.
using Hlong = std::intptr_t;

namespace HalconCpp {

class HString {
 public:
  HString() = default;
  HString(const char *text) : text_(text) {}
  const char *Text() const { return text_.c_str(); }

 private:
  std::string text_;
};

class HException {
 public:
  explicit HException(const HString &message) : message_(message) {}
  HString ErrorMessage() const { return message_; }

 private:
  HString message_;
};

class HTuple {
 public:
  class Element {
   public:
    explicit Element(Hlong value) : value_(value) {}
    Hlong L() const { return value_; }

   private:
    Hlong value_;
  };
  HTuple(Hlong value) : values_{value} {}
  HTuple(const Hlong *values, Hlong length) : values_(values, values + length) {}
  Element operator[](Hlong index) const { return Element(values_[static_cast<std::size_t>(index)]); }
  Hlong Length() const { return static_cast<Hlong>(values_.size()); }

 private:
  std::vector<Hlong> values_;
};

class HImage;

// Keeps a region as runs.
class HRegion {
 public:
  void GenEmptyRegion() { rows_ = begins_ = ends_ = {}; }
  void GenRegionRuns(const HTuple &row, const HTuple &column_begin, const HTuple &column_end) {
    GenEmptyRegion();
    for (Hlong i = 0; i < row.Length(); ++i) {
      rows_.push_back(row[i].L());
      begins_.push_back(column_begin[i].L());
      ends_.push_back(column_end[i].L());
    }
  }
  void GenRectangle1(double row1, double column1, double row2, double column2) {
    GenEmptyRegion();
    for (auto row = static_cast<Hlong>(row1); row <= static_cast<Hlong>(row2); ++row) {
      rows_.push_back(row);
      begins_.push_back(static_cast<Hlong>(column1));
      ends_.push_back(static_cast<Hlong>(column2));
    }
  }
  Hlong AreaCenter(double *row, double *column) const {
    Hlong area = 0;
    *row = *column = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Hlong length = ends_[i] - begins_[i] + 1;
      area += length;
      *row += static_cast<double>(rows_[i] * length);
      *column += static_cast<double>((begins_[i] + ends_[i]) * length) / 2;
    }
    if (area > 0) *row /= static_cast<double>(area), *column /= static_cast<double>(area);
    return area;
  }
  void SmallestRectangle1(Hlong *row1, Hlong *column1, Hlong *row2, Hlong *column2) const {
    *row1 = *column1 = *row2 = *column2 = 0;
    if (rows_.empty()) return;
    *row1 = *std::min_element(rows_.begin(), rows_.end());
    *row2 = *std::max_element(rows_.begin(), rows_.end());
    *column1 = *std::min_element(begins_.begin(), begins_.end());
    *column2 = *std::max_element(ends_.begin(), ends_.end());
  }
  HImage RegionToBin(Hlong foreground, Hlong background, Hlong width, Hlong height) const;

 private:
  std::vector<Hlong> rows_, begins_, ends_;
};

class HImage {
 public:
  HImage() = default;
  // Reads PGM files alone.
  explicit HImage(const char *name) {
    std::ifstream file(name, std::ios::binary);
    std::string kind;
    Hlong width = 0, height = 0, white = 0;
    file >> kind >> width >> height >> white;
    file.get();
    std::vector<char> pixels(static_cast<std::size_t>(width * height));
    if (!file.read(pixels.data(), width * height) || kind != "P5" || white != 255) {
      throw HException(("the stand-in cannot read " + std::string(name)).c_str());
    }
    GenImage1("byte", width, height, pixels.data());
  }
  void GetImageSize(Hlong *width, Hlong *height) const { *width = width_, *height = height_; }
  void GenImage1(const HString &type, Hlong width, Hlong height, void *pixels) { fill(type, width, height, {pixels}); }
  void GenImage3(const HString &type, Hlong width, Hlong height, void *red, void *green, void *blue) {
    fill(type, width, height, {red, green, blue});
  }
  HTuple CountChannels() const { return HTuple(static_cast<Hlong>(planes_.size())); }
  void *GetImagePointer1(HString *type, Hlong *width, Hlong *height) const {
    size(type, width, height);
    return const_cast<char *>(planes_[0].data());
  }
  void GetImagePointer3(void **red, void **green, void **blue, HString *type, Hlong *width, Hlong *height) const {
    size(type, width, height);
    *red = const_cast<char *>(planes_[0].data());
    *green = const_cast<char *>(planes_[1].data());
    *blue = const_cast<char *>(planes_[2].data());
  }
  HRegion GetDomain() const { return domain_; }
  HImage ReduceDomain(const HRegion &region) const {
    HImage reduced = *this;
    reduced.domain_ = region;
    return reduced;
  }

 private:
  void fill(const HString &type, Hlong width, Hlong height, const std::vector<void *> &planes) {
    type_ = type;
    width_ = width;
    height_ = height;
    const std::string name = type.Text();
    const std::size_t bytes = static_cast<std::size_t>(width * height) * (name == "byte" ? 1 : name == "real" ? 4 : 2);
    planes_.clear();
    for (const void *plane : planes) planes_.emplace_back(static_cast<const char *>(plane), static_cast<const char *>(plane) + bytes);
    std::vector<Hlong> rows, begins(static_cast<std::size_t>(height), 0), ends(static_cast<std::size_t>(height), width - 1);
    for (Hlong row = 0; row < height; ++row) rows.push_back(row);
    domain_.GenRegionRuns({rows.data(), height}, {begins.data(), height}, {ends.data(), height});
  }
  void size(HString *type, Hlong *width, Hlong *height) const {
    *type = type_;
    *width = width_;
    *height = height_;
  }

  HString type_;
  Hlong width_ = 0, height_ = 0;
  std::vector<std::vector<char>> planes_;
  HRegion domain_;
};

inline HImage HRegion::RegionToBin(Hlong foreground, Hlong background, Hlong width, Hlong height) const {
  std::vector<char> pixels(static_cast<std::size_t>(width * height), static_cast<char>(background));
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    for (Hlong x = begins_[i]; x <= ends_[i]; ++x) pixels[static_cast<std::size_t>(rows_[i] * width + x)] = static_cast<char>(foreground);
  }
  HImage image;
  image.GenImage1("byte", width, height, pixels.data());
  return image;
}

// The documented formulas for type byte and mode standard, and whole images as trained on.
class HVariationModel {
 public:
  HVariationModel(Hlong width, Hlong height, const char *type, const char *mode) : width_(width), height_(height) {
    if (type != std::string("byte") || mode != std::string("standard")) throw HException("the stand-in has byte and standard alone");
    sums_.resize(static_cast<std::size_t>(width * height));
    squares_ = lower_ = upper_ = sums_;
  }
  void TrainVariationModel(const HImage &image) const {
    const auto *pixels = pixels_of(image);
    ++count_;
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      sums_[i] += pixels[i];
      squares_[i] += double(pixels[i]) * pixels[i];
    }
  }
  void PrepareVariationModel(double abs_threshold, double var_threshold) const {
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const double ideal = sums_[i] / count_;
      const double variation = std::sqrt(std::max(squares_[i] / count_ - ideal * ideal, 0.0));
      lower_[i] = ideal - std::max(abs_threshold, var_threshold * variation);
      upper_[i] = ideal + std::max(abs_threshold, var_threshold * variation);
    }
  }
  void ClearTrainDataVariationModel() const { sums_.clear(), squares_.clear(); }
  HRegion CompareVariationModel(const HImage &image) const {
    const auto *pixels = pixels_of(image);
    const HImage domain = image.GetDomain().RegionToBin(1, 0, width_, height_);
    const auto *inside = pixels_of(domain);
    std::vector<Hlong> rows, columns;
    for (Hlong row = 0; row < height_; ++row) {
      for (Hlong column = 0; column < width_; ++column) {
        const auto i = static_cast<std::size_t>(row * width_ + column);
        if (inside[i] == 0 || (pixels[i] >= lower_[i] && pixels[i] <= upper_[i])) continue;
        rows.push_back(row);
        columns.push_back(column);
      }
    }
    HRegion region;
    const auto count = static_cast<Hlong>(rows.size());
    region.GenRegionRuns({rows.data(), count}, {columns.data(), count}, {columns.data(), count});
    return region;
  }

 private:
  static const std::uint8_t *pixels_of(const HImage &image) {
    HString type;
    Hlong width = 0, height = 0;
    return static_cast<const std::uint8_t *>(image.GetImagePointer1(&type, &width, &height));
  }

  Hlong width_, height_;
  // HALCON's members are const, as the object is a handle.
  mutable double count_ = 0;
  mutable std::vector<double> sums_, squares_, lower_, upper_;
};

}  // namespace HalconCpp
