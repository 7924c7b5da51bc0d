/*
 * The supply procedures of twinspect.def: HALCON calls them, they call twinspect.
 *
 * Each reads its parameters, numbered from 1 within their kind, and answers H_MSG_TRUE. The HGet and HPut macros return from
 * the function that they stand in, so what has to be freed is owned by a function outside of it or by a handle.
 */

#include "twinspect_package.h"

#include <string.h>

/* ---- Failures ---- */

/* The text is in get_extended_error_info; get_error_text has the name of the status. */
static Herror failed(Hproc_handle proc_handle, tsp_status status, const char *message) {
  HCkP(HSetExtendedErrorInfo(proc_handle, status, message));
  /* Never written to, though older headers do not say so. */
  HCkP(HSetErrText((char *)tsp_status_name(status)));
  /* Codes of extension packages lie above 10000. */
  return (Herror)(10000 + status);
}

static Herror checked(Hproc_handle proc_handle, tsp_status status) {
  return status == TSP_OK ? H_MSG_OK : failed(proc_handle, status, tsp_last_error_message());
}

/* ---- Handles ---- */

typedef struct {
  tsp_model *model;
} model_data;

typedef struct {
  tsp_inspector *inspector;
  tsp_result *result;
} inspector_data;

static Herror free_model(Hproc_handle proc_handle, void *data) {
  if (data == NULL) {
    return H_MSG_OK;
  }
  tsp_model_destroy(((model_data *)data)->model);
  return HFree(proc_handle, data);
}

static Herror free_inspector(Hproc_handle proc_handle, void *data) {
  if (data == NULL) {
    return H_MSG_OK;
  }
  tsp_inspector_destroy(((inspector_data *)data)->inspector);
  tsp_result_destroy(((inspector_data *)data)->result);
  return HFree(proc_handle, data);
}

/* HALCON tells types of handles apart by these numbers: "twm" and "twi". */
static const HHandleInfo MODEL = HANDLE_INFO_INITIALIZER_NOSER(0x74776d01, "twinspect_model", free_model, NULL, NULL);
static const HHandleInfo INSPECTOR = HANDLE_INFO_INITIALIZER_NOSER(0x74776901, "twinspect_inspector", free_inspector, NULL, NULL);

/* The handle owns its data from here on, also if the operator fails later. */
static Herror new_model(Hproc_handle proc_handle, model_data **out) {
  model_data **slot;
  HCkP(HAllocOutputHandle(proc_handle, 1, &slot, &MODEL));
  *slot = NULL;
  HCkP(HAlloc(proc_handle, sizeof **slot, (void **)slot));
  memset(*slot, 0, sizeof **slot);
  *out = *slot;
  return H_MSG_OK;
}

static Herror new_inspector(Hproc_handle proc_handle, inspector_data **out) {
  inspector_data **slot;
  HCkP(HAllocOutputHandle(proc_handle, 1, &slot, &INSPECTOR));
  *slot = NULL;
  HCkP(HAlloc(proc_handle, sizeof **slot, (void **)slot));
  memset(*slot, 0, sizeof **slot);
  *out = *slot;
  return H_MSG_OK;
}

/* ---- Options ---- */

enum { LONGEST_OPTION = 1024, STRING_BYTES = 65536 };

static Herror set_option(Hproc_handle proc_handle, tsp_options *options, const char *text) {
  char key[LONGEST_OPTION];
  const char *value = strchr(text, '=');
  size_t length = value == NULL ? 0 : (size_t)(value - text);
  if (value == NULL || length >= sizeof key) {
    return failed(proc_handle, TSP_E_INVALID_ARGUMENT, "an option is not KEY=VALUE, as 'input.size=448' is");
  }
  memcpy(key, text, length);
  key[length] = '\0';
  if (strcmp(key, "recipe") == 0) {
    return checked(proc_handle, tsp_options_apply_recipe(options, value + 1));
  }
  return checked(proc_handle, tsp_options_set_text(options, key, value + 1));
}

static Herror read_options(Hproc_handle proc_handle, int parameter, tsp_options *options) {
  char const *const *texts;
  INT4_8 count;
  HGetPElemS(proc_handle, parameter, CONV_NONE, &texts, &count);
  for (INT4_8 i = 0; i < count; i++) {
    HCkP(set_option(proc_handle, options, texts[i]));
  }
  return H_MSG_OK;
}

/* ---- Images ---- */

typedef struct {
  tsp_image image;
  tsp_image mask_image;
  const tsp_image *mask; /* NULL: the domain is the whole image */
  unsigned char *mask_pixels;
} picture;

static Herror read_pixels(Hproc_handle proc_handle, Hkey object, tsp_image *out) {
  INT channels;
  const void *planes[3] = {NULL, NULL, NULL};
  Himage channel;
  HCkP(HPNumOfObjChannels(proc_handle, object, &channels));
  if (channels != 1 && channels != 3) {
    return failed(proc_handle, TSP_E_UNSUPPORTED, "an image has neither one nor three channels; use access_channel or compose3");
  }
  for (INT i = 0; i < channels; i++) {
    Hkey key;
    HGetComp(proc_handle, object, IMAGE1 + i, &key);
    HGetImage(proc_handle, key, &channel);
    if (channel.kind != BYTE_IMAGE && channel.kind != UINT2_IMAGE) {
      return failed(proc_handle, TSP_E_UNSUPPORTED, "an image is neither of type byte nor uint2; use convert_image_type");
    }
    planes[i] = channel.kind == BYTE_IMAGE ? (const void *)channel.pixel.b : (const void *)channel.pixel.u.p;
  }
  int32_t format = channels == 1 ? (channel.kind == BYTE_IMAGE ? TSP_FORMAT_GRAY8 : TSP_FORMAT_GRAY16)
                                 : (channel.kind == BYTE_IMAGE ? TSP_FORMAT_RGB8_PLANAR : TSP_FORMAT_RGB16_PLANAR);
  HCkP(checked(proc_handle, tsp_image_init(out, format, (uint32_t)channel.width, (uint32_t)channel.height, planes[0], 0)));
  memcpy(out->plane, planes, sizeof planes);
  return H_MSG_OK;
}

/* The domain as a mask, in HALCON's temporary memory: HFreeTmp it if it is not NULL. */
static Herror read_domain(Hproc_handle proc_handle, Hkey object, picture *out) {
  Hrlregion *domain;
  size_t width = out->image.width, pixels = width * out->image.height, area = 0;
  HGetFDRL(proc_handle, object, &domain);
  for (HITEMCNT i = 0; i < domain->num; i++) {
    area += (size_t)(domain->rl[i].ce - domain->rl[i].cb + 1);
  }
  if (area == pixels) {
    return H_MSG_OK;
  }
  HCkP(HAllocTmp(proc_handle, (void **)&out->mask_pixels, pixels));
  memset(out->mask_pixels, 0, pixels);
  for (HITEMCNT i = 0; i < domain->num; i++) {
    size_t length = (size_t)(domain->rl[i].ce - domain->rl[i].cb + 1);
    memset(out->mask_pixels + (size_t)domain->rl[i].l * width + (size_t)domain->rl[i].cb, 255, length);
  }
  out->mask = &out->mask_image;
  return checked(proc_handle, tsp_image_init(&out->mask_image, TSP_FORMAT_GRAY8, out->image.width, out->image.height,
                                             out->mask_pixels, 0));
}

static Herror read_picture(Hproc_handle proc_handle, INT4_8 number, picture *out) {
  Hkey object;
  memset(out, 0, sizeof *out);
  HGetObj(proc_handle, 1, number, &object);
  HCkP(read_pixels(proc_handle, object, &out->image));
  return read_domain(proc_handle, object, out);
}

static Herror free_picture(Hproc_handle proc_handle, picture *done) {
  return done->mask_pixels == NULL ? H_MSG_OK : HFreeTmp(proc_handle, done->mask_pixels);
}

/* ---- twinspect_create_model ---- */

static Herror add_images(Hproc_handle proc_handle, tsp_fitter *fitter) {
  INT4_8 count;
  HGetObjNum(proc_handle, 1, &count);
  for (INT4_8 i = 1; i <= count; i++) {
    picture part;
    HCkP(read_picture(proc_handle, i, &part));
    HCkP(checked(proc_handle, tsp_fitter_add(fitter, &part.image, part.mask, NULL)));
    HCkP(free_picture(proc_handle, &part));
  }
  return H_MSG_OK;
}

static Herror fit(Hproc_handle proc_handle, const tsp_options *options, tsp_model **out) {
  tsp_fitter *fitter;
  HCkP(checked(proc_handle, tsp_fitter_create(options, &fitter)));
  Herror error = add_images(proc_handle, fitter);
  if (error == H_MSG_OK) {
    error = checked(proc_handle, tsp_fitter_fit(fitter, out));
  }
  tsp_fitter_destroy(fitter);
  return error;
}

Herror CTwinspectCreateModel(Hproc_handle proc_handle) {
  model_data *data;
  tsp_options *options;
  HCkNoObj(proc_handle);
  HAllocStringMem(proc_handle, STRING_BYTES);
  HCkP(new_model(proc_handle, &data));
  HCkP(checked(proc_handle, tsp_options_create(&options)));
  Herror error = read_options(proc_handle, 1, options);
  if (error == H_MSG_OK) {
    error = fit(proc_handle, options, &data->model);
  }
  tsp_options_destroy(options);
  HCkP(error);
  return H_MSG_TRUE;
}

/* ---- twinspect_read_model, twinspect_write_model ---- */

Herror CTwinspectReadModel(Hproc_handle proc_handle) {
  model_data *data;
  Hcpar name;
  HAllocStringMem(proc_handle, STRING_BYTES);
  HGetSPar(proc_handle, 1, STRING_PAR, &name, 1);
  HCkP(new_model(proc_handle, &data));
  HCkP(checked(proc_handle, tsp_model_load(name.par.s, NULL, &data->model)));
  return H_MSG_TRUE;
}

Herror CTwinspectWriteModel(Hproc_handle proc_handle) {
  model_data *data;
  Hcpar name;
  HAllocStringMem(proc_handle, STRING_BYTES);
  HGetCElemH1(proc_handle, 1, &MODEL, &data);
  HGetSPar(proc_handle, 2, STRING_PAR, &name, 1);
  HCkP(checked(proc_handle, tsp_model_save(data->model, name.par.s)));
  return H_MSG_TRUE;
}

/* ---- twinspect_create_inspector, twinspect_inspect ---- */

Herror CTwinspectCreateInspector(Hproc_handle proc_handle) {
  model_data *model;
  inspector_data *data;
  tsp_options *options;
  HAllocStringMem(proc_handle, STRING_BYTES);
  HGetCElemH1(proc_handle, 1, &MODEL, &model);
  HCkP(new_inspector(proc_handle, &data));
  HCkP(checked(proc_handle, tsp_options_create(&options)));
  Herror error = read_options(proc_handle, 2, options);
  if (error == H_MSG_OK) {
    error = checked(proc_handle, tsp_inspector_create(model->model, options, &data->inspector));
  }
  tsp_options_destroy(options);
  HCkP(error);
  HCkP(checked(proc_handle, tsp_result_create(&data->result)));
  return H_MSG_TRUE;
}

static Herror put_region(Hproc_handle proc_handle, const tsp_run *runs, uint32_t count) {
  Hrlregion *region;
  HCkP(HAllocRLNumTmp(proc_handle, &region, count));
  region->is_compl = 0;
  region->num = (HITEMCNT)count;
  region->num_max = (HITEMCNT)count;
  for (uint32_t i = 0; i < count; i++) {
    region->rl[i].l = (HIMGCOOR)runs[i].row;
    region->rl[i].cb = (HIMGCOOR)runs[i].column_begin;
    region->rl[i].ce = (HIMGCOOR)runs[i].column_end;
  }
  HNewRegion(proc_handle, region);
  HCkP(HFreeRLTmp(proc_handle, region));
  return H_MSG_OK;
}

static Herror put_regions(Hproc_handle proc_handle, const tsp_result *result, uint32_t count) {
  const tsp_run *runs;
  uint64_t run_count;
  HCkP(checked(proc_handle, tsp_result_runs(result, &runs, &run_count)));
  for (uint32_t i = 0; i < count; i++) {
    tsp_region region = {.struct_size = sizeof region};
    HCkP(checked(proc_handle, tsp_result_region(result, i, &region)));
    HCkP(put_region(proc_handle, runs + region.first_run, region.run_count));
  }
  return H_MSG_OK;
}

Herror CTwinspectInspect(Hproc_handle proc_handle) {
  static const char *const verdicts[] = {"none", "good", "defect", "undecided"};
  inspector_data *data;
  picture part;
  tsp_summary summary = {.struct_size = sizeof summary};
  HCkNoObj(proc_handle);
  HGetCElemH1(proc_handle, 1, &INSPECTOR, &data);
  HCkP(read_picture(proc_handle, 1, &part));
  HCkP(checked(proc_handle, tsp_inspector_inspect(data->inspector, &part.image, part.mask, data->result)));
  HCkP(free_picture(proc_handle, &part));
  HCkP(checked(proc_handle, tsp_result_summary(data->result, &summary)));
  HCkP(put_regions(proc_handle, data->result, summary.region_count));
  double score = summary.score;
  const char *verdict = verdicts[summary.verdict];
  HPutElem(proc_handle, 1, &score, 1, DOUBLE_PAR);
  HPutElem(proc_handle, 2, &verdict, 1, STRING_PAR);
  return H_MSG_TRUE;
}
