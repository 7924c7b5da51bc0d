//! What is wrong with a picture, and how good parts drift.

use std::ptr::{null, null_mut};

use twinspect::ffi::*;

use super::parts::{HEIGHT, WIDTH, fit, fitter, inspected, inspector, model, part, rgb, summary};
use super::{Owned, fails, json, new_options, new_result, ok, sized};

const STATE: tsp_status = tsp_status::TSP_E_STATE;

fn health(result: &Owned<tsp_result>) -> tsp_health {
    let mut health = sized();
    ok(unsafe { tsp_result_health(result.0, &raw mut health) });
    health
}

fn drift(inspector: &Owned<tsp_inspector>) -> tsp_drift {
    let mut drift = sized();
    ok(unsafe { tsp_inspector_drift(inspector.0, &raw mut drift) });
    drift
}

/// The part with a quarter of the light.
fn dark() -> Vec<u8> {
    part(61, false).iter().map(|value| value / 4).collect()
}

#[test]
fn part_is_fine_and_a_dark_one_undecided_with_numbers_limits_and_words() {
    let Some(model) = model() else { return };
    let good = inspected(model, &part(60, false));
    let (found, numbers) = (summary(good.0), health(&good));
    assert_eq!((found.health, found.repeats, numbers.findings), (0, 0, 0));
    assert_eq!((numbers.limits_known, numbers.images), (1, 12));
    assert!(
        numbers.brightness_low < numbers.brightness && numbers.brightness < numbers.brightness_high
    );
    assert!(numbers.contrast_low < numbers.contrast && numbers.sharpness_low < numbers.sharpness);
    assert!(numbers.black <= numbers.black_high && numbers.saturated <= numbers.saturated_high);
    assert!((numbers.proportions - WIDTH as f32 / HEIGHT as f32).abs() < 1e-6);
    assert!(numbers.proportions_low < 1.5 && 1.5 < numbers.proportions_high);

    let dark = inspected(model, &dark());
    let (found, numbers) = (summary(dark.0), health(&dark));
    assert_eq!(found.verdict, TSP_VERDICT_UNDECIDED);
    assert_eq!(found.health, numbers.findings);
    assert_eq!(found.health & TSP_HEALTH_TOO_DARK, TSP_HEALTH_TOO_DARK);
    assert!(found.score > 0.0 && numbers.brightness < numbers.brightness_low);
    let said = json(|buffer, capacity, needed| unsafe {
        tsp_result_to_json(dark.0, buffer, capacity, needed)
    });
    let said = &said["health"];
    assert_eq!(said["findings"][0], "too_dark");
    let advice = said["advice"][0].as_str().unwrap();
    assert!(
        advice.starts_with("too dark: brightness 0.") && advice.contains("exposure"),
        "{advice}"
    );
    let low = said["brightness"]["low"].as_f64().unwrap();
    assert!((low - f64::from(numbers.brightness_low)).abs() < 1e-6);
    assert!(said["contrast"]["high"].is_null());
}

#[test]
fn caller_of_before_health_gets_as_much_as_it_knows() {
    let Some(model) = model() else { return };
    let result = inspected(model, &dark());
    let mut old: tsp_summary = sized();
    (old.struct_size, old.health, old.repeats) = (48, 77, 78);
    ok(unsafe { tsp_result_summary(result.0, &raw mut old) });
    assert_eq!(old.verdict, TSP_VERDICT_UNDECIDED);
    assert_eq!((old.struct_size, old.health, old.repeats), (48, 77, 78));
}

#[test]
fn option_leaves_the_verdict_to_the_score_and_counts_repeats() {
    let Some(model) = model() else { return };
    let options = new_options();
    ok(unsafe { tsp_options_set_text(options.0, c"health".as_ptr(), c"report".as_ptr()) });
    ok(unsafe { tsp_options_set_int(options.0, c"health.repeats".as_ptr(), 1) });
    let inspector = Owned::new(
        |out| unsafe { tsp_inspector_create(model, options.0, out) },
        tsp_inspector_destroy,
    );
    let (result, pixels) = (new_result(), part(60, false));
    let inspect = || {
        let status = unsafe { tsp_inspector_inspect(inspector.0, &rgb(&pixels), null(), result.0) };
        ok(status);
        summary(result.0)
    };
    let (first, second) = (inspect(), inspect());
    assert_eq!((first.health, first.repeats), (0, 0));
    assert_eq!((second.health, second.repeats), (TSP_HEALTH_REPEATED, 1));
    assert_eq!(
        (first.verdict, second.verdict),
        (TSP_VERDICT_GOOD, TSP_VERDICT_GOOD)
    );
    assert_eq!(
        drift(&inspector).parts,
        1,
        "what is found counts for no drift"
    );
}

#[test]
fn good_parts_are_counted_until_the_drift_is_reset() {
    let Some(model) = model() else { return };
    let (inspector, result) = (inspector(model), new_result());
    let mut good = 0;
    for seed in 60..64 {
        let pixels = part(seed, seed == 62);
        ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&pixels), null(), result.0) });
        good += u64::from(summary(result.0).verdict == TSP_VERDICT_GOOD);
    }
    let found = drift(&inspector);
    assert!(good > 0 && found.parts == good, "{good} {}", found.parts);
    assert_eq!((found.found, found.found_at), (0, 0));
    assert!(found.references >= 5 && found.window == 50);
    assert_eq!((found.cusum_limit, found.ks_least_p), (10.0, 0.001));
    assert!(found.ks_distance.is_nan() && found.ks_p.is_nan());
    ok(unsafe { tsp_inspector_reset_drift(inspector.0) });
    assert_eq!(drift(&inspector).parts, 0);
}

#[test]
fn null_wrong_handles_order_and_too_few_images_are_told() {
    let result = new_result();
    fails(
        unsafe { tsp_result_health(result.0, &mut sized()) },
        STATE,
        "nothing was inspected",
    );
    let null_argument = tsp_status::TSP_E_NULL_ARGUMENT;
    fails(
        unsafe { tsp_result_health(null(), &mut sized()) },
        null_argument,
        "result",
    );
    fails(
        unsafe { tsp_result_health(result.0, null_mut()) },
        null_argument,
        "out",
    );
    fails(
        unsafe { tsp_inspector_drift(null(), &mut sized()) },
        null_argument,
        "inspector",
    );
    fails(
        unsafe { tsp_inspector_reset_drift(null_mut()) },
        null_argument,
        "inspector",
    );
    let wrong = result.0.cast::<tsp_inspector>();
    fails(
        unsafe { tsp_inspector_drift(wrong, &mut sized()) },
        tsp_status::TSP_E_INVALID_HANDLE,
        "inspector",
    );
    let Some(few) = fitter(3) else { return };
    let inspector = inspector(fit(&few).0);
    for status in [
        unsafe { tsp_inspector_drift(inspector.0, &mut sized()) },
        unsafe { tsp_inspector_reset_drift(inspector.0) },
    ] {
        fails(status, STATE, "too few normal images");
    }
    let mut small: tsp_drift = sized();
    small.struct_size = 40;
    fails(
        unsafe { tsp_inspector_drift(inspector.0, &raw mut small) },
        tsp_status::TSP_E_INVALID_ARGUMENT,
        "struct_size",
    );
}
