/// Views: pictures that belong to the caller, and rows of values that belong to the library. Nothing here owns pixels.

#ifndef TWINSPECT_IMAGE_HPP
#define TWINSPECT_IMAGE_HPP

#include <twinspect/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace twinspect {

/// A pointer and a count; std::span for C++17.
template <class T>
class Span {
 public:
  /// Nothing.
  constexpr Span() noexcept = default;
  /// count values at data, which must outlive the span.
  constexpr Span(T *data, std::size_t count) noexcept : data_(data), size_(count) {}

  /// The first value; nullptr if there is none.
  constexpr T *data() const noexcept { return data_; }
  /// How many values.
  constexpr std::size_t size() const noexcept { return size_; }
  /// Whether there is none.
  constexpr bool empty() const noexcept { return size_ == 0; }
  /// Value number index, below size(); not checked.
  constexpr T &operator[](std::size_t index) const noexcept { return data_[index]; }
  /// For range loops and algorithms.
  constexpr T *begin() const noexcept { return data_; }
  /// As begin().
  constexpr T *end() const noexcept { return data_ + size_; }

 private:
  T *data_ = nullptr;
  std::size_t size_ = 0;
};

/// How pixels lie in memory. Alpha is ignored, 16 bit is in native byte order, gray is repeated to three channels.
enum class Format : std::int32_t {
  gray8 = TSP_FORMAT_GRAY8,
  gray16 = TSP_FORMAT_GRAY16,
  /// 32-bit floats from 0 to white, every one finite.
  gray_f32 = TSP_FORMAT_GRAYF32,
  bgr8 = TSP_FORMAT_BGR8,
  rgb8 = TSP_FORMAT_RGB8,
  bgra8 = TSP_FORMAT_BGRA8,
  rgba8 = TSP_FORMAT_RGBA8,
  /// Three planes of bytes: red, green, blue.
  rgb8_planar = TSP_FORMAT_RGB8_PLANAR,
  /// Three planes of 16-bit samples: red, green, blue.
  rgb16_planar = TSP_FORMAT_RGB16_PLANAR,
};

/// Bytes from one pixel to the next in its row (of its plane).
constexpr std::int64_t pixel_bytes(Format format) noexcept {
  switch (format) {
    case Format::gray8:
    case Format::rgb8_planar: return 1;
    case Format::gray16:
    case Format::rgb16_planar: return 2;
    case Format::bgr8:
    case Format::rgb8: return 3;
    case Format::gray_f32:
    case Format::bgra8:
    case Format::rgba8: return 4;
  }
  return 0;
}

/// Whether red, green and blue lie in planes of their own.
constexpr bool is_planar(Format format) noexcept {
  return format == Format::rgb8_planar || format == Format::rgb16_planar;
}

/// A picture in the caller's memory. Copying copies the view, never the pixels, which must stay until the call that is
/// given the view has returned. Sizes, strides and values are checked by that call.
///
/// A mask is a Format::gray8 view of the same size as its picture: non-zero = inspect.
class ImageView {
 public:
  /// width x height pixels; `pixels` is the first one of the top row.
  ///
  /// row_stride: bytes from one row to the next below it; 0 = tightly packed, negative = bottom-up. Of planar formats the
  /// planes must follow each other without a gap; otherwise use planar().
  ImageView(const void *pixels, std::uint32_t width, std::uint32_t height, Format format,
            std::int64_t row_stride = 0) noexcept {
    image_.struct_size = sizeof image_;
    image_.format = static_cast<std::int32_t>(format);
    image_.width = width;
    image_.height = height;
    image_.row_stride = row_stride;
    image_.plane[0] = pixels;
    if (is_planar(format) && pixels != nullptr) {
      const std::int64_t stride = row_stride == 0 ? pixel_bytes(format) * width : row_stride;
      // Unsigned, as a size that is out of range is refused later, and must not overflow before.
      const std::uint64_t plane_bytes = static_cast<std::uint64_t>(stride < 0 ? -stride : stride) * height;
      const auto first = reinterpret_cast<std::uintptr_t>(pixels);
      image_.plane[1] = reinterpret_cast<const void *>(first + plane_bytes);
      image_.plane[2] = reinterpret_cast<const void *>(first + 2 * plane_bytes);
    }
  }

  /// A picture of three planes, as HALCON's get_image_pointer3 gives them; format is one of the planar ones.
  static ImageView planar(const void *red, const void *green, const void *blue, std::uint32_t width, std::uint32_t height,
                          Format format = Format::rgb8_planar, std::int64_t row_stride = 0) noexcept {
    ImageView view(red, width, height, format, row_stride);
    view.image_.plane[1] = green;
    view.image_.plane[2] = blue;
    return view;
  }

  /// A view of what the C interface gives.
  explicit ImageView(const tsp_image &image) noexcept : image_(image) {}

  /// The same pixels where this value means full scale: 4095 for a 12-bit camera; 0 = 255, 65535 or 1.0 by the format.
  ImageView with_white(double white) const noexcept {
    ImageView view = *this;
    view.image_.white = white;
    return view;
  }

  /// A rectangle of the picture, without copying. Throws TSP_E_INVALID_ARGUMENT if it is empty or not inside.
  ImageView crop(std::uint32_t x, std::uint32_t y, std::uint32_t crop_width, std::uint32_t crop_height) const {
    if (crop_width == 0 || crop_height == 0 || x > width() || crop_width > width() - x || y > height() ||
        crop_height > height() - y) {
      throw Error(TSP_E_INVALID_ARGUMENT,
                  "a rectangle of " + std::to_string(crop_width) + " x " + std::to_string(crop_height) + " at (" +
                      std::to_string(x) + ", " + std::to_string(y) + ") is not inside of a picture of " +
                      std::to_string(width()) + " x " + std::to_string(height()),
                  "Use a rectangle of at least one pixel that lies inside.", "crop");
    }
    ImageView view = *this;
    const std::int64_t pixel = pixel_bytes(format());
    const std::int64_t tight = pixel * width();
    // What was tightly packed is so no longer, and the planes do not follow each other any more.
    if (view.image_.row_stride == 0) view.image_.row_stride = tight;
    for (const void *&plane : view.image_.plane) {
      if (plane != nullptr) plane = static_cast<const char *>(plane) + y * view.image_.row_stride + x * pixel;
    }
    view.image_.width = crop_width;
    view.image_.height = crop_height;
    return view;
  }

  /// Pixels in a row.
  std::uint32_t width() const noexcept { return image_.width; }
  /// Rows.
  std::uint32_t height() const noexcept { return image_.height; }
  /// How the pixels lie.
  Format format() const noexcept { return static_cast<Format>(image_.format); }
  /// Bytes from one row to the next; 0 = tightly packed, negative = bottom-up.
  std::int64_t row_stride() const noexcept { return image_.row_stride; }
  /// The first pixel of the top row (of the first plane).
  const void *pixels() const noexcept { return image_.plane[0]; }

  /// Makes all checks that an inspection makes, and no other work. Throws TSP_E_IMAGE, TSP_E_IMAGE_SIZE and others.
  void check() const { detail::check(tsp_image_check(&image_)); }

  /// For the C interface.
  const tsp_image *get() const noexcept { return &image_; }

 private:
  tsp_image image_{};
};

/// An anomaly map in the library's memory: multiples of the normal variation, 0 or more; 0 outside of the mask.
///
/// Lives until its Result is inspected into again, moved to by assignment or destroyed.
class MapView {
 public:
  /// A view of what the C interface gives.
  explicit MapView(const tsp_map &map) noexcept : map_(map) {}

  /// Values in a row, the picture's width.
  std::uint32_t width() const noexcept { return map_.width; }
  /// Rows, the picture's height.
  std::uint32_t height() const noexcept { return map_.height; }
  /// Bytes from one row to the next below it, above 0.
  std::int64_t row_stride() const noexcept { return map_.row_stride; }
  /// The first value of the top row.
  const float *data() const noexcept { return map_.data; }
  /// Row number y, below height(); not checked.
  Span<const float> row(std::uint32_t y) const noexcept {
    const char *first = reinterpret_cast<const char *>(map_.data) + y * map_.row_stride;
    return {reinterpret_cast<const float *>(first), map_.width};
  }
  /// The value of a pixel; not checked.
  float operator()(std::uint32_t x, std::uint32_t y) const noexcept { return row(y)[x]; }

 private:
  tsp_map map_;
};

}  // namespace twinspect

#endif
