/*
 * Learns from a folder of good parts and inspects a folder of parts, in plain C11.
 *
 *   inspect MODEL_OUT GOOD_DIR TEST_DIR [KEY=VALUE ...]
 *
 * Good parts are read by the library; parts to be inspected by the reader of PGM and PPM below, as a camera would hand
 * over its pixels. Prints a line for each: name, score, its 32 bits, verdict, number of regions.
 * Exit status: 0, or 2 after an error.
 */

#include <twinspect/twinspect.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 1000, LONGEST_PATH = 4096, MOST_SAMPLES = 1 << 26 };

static void fail(const char *doing) {
  fprintf(stderr, "inspect: %s: %s\n", doing, tsp_last_error_message());
  exit(2);
}

static void check(tsp_status status, const char *doing) {
  if (status != TSP_OK) {
    fprintf(stderr, "inspect: %s: ", tsp_status_name(status));
    fail(doing);
  }
}

/* ---- Folders ---- */

typedef struct {
  char *names[MOST_NAMES];
  size_t count;
} folder;

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_folder(const char *path, folder *out) {
  DIR *directory = opendir(path);
  if (directory == NULL) {
    perror(path);
    exit(2);
  }
  out->count = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL && out->count < MOST_NAMES;) {
    if (entry->d_name[0] != '.') {
      size_t size = strlen(entry->d_name) + 1;
      char *name = malloc(size);
      if (name == NULL) {
        exit(2);
      }
      out->names[out->count++] = memcpy(name, entry->d_name, size);
    }
  }
  closedir(directory);
  qsort(out->names, out->count, sizeof out->names[0], by_name);
}

static void free_folder(folder *names) {
  for (size_t i = 0; i < names->count; i++) {
    free(names->names[i]);
  }
}

static void join(char *out, const char *directory, const char *name) {
  if (snprintf(out, LONGEST_PATH, "%s/%s", directory, name) >= LONGEST_PATH) {
    fprintf(stderr, "inspect: the path of %s is too long\n", name);
    exit(2);
  }
}

/* ---- Pictures ---- */

/* Reads a binary PGM (P5) or PPM (P6) of 8 bits, without comments. Free the result. */
static unsigned char *read_picture(const char *path, tsp_image *image) {
  FILE *file = fopen(path, "rb");
  char kind = 0;
  unsigned width = 0, height = 0, white = 0;
  if (file == NULL || fscanf(file, "P%c %u %u %u", &kind, &width, &height, &white) != 4 || fgetc(file) == EOF) {
    fprintf(stderr, "inspect: %s is no PGM or PPM\n", path);
    exit(2);
  }
  size_t samples = (size_t)width * height * (kind == '6' ? 3 : 1);
  if ((kind != '5' && kind != '6') || white != 255 || width > 32768 || height > 32768 || samples > MOST_SAMPLES) {
    fprintf(stderr, "inspect: %s is not an 8-bit P5 or P6\n", path);
    exit(2);
  }
  unsigned char *pixels = malloc(samples);
  if (pixels == NULL || fread(pixels, 1, samples, file) != samples) {
    fprintf(stderr, "inspect: %s is too short\n", path);
    exit(2);
  }
  fclose(file);
  int32_t format = kind == '6' ? TSP_FORMAT_RGB8 : TSP_FORMAT_GRAY8;
  check(tsp_image_init(image, format, width, height, pixels, 0), path);
  return pixels;
}

/* ---- The work ---- */

static tsp_options *read_options(char **settings, int count) {
  tsp_options *options;
  check(tsp_options_create(&options), "options");
  for (int i = 0; i < count; i++) {
    char *value = strchr(settings[i], '=');
    if (value == NULL) {
      fprintf(stderr, "inspect: %s is not KEY=VALUE\n", settings[i]);
      exit(2);
    }
    *value++ = '\0';
    check(tsp_options_set_text(options, settings[i], value), "options");
  }
  return options;
}

static int32_t count_calls(void *user_data, const char *stage, uint64_t done, uint64_t total) {
  if (stage == NULL || done > total) {
    return 1;
  }
  ++*(unsigned *)user_data;
  return 0;
}

static void fit(const char *model_path, const char *directory, const tsp_options *options) {
  tsp_fitter *fitter;
  check(tsp_fitter_create(options, &fitter), "fitter");
  folder names;
  read_folder(directory, &names);
  for (size_t i = 0; i < names.count; i++) {
    char path[LONGEST_PATH];
    join(path, directory, names.names[i]);
    check(tsp_fitter_add_file(fitter, path, NULL), "add");
  }
  uint64_t count = 0;
  check(tsp_fitter_count(fitter, &count), "count");
  if (count != names.count) {
    fail("count");
  }
  free_folder(&names);

  unsigned calls = 0;
  check(tsp_fitter_set_progress(fitter, count_calls, &calls), "progress");
  tsp_model *model;
  check(tsp_fitter_fit(fitter, &model), "fit");
  tsp_fitter_destroy(fitter);
  if (calls == 0) {
    fail("no progress");
  }
  check(tsp_model_save(model, model_path), "save");
  tsp_model_destroy(model);
}

static const char *verdict_name(int32_t verdict) {
  static const char *const names[] = {"none", "good", "defect", "undecided"};
  return verdict >= 0 && verdict < 4 ? names[verdict] : "unknown";
}

/* What the summary says must be what map, mask, regions and runs say. */
static void check_details(const tsp_result *result, const tsp_summary *summary) {
  tsp_map map = {.struct_size = sizeof map};
  tsp_image mask = {.struct_size = sizeof mask};
  check(tsp_result_map(result, &map), "map");
  check(tsp_result_mask(result, &mask), "mask");
  uint64_t marked = 0, area = 0, run_pixels = 0, run_count = 0;
  float peak = 0;
  for (uint32_t y = 0; y < map.height; y++) {
    const float *row = (const float *)(const void *)((const char *)map.data + (int64_t)y * map.row_stride);
    const unsigned char *mask_row = (const unsigned char *)mask.plane[0] + (int64_t)y * mask.row_stride;
    for (uint32_t x = 0; x < map.width; x++) {
      peak = row[x] > peak ? row[x] : peak;
      marked += mask_row[x] != 0;
    }
  }
  for (uint32_t i = 0; i < summary->region_count; i++) {
    tsp_region region = {.struct_size = sizeof region};
    check(tsp_result_region(result, i, &region), "region");
    area += region.area;
  }
  const tsp_run *runs;
  check(tsp_result_runs(result, &runs, &run_count), "runs");
  for (uint64_t i = 0; i < run_count; i++) {
    run_pixels += (uint64_t)(runs[i].column_end - runs[i].column_begin + 1);
  }
  if (peak != summary->score || marked != area || marked != run_pixels || run_count != summary->run_count) {
    fprintf(stderr, "inspect: summary, map, mask, regions and runs do not agree\n");
    exit(2);
  }
  tsp_health health = {.struct_size = sizeof health};
  check(tsp_result_health(result, &health), "health");
  int is_dark = health.limits_known && health.brightness < health.brightness_low;
  if (health.findings != summary->health || health.repeats != summary->repeats ||
      is_dark != ((health.findings & TSP_HEALTH_TOO_DARK) != 0) ||
      (health.findings != 0 && summary->verdict != TSP_VERDICT_UNDECIDED)) {
    fprintf(stderr, "inspect: summary and health do not agree\n");
    exit(2);
  }
}

/* As many good parts as were printed, if the model has enough to compare them with. */
static void check_drift(tsp_inspector *inspector, uint64_t good) {
  tsp_drift drift = {.struct_size = sizeof drift};
  tsp_status status = tsp_inspector_drift(inspector, &drift);
  if (status == TSP_E_STATE) {
    return;
  }
  check(status, "drift");
  if (drift.parts != good || drift.cusum < 0 || (drift.found == 0) != (drift.found_at == 0)) {
    fprintf(stderr, "inspect: drift and verdicts do not agree\n");
    exit(2);
  }
  check(tsp_inspector_reset_drift(inspector), "reset");
}

static void inspect(const char *model_path, const char *directory, const tsp_options *options) {
  tsp_model *model;
  tsp_inspector *inspector;
  tsp_result *result;
  check(tsp_model_load(model_path, options, &model), "load");
  check(tsp_inspector_create(model, options, &inspector), "inspector");
  check(tsp_result_create(&result), "result");
  tsp_model_destroy(model);

  folder names;
  uint64_t good = 0;
  read_folder(directory, &names);
  for (size_t i = 0; i < names.count; i++) {
    char path[LONGEST_PATH];
    join(path, directory, names.names[i]);
    tsp_image image;
    unsigned char *pixels = read_picture(path, &image);
    check(tsp_image_check(&image), path);
    check(tsp_inspector_inspect(inspector, &image, NULL, result), path);
    free(pixels);

    tsp_summary summary = {.struct_size = sizeof summary};
    check(tsp_result_summary(result, &summary), "summary");
    check_details(result, &summary);
    good += summary.verdict == TSP_VERDICT_GOOD;
    uint32_t bits;
    memcpy(&bits, &summary.score, sizeof bits);
    printf("%s %.9g %08x %s %u\n", names.names[i], (double)summary.score, (unsigned)bits, verdict_name(summary.verdict),
           (unsigned)summary.region_count);
  }
  free_folder(&names);
  check_drift(inspector, good);
  tsp_inspector_destroy(inspector);
  tsp_result_destroy(result);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "inspect MODEL_OUT GOOD_DIR TEST_DIR [KEY=VALUE ...]\n");
    return 2;
  }
  check(tsp_check_abi(TSP_ABI_VERSION), "version");
  tsp_options *options = read_options(argv + 4, argc - 4);
  fit(argv[1], argv[2], options);
  inspect(argv[1], argv[3], options);
  tsp_options_destroy(options);
  return 0;
}
