// Variation models: each call once, what follows from it, and what a call out of order says.
#include "check.hpp"
#include "plates.hpp"

#include <cstdio>
#include <type_traits>

using namespace twinspect;

static_assert(!std::is_copy_constructible_v<Variation> && std::is_nothrow_move_constructible_v<Variation>);

static Variation trained() {
  Variation variation(plate_width, plate_height);
  for (unsigned seed = 0; seed < 10; ++seed) variation.train(plate_view(draw_plate(seed)));
  return variation;
}

static Variation prepared() {
  Variation variation = trained();
  variation.prepare(20, 2);
  return variation;
}

static void good_and_bad_parts_are_told_apart() {
  const Variation variation = prepared();
  Result result;
  variation.compare(plate_view(draw_plate(50)), result);
  CHECK(result.summary().verdict == Verdict::good);
  variation.compare(plate_view(spotted_plate(51)), result);
  CHECK(result.summary().verdict == Verdict::defect);
  CHECK_EQUAL(result.regions().size(), 1u);
  const Region spot = result.regions()[0];
  CHECK_EQUAL(spot.area, 6u);
  CHECK_EQUAL(spot.x, spot_x);
  CHECK_EQUAL(spot.y, spot_y);
  CHECK(!variation.try_compare(ImageView("", 3, 3, Format::gray8), result));
  CHECK_EQUAL(result.regions().size(), 1u);
}

static void sides_choose_light_or_dark() {
  const Variation variation = prepared();
  const auto plate = spotted_plate(51);
  Result result;
  variation.compare(plate_view(plate), result, Sides::light);
  CHECK(result.summary().verdict == Verdict::good);
  variation.compare(plate_view(plate), result, Sides::dark);
  CHECK(result.summary().verdict == Verdict::defect && result.regions()[0].peak > 0);
  variation.compare(plate_view(plate), result, Sides::light_dark);
  CHECK(result.summary().verdict == Verdict::defect && result.regions()[0].peak < 0);

  // A tolerance for dark alone that forgives the spot.
  Variation lenient = trained();
  lenient.prepare({20, 255}, 2);
  lenient.compare(plate_view(plate), result);
  CHECK(result.summary().verdict == Verdict::good);
}

static void mask_says_what_is_compared() {
  const Variation variation = prepared();
  const auto plate = spotted_plate(51);
  std::vector<std::uint8_t> mask(plate.size(), 255);
  Result result;
  variation.compare(plate_view(plate), plate_view(mask), result);
  CHECK(result.summary().verdict == Verdict::defect);
  // All but the spot's first column.
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % plate_width != spot_x;
  variation.compare(plate_view(plate), plate_view(mask), result);
  CHECK_EQUAL(result.regions()[0].area, 4u);
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % plate_width > spot_x + 3;
  variation.compare(plate_view(plate), plate_view(mask), result);
  CHECK(result.summary().verdict == Verdict::good);
  CHECK_EQUAL(result.map()(spot_x, spot_y), 0.0f);
  error_of(TSP_E_IMAGE_SIZE, [&] { variation.compare(plate_view(plate), ImageView(mask.data(), 4, 4, Format::gray8), result); });
}

static void images_and_limits_are_the_formula() {
  const Variation variation = prepared();
  std::vector<float> images[4];
  for (int which = 0; which < 4; ++which) {
    images[which].resize(plate_width * plate_height);
    variation.copy_image(static_cast<VariationImage>(which + 1), images[which].data(), plate_width, plate_height);
  }
  for (std::size_t i = 0; i < images[0].size(); ++i) {
    const float reach = std::max(20.0f, 2 * images[1][i]);
    CHECK(std::abs(images[2][i] - (images[0][i] - reach)) < 1e-3f && std::abs(images[3][i] - (images[0][i] + reach)) < 1e-3f);
  }
}

static void robust_wants_all_at_once_and_direct_wants_two_pictures() {
  std::vector<std::vector<std::uint8_t>> plates;
  std::vector<ImageView> views;
  for (unsigned seed = 0; seed < 9; ++seed) plates.push_back(seed == 4 ? spotted_plate(seed) : draw_plate(seed));
  for (const auto &plate : plates) views.push_back(plate_view(plate));
  Variation robust(plate_width, plate_height, VariationType::byte, VariationMode::robust);
  robust.train({views.data(), views.size()});
  robust.prepare(20, 2);
  Result result;
  robust.compare(plate_view(plates[4]), result);
  CHECK(result.summary().verdict == Verdict::defect);

  Variation direct(plate_width, plate_height, VariationType::byte, VariationMode::direct);
  error_of(TSP_E_STATE, [&] { direct.train(views[0]); });
  const std::vector<std::uint8_t> flat(plates[0].size(), 1);
  direct.prepare_direct(views[0], plate_view(flat), 20, 2);
  direct.compare(views[4], result);
  CHECK_EQUAL(result.regions()[0].area, 6u);
}

static void files_and_bytes_give_the_same_limits() {
  const Variation variation = prepared();
  const auto plate = spotted_plate(51);
  Result result;
  variation.compare(plate_view(plate), result);
  const float score = result.summary().score;
  const auto bytes = variation.to_bytes();
  Variation::from_bytes({bytes.data(), bytes.size()}).compare(plate_view(plate), result);
  CHECK_EQUAL(result.summary().score, score);
  variation.write("variation.tmp");
  Variation::read("variation.tmp").compare(plate_view(plate), result);
  CHECK_EQUAL(result.summary().score, score);
  std::remove("variation.tmp");
  error_of(TSP_E_NOT_FOUND, [] { Variation::read("variation.tmp"); });
  error_of(TSP_E_FORMAT, [&] { Variation::from_bytes({bytes.data(), bytes.size() / 2}); });
}

static void info_says_what_was_read() {
  Variation variation(plate_width, plate_height, VariationType::uint2, VariationMode::robust);
  CHECK(!variation.info().is_prepared);
  const auto bytes = prepared().to_bytes();
  const Variation read = Variation::from_bytes({bytes.data(), bytes.size()});
  const VariationInfo info = read.info();
  CHECK_EQUAL(info.width, plate_width);
  CHECK_EQUAL(info.height, plate_height);
  CHECK(info.type == VariationType::byte && info.mode == VariationMode::standard && info.is_prepared);
  CHECK(info.engine == VariationEngine::pixels);
  CHECK(variation.info().type == VariationType::uint2 && variation.info().mode == VariationMode::robust);
  // Its size is enough to ask for its images.
  std::vector<float> ideal(std::size_t(info.width) * info.height), expected(ideal.size());
  read.copy_image(VariationImage::ideal, ideal.data(), info.width, info.height);
  prepared().copy_image(VariationImage::ideal, expected.data(), plate_width, plate_height);
  CHECK(ideal == expected);
  const Variation moved = std::move(variation);
  error_of(TSP_E_NULL_ARGUMENT, [&] { variation.info(); });  // NOLINT: what is said of moved objects
}

static void calls_out_of_order_are_state() {
  Variation variation(plate_width, plate_height);
  Result result;
  const auto plate = draw_plate(1);
  error_of(TSP_E_STATE, [&] { variation.prepare(20, 2); });
  error_of(TSP_E_STATE, [&] { variation.compare(plate_view(plate), result); });
  error_of(TSP_E_STATE, [&] { variation.clear_train_data(); });
  error_of(TSP_E_TOO_FEW_IMAGES, [&] { variation.train(Span<const ImageView>()); });
  const Error size = error_of(TSP_E_IMAGE_SIZE, [&] { variation.train(ImageView(plate.data(), 4, 4, Format::gray8)); });
  CHECK_EQUAL(size.where(), "images[0]");
  variation.train(plate_view(plate));
  error_of(TSP_E_INVALID_ARGUMENT, [&] { variation.prepare(-1, 2); });
  variation.prepare(20, 2);
  variation.clear_train_data();
  error_of(TSP_E_STATE, [&] { variation.train(plate_view(plate)); });
  Variation moved = std::move(variation);
  moved.compare(plate_view(plate), result);
  error_of(TSP_E_NULL_ARGUMENT, [&] { variation.compare(plate_view(plate), result); });  // NOLINT: what is said of moved objects
}

// The same calls with the network: the option and the unit of the threshold are all that changes.
static void features_compare_by_the_same_calls() {
  Options options;
  options.set("variation.engine", "features").set("input.size", 96).set("threads", 1).set("matcher", "none");
  Variation variation(plate_width, plate_height, VariationType::byte, VariationMode::standard, options);
  for (unsigned seed = 0; seed < 12; ++seed) variation.train(plate_view(draw_plate(seed)));
  variation.prepare(-1, 2);
  CHECK(variation.info().engine == VariationEngine::features && variation.info().is_prepared);
  Result good, bad;
  variation.compare(plate_view(draw_plate(50)), good);
  variation.compare(plate_view(spotted_plate(51)), bad);
  CHECK(bad.summary().score > good.summary().score);
  CHECK(bad.summary().verdict == Verdict::defect);
  std::vector<std::uint8_t> mask(plate_width * plate_height);
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % plate_width > 30;
  variation.compare(plate_view(spotted_plate(51)), plate_view(mask), bad);
  CHECK_EQUAL(bad.map()(spot_x, spot_y), 0.0f);
  error_of(TSP_E_UNSUPPORTED, [&] { Variation(plate_width, plate_height, VariationType::byte, VariationMode::direct, options); });
}

int main() {
  good_and_bad_parts_are_told_apart();
  sides_choose_light_or_dark();
  mask_says_what_is_compared();
  images_and_limits_are_the_formula();
  robust_wants_all_at_once_and_direct_wants_two_pictures();
  files_and_bytes_give_the_same_limits();
  info_says_what_was_read();
  calls_out_of_order_are_state();
  features_compare_by_the_same_calls();
  return verdict_of_checks();
}
