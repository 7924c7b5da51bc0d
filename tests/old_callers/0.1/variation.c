/*
 * The program of docs/from-halcon.md: HALCON's variation model, call by call. In plain C11, without a network.
 *
 * Prints nothing. Exit status: 0; 2 with a line on standard error if something is not as it should be.
 */

#include <twinspect/twinspect.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 40, HEIGHT = 30, PIXELS = WIDTH * HEIGHT, GOOD_PARTS = 10 };

static void require(int holds, const char *what) {
  if (!holds) {
    fprintf(stderr, "variation: %s: %s\n", what, tsp_last_error_message());
    exit(2);
  }
}

/* A ramp with some noise; a defective part has a dark spot of 3 x 2 pixels. */
static void draw(unsigned char *pixels, uint32_t seed, int defective) {
  uint32_t noise = seed * 2654435761u + 12345u;
  for (int i = 0; i < PIXELS; i++) {
    noise = noise * 1664525u + 1013904223u;
    pixels[i] = (unsigned char)(80 + 2 * (i % WIDTH) + (int)(noise >> 29));
  }
  if (defective) {
    memset(pixels + 12 * WIDTH + 7, 10, 3);
    memset(pixels + 13 * WIDTH + 7, 10, 3);
  }
}

static tsp_summary compare(const tsp_variation *model, uint32_t seed, int defective, tsp_result *result) {
  unsigned char pixels[PIXELS];
  tsp_image image;
  tsp_summary summary = {.struct_size = sizeof summary};
  draw(pixels, seed, defective);
  require(tsp_image_init(&image, TSP_FORMAT_GRAY8, WIDTH, HEIGHT, pixels, 0) == TSP_OK, "a picture");
  require(tsp_variation_compare(model, &image, NULL, result) == TSP_OK, "compare");
  require(tsp_result_summary(result, &summary) == TSP_OK, "the summary");
  return summary;
}

int main(void) {
  const double abs_threshold[2] = {20, 20}, var_threshold[2] = {2, 2};
  unsigned char pixels[PIXELS];
  tsp_variation *model;
  tsp_variation *read;
  tsp_result *result;
  require(tsp_variation_create(WIDTH, HEIGHT, TSP_VARIATION_TYPE_BYTE, TSP_VARIATION_MODE_STANDARD, NULL, &model) == TSP_OK,
          "create");
  require(tsp_result_create(&result) == TSP_OK, "a result");
  for (uint32_t i = 0; i < GOOD_PARTS; i++) {
    tsp_image image;
    const tsp_image *images[1] = {&image};
    draw(pixels, i, 0);
    require(tsp_image_init(&image, TSP_FORMAT_GRAY8, WIDTH, HEIGHT, pixels, 0) == TSP_OK, "a picture");
    require(tsp_variation_train(model, images, 1) == TSP_OK, "train");
  }
  require(tsp_variation_prepare(model, abs_threshold, var_threshold) == TSP_OK, "prepare");
  require(tsp_variation_clear_train_data(model) == TSP_OK, "clear train data");

  require(compare(model, 50, 0, result).verdict == TSP_VERDICT_GOOD, "a good part");
  tsp_summary summary = compare(model, 51, 1, result);
  require(summary.verdict == TSP_VERDICT_DEFECT && summary.region_count == 1, "a bad part");
  const tsp_run *runs;
  uint64_t count;
  require(tsp_result_runs(result, &runs, &count) == TSP_OK && count == 2, "its runs");
  require(runs[1].row == 13 && runs[1].column_begin == 7 && runs[1].column_end == 9, "its last run");

  float upper[PIXELS];
  tsp_image image;
  require(tsp_image_init(&image, TSP_FORMAT_GRAYF32, WIDTH, HEIGHT, upper, 0) == TSP_OK, "a float picture");
  require(tsp_variation_get_image(model, TSP_VARIATION_IMAGE_UPPER, &image) == TSP_OK, "the upper limits");
  require(upper[0] >= 100 && upper[PIXELS - 1] >= 178 && upper[PIXELS - 1] <= 185, "an upper limit");

  uint64_t needed;
  require(tsp_variation_write_memory(model, NULL, 0, &needed) == TSP_OK, "the size");
  void *buffer = malloc((size_t)needed);
  require(buffer && tsp_variation_write_memory(model, buffer, needed, NULL) == TSP_OK, "write");
  tsp_variation_clear(model);
  require(tsp_variation_read_memory(buffer, needed, NULL, &read) == TSP_OK, "read");
  free(buffer);
  require(compare(read, 51, 1, result).score == summary.score, "the same score");
  tsp_variation_clear(read);
  tsp_variation_clear(NULL);
  tsp_result_destroy(result);
  return 0;
}
