//! Variation models that compare features, or both: through the C interface, with a backbone of two layers.

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;
use std::ptr::null;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use image::RgbImage;
use twinspect::ffi::*;
use twinspect::legacy::shadow;

use super::parts::summary;
use super::{LOG, Owned, fails, new_options, new_result, ok, sized};
use crate::parts;

const AUTOMATIC: [f64; 2] = [-1.0; 2];
const THREE: [f64; 2] = [3.0; 2];

fn options(engine: &str, more: &[(&str, &str)]) -> Owned<tsp_options> {
    let options = new_options();
    let settings = parts::settings();
    let settings = settings.iter().map(|(key, value)| (*key, value.as_str()));
    for (key, value) in settings
        .chain([("variation.engine", engine)])
        .chain(more.iter().copied())
    {
        let (key, value) = (CString::new(key).unwrap(), CString::new(value).unwrap());
        ok(unsafe { tsp_options_set_text(options.0, key.as_ptr(), value.as_ptr()) });
    }
    options
}

fn gray(picture: &RgbImage) -> Vec<u8> {
    image::imageops::grayscale(picture).into_raw()
}

fn image(pixels: &[u8]) -> tsp_image {
    let mut image: tsp_image = sized();
    let ((width, height), data) = (parts::SIZE, pixels.as_ptr().cast());
    ok(unsafe { tsp_image_init(&raw mut image, TSP_FORMAT_GRAY8, width, height, data, 0) });
    image
}

/// A variation model that has been given so many good parts.
fn trained(options: &Owned<tsp_options>, count: u64) -> Owned<tsp_variation> {
    let (width, height) = parts::SIZE;
    let (byte, standard) = (TSP_VARIATION_TYPE_BYTE, TSP_VARIATION_MODE_STANDARD);
    let variation = Owned::new(
        |out| unsafe { tsp_variation_create(width, height, byte, standard, options.0, out) },
        tsp_variation_clear,
    );
    for seed in 0..count {
        let pixels = gray(&parts::good(seed));
        let image = image(&pixels);
        let pointer = &raw const image;
        ok(unsafe { tsp_variation_train(variation.0, &raw const pointer, 1) });
    }
    variation
}

fn verdict(variation: &Owned<tsp_variation>, pixels: &[u8], mask: *const tsp_image) -> i32 {
    let result = new_result();
    let image = image(pixels);
    ok(unsafe { tsp_variation_compare(variation.0, &raw const image, mask, result.0) });
    summary(result.0).verdict
}

#[test]
fn features_find_what_the_mask_leaves() {
    let variation = trained(&options("features", &[]), 12);
    ok(unsafe { tsp_variation_prepare(variation.0, AUTOMATIC.as_ptr(), THREE.as_ptr()) });
    let (good, bad) = (gray(&parts::good(100)), gray(&parts::defective(100)));
    assert_eq!(verdict(&variation, &good, null()), TSP_VERDICT_GOOD);
    assert_eq!(verdict(&variation, &bad, null()), TSP_VERDICT_DEFECT);
    let left = |x: usize| if x < 30 { 1 } else { 0 };
    let pixels: Vec<u8> = (0..bad.len())
        .map(|at| left(at % parts::SIZE.0 as usize))
        .collect();
    let mask = image(&pixels);
    assert_eq!(verdict(&variation, &bad, &raw const mask), TSP_VERDICT_GOOD);

    let empty = vec![0; bad.len()];
    let (empty, bad) = (image(&empty), image(&bad));
    let result = new_result();
    let compare =
        |mask| unsafe { tsp_variation_compare(variation.0, &raw const bad, mask, result.0) };
    fails(
        compare(&raw const empty),
        tsp_status::TSP_E_IMAGE,
        "no pixel",
    );
    let small = tsp_image {
        width: 10,
        row_stride: 96,
        ..mask
    };
    fails(
        compare(&raw const small),
        tsp_status::TSP_E_IMAGE_SIZE,
        "10 x",
    );
}

#[test]
fn mask_of_a_gray_comparison_is_looked_at_too() {
    let variation = trained(&options("pixels", &[]), 12);
    let (ten, three) = ([10.0; 2], THREE);
    ok(unsafe { tsp_variation_prepare(variation.0, ten.as_ptr(), three.as_ptr()) });
    let bad = gray(&parts::defective(100));
    let (left, top, side) = parts::SPOT;
    let width = parts::SIZE.0 as usize;
    let is_spot = |at: usize| {
        let (x, y) = ((at % width) as u32, (at / width) as u32);
        (left..left + side).contains(&x) && (top..top + side).contains(&y)
    };
    // How many pixels of the spot are outside, seen through a mask.
    let found = |mask: *const tsp_image| {
        let (image, result) = (image(&bad), new_result());
        ok(unsafe { tsp_variation_compare(variation.0, &raw const image, mask, result.0) });
        let mut view: tsp_image = sized();
        ok(unsafe { tsp_result_mask(result.0, &raw mut view) });
        let pixels = unsafe { std::slice::from_raw_parts(view.plane[0].cast::<u8>(), bad.len()) };
        let spot = (0..bad.len()).filter(|at| is_spot(*at) && pixels[*at] != 0);
        spot.count()
    };
    assert_eq!(found(null()), (side * side) as usize);
    let outside: Vec<u8> = (0..bad.len()).map(|at| u8::from(!is_spot(at))).collect();
    let mask = image(&outside);
    assert_eq!(found(&raw const mask), 0);
}

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" fn hear(_: *mut c_void, _: i32, message: *const c_char) {
    let text = unsafe { CStr::from_ptr(message) };
    HEARD
        .lock()
        .unwrap()
        .push(text.to_string_lossy().into_owned());
}

#[test]
fn shadow_is_written_and_what_it_disagrees_about_logged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let variation = trained(&options("both", &[("shadow.folder", path)]), 12);
    let (blind, zero) = ([255.0; 2], [0.0; 2]);
    ok(unsafe { tsp_variation_prepare(variation.0, blind.as_ptr(), zero.as_ptr()) });
    let bad = gray(&parts::defective(100));
    let _alone = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    ok(unsafe { tsp_set_log(TSP_LOG_INFO, Some(hear), std::ptr::null_mut()) });
    let found = verdict(&variation, &bad, null());
    ok(unsafe { tsp_set_log(TSP_LOG_OFF, None, std::ptr::null_mut()) });
    assert_eq!(found, TSP_VERDICT_GOOD);
    let heard = HEARD.lock().unwrap();
    let said = "the pixels say good, the features say defect";
    assert!(heard.iter().any(|text| text.contains(said)), "{heard:?}");
    assert_eq!(shadow::read(Path::new(path)).unwrap().len(), 1);
}

#[test]
fn variation_model_that_is_being_prepared_is_busy() {
    use tsp_status::{TSP_E_BUSY, TSP_E_STATE, TSP_OK};
    let variation = trained(&options("features", &[]), 20);
    let pixels = gray(&parts::good(100));
    let done = AtomicBool::new(false);
    let address = variation.0.expose_provenance();
    let statuses: Vec<tsp_status> = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let variation: *const tsp_variation = std::ptr::with_exposed_provenance(address);
            let (image, result) = (image(&pixels), new_result());
            let mut seen = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let status =
                    unsafe { tsp_variation_compare(variation, &raw const image, null(), result.0) };
                if !seen.contains(&status) {
                    seen.push(status);
                }
            }
            seen
        });
        // Until the watcher has begun, and is told that there are no limits. While it asks, preparing is what must wait.
        std::thread::sleep(std::time::Duration::from_millis(50));
        let prepare =
            || unsafe { tsp_variation_prepare(variation.0, AUTOMATIC.as_ptr(), THREE.as_ptr()) };
        let mut status = prepare();
        while status == TSP_E_BUSY {
            status = prepare();
        }
        done.store(true, Ordering::Relaxed);
        ok(status);
        watcher.join().unwrap()
    });
    assert!(
        statuses.starts_with(&[TSP_E_STATE, TSP_E_BUSY]),
        "{statuses:?}"
    );
    assert!(
        statuses
            .iter()
            .all(|status| matches!(status, TSP_OK | TSP_E_STATE | TSP_E_BUSY))
    );
    assert_eq!(verdict(&variation, &pixels, null()), TSP_VERDICT_GOOD);
}
