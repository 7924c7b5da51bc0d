// A stand-in for HALCON's C++ interface: the members that twinspect/halcon.hpp uses, with the types that HALCON's reference
// manual gives them, and no others. It is no HALCON, and proves only that the header fits those members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
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
  Hlong AreaCenter(double *row, double *column) const {
    Hlong area = 0;
    *row = *column = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) area += ends_[i] - begins_[i] + 1;
    return area;
  }
  HImage RegionToBin(Hlong foreground, Hlong background, Hlong width, Hlong height) const;

 private:
  std::vector<Hlong> rows_, begins_, ends_;
};

class HImage {
 public:
  HImage() = default;
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

}  // namespace HalconCpp
