/// Fitting: pictures of good parts go in, a model comes out.

#ifndef TWINSPECT_FITTER_HPP
#define TWINSPECT_FITTER_HPP

#include <twinspect/error.hpp>
#include <twinspect/image.hpp>
#include <twinspect/model.hpp>
#include <twinspect/options.hpp>
#include <twinspect/progress.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace twinspect {

/// Takes pictures of good parts and makes a model of them. Some 25 are enough for a good model; one is fitted,
/// but gives no thresholds.
///
/// It keeps its pictures' features, so more can be added and fitted again. For one thread at a time.
class Fitter {
 public:
  /// For a new model, with default options.
  Fitter() : Fitter(nullptr, nullptr) {}
  /// For a new model. Throws TSP_E_INVALID_ARGUMENT for options that do not go together, WEIGHTS, DEVICE.
  explicit Fitter(const Options &options) : Fitter(nullptr, options.get()) {}
  /// Adds pictures to a model, which itself stays as it is; options of scope FIT come from it. Throws TSP_E_DEVICE, MEMORY.
  explicit Fitter(const Model &model) : Fitter(model.get(), nullptr) {}
  /// As above, with options of scope RUN.
  Fitter(const Model &model, const Options &options) : Fitter(model.get(), options.get()) {}

  /// Adds a picture of a good part. name: for messages and for the model; empty = "image" and its number.
  ///
  /// Throws TSP_E_IMAGE, IMAGE_SIZE, INVALID_ARGUMENT, UNSUPPORTED, NUMERIC, MEMORY, IO of a temporary file.
  void add(const ImageView &image, const std::string &name = {}) { add_with(image, nullptr, name); }
  /// As above; the mask says what of it counts for the thresholds.
  void add(const ImageView &image, const ImageView &mask, const std::string &name = {}) {
    add_with(image, mask.get(), name);
  }

  /// Adds a picture file of a good part: PNG, JPEG, BMP, TIFF, WebP, PGM or PPM.
  ///
  /// mask: an 8-bit gray picture of the same size, non-zero = counts; empty = all counts. Throws TSP_E_NOT_FOUND, IO, and
  /// what add() throws.
  void add_file(const std::filesystem::path &path, const std::filesystem::path &mask = {}) {
    const std::string mask_text = detail::path_text(mask);
    detail::check(tsp_fitter_add_file(handle_.get(), detail::path_text(path).c_str(),
                                      mask.empty() ? nullptr : mask_text.c_str()));
  }

  /// How many pictures were added.
  std::uint64_t count() const {
    std::uint64_t count = 0;
    detail::check(tsp_fitter_count(handle_.get(), &count));
    return count;
  }

  /// Sets who watches fit(); an empty function = nobody.
  void on_progress(Progress function) {
    detail::watch(tsp_fitter_set_progress, handle_.get(), watcher_, std::move(function));
  }

  /// Makes a model of the pictures so far. Throws TSP_E_TOO_FEW_IMAGES, CANCELLED, NUMERIC, MEMORY, IO of a temporary file,
  /// or what the progress function threw.
  Model fit() {
    tsp_model *handle = nullptr;
    const tsp_status status = tsp_fitter_fit(handle_.get(), &handle);
    Model model(handle);
    if (watcher_) watcher_->rethrow();
    detail::check(status);
    return model;
  }

  /// For the C interface.
  tsp_fitter *get() const noexcept { return handle_.get(); }

 private:
  Fitter(const tsp_model *model, const tsp_options *options) {
    tsp_fitter *handle = nullptr;
    detail::check(model == nullptr ? tsp_fitter_create(options, &handle)
                                   : tsp_fitter_create_from_model(model, options, &handle));
    handle_.reset(handle);
  }
  void add_with(const ImageView &image, const tsp_image *mask, const std::string &name) {
    detail::check(tsp_fitter_add(handle_.get(), image.get(), mask, name.empty() ? nullptr : name.c_str()));
  }

  // On the heap, so that its address stays when the fitter is moved.
  std::unique_ptr<detail::Watcher> watcher_;
  detail::Owned<tsp_fitter, tsp_fitter_destroy> handle_;
};

}  // namespace twinspect

#endif
