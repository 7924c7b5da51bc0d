/* The functions of the stand-in Halcon.h. */

#include "Halcon.h"

/* HSetErrText has no process handle. */
static const char *error_text;

Herror HSetErrText(char *text) {
  error_text = text;
  return H_MSG_OK;
}

Herror HSetExtendedErrorInfo(Hproc_handle proc_handle, INT4_8 error_code, const char *error_message) {
  (void)error_code;
  strncpy(proc_handle->extended_error, error_message, sizeof proc_handle->extended_error - 1);
  return H_MSG_OK;
}

Herror HAlloc(Hproc_handle proc_handle, size_t size, void **pointer) {
  proc_handle->permanent++;
  *pointer = malloc(size);
  return *pointer == NULL ? STAND_IN_WRONG : H_MSG_OK;
}

Herror HFree(Hproc_handle proc_handle, void *pointer) {
  proc_handle->permanent--;
  free(pointer);
  return H_MSG_OK;
}

Herror HAllocTmp(Hproc_handle proc_handle, void **pointer, size_t size) {
  proc_handle->temporary++;
  *pointer = malloc(size);
  return *pointer == NULL ? STAND_IN_WRONG : H_MSG_OK;
}

Herror HFreeTmp(Hproc_handle proc_handle, void *pointer) {
  proc_handle->temporary--;
  free(pointer);
  return H_MSG_OK;
}

Herror HAllocRLNumTmp(Hproc_handle proc_handle, Hrlregion **region, size_t size) {
  HCkP(HAllocTmp(proc_handle, (void **)region, sizeof **region + size * sizeof(Hrun)));
  (*region)->rl = (Hrun *)(*region + 1);
  return H_MSG_OK;
}

Herror HFreeRLTmp(Hproc_handle proc_handle, Hrlregion *region) {
  return HFreeTmp(proc_handle, region);
}

Herror HPNumOfObjChannels(Hproc_handle proc_handle, Hkey object, INT *channels) {
  (void)proc_handle;
  *channels = object.object->channels;
  return H_MSG_OK;
}

Herror stand_in_output_handle(Hproc_handle proc_handle, INT parameter, void ***slot, const HHandleInfo *info) {
  (void)parameter;
  proc_handle->out_handle.info = info;
  *slot = &proc_handle->out_handle.data;
  return H_MSG_OK;
}

Herror stand_in_handle_of(Hproc_handle proc_handle, INT parameter, const HHandleInfo *info, void **data) {
  (void)parameter;
  *data = proc_handle->in_handle.data;
  return proc_handle->in_handle.info == info ? H_MSG_OK : STAND_IN_WRONG;
}

Herror stand_in_texts(Hproc_handle proc_handle, INT parameter, char const *const **texts, INT4_8 *count) {
  *texts = proc_handle->in_texts[parameter];
  *count = proc_handle->in_counts[parameter];
  return proc_handle->has_string_memory ? H_MSG_OK : STAND_IN_WRONG;
}

Herror stand_in_text(Hproc_handle proc_handle, INT parameter, INT type, Hcpar *value) {
  value->type = type;
  value->par.s = (char *)(uintptr_t)proc_handle->in_texts[parameter][0];
  return proc_handle->has_string_memory && type == STRING_PAR && proc_handle->in_counts[parameter] == 1 ? H_MSG_OK : STAND_IN_WRONG;
}

Herror stand_in_object_of(Hproc_handle proc_handle, INT parameter, INT4_8 number, Hkey *key) {
  key->object = proc_handle->objects[number - 1];
  return parameter == 1 && number <= proc_handle->object_count ? H_MSG_OK : STAND_IN_WRONG;
}

Herror stand_in_component(Hproc_handle proc_handle, Hkey object, INT component, Hkey *key) {
  (void)proc_handle;
  key->image = &object.object->channel[component - IMAGE1];
  return component >= IMAGE1 && component - IMAGE1 < object.object->channels ? H_MSG_OK : STAND_IN_WRONG;
}

Herror stand_in_image(Hproc_handle proc_handle, Hkey key, Himage *image) {
  (void)proc_handle;
  *image = *key.image;
  return H_MSG_OK;
}

Herror stand_in_domain(Hproc_handle proc_handle, Hkey object, Hrlregion **region) {
  (void)proc_handle;
  *region = &object.object->domain;
  return H_MSG_OK;
}

Herror stand_in_new_region(Hproc_handle proc_handle, Hrlregion *region) {
  Hrlregion *kept = &proc_handle->regions[proc_handle->region_count++];
  *kept = *region;
  kept->rl = malloc((size_t)region->num * sizeof(Hrun));
  if (kept->rl == NULL || proc_handle->region_count > MOST) {
    return STAND_IN_WRONG;
  }
  memcpy(kept->rl, region->rl, (size_t)region->num * sizeof(Hrun));
  return H_MSG_OK;
}

Herror stand_in_put(Hproc_handle proc_handle, INT parameter, const void *value, INT4_8 count, INT type) {
  if (count != 1 || parameter != (type == DOUBLE_PAR ? 1 : 2)) {
    return STAND_IN_WRONG;
  }
  if (type == DOUBLE_PAR) {
    memcpy(&proc_handle->out_number, value, sizeof(double));
  } else {
    strncpy(proc_handle->out_text, *(const char *const *)value, sizeof proc_handle->out_text - 1);
  }
  return H_MSG_OK;
}

/* For tests: what get_error_text would say. */
const char *stand_in_error_text(void) {
  return error_text;
}
