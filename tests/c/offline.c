/*
 * The library, with the network and other programs forbidden by the kernel: who asks for a socket is killed with SIGSYS.
 *
 *   offline use BACKBONE MODEL_OUT       learns, saves, loads, inspects; also without weights, which must be an error
 *   offline run PROGRAM [ARGUMENTS ...]  runs another program so; that one may start programs
 *
 * BACKBONE is a TorchScript file; TWINSPECT_WEIGHTS names an empty folder. Linux on x86-64 or AArch64. Prints nothing.
 * Exit status: 0; 2 with a line on standard error if something is not as it should be; 77 if the kernel has no such filter.
 */

#include <twinspect/twinspect.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

enum { NO_FILTER = 77, WIDTH = 96, HEIGHT = 64, PIXELS = WIDTH * HEIGHT, GOOD_PARTS = 6 };

static void require(int holds, const char *what) {
  if (!holds) {
    fprintf(stderr, "offline: %s: %s\n", what, tsp_last_error_message());
    exit(2);
  }
}

/* Without an io_uring, which opens sockets by itself, there is no way to the network but `socket`. */
static void forbid(int programs_too) {
#ifdef ARCHITECTURE
  const unsigned kill = SECCOMP_RET_KILL_PROCESS;
  struct sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, kill),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 5, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, programs_too ? SYS_execve : SYS_socket, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, programs_too ? SYS_execveat : SYS_socket, 2, 0),
#ifdef SYS_socketcall
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketcall, 1, 0),
#else
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
#endif
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, kill),
  };
  struct sock_fprog program = {.len = sizeof steps / sizeof steps[0], .filter = steps};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0) {
    return;
  }
  perror("offline: the kernel takes no filter");
#else
  (void)programs_too;
  fprintf(stderr, "offline: not written for this processor\n");
#endif
  exit(NO_FILTER);
}

/* A ramp with some noise; a defective part has a dark spot. */
static void draw(unsigned char *pixels, uint32_t seed, int defective) {
  uint32_t noise = seed * 2654435761u + 12345u;
  for (int i = 0; i < PIXELS; i++) {
    noise = noise * 1664525u + 1013904223u;
    pixels[i] = (unsigned char)(40 + i % WIDTH + (int)(noise >> 28));
  }
  for (int y = 20; defective && y < 36; y++) {
    memset(pixels + y * WIDTH + 40, 5, 16);
  }
}

static void picture(tsp_image *image, unsigned char *pixels, uint32_t seed, int defective) {
  draw(pixels, seed, defective);
  require(tsp_image_init(image, TSP_FORMAT_GRAY8, WIDTH, HEIGHT, pixels, 0) == TSP_OK, "a picture");
}

static tsp_options *small(const char *backbone) {
  static const char *const settings[][2] = {{"input.size", "96"}, {"features.stages", "1,2"}, {"features.grid", "2"},
                                            {"matcher.stage", "2"}, {"statistics.few", "0"}};
  tsp_options *options;
  require(tsp_options_create(&options) == TSP_OK, "options");
  require(tsp_options_set_text(options, "backbone", backbone) == TSP_OK, "options");
  for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
    require(tsp_options_set_text(options, settings[i][0], settings[i][1]) == TSP_OK, settings[i][0]);
  }
  return options;
}

static void fit(const tsp_options *options, const char *path) {
  unsigned char pixels[PIXELS];
  tsp_fitter *fitter;
  tsp_model *model;
  require(tsp_fitter_create(options, &fitter) == TSP_OK, "fitter");
  for (uint32_t i = 0; i < GOOD_PARTS; i++) {
    tsp_image image;
    picture(&image, pixels, i, 0);
    require(tsp_fitter_add(fitter, &image, NULL, "part") == TSP_OK, "add");
  }
  require(tsp_fitter_fit(fitter, &model) == TSP_OK, "fit");
  require(tsp_model_save(model, path) == TSP_OK, "save");
  tsp_fitter_destroy(fitter);
  tsp_model_destroy(model);
}

static void inspect(const tsp_options *options, const char *path) {
  unsigned char pixels[PIXELS];
  tsp_model *model;
  tsp_inspector *inspector;
  tsp_result *result;
  tsp_image image;
  tsp_summary summary = {.struct_size = sizeof summary};
  require(tsp_model_load(path, options, &model) == TSP_OK, "load");
  require(tsp_inspector_create(model, options, &inspector) == TSP_OK, "inspector");
  require(tsp_result_create(&result) == TSP_OK, "result");
  picture(&image, pixels, 100, 1);
  require(tsp_inspector_inspect(inspector, &image, NULL, result) == TSP_OK, "inspect");
  require(tsp_result_summary(result, &summary) == TSP_OK, "summary");
  require(summary.score > 0, "a score");
  tsp_result_destroy(result);
  tsp_inspector_destroy(inspector);
  tsp_model_destroy(model);
}

/* What is missing is an error, and nobody goes to fetch it. */
static void miss(const char *path) {
  tsp_options *options;
  tsp_fitter *fitter;
  tsp_model *model;
  require(tsp_fitter_create(NULL, &fitter) == TSP_E_WEIGHTS, "the default network without weights");
  require(tsp_options_create(&options) == TSP_OK, "options");
  require(tsp_options_set_text(options, "backbone", "resnet50") == TSP_OK, "options");
  require(tsp_fitter_create(options, &fitter) == TSP_E_WEIGHTS, "a network without weights");
  require(tsp_options_set_text(options, "backbone", "/no/such/file.pt") == TSP_OK, "options");
  require(tsp_model_load(path, options, &model) != TSP_OK, "a model without its network");
  tsp_options_destroy(options);
}

static void compare_gray(void) {
  const double absolute[2] = {30, 30}, relative[2] = {2, 2};
  unsigned char pixels[PIXELS];
  tsp_variation *model;
  tsp_result *result;
  tsp_image image;
  const tsp_image *images[1] = {&image};
  require(tsp_variation_create(WIDTH, HEIGHT, TSP_VARIATION_TYPE_BYTE, TSP_VARIATION_MODE_STANDARD, NULL, &model) == TSP_OK,
          "a variation model");
  require(tsp_result_create(&result) == TSP_OK, "result");
  for (uint32_t i = 0; i < GOOD_PARTS; i++) {
    picture(&image, pixels, i, 0);
    require(tsp_variation_train(model, images, 1) == TSP_OK, "train");
  }
  require(tsp_variation_prepare(model, absolute, relative) == TSP_OK, "prepare");
  picture(&image, pixels, 100, 1);
  require(tsp_variation_compare(model, &image, NULL, result) == TSP_OK, "compare");
  tsp_result_destroy(result);
  tsp_variation_clear(model);
}

int main(int argc, char **argv) {
  if (argc >= 3 && strcmp(argv[1], "run") == 0) {
    forbid(0);
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 2;
  }
  if (argc != 4 || strcmp(argv[1], "use") != 0) {
    fprintf(stderr, "offline use BACKBONE MODEL_OUT | offline run PROGRAM [ARGUMENTS ...]\n");
    return 2;
  }
  forbid(1);
  tsp_options *options = small(argv[2]);
  fit(options, argv[3]);
  inspect(options, argv[3]);
  miss(argv[3]);
  compare_gray();
  tsp_options_destroy(options);
  return 0;
}
