/// A golden template: a picture of a good part, how far gray values may lie from it, and where it counts.
///
/// For programs that come from a tool with such a comparison, whatever its name was: reference, mask and tolerance go in, defect
/// regions come out. It learns nothing; docs/cpp.md says what to use instead where good parts are at hand.

#ifndef TWINSPECT_GOLDEN_HPP
#define TWINSPECT_GOLDEN_HPP

#include <twinspect/error.hpp>
#include <twinspect/image.hpp>
#include <twinspect/result.hpp>
#include <twinspect/variation.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace twinspect {

/// How far a gray value may lie from the reference: max(gray, edges * step), where step is the largest difference between
/// the pixel of the reference and its eight neighbours.
struct Tolerance {
  /// Gray values, 0 or more; one number, or one for what is too light and one for what is too dark.
  LightDark gray;
  /// Multiples of the step, 0 or more: 1 forgives edges that lie a pixel from where they should, 0 nothing.
  LightDark edges;

  /// The same everywhere, and for light and dark.
  Tolerance(double gray_values) noexcept : gray(gray_values), edges(0) {}
  /// More at edges.
  Tolerance(LightDark gray_values, LightDark steps) noexcept : gray(gray_values), edges(steps) {}
};

/// Compares pictures with one of a good part. Any number of threads may compare at once.
///
///     twinspect::GoldenTemplate golden(reference, mask, {20, 1});   // 20 gray values, more where an edge may lie a pixel off
///     golden.compare(frame, result);
///     for (const twinspect::Region &region : result.regions()) if (region.area > 12) reject(region.x, region.y);
///
/// Pictures are Format::gray8, or gray16 if the reference is, of its size, and show the part in the same place. The result is
/// that of Variation::compare: its map, score and peaks are gray values beyond the tolerance.
class GoldenTemplate {
 public:
  /// The whole picture counts. Throws TSP_E_UNSUPPORTED for other formats, INVALID_ARGUMENT for the tolerance, IMAGE,
  /// IMAGE_SIZE.
  GoldenTemplate(const ImageView &reference, Tolerance tolerance)
      : variation_(reference.width(), reference.height(), type_of(reference), VariationMode::direct) {
    reference.check();
    const std::vector<float> steps = steps_of(reference);
    const ImageView step_image(steps.data(), reference.width(), reference.height(), Format::gray_f32);
    variation_.prepare_direct(reference, step_image, tolerance.gray, tolerance.edges);
  }
  /// As above; the mask, which is copied, says what counts.
  GoldenTemplate(const ImageView &reference, const ImageView &mask, Tolerance tolerance) : GoldenTemplate(reference, tolerance) {
    if (mask.format() != Format::gray8 || mask.width() != reference.width() || mask.height() != reference.height()) {
      throw Error(TSP_E_IMAGE_SIZE,
                  "a mask of " + std::to_string(mask.width()) + " x " + std::to_string(mask.height()) +
                      " for a reference of " + std::to_string(reference.width()) + " x " + std::to_string(reference.height()),
                  "Give an 8-bit gray mask of the reference's size.", "mask");
    }
    mask.check();
    mask_.reserve(std::size_t(mask.width()) * mask.height());
    for (std::uint32_t y = 0; y < mask.height(); ++y) {
      const unsigned char *row = row_of(mask, y);
      mask_.insert(mask_.end(), row, row + mask.width());
    }
    width_ = mask.width();
    height_ = mask.height();
  }

  /// Finds what differs; what was found replaces what was in result, which stays as it was if the call fails.
  ///
  /// Throws TSP_E_IMAGE, IMAGE_SIZE, UNSUPPORTED, BUSY for result.
  void compare(const ImageView &image, Result &result, Sides sides = Sides::absolute) const {
    try_compare(image, result, sides).value();
  }
  /// The same, into a new result.
  Result compare(const ImageView &image, Sides sides = Sides::absolute) const {
    Result result;
    compare(image, result, sides);
    return result;
  }
  /// The same, without throwing what the library reports.
  Outcome<void> try_compare(const ImageView &image, Result &result, Sides sides = Sides::absolute) const {
    if (mask_.empty()) return variation_.try_compare(image, result, sides);
    return variation_.try_compare(image, ImageView(mask_.data(), width_, height_, Format::gray8), result, sides);
  }

  /// The limits, for Variation::copy_image and Variation::write.
  const Variation &variation() const noexcept { return variation_; }

 private:
  static VariationType type_of(const ImageView &reference) {
    switch (reference.format()) {
      case Format::gray8: return VariationType::byte;
      case Format::gray16: return VariationType::uint2;
      default:
        throw Error(TSP_E_UNSUPPORTED, "a golden template of a format other than gray8 and gray16",
                    "Convert the pictures to gray, or fit a model, which takes colour.", "reference");
    }
  }

  static const unsigned char *row_of(const ImageView &image, std::uint32_t y) noexcept {
    const std::int64_t tight = pixel_bytes(image.format()) * image.width();
    const std::int64_t stride = image.row_stride() == 0 ? tight : image.row_stride();
    return static_cast<const unsigned char *>(image.pixels()) + y * stride;
  }

  static float gray_at(const unsigned char *row, std::size_t x, Format format) noexcept {
    if (format == Format::gray8) return row[x];
    std::uint16_t wide;
    // A row need not begin at an even address.
    std::memcpy(&wide, row + 2 * x, sizeof wide);
    return wide;
  }

  static std::vector<float> steps_of(const ImageView &image) {
    const std::uint32_t width = image.width(), height = image.height();
    std::vector<float> steps;
    steps.reserve(std::size_t(width) * height);
    for (std::uint32_t y = 0; y < height; ++y) {
      for (std::uint32_t x = 0; x < width; ++x) {
        const float here = gray_at(row_of(image, y), x, image.format());
        float step = 0;
        for (std::uint32_t near_y = y - (y > 0); near_y <= std::min(y + 1, height - 1); ++near_y) {
          for (std::uint32_t near_x = x - (x > 0); near_x <= std::min(x + 1, width - 1); ++near_x) {
            step = std::max(step, std::abs(gray_at(row_of(image, near_y), near_x, image.format()) - here));
          }
        }
        steps.push_back(step);
      }
    }
    return steps;
  }

  Variation variation_;
  std::vector<std::uint8_t> mask_;
  std::uint32_t width_ = 0, height_ = 0;
};

}  // namespace twinspect

#endif
