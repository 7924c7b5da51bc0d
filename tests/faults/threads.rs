//! Threads: a shared model, objects that two threads use at once, and work that is cancelled.
//!
//! `TWINSPECT_FRAMES` says how many frames each of eight threads inspects.

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU64, Ordering};

use image::RgbImage;
use twinspect::ffi::*;

use crate::caller::*;
use crate::{count, parts};

const THREADS: usize = 8;
/// Good and defective ones in turn.
const PICTURES: u64 = 16;
/// An inspector serves for so many frames, so that threads make and free them beside each other.
const FRAMES_OF_INSPECTOR: usize = 10;

fn pictures() -> Vec<RgbImage> {
    let of = |seed| match seed % 2 {
        0 => parts::good(seed),
        _ => parts::defective(seed),
    };
    (100..100 + PICTURES).map(of).collect()
}

#[test]
fn eight_threads_find_what_one_finds_bit_for_bit_while_objects_come_and_go() {
    let frames = count("TWINSPECT_FRAMES", 100);
    ok(unsafe { tsp_set_threads(1) });
    let (model, pictures) = (model(12), pictures());
    let expected: Vec<u32> = pictures
        .iter()
        .map(|picture| score(model.0, picture))
        .collect();
    let content = content(model.0);
    let inspect = |thread: usize| {
        let mut number = thread;
        for _ in 0..frames.div_ceil(FRAMES_OF_INSPECTOR) {
            // Each thread has a model of its own for a while, too.
            let own = number.is_multiple_of(7).then(|| from_memory(&content));
            let model = own.as_ref().unwrap_or(&model);
            let (inspector, result) = (inspector(model.handle()), new_result());
            drop(own);
            for _ in 0..FRAMES_OF_INSPECTOR {
                let which = number % pictures.len();
                let image = rgb(&pictures[which]);
                let status =
                    unsafe { tsp_inspector_inspect(inspector.0, &image, null(), result.0) };
                ok(status);
                assert_eq!(
                    summary(result.0).score.to_bits(),
                    expected[which],
                    "{which}"
                );
                number += 1;
            }
        }
    };
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let inspect = &inspect;
            scope.spawn(move || inspect(thread));
        }
    });
}

fn content(model: *const tsp_model) -> Vec<u8> {
    let mut needed = 0;
    ok(unsafe { tsp_model_save_memory(model, null_mut(), 0, &raw mut needed) });
    let mut bytes = vec![0u8; needed as usize];
    let buffer = bytes.as_mut_ptr().cast();
    ok(unsafe { tsp_model_save_memory(model, buffer, needed, &raw mut needed) });
    bytes
}

fn from_memory(content: &[u8]) -> Owned<tsp_model> {
    let (data, size) = (content.as_ptr().cast(), content.len() as u64);
    Owned::new(
        |out| unsafe { tsp_model_load_memory(data, size, null(), out) },
        tsp_model_destroy,
    )
}

/// Handles that a progress function lets another thread try.
struct Tried {
    inspector: Owned<tsp_inspector>,
    result: Owned<tsp_result>,
    image: tsp_image,
    busy: AtomicU64,
}

// The picture's pixels outlive the calls.
unsafe impl Sync for Tried {}

/// While the inspector is at work here, all that changes it is refused on another thread.
unsafe extern "C" fn try_elsewhere(tried: *mut c_void, _: *const c_char, _: u64, _: u64) -> i32 {
    let tried = unsafe { &*tried.cast::<Tried>() };
    let statuses = std::thread::scope(|scope| {
        let another = scope.spawn(|| unsafe {
            let handle = tried.inspector.0;
            let mut timing: tsp_timing = sized();
            [
                tsp_inspector_inspect(handle, &raw const tried.image, null(), tried.result.0),
                tsp_inspector_set_thresholds(handle, 1.0, 1.0),
                tsp_inspector_warm_up(handle, TSP_FORMAT_RGB8, 96, 64),
                tsp_inspector_timing(handle, &raw mut timing),
            ]
        });
        another.join().unwrap()
    });
    let busy = statuses
        .iter()
        .filter(|status| **status == tsp_status::TSP_E_BUSY);
    tried.busy.fetch_add(busy.count() as u64, Ordering::Relaxed);
    0
}

#[test]
fn inspector_at_work_is_busy_for_every_other_thread_and_finds_what_it_would_have_found() {
    let (model, picture) = (model(12), parts::defective(100));
    let expected = score(model.0, &picture);
    let (own, image) = (new_result(), rgb(&picture));
    let tried = Tried {
        inspector: inspector(model.0),
        result: new_result(),
        image,
        busy: AtomicU64::new(0),
    };
    let user_data = (&raw const tried).cast_mut().cast();
    let handle = tried.inspector.0;
    ok(unsafe { tsp_inspector_set_progress(handle, Some(try_elsewhere), user_data) });
    let (images, results) = ([&raw const image], [own.0]);
    ok(unsafe {
        let (images, results) = (images.as_ptr(), results.as_ptr());
        tsp_inspector_inspect_batch(handle, images, null(), 1, results, null_mut())
    });
    // Before the picture and after it, four calls each.
    assert_eq!(tried.busy.load(Ordering::Relaxed), 8);
    assert_eq!(summary(own.0).score.to_bits(), expected);
    let mut nothing: tsp_summary = sized();
    let status = unsafe { tsp_result_summary(tried.result.0, &raw mut nothing) };
    assert_eq!(status, tsp_status::TSP_E_STATE);
}

/// Cancels at the call whose number it is told.
unsafe extern "C" fn cancel_at(left: *mut c_void, _: *const c_char, _: u64, _: u64) -> i32 {
    let left = unsafe { &mut *left.cast::<u64>() };
    *left = left.wrapping_sub(1);
    i32::from(*left == 0)
}

#[test]
fn fit_that_is_cancelled_anywhere_can_be_done_again_and_makes_the_same_model() {
    let options = options(&[]);
    let expected = content(model(6).0);
    let fit_on_a_thread = || {
        let fitter = fitter(&options, 6);
        let mut cancelled = 0;
        for call in 1.. {
            let mut left: u64 = call;
            let user_data = (&raw mut left).cast();
            ok(unsafe { tsp_fitter_set_progress(fitter.0, Some(cancel_at), user_data) });
            let mut out = null_mut();
            match unsafe { tsp_fitter_fit(fitter.0, &raw mut out) } {
                tsp_status::TSP_E_CANCELLED => {
                    assert!(out.is_null());
                    cancelled += 1;
                }
                status => {
                    ok(status);
                    let fitted = Owned::new(
                        |handle| {
                            unsafe { *handle = out };
                            tsp_status::TSP_OK
                        },
                        tsp_model_destroy,
                    );
                    assert!(content(fitted.0) == expected, "another model");
                    break;
                }
            }
        }
        cancelled
    };
    let counts: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(fit_on_a_thread)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    println!("cancelled {counts:?} times");
    assert!(counts.iter().all(|count| *count >= 2), "{counts:?}");
}
