/*
 * One picture in every form that a camera or another library may hand over: the score is the same to the last bit. Then
 * the rest of the interface, each function once, with what follows from it. In plain C11, from memory, without files.
 *
 * Prints nothing. Exit status: 0; 2 with a line on standard error if something is not as it should be; 77 without weights.
 */

#include <twinspect/twinspect.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 96, HEIGHT = 64, PIXELS = WIDTH * HEIGHT, ROW = WIDTH * 3, GOOD_PARTS = 6, NO_WEIGHTS = 77 };

static void fail(const char *what) {
  fprintf(stderr, "pictures: %s: %s\n", what, tsp_last_error_message());
  exit(2);
}

static void require(int holds, const char *what) {
  if (!holds) {
    fail(what);
  }
}

static void check(tsp_status status, const char *doing) {
  if (status != TSP_OK) {
    fprintf(stderr, "pictures: %s: ", tsp_status_name(status));
    fail(doing);
  }
}

/* A plate with a disc; a defective one has a dark spot. */
static void draw(unsigned char *pixels, uint32_t seed, int defective) {
  uint32_t noise = seed * 2654435761u + 12345u;
  for (int y = 0; y < HEIGHT; y++) {
    for (int x = 0; x < WIDTH; x++) {
      noise = noise * 1664525u + 1013904223u;
      int spot = defective && (x - 60) * (x - 60) + (y - 40) * (y - 40) < 50;
      int disc = (x - 48) * (x - 48) + (y - 32) * (y - 32) < 600;
      unsigned char gray = (unsigned char)((spot ? 10 : disc ? 180 : 90) + (int)(noise >> 28));
      memset(pixels + y * ROW + x * 3, gray, 3);
      pixels[y * ROW + x * 3 + 2] = (unsigned char)(gray / 2);
    }
  }
}

static tsp_image picture(int32_t format, const void *data, int64_t row_stride) {
  tsp_image image;
  check(tsp_image_init(&image, format, WIDTH, HEIGHT, data, row_stride), "image");
  return image;
}

static tsp_model *fit(const tsp_options *options) {
  tsp_fitter *fitter;
  tsp_status status = tsp_fitter_create(options, &fitter);
  if (status == TSP_E_WEIGHTS) {
    fprintf(stderr, "%s\n", tsp_last_error_message());
    exit(NO_WEIGHTS);
  }
  check(status, "fitter");
  static unsigned char pixels[PIXELS * 3];
  for (uint32_t i = 0; i < GOOD_PARTS; i++) {
    draw(pixels, i, 0);
    tsp_image image = picture(TSP_FORMAT_RGB8, pixels, 0);
    check(tsp_fitter_add(fitter, &image, NULL, NULL), "add");
  }
  tsp_model *model;
  check(tsp_fitter_fit(fitter, &model), "fit");
  tsp_fitter_destroy(fitter);
  return model;
}

static tsp_summary summary_of(const tsp_result *result) {
  tsp_summary summary = {.struct_size = sizeof summary};
  check(tsp_result_summary(result, &summary), "summary");
  return summary;
}

/* ---- One picture in every form ---- */

enum { RGB, BGR, RGBA, BGRA, PLANAR, PLANAR16, BOTTOM_UP, RECTANGLE, FORMS };

enum { WIDER = ROW + 21, ABOVE = 2 };

typedef struct {
  unsigned char rgb[PIXELS * 3], bgr[PIXELS * 3], rgba[PIXELS * 4], bgra[PIXELS * 4], planes[3][PIXELS];
  unsigned char bottom_up[PIXELS * 3], wider[WIDER * (HEIGHT + 2 * ABOVE)];
  uint16_t planes16[3][PIXELS];
  tsp_image images[FORMS];
} forms;

static void fill(forms *f) {
  draw(f->rgb, 100, 1);
  for (int i = 0; i < PIXELS; i++) {
    for (int c = 0; c < 3; c++) {
      unsigned char value = f->rgb[i * 3 + c];
      f->bgr[i * 3 + 2 - c] = f->bgra[i * 4 + 2 - c] = f->rgba[i * 4 + c] = f->planes[c][i] = value;
      f->planes16[c][i] = (uint16_t)(value * 16);
    }
    f->rgba[i * 4 + 3] = f->bgra[i * 4 + 3] = (unsigned char)i;
  }
  unsigned char *corner = f->wider + ABOVE * WIDER + 7;
  for (int y = 0; y < HEIGHT; y++) {
    memcpy(f->bottom_up + (HEIGHT - 1 - y) * ROW, f->rgb + y * ROW, ROW);
    memcpy(corner + y * WIDER, f->rgb + y * ROW, ROW);
  }
  f->images[RGB] = picture(TSP_FORMAT_RGB8, f->rgb, 0);
  f->images[BGR] = picture(TSP_FORMAT_BGR8, f->bgr, ROW);
  f->images[RGBA] = picture(TSP_FORMAT_RGBA8, f->rgba, 0);
  f->images[BGRA] = picture(TSP_FORMAT_BGRA8, f->bgra, 0);
  f->images[PLANAR] = picture(TSP_FORMAT_RGB8_PLANAR, f->planes, 0);
  f->images[PLANAR16] = picture(TSP_FORMAT_RGB16_PLANAR, f->planes16, 0);
  f->images[PLANAR16].white = 16.0 * 255.0;
  f->images[BOTTOM_UP] = picture(TSP_FORMAT_RGB8, f->bottom_up + (HEIGHT - 1) * ROW, -ROW);
  f->images[RECTANGLE] = picture(TSP_FORMAT_RGB8, corner, WIDER);
}

static int32_t count_calls(void *user_data, const char *stage, uint64_t done, uint64_t total) {
  require(strcmp(stage, "inspecting") == 0 && done <= total && total == FORMS, "progress");
  ++*(unsigned *)user_data;
  return 0;
}

static void inspect_forms(tsp_inspector *inspector, forms *f) {
  const tsp_image *images[FORMS];
  tsp_result *results[FORMS];
  tsp_status statuses[FORMS];
  for (int i = 0; i < FORMS; i++) {
    check(tsp_image_check(&f->images[i]), "image check");
    images[i] = &f->images[i];
    check(tsp_result_create(&results[i]), "result");
  }
  unsigned calls = 0;
  check(tsp_inspector_set_progress(inspector, count_calls, &calls), "set progress");
  check(tsp_inspector_inspect_batch(inspector, images, NULL, FORMS, results, statuses), "batch");
  require(calls >= 2, "progress was not called");
  tsp_summary first = summary_of(results[0]);
  require(first.verdict == TSP_VERDICT_DEFECT, "the spot was not found");
  for (int i = 0; i < FORMS; i++) {
    tsp_summary summary = summary_of(results[i]);
    require(statuses[i] == TSP_OK && memcmp(&summary.score, &first.score, sizeof first.score) == 0, "forms differ");
  }

  f->images[2].row_stride = 1;
  tsp_status status = tsp_inspector_inspect_batch(inspector, images, NULL, FORMS, results, statuses);
  require(status == TSP_E_IMAGE && statuses[2] == TSP_E_IMAGE && statuses[3] == TSP_OK, "a bad picture among good ones");
  tsp_error error = {.struct_size = sizeof error};
  tsp_last_error(&error);
  require(error.code == TSP_E_IMAGE && strcmp(error.where, "images[2]") == 0, "the bad picture is not named");
  for (int i = 0; i < FORMS; i++) {
    tsp_result_destroy(results[i]);
  }
}

static void inspect_masked(tsp_inspector *inspector, const forms *f, tsp_result *result) {
  static unsigned char upper_half[PIXELS];
  memset(upper_half, 1, PIXELS * 3 / 8);
  tsp_image mask = picture(TSP_FORMAT_GRAY8, upper_half, 0);
  check(tsp_inspector_inspect(inspector, &f->images[RGB], NULL, result), "inspect");
  float whole = summary_of(result).score;
  check(tsp_inspector_inspect(inspector, &f->images[RGB], &mask, result), "inspect with a mask");
  require(summary_of(result).score < whole, "the mask hides nothing");
  static float map[PIXELS];
  check(tsp_result_copy_map(result, map, 0, sizeof map), "copy map");
  require(map[40 * WIDTH + 60] == 0.0f, "outside of the mask");
}

/* ---- The rest ---- */

static void check_texts(const tsp_model *model, const tsp_result *result) {
  uint64_t needed = 0;
  check(tsp_model_describe(model, NULL, 0, &needed), "describe");
  char *text = malloc(needed);
  require(text != NULL, "memory");
  check(tsp_model_describe(model, text, needed, NULL), "describe");
  require(strstr(text, "\"lead\":\"image ") != NULL, "the lead image is not named");
  free(text);
  char small[4096];
  require(tsp_result_to_json(result, small, 3, &needed) == TSP_E_BUFFER_TOO_SMALL, "3 bytes are enough");
  check(tsp_result_to_json(result, small, sizeof small, NULL), "to json");
  require(strlen(small) + 1 == needed && strstr(small, "\"verdict\"") != NULL, "the result's text");
}

static void check_thresholds(const tsp_model *model, const forms *f, tsp_result *result) {
  float scores[] = {4.0f, 5.0f, 6.0f, 5.5f, 12.0f};
  unsigned char labels[] = {0, 0, 0, 0, 1};
  tsp_threshold found = {.struct_size = sizeof found};
  check(tsp_threshold_from_scores(scores, labels, 5, 0.0, &found), "threshold");
  require(found.method == TSP_METHOD_BETWEEN && found.threshold > 6.0f && found.threshold < 12.0f, "threshold");

  tsp_model *lenient;
  tsp_inspector *inspector;
  check(tsp_model_with_thresholds(model, 1e6f, NAN, &lenient), "with thresholds");
  check(tsp_inspector_create(lenient, NULL, &inspector), "inspector");
  tsp_model_destroy(lenient);
  check(tsp_inspector_warm_up(inspector, TSP_FORMAT_RGB8, WIDTH, HEIGHT), "warm up");
  tsp_timing timing = {.struct_size = sizeof timing};
  require(tsp_inspector_timing(inspector, &timing) == TSP_E_STATE, "warming up is no inspection");
  check(tsp_inspector_inspect(inspector, &f->images[RGB], NULL, result), "inspect");
  require(summary_of(result).verdict == TSP_VERDICT_GOOD, "the threshold was not used");
  check(tsp_inspector_timing(inspector, &timing), "timing");
  require(timing.backbone_ms > 0 && timing.total_ms >= timing.backbone_ms, "timing");
  tsp_inspector_destroy(inspector);
}

static void count_warnings(void *user_data, int32_t level, const char *message) {
  *(unsigned *)user_data += level == TSP_LOG_WARNING && strstr(message, "few") != NULL;
}

int main(void) {
  check(tsp_check_abi(TSP_ABI_VERSION), "version");
  uint64_t devices = 0;
  tsp_device device = {.struct_size = sizeof device};
  check(tsp_device_count(&devices), "devices");
  check(tsp_device_info(0, &device), "device");
  require(devices >= 1 && strcmp(device.option, "cpu") == 0, "the first device is not the CPU");

  tsp_options *options;
  check(tsp_options_create(&options), "options");
  check(tsp_options_set_int(options, "input.size", WIDTH), "option");
  unsigned warnings = 0;
  check(tsp_set_log(TSP_LOG_WARNING, count_warnings, &warnings), "log");
  tsp_model *model = fit(options);
  check(tsp_set_log(TSP_LOG_OFF, NULL, NULL), "log");
  require(warnings >= 1, "six pictures are few, and nobody says so");
  tsp_image lead = {.struct_size = sizeof lead};
  check(tsp_model_lead_image(model, 0, &lead), "lead image");
  require(lead.width == WIDTH && lead.height == HEIGHT, "size of the lead image");

  tsp_inspector *inspector;
  tsp_result *result;
  check(tsp_inspector_create(model, options, &inspector), "inspector");
  check(tsp_result_create(&result), "result");
  static forms f;
  fill(&f);
  inspect_masked(inspector, &f, result);
  check_texts(model, result);
  check_thresholds(model, &f, result);
  inspect_forms(inspector, &f);

  tsp_model_destroy(model);
  tsp_options_destroy(options);
  tsp_inspector_destroy(inspector);
  tsp_result_destroy(result);
  return 0;
}
