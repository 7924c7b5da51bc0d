// What programs use that need more: batches, thresholds, timing, the log, descriptions.
#include "check.hpp"
#include "parts.hpp"

#include <limits>
#include <stdexcept>

using namespace twinspect;

struct Stop : std::runtime_error {
  using std::runtime_error::runtime_error;
};

static void batch_gives_what_single_calls_give(const Model &model) {
  std::vector<std::vector<std::uint8_t>> parts;
  for (unsigned seed = 700; seed < 704; ++seed) parts.push_back(draw_part(seed, seed % 2 == 0));
  std::vector<ImageView> images;
  for (const auto &part : parts) images.push_back(view_of(part));
  std::vector<Result> results(images.size());
  std::vector<tsp_status> statuses(images.size(), TSP_E_PANIC);

  Inspector inspector(model);
  std::uint64_t calls = 0;
  inspector.on_progress([&](std::string_view, std::uint64_t done, std::uint64_t total) {
    ++calls;
    return done <= total;
  });
  Inspector moved = std::move(inspector);
  moved.inspect_batch({images.data(), images.size()}, {results.data(), results.size()}, {statuses.data(), statuses.size()});
  CHECK(calls > 0);
  for (std::size_t i = 0; i < images.size(); ++i) {
    CHECK_EQUAL(static_cast<int>(statuses[i]), static_cast<int>(TSP_OK));
    CHECK_EQUAL(bits(results[i].summary().score), bits(moved.inspect(images[i]).summary().score));
  }

  images[2] = ImageView(nullptr, part_width, part_height, Format::bgr8);
  const auto failed =
      moved.try_inspect_batch({images.data(), images.size()}, {results.data(), results.size()}, {statuses.data(), statuses.size()});
  CHECK(!failed && failed.code() == statuses[2] && statuses[2] != TSP_OK && statuses[3] == TSP_OK);
  CHECK(failed.error().where().find("images[2]") != std::string::npos);
  CHECK(moved.try_inspect_batch({images.data(), 2}, {results.data(), 1}).code() == TSP_E_INVALID_ARGUMENT);

  moved.on_progress([](std::string_view, std::uint64_t, std::uint64_t) -> bool { throw Stop("by the host"); });
  bool thrown = false;
  try {
    moved.inspect_batch({images.data(), 2}, {results.data(), 2});
  } catch (const Stop &) {
    thrown = true;
  }
  CHECK(thrown);
}

static void thresholds_move_and_the_model_stays(const Model &model) {
  const auto part = draw_part(710, true);
  const float score = Inspector(model).inspect(view_of(part)).summary().score;
  const Model tolerant = model.with_thresholds(2 * score, std::numeric_limits<float>::quiet_NaN());
  CHECK(Inspector(tolerant).inspect(view_of(part)).summary().verdict == Verdict::good);
  CHECK(Inspector(model).inspect(view_of(part)).summary().verdict == Verdict::defect);
  error_of(TSP_E_INVALID_ARGUMENT, [&] { model.with_thresholds(-1, 1); });

  const float scores[] = {1, 2, 3, 10, 12};
  const std::uint8_t labels[] = {0, 0, 0, 1, 1};
  const Threshold between = threshold_from_scores({scores, 5}, {labels, 5}, 0);
  CHECK(between.threshold > 3 && between.threshold <= 10 && between.misses == 0 && between.false_alarms == 0);
  error_of(TSP_E_TOO_FEW_IMAGES, [&] { threshold_from_scores({scores, 1}, 0.1); });
  error_of(TSP_E_INVALID_ARGUMENT, [&] { threshold_from_scores({scores, 5}, {labels, 4}, 0); });
}

static void descriptions_are_json_and_pictures_views(const Model &model) {
  const std::string model_text = model.describe();
  CHECK(model_text.front() == '{' && model_text.back() == '}' && model_text.find("efficientnet-lite0") != std::string::npos);
  const ImageView lead = model.lead_image(0);
  CHECK(lead.format() == Format::rgb8 && std::max(lead.width(), lead.height()) <= 128);
  error_of(TSP_E_INVALID_ARGUMENT, [&] { model.lead_image(1000); });

  const Result result = Inspector(model).inspect(view_of(draw_part(720, true)));
  CHECK(result.to_json().find("\"score\"") != std::string::npos);
}

static void timing_is_known_after_the_first_picture(const Model &model) {
  Inspector inspector(model);
  inspector.warm_up(Format::bgr8, part_width, part_height);
  error_of(TSP_E_STATE, [&] { inspector.timing(); });
  inspector.inspect(view_of(draw_part(730, false)));
  const Timing timing = inspector.timing();
  CHECK(timing.total_ms > 0 && timing.backbone_ms > 0 && timing.backbone_ms <= timing.total_ms);
}

static void log_hears_of_models_until_it_is_switched_off() {
  std::vector<std::string> lines;
  set_log(LogLevel::info, [&lines](LogLevel, std::string_view message) {
    lines.emplace_back(message);
    throw Stop("dropped");
  });
  fit_good_parts();
  CHECK(!lines.empty());
  set_log(LogLevel::off, nullptr);
  lines.clear();
  fit_good_parts();
  CHECK(lines.empty());
}

static void dark_picture_is_undecided_and_good_parts_are_counted(const Model &model) {
  Inspector inspector(model);
  Result result;
  error_of(TSP_E_STATE, [&] { result.health(); });
  std::vector<std::uint8_t> dark = draw_part(90, false);
  for (auto &value : dark) value /= 4;
  inspector.inspect(view_of(dark), result);
  const Health health = result.health();
  CHECK(result.summary().verdict == Verdict::undecided);
  CHECK_EQUAL(result.summary().health, health.findings);
  CHECK((health.findings & TSP_HEALTH_TOO_DARK) != 0 && health.brightness < health.brightness_low);
  CHECK(result.to_json().find("too_dark") != std::string::npos);
  CHECK_EQUAL(inspector.drift().parts, 0u);

  const auto good = draw_part(91, false);
  for (std::uint32_t repeats = 0; repeats < 2; ++repeats) {
    inspector.inspect(view_of(good), result);
    CHECK_EQUAL(result.summary().health, 0u);
    CHECK_EQUAL(result.summary().repeats, repeats);
  }
  const std::uint64_t counted = result.summary().verdict == Verdict::good ? 2 : 0;
  CHECK_EQUAL(inspector.drift().parts, counted);
  CHECK(counted == 2 && inspector.drift().cusum_limit > 0);
  inspector.reset_drift();
  CHECK_EQUAL(inspector.drift().parts, 0u);

  Fitter fitter(small_options());
  add_good_parts(fitter, 3);
  Inspector few(fitter.fit());
  error_of(TSP_E_STATE, [&] { few.drift(); });
}

int main() {
  const auto all = devices();
  CHECK(!all.empty() && all[0].option == std::string("cpu"));
  const Model model = fit_good_parts();
  batch_gives_what_single_calls_give(model);
  thresholds_move_and_the_model_stays(model);
  descriptions_are_json_and_pictures_views(model);
  timing_is_known_after_the_first_picture(model);
  dark_picture_is_undecided_and_good_parts_are_counted(model);
  log_hears_of_models_until_it_is_switched_off();
  return verdict_of_checks();
}
