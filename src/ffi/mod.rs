//! The C interface: the functions of `include/twinspect/twinspect.h`, which is generated from here and committed.
//!
//! In: raw pointers, numbers and texts of a program in any language. Out: a `tsp_status` and the caller's own memory. A
//! room of its own because nothing that comes through this door can be trusted: every function stands in `guard`,
//! every handle is looked up in `handle`, every struct and picture is measured before it is read. Nothing is computed
//! here. One file a section of the header; the comments of exported items are the header's text, in C's voice, and what
//! they promise is upheld by the caller: that is the contract of each `unsafe` function.
#![allow(unsafe_code)]
// The names are C's; the contract of every function is the header's introduction, said once.
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

mod batch;
mod comparing;
mod device;
mod error;
mod fitter;
mod found;
mod growing;
mod guard;
mod handle;
mod health;
mod image;
#[cfg(feature = "panic-injection")]
pub mod injection;
mod inspector;
mod library;
mod log;
mod model;
mod options;
mod picture_file;
mod progress;
mod result;
mod status;
mod structs;
mod text;
mod threshold;
mod variation;
mod variation_arguments;

pub use batch::{tsp_inspector_inspect_batch, tsp_inspector_set_progress};
pub use device::{tsp_device_count, tsp_device_info};
pub use error::{tsp_last_error, tsp_last_error_message, tsp_status_name};
pub use fitter::{
    tsp_fitter_add, tsp_fitter_add_file, tsp_fitter_count, tsp_fitter_create,
    tsp_fitter_create_from_model, tsp_fitter_destroy, tsp_fitter_fit, tsp_fitter_set_progress,
};
pub use health::{
    TSP_DRIFT_CHANGE, TSP_DRIFT_NONE, TSP_DRIFT_RISE, TSP_HEALTH_BLACK, TSP_HEALTH_BLURRED,
    TSP_HEALTH_FLAT, TSP_HEALTH_NONE, TSP_HEALTH_PROPORTIONS, TSP_HEALTH_REPEATED,
    TSP_HEALTH_SATURATED, TSP_HEALTH_TOO_BRIGHT, TSP_HEALTH_TOO_DARK, tsp_inspector_drift,
    tsp_inspector_reset_drift, tsp_result_health,
};
pub use image::{
    TSP_FORMAT_BGR8, TSP_FORMAT_BGRA8, TSP_FORMAT_GRAY8, TSP_FORMAT_GRAY16, TSP_FORMAT_GRAYF32,
    TSP_FORMAT_RGB8, TSP_FORMAT_RGB8_PLANAR, TSP_FORMAT_RGB16_PLANAR, TSP_FORMAT_RGBA8,
    TSP_MEMORY_CUDA, TSP_MEMORY_HOST, tsp_image_check, tsp_image_init, tsp_memory,
    tsp_pixel_format,
};
pub use inspector::{
    tsp_inspector_create, tsp_inspector_destroy, tsp_inspector_inspect, tsp_inspector_inspect_file,
    tsp_inspector_set_thresholds, tsp_inspector_timing, tsp_inspector_warm_up,
};
pub use library::{
    tsp_abi_version, tsp_build_info, tsp_check_abi, tsp_has_feature, tsp_set_threads, tsp_version,
};
pub use log::{TSP_LOG_ERROR, TSP_LOG_INFO, TSP_LOG_OFF, TSP_LOG_WARNING, tsp_log, tsp_set_log};
pub use model::{
    tsp_model_describe, tsp_model_destroy, tsp_model_info, tsp_model_lead_image, tsp_model_load,
    tsp_model_load_memory, tsp_model_save, tsp_model_save_memory, tsp_model_with_thresholds,
};
pub use options::{
    TSP_SCOPE_FIT, TSP_SCOPE_RUN, TSP_TYPE_CHOICE, TSP_TYPE_FLOAT, TSP_TYPE_INT, TSP_TYPE_TEXT,
    tsp_option_count, tsp_option_info, tsp_options_apply_recipe, tsp_options_create,
    tsp_options_destroy, tsp_options_get_text, tsp_options_set_float, tsp_options_set_int,
    tsp_options_set_text,
};
pub use progress::tsp_progress;
pub use result::{
    TSP_VERDICT_DEFECT, TSP_VERDICT_GOOD, TSP_VERDICT_NONE, TSP_VERDICT_UNDECIDED,
    tsp_result_copy_map, tsp_result_create, tsp_result_destroy, tsp_result_map, tsp_result_mask,
    tsp_result_region, tsp_result_registration, tsp_result_render, tsp_result_runs,
    tsp_result_summary, tsp_result_to_json,
};
pub use status::tsp_status;
pub use structs::{
    tsp_device, tsp_drift, tsp_error, tsp_fitter, tsp_health, tsp_image, tsp_inspector, tsp_map,
    tsp_model, tsp_model_summary, tsp_option, tsp_options, tsp_region, tsp_registration,
    tsp_result, tsp_run, tsp_summary, tsp_threshold, tsp_timing, tsp_variation,
    tsp_variation_summary,
};
pub use threshold::{
    TSP_METHOD_BETWEEN, TSP_METHOD_COUNTED, TSP_METHOD_LOG_NORMAL, TSP_METHOD_TAIL,
    tsp_threshold_from_scores,
};
pub use variation::{
    TSP_VARIATION_COMPARE_ABSOLUTE, TSP_VARIATION_COMPARE_DARK, TSP_VARIATION_COMPARE_LIGHT,
    TSP_VARIATION_COMPARE_LIGHT_DARK, TSP_VARIATION_ENGINE_BOTH, TSP_VARIATION_ENGINE_FEATURES,
    TSP_VARIATION_ENGINE_PIXELS, TSP_VARIATION_IMAGE_IDEAL, TSP_VARIATION_IMAGE_LOWER,
    TSP_VARIATION_IMAGE_UPPER, TSP_VARIATION_IMAGE_VARIATION, TSP_VARIATION_MODE_DIRECT,
    TSP_VARIATION_MODE_ROBUST, TSP_VARIATION_MODE_STANDARD, TSP_VARIATION_TYPE_BYTE,
    TSP_VARIATION_TYPE_INT2, TSP_VARIATION_TYPE_UINT2, tsp_variation_clear,
    tsp_variation_clear_train_data, tsp_variation_compare, tsp_variation_compare_ext,
    tsp_variation_create, tsp_variation_get_image, tsp_variation_image, tsp_variation_info,
    tsp_variation_mode, tsp_variation_prepare, tsp_variation_prepare_direct, tsp_variation_read,
    tsp_variation_read_memory, tsp_variation_sides, tsp_variation_train, tsp_variation_type,
    tsp_variation_write, tsp_variation_write_memory,
};
