/* A child of fork gets TSP_E_FORKED from the library, in words too; destroying is harmless; the parent goes on. */

#include <twinspect/twinspect.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  tsp_options *options = NULL;
  if (tsp_options_create(&options) != TSP_OK) {
    return 3;
  }
  pid_t child = fork();
  if (child == 0) {
    tsp_options *another = options;
    int refused = tsp_options_set_int(options, "input.size", 128) == TSP_E_FORKED;
    int explained = strstr(tsp_last_error_message(), "forked") != NULL;
    int none_made = tsp_options_create(&another) == TSP_E_FORKED && another == NULL;
    tsp_options_destroy(options);
    _exit(refused && explained && none_made ? 0 : 4);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "the child ended with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 5;
  }
  if (tsp_options_set_int(options, "input.size", 128) != TSP_OK) {
    return 6;
  }
  tsp_options_destroy(options);
  return 0;
}
