/*
 * A line that runs day and night: inspects drawn parts again and again, and fails if memory, open files or threads grow, if
 * frames become slower, or if a score is ever another than the first time.
 *
 *   soak FRAMES [KEY=VALUE...]
 *
 * KEY=VALUE: options of the library. Prints a table on standard output and its progress on standard error. Exit status: 0;
 * 1 if something grew; 2 if a call failed; 77 without weights.
 */

#include <twinspect/twinspect.h>

#include <dirent.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
  WIDTH = 96,
  HEIGHT = 64,
  BYTES = WIDTH * HEIGHT * 3,
  GOOD_PARTS = 12,
  PICTURES = 16,
  /* An inspector and its result serve for so many frames, a model for so many inspectors. */
  FRAMES_OF_INSPECTOR = 500,
  INSPECTORS_OF_MODEL = 20,
  /* So many models, one after the other, fill the allocator's free lists before anything is measured. */
  MODELS_OF_WARM_UP = 30,
  TENTHS = 10,
  NO_WEIGHTS = 77
};

/* Resident memory may be so much higher in the second half than it was in the first: what is free between blocks that a
   model leaves behind differs from model to model, and what leaks grows on. */
static const double ALLOWED_GROWTH = 1.01;
/* What is in use may not grow after the first tenth, but for what libtorch keeps of each kind of call. */
static const double ALLOWED_HEAP = 1.001;
/* Of a tenth's median processor time of a frame, the least of the second half over that of the first: cores that are shared
   with other programs vary so much. */
static const double ALLOWED_SLOWDOWN = 1.25;

typedef struct {
  long frames, files, threads;
  double resident_mib, heap_mib, median_ms;
} sample;

static void fail(const char *what) {
  fprintf(stderr, "\nsoak: %s: %s\n", what, tsp_last_error_message());
  exit(2);
}

static void check(tsp_status status, const char *doing) {
  if (status != TSP_OK) {
    fail(doing);
  }
}

/* A plate with a disc; every second picture has a dark spot. */
static void draw(unsigned char *pixels, uint32_t seed, int defective) {
  uint32_t noise = seed * 2654435761u + 12345u;
  for (int y = 0; y < HEIGHT; y++) {
    for (int x = 0; x < WIDTH; x++) {
      noise = noise * 1664525u + 1013904223u;
      int spot = defective && (x - 60) * (x - 60) + (y - 40) * (y - 40) < 50;
      int disc = (x - 48) * (x - 48) + (y - 32) * (y - 32) < 600;
      memset(pixels + (y * WIDTH + x) * 3, (spot ? 10 : disc ? 180 : 90) + (int)(noise >> 28), 3);
    }
  }
}

static tsp_image picture(const unsigned char *pixels) {
  tsp_image image;
  check(tsp_image_init(&image, TSP_FORMAT_RGB8, WIDTH, HEIGHT, pixels, 0), "image");
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
  static unsigned char pixels[BYTES];
  for (uint32_t i = 0; i < GOOD_PARTS; i++) {
    draw(pixels, i, 0);
    tsp_image image = picture(pixels);
    check(tsp_fitter_add(fitter, &image, NULL, NULL), "add");
  }
  tsp_model *model;
  check(tsp_fitter_fit(fitter, &model), "fit");
  tsp_fitter_destroy(fitter);
  return model;
}

/* The same model, by way of its file's content. */
static tsp_model *copy(tsp_model *model, const tsp_options *options) {
  uint64_t needed;
  check(tsp_model_save_memory(model, NULL, 0, &needed), "size of the model");
  void *content = malloc(needed);
  if (content == NULL) {
    fail("memory");
  }
  check(tsp_model_save_memory(model, content, needed, &needed), "save");
  tsp_model *copied;
  check(tsp_model_load_memory(content, needed, options, &copied), "load");
  free(content);
  tsp_model_destroy(model);
  return copied;
}

/* What a program asks a result for. */
static uint32_t read_result(const tsp_result *result) {
  tsp_summary summary = {.struct_size = sizeof summary};
  tsp_map map = {.struct_size = sizeof map};
  tsp_image mask = {.struct_size = sizeof mask};
  static char text[1 << 16];
  check(tsp_result_summary(result, &summary), "summary");
  check(tsp_result_map(result, &map), "map");
  check(tsp_result_mask(result, &mask), "mask");
  check(tsp_result_to_json(result, text, sizeof text, NULL), "JSON");
  uint32_t bits;
  memcpy(&bits, &summary.score, sizeof bits);
  return bits;
}

/* As the frames later on, in short. */
static tsp_model *warm_up(tsp_model *model, const tsp_options *options, unsigned char pictures[PICTURES][BYTES]) {
  for (int i = 0; i < MODELS_OF_WARM_UP; i++) {
    model = copy(model, options);
    tsp_inspector *inspector;
    tsp_result *result;
    check(tsp_inspector_create(model, options, &inspector), "inspector");
    check(tsp_result_create(&result), "result");
    for (int number = 0; number < PICTURES; number++) {
      tsp_image image = picture(pictures[number]);
      check(tsp_inspector_inspect(inspector, &image, NULL, result), "inspect");
      read_result(result);
    }
    tsp_inspector_destroy(inspector);
    tsp_result_destroy(result);
  }
  return model;
}

static long entries(const char *folder) {
  DIR *stream = opendir(folder);
  if (stream == NULL) {
    fail(folder);
  }
  long count = 0;
  while (readdir(stream) != NULL) {
    count++;
  }
  closedir(stream);
  /* The folder itself and its parent. */
  return count - 2;
}

static double resident_mib(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  long size, resident;
  if (file == NULL || fscanf(file, "%ld %ld", &size, &resident) != 2) {
    fail("/proc/self/statm");
  }
  fclose(file);
  return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

/* Of the calling thread: what other programs do on the machine counts little. */
static double processor_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

static int by_size(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static sample take(long frames, float *times, long count) {
  qsort(times, (size_t)count, sizeof *times, by_size);
  struct mallinfo2 heap = mallinfo2();
  sample now = {
      .frames = frames,
      /* But for the folder's own. */
      .files = entries("/proc/self/fd") - 1,
      .threads = entries("/proc/self/task"),
      .resident_mib = resident_mib(),
      .heap_mib = (double)(heap.uordblks + heap.hblkhd) / (1 << 20),
      .median_ms = times[count / 2],
  };
  printf("| %ld | %.2f | %.2f | %ld | %ld | %.4f |\n", now.frames, now.resident_mib, now.heap_mib, now.files, now.threads,
         now.median_ms);
  fflush(stdout);
  return now;
}

static int judge(const sample *samples) {
  const sample first = samples[0];
  int grew = 0;
  double heap = 0.0, resident[2] = {0.0, 0.0}, least_ms[2] = {HUGE_VAL, HUGE_VAL};
  for (int i = 0; i < TENTHS; i++) {
    int half = i >= TENTHS / 2;
    heap = fmax(heap, samples[i].heap_mib);
    resident[half] = fmax(resident[half], samples[i].resident_mib);
    least_ms[half] = fmin(least_ms[half], samples[i].median_ms);
    grew |= samples[i].files > first.files || samples[i].threads > first.threads;
  }
  double growth = resident[1] / resident[0], slowdown = least_ms[1] / least_ms[0];
  heap /= first.heap_mib;
  printf("\nsecond half over first, most resident memory: %.4f, allowed %.2f\n", growth, ALLOWED_GROWTH);
  printf("most over first tenth, heap in use: %.5f, allowed %.3f\n", heap, ALLOWED_HEAP);
  printf("second half over first, least median frame: %.4f, allowed %.2f\n", slowdown, ALLOWED_SLOWDOWN);
  printf("open files and threads: %s\n", grew ? "more" : "no more");
  return grew || growth > ALLOWED_GROWTH || heap > ALLOWED_HEAP || slowdown > ALLOWED_SLOWDOWN;
}

static tsp_options *read_options(int count, char **settings) {
  tsp_options *options;
  check(tsp_options_create(&options), "options");
  for (int i = 0; i < count; i++) {
    char *value = strchr(settings[i], '=');
    if (value == NULL) {
      fail(settings[i]);
    }
    *value = '\0';
    check(tsp_options_set_text(options, settings[i], value + 1), "option");
  }
  return options;
}

int main(int argc, char **argv) {
  long frames = argc > 1 ? atol(argv[1]) : 0;
  if (frames < 1000 || frames % TENTHS != 0) {
    fprintf(stderr, "usage: soak FRAMES [KEY=VALUE...]; FRAMES a multiple of %d, at least 1000\n", TENTHS);
    return 2;
  }
  check(tsp_check_abi(TSP_ABI_VERSION), "version");
  check(tsp_set_threads(1), "threads");
  tsp_options *options = read_options(argc - 2, argv + 2);
  tsp_model *model = fit(options);

  static unsigned char pixels[PICTURES][BYTES];
  static uint32_t scores[PICTURES];
  for (uint32_t i = 0; i < PICTURES; i++) {
    draw(pixels[i], 100 + i, i % 2);
  }
  model = warm_up(model, options, pixels);
  long tenth = frames / TENTHS;
  float *times = malloc((size_t)tenth * sizeof *times);
  if (times == NULL) {
    fail("memory");
  }
  /* Its pages are there before the first sample. */
  memset(times, 0, (size_t)tenth * sizeof *times);

  printf("| frames | resident MiB | heap in use MiB | open files | threads | median frame ms |\n| --- | --- | --- | --- | --- | --- |\n");
  sample samples[TENTHS];
  tsp_inspector *inspector = NULL;
  tsp_result *result = NULL;
  for (long frame = 0; frame < frames; frame++) {
    if (frame % FRAMES_OF_INSPECTOR == 0) {
      tsp_inspector_destroy(inspector);
      tsp_result_destroy(result);
      if (frame % (FRAMES_OF_INSPECTOR * INSPECTORS_OF_MODEL) == 0) {
        model = copy(model, options);
      }
      check(tsp_inspector_create(model, options, &inspector), "inspector");
      check(tsp_result_create(&result), "result");
    }
    long number = frame % PICTURES;
    tsp_image image = picture(pixels[number]);
    double start = processor_ms();
    check(tsp_inspector_inspect(inspector, &image, NULL, result), "inspect");
    uint32_t bits = read_result(result);
    times[frame % tenth] = (float)(processor_ms() - start);
    if (frame < PICTURES) {
      scores[number] = bits;
    } else if (scores[number] != bits) {
      fail("a score is another than the first time");
    }
    if ((frame + 1) % tenth == 0) {
      samples[frame / tenth] = take(frame + 1, times, tenth);
    }
    if ((frame + 1) % (frames / 100) == 0) {
      fprintf(stderr, "\rsoak: %3ld %%", (frame + 1) / (frames / 100));
    }
  }
  fprintf(stderr, "\n");
  tsp_inspector_destroy(inspector);
  tsp_result_destroy(result);
  tsp_model_destroy(model);
  tsp_options_destroy(options);
  free(times);
  return judge(samples);
}
