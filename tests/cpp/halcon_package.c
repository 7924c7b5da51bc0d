/*
 * The operators of bindings/halcon on the stand-in for HALCON's package interface: what HDevelop would call, in that order.
 *
 * Prints nothing. Exit status: 0; 2 with a line on standard error if something is not as it should be.
 */

#include "twinspect_package.h"

#include <stdio.h>

enum { WIDTH = 96, HEIGHT = 80, PIXELS = WIDTH * HEIGHT, GOOD_PARTS = 8 };

const char *stand_in_error_text(void);

static void require(int holds, const char *what, Hproc_handle call) {
  if (!holds) {
    fprintf(stderr, "halcon_package: %s: %s (%s)\n", what, call->extended_error, tsp_last_error_message());
    exit(2);
  }
}

typedef struct {
  stand_in_object object;
  unsigned char planes[3][PIXELS];
  unsigned short wide[PIXELS];
  Hrun runs[HEIGHT];
} part;

/* A plate with a disc, in three channels; a defective one has a dark bar. The domain is the whole image. */
static void draw(part *out, uint32_t seed, int defective) {
  uint32_t noise = seed * 2654435761u + 12345u;
  memset(out, 0, sizeof *out);
  for (int y = 0; y < HEIGHT; y++) {
    for (int x = 0; x < WIDTH; x++) {
      noise = noise * 1664525u + 1013904223u;
      int disc = (x - 48) * (x - 48) + (y - 40) * (y - 40) < 900;
      int bar = defective && x >= 40 && x < 46 && y > 20 && y < 50;
      int gray = (bar ? 20 : disc ? 180 : 90) + (int)(noise >> 28);
      out->planes[0][y * WIDTH + x] = (unsigned char)gray;
      out->planes[1][y * WIDTH + x] = (unsigned char)(gray * 3 / 4);
      out->planes[2][y * WIDTH + x] = (unsigned char)(gray / 2);
      out->wide[y * WIDTH + x] = (unsigned short)(gray * 257);
    }
    out->runs[y] = (Hrun){(HIMGCOOR)y, 0, WIDTH - 1};
  }
  for (int i = 0; i < 3; i++) {
    out->object.channel[i] = (Himage){BYTE_IMAGE, {.b = out->planes[i]}, WIDTH, HEIGHT};
  }
  out->object.channels = 3;
  out->object.domain = (Hrlregion){0, HEIGHT, HEIGHT, out->runs};
}

static void set_text(Hproc_handle call, int parameter, const char *text) {
  call->in_texts[parameter][call->in_counts[parameter]++] = text;
}

static void finish(Hproc_handle call) {
  require(call->temporary == 0, "temporary memory is left", call);
  for (INT4_8 i = 0; i < call->region_count; i++) {
    free(call->regions[i].rl);
  }
}

static void clear_handle(stand_in_handle *handle, Hproc_handle call) {
  require(handle->info->clear(call, handle->data) == H_MSG_OK, "clear_handle", call);
}

static stand_in_handle create_model(void) {
  static part parts[GOOD_PARTS];
  struct Hproc call = {0};
  for (uint32_t i = 0; i < GOOD_PARTS; i++) {
    draw(&parts[i], i, 0);
    call.objects[call.object_count++] = &parts[i].object;
  }
  set_text(&call, 1, "recipe=default");
  set_text(&call, 1, "input.size=96");
  set_text(&call, 1, "matcher=none");
  require(CTwinspectCreateModel(&call) == H_MSG_TRUE, "twinspect_create_model", &call);
  finish(&call);
  return call.out_handle;
}

static stand_in_handle through_a_file(stand_in_handle model) {
  struct Hproc writing = {.in_handle = model}, reading = {0};
  set_text(&writing, 2, "halcon_package.tmp");
  require(CTwinspectWriteModel(&writing) == H_MSG_TRUE, "twinspect_write_model", &writing);
  set_text(&reading, 1, "halcon_package.tmp");
  require(CTwinspectReadModel(&reading) == H_MSG_TRUE, "twinspect_read_model", &reading);
  remove("halcon_package.tmp");
  clear_handle(&model, &writing);

  struct Hproc missing = {0};
  set_text(&missing, 1, "halcon_package.tmp");
  require(CTwinspectReadModel(&missing) == 10000 + TSP_E_NOT_FOUND, "a file that is missing", &missing);
  require(strcmp(stand_in_error_text(), "TSP_E_NOT_FOUND") == 0, "its text", &missing);
  require(strstr(missing.extended_error, "halcon_package.tmp") != NULL, "its extended text", &missing);
  clear_handle(&missing.out_handle, &missing);
  require(missing.permanent == 0, "the handle of a failed call is freed", &missing);
  return reading.out_handle;
}

static stand_in_handle create_inspector(stand_in_handle model) {
  struct Hproc call = {.in_handle = model}, wrong = {.in_handle = model};
  set_text(&wrong, 2, "input.size");
  require(CTwinspectCreateInspector(&wrong) == 10000 + TSP_E_INVALID_ARGUMENT, "an option without a value", &wrong);
  clear_handle(&wrong.out_handle, &wrong);
  require(CTwinspectCreateInspector(&call) == H_MSG_TRUE, "twinspect_create_inspector", &call);
  finish(&call);
  return call.out_handle;
}

static void inspect(stand_in_handle inspector, part *shown, struct Hproc *call) {
  *call = (struct Hproc){.in_handle = inspector, .object_count = 1, .objects = {&shown->object}};
  require(CTwinspectInspect(call) == H_MSG_TRUE, "twinspect_inspect", call);
}

static void inspect_all(stand_in_handle inspector) {
  static part shown;
  struct Hproc call;
  draw(&shown, 50, 0);
  inspect(inspector, &shown, &call);
  double good_score = call.out_number;
  finish(&call);

  draw(&shown, 51, 1);
  inspect(inspector, &shown, &call);
  require(call.out_number > 2 * good_score && call.region_count >= 1, "a bad part", &call);
  require(strcmp(call.out_text, "defect") == 0, "its verdict", &call);
  int covered = 0;
  for (HITEMCNT i = 0; i < call.regions[0].num; i++) {
    Hrun run = call.regions[0].rl[i];
    covered |= run.l == 35 && run.cb <= 42 && run.ce >= 42;
  }
  require(covered, "its first region lies on the bar", &call);
  finish(&call);

  /* A domain without the bar. */
  for (int y = 0; y < HEIGHT; y++) {
    shown.runs[y].cb = 70;
  }
  double bad_score = call.out_number;
  inspect(inspector, &shown, &call);
  require(call.out_number < bad_score, "a domain without the defect", &call);
  finish(&call);

  /* The same part in gray values of 16 bits is another picture, but a picture. */
  draw(&shown, 51, 1);
  shown.object.channels = 1;
  shown.object.channel[0] = (Himage){UINT2_IMAGE, {.u = {shown.wide}}, WIDTH, HEIGHT};
  inspect(inspector, &shown, &call);
  finish(&call);

  shown.object.channel[0].kind = FLOAT_IMAGE;
  call = (struct Hproc){.in_handle = inspector, .object_count = 1, .objects = {&shown.object}};
  require(CTwinspectInspect(&call) == 10000 + TSP_E_UNSUPPORTED, "an image of type real", &call);
  require(strstr(call.extended_error, "convert_image_type") != NULL, "its text", &call);
  call.object_count = 0;
  require(CTwinspectInspect(&call) == STAND_IN_NO_OBJECT, "no image", &call);
}

int main(void) {
  struct Hproc call = {0};
  stand_in_handle model = through_a_file(create_model());
  stand_in_handle inspector = create_inspector(model);
  clear_handle(&model, &call);
  inspect_all(inspector);
  clear_handle(&inspector, &call);

  struct Hproc wrong = {.in_handle = {NULL, NULL}};
  require(CTwinspectInspect(&wrong) != H_MSG_TRUE && CTwinspectWriteModel(&wrong) != H_MSG_TRUE, "no handle", &wrong);
  return 0;
}
