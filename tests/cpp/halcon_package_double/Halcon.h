/*
 * A stand-in for the part of HALCON's extension package interface that bindings/halcon uses, with the names and parameters of
 * its Extension Package Programmer's Manual, and nothing else. It is no HALCON, and proves only that the package fits them.
 *
 * One process handle stands for one call of an operator: a test fills the inputs, calls, and looks at the outputs.
 */

#ifndef STAND_IN_HALCON_H
#define STAND_IN_HALCON_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef int INT;
typedef int64_t INT4_8;
typedef int32_t HITEMCNT;
typedef int16_t HIMGCOOR;
typedef uint32_t Herror;

enum { H_MSG_OK = 2, H_MSG_TRUE = 2, STAND_IN_NO_OBJECT = 1, STAND_IN_WRONG = 1301, H_UNDEFINED_ID = 0 };
enum { LONG_PAR = 1, DOUBLE_PAR = 2, STRING_PAR = 4, CONV_NONE = 0 };
enum { REGION = 0, IMAGE1 = 1, BYTE_IMAGE = 1, FLOAT_IMAGE = 4, UINT2_IMAGE = 64 };

typedef struct {
  HIMGCOOR l, cb, ce;
} Hrun;

typedef struct {
  int is_compl;
  HITEMCNT num, num_max;
  Hrun *rl;
} Hrlregion;

typedef struct {
  INT kind;
  union {
    uint8_t *b;
    struct {
      uint16_t *p;
    } u;
  } pixel;
  int32_t width, height;
} Himage;

/* An object of the data base: its channels and its domain. */
typedef struct {
  INT channels;
  Himage channel[3];
  Hrlregion domain;
} stand_in_object;

typedef union {
  stand_in_object *object;
  Himage *image;
} Hkey;

typedef struct {
  union {
    INT4_8 l;
    double d;
    char *s;
  } par;
  INT type;
} Hcpar;

typedef struct Hproc *Hproc_handle;
typedef Herror (*HHandleDestructorFunc)(Hproc_handle, void *);

typedef struct {
  INT4_8 type_id;
  const char *sem_type;
  HHandleDestructorFunc clear;
} HHandleInfo;

#define HANDLE_INFO_INITIALIZER_NOSER(TYPE_ID, SEM_TYPE, FUN_CLEAR, FUN_SIGNAL, LIST) {(TYPE_ID), (SEM_TYPE), (FUN_CLEAR)}

typedef struct {
  void *data;
  const HHandleInfo *info;
} stand_in_handle;

enum { MOST = 32 };

struct Hproc {
  INT4_8 object_count;
  stand_in_object *objects[MOST];
  /* Control parameters, from 1: texts, or a handle. */
  const char *in_texts[4][MOST];
  INT4_8 in_counts[4];
  stand_in_handle in_handle;
  INT4_8 region_count;
  Hrlregion regions[MOST];
  stand_in_handle out_handle;
  double out_number;
  char out_text[64];
  char error_text[64], extended_error[1024];
  /* What was allocated and not yet freed. */
  int permanent, temporary, has_string_memory;
};

#define HCkP(PROC)                                        \
  do {                                                    \
    Herror stand_in_error = (PROC);                       \
    if (stand_in_error != H_MSG_OK) return stand_in_error; \
  } while (0)
#define HCkNoObj(PH)                                        \
  do {                                                      \
    if ((PH)->object_count == 0) return STAND_IN_NO_OBJECT; \
  } while (0)

/* Functions that the manual has as functions: they are checked with HCkP. */
Herror HSetErrText(char *text);
Herror HSetExtendedErrorInfo(Hproc_handle proc_handle, INT4_8 error_code, const char *error_message);
Herror HAlloc(Hproc_handle proc_handle, size_t size, void **pointer);
Herror HFree(Hproc_handle proc_handle, void *pointer);
Herror HAllocTmp(Hproc_handle proc_handle, void **pointer, size_t size);
Herror HFreeTmp(Hproc_handle proc_handle, void *pointer);
Herror HAllocRLNumTmp(Hproc_handle proc_handle, Hrlregion **region, size_t size);
Herror HFreeRLTmp(Hproc_handle proc_handle, Hrlregion *region);
Herror HPNumOfObjChannels(Hproc_handle proc_handle, Hkey object, INT *channels);
Herror stand_in_output_handle(Hproc_handle proc_handle, INT parameter, void ***slot, const HHandleInfo *info);
#define HAllocOutputHandle(PH, PAR, ELEM, TYPE) stand_in_output_handle(PH, PAR, (void ***)(ELEM), TYPE)

/* What the manual has as macros, which check themselves. */
Herror stand_in_handle_of(Hproc_handle proc_handle, INT parameter, const HHandleInfo *info, void **data);
Herror stand_in_texts(Hproc_handle proc_handle, INT parameter, char const *const **texts, INT4_8 *count);
Herror stand_in_text(Hproc_handle proc_handle, INT parameter, INT type, Hcpar *value);
Herror stand_in_object_of(Hproc_handle proc_handle, INT parameter, INT4_8 number, Hkey *key);
Herror stand_in_component(Hproc_handle proc_handle, Hkey object, INT component, Hkey *key);
Herror stand_in_image(Hproc_handle proc_handle, Hkey key, Himage *image);
Herror stand_in_domain(Hproc_handle proc_handle, Hkey object, Hrlregion **region);
Herror stand_in_new_region(Hproc_handle proc_handle, Hrlregion *region);
Herror stand_in_put(Hproc_handle proc_handle, INT parameter, const void *value, INT4_8 count, INT type);
#define HAllocStringMem(PH, SIZE) ((PH)->has_string_memory = (SIZE) > 0)
#define HGetCElemH1(PH, PAR, TYPE, ELEM) HCkP(stand_in_handle_of(PH, PAR, TYPE, (void **)(ELEM)))
#define HGetPElemS(PH, PAR, CONVERT, ELEM, N) HCkP(stand_in_texts(PH, PAR, ELEM, N))
#define HGetSPar(PH, PAR, TYPE, VAL, N) HCkP(stand_in_text(PH, PAR, TYPE, VAL))
#define HGetObjNum(PH, PAR, NUM) (*(NUM) = (PH)->object_count)
#define HGetObj(PH, PAR, NUM, KEY) HCkP(stand_in_object_of(PH, PAR, NUM, KEY))
#define HGetComp(PH, OBJ, COMP, KEY) HCkP(stand_in_component(PH, OBJ, COMP, KEY))
#define HGetImage(PH, KEY, IMAGE) HCkP(stand_in_image(PH, KEY, IMAGE))
#define HGetFDRL(PH, KEY, RL) HCkP(stand_in_domain(PH, KEY, RL))
#define HNewRegion(PH, RL) HCkP(stand_in_new_region(PH, RL))
#define HPutElem(PH, PAR, ELEM, N, TYPE) HCkP(stand_in_put(PH, PAR, ELEM, N, TYPE))

#endif
