/* The header, the library and the package are of one version. */
#include <twinspect/twinspect.h>

#include <stdio.h>

int main(void) {
  printf("%s\n", tsp_version());
  return tsp_check_abi(TSP_ABI_VERSION) == TSP_OK ? 0 : 1;
}
