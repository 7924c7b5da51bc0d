//! Fitting, and what becomes of a model.

use std::ffi::{CString, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{null, null_mut};

use twinspect::ffi::*;

use super::parts::{
    HEIGHT, WIDTH, fit, fitter, inspected, model, part, rgb, small_options, summary,
};
use super::{Owned, fails, last_code, ok, sized};

fn count(fitter: *const tsp_fitter) -> u64 {
    let mut count = u64::MAX;
    ok(unsafe { tsp_fitter_count(fitter, &mut count) });
    count
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

#[test]
fn pictures_that_cannot_be_used_are_not_added() {
    let Some(fitter) = fitter(1) else { return };
    let pixels = part(1, false);
    let mut image = rgb(&pixels);
    image.row_stride = 1;
    let status = unsafe { tsp_fitter_add(fitter.0, &image, null(), c"camera 3".as_ptr()) };
    fails(status, tsp_status::TSP_E_IMAGE, "camera 3: row stride 1");
    let status = unsafe { tsp_fitter_add(fitter.0, &rgb(&pixels), &rgb(&pixels), null()) };
    fails(status, tsp_status::TSP_E_IMAGE, "image 1: the mask is");
    let mut mask: tsp_image = sized();
    ok(unsafe {
        tsp_image_init(
            &raw mut mask,
            TSP_FORMAT_GRAY8,
            3,
            3,
            pixels.as_ptr().cast(),
            0,
        )
    });
    let status = unsafe { tsp_fitter_add(fitter.0, &rgb(&pixels), &mask, null()) };
    fails(status, tsp_status::TSP_E_IMAGE_SIZE, "the mask is 3 x 3");
    let status = unsafe { tsp_fitter_add_file(fitter.0, c"no/such.png".as_ptr(), null()) };
    fails(status, tsp_status::TSP_E_NOT_FOUND, "no/such.png");
    let status = unsafe { tsp_fitter_add_file(fitter.0, c"".as_ptr(), null()) };
    fails(status, tsp_status::TSP_E_INVALID_ARGUMENT, "path is empty");
    assert_eq!(count(fitter.0), 1);
}

#[test]
fn picture_and_mask_files_are_added() {
    let Some(fitter) = fitter(0) else { return };
    let folder = tempfile::tempdir().unwrap();
    // A name that is not UTF-8 is a path like any other.
    let picture = folder
        .path()
        .join(std::ffi::OsStr::from_bytes(b"good \xff.ppm"));
    let mask = folder.path().join("mask.pgm");
    std::fs::write(
        &picture,
        [
            format!("P6 {WIDTH} {HEIGHT} 255\n").as_bytes(),
            &part(0, false),
        ]
        .concat(),
    )
    .unwrap();
    std::fs::write(
        &mask,
        [
            format!("P5 {WIDTH} {HEIGHT} 255\n").as_bytes(),
            &[255; 96 * 64],
        ]
        .concat(),
    )
    .unwrap();
    let (picture, mask) = (c_path(&picture), c_path(&mask));
    ok(unsafe { tsp_fitter_add_file(fitter.0, picture.as_ptr(), mask.as_ptr()) });
    ok(unsafe { tsp_fitter_add_file(fitter.0, picture.as_ptr(), null()) });
    ok(unsafe { tsp_fitter_add(fitter.0, &rgb(&part(1, false)), null(), null()) });
    let status = unsafe { tsp_fitter_add_file(fitter.0, picture.as_ptr(), picture.as_ptr()) };
    fails(status, tsp_status::TSP_E_IMAGE, "the mask is Rgb8");
    assert_eq!(count(fitter.0), 3);
    // The same picture twice counts once.
    let info = info(fit(&fitter).0);
    assert_eq!((info.image_count, info.left_out_count), (2, 1));
}

#[test]
fn limit_of_pixels_is_the_objects_own() {
    if fitter(0).is_none() {
        return;
    }
    let options = small_options();
    ok(unsafe {
        tsp_options_set_int(
            options.0,
            c"image.max_pixels".as_ptr(),
            i64::from(WIDTH * HEIGHT - 1),
        )
    });
    let fitter = Owned::new(
        |out| unsafe { tsp_fitter_create(options.0, out) },
        tsp_fitter_destroy,
    );
    let status = unsafe { tsp_fitter_add(fitter.0, &rgb(&part(0, false)), null(), null()) };
    fails(status, tsp_status::TSP_E_IMAGE_SIZE, "image.max_pixels");
}

#[test]
fn no_picture_is_too_few() {
    let Some(fitter) = fitter(0) else { return };
    let mut out = std::ptr::dangling_mut();
    let status = unsafe { tsp_fitter_fit(fitter.0, &raw mut out) };
    fails(
        status,
        tsp_status::TSP_E_TOO_FEW_IMAGES,
        "no good part was given",
    );
    assert!(out.is_null());
}

#[test]
fn unknown_backbone_and_device_are_refused() {
    let mut out = std::ptr::dangling_mut();
    for (key, value, expected) in [
        (c"device", c"abacus", tsp_status::TSP_E_INVALID_ARGUMENT),
        (c"features.stages", c"9", tsp_status::TSP_E_INVALID_ARGUMENT),
    ] {
        let options = small_options();
        ok(unsafe { tsp_options_set_text(options.0, key.as_ptr(), value.as_ptr()) });
        fails(
            unsafe { tsp_fitter_create(options.0, &raw mut out) },
            expected,
            &key.to_string_lossy(),
        );
        assert!(out.is_null());
    }
}

/// What a progress function was told, and what it answers.
struct Watched {
    fitter: *mut tsp_fitter,
    calls: Vec<(u64, u64)>,
    answer: i32,
    from_callback: Vec<tsp_status>,
}

unsafe extern "C" fn watch(
    user_data: *mut c_void,
    stage: *const c_char,
    done: u64,
    total: u64,
) -> i32 {
    let watched = unsafe { &mut *user_data.cast::<Watched>() };
    assert!(!super::text(stage).is_empty());
    watched.calls.push((done, total));
    let mut count = 0;
    watched
        .from_callback
        .push(unsafe { tsp_fitter_count(watched.fitter, &mut count) });
    let fitter = watched.fitter.expose_provenance();
    let elsewhere = std::thread::spawn(move || {
        let fitter = std::ptr::with_exposed_provenance_mut(fitter);
        unsafe { tsp_fitter_set_progress(fitter, None, null_mut()) }
    });
    watched.from_callback.push(elsewhere.join().unwrap());
    watched.answer
}

fn fit_watched(fitter: &Owned<tsp_fitter>, answer: i32) -> (tsp_status, Watched) {
    let mut watched = Watched {
        fitter: fitter.0,
        calls: Vec::new(),
        answer,
        from_callback: Vec::new(),
    };
    ok(unsafe { tsp_fitter_set_progress(fitter.0, Some(watch), (&raw mut watched).cast()) });
    let mut model = null_mut();
    let status = unsafe { tsp_fitter_fit(fitter.0, &raw mut model) };
    assert_eq!(model.is_null(), status != tsp_status::TSP_OK);
    unsafe { tsp_model_destroy(model) };
    (status, watched)
}

#[test]
fn fit_is_watched_to_its_end_and_busy_meanwhile() {
    let Some(fitter) = fitter(4) else { return };
    let (status, watched) = fit_watched(&fitter, 0);
    ok(status);
    let (done, total) = *watched.calls.last().unwrap();
    assert_eq!(done, total, "the last call is the end: {:?}", watched.calls);
    assert!(
        watched
            .from_callback
            .iter()
            .all(|status| *status == tsp_status::TSP_E_BUSY),
        "{:?}",
        watched.from_callback
    );
    assert_eq!(
        last_code(),
        0,
        "what a callback did is not the outer call's error"
    );
    assert_eq!(count(fitter.0), 4);
}

#[test]
fn fit_is_cancelled_and_can_be_called_again() {
    let Some(fitter) = fitter(4) else { return };
    let (status, watched) = fit_watched(&fitter, 1);
    fails(status, tsp_status::TSP_E_CANCELLED, "cancelled while");
    assert_eq!(watched.calls.len(), 1);
    ok(unsafe { tsp_fitter_set_progress(fitter.0, None, null_mut()) });
    fit(&fitter);
}

fn info(model: *const tsp_model) -> tsp_model_summary {
    let mut out = sized();
    ok(unsafe { tsp_model_info(model, &raw mut out) });
    out
}

#[test]
fn model_tells_its_sizes_and_thresholds() {
    let Some(model) = model() else { return };
    let info = info(model);
    assert_eq!(
        (info.image_count, info.image_width, info.image_height),
        (12, WIDTH, HEIGHT)
    );
    assert_eq!(
        (
            info.input_width,
            info.input_height,
            info.grid_width,
            info.grid_height
        ),
        (96, 64, 6, 4)
    );
    assert!(info.group_count >= 1 && info.file_version >= 1);
    assert!(info.threshold > 0.0 && info.pixel_threshold > 0.0);
}

#[test]
fn model_goes_through_file_and_memory_without_a_change() {
    let Some(model) = model() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = c_path(&folder.path().join("part.twin"));
    ok(unsafe { tsp_model_save(model, path.as_ptr()) });

    let mut needed = 0;
    ok(unsafe { tsp_model_save_memory(model, null_mut(), 0, &mut needed) });
    let mut bytes = vec![7u8; needed as usize];
    let status =
        unsafe { tsp_model_save_memory(model, bytes.as_mut_ptr().cast(), needed - 1, null_mut()) };
    fails(status, tsp_status::TSP_E_BUFFER_TOO_SMALL, "are needed");
    assert!(bytes.iter().all(|byte| *byte == 7));
    ok(unsafe { tsp_model_save_memory(model, bytes.as_mut_ptr().cast(), needed, &mut needed) });
    assert!(
        bytes == std::fs::read(folder.path().join("part.twin")).unwrap(),
        "file and memory differ"
    );

    let from_file = Owned::new(
        |out| unsafe { tsp_model_load(path.as_ptr(), null(), out) },
        tsp_model_destroy,
    );
    let load = |out| unsafe { tsp_model_load_memory(bytes.as_ptr().cast(), needed, null(), out) };
    let from_memory = Owned::new(load, tsp_model_destroy);
    let score = |model| summary(inspected(model, &part(50, true)).0).score.to_bits();
    assert_eq!(score(from_file.0), score(model));
    assert_eq!(score(from_memory.0), score(model));

    let mut out = std::ptr::dangling_mut();
    let status =
        unsafe { tsp_model_load_memory(bytes.as_ptr().cast(), needed - 1, null(), &raw mut out) };
    fails(status, tsp_status::TSP_E_FORMAT, "damaged");
    let status =
        unsafe { tsp_model_load_memory(bytes.as_ptr().cast(), u64::MAX, null(), &raw mut out) };
    fails(
        status,
        tsp_status::TSP_E_INVALID_ARGUMENT,
        "more than memory",
    );
    assert!(out.is_null());
}

#[test]
fn model_file_that_cannot_be_read_or_written_is_named() {
    let mut out = std::ptr::dangling_mut();
    let status = unsafe { tsp_model_load(c"no/such.twin".as_ptr(), null(), &raw mut out) };
    fails(status, tsp_status::TSP_E_NOT_FOUND, "no/such.twin");
    let status = unsafe { tsp_model_load_memory(c"text".as_ptr().cast(), 4, null(), &raw mut out) };
    fails(status, tsp_status::TSP_E_FORMAT, "it is a text");
    assert!(out.is_null());
    let Some(model) = model() else { return };
    let status = unsafe { tsp_model_save(model, c"no/such/folder/part.twin".as_ptr()) };
    fails(
        status,
        tsp_status::TSP_E_NOT_FOUND,
        "no/such/folder/part.twin",
    );
}

#[test]
fn pictures_are_added_to_a_model_that_stays_as_it_is() {
    let Some(model) = model() else { return };
    let extending = Owned::new(
        |out| unsafe { tsp_fitter_create_from_model(model, null(), out) },
        tsp_fitter_destroy,
    );
    ok(unsafe {
        tsp_fitter_add(
            extending.0,
            &rgb(&part(70, false)),
            null(),
            c"one more".as_ptr(),
        )
    });
    let extended = fit(&extending);
    assert_eq!(
        (info(model).image_count, info(extended.0).image_count),
        (12, 13)
    );
}
