// cv::Mat in and out: every type that is taken, submatrices without a copy, and what is drawn.
#include "check.hpp"
#include "parts.hpp"
#include "plates.hpp"

#include <twinspect/opencv.hpp>

#include <opencv2/imgproc.hpp>

using namespace twinspect;
namespace cv_ = twinspect::opencv;

static cv::Mat part(unsigned seed, bool defective) {
  auto pixels = draw_part(seed, defective);
  return cv::Mat(part_height, part_width, CV_8UC3, pixels.data()).clone();
}

struct Bench {
  Inspector inspector{fit_good_parts()};
  std::uint32_t score(const ImageView &view) { return bits(inspector.inspect(view).summary().score); }
};

static void submatrix_scores_as_its_copy(Bench &bench) {
  cv::Mat scene(2 * part_height, 2 * part_width, CV_8UC3, cv::Scalar(9, 9, 9));
  const cv::Rect frame(31, 17, part_width, part_height);
  part(300, true).copyTo(scene(frame));
  const cv::Mat submatrix = scene(frame);
  CHECK(!submatrix.isContinuous());
  const ImageView view = cv_::view(submatrix);
  CHECK(view.pixels() == scene.ptr(17, 31));
  CHECK_EQUAL(bench.score(view), bench.score(cv_::view(submatrix.clone())));
  CHECK_EQUAL(bench.score(view), bench.score(cv_::view(scene).crop(31, 17, part_width, part_height)));
}

static void channel_orders_are_told_apart(Bench &bench) {
  const cv::Mat bgr = part(301, true);
  cv::Mat rgb, bgra, rgba;
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  cv::cvtColor(bgr, bgra, cv::COLOR_BGR2BGRA);
  cv::cvtColor(bgr, rgba, cv::COLOR_BGR2RGBA);
  const auto expected = bench.score(cv_::view(bgr));
  CHECK_EQUAL(bench.score(cv_::view(rgb, Format::rgb8)), expected);
  CHECK_EQUAL(bench.score(cv_::view(bgra)), expected);
  CHECK_EQUAL(bench.score(cv_::view(rgba, Format::rgba8)), expected);
  CHECK(bench.score(cv_::view(rgb)) != expected);
}

static void gray_of_all_depths_is_the_same_picture(Bench &bench) {
  cv::Mat gray, gray16, gray12, gray_f32;
  cv::cvtColor(part(302, true), gray, cv::COLOR_BGR2GRAY);
  gray.convertTo(gray16, CV_16UC1, 257);
  gray.convertTo(gray12, CV_16UC1, 16);
  gray.convertTo(gray_f32, CV_32FC1, 1 / 255.0);
  const float expected = bench.inspector.inspect(cv_::view(gray)).summary().score;
  // 257 is exact; 1 / 255 as a float is not, and moves the score by some units in its last place.
  const auto near = [&](const ImageView &view) {
    const float score = bench.inspector.inspect(view).summary().score;
    if (std::abs(score - expected) > 1e-3f * expected) std::cerr << score << " in place of " << expected << "\n";
    return std::abs(score - expected) <= 1e-3f * expected;
  };
  CHECK(near(cv_::view(gray16)));
  CHECK(near(cv_::view(gray12).with_white(16 * 255)));
  CHECK(near(cv_::view(gray_f32)));
}

static void other_mats_are_refused_in_words() {
  const Error type = error_of(TSP_E_IMAGE, [] { cv_::view(cv::Mat(4, 4, CV_64FC1)); });
  CHECK(type.message().find("CV_64FC1") != std::string::npos && type.hint().find("8UC3") != std::string::npos);
  error_of(TSP_E_IMAGE, [] { cv_::view(cv::Mat()); });
  const int sizes[] = {4, 4, 4};
  error_of(TSP_E_IMAGE, [&] { cv_::view(cv::Mat(3, sizes, CV_8UC1)); });
  error_of(TSP_E_IMAGE, [] { cv_::view(cv::Mat(4, 4, CV_8UC1), Format::bgr8); });
}

static void map_mask_contours_and_overlay_show_the_defect(Bench &bench) {
  const cv::Mat picture = part(303, true);
  const cv::Mat before = picture.clone();
  const Result result = bench.inspector.inspect(cv_::view(picture));
  CHECK(!result.regions().empty());

  const cv::Mat map = cv_::map(result);
  CHECK(map.data == reinterpret_cast<const unsigned char *>(result.map().data()));
  double highest = 0;
  cv::minMaxLoc(map, nullptr, &highest);
  CHECK_EQUAL(static_cast<float>(highest), result.regions()[0].peak);

  const cv::Mat mask = cv_::mask(result);
  cv::Mat joined = cv::Mat::zeros(picture.size(), CV_8UC1);
  for (const Region &region : result.regions()) {
    cv::Mat own = cv_::mask(region);
    CHECK_EQUAL(cv::countNonZero(own), static_cast<int>(region.area));
    joined(cv_::box(region)) |= own;
  }
  CHECK_EQUAL(cv::countNonZero(mask != joined), 0);
  CHECK_EQUAL(cv::countNonZero(mask != (map >= result.summary().pixel_threshold)), 0);

  cv::Mat filled = cv::Mat::zeros(picture.size(), CV_8UC1);
  for (const Region &region : result.regions()) cv::drawContours(filled, cv_::contours(region), -1, 255, cv::FILLED);
  CHECK_EQUAL(cv::countNonZero(filled != mask), 0);

  const cv::Mat overlay = cv_::overlay(result, picture);
  CHECK(overlay.type() == CV_8UC3 && overlay.size() == picture.size());
  CHECK(cv::norm(overlay, picture, cv::NORM_INF) > 0);
  CHECK_EQUAL(cv::norm(before, picture, cv::NORM_INF), 0.0);
  error_of(TSP_E_IMAGE_SIZE, [&] { cv_::overlay(result, picture.rowRange(0, 10)); });
}

static cv::Mat plate(const std::vector<std::uint8_t> &gray) {
  return cv::Mat(gray, true).reshape(1, static_cast<int>(plate_height));
}

static void variation_models_and_golden_templates_take_mats() {
  const cv::Mat reference = plate(draw_plate(1)), spotted = plate(spotted_plate(3));
  Variation variation = cv_::variation_for(reference);
  for (unsigned seed = 0; seed < 10; ++seed) variation.train(cv_::view(plate(draw_plate(seed))));
  variation.prepare(20, 2);
  const cv::Mat ideal = cv_::image(variation, VariationImage::ideal);
  CHECK(ideal.type() == CV_32FC1 && ideal.size() == reference.size());
  cv::Mat sum = cv::Mat::zeros(reference.size(), CV_32FC1);
  for (unsigned seed = 0; seed < 10; ++seed) cv::accumulate(plate(draw_plate(seed)), sum);
  CHECK(cv::norm(sum / 10, ideal, cv::NORM_INF) < 1e-3);
  const cv::Mat upper = cv_::image(variation, VariationImage::upper);
  CHECK(cv::countNonZero(upper < ideal + 20 - 1e-3) == 0);

  const cv::Rect spot(static_cast<int>(spot_x), static_cast<int>(spot_y), 3, 2);
  const GoldenTemplate golden = cv_::golden_template(reference, {20, 1});
  const cv::Mat found = cv_::compare(golden, spotted);
  CHECK_EQUAL(cv::boundingRect(found), spot);
  CHECK_EQUAL(cv::countNonZero(found), 6);
  cv::Mat mask(reference.size(), CV_8UC1, cv::Scalar(255));
  mask(cv::Rect(0, 0, 10, reference.rows)) = 0;
  CHECK_EQUAL(cv::countNonZero(cv_::compare(cv_::golden_template(reference, 20, mask), spotted)), 0);

  cv::Mat wide;
  reference.convertTo(wide, CV_16UC1, 16);
  cv_::variation_for(wide, VariationMode::robust).train(cv_::view(wide));
  error_of(TSP_E_UNSUPPORTED, [] { cv_::variation_for(cv::Mat(4, 4, CV_8UC3)); });
}

int main() {
  variation_models_and_golden_templates_take_mats();
  Bench bench;
  submatrix_scores_as_its_copy(bench);
  channel_orders_are_told_apart(bench);
  gray_of_all_depths_is_the_same_picture(bench);
  other_mats_are_refused_in_words();
  map_mask_contours_and_overlay_show_the_defect(bench);
  return verdict_of_checks();
}
