/// Variation models: HALCON's comparison of a picture with good parts, call by call. docs/from-halcon.md has the table.

#ifndef TWINSPECT_VARIATION_HPP
#define TWINSPECT_VARIATION_HPP

#include <twinspect/error.hpp>
#include <twinspect/image.hpp>
#include <twinspect/model.hpp>
#include <twinspect/options.hpp>
#include <twinspect/result.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace twinspect {

/// What gray values pictures have.
enum class VariationType : std::int32_t {
  /// Format::gray8.
  byte = TSP_VARIATION_TYPE_BYTE,
  /// Format::gray16.
  uint2 = TSP_VARIATION_TYPE_UINT2,
};

/// How the ideal image and its variation come about.
enum class VariationMode : std::int32_t {
  /// Mean and standard deviation of all pictures so far.
  standard = TSP_VARIATION_MODE_STANDARD,
  /// Median and median absolute deviation of the pictures of one call.
  robust = TSP_VARIATION_MODE_ROBUST,
  /// Both are given to prepare_direct().
  direct = TSP_VARIATION_MODE_DIRECT,
};

/// Which gray values are defects.
enum class Sides : std::int32_t {
  /// Too light or too dark, in regions of both together.
  absolute = TSP_VARIATION_COMPARE_ABSOLUTE,
  light = TSP_VARIATION_COMPARE_LIGHT,
  dark = TSP_VARIATION_COMPARE_DARK,
  /// Both, each in regions of its own: first the light ones; those that are too dark have negative peaks, as has the map.
  light_dark = TSP_VARIATION_COMPARE_LIGHT_DARK,
};

/// Which image of a variation model.
enum class VariationImage : std::int32_t {
  /// What a good part looks like.
  ideal = TSP_VARIATION_IMAGE_IDEAL,
  /// How much good parts vary.
  variation = TSP_VARIATION_IMAGE_VARIATION,
  /// Gray values below it are too dark.
  lower = TSP_VARIATION_IMAGE_LOWER,
  /// Gray values above it are too light.
  upper = TSP_VARIATION_IMAGE_UPPER,
};

/// What a variation model compares.
enum class VariationEngine : std::int32_t {
  /// Gray values.
  pixels = TSP_VARIATION_ENGINE_PIXELS,
  /// Anomaly maps.
  features = TSP_VARIATION_ENGINE_FEATURES,
  both = TSP_VARIATION_ENGINE_BOTH,
};

/// What a variation model is.
struct VariationInfo {
  /// Of its pictures, in pixels.
  std::uint32_t width, height;
  VariationType type;
  VariationMode mode;
  VariationEngine engine;
  /// Whether it can compare.
  bool is_prepared;
};

/// A threshold for what is too light and one for what is too dark.
struct LightDark {
  double light, dark;
  /// The same for both, as HALCON's single value.
  LightDark(double both) noexcept : light(both), dark(both) {}
  /// One for each.
  LightDark(double too_light, double too_dark) noexcept : light(too_light), dark(too_dark) {}
};

/// What good parts look like, and limits for others: of gray values, or with the option variation.engine of features.
///
///     twinspect::Variation variation(width, height);
///     for (const auto &part : good_parts) variation.train(view_of(part));
///     variation.prepare(20, 2);
///     variation.compare(view_of(part), result);     // a picture with gray values outside of the limits is a defect
///
/// Calls out of order throw TSP_E_STATE. Comparing is for any number of threads at once; training, preparing and clearing
/// want the variation model for themselves (TSP_E_BUSY).
class Variation {
 public:
  /// Of nothing yet. Throws TSP_E_IMAGE_SIZE.
  Variation(std::uint32_t width, std::uint32_t height, VariationType type = VariationType::byte,
            VariationMode mode = VariationMode::standard)
      : Variation(width, height, type, mode, nullptr) {}
  /// As above. options: variation.engine says what is compared (pixels, features, both); where features are, those of a
  /// Fitter count, too. Throws TSP_E_UNSUPPORTED for features in mode direct; of features WEIGHTS, DEVICE; of both IO.
  Variation(std::uint32_t width, std::uint32_t height, VariationType type, VariationMode mode, const Options &options)
      : Variation(width, height, type, mode, options.get()) {}
  /// Takes over a handle of the C interface.
  explicit Variation(tsp_variation *handle) noexcept : handle_(handle) {}

  /// Reads a file that write() wrote; HALCON's own cannot be read.
  ///
  /// Throws TSP_E_NOT_FOUND, IO, FORMAT, VERSION, UNSUPPORTED.
  static Variation read(const std::filesystem::path &path) { return read_with(path, nullptr); }
  /// As above, with the options of the constructor.
  static Variation read(const std::filesystem::path &path, const Options &options) { return read_with(path, options.get()); }
  /// Reads a variation model from the content of its file, which is not kept. Throws as read().
  static Variation from_bytes(Span<const std::uint8_t> bytes) { return from_bytes_with(bytes, nullptr); }
  /// As above, with the options of the constructor.
  static Variation from_bytes(Span<const std::uint8_t> bytes, const Options &options) {
    return from_bytes_with(bytes, options.get());
  }

  /// Learns from one more picture of a good part; in mode robust use the other function, with all pictures at once.
  ///
  /// Throws TSP_E_STATE in mode direct or after clear_train_data(), IMAGE, IMAGE_SIZE, UNSUPPORTED.
  void train(const ImageView &image) { train(Span<const ImageView>(&image, 1)); }
  /// Learns from pictures of good parts: in mode standard added to those of before, in mode robust in place of them.
  ///
  /// Throws as above; TSP_E_TOO_FEW_IMAGES for none. The error's where() names the picture: "images[3]".
  void train(Span<const ImageView> images) {
    std::vector<const tsp_image *> list;
    list.reserve(images.size());
    for (const ImageView &image : images) list.push_back(image.get());
    // An empty vector may have no address, and none is another mistake than no pictures.
    const tsp_image *nothing = nullptr;
    detail::check(tsp_variation_train(get(), list.empty() ? &nothing : list.data(), list.size()));
  }

  /// Makes the limits of what was learned: ideal +- max(abs_threshold, var_threshold * variation).
  ///
  /// Of features abs_threshold is in the units of the anomaly map, and a negative one automatic. Throws TSP_E_STATE before
  /// train() and in mode direct, INVALID_ARGUMENT; of features TOO_FEW_IMAGES for an automatic threshold, NUMERIC, MEMORY, IO.
  void prepare(LightDark abs_threshold, LightDark var_threshold) {
    const double abs_pair[2] = {abs_threshold.light, abs_threshold.dark};
    const double var_pair[2] = {var_threshold.light, var_threshold.dark};
    detail::check(tsp_variation_prepare(get(), abs_pair, var_pair));
  }
  /// Makes the limits of a picture of a good part and of one that says how much it may vary, in mode direct.
  ///
  /// variation: Format::gray8, gray16 or gray_f32, in gray values. Throws TSP_E_STATE in another mode, INVALID_ARGUMENT,
  /// IMAGE, IMAGE_SIZE, UNSUPPORTED.
  void prepare_direct(const ImageView &reference, const ImageView &variation, LightDark abs_threshold, LightDark var_threshold) {
    const double abs_pair[2] = {abs_threshold.light, abs_threshold.dark};
    const double var_pair[2] = {var_threshold.light, var_threshold.dark};
    detail::check(tsp_variation_prepare_direct(get(), reference.get(), variation.get(), abs_pair, var_pair));
  }

  /// Finds what is too light or too dark; what was found replaces what was in result, which stays as it was if the call fails.
  ///
  /// Throws TSP_E_STATE before it is prepared, IMAGE, IMAGE_SIZE, UNSUPPORTED, BUSY; of features NUMERIC, MEMORY.
  void compare(const ImageView &image, Result &result, Sides sides = Sides::absolute) const {
    try_compare(image, result, sides).value();
  }
  /// As above; the mask says what of the picture is compared.
  void compare(const ImageView &image, const ImageView &mask, Result &result, Sides sides = Sides::absolute) const {
    try_compare(image, mask, result, sides).value();
  }
  /// As compare(), without throwing what the library reports.
  Outcome<void> try_compare(const ImageView &image, Result &result, Sides sides = Sides::absolute) const {
    return compare_with(image, nullptr, result, sides);
  }
  /// As above; the mask says what of the picture is compared.
  Outcome<void> try_compare(const ImageView &image, const ImageView &mask, Result &result, Sides sides = Sides::absolute) const {
    return compare_with(image, mask.get(), result, sides);
  }

  /// Size, type, mode, engine, and whether it can compare; of one that was read, too. Throws TSP_E_BUSY.
  VariationInfo info() const {
    auto summary = detail::sized<tsp_variation_summary>();
    detail::check(tsp_variation_info(get(), &summary));
    return {summary.width, summary.height, static_cast<VariationType>(summary.type), static_cast<VariationMode>(summary.mode),
            static_cast<VariationEngine>(summary.engine), summary.prepared != 0};
  }

  /// Writes one of the variation model's images to pixels, in gray values: width x height floats, the size that info() gives.
  ///
  /// row_stride: bytes, 0 = tightly packed. Limits may lie outside of the gray values that there are. Throws TSP_E_STATE if
  /// there is no such image, IMAGE_SIZE.
  void copy_image(VariationImage which, float *pixels, std::uint32_t width, std::uint32_t height, std::int64_t row_stride = 0) const {
    const ImageView destination(pixels, width, height, Format::gray_f32, row_stride);
    detail::check(tsp_variation_get_image(get(), static_cast<tsp_variation_image>(which), destination.get()));
  }

  /// Forgets all but the limits. Throws TSP_E_STATE before it is prepared.
  void clear_train_data() { detail::check(tsp_variation_clear_train_data(get())); }

  /// Writes the variation model to a file; one of that name is replaced in one step or, if anything fails, left as it is.
  ///
  /// Throws TSP_E_IO, NOT_FOUND.
  void write(const std::filesystem::path &path) const {
    detail::check(tsp_variation_write(get(), detail::path_text(path).c_str()));
  }
  /// The content of the variation model's file.
  std::vector<std::uint8_t> to_bytes() const {
    std::uint64_t needed = 0;
    detail::check(tsp_variation_write_memory(get(), nullptr, 0, &needed));
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(needed));
    detail::check(tsp_variation_write_memory(get(), bytes.data(), bytes.size(), &needed));
    return bytes;
  }

  /// For the C interface.
  tsp_variation *get() const noexcept { return handle_.get(); }

 private:
  Variation(std::uint32_t width, std::uint32_t height, VariationType type, VariationMode mode, const tsp_options *options) {
    tsp_variation *handle = nullptr;
    detail::check(tsp_variation_create(width, height, static_cast<tsp_variation_type>(type),
                                       static_cast<tsp_variation_mode>(mode), options, &handle));
    handle_.reset(handle);
  }
  static Variation read_with(const std::filesystem::path &path, const tsp_options *options) {
    tsp_variation *handle = nullptr;
    detail::check(tsp_variation_read(detail::path_text(path).c_str(), options, &handle));
    return Variation(handle);
  }
  static Variation from_bytes_with(Span<const std::uint8_t> bytes, const tsp_options *options) {
    tsp_variation *handle = nullptr;
    detail::check(tsp_variation_read_memory(bytes.data(), bytes.size(), options, &handle));
    return Variation(handle);
  }
  Outcome<void> compare_with(const ImageView &image, const tsp_image *mask, Result &result, Sides sides) const {
    return detail::outcome(
        tsp_variation_compare_ext(get(), image.get(), mask, static_cast<tsp_variation_sides>(sides), result.get()));
  }

  detail::Owned<tsp_variation, tsp_variation_clear> handle_;
};

}  // namespace twinspect

#endif
