/// twinspect with HALCON: an HImage goes in without a copy, its domain as the mask; an HRegion comes out.
///
///     HalconCpp::HImage image("part.png");
///     twinspect::halcon::inspect(inspector, image.ReduceDomain(zone), result);
///     HalconCpp::HRegion defects = twinspect::halcon::region(result);
///
/// Written against the documented C++ interface of HALCON 13 and newer (HalconCpp). It was compiled and run against a stand-in
/// that has the members used here, and not with HALCON itself.

#ifndef TWINSPECT_HALCON_HPP
#define TWINSPECT_HALCON_HPP

#include <twinspect/twinspect.hpp>

#include <HalconCpp.h>

#include <optional>
#include <string>
#include <vector>

namespace twinspect::halcon {

/// An HImage as twinspect takes it: one or three channels of type byte or uint2, and its domain as the mask if it is reduced.
///
/// Holds the image, so that its pixels stay. Nothing but the mask of a reduced domain is made anew.
class View {
 public:
  /// white: the value that means full scale, 4095 for a 12-bit camera; 0 = 255 or 65535 by the type.
  ///
  /// Throws TSP_E_UNSUPPORTED for other types and numbers of channels, TSP_E_IMAGE for an empty domain.
  explicit View(const HalconCpp::HImage &image, double white = 0) : held_(image), image_(view(held_).with_white(white)) {
    const HalconCpp::HRegion domain = held_.GetDomain();
    double row = 0, column = 0;
    const auto area = static_cast<std::uint64_t>(domain.AreaCenter(&row, &column));
    const std::uint64_t whole = std::uint64_t(image_.width()) * image_.height();
    if (area == whole) return;
    held_mask_ = domain.RegionToBin(255, 0, static_cast<Hlong>(image_.width()), static_cast<Hlong>(image_.height()));
    mask_.emplace(view(held_mask_));
  }

  /// The pixels.
  const ImageView &image() const noexcept { return image_; }
  /// The domain; nullptr if it is the whole image.
  const ImageView *mask() const noexcept { return mask_ ? &*mask_ : nullptr; }

 private:
  static ImageView view(const HalconCpp::HImage &image) {
    const Hlong channels = image.CountChannels()[0].L();
    HalconCpp::HString type;
    Hlong width = 0, height = 0;
    if (channels == 1) {
      const void *pixels = image.GetImagePointer1(&type, &width, &height);
      const Format format = is_of(type, "uint2", channels) ? Format::gray16 : Format::gray8;
      return ImageView(pixels, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), format);
    }
    if (channels == 3) {
      void *red = nullptr, *green = nullptr, *blue = nullptr;
      image.GetImagePointer3(&red, &green, &blue, &type, &width, &height);
      const Format format = is_of(type, "uint2", channels) ? Format::rgb16_planar : Format::rgb8_planar;
      return ImageView::planar(red, green, blue, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), format);
    }
    throw unsupported(channels, "any type");
  }

  // Whether it is the wider type; throws if it is neither that nor byte.
  static bool is_of(const HalconCpp::HString &type, const char *wide, Hlong channels) {
    const std::string name = type.Text();
    if (name != wide && name != "byte") throw unsupported(channels, "type " + name);
    return name == wide;
  }

  static Error unsupported(Hlong channels, const std::string &type) {
    return Error(TSP_E_UNSUPPORTED, "an HImage of " + std::to_string(channels) + " channels of " + type + " cannot be inspected",
                 "Use one or three channels of byte or uint2: access_channel, compose3, convert_image_type.", "HImage");
  }

  HalconCpp::HImage held_, held_mask_;
  ImageView image_;
  std::optional<ImageView> mask_;
};

/// Adds an image of a good part; what lies outside of its domain does not count for the thresholds.
inline void add(Fitter &fitter, const HalconCpp::HImage &image, const std::string &name = {}, double white = 0) {
  const View view(image, white);
  if (view.mask() != nullptr) {
    fitter.add(view.image(), *view.mask(), name);
  } else {
    fitter.add(view.image(), name);
  }
}

/// Inspects an image inside of its domain.
inline void inspect(Inspector &inspector, const HalconCpp::HImage &image, Result &result, double white = 0) {
  const View view(image, white);
  if (view.mask() != nullptr) {
    inspector.inspect(view.image(), *view.mask(), result);
  } else {
    inspector.inspect(view.image(), result);
  }
}

/// Runs as one region; an empty one if there is none.
inline HalconCpp::HRegion region(Span<const Run> runs) {
  HalconCpp::HRegion region;
  if (runs.empty()) {
    region.GenEmptyRegion();
    return region;
  }
  std::vector<Hlong> rows, begins, ends;
  rows.reserve(runs.size());
  begins.reserve(runs.size());
  ends.reserve(runs.size());
  for (const Run &run : runs) {
    rows.push_back(run.row);
    begins.push_back(run.column_begin);
    ends.push_back(run.column_end);
  }
  const auto count = static_cast<Hlong>(runs.size());
  region.GenRegionRuns(HalconCpp::HTuple(rows.data(), count), HalconCpp::HTuple(begins.data(), count),
                       HalconCpp::HTuple(ends.data(), count));
  return region;
}

/// One defect region.
inline HalconCpp::HRegion region(const Region &found) { return region(found.runs); }

/// All defects as one region; HALCON's connection() takes them apart again.
inline HalconCpp::HRegion region(const Result &result) { return region(result.runs()); }

/// Adds an image of a good part to a variation model, as TrainVariationModel does. Its domain is not looked at.
///
/// white: as View; gray values do without it.
inline void train(Variation &variation, const HalconCpp::HImage &image, double white = 0) {
  variation.train(View(image, white).image());
}

/// Makes the limits of an image of a good part and of one that says how much it may vary, as PrepareDirectVariationModel does.
///
/// variation_image: of type byte, uint2 or real, so that both images of HALCON's GetVariationModel can be taken over.
inline void prepare_direct(Variation &variation, const HalconCpp::HImage &reference, const HalconCpp::HImage &variation_image,
                           LightDark abs_threshold, LightDark var_threshold) {
  const View ideal(reference);
  HalconCpp::HString type;
  Hlong width = 0, height = 0;
  const void *pixels = variation_image.GetImagePointer1(&type, &width, &height);
  if (type.Text() != std::string("real")) {
    variation.prepare_direct(ideal.image(), View(variation_image).image(), abs_threshold, var_threshold);
    return;
  }
  const ImageView real(pixels, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), Format::gray_f32);
  variation.prepare_direct(ideal.image(), real, abs_threshold, var_threshold);
}

/// Compares an image inside of its domain, as CompareVariationModel and CompareExtVariationModel do.
///
/// Gives all that is outside of the limits as one region; for the regions of each side see region(Region).
inline HalconCpp::HRegion compare(const Variation &variation, const HalconCpp::HImage &image, Result &result,
                                  Sides sides = Sides::absolute, double white = 0) {
  const View view(image, white);
  if (view.mask() != nullptr) {
    variation.compare(view.image(), *view.mask(), result, sides);
  } else {
    variation.compare(view.image(), result, sides);
  }
  return region(result);
}

/// One of a variation model's images as an image of type real, in gray values, as GetVariationModel gives them.
inline HalconCpp::HImage image(const Variation &variation, VariationImage which) {
  const VariationInfo info = variation.info();
  std::vector<float> values(std::size_t(info.width) * info.height);
  variation.copy_image(which, values.data(), info.width, info.height);
  HalconCpp::HImage image;
  image.GenImage1("real", static_cast<Hlong>(info.width), static_cast<Hlong>(info.height), values.data());
  return image;
}

/// The anomaly map as an image of type real; a copy, as HALCON owns its images.
inline HalconCpp::HImage map(const Result &result) {
  const MapView size = result.map();
  std::vector<float> values(std::size_t(size.width()) * size.height());
  result.copy_map(values.data(), values.size() * sizeof(float));
  HalconCpp::HImage image;
  image.GenImage1("real", static_cast<Hlong>(size.width()), static_cast<Hlong>(size.height()), values.data());
  return image;
}

}  // namespace twinspect::halcon

#endif
