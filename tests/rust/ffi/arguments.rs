//! Every function with NULL, with handles of other objects, and with handles of destroyed ones.

use std::ptr::{null, null_mut};

use twinspect::ffi::*;

use super::{fails, last_code, new_options, new_result, ok, sized};

type Call<'a> = (&'static str, Box<dyn Fn() -> tsp_status + 'a>);

macro_rules! calls {
    ($($name:ident($($argument:expr),*)),* $(,)?) => {
        vec![$((stringify!($name), Box::new(move || unsafe { $name($($argument),*) }) as Box<dyn Fn() -> tsp_status>)),*]
    };
}

/// Every function that takes handles, called with these and with arguments that are otherwise right.
#[allow(clippy::too_many_arguments)]
fn with_handles<'a>(
    options: *mut tsp_options,
    fitter: *mut tsp_fitter,
    model: *mut tsp_model,
    inspector: *mut tsp_inspector,
    result: *mut tsp_result,
    variation: *mut tsp_variation,
) -> Vec<Call<'a>> {
    let pair = [1.0; 2].as_ptr();
    let key = c"input.size".as_ptr();
    calls![
        tsp_options_set_int(options, key, 128),
        tsp_options_set_float(options, key, 128.0),
        tsp_options_set_text(options, key, key),
        tsp_options_apply_recipe(options, c"paper".as_ptr()),
        tsp_options_get_text(options, key, [0; 64].as_mut_ptr(), 64, null_mut()),
        tsp_fitter_create_from_model(model, null(), &raw mut *Box::leak(Box::new(null_mut()))),
        tsp_fitter_add(fitter, null(), null(), null()),
        tsp_fitter_add_file(fitter, key, null()),
        tsp_fitter_count(fitter, &mut 0),
        tsp_fitter_set_progress(fitter, None, null_mut()),
        tsp_fitter_fit(fitter, &mut null_mut()),
        tsp_model_save(model, key),
        tsp_model_save_memory(model, null_mut(), 0, &mut 0),
        tsp_model_info(model, &mut sized()),
        tsp_model_describe(model, null_mut(), 0, &mut 0),
        tsp_model_lead_image(model, 0, &mut sized()),
        tsp_model_with_thresholds(model, 1.0, 1.0, &mut null_mut()),
        tsp_inspector_create(model, null(), &mut null_mut()),
        tsp_inspector_inspect(inspector, null(), null(), result),
        tsp_inspector_inspect_file(inspector, key, null(), result),
        tsp_inspector_set_thresholds(inspector, 1.0, 1.0),
        tsp_inspector_inspect_batch(inspector, null(), null(), 0, null(), null_mut()),
        tsp_inspector_set_progress(inspector, None, null_mut()),
        tsp_inspector_timing(inspector, &mut sized()),
        tsp_inspector_warm_up(inspector, TSP_FORMAT_GRAY8, 8, 8),
        tsp_result_summary(result, &mut sized()),
        tsp_result_map(result, &mut sized()),
        tsp_result_copy_map(result, &mut 0.0, 0, 4),
        tsp_result_mask(result, &mut sized()),
        tsp_result_region(result, 0, &mut sized()),
        tsp_result_runs(result, &mut null(), &mut 0),
        tsp_result_render(result, null(), null()),
        tsp_result_registration(result, &mut sized()),
        tsp_result_to_json(result, null_mut(), 0, &mut 0),
        tsp_variation_train(variation, null(), 0),
        tsp_variation_prepare(variation, pair, pair),
        tsp_variation_prepare_direct(variation, null(), null(), pair, pair),
        tsp_variation_compare(variation, null(), null(), result),
        tsp_variation_compare_ext(
            variation,
            null(),
            null(),
            TSP_VARIATION_COMPARE_DARK,
            result
        ),
        tsp_variation_get_image(variation, TSP_VARIATION_IMAGE_IDEAL, null()),
        tsp_variation_clear_train_data(variation),
        tsp_variation_info(variation, &mut sized()),
        tsp_variation_write(variation, key),
        tsp_variation_write_memory(variation, null_mut(), 0, &mut 0),
    ]
}

#[test]
fn null_handle_is_null_argument() {
    let (o, f, m, i, r, v) = (
        null_mut(),
        null_mut(),
        null_mut(),
        null_mut(),
        null_mut(),
        null_mut(),
    );
    for (name, call) in with_handles(o, f, m, i, r, v) {
        assert_eq!(call(), tsp_status::TSP_E_NULL_ARGUMENT, "{name}");
        assert_eq!(last_code(), 1, "{name}");
    }
}

#[test]
fn handle_of_another_object_is_invalid() {
    let (options, result) = (new_options(), new_result());
    let (o, r) = (options.0, result.0);
    for (name, call) in with_handles(r.cast(), o.cast(), o.cast(), o.cast(), o.cast(), o.cast()) {
        assert_eq!(call(), tsp_status::TSP_E_INVALID_HANDLE, "{name}");
        assert_eq!(last_code(), 3, "{name}");
    }
    // Both have survived.
    ok(unsafe { tsp_options_set_int(o, c"input.size".as_ptr(), 128) });
    fails(
        unsafe { tsp_result_summary(r, &mut sized()) },
        tsp_status::TSP_E_STATE,
        "tsp_inspector_inspect",
    );
}

#[test]
fn handle_of_anything_or_of_a_destroyed_object_is_invalid() {
    let mut number = 7u64;
    let somewhere = (&raw mut number).cast::<tsp_options>();
    let destroyed = {
        let options = new_options();
        options.0
    };
    for handle in [somewhere, destroyed, std::ptr::without_provenance_mut(1)] {
        let status = unsafe { tsp_options_set_int(handle, c"input.size".as_ptr(), 128) };
        // The allocator may have given the address to another test's options; then it is no longer a destroyed handle.
        if handle != destroyed || status != tsp_status::TSP_OK {
            fails(
                status,
                tsp_status::TSP_E_INVALID_HANDLE,
                "options is not a living tsp_options",
            );
        }
        unsafe { tsp_result_destroy(handle.cast()) };
    }
    assert_eq!(number, 7);
}

#[test]
fn null_outputs_and_inputs_are_null_arguments() {
    let (options, result) = (new_options(), new_result());
    let (options, result) = (options.0, result.0);
    let (key, pixel) = (c"input.size".as_ptr(), [0u8; 1]);
    let pixel = pixel.as_ptr().cast();
    for (name, call) in calls![
        tsp_options_create(null_mut()),
        tsp_fitter_create(null(), null_mut()),
        tsp_model_load(key, null(), null_mut()),
        tsp_model_load(null(), null(), &mut null_mut()),
        tsp_model_load_memory(null(), 4, null(), &mut null_mut()),
        tsp_result_create(null_mut()),
        tsp_options_set_int(options, null(), 1),
        tsp_options_set_float(options, null(), 1.0),
        tsp_options_set_text(options, null(), key),
        tsp_options_set_text(options, key, null()),
        tsp_options_apply_recipe(options, null()),
        tsp_options_get_text(options, null(), null_mut(), 0, &mut 0),
        tsp_options_get_text(options, key, null_mut(), 0, null_mut()),
        tsp_options_get_text(options, key, null_mut(), 8, &mut 0),
        tsp_option_info(0, null_mut()),
        tsp_image_init(null_mut(), TSP_FORMAT_GRAY8, 1, 1, pixel, 0),
        tsp_image_init(&mut sized(), TSP_FORMAT_GRAY8, 1, 1, null(), 0),
        tsp_image_check(null()),
        tsp_result_summary(result, null_mut()),
        tsp_result_registration(result, null_mut()),
        tsp_result_map(result, null_mut()),
        tsp_result_copy_map(result, null_mut(), 0, 4),
        tsp_result_mask(result, null_mut()),
        tsp_result_region(result, 0, null_mut()),
        tsp_result_runs(result, null_mut(), &mut 0),
        tsp_result_runs(result, &mut null(), null_mut()),
        tsp_result_to_json(result, null_mut(), 0, null_mut()),
        tsp_result_to_json(result, null_mut(), 8, &mut 0),
        tsp_variation_create(1, 1, 1, 1, null(), null_mut()),
        tsp_variation_read(key, null(), null_mut()),
        tsp_variation_read(null(), null(), &mut null_mut()),
        tsp_variation_read_memory(null(), 4, null(), &mut null_mut()),
        tsp_device_count(null_mut()),
        tsp_device_info(0, null_mut()),
        tsp_threshold_from_scores(&1.0, null(), 1, 0.1, null_mut()),
        tsp_threshold_from_scores(null(), null(), 1, 0.1, &mut sized()),
    ] as Vec<Call<'_>>
    {
        assert_eq!(call(), tsp_status::TSP_E_NULL_ARGUMENT, "{name}");
    }
}

#[test]
fn every_struct_without_its_size_is_an_invalid_argument() {
    let result = new_result().0;
    for (name, call) in calls![
        tsp_option_info(0, &mut std::mem::zeroed()),
        tsp_image_check(&std::mem::zeroed()),
        tsp_device_info(0, &mut std::mem::zeroed()),
        tsp_threshold_from_scores(&1.0, null(), 1, 0.1, &mut std::mem::zeroed()),
        tsp_result_summary(result, &mut std::mem::zeroed()),
        tsp_result_map(result, &mut std::mem::zeroed()),
        tsp_result_mask(result, &mut std::mem::zeroed()),
        tsp_result_region(result, 0, &mut std::mem::zeroed()),
    ] as Vec<Call<'_>>
    {
        fails(
            call(),
            tsp_status::TSP_E_INVALID_ARGUMENT,
            "struct_size is 0",
        );
        assert_eq!(last_code(), 2, "{name}");
    }
}

#[test]
fn failed_create_sets_its_output_to_null() {
    let model = |call: &dyn Fn(*mut *mut tsp_model) -> tsp_status| {
        let mut out = std::ptr::dangling_mut();
        assert_ne!(call(&raw mut out), tsp_status::TSP_OK);
        assert!(out.is_null());
    };
    model(&|out| unsafe { tsp_model_load(c"no such file".as_ptr(), null(), out) });
    model(&|out| unsafe { tsp_model_load_memory(c"text".as_ptr().cast(), 4, null(), out) });
    model(&|out| unsafe { tsp_fitter_fit(null_mut(), out) });
}

#[test]
fn destroying_null_or_another_object_does_nothing() {
    let options = new_options();
    unsafe {
        tsp_options_destroy(null_mut());
        tsp_fitter_destroy(null_mut());
        tsp_model_destroy(null_mut());
        tsp_inspector_destroy(null_mut());
        tsp_result_destroy(null_mut());
        tsp_variation_clear(null_mut());
        tsp_variation_clear(options.0.cast());
        tsp_fitter_destroy(options.0.cast());
        tsp_result_destroy(options.0.cast());
    }
    ok(unsafe { tsp_options_set_int(options.0, c"input.size".as_ptr(), 128) });
}
