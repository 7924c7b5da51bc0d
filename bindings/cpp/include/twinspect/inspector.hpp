/// Inspecting: a picture goes in, a result comes out. One inspector a thread; all of them share one model.

#ifndef TWINSPECT_INSPECTOR_HPP
#define TWINSPECT_INSPECTOR_HPP

#include <twinspect/error.hpp>
#include <twinspect/image.hpp>
#include <twinspect/model.hpp>
#include <twinspect/options.hpp>
#include <twinspect/progress.hpp>
#include <twinspect/result.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace twinspect {

/// How long the stages of an inspection took, in milliseconds.
using Timing = tsp_timing;

/// How the scores of good parts compare with those of the normal images.
using Drift = tsp_drift;

/// Inspects pictures with a model, one at a time. For one thread at a time; a second one gets TSP_E_BUSY.
class Inspector {
 public:
  /// With default options. Throws TSP_E_DEVICE, MEMORY.
  explicit Inspector(const Model &model) : Inspector(model, nullptr) {}
  /// With options of scope RUN; those of scope FIT come from the model.
  Inspector(const Model &model, const Options &options) : Inspector(model, options.get()) {}

  /// Inspects a picture; what was found replaces what was in result, which stays as it was if the call fails.
  ///
  /// A bad part is no error: see Result::summary. Throws TSP_E_IMAGE, IMAGE_SIZE, INVALID_ARGUMENT, UNSUPPORTED, NUMERIC,
  /// MEMORY, BUSY for inspector or result.
  void inspect(const ImageView &image, Result &result) { try_inspect(image, result).value(); }
  /// As above; the mask says what of the picture is inspected.
  void inspect(const ImageView &image, const ImageView &mask, Result &result) { try_inspect(image, mask, result).value(); }
  /// As above, into a new result.
  Result inspect(const ImageView &image) {
    Result result;
    inspect(image, result);
    return result;
  }

  /// As inspect(), without throwing what the library reports.
  Outcome<void> try_inspect(const ImageView &image, Result &result) {
    return detail::outcome(tsp_inspector_inspect(get(), image.get(), nullptr, result.get()));
  }
  /// As above; the mask says what of the picture is inspected.
  Outcome<void> try_inspect(const ImageView &image, const ImageView &mask, Result &result) {
    return detail::outcome(tsp_inspector_inspect(get(), image.get(), mask.get(), result.get()));
  }

  /// Inspects a picture file, which the library reads: PNG, JPEG, BMP, TIFF, WebP, PGM or PPM.
  ///
  /// mask: an 8-bit gray picture of the same size, non-zero = inspect; empty = all. Throws TSP_E_NOT_FOUND, IO, and what
  /// inspect() throws; where() is the file.
  void inspect_file(const std::filesystem::path &path, const std::filesystem::path &mask, Result &result) {
    try_inspect_file(path, mask, result).value();
  }
  /// As above, all of the picture.
  void inspect_file(const std::filesystem::path &path, Result &result) { inspect_file(path, {}, result); }
  /// As above, into a new result.
  Result inspect_file(const std::filesystem::path &path, const std::filesystem::path &mask = {}) {
    Result result;
    inspect_file(path, mask, result);
    return result;
  }

  /// As inspect_file(), without throwing what the library reports.
  Outcome<void> try_inspect_file(const std::filesystem::path &path, const std::filesystem::path &mask, Result &result) {
    const std::string mask_text = detail::path_text(mask);
    return detail::outcome(tsp_inspector_inspect_file(get(), detail::path_text(path).c_str(),
                                                      mask.empty() ? nullptr : mask_text.c_str(), result.get()));
  }
  /// As above, all of the picture.
  Outcome<void> try_inspect_file(const std::filesystem::path &path, Result &result) {
    return try_inspect_file(path, {}, result);
  }

  /// Uses other thresholds than the model's from the next picture on: image for the score, pixel for the anomaly map.
  ///
  /// NaN puts the model's own back. Throws TSP_E_INVALID_ARGUMENT for one that is infinite, or 0 or less.
  void set_thresholds(float image, float pixel) { try_set_thresholds(image, pixel).value(); }
  /// The same, without throwing what the library reports.
  Outcome<void> try_set_thresholds(float image, float pixel) {
    return detail::outcome(tsp_inspector_set_thresholds(get(), image, pixel));
  }

  /// Inspects a made-up picture of this format and size, so that the next picture need not wait for memory and threads.
  void warm_up(Format format, std::uint32_t width, std::uint32_t height) {
    detail::check(tsp_inspector_warm_up(get(), static_cast<std::int32_t>(format), width, height));
  }

  /// How long the stages of the last picture took. Throws TSP_E_STATE before the first one.
  Timing timing() const {
    auto timing = detail::sized<Timing>();
    detail::check(tsp_inspector_timing(get(), &timing));
    return timing;
  }

  /// How the scores of the pictures that were found good compare with those of the normal images. Throws TSP_E_STATE if the
  /// model has too few of them to say.
  Drift drift() const {
    auto drift = detail::sized<Drift>();
    detail::check(tsp_inspector_drift(get(), &drift));
    return drift;
  }
  /// Begins the comparison anew, as after the lamp was changed.
  void reset_drift() { detail::check(tsp_inspector_reset_drift(get())); }

  /// Inspects pictures, as many at once as the option lanes says, each whether or not others fail; a result each.
  ///
  /// masks: one a picture, or none at all. statuses: what became of each picture; empty = not wanted. Throws the first
  /// failure, whose where() names the picture ("images[3]"), TSP_E_CANCELLED, or what the progress function threw, and
  /// TSP_E_INVALID_ARGUMENT if the spans differ in size.
  void inspect_batch(Span<const ImageView> images, Span<Result> results, Span<tsp_status> statuses = {},
                     Span<const ImageView> masks = {}) {
    try_inspect_batch(images, results, statuses, masks).value();
  }
  /// The same, without throwing what the library reports.
  Outcome<void> try_inspect_batch(Span<const ImageView> images, Span<Result> results, Span<tsp_status> statuses = {},
                                  Span<const ImageView> masks = {}) {
    const std::size_t count = images.size();
    if (results.size() != count || (!statuses.empty() && statuses.size() != count) || (!masks.empty() && masks.size() != count)) {
      return Error(TSP_E_INVALID_ARGUMENT,
                   std::to_string(count) + " images, " + std::to_string(results.size()) + " results, " +
                       std::to_string(statuses.size()) + " statuses, " + std::to_string(masks.size()) + " masks",
                   "Give as many of each, or no statuses and masks at all.", "inspect_batch");
    }
    std::vector<const tsp_image *> image_list(count), mask_list(masks.size());
    std::vector<tsp_result *> result_list(count);
    for (std::size_t i = 0; i < count; ++i) image_list[i] = images[i].get();
    for (std::size_t i = 0; i < count; ++i) result_list[i] = results[i].get();
    for (std::size_t i = 0; i < mask_list.size(); ++i) mask_list[i] = masks[i].get();
    const tsp_status status =
        tsp_inspector_inspect_batch(get(), image_list.data(), mask_list.empty() ? nullptr : mask_list.data(), count,
                                    result_list.data(), statuses.data());
    if (watcher_) watcher_->rethrow();
    return detail::outcome(status);
  }

  /// Sets who watches inspect_batch(); an empty function = nobody.
  void on_progress(Progress function) {
    detail::watch(tsp_inspector_set_progress, get(), watcher_, std::move(function));
  }

  /// For the C interface.
  tsp_inspector *get() const noexcept { return handle_.get(); }

 private:
  Inspector(const Model &model, const tsp_options *options) {
    tsp_inspector *handle = nullptr;
    detail::check(tsp_inspector_create(model.get(), options, &handle));
    handle_.reset(handle);
  }

  // On the heap, so that its address stays when the inspector is moved.
  std::unique_ptr<detail::Watcher> watcher_;
  detail::Owned<tsp_inspector, tsp_inspector_destroy> handle_;
};

}  // namespace twinspect

#endif
