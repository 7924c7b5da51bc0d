//! Thresholds of the program's own: from scores, and as a model with others.

use std::ptr::{null, null_mut};

use serde_json::Value;
use twinspect::ffi::*;
use twinspect::verdict::{Calibration, Separation};

use super::parts::{inspected, model, part, summary};
use super::{Owned, fails, json, ok, sized};

const GOOD: [f32; 6] = [4.0, 6.0, 5.0, 5.5, 4.5, 7.0];
const BAD: [f32; 3] = [6.5, 20.0, 12.0];

fn found(scores: &[f32], labels: Option<&[u8]>, rate: f64) -> (tsp_status, tsp_threshold) {
    let mut out: tsp_threshold = sized();
    let labels = labels.map_or(null(), <[u8]>::as_ptr);
    let count = scores.len() as u64;
    let status =
        unsafe { tsp_threshold_from_scores(scores.as_ptr(), labels, count, rate, &raw mut out) };
    (status, out)
}

fn labelled() -> (Vec<f32>, Vec<u8>) {
    let labels = [0; GOOD.len()].into_iter().chain([7; BAD.len()]);
    ([&GOOD[..], &BAD].concat(), labels.collect())
}

#[test]
fn good_scores_give_the_calibrated_threshold_and_defective_ones_are_counted() {
    let expected = Calibration {
        scores: &GOOD,
        false_alarm_rate: 0.05,
    };
    let expected = expected.calibrated().unwrap();
    let (scores, labels) = labelled();
    let (alone, with_bad) = (
        found(&GOOD, None, 0.05),
        found(&scores, Some(&labels), 0.05),
    );
    for (status, found) in [alone, with_bad] {
        ok(status);
        assert_eq!(found.threshold, expected.threshold);
        assert_eq!(
            (found.rate_low, found.rate_high, found.images_needed),
            (expected.interval.0, expected.interval.1, 400)
        );
        assert_eq!(found.method, TSP_METHOD_TAIL);
        assert_eq!(found.false_alarms, 0);
    }
    let missed = BAD.iter().filter(|score| **score < expected.threshold);
    assert_eq!(
        (alone.1.misses, with_bad.1.misses),
        (0, missed.count() as u64)
    );
}

#[test]
fn method_says_how_far_a_threshold_can_be_relied_on() {
    let scores: Vec<f32> = (1..=600).map(|score| score as f32).collect();
    for (scores, expected) in [
        (&scores[..], TSP_METHOD_COUNTED),
        (&scores[550..], TSP_METHOD_TAIL),
        (&scores[597..], TSP_METHOD_LOG_NORMAL),
    ] {
        let (status, found) = found(scores, None, 0.05);
        ok(status);
        assert_eq!(found.method, expected);
    }
}

#[test]
fn rate_of_0_lies_between_good_and_defective_parts() {
    let (scores, labels) = labelled();
    let expected = Separation {
        good: &GOOD,
        bad: &BAD,
        cost: 1.0,
    };
    let expected = expected.threshold().unwrap();
    let (status, found) = found(&scores, Some(&labels), 0.0);
    ok(status);
    assert_eq!(
        (found.threshold, found.method),
        (expected, TSP_METHOD_BETWEEN)
    );
    assert_eq!((found.false_alarms, found.misses), (1, 0));
    assert!(found.rate_low.is_nan() && found.rate_high.is_nan() && found.images_needed == 0);
}

#[test]
fn scores_may_lie_anywhere_in_memory() {
    let bytes: Vec<u8> = GOOD.iter().flat_map(|score| score.to_ne_bytes()).collect();
    let shifted = [&[0u8][..], &bytes].concat();
    let mut out: tsp_threshold = sized();
    ok(unsafe {
        tsp_threshold_from_scores(shifted[1..].as_ptr().cast(), null(), 6, 0.05, &raw mut out)
    });
    assert_eq!(out.threshold, found(&GOOD, None, 0.05).1.threshold);
}

#[test]
fn scores_that_give_no_threshold_are_refused_and_leave_the_output() {
    let invalid = tsp_status::TSP_E_INVALID_ARGUMENT;
    for rate in [-0.1, 1e-7, 0.51, f64::NAN, f64::INFINITY] {
        let (status, out) = found(&GOOD, None, rate);
        fails(status, invalid, "0.000001 to 0.5");
        assert_eq!(out.method, 0);
    }
    let few = tsp_status::TSP_E_TOO_FEW_IMAGES;
    fails(found(&GOOD[..1], None, 0.05).0, few, "needs 2");
    fails(found(&GOOD[..2], None, 1e-6).0, few, "too few");
    fails(found(&GOOD, None, 0.0).0, few, "no defective part");
    fails(found(&BAD, Some(&[1; 3]), 0.0).0, few, "no good part");
    let numeric = tsp_status::TSP_E_NUMERIC;
    fails(found(&[1.0, f32::NAN], None, 0.05).0, numeric, "NaN");
    fails(found(&[1.0, -2.0], None, 0.05).0, numeric, "-2");
    let mut out: tsp_threshold = sized();
    let call = |scores, count| unsafe {
        tsp_threshold_from_scores(scores, null(), count, 0.05, &raw mut out)
    };
    let mut call = call;
    fails(call(GOOD.as_ptr(), u64::MAX), invalid, "more than memory");
    fails(call(null(), 6), tsp_status::TSP_E_NULL_ARGUMENT, "scores");
}

fn with_thresholds(model: *const tsp_model, image: f32, pixel: f32) -> Owned<tsp_model> {
    Owned::new(
        |out| unsafe { tsp_model_with_thresholds(model, image, pixel, out) },
        tsp_model_destroy,
    )
}

fn described(model: *const tsp_model) -> Value {
    json(|buffer, capacity, needed| unsafe { tsp_model_describe(model, buffer, capacity, needed) })
}

#[test]
fn model_with_other_thresholds_scores_alike_and_judges_by_them() {
    let Some(model) = model() else { return };
    let pixels = part(80, false);
    let own = summary(inspected(model, &pixels).0);
    let strict = with_thresholds(model, own.score / 2.0, f32::NAN);
    let judged = summary(inspected(strict.0, &pixels).0);
    assert_eq!(
        (judged.score, judged.threshold, judged.pixel_threshold),
        (own.score, own.score / 2.0, own.pixel_threshold)
    );
    assert_eq!(
        (own.verdict, judged.verdict),
        (TSP_VERDICT_GOOD, TSP_VERDICT_DEFECT)
    );
    // The model itself, and one whose thresholds are kept, say what they said.
    assert_eq!(summary(inspected(model, &pixels).0).verdict, own.verdict);
    let kept = with_thresholds(model, f32::NAN, f32::NAN);
    assert_eq!(described(kept.0), described(model));

    let (before, after) = (described(model), described(strict.0));
    assert_eq!(
        after["calibration"]["pixel"],
        before["calibration"]["pixel"]
    );
    assert_eq!(after["calibration"]["image"], Value::Null);
    assert_eq!(after["calibration"]["moved"]["good"], 0);
}

#[test]
fn model_with_other_thresholds_goes_through_its_file() {
    let Some(model) = model() else { return };
    let moved = with_thresholds(model, 3.5, 4.5);
    let mut needed = 0;
    ok(unsafe { tsp_model_save_memory(moved.0, null_mut(), 0, &mut needed) });
    let mut bytes = vec![0u8; needed as usize];
    ok(unsafe { tsp_model_save_memory(moved.0, bytes.as_mut_ptr().cast(), needed, null_mut()) });
    let load = |out| unsafe { tsp_model_load_memory(bytes.as_ptr().cast(), needed, null(), out) };
    let read = Owned::new(load, tsp_model_destroy);
    let mut info: tsp_model_summary = sized();
    ok(unsafe { tsp_model_info(read.0, &raw mut info) });
    assert_eq!((info.threshold, info.pixel_threshold), (3.5, 4.5));
}

#[test]
fn thresholds_that_are_none_are_refused() {
    let Some(model) = model() else { return };
    let mut out = std::ptr::dangling_mut();
    for (image, pixel, part) in [
        (0.0, 1.0, "threshold image is 0"),
        (1.0, -1.0, "threshold pixel is -1"),
        (f32::INFINITY, 1.0, "threshold image is inf"),
    ] {
        let status = unsafe { tsp_model_with_thresholds(model, image, pixel, &raw mut out) };
        fails(status, tsp_status::TSP_E_INVALID_ARGUMENT, part);
        assert!(out.is_null());
    }
}
