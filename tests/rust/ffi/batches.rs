//! Several pictures in one call; warming up and timing.

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};

use twinspect::ffi::tsp_status::*;
use twinspect::ffi::*;

use super::parts::{HEIGHT, WIDTH, inspected, inspector, model, part, rgb, summary};
use super::{Owned, fails, last_code, last_message, new_result, ok, sized, text};

const COUNT: usize = 4;

/// Four parts, the second and the last of them defective, and a result for each.
struct Batch {
    pixels: Vec<Vec<u8>>,
    images: Vec<tsp_image>,
    results: Vec<Owned<tsp_result>>,
    statuses: [tsp_status; COUNT],
}

impl Batch {
    fn new() -> Self {
        let pixels: Vec<Vec<u8>> = (0..COUNT as u32)
            .map(|number| part(90 + number, number % 2 == 1))
            .collect();
        Self {
            images: pixels.iter().map(|pixels| rgb(pixels)).collect(),
            pixels,
            results: (0..COUNT).map(|_| new_result()).collect(),
            statuses: [TSP_E_PANIC; COUNT],
        }
    }

    fn inspect(
        &mut self,
        inspector: *mut tsp_inspector,
        masks: Option<&[*const tsp_image]>,
    ) -> tsp_status {
        let images: Vec<*const tsp_image> = self.images.iter().map(|image| image as _).collect();
        let results: Vec<*mut tsp_result> = self.results.iter().map(|result| result.0).collect();
        let masks = masks.map_or(null(), <[_]>::as_ptr);
        unsafe {
            tsp_inspector_inspect_batch(
                inspector,
                images.as_ptr(),
                masks,
                COUNT as u64,
                results.as_ptr(),
                self.statuses.as_mut_ptr(),
            )
        }
    }

    fn score(&self, index: usize) -> u32 {
        summary(self.results[index].0).score.to_bits()
    }

    fn is_empty(&self, index: usize) -> bool {
        unsafe { tsp_result_summary(self.results[index].0, &mut sized()) == TSP_E_STATE }
    }
}

#[test]
fn batch_gives_what_single_inspections_give() {
    let Some(model) = model() else { return };
    let inspector = inspector(model);
    let mut batch = Batch::new();
    ok(batch.inspect(inspector.0, None));
    assert_eq!(batch.statuses, [TSP_OK; COUNT]);
    for index in 0..COUNT {
        let alone = inspected(model, &batch.pixels[index]);
        assert_eq!(batch.score(index), summary(alone.0).score.to_bits());
    }
}

#[test]
fn batch_of_several_lanes_gives_the_same_in_order() {
    let Some(model) = model() else { return };
    for lanes in [c"2", c"3", c"0"] {
        let options = super::new_options();
        let set = |key: &CStr, value: &CStr| unsafe {
            tsp_options_set_text(options.0, key.as_ptr(), value.as_ptr())
        };
        ok(set(c"lanes", lanes));
        let inspector = Owned::new(
            |out| unsafe { tsp_inspector_create(model, options.0, out) },
            tsp_inspector_destroy,
        );
        let mut batch = Batch::new();
        batch.images[2].width = 0;
        fails(
            batch.inspect(inspector.0, None),
            TSP_E_IMAGE_SIZE,
            "images[2]",
        );
        assert_eq!(batch.statuses, [TSP_OK, TSP_OK, TSP_E_IMAGE_SIZE, TSP_OK]);
        for index in [0, 1, 3] {
            let alone = inspected(model, &batch.pixels[index]);
            assert_eq!(batch.score(index), summary(alone.0).score.to_bits());
        }
    }
}

#[test]
fn masks_belong_to_their_pictures_and_may_be_missing() {
    let Some(model) = model() else { return };
    let inspector = inspector(model);
    let mut batch = Batch::new();
    ok(batch.inspect(inspector.0, None));
    let before: Vec<u32> = (0..COUNT).map(|index| batch.score(index)).collect();
    // The upper half alone; the spot is in the lower one.
    let bytes: Vec<u8> = (0..HEIGHT)
        .flat_map(|y| [u8::from(y < 24); WIDTH as usize])
        .collect();
    let mut mask: tsp_image = sized();
    ok(unsafe {
        tsp_image_init(
            &raw mut mask,
            TSP_FORMAT_GRAY8,
            WIDTH,
            HEIGHT,
            bytes.as_ptr().cast(),
            0,
        )
    });
    ok(batch.inspect(
        inspector.0,
        Some(&[null(), &raw const mask, null(), null()]),
    ));
    for index in [0, 2, 3] {
        assert_eq!(batch.score(index), before[index]);
    }
    assert!(batch.score(1) < before[1]);
}

#[test]
fn failure_of_one_picture_leaves_the_others_and_is_returned() {
    let Some(model) = model() else { return };
    let inspector = inspector(model);
    let mut batch = Batch::new();
    batch.images[1].white = f64::NAN;
    batch.images[2].width = 0;
    fails(
        batch.inspect(inspector.0, None),
        TSP_E_IMAGE,
        "images[1]: white",
    );
    assert_eq!(
        batch.statuses,
        [TSP_OK, TSP_E_IMAGE, TSP_E_IMAGE_SIZE, TSP_OK]
    );
    let done: Vec<bool> = (0..COUNT).map(|index| !batch.is_empty(index)).collect();
    assert_eq!(done, [true, false, false, true]);

    let mut batch = Batch::new();
    let options = super::new_options();
    let own = std::mem::replace(&mut batch.results[0].0, options.0.cast());
    let status = batch.inspect(inspector.0, None);
    batch.results[0].0 = own;
    fails(status, TSP_E_INVALID_HANDLE, "images[0]: result is not");
    assert_eq!(batch.statuses[1..], [TSP_OK; 3]);
}

#[test]
fn arrays_that_are_missing_or_impossible_fail_as_a_whole() {
    let Some(model) = model() else { return };
    let inspector = inspector(model);
    let batch = Batch::new();
    let image: *const tsp_image = &batch.images[0];
    let (images, results) = ([image], [batch.results[0].0]);
    let mut status = TSP_E_PANIC;
    let mut call = |images, results, count| unsafe {
        tsp_inspector_inspect_batch(inspector.0, images, null(), count, results, &raw mut status)
    };
    fails(
        call(null(), results.as_ptr(), 1),
        TSP_E_NULL_ARGUMENT,
        "images",
    );
    fails(
        call(images.as_ptr(), null(), 1),
        TSP_E_NULL_ARGUMENT,
        "results",
    );
    fails(
        call(images.as_ptr(), results.as_ptr(), u64::MAX / 8),
        TSP_E_INVALID_ARGUMENT,
        "more than memory",
    );
    ok(call(images.as_ptr(), results.as_ptr(), 0));
    assert_eq!(status, TSP_E_PANIC, "nothing was written");
    assert!(batch.is_empty(0));
    // Nobody has to want the statuses.
    ok(unsafe {
        let (images, results) = (images.as_ptr(), results.as_ptr());
        tsp_inspector_inspect_batch(inspector.0, images, null(), 1, results, null_mut())
    });
    assert!(!batch.is_empty(0));
}

/// What a progress function sees of a batch.
struct Watched {
    inspector: *mut tsp_inspector,
    first_result: *const tsp_result,
    cancels_from: u64,
    seen: Vec<(u64, u64)>,
    statuses: Vec<(tsp_status, tsp_status)>,
}

unsafe extern "C" fn watch(
    user_data: *mut c_void,
    stage: *const c_char,
    done: u64,
    total: u64,
) -> i32 {
    let watched = unsafe { &mut *user_data.cast::<Watched>() };
    assert_eq!(text(stage), "inspecting");
    watched.seen.push((done, total));
    watched.statuses.push(unsafe {
        (
            tsp_inspector_set_thresholds(watched.inspector, 1.0, 1.0),
            tsp_result_summary(watched.first_result, &mut sized()),
        )
    });
    i32::from(done >= watched.cancels_from)
}

fn inspect_watched(model: *const tsp_model, cancels_from: u64) -> (tsp_status, Batch, Watched) {
    let inspector = inspector(model);
    let mut batch = Batch::new();
    let mut watched = Watched {
        inspector: inspector.0,
        first_result: batch.results[0].0,
        cancels_from,
        seen: Vec::new(),
        statuses: Vec::new(),
    };
    ok(unsafe { tsp_inspector_set_progress(inspector.0, Some(watch), (&raw mut watched).cast()) });
    let status = batch.inspect(inspector.0, None);
    // The words are of this call, not of those from within it.
    assert_eq!(last_code(), status as i32, "{}", last_message());
    (status, batch, watched)
}

#[test]
fn batch_is_watched_and_its_results_can_be_read_meanwhile() {
    let Some(model) = model() else { return };
    let (status, _, watched) = inspect_watched(model, u64::MAX);
    ok(status);
    let total = COUNT as u64;
    assert_eq!(watched.seen.first(), Some(&(0, total)));
    assert_eq!(watched.seen.last(), Some(&(total, total)));
    assert!(
        watched
            .statuses
            .iter()
            .all(|(inspector, _)| *inspector == TSP_E_BUSY)
    );
    assert_eq!(watched.statuses[0].1, TSP_E_STATE);
    assert_eq!(watched.statuses.last().unwrap().1, TSP_OK);
}

#[test]
fn cancelled_batch_leaves_the_rest() {
    let Some(model) = model() else { return };
    let (status, batch, _) = inspect_watched(model, 0);
    assert_eq!(status, TSP_E_CANCELLED);
    assert_eq!(batch.statuses, [TSP_E_CANCELLED; COUNT]);
    assert!((0..COUNT).all(|index| batch.is_empty(index)));
    // At the end there is nothing left to cancel.
    let (status, batch, _) = inspect_watched(model, COUNT as u64);
    assert_eq!(status, TSP_OK);
    assert_eq!(batch.statuses, [TSP_OK; COUNT]);
}

fn timing(inspector: *const tsp_inspector) -> tsp_timing {
    let mut timing = sized();
    ok(unsafe { tsp_inspector_timing(inspector, &raw mut timing) });
    timing
}

#[test]
fn timing_is_of_the_last_picture_and_its_stages_add_up() {
    let Some(model) = model() else { return };
    let (inspector, result) = (inspector(model), new_result());
    let mut out: tsp_timing = sized();
    fails(
        unsafe { tsp_inspector_timing(inspector.0, &raw mut out) },
        TSP_E_STATE,
        "has not inspected",
    );
    fails(
        unsafe { tsp_inspector_timing(inspector.0, null_mut()) },
        TSP_E_NULL_ARGUMENT,
        "out is NULL",
    );
    let pixels = part(95, true);
    let start = std::time::Instant::now();
    ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&pixels), null(), result.0) });
    let elapsed = start.elapsed().as_secs_f64() * 1e3;
    let first = timing(inspector.0);
    let stages = [
        first.preprocess_ms,
        first.backbone_ms,
        first.matching_ms,
        first.statistics_ms,
        first.map_ms,
        first.verdict_ms,
    ];
    assert!(stages.iter().all(|ms| *ms > 0.0), "{stages:?}");
    let sum: f64 = stages.iter().sum();
    assert!((sum - first.total_ms).abs() < 1e-3, "{stages:?}");
    assert!(first.total_ms <= elapsed, "{} of {elapsed}", first.total_ms);
    fails(
        unsafe { tsp_inspector_inspect(inspector.0, null(), null(), result.0) },
        TSP_E_NULL_ARGUMENT,
        "image is NULL",
    );
    assert_eq!(
        timing(inspector.0).total_ms,
        first.total_ms,
        "a failure is no picture"
    );
}

#[test]
fn warm_up_takes_every_format_and_leaves_no_trace() {
    let Some(model) = model() else { return };
    let inspector = inspector(model);
    let warm_up = |format, width, height| unsafe {
        tsp_inspector_warm_up(inspector.0, format, width, height)
    };
    for format in TSP_FORMAT_GRAY8..=TSP_FORMAT_RGB16_PLANAR {
        ok(warm_up(format, WIDTH, HEIGHT));
    }
    ok(warm_up(TSP_FORMAT_GRAY8, 1, 3));
    fails(
        unsafe { tsp_inspector_timing(inspector.0, &mut sized()) },
        TSP_E_STATE,
        "has not inspected",
    );
    for format in [0, 10, -1] {
        fails(
            warm_up(format, WIDTH, HEIGHT),
            TSP_E_INVALID_ARGUMENT,
            "1 GRAY8",
        );
    }
    for (width, height) in [(0, 4), (4, 32769), (32768, 32768)] {
        let status = warm_up(TSP_FORMAT_GRAY8, width, height);
        assert_eq!(status, TSP_E_IMAGE_SIZE, "{}", last_message());
    }
    let (pixels, result) = (part(96, true), new_result());
    ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&pixels), null(), result.0) });
    let cold = summary(inspected(model, &pixels).0);
    assert_eq!(summary(result.0).score.to_bits(), cold.score.to_bits());
}
