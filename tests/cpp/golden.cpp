// Golden templates: reference, tolerance and mask go in, regions come out.
#include "check.hpp"
#include "plates.hpp"

using namespace twinspect;

static void spot_is_found_and_noise_is_not() {
  const auto reference = draw_plate(1);
  const GoldenTemplate golden(plate_view(reference), 20);
  CHECK(golden.compare(plate_view(draw_plate(2))).summary().verdict == Verdict::good);
  const Result result = golden.compare(plate_view(spotted_plate(3)));
  CHECK_EQUAL(result.regions().size(), 1u);
  CHECK_EQUAL(result.regions()[0].area, 6u);
  CHECK_EQUAL(result.regions()[0].x, spot_x);
  CHECK(golden.compare(plate_view(spotted_plate(3)), Sides::light).regions().empty());
  // Exactly at the tolerance is good, a gray value beyond is not.
  auto other = reference;
  other[0] = static_cast<std::uint8_t>(other[0] + 20);
  CHECK(golden.compare(plate_view(other)).regions().empty());
  ++other[0];
  CHECK_EQUAL(golden.compare(plate_view(other)).regions().size(), 1u);
}

static void edges_forgive_a_shift_of_a_pixel() {
  const auto reference = draw_plate(1), shifted = draw_plate(2, 1), twice = draw_plate(2, 2);
  CHECK_EQUAL(GoldenTemplate(plate_view(reference), 20).compare(plate_view(shifted)).regions()[0].width, 1u);
  const GoldenTemplate lenient(plate_view(reference), {20, 1.2});
  CHECK(lenient.compare(plate_view(shifted)).regions().empty());
  CHECK(!lenient.compare(plate_view(twice)).regions().empty());
  CHECK_EQUAL(lenient.compare(plate_view(spotted_plate(3))).regions()[0].area, 6u);
}

static void light_and_dark_have_tolerances_of_their_own() {
  const auto reference = draw_plate(1);
  auto other = reference;
  other[0] = static_cast<std::uint8_t>(other[0] + 30);
  other[20] = static_cast<std::uint8_t>(other[20] - 30);
  const Result result = GoldenTemplate(plate_view(reference), {{40, 10}, 0}).compare(plate_view(other));
  CHECK_EQUAL(result.regions().size(), 1u);
  CHECK_EQUAL(result.regions()[0].x, 20u);
}

static void mask_is_kept() {
  const auto reference = draw_plate(1), spotted = spotted_plate(3);
  std::vector<std::uint8_t> mask(reference.size(), 1);
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % plate_width != spot_x;
  const GoldenTemplate golden(plate_view(reference), plate_view(mask), 20);
  mask.assign(mask.size(), 0);
  CHECK_EQUAL(golden.compare(plate_view(spotted)).regions()[0].area, 4u);
  error_of(TSP_E_IMAGE_SIZE, [&] { GoldenTemplate(plate_view(reference), ImageView(mask.data(), 4, 4, Format::gray8), 20); });
}

static void wide_gray_values_and_flipped_rows_are_the_same_part() {
  const auto narrow = draw_plate(1), spotted = spotted_plate(3);
  std::vector<std::uint16_t> wide, upside_down;
  for (const std::uint8_t gray : narrow) wide.push_back(static_cast<std::uint16_t>(16 * gray));
  for (unsigned y = plate_height; y-- > 0;) {
    for (unsigned x = 0; x < plate_width; ++x) upside_down.push_back(static_cast<std::uint16_t>(16 * spotted[y * plate_width + x]));
  }
  const GoldenTemplate golden({wide.data(), plate_width, plate_height, Format::gray16}, {16 * 20, 1});
  const ImageView bottom_up(upside_down.data() + (plate_height - 1) * plate_width, plate_width, plate_height, Format::gray16,
                            -2 * static_cast<std::int64_t>(plate_width));
  const Result result = golden.compare(bottom_up);
  CHECK_EQUAL(result.regions()[0].area, 6u);
  CHECK_EQUAL(result.regions()[0].y, spot_y);
}

static void what_cannot_be_compared_is_refused() {
  const auto reference = draw_plate(1);
  const Error colour = error_of(TSP_E_UNSUPPORTED, [&] { GoldenTemplate({reference.data(), 8, 8, Format::bgr8}, 20); });
  CHECK(colour.hint().find("gray") != std::string::npos);
  error_of(TSP_E_INVALID_ARGUMENT, [&] { GoldenTemplate(plate_view(reference), -1); });
  error_of(TSP_E_IMAGE, [&] { GoldenTemplate({reference.data(), 8, 8, Format::gray8, 3}, 20); });
  const GoldenTemplate golden(plate_view(reference), 20);
  Result result;
  CHECK_EQUAL(golden.try_compare({reference.data(), 8, 8, Format::gray8}, result).code(), TSP_E_IMAGE_SIZE);
}

int main() {
  spot_is_found_and_noise_is_not();
  edges_forgive_a_shift_of_a_pixel();
  light_and_dark_have_tolerances_of_their_own();
  mask_is_kept();
  wide_gray_values_and_flipped_rows_are_the_same_part();
  what_cannot_be_compared_is_refused();
  return verdict_of_checks();
}
