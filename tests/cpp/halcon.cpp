// twinspect/halcon.hpp on the stand-in for HALCON: what goes in is what the C interface gets, what comes out is what it gave.
#include "check.hpp"
#include "parts.hpp"
#include "plates.hpp"

#include <twinspect/halcon.hpp>

using namespace twinspect;
namespace h = HalconCpp;

static h::HImage image_of(const std::vector<std::uint8_t> &bgr) {
  std::vector<std::uint8_t> planes[3];
  for (std::size_t i = 0; i < bgr.size(); i += 3) {
    for (std::size_t channel = 0; channel < 3; ++channel) planes[2 - channel].push_back(bgr[i + channel]);
  }
  h::HImage image;
  image.GenImage3("byte", part_width, part_height, planes[0].data(), planes[1].data(), planes[2].data());
  return image;
}

static h::HImage image_of_plate(std::vector<std::uint8_t> gray) {
  h::HImage image;
  image.GenImage1("byte", plate_width, plate_height, gray.data());
  return image;
}

static void variation_models_compare_inside_of_the_domain() {
  Variation variation(plate_width, plate_height);
  for (unsigned seed = 0; seed < 10; ++seed) halcon::train(variation, image_of_plate(draw_plate(seed)));
  variation.prepare(20, 2);
  const h::HImage spotted = image_of_plate(spotted_plate(51));
  Result result;
  double row = 0, column = 0;
  const h::HRegion spot = halcon::compare(variation, spotted, result);
  CHECK_EQUAL(spot.AreaCenter(&row, &column), 6);
  CHECK(result.summary().verdict == Verdict::defect);

  // A domain that leaves the spot out, and one that is nothing but a column of it.
  const auto strip = [](Hlong begin, Hlong end) {
    std::vector<Hlong> rows, begins(plate_height, begin), ends(plate_height, end);
    for (unsigned y = 0; y < plate_height; ++y) rows.push_back(y);
    h::HRegion region;
    region.GenRegionRuns({rows.data(), plate_height}, {begins.data(), plate_height}, {ends.data(), plate_height});
    return region;
  };
  CHECK_EQUAL(halcon::compare(variation, spotted.ReduceDomain(strip(spot_x + 3, plate_width - 1)), result).AreaCenter(&row, &column), 0);
  CHECK(result.summary().verdict == Verdict::good);
  CHECK_EQUAL(halcon::compare(variation, spotted.ReduceDomain(strip(spot_x, spot_x)), result).AreaCenter(&row, &column), 2);
  CHECK_EQUAL(halcon::compare(variation, spotted, result, Sides::light).AreaCenter(&row, &column), 0);

  h::HString type;
  Hlong width = 0, height = 0;
  const h::HImage upper = halcon::image(variation, VariationImage::upper);
  const auto *limits = static_cast<const float *>(upper.GetImagePointer1(&type, &width, &height));
  CHECK(type.Text() == std::string("real") && width == plate_width && limits[0] >= 100);
}

static void direct_takes_over_both_images() {
  const h::HImage ideal = image_of_plate(draw_plate(1)), spotted = image_of_plate(spotted_plate(51));
  std::vector<float> flat(plate_width * plate_height, 0.5f);
  h::HImage real;
  real.GenImage1("real", plate_width, plate_height, flat.data());
  Result result;
  double row = 0, column = 0;
  for (const h::HImage &variation_image : {real, image_of_plate(std::vector<std::uint8_t>(flat.size(), 1))}) {
    Variation variation(plate_width, plate_height, VariationType::byte, VariationMode::direct);
    halcon::prepare_direct(variation, ideal, variation_image, 20, 2);
    CHECK_EQUAL(halcon::compare(variation, spotted, result).AreaCenter(&row, &column), 6);
  }
}

int main() {
  direct_takes_over_both_images();
  variation_models_compare_inside_of_the_domain();
  Fitter fitter(small_options());
  for (unsigned seed = 1; seed <= 12; ++seed) halcon::add(fitter, image_of(draw_part(seed, false)), "good");
  Inspector inspector(fitter.fit());
  Result result, expected;

  const auto part = draw_part(600, true);
  const h::HImage image = image_of(part);
  halcon::inspect(inspector, image, result);
  inspector.inspect(view_of(part), expected);
  CHECK_EQUAL(bits(result.summary().score), bits(expected.summary().score));
  CHECK(halcon::View(image).mask() == nullptr);

  double row = 0, column = 0;
  std::uint64_t area = 0;
  for (const Region &region : result.regions()) {
    CHECK_EQUAL(static_cast<std::uint64_t>(halcon::region(region).AreaCenter(&row, &column)), region.area);
    area += region.area;
  }
  CHECK(area > 0);
  const h::HRegion defects = halcon::region(result);
  CHECK_EQUAL(static_cast<std::uint64_t>(defects.AreaCenter(&row, &column)), area);

  h::HString type;
  Hlong width = 0, height = 0;
  const auto *map = static_cast<const float *>(halcon::map(result).GetImagePointer1(&type, &width, &height));
  CHECK(map != nullptr && type.Text() == std::string("real") && width == part_width && height == part_height);

  // The domain is the mask: the defects alone, and nothing outside of them.
  halcon::inspect(inspector, image.ReduceDomain(defects), result);
  const MapView inside = result.map();
  std::uint64_t inspected = 0;
  for (std::uint32_t y = 0; y < inside.height(); ++y) {
    for (const float value : inside.row(y)) inspected += value > 0;
  }
  CHECK(inspected > 0 && inspected <= area);

  // 16 bits of a 12-bit camera.
  std::vector<std::uint16_t> wide(part_width * part_height);
  std::vector<std::uint8_t> narrow(wide.size());
  for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = static_cast<std::uint16_t>(16 * (narrow[i] = part[3 * i]));
  h::HImage wide_image;
  wide_image.GenImage1("uint2", part_width, part_height, wide.data());
  halcon::inspect(inspector, wide_image, result, 16 * 255);
  inspector.inspect({narrow.data(), part_width, part_height, Format::gray8}, expected);
  CHECK(std::abs(result.summary().score - expected.summary().score) < 1e-3f * expected.summary().score);

  wide_image.GenImage1("int2", part_width, part_height, wide.data());
  const Error other = error_of(TSP_E_UNSUPPORTED, [&] { halcon::View{wide_image}; });
  CHECK(other.message().find("int2") != std::string::npos && other.hint().find("convert_image_type") != std::string::npos);
  inspector.set_thresholds(1e6f, 1e6f);
  halcon::inspect(inspector, image, result);
  CHECK_EQUAL(halcon::region(result).AreaCenter(&row, &column), 0);
  return verdict_of_checks();
}
