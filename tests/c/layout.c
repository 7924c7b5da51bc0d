/* The layout of every struct, as the header's comments and tests/rust/header.rs state it. Compiling is the test. */

#include <twinspect/twinspect.h>

#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#define FIELD(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #type "." #field)

SIZE(tsp_error, 32);
FIELD(tsp_error, struct_size, 0);
FIELD(tsp_error, code, 4);
FIELD(tsp_error, message, 8);
FIELD(tsp_error, hint, 16);
FIELD(tsp_error, where, 24);

SIZE(tsp_option, 64);
FIELD(tsp_option, struct_size, 0);
FIELD(tsp_option, type, 4);
FIELD(tsp_option, scope, 8);
FIELD(tsp_option, reserved, 12);
FIELD(tsp_option, key, 16);
FIELD(tsp_option, default_value, 24);
FIELD(tsp_option, choices, 32);
FIELD(tsp_option, help, 40);
FIELD(tsp_option, min, 48);
FIELD(tsp_option, max, 56);

SIZE(tsp_device, 40);
FIELD(tsp_device, struct_size, 0);
FIELD(tsp_device, compute_major, 4);
FIELD(tsp_device, compute_minor, 8);
FIELD(tsp_device, reserved, 12);
FIELD(tsp_device, option, 16);
FIELD(tsp_device, name, 24);
FIELD(tsp_device, memory_bytes, 32);

SIZE(tsp_threshold, 56);
FIELD(tsp_threshold, struct_size, 0);
FIELD(tsp_threshold, method, 4);
FIELD(tsp_threshold, threshold, 8);
FIELD(tsp_threshold, reserved, 12);
FIELD(tsp_threshold, rate_low, 16);
FIELD(tsp_threshold, rate_high, 24);
FIELD(tsp_threshold, images_needed, 32);
FIELD(tsp_threshold, false_alarms, 40);
FIELD(tsp_threshold, misses, 48);

SIZE(tsp_timing, 64);
FIELD(tsp_timing, struct_size, 0);
FIELD(tsp_timing, reserved, 4);
FIELD(tsp_timing, total_ms, 8);
FIELD(tsp_timing, preprocess_ms, 16);
FIELD(tsp_timing, backbone_ms, 24);
FIELD(tsp_timing, matching_ms, 32);
FIELD(tsp_timing, statistics_ms, 40);
FIELD(tsp_timing, map_ms, 48);
FIELD(tsp_timing, verdict_ms, 56);

SIZE(tsp_image, 64);
FIELD(tsp_image, struct_size, 0);
FIELD(tsp_image, format, 4);
FIELD(tsp_image, width, 8);
FIELD(tsp_image, height, 12);
FIELD(tsp_image, plane, 16);
FIELD(tsp_image, row_stride, 40);
FIELD(tsp_image, white, 48);
FIELD(tsp_image, memory, 56);
FIELD(tsp_image, device, 60);

SIZE(tsp_model_summary, 56);
FIELD(tsp_model_summary, struct_size, 0);
FIELD(tsp_model_summary, image_count, 4);
FIELD(tsp_model_summary, group_count, 8);
FIELD(tsp_model_summary, left_out_count, 12);
FIELD(tsp_model_summary, image_width, 16);
FIELD(tsp_model_summary, image_height, 20);
FIELD(tsp_model_summary, input_width, 24);
FIELD(tsp_model_summary, input_height, 28);
FIELD(tsp_model_summary, grid_width, 32);
FIELD(tsp_model_summary, grid_height, 36);
FIELD(tsp_model_summary, threshold, 40);
FIELD(tsp_model_summary, pixel_threshold, 44);
FIELD(tsp_model_summary, file_version, 48);
FIELD(tsp_model_summary, reserved, 52);

SIZE(tsp_variation_summary, 32);
FIELD(tsp_variation_summary, struct_size, 0);
FIELD(tsp_variation_summary, width, 4);
FIELD(tsp_variation_summary, height, 8);
FIELD(tsp_variation_summary, type, 12);
FIELD(tsp_variation_summary, mode, 16);
FIELD(tsp_variation_summary, engine, 20);
FIELD(tsp_variation_summary, prepared, 24);
FIELD(tsp_variation_summary, reserved, 28);

SIZE(tsp_summary, 56);
FIELD(tsp_summary, struct_size, 0);
FIELD(tsp_summary, verdict, 4);
FIELD(tsp_summary, score, 8);
FIELD(tsp_summary, threshold, 12);
FIELD(tsp_summary, pixel_threshold, 16);
FIELD(tsp_summary, group, 20);
FIELD(tsp_summary, matches, 24);
FIELD(tsp_summary, region_count, 28);
FIELD(tsp_summary, run_count, 32);
FIELD(tsp_summary, map_width, 36);
FIELD(tsp_summary, map_height, 40);
FIELD(tsp_summary, registered, 44);
FIELD(tsp_summary, health, 48);
FIELD(tsp_summary, repeats, 52);

SIZE(tsp_health, 80);
FIELD(tsp_health, struct_size, 0);
FIELD(tsp_health, findings, 4);
FIELD(tsp_health, limits_known, 8);
FIELD(tsp_health, repeats, 12);
FIELD(tsp_health, brightness, 16);
FIELD(tsp_health, brightness_low, 20);
FIELD(tsp_health, brightness_high, 24);
FIELD(tsp_health, contrast, 28);
FIELD(tsp_health, contrast_low, 32);
FIELD(tsp_health, sharpness, 36);
FIELD(tsp_health, sharpness_low, 40);
FIELD(tsp_health, black, 44);
FIELD(tsp_health, black_high, 48);
FIELD(tsp_health, saturated, 52);
FIELD(tsp_health, saturated_high, 56);
FIELD(tsp_health, proportions, 60);
FIELD(tsp_health, proportions_low, 64);
FIELD(tsp_health, proportions_high, 68);
FIELD(tsp_health, images, 72);
FIELD(tsp_health, reserved, 76);

SIZE(tsp_drift, 88);
FIELD(tsp_drift, struct_size, 0);
FIELD(tsp_drift, found, 4);
FIELD(tsp_drift, parts, 8);
FIELD(tsp_drift, found_at, 16);
FIELD(tsp_drift, rising_since, 24);
FIELD(tsp_drift, cusum, 32);
FIELD(tsp_drift, cusum_limit, 40);
FIELD(tsp_drift, cusum_allowance, 48);
FIELD(tsp_drift, ks_distance, 56);
FIELD(tsp_drift, ks_p, 64);
FIELD(tsp_drift, ks_least_p, 72);
FIELD(tsp_drift, window, 80);
FIELD(tsp_drift, references, 84);

SIZE(tsp_registration, 96);
FIELD(tsp_registration, struct_size, 0);
FIELD(tsp_registration, inliers, 4);
FIELD(tsp_registration, rms_px, 8);
FIELD(tsp_registration, to_lead, 16);
FIELD(tsp_registration, aligned, 88);
FIELD(tsp_registration, reserved, 92);

SIZE(tsp_map, 32);
FIELD(tsp_map, struct_size, 0);
FIELD(tsp_map, width, 4);
FIELD(tsp_map, height, 8);
FIELD(tsp_map, reserved, 12);
FIELD(tsp_map, row_stride, 16);
FIELD(tsp_map, data, 24);

SIZE(tsp_region, 56);
FIELD(tsp_region, struct_size, 0);
FIELD(tsp_region, x, 4);
FIELD(tsp_region, y, 8);
FIELD(tsp_region, width, 12);
FIELD(tsp_region, height, 16);
FIELD(tsp_region, peak, 20);
FIELD(tsp_region, first_run, 24);
FIELD(tsp_region, run_count, 28);
FIELD(tsp_region, area, 32);
FIELD(tsp_region, row, 40);
FIELD(tsp_region, column, 48);

SIZE(tsp_run, 12);
FIELD(tsp_run, row, 0);
FIELD(tsp_run, column_begin, 4);
FIELD(tsp_run, column_end, 8);

_Static_assert(sizeof(tsp_status) == 4 && sizeof(tsp_pixel_format) == 4 && sizeof(tsp_memory) == 4, "enums");
_Static_assert(TSP_ABI_VERSION == TSP_VERSION_MAJOR * 1000000 + TSP_VERSION_MINOR * 1000 + TSP_VERSION_PATCH, "version");
