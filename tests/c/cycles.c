/*
 * A hundred times two models, their inspectors and results, made, used and destroyed in either order.
 *
 *   cycles MODEL PICTURE
 *
 * Prints the resident memory before and after. Exit status: 0; 1 if it grew, 2 with a line on standard error if a call fails or a
 * score is another one.
 */

#include <twinspect/twinspect.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WARM_UP = 10, CYCLES = 100, BOTH = 2 };

/* Measured: 0.1. */
static const double MOST_MIB = 10;

typedef struct {
  tsp_model *model;
  tsp_inspector *inspector;
  tsp_result *result;
} chain;

static void check(tsp_status status) {
  if (status != TSP_OK) {
    fprintf(stderr, "cycles: %s: %s\n", tsp_status_name(status), tsp_last_error_message());
    exit(2);
  }
}

static double resident_mib(void) {
  long pages = 0;
  /* What is free in the allocator is not lost. */
  malloc_trim(0);
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1) {
    exit(2);
  }
  fclose(file);
  return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static void make(const char *path, chain *out) {
  check(tsp_model_load(path, NULL, &out->model));
  check(tsp_inspector_create(out->model, NULL, &out->inspector));
  check(tsp_result_create(&out->result));
}

static float inspect(const char *picture, const chain *used) {
  tsp_summary summary = {.struct_size = sizeof summary};
  check(tsp_inspector_inspect_file(used->inspector, picture, NULL, used->result));
  check(tsp_result_summary(used->result, &summary));
  return summary.score;
}

/* One cycle; the score of both. In every other one the models go first, and the second before the first. */
static float cycle(const char *path, const char *picture, int number) {
  chain both[BOTH];
  float scores[BOTH];
  for (int i = 0; i < BOTH; i++) {
    make(path, &both[i]);
  }
  int turned = number % 2;
  if (turned) {
    tsp_model_destroy(both[1].model);
    tsp_model_destroy(both[0].model);
  }
  for (int i = 0; i < BOTH; i++) {
    scores[i] = inspect(picture, &both[i]);
  }
  for (int i = 0; i < BOTH; i++) {
    chain *gone = &both[turned ? BOTH - 1 - i : i];
    tsp_result_destroy(gone->result);
    tsp_inspector_destroy(gone->inspector);
    if (!turned) {
      tsp_model_destroy(gone->model);
    }
  }
  if (scores[0] != scores[1]) {
    fprintf(stderr, "cycles: scores %.9g and %.9g\n", (double)scores[0], (double)scores[1]);
    exit(2);
  }
  return scores[0];
}

int main(int argc, char **argv) {
  if (argc != 3) {
    return 2;
  }
  float first = 0;
  double before = 0;
  for (int i = 0; i < WARM_UP + CYCLES; i++) {
    float score = cycle(argv[1], argv[2], i);
    first = i == 0 ? score : first;
    if (memcmp(&score, &first, sizeof first) != 0) {
      fprintf(stderr, "cycles: score %.9g after %d cycles, before %.9g\n", (double)score, i, (double)first);
      return 2;
    }
    before = i == WARM_UP - 1 ? resident_mib() : before;
  }
  double after = resident_mib();
  printf("resident %.1f MiB, after %d cycles %.1f MiB\n", before, CYCLES, after);
  return after - before > MOST_MIB;
}
