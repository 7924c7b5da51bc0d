/// Results: score, verdict, anomaly map and defect regions of one picture.

#ifndef TWINSPECT_RESULT_HPP
#define TWINSPECT_RESULT_HPP

#include <twinspect/error.hpp>
#include <twinspect/image.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

namespace twinspect {

/// What is to be done with a part.
enum class Verdict : std::int32_t {
  /// Nothing was inspected yet.
  none = TSP_VERDICT_NONE,
  /// The score is below the threshold.
  good = TSP_VERDICT_GOOD,
  /// The score reaches the threshold.
  defect = TSP_VERDICT_DEFECT,
  /// Nobody can say: the picture matches no lead image, there is no threshold, or something is wrong with the picture.
  undecided = TSP_VERDICT_UNDECIDED,
};

/// What an inspection found, in numbers. Scores and thresholds are multiples of the normal variation.
struct Summary {
  Verdict verdict = Verdict::none;
  /// The anomaly score, 0 or more.
  float score = 0;
  /// The threshold of the score that was used; NaN = none.
  float threshold = 0;
  /// The threshold of the anomaly map that was used; NaN = none, and then there are no regions.
  float pixel_threshold = 0;
  /// The group of normal images that the picture was compared with, from 0.
  std::uint32_t group = 0;
  /// Matches with that group's lead image; 0 if the model matches nothing.
  std::uint32_t matches = 0;
  /// Defect regions.
  std::uint32_t region_count = 0;
  /// Width of the anomaly map, which is the picture's.
  std::uint32_t map_width = 0;
  /// Its height.
  std::uint32_t map_height = 0;
  /// Whether the picture was moved onto the lead image before it was compared.
  bool registered = false;
  /// What is wrong with the picture itself: TSP_HEALTH_* bits, 0 = nothing; see Result::health.
  std::uint32_t health = 0;
  /// Pictures right before it that were the same to the last bit.
  std::uint32_t repeats = 0;
};

/// What a picture is like as a frame of a camera, and the limits that follow from the normal images.
using Health = tsp_health;

/// A horizontal chord of a region: row, column_begin, column_end, both ends included.
using Run = tsp_run;

/// How a picture was moved onto its group's lead image.
using Registration = tsp_registration;

/// A defect region, in pixels of the picture. Its runs live as long as a MapView.
struct Region {
  /// Left edge of the bounding box.
  std::uint32_t x = 0;
  /// Top edge of the bounding box.
  std::uint32_t y = 0;
  /// Width of the bounding box.
  std::uint32_t width = 0;
  /// Height of the bounding box.
  std::uint32_t height = 0;
  /// Its pixels.
  std::uint64_t area = 0;
  /// The highest value of the anomaly map in it.
  float peak = 0;
  /// Mean row of its pixels.
  double row = 0;
  /// Mean column of its pixels.
  double column = 0;
  /// Its chords, sorted by row, then by column.
  Span<const Run> runs;
};

class Result;

/// The regions of a result, for range loops; the one with the highest peak comes first. Lives no longer than the result.
class Regions {
 public:
  /// Goes from region to region; made by begin() and end().
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Region;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Region;

    Region operator*() const { return (*regions_)[index_]; }
    Iterator &operator++() noexcept { return ++index_, *this; }
    Iterator operator++(int) noexcept { return {regions_, index_++}; }
    bool operator==(const Iterator &other) const noexcept { return index_ == other.index_; }
    bool operator!=(const Iterator &other) const noexcept { return index_ != other.index_; }

   private:
    friend class Regions;
    Iterator(const Regions *regions, std::uint32_t index) noexcept : regions_(regions), index_(index) {}
    const Regions *regions_;
    std::uint32_t index_;
  };

  /// How many.
  std::uint32_t size() const noexcept { return count_; }
  /// Whether there is none.
  bool empty() const noexcept { return count_ == 0; }
  /// Region number index; throws TSP_E_INVALID_ARGUMENT if there is no such region.
  Region operator[](std::uint32_t index) const;
  /// The first one.
  Iterator begin() const noexcept { return {this, 0}; }
  /// Behind the last one.
  Iterator end() const noexcept { return {this, count_}; }

 private:
  friend class Result;
  Regions(const tsp_result *result, std::uint32_t count, Span<const Run> runs) noexcept
      : result_(result), count_(count), runs_(runs) {}
  const tsp_result *result_;
  std::uint32_t count_;
  Span<const Run> runs_;
};

inline Region Regions::operator[](std::uint32_t index) const {
  auto raw = detail::sized<tsp_region>();
  detail::check(tsp_result_region(result_, index, &raw));
  Region region;
  region.x = raw.x;
  region.y = raw.y;
  region.width = raw.width;
  region.height = raw.height;
  region.area = raw.area;
  region.peak = raw.peak;
  region.row = raw.row;
  region.column = raw.column;
  region.runs = {runs_.data() + raw.first_run, raw.run_count};
  return region;
}

/// What an inspection found; to be used again for the next picture, which then needs no new memory.
///
/// Before the first inspection everything but get() throws TSP_E_STATE. What its functions point to lives until the
/// result is inspected into again or destroyed.
class Result {
 public:
  /// Empty.
  Result() {
    tsp_result *handle = nullptr;
    detail::check(tsp_result_create(&handle));
    handle_.reset(handle);
  }

  /// Score, verdict and sizes.
  Summary summary() const { return try_summary().value(); }
  /// The same, without throwing what the library reports.
  Outcome<Summary> try_summary() const {
    auto raw = detail::sized<tsp_summary>();
    if (const tsp_status status = tsp_result_summary(get(), &raw); status != TSP_OK) return Error::last(status);
    Summary summary;
    summary.verdict = static_cast<Verdict>(raw.verdict);
    summary.score = raw.score;
    summary.threshold = raw.threshold;
    summary.pixel_threshold = raw.pixel_threshold;
    summary.group = raw.group;
    summary.matches = raw.matches;
    summary.region_count = raw.region_count;
    summary.map_width = raw.map_width;
    summary.map_height = raw.map_height;
    summary.registered = raw.registered != 0;
    summary.health = raw.health;
    summary.repeats = raw.repeats;
    return summary;
  }

  /// The anomaly map, of the picture's size, without copying.
  MapView map() const { return try_map().value(); }
  /// The same, without throwing what the library reports.
  Outcome<MapView> try_map() const {
    auto raw = detail::sized<tsp_map>();
    if (const tsp_status status = tsp_result_map(get(), &raw); status != TSP_OK) return Error::last(status);
    return MapView(raw);
  }

  /// Copies the anomaly map to destination, which holds `capacity` bytes. row_stride: bytes, 0 = tightly packed.
  ///
  /// Throws TSP_E_BUFFER_TOO_SMALL, INVALID_ARGUMENT for the stride.
  void copy_map(float *destination, std::uint64_t capacity, std::int64_t row_stride = 0) const {
    detail::check(tsp_result_copy_map(get(), destination, row_stride, capacity));
  }

  /// The defect regions as a picture of Format::gray8, 255 inside and 0 outside, without copying.
  ImageView mask() const {
    auto raw = detail::sized<tsp_image>();
    detail::check(tsp_result_mask(get(), &raw));
    return ImageView(raw);
  }

  /// The defect regions, the one with the highest peak first.
  Regions regions() const { return try_regions().value(); }
  /// The same, without throwing what the library reports.
  Outcome<Regions> try_regions() const {
    const auto runs = try_runs();
    if (!runs) return runs.error();
    const auto summary = try_summary();
    if (!summary) return summary.error();
    return Regions(get(), summary.value().region_count, runs.value());
  }

  /// The chords of all regions, one region after the other.
  Span<const Run> runs() const { return try_runs().value(); }
  /// The same, without throwing what the library reports.
  Outcome<Span<const Run>> try_runs() const {
    const Run *first = nullptr;
    std::uint64_t count = 0;
    if (const tsp_status status = tsp_result_runs(get(), &first, &count); status != TSP_OK) return Error::last(status);
    return Span<const Run>(first, static_cast<std::size_t>(count));
  }

  /// How the picture was moved onto the lead image. Throws TSP_E_STATE if it was not.
  Registration registration() const {
    auto registration = detail::sized<Registration>();
    detail::check(tsp_result_registration(get(), &registration));
    return registration;
  }

  /// What the picture is like and what is wrong with it; to_json() says it in words. Throws TSP_E_STATE, also after a comparison
  /// of gray values.
  Health health() const {
    auto health = detail::sized<Health>();
    detail::check(tsp_result_health(get(), &health));
    return health;
  }

  /// Draws the anomaly map over a picture of the map's size, on a colour scale that is tied to the threshold.
  ///
  /// pixels: map_width x map_height pixels of Format::bgr8 or rgb8, which are written; they may be those of base.
  /// Throws TSP_E_STATE without a threshold, IMAGE, IMAGE_SIZE, INVALID_ARGUMENT.
  void render(const ImageView &base, void *pixels, Format format, std::int64_t row_stride = 0) const {
    const Summary size = summary();
    const ImageView destination(pixels, size.map_width, size.map_height, format, row_stride);
    detail::check(tsp_result_render(get(), base.get(), destination.get()));
  }

  /// What was found as one line of JSON, as `twinspect inspect --json` prints it.
  std::string to_json() const {
    return detail::read_text([&](char *buffer, std::uint64_t capacity, std::uint64_t *needed) {
      return tsp_result_to_json(get(), buffer, capacity, needed);
    });
  }

  /// For the C interface.
  tsp_result *get() const noexcept { return handle_.get(); }

 private:
  detail::Owned<tsp_result, tsp_result_destroy> handle_;
};

}  // namespace twinspect

#endif
