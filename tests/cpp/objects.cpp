// Options, fitter, model and inspector: what a program does with them, and what they say when it does it wrong.
#include "check.hpp"
#include "parts.hpp"

#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <type_traits>

using namespace twinspect;

static_assert(!std::is_copy_constructible_v<Fitter> && std::is_nothrow_move_constructible_v<Fitter>);
static_assert(!std::is_copy_constructible_v<Inspector> && std::is_nothrow_move_constructible_v<Inspector>);
static_assert(!std::is_copy_constructible_v<Result> && std::is_nothrow_move_constructible_v<Result>);
static_assert(!std::is_copy_constructible_v<Options> && std::is_nothrow_move_constructible_v<Options>);
static_assert(std::is_copy_constructible_v<Model> && std::is_nothrow_copy_constructible_v<Error>);

static void options_take_all_types_and_name_the_nearest_key() {
  Options options;
  options.set("input.size", 96).set("verdict.false_alarm_rate", 0.02).set("device", "cpu").set("threads", std::string("1"));
  CHECK_EQUAL(options.get("input.size"), "96");
  CHECK_EQUAL(options.get("verdict.false_alarm_rate"), "0.02");
  options.apply_recipe("paper");
  CHECK_EQUAL(options.get("adaptor"), "adaptive");

  const Error unknown = error_of(TSP_E_INVALID_ARGUMENT, [&] { options.set("inputsize", 96); });
  CHECK(unknown.hint().find("input.size") != std::string::npos);
  const Error range = error_of(TSP_E_INVALID_ARGUMENT, [&] { options.set("input.size", -1); });
  CHECK_EQUAL(range.where(), "input.size");
  CHECK(std::string(range.what()).find(range.message()) != std::string::npos);

  const auto table = option_table();
  CHECK(std::any_of(table.begin(), table.end(), [](const tsp_option &option) { return option.key == std::string("backbone"); }));
}

static void library_says_its_version() {
  check_abi();
  CHECK_EQUAL(std::string(version()), TSP_VERSION);
  CHECK(std::string(build_info()).find("libtorch") != std::string::npos);
  CHECK(!has_feature("no such feature"));
}

static void fitter_reports_and_survives_a_move() {
  Fitter fitter(small_options());
  error_of(TSP_E_TOO_FEW_IMAGES, [&] { fitter.fit(); });
  const Error missing = error_of(TSP_E_NOT_FOUND, [&] { fitter.add_file("no such picture.png"); });
  CHECK(missing.where().find("no such picture.png") != std::string::npos);
  error_of(TSP_E_IMAGE, [&] { fitter.add(ImageView("", part_width, part_height, Format::bgr8, 5)); });

  std::uint64_t calls = 0;
  fitter.on_progress([&](std::string_view stage, std::uint64_t done, std::uint64_t total) {
    CHECK(!stage.empty() && done <= total);
    ++calls;
    return true;
  });
  add_good_parts(fitter, 4);
  Fitter moved = std::move(fitter);
  CHECK_EQUAL(moved.count(), 4u);
  CHECK_EQUAL(moved.fit().summary().image_count, 4u);
  CHECK(calls > 0);
  error_of(TSP_E_NULL_ARGUMENT, [&] { fitter.count(); });
}

struct Stop : std::runtime_error {
  using std::runtime_error::runtime_error;
};

static void progress_cancels_and_its_exception_comes_back() {
  Fitter fitter(small_options());
  add_good_parts(fitter, 4);
  fitter.on_progress([](std::string_view, std::uint64_t, std::uint64_t) { return false; });
  error_of(TSP_E_CANCELLED, [&] { fitter.fit(); });

  fitter.on_progress([](std::string_view, std::uint64_t, std::uint64_t) -> bool { throw Stop("by the host"); });
  bool thrown = false;
  try {
    fitter.fit();
  } catch (const Stop &stop) {
    thrown = stop.what() == std::string("by the host");
  }
  CHECK(thrown);

  fitter.on_progress(nullptr);
  CHECK_EQUAL(fitter.fit().summary().image_count, 4u);
}

static void model_file_gives_the_same_scores(const Model &model) {
  const auto path = std::filesystem::temp_directory_path() / "twinspect-cpp-test.twin";
  model.save(path);
  const Model loaded = Model::load(path, small_options());
  const auto bytes = model.to_bytes();
  CHECK_EQUAL(bytes.size(), std::filesystem::file_size(path));
  const Model from_memory = Model::from_bytes({bytes.data(), bytes.size()});
  std::ofstream(path, std::ios::trunc) << "not a model";
  error_of(TSP_E_FORMAT, [&] { Model::load(path); });
  std::filesystem::remove(path);
  error_of(TSP_E_NOT_FOUND, [&] { Model::load(path); });

  const auto part = draw_part(100, true);
  const auto score = [&](const Model &any) { return Inspector(any).inspect(view_of(part)).summary().score; };
  CHECK_EQUAL(bits(score(loaded)), bits(score(model)));
  CHECK_EQUAL(bits(score(from_memory)), bits(score(model)));
}

static void model_grows_without_its_old_pictures(const Model &model) {
  Fitter fitter(model);
  fitter.add(view_of(draw_part(50, false)));
  CHECK_EQUAL(fitter.fit().summary().image_count, model.summary().image_count + 1);
}

static void inspector_outlives_its_model_and_tells_good_from_bad() {
  auto model = std::make_unique<Model>(fit_good_parts());
  Inspector inspector(*model);
  model.reset();
  Result result;
  error_of(TSP_E_STATE, [&] { result.summary(); });
  CHECK_EQUAL(static_cast<int>(result.try_map().code()), static_cast<int>(TSP_E_STATE));

  inspector.inspect(view_of(draw_part(101, false)), result);
  CHECK(result.summary().verdict == Verdict::good);
  CHECK(result.regions().empty() && result.runs().empty());

  inspector.inspect(view_of(draw_part(102, true)), result);
  const Summary summary = result.summary();
  CHECK(summary.verdict == Verdict::defect && summary.score > summary.threshold);
  CHECK(summary.region_count > 0);

  // What was found stays if a call fails, and the twin says why without throwing.
  const auto failed = inspector.try_inspect(ImageView(nullptr, part_width, part_height, Format::gray8), result);
  CHECK(!failed && failed.code() == TSP_E_NULL_ARGUMENT && !failed.error().message().empty());
  CHECK_EQUAL(bits(result.summary().score), bits(summary.score));

  inspector.set_thresholds(summary.score * 2, summary.score * 2);
  CHECK(inspector.inspect(view_of(draw_part(102, true))).summary().verdict == Verdict::good);
  CHECK(!inspector.try_set_thresholds(-1, 1));
}

static void regions_runs_mask_and_map_agree(const Model &model) {
  Inspector inspector(model);
  const auto part = draw_part(103, true);
  const Result result = inspector.inspect(view_of(part));
  const MapView map = result.map();
  const ImageView mask = result.mask();
  CHECK(map.width() == part_width && map.height() == part_height && mask.width() == part_width);

  std::uint64_t area = 0, run_count = 0;
  const auto *mask_pixels = static_cast<const std::uint8_t *>(mask.pixels());
  for (const Region &region : result.regions()) {
    float peak = 0;
    std::uint64_t pixels = 0;
    for (const Run &run : region.runs) {
      for (int x = run.column_begin; x <= run.column_end; ++x, ++pixels) {
        peak = std::max(peak, map(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(run.row)));
        CHECK(mask_pixels[run.row * part_width + x] == 255);
      }
    }
    CHECK_EQUAL(pixels, region.area);
    CHECK_EQUAL(peak, region.peak);
    area += region.area;
    run_count += region.runs.size();
  }
  CHECK_EQUAL(run_count, result.runs().size());
  const auto white = std::count(mask_pixels, mask_pixels + part_width * part_height, 255);
  CHECK_EQUAL(area, static_cast<std::uint64_t>(white));
  error_of(TSP_E_INVALID_ARGUMENT, [&] { result.regions()[result.regions().size()]; });

  std::vector<float> copy(part_width * part_height);
  result.copy_map(copy.data(), copy.size() * sizeof(float));
  CHECK_EQUAL(copy[part_width * 3 + 7], map(7, 3));
  error_of(TSP_E_BUFFER_TOO_SMALL, [&] { result.copy_map(copy.data(), 8); });
}

static void write_pnm(const std::filesystem::path &path, const char *kind, const std::vector<std::uint8_t> &samples) {
  std::ofstream file(path, std::ios::binary);
  file << kind << ' ' << part_width << ' ' << part_height << " 255\n";
  file.write(reinterpret_cast<const char *>(samples.data()), static_cast<std::streamsize>(samples.size()));
}

static void files_are_the_pictures_in_them(const Model &model) {
  const auto folder = std::filesystem::temp_directory_path();
  const auto path = folder / u8"twinspect-cpp-t\u00e4st.ppm", mask_path = folder / "twinspect-cpp-mask.pgm";
  const auto part = draw_part(105, true);
  std::vector<std::uint8_t> rgb(part), mask(part.size() / 3, 1);
  for (std::size_t i = 0; i < rgb.size(); i += 3) std::swap(rgb[i], rgb[i + 2]);
  std::fill_n(mask.begin(), mask.size() / 2, std::uint8_t(0));
  write_pnm(path, "P6", rgb);
  write_pnm(mask_path, "P5", mask);

  Inspector inspector(model);
  Result result;
  inspector.inspect_file(path, result);
  const auto expected = bits(inspector.inspect(view_of(part)).summary().score);
  CHECK_EQUAL(bits(result.summary().score), expected);
  CHECK_EQUAL(bits(inspector.inspect_file(path).summary().score), expected);

  Result masked;
  inspector.inspect(view_of(part), ImageView(mask.data(), part_width, part_height, Format::gray8), masked);
  inspector.inspect_file(path, mask_path, result);
  CHECK_EQUAL(bits(result.summary().score), bits(masked.summary().score));
  CHECK_EQUAL(result.map()(part_width / 2, part_height / 4), 0.0f);

  // What was found stays if a file cannot be read.
  std::filesystem::remove(mask_path);
  const auto failed = inspector.try_inspect_file(path, mask_path, result);
  CHECK_EQUAL(static_cast<int>(failed.code()), static_cast<int>(TSP_E_NOT_FOUND));
  CHECK_EQUAL(failed.error().where(), mask_path.string());
  CHECK_EQUAL(bits(result.summary().score), bits(masked.summary().score));
  std::ofstream(path, std::ios::trunc) << "no picture";
  error_of(TSP_E_IMAGE, [&] { inspector.inspect_file(path, result); });
  std::filesystem::remove(path);
  CHECK_EQUAL(static_cast<int>(inspector.try_inspect_file(path, result).code()), static_cast<int>(TSP_E_NOT_FOUND));
}

static void views_are_the_same_picture(const Model &model) {
  Inspector inspector(model);
  const auto part = draw_part(104, true);
  const std::size_t pixel_count = part.size() / 3;
  const auto score = [&](const ImageView &image) { return bits(inspector.inspect(image).summary().score); };
  const auto expected = score(view_of(part));

  std::vector<std::uint8_t> rgb(part), planes(part.size()), bottom_up(part.size());
  for (std::size_t i = 0; i < pixel_count; ++i) {
    std::swap(rgb[3 * i], rgb[3 * i + 2]);
    for (std::size_t channel = 0; channel < 3; ++channel) planes[channel * pixel_count + i] = rgb[3 * i + channel];
  }
  const std::size_t row = 3 * part_width;
  for (std::size_t y = 0; y < part_height; ++y) std::copy_n(&part[y * row], row, &bottom_up[(part_height - 1 - y) * row]);

  CHECK_EQUAL(score({rgb.data(), part_width, part_height, Format::rgb8}), expected);
  CHECK(score({rgb.data(), part_width, part_height, Format::bgr8}) != expected);
  CHECK_EQUAL(score({planes.data(), part_width, part_height, Format::rgb8_planar}), expected);
  CHECK_EQUAL(score(ImageView::planar(&planes[0], &planes[pixel_count], &planes[2 * pixel_count], part_width, part_height)), expected);
  CHECK_EQUAL(score({&bottom_up[(part_height - 1) * row], part_width, part_height, Format::bgr8, -static_cast<std::int64_t>(row)}), expected);

  const ImageView crop = view_of(part).crop(0, 0, part_width, part_height);
  CHECK_EQUAL(score(crop), expected);
  error_of(TSP_E_INVALID_ARGUMENT, [&] { crop.crop(1, 0, part_width, 1); });

  std::vector<std::uint8_t> mask(pixel_count, 1);
  const ImageView mask_view(mask.data(), part_width, part_height, Format::gray8);
  Result result;
  inspector.inspect(view_of(part), mask_view, result);
  CHECK_EQUAL(bits(result.summary().score), expected);
  std::fill_n(mask.begin(), pixel_count / 2, std::uint8_t(0));
  inspector.inspect(view_of(part), mask_view, result);
  CHECK_EQUAL(result.map()(part_width / 2, part_height / 4), 0.0f);
  CHECK(result.map()(part_width / 2, part_height - 1) > 0);
}

int main() {
  options_take_all_types_and_name_the_nearest_key();
  library_says_its_version();
  fitter_reports_and_survives_a_move();
  progress_cancels_and_its_exception_comes_back();
  inspector_outlives_its_model_and_tells_good_from_bad();
  const Model model = fit_good_parts();
  model_file_gives_the_same_scores(model);
  model_grows_without_its_old_pictures(model);
  regions_runs_mask_and_map_agree(model);
  files_are_the_pictures_in_them(model);
  views_are_the_same_picture(model);
  return verdict_of_checks();
}
