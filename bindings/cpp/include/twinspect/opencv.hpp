/// twinspect with OpenCV: a cv::Mat goes in without a copy; map, mask, contours and overlay come out as OpenCV's own types.
///
///     cv::Mat frame;                                          // 8UC3 as OpenCV reads and captures it: BGR
///     camera >> frame;
///     inspector.inspect(twinspect::opencv::view(frame), result);
///     cv::imshow("defects", twinspect::opencv::overlay(result, frame));
///
/// A region of interest is OpenCV's own: view(frame(cv::Rect(x, y, width, height))). Needs OpenCV 4 (core, imgproc);
/// with CMake: find_package(Twinspect CONFIG REQUIRED COMPONENTS OpenCV) and the target Twinspect::OpenCV.

#ifndef TWINSPECT_OPENCV_HPP
#define TWINSPECT_OPENCV_HPP

#include <twinspect/twinspect.hpp>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include <string>
#include <vector>

namespace twinspect::opencv {

/// The type of a cv::Mat whose rows hold such pixels, such as CV_8UC3; -1 for planar formats, which no cv::Mat holds.
inline int mat_type(Format format) noexcept {
  switch (format) {
    case Format::gray8: return CV_8UC1;
    case Format::gray16: return CV_16UC1;
    case Format::gray_f32: return CV_32FC1;
    case Format::bgr8:
    case Format::rgb8: return CV_8UC3;
    case Format::bgra8:
    case Format::rgba8: return CV_8UC4;
    case Format::rgb8_planar:
    case Format::rgb16_planar: break;
  }
  return -1;
}

/// A view of the pixels of a cv::Mat, without copying; the mat must stay until the call that is given the view has
/// returned. For a mat that is not in OpenCV's order of channels: view(mat, Format::rgb8).
///
/// Throws TSP_E_IMAGE if the mat is empty, not two-dimensional, or of another type than the format's.
inline ImageView view(const cv::Mat &mat, Format format) {
  const bool is_flat = mat.dims == 2;
  if (!is_flat || mat.empty() || mat.type() != mat_type(format)) {
    const std::string what = !is_flat || mat.empty() ? std::string("a cv::Mat that is empty or not two-dimensional")
                                                     : "a cv::Mat of type " + cv::typeToString(mat.type());
    throw Error(TSP_E_IMAGE, what + " cannot be inspected as it is",
                "Use 8UC1, 16UC1, 32FC1, 8UC3 or 8UC4; cv::Mat::convertTo makes one of the others.", "cv::Mat");
  }
  return ImageView(mat.data, static_cast<std::uint32_t>(mat.cols), static_cast<std::uint32_t>(mat.rows), format,
                   static_cast<std::int64_t>(mat.step[0]));
}

/// A view of a cv::Mat as OpenCV reads and captures it: 8UC1, 16UC1, 32FC1 (0 to 1), 8UC3 (BGR) or 8UC4 (BGRA).
///
/// Where full scale is another value, for instance 4095: view(mat).with_white(4095). Throws TSP_E_IMAGE for other types.
inline ImageView view(const cv::Mat &mat) {
  switch (mat.type()) {
    case CV_16UC1: return view(mat, Format::gray16);
    case CV_32FC1: return view(mat, Format::gray_f32);
    case CV_8UC3: return view(mat, Format::bgr8);
    case CV_8UC4: return view(mat, Format::bgra8);
    default: return view(mat, Format::gray8);
  }
}

/// The anomaly map as 32FC1, a header over the library's memory: not to be written, and to be cloned by whoever needs it
/// after the result was inspected into again or destroyed.
inline cv::Mat map(const Result &result) {
  const MapView map = result.map();
  return cv::Mat(static_cast<int>(map.height()), static_cast<int>(map.width()), CV_32FC1, const_cast<float *>(map.data()),
                 static_cast<std::size_t>(map.row_stride()));
}

/// All defect regions as 8UC1 of the picture's size, 255 inside and 0 outside; a header, as map().
inline cv::Mat mask(const Result &result) {
  const ImageView mask = result.mask();
  const auto stride = mask.row_stride() == 0 ? mask.width() : static_cast<std::size_t>(mask.row_stride());
  return cv::Mat(static_cast<int>(mask.height()), static_cast<int>(mask.width()), CV_8UC1, const_cast<void *>(mask.pixels()),
                 stride);
}

/// The bounding box of a region.
inline cv::Rect box(const Region &region) noexcept {
  return cv::Rect(static_cast<int>(region.x), static_cast<int>(region.y), static_cast<int>(region.width),
                  static_cast<int>(region.height));
}

/// One region as 8UC1 of the size of its bounding box, 255 inside and 0 outside; memory of its own.
inline cv::Mat mask(const Region &region) {
  const cv::Rect frame = box(region);
  cv::Mat mask = cv::Mat::zeros(frame.size(), CV_8UC1);
  for (const Run &run : region.runs) {
    mask.row(run.row - frame.y).colRange(run.column_begin - frame.x, run.column_end - frame.x + 1).setTo(255);
  }
  return mask;
}

/// The outlines of a region and of its holes, in pixels of the picture: as cv::drawContours takes them.
inline std::vector<std::vector<cv::Point>> contours(const Region &region) {
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(mask(region), contours, cv::RETR_CCOMP, cv::CHAIN_APPROX_SIMPLE, box(region).tl());
  return contours;
}

/// The picture as 8UC3 (BGR) with the anomaly map over it, on a colour scale that is tied to the threshold, and the defect
/// regions outlined in white. picture: what was inspected, or another one of its size.
///
/// Throws TSP_E_STATE without a threshold, TSP_E_IMAGE_SIZE.
inline cv::Mat overlay(const Result &result, const cv::Mat &picture) {
  const MapView size = result.map();
  cv::Mat drawn(static_cast<int>(size.height()), static_cast<int>(size.width()), CV_8UC3);
  result.render(view(picture), drawn.data, Format::bgr8, static_cast<std::int64_t>(drawn.step[0]));
  for (const Region &region : result.regions()) {
    cv::drawContours(drawn, contours(region), -1, cv::Scalar(255, 255, 255));
  }
  return drawn;
}

/// One of a variation model's images as 32FC1, in gray values. Memory of its own. Throws TSP_E_STATE if there is no such image.
inline cv::Mat image(const Variation &variation, VariationImage which) {
  const VariationInfo info = variation.info();
  cv::Mat image(static_cast<int>(info.height), static_cast<int>(info.width), CV_32FC1);
  variation.copy_image(which, image.ptr<float>(), info.width, info.height, static_cast<std::int64_t>(image.step[0]));
  return image;
}

/// A variation model for pictures of this size and type, 8UC1 or 16UC1. Throws TSP_E_UNSUPPORTED for other types.
inline Variation variation_for(const cv::Mat &picture, VariationMode mode = VariationMode::standard) {
  const bool is_wide = picture.type() == CV_16UC1;
  if (!is_wide && picture.type() != CV_8UC1) {
    throw Error(TSP_E_UNSUPPORTED, "a variation model compares gray values, not a cv::Mat of type " + cv::typeToString(picture.type()),
                "Use 8UC1 or 16UC1: cv::cvtColor, cv::Mat::convertTo.", "cv::Mat");
  }
  return Variation(static_cast<std::uint32_t>(picture.cols), static_cast<std::uint32_t>(picture.rows),
                   is_wide ? VariationType::uint2 : VariationType::byte, mode);
}

/// A golden template of mats, 8UC1 or 16UC1. mask: 8UC1 of the same size, which is copied; empty = all counts.
inline GoldenTemplate golden_template(const cv::Mat &reference, Tolerance tolerance, const cv::Mat &mask = cv::Mat()) {
  return mask.empty() ? GoldenTemplate(view(reference), tolerance)
                      : GoldenTemplate(view(reference), view(mask, Format::gray8), tolerance);
}

/// Where a picture differs from a golden template beyond the tolerance: 8UC1, 255 there and 0 elsewhere; memory of its own.
inline cv::Mat compare(const GoldenTemplate &golden, const cv::Mat &picture, Sides sides = Sides::absolute) {
  return mask(golden.compare(view(picture), sides)).clone();
}

}  // namespace twinspect::opencv

#endif
