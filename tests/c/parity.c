/*
 * The table of cases that every binding runs, from C: tests/parity/README.md says what a line means.
 *
 *   parity FOLDER CASES.tsv
 *
 * Prints a line a case, in the table's order, and one for a model that it fits itself. In plain C11, without other
 * libraries. Exit status: 0; 2 with a line on standard error if anything fails.
 */

#include <twinspect/twinspect.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CASES = 256, MOST_MODELS = 16, LONGEST = 512, COLUMNS = 9 };

static _Noreturn void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("parity: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(2);
}

static void check(tsp_status status, const char *doing) {
  if (status != TSP_OK) {
    fail("%s: %s: %s", doing, tsp_status_name(status), tsp_last_error_message());
  }
}

static void *allocate(size_t bytes) {
  void *memory = calloc(bytes, 1);
  if (memory == NULL) {
    fail("no memory for %zu bytes", bytes);
  }
  return memory;
}

static void join(char path[LONGEST], const char *folder, const char *name, const char *end) {
  if (snprintf(path, LONGEST, "%s/%s%s", folder, name, end) >= LONGEST) {
    fail("the path of %s is too long", name);
  }
}

/* ---- Pictures of files ---- */

typedef struct {
  uint32_t width, height, channels, white;
  uint16_t *samples; /* row by row, channels side by side */
} picture;

static picture read_picture(const char *folder, const char *name) {
  char path[LONGEST], kind;
  picture out;
  join(path, folder, name, "");
  FILE *file = fopen(path, "rb");
  if (file == NULL || fscanf(file, "P%c %" SCNu32 " %" SCNu32 " %" SCNu32, &kind, &out.width, &out.height, &out.white) != 4 ||
      fgetc(file) == EOF || (kind != '5' && kind != '6') || (out.white != 255 && out.white != 65535) || out.width > 4096 ||
      out.height > 4096) {
    fail("%s is no P5 or P6 of 8 or 16 bits", path);
  }
  out.channels = kind == '6' ? 3 : 1;
  size_t count = (size_t)out.width * out.height * out.channels;
  out.samples = allocate(count * sizeof *out.samples);
  for (size_t i = 0; i < count; i++) {
    int high = out.white == 65535 ? fgetc(file) : 0;
    int low = fgetc(file);
    if (high == EOF || low == EOF) {
      fail("%s is too short", path);
    }
    out.samples[i] = (uint16_t)(high << 8 | low);
  }
  fclose(file);
  return out;
}

/* ---- Pictures in memory ---- */

typedef struct {
  const char *name;
  int32_t format;
  uint32_t samples; /* of a pixel, in its plane */
  uint32_t bytes;   /* of a sample */
  uint32_t planes;
  uint32_t order[4]; /* which channel of the file each sample is; 3 = alpha */
} layout_of_format;

static const layout_of_format FORMATS[] = {
    {"GRAY8", TSP_FORMAT_GRAY8, 1, 1, 1, {0, 0, 0, 0}},
    {"GRAY16", TSP_FORMAT_GRAY16, 1, 2, 1, {0, 0, 0, 0}},
    {"GRAYF32", TSP_FORMAT_GRAYF32, 1, 4, 1, {0, 0, 0, 0}},
    {"BGR8", TSP_FORMAT_BGR8, 3, 1, 1, {2, 1, 0, 0}},
    {"RGB8", TSP_FORMAT_RGB8, 3, 1, 1, {0, 1, 2, 0}},
    {"BGRA8", TSP_FORMAT_BGRA8, 4, 1, 1, {2, 1, 0, 3}},
    {"RGBA8", TSP_FORMAT_RGBA8, 4, 1, 1, {0, 1, 2, 3}},
    {"RGB8_PLANAR", TSP_FORMAT_RGB8_PLANAR, 1, 1, 3, {0, 1, 2, 0}},
    {"RGB16_PLANAR", TSP_FORMAT_RGB16_PLANAR, 1, 2, 3, {0, 1, 2, 0}},
};

static const layout_of_format *find_format(const char *name) {
  for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
    if (strcmp(FORMATS[i].name, name) == 0) {
      return &FORMATS[i];
    }
  }
  fail("there is no format %s", name);
}

static void put_sample(unsigned char *at, const layout_of_format *format, const picture *file, size_t pixel, uint32_t channel) {
  uint16_t value = channel == 3 ? 0 : file->samples[pixel * file->channels + channel];
  float share = (float)value / (float)file->white;
  unsigned char byte = (unsigned char)value;
  const void *source = format->bytes == 1 ? (const void *)&byte : format->bytes == 2 ? (const void *)&value : (const void *)&share;
  memcpy(at, source, format->bytes);
}

/* The file's pixels as `format` in `layout`, and a view of all of them; free its buffer. */
static tsp_image lay_out(const picture *file, const layout_of_format *format, const char *layout, void **buffer) {
  size_t pixel_bytes = (size_t)format->samples * format->bytes;
  size_t row_bytes = pixel_bytes * file->width;
  int flipped = strcmp(layout, "flipped") == 0;
  if (strcmp(layout, "padded") == 0) {
    row_bytes += format->bytes == 1 ? 13 : 16;
  }
  size_t plane_bytes = row_bytes * file->height;
  unsigned char *pixels = memset(allocate(plane_bytes * format->planes), 0xA5, plane_bytes * format->planes);
  for (uint32_t plane = 0; plane < format->planes; plane++) {
    for (uint32_t y = 0; y < file->height; y++) {
      unsigned char *row = pixels + plane * plane_bytes + (flipped ? file->height - 1 - y : y) * row_bytes;
      for (uint32_t x = 0; x < file->width; x++) {
        for (uint32_t sample = 0; sample < format->samples; sample++) {
          put_sample(row + x * pixel_bytes + sample * format->bytes, format, file, (size_t)y * file->width + x,
                     format->order[format->planes == 3 ? plane : sample]);
        }
      }
    }
  }
  tsp_image image;
  *buffer = pixels;
  check(tsp_image_init(&image, format->format, file->width, file->height, pixels, (int64_t)row_bytes), "tsp_image_init");
  for (uint32_t plane = 0; plane < format->planes; plane++) {
    image.plane[plane] = pixels + plane * plane_bytes + (flipped ? (file->height - 1) * row_bytes : 0);
  }
  image.row_stride = flipped ? -(int64_t)row_bytes : strcmp(layout, "packed") == 0 ? 0 : (int64_t)row_bytes;
  return image;
}

static void crop(tsp_image *image, const char *roi, const layout_of_format *format) {
  uint32_t x, y, width, height;
  int64_t pixel_bytes = (int64_t)format->samples * format->bytes;
  if (sscanf(roi, "%" SCNu32 ",%" SCNu32 ",%" SCNu32 ",%" SCNu32, &x, &y, &width, &height) != 4) {
    fail("'%s' is no x,y,width,height", roi);
  }
  if (image->row_stride == 0) {
    image->row_stride = pixel_bytes * image->width;
  }
  for (uint32_t plane = 0; plane < format->planes; plane++) {
    image->plane[plane] = (const char *)image->plane[plane] + y * image->row_stride + x * pixel_bytes;
  }
  image->width = width;
  image->height = height;
}

/* ---- Cases ---- */

typedef struct {
  const char *name, *model, *format, *picture, *roi, *layout, *white, *mask, *batch;
  tsp_image image, mask_image;
  void *pixels, *mask_pixels;
  tsp_result *result;
  int done;
} test_case;

static void split(char *line, const char **columns[COLUMNS]) {
  for (int i = 0; i < COLUMNS; i++) {
    size_t length = strcspn(line, "\t\r\n");
    int last = line[length] != '\t';
    *columns[i] = line;
    line[length] = '\0';
    line += length + 1;
    if (last != (i == COLUMNS - 1)) {
      fail("a line of the table has not %d columns, but ends with '%s'", COLUMNS, *columns[i]);
    }
  }
}

static size_t read_cases(const char *path, test_case cases[MOST_CASES]) {
  char line[LONGEST];
  size_t count = 0;
  int first = 1;
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    fail("%s cannot be read", path);
  }
  while (fgets(line, sizeof line, file) != NULL) {
    int is_case = line[0] != '#' && line[0] != '\n' && !first;
    first = first && line[0] == '#';
    if (is_case && count < MOST_CASES) {
      test_case *one = &cases[count++];
      /* Lives as long as the program. */
      char *text = memcpy(allocate(strlen(line) + 1), line, strlen(line));
      split(text, (const char **[]){&one->name, &one->model, &one->format, &one->picture, &one->roi, &one->layout, &one->white,
                                    &one->mask, &one->batch});
    }
  }
  fclose(file);
  return count;
}

static void prepare(test_case *one, const char *folder) {
  const layout_of_format *format = find_format(one->format);
  picture file = read_picture(folder, one->picture);
  one->image = lay_out(&file, format, one->layout, &one->pixels);
  one->image.white = strtod(one->white, NULL);
  free(file.samples);
  if (strcmp(one->roi, "-") != 0) {
    crop(&one->image, one->roi, format);
  }
  if (strcmp(one->mask, "-") != 0) {
    picture mask = read_picture(folder, one->mask);
    one->mask_image = lay_out(&mask, find_format("GRAY8"), "packed", &one->mask_pixels);
    free(mask.samples);
  }
  check(tsp_result_create(&one->result), one->name);
}

static const tsp_image *mask_of(const test_case *one) {
  return one->mask_pixels == NULL ? NULL : &one->mask_image;
}

static tsp_inspector *inspector_of(const char *folder, const char *name) {
  static struct {
    const char *name;
    tsp_inspector *inspector;
  } known[MOST_MODELS];
  size_t i = 0;
  for (; i < MOST_MODELS && known[i].name != NULL; i++) {
    if (strcmp(known[i].name, name) == 0) {
      return known[i].inspector;
    }
  }
  char path[LONGEST];
  tsp_model *model;
  if (i == MOST_MODELS) {
    fail("more than %d models", MOST_MODELS);
  }
  join(path, folder, name, ".twin");
  check(tsp_model_load(path, NULL, &model), path);
  check(tsp_inspector_create(model, NULL, &known[i].inspector), name);
  tsp_model_destroy(model);
  known[i].name = name;
  return known[i].inspector;
}

/* All cases of the batch that the first one names, in one call. */
static void inspect_batch(test_case *first, test_case *end, tsp_inspector *inspector) {
  const tsp_image *images[MOST_CASES], *masks[MOST_CASES];
  tsp_result *results[MOST_CASES];
  uint64_t count = 0;
  int masked = 0;
  for (test_case *one = first; one < end; one++) {
    if (strcmp(one->batch, first->batch) == 0) {
      images[count] = &one->image;
      masks[count] = mask_of(one);
      masked |= masks[count] != NULL;
      results[count++] = one->result;
      one->done = 1;
    }
  }
  check(tsp_inspector_inspect_batch(inspector, images, masked ? masks : NULL, count, results, NULL), first->batch);
}

static void print_line(const char *name, const tsp_result *result) {
  tsp_summary summary = {.struct_size = sizeof summary};
  tsp_map map = {.struct_size = sizeof map};
  check(tsp_result_summary(result, &summary), name);
  check(tsp_result_map(result, &map), name);
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint32_t y = 0; y < map.height; y++) {
    const unsigned char *row = (const unsigned char *)map.data + y * map.row_stride;
    for (size_t i = 0; i < (size_t)map.width * sizeof *map.data; i++) {
      hash = (hash ^ row[i]) * 0x100000001b3u;
    }
  }
  uint32_t bits;
  memcpy(&bits, &summary.score, sizeof bits);
  printf("%s\t%08" PRIx32 "\t%" PRId32 "\t%" PRIu32 "\t%016" PRIx64 "\n", name, bits, summary.verdict, summary.region_count, hash);
}

/* ---- A model of its own ---- */

static int read_name(FILE *file, char name[LONGEST]) {
  if (fgets(name, LONGEST, file) == NULL) {
    return 0;
  }
  name[strcspn(name, "\r\n")] = '\0';
  return name[0] != '\0';
}

static FILE *open_list(const char *folder, const char *name) {
  char path[LONGEST];
  join(path, folder, name, "");
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    fail("%s cannot be read", path);
  }
  return file;
}

static tsp_image packed(const char *folder, const char *name, void **buffer) {
  picture file = read_picture(folder, name);
  tsp_image image = lay_out(&file, find_format(file.channels == 3 ? "RGB8" : "GRAY8"), "packed", buffer);
  free(file.samples);
  return image;
}

static tsp_model *fit(const char *folder) {
  tsp_options *options;
  tsp_fitter *fitter;
  tsp_model *model;
  check(tsp_options_create(&options), "options");
  check(tsp_options_set_int(options, "groups.size", 0), "options");
  check(tsp_options_set_text(options, "registration", "none"), "options");
  check(tsp_options_set_text(options, "ground", "same"), "options");
  check(tsp_options_set_int(options, "input.size", 96), "options");
  check(tsp_options_set_float(options, "verdict.false_alarm_rate", 0.05), "options");
  check(tsp_fitter_create(options, &fitter), "fitter");
  tsp_options_destroy(options);
  char name[LONGEST];
  FILE *list = open_list(folder, "train.txt");
  while (read_name(list, name)) {
    void *pixels;
    tsp_image image = packed(folder, name, &pixels);
    check(tsp_fitter_add(fitter, &image, NULL, name), name);
    free(pixels);
  }
  fclose(list);
  check(tsp_fitter_fit(fitter, &model), "fit");
  tsp_fitter_destroy(fitter);
  return model;
}

static void inspect_fitted(const char *folder) {
  char name[LONGEST];
  void *pixels;
  tsp_inspector *inspector;
  tsp_result *result;
  tsp_model *model = fit(folder);
  FILE *list = open_list(folder, "fitted.txt");
  if (!read_name(list, name)) {
    fail("fitted.txt is empty");
  }
  fclose(list);
  tsp_image image = packed(folder, name, &pixels);
  check(tsp_inspector_create(model, NULL, &inspector), "inspector");
  tsp_model_destroy(model);
  check(tsp_result_create(&result), "result");
  check(tsp_inspector_inspect(inspector, &image, NULL, result), name);
  free(pixels);
  print_line("fitted", result);
  tsp_result_destroy(result);
  tsp_inspector_destroy(inspector);
}

int main(int argc, char **argv) {
  static test_case cases[MOST_CASES];
  if (argc != 3) {
    fail("parity FOLDER CASES.tsv");
  }
  test_case *end = cases + read_cases(argv[2], cases);
  for (test_case *one = cases; one < end; one++) {
    prepare(one, argv[1]);
  }
  for (test_case *one = cases; one < end; one++) {
    tsp_inspector *inspector = inspector_of(argv[1], one->model);
    if (strcmp(one->batch, "-") == 0) {
      check(tsp_inspector_inspect(inspector, &one->image, mask_of(one), one->result), one->name);
    } else if (!one->done) {
      inspect_batch(one, end, inspector);
    }
    print_line(one->name, one->result);
    free(one->pixels);
    free(one->mask_pixels);
    tsp_result_destroy(one->result);
  }
  inspect_fitted(argv[1]);
  return 0;
}
