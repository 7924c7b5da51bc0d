/// Inspecting: a picture goes in, a result comes out. One inspector a thread; all of them share one model.

#ifndef TWINSPECT_INSPECTOR_HPP
#define TWINSPECT_INSPECTOR_HPP

#include <twinspect/error.hpp>
#include <twinspect/image.hpp>
#include <twinspect/model.hpp>
#include <twinspect/options.hpp>
#include <twinspect/result.hpp>

namespace twinspect {

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

  /// Uses other thresholds than the model's from the next picture on: image for the score, pixel for the anomaly map.
  ///
  /// NaN puts the model's own back. Throws TSP_E_INVALID_ARGUMENT for one that is infinite, or 0 or less.
  void set_thresholds(float image, float pixel) { try_set_thresholds(image, pixel).value(); }
  /// The same, without throwing what the library reports.
  Outcome<void> try_set_thresholds(float image, float pixel) {
    return detail::outcome(tsp_inspector_set_thresholds(get(), image, pixel));
  }

  /// For the C interface.
  tsp_inspector *get() const noexcept { return handle_.get(); }

 private:
  Inspector(const Model &model, const tsp_options *options) {
    tsp_inspector *handle = nullptr;
    detail::check(tsp_inspector_create(model.get(), options, &handle));
    handle_.reset(handle);
  }

  detail::Owned<tsp_inspector, tsp_inspector_destroy> handle_;
};

}  // namespace twinspect

#endif
