/// Thresholds from a program's own scores, of pictures that the model has not learned from.

#ifndef TWINSPECT_THRESHOLD_HPP
#define TWINSPECT_THRESHOLD_HPP

#include <twinspect/error.hpp>
#include <twinspect/image.hpp>

#include <cstdint>
#include <string>

namespace twinspect {

/// A threshold, and how far it can be relied on.
using Threshold = tsp_threshold;

/// Finds a threshold by the scores of good parts, of which the share `false_alarm_rate` (0.000001 to 0.5) may lie above it.
///
/// Throws TSP_E_INVALID_ARGUMENT for the rate, NUMERIC for a score that is negative or not finite, TOO_FEW_IMAGES.
inline Threshold threshold_from_scores(Span<const float> scores, double false_alarm_rate) {
  auto threshold = detail::sized<Threshold>();
  detail::check(tsp_threshold_from_scores(scores.data(), nullptr, scores.size(), false_alarm_rate, &threshold));
  return threshold;
}

/// As above, of good and defective parts. labels: a score each, 0 = good. A rate of 0 puts it between the two.
///
/// Throws TSP_E_INVALID_ARGUMENT also if there are not as many labels as scores.
inline Threshold threshold_from_scores(Span<const float> scores, Span<const std::uint8_t> labels, double false_alarm_rate) {
  if (labels.size() != scores.size()) {
    throw Error(TSP_E_INVALID_ARGUMENT, std::to_string(scores.size()) + " scores, " + std::to_string(labels.size()) + " labels",
                "Give a label for each score.", "labels");
  }
  auto threshold = detail::sized<Threshold>();
  detail::check(tsp_threshold_from_scores(scores.data(), labels.data(), scores.size(), false_alarm_rate, &threshold));
  return threshold;
}

}  // namespace twinspect

#endif
