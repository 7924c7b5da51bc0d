/// Models: what was learned from good parts.

#ifndef TWINSPECT_MODEL_HPP
#define TWINSPECT_MODEL_HPP

#include <twinspect/error.hpp>
#include <twinspect/image.hpp>
#include <twinspect/options.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace twinspect {

namespace detail {

/// UTF-8 on Windows, the bytes as they are elsewhere.
inline std::string path_text(const std::filesystem::path &path) {
#ifdef _WIN32
  const auto text = path.u8string();
  return std::string(text.begin(), text.end());
#else
  return path.native();
#endif
}

}  // namespace detail

/// What a model is made of: pictures, groups, sizes in pixels, thresholds (NaN if there were too few pictures to say).
using ModelSummary = tsp_model_summary;

/// What was learned from good parts. Never changes; any number of threads may use it at once.
///
/// Copying copies the handle, not the model, which lives as long as anybody uses it.
class Model {
 public:
  /// Takes over a handle of the C interface.
  explicit Model(tsp_model *handle) : handle_(std::shared_ptr<tsp_model>(handle, tsp_model_destroy)) {}

  /// Reads a model file. `options`: where to work, and where the network is now.
  ///
  /// A model may name a TorchScript module on this machine, which is a program and is run: load such models only from those
  /// whom you trust. Throws TSP_E_NOT_FOUND, IO, FORMAT, VERSION, WEIGHTS, DEVICE, MEMORY.
  static Model load(const std::filesystem::path &path) { return load_with(path, nullptr); }
  /// As above.
  static Model load(const std::filesystem::path &path, const Options &options) { return load_with(path, options.get()); }

  /// Reads a model from the content of its file, which is not kept. Throws as load().
  static Model from_bytes(Span<const std::uint8_t> bytes) { return from_bytes_with(bytes, nullptr); }
  /// As above.
  static Model from_bytes(Span<const std::uint8_t> bytes, const Options &options) {
    return from_bytes_with(bytes, options.get());
  }

  /// Writes the model to a file; one of that name is replaced in one step or, if anything fails, left as it is.
  ///
  /// Throws TSP_E_IO, NOT_FOUND, MEMORY.
  void save(const std::filesystem::path &path) const {
    detail::check(tsp_model_save(get(), detail::path_text(path).c_str()));
  }

  /// The content of the model's file.
  std::vector<std::uint8_t> to_bytes() const {
    std::uint64_t needed = 0;
    detail::check(tsp_model_save_memory(get(), nullptr, 0, &needed));
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(needed));
    detail::check(tsp_model_save_memory(get(), bytes.data(), bytes.size(), &needed));
    return bytes;
  }

  /// What the model is made of.
  ModelSummary summary() const {
    auto summary = detail::sized<ModelSummary>();
    detail::check(tsp_model_info(get(), &summary));
    return summary;
  }

  /// What the model is made of, in words and numbers: the JSON of `twinspect info --json`, one line.
  std::string describe() const {
    return detail::read_text([&](char *buffer, std::uint64_t capacity, std::uint64_t *needed) {
      return tsp_model_describe(get(), buffer, capacity, needed);
    });
  }

  /// A small picture (Format::rgb8) of the lead image of a group, as the network saw it. Lives as long as the model.
  ///
  /// Throws TSP_E_INVALID_ARGUMENT if there is no such group.
  ImageView lead_image(std::uint32_t group) const {
    auto image = detail::sized<tsp_image>();
    detail::check(tsp_model_lead_image(get(), group, &image));
    return ImageView(image);
  }

  /// A model with other thresholds, which shares what was learned: image for the score, pixel for the anomaly map.
  ///
  /// NaN keeps the model's own. Throws TSP_E_INVALID_ARGUMENT for one that is infinite, or 0 or less.
  Model with_thresholds(float image, float pixel) const {
    tsp_model *handle = nullptr;
    detail::check(tsp_model_with_thresholds(get(), image, pixel, &handle));
    return Model(handle);
  }

  /// For the C interface.
  const tsp_model *get() const noexcept { return handle_.get(); }

 private:
  static Model load_with(const std::filesystem::path &path, const tsp_options *options) {
    tsp_model *handle = nullptr;
    detail::check(tsp_model_load(detail::path_text(path).c_str(), options, &handle));
    return Model(handle);
  }
  static Model from_bytes_with(Span<const std::uint8_t> bytes, const tsp_options *options) {
    tsp_model *handle = nullptr;
    detail::check(tsp_model_load_memory(bytes.data(), bytes.size(), options, &handle));
    return Model(handle);
  }

  std::shared_ptr<const tsp_model> handle_;
};

}  // namespace twinspect

#endif
