/*
 * The table of hostile inputs, from C: tests/cases/README.md says what is asked and what is answered.
 *
 *   cases FOLDER
 *
 * In C11 with POSIX, without other libraries. Exit status: 0; 2 with a line on standard error if it cannot answer.
 */

#include <twinspect/twinspect.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS = 5, LONGEST_LINE = 8192 };

typedef struct {
  const char *name, *good, *model, *picture, *options;
} task;

/* What is made for a case; what is not NULL is destroyed with it. */
typedef struct {
  tsp_options *options, *none;
  tsp_fitter *fitter;
  tsp_model *model;
  tsp_inspector *inspector;
  tsp_result *result;
} objects;

static _Noreturn void fail(const char *doing, const char *what) {
  fprintf(stderr, "cases: %s %s\n", doing, what);
  exit(2);
}

static void check(tsp_status status, const char *doing) {
  if (status != TSP_OK) {
    fail(doing, tsp_last_error_message());
  }
}

static void destroy(objects *made) {
  tsp_result_destroy(made->result);
  tsp_inspector_destroy(made->inspector);
  tsp_model_destroy(made->model);
  tsp_fitter_destroy(made->fitter);
  tsp_options_destroy(made->none);
  tsp_options_destroy(made->options);
}

/* The next word of a text that spaces part, which is taken apart; NULL at its end. */
static char *next_word(char **rest, char end) {
  char *word = *rest;
  if (word == NULL || *word == '\0') {
    return NULL;
  }
  char *after = strchr(word, end);
  if (after != NULL) {
    *after++ = '\0';
  }
  *rest = after;
  return word;
}

static tsp_status set_options(tsp_options *options, const char *settings) {
  char text[LONGEST_LINE];
  snprintf(text, sizeof text, "%s", settings);
  char *rest = text;
  for (char *key; (key = next_word(&rest, ' ')) != NULL;) {
    char *value = strchr(key, '=');
    if (value == NULL) {
      fail(key, "is not KEY=VALUE");
    }
    *value++ = '\0';
    tsp_status status = tsp_options_set_text(options, key, value);
    if (status != TSP_OK) {
      return status;
    }
  }
  return TSP_OK;
}

/* A line of a file without its end; 0 behind the last one. */
static int read_line(FILE *file, char line[LONGEST_LINE]) {
  if (fgets(line, LONGEST_LINE, file) == NULL) {
    return 0;
  }
  line[strcspn(line, "\n")] = '\0';
  return 1;
}

/* Adds the files of the case's list; those that cannot be used are said, and the others added all the same. */
static void add_files(tsp_fitter *fitter, const char *name, FILE *refused) {
  char path[LONGEST_LINE], picture[LONGEST_LINE];
  snprintf(path, sizeof path, "lists/%s.txt", name);
  FILE *list = fopen(path, "r");
  if (list == NULL) {
    fail(path, "cannot be read");
  }
  const char *between = "";
  while (read_line(list, picture)) {
    if (tsp_fitter_add_file(fitter, picture, NULL) != TSP_OK) {
      fprintf(refused, "%s%s", between, tsp_last_error_message());
      between = " ;; ";
    }
  }
  fclose(list);
}

static tsp_status fit(const task *asked, objects *made, FILE *refused) {
  tsp_status status = tsp_fitter_create(made->options, &made->fitter);
  if (status != TSP_OK) {
    return status;
  }
  add_files(made->fitter, asked->name, refused);
  tsp_model *model;
  status = tsp_fitter_fit(made->fitter, &model);
  if (status == TSP_OK) {
    status = tsp_model_save(model, asked->model);
    tsp_model_destroy(model);
  }
  return status;
}

static tsp_status inspect(const task *asked, objects *made, FILE *refused) {
  int fits = strcmp(asked->good, "-") != 0;
  tsp_status status = set_options(made->options, asked->options);
  if (status == TSP_OK && fits) {
    status = fit(asked, made, refused);
  }
  const tsp_options *options = fits ? made->none : made->options;
  if (status == TSP_OK) {
    status = tsp_model_load(asked->model, options, &made->model);
  }
  if (status == TSP_OK) {
    status = tsp_inspector_create(made->model, options, &made->inspector);
  }
  if (status == TSP_OK) {
    status = tsp_inspector_inspect_file(made->inspector, asked->picture, NULL, made->result);
  }
  return status;
}

static uint64_t hash_of(const tsp_result *result) {
  tsp_map map = {.struct_size = sizeof map};
  check(tsp_result_map(result, &map), "map");
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint32_t y = 0; y < map.height; y++) {
    const unsigned char *row = (const unsigned char *)map.data + y * map.row_stride;
    for (size_t i = 0; i < (size_t)map.width * sizeof *map.data; i++) {
      hash = (hash ^ row[i]) * 0x100000001b3u;
    }
  }
  return hash;
}

static void *allocate(uint64_t bytes) {
  void *memory = malloc(bytes);
  if (memory == NULL) {
    fail("no memory", "for a text");
  }
  return memory;
}

static void print_answer(const objects *made) {
  uint64_t model_bytes, result_bytes;
  check(tsp_model_describe(made->model, NULL, 0, &model_bytes), "describe");
  check(tsp_result_to_json(made->result, NULL, 0, &result_bytes), "json");
  char *model = allocate(model_bytes), *result = allocate(result_bytes);
  check(tsp_model_describe(made->model, model, model_bytes, NULL), "describe");
  check(tsp_result_to_json(made->result, result, result_bytes, NULL), "json");
  printf("\t%s\t%s\t%016" PRIx64 "\n", model, result, hash_of(made->result));
  free(model);
  free(result);
}

static void answer(const task *asked) {
  objects made = {0};
  check(tsp_options_create(&made.options), "options");
  check(tsp_options_create(&made.none), "options");
  check(tsp_result_create(&made.result), "result");
  char *refused;
  size_t refused_bytes;
  FILE *refusals = open_memstream(&refused, &refused_bytes);
  tsp_status status = inspect(asked, &made, refusals);
  if (status != TSP_OK) {
    printf("%s\t%s\t%s\n", asked->name, tsp_status_name(status), tsp_last_error_message());
  }
  fclose(refusals);
  if (status == TSP_OK) {
    printf("%s\tOK\t%s", asked->name, refused);
    print_answer(&made);
  }
  free(refused);
  destroy(&made);
}

int main(int argc, char **argv) {
  if (argc != 2 || chdir(argv[1]) != 0) {
    fail("cases", "FOLDER");
  }
  FILE *tasks = fopen("tasks.tsv", "r");
  if (tasks == NULL) {
    fail("tasks.tsv", "cannot be read");
  }
  for (char line[LONGEST_LINE]; read_line(tasks, line);) {
    char *rest = line;
    const char *columns[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++) {
      columns[i] = next_word(&rest, '\t');
    }
    answer(&(task){columns[0], columns[1], columns[2], columns[3], columns[4] == NULL ? "" : columns[4]});
  }
  fclose(tasks);
  return 0;
}
