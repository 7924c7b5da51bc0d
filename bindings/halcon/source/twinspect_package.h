/* The supply procedures of the HALCON package twinspect, one an operator of twinspect.def. */

#ifndef TWINSPECT_PACKAGE_H
#define TWINSPECT_PACKAGE_H

#include "Halcon.h"

#include <twinspect/twinspect.h>

#if defined(_WIN32)
#define TWINSPECT_OPERATOR __declspec(dllexport)
#else
#define TWINSPECT_OPERATOR
#endif

#if defined(__cplusplus)
extern "C" {
#endif

TWINSPECT_OPERATOR Herror CTwinspectCreateModel(Hproc_handle proc_handle);
TWINSPECT_OPERATOR Herror CTwinspectReadModel(Hproc_handle proc_handle);
TWINSPECT_OPERATOR Herror CTwinspectWriteModel(Hproc_handle proc_handle);
TWINSPECT_OPERATOR Herror CTwinspectCreateInspector(Hproc_handle proc_handle);
TWINSPECT_OPERATOR Herror CTwinspectInspect(Hproc_handle proc_handle);

#if defined(__cplusplus)
}
#endif

#endif
