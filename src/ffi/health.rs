//! Health and drift.
//!
//! Whether a picture is one that a verdict can be given on, and whether good parts still score as they did. A camera that is
//! covered, out of focus or set otherwise delivers pictures that no model knows: each is held against the frames of the
//! normal images, and what lies outside has the verdict UNDECIDED, with its score and map all the same. The option health =
//! report leaves the verdict to the score. docs/health.md says what is measured, the limits and what to do.

use super::found::Found;
use super::growing::StructOutput;
use super::guard::guard;
use super::handle::{exclusive, find, shared};
use super::inspector::SharedInspector;
use super::result::with_found;
use super::status::tsp_status;
use super::structs::{tsp_drift, tsp_health, tsp_inspector, tsp_result};
use crate::error::{Error, ErrorKind, Result};
use crate::verdict::{Drift, Finding, Health};

/// Nothing is wrong with the picture.
pub const TSP_HEALTH_NONE: u32 = 0;
/// Darker than the normal images.
pub const TSP_HEALTH_TOO_DARK: u32 = 1;
/// Brighter than the normal images.
pub const TSP_HEALTH_TOO_BRIGHT: u32 = 2;
/// More of it is black: the lens is covered, or the frame has arrived in part.
pub const TSP_HEALTH_BLACK: u32 = 4;
/// More of it is saturated.
pub const TSP_HEALTH_SATURATED: u32 = 8;
/// Less contrast than the normal images: nothing is seen.
pub const TSP_HEALTH_FLAT: u32 = 16;
/// Less sharp than the normal images.
pub const TSP_HEALTH_BLURRED: u32 = 32;
/// The same picture came right before, as often as the option health.repeats says.
pub const TSP_HEALTH_REPEATED: u32 = 64;
/// Width and height are in another proportion than those of the normal images.
pub const TSP_HEALTH_PROPORTIONS: u32 = 128;

const _: () = assert!(
    Finding::TooDark as u32 == TSP_HEALTH_TOO_DARK
        && Finding::TooBright as u32 == TSP_HEALTH_TOO_BRIGHT
        && Finding::Black as u32 == TSP_HEALTH_BLACK
        && Finding::Saturated as u32 == TSP_HEALTH_SATURATED
        && Finding::Flat as u32 == TSP_HEALTH_FLAT
        && Finding::Blurred as u32 == TSP_HEALTH_BLURRED
        && Finding::Repeated as u32 == TSP_HEALTH_REPEATED
        && Finding::Proportions as u32 == TSP_HEALTH_PROPORTIONS
);

/// No drift was found.
pub const TSP_DRIFT_NONE: u32 = 0;
/// The CUSUM of the scores has reached its limit: good parts score higher than the normal images did.
pub const TSP_DRIFT_RISE: u32 = 1;
/// A window of good parts has other scores than the normal images, by the Kolmogorov-Smirnov test.
pub const TSP_DRIFT_CHANGE: u32 = 2;

/// What the picture is like and what is wrong with it; tsp_result_to_json says it in words.
///
/// Errors: STATE, also after a comparison of gray values by a variation model, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_health(
    result: *const tsp_result,
    out: *mut tsp_health,
) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        with_found(result, |found: &Found| {
            out.set(health_in_c(found.health()?));
            Ok(())
        })
    })
}

fn health_in_c(health: &Health) -> tsp_health {
    let limit = |value: Option<f32>| value.filter(|value| value.is_finite()).unwrap_or(f32::NAN);
    let low = health.limits.map(|limits| limits.low);
    let high = health.limits.map(|limits| limits.high);
    let frame = &health.frame;
    tsp_health {
        struct_size: 0,
        findings: health.bits(),
        limits_known: health.limits.is_some().into(),
        repeats: health.repeats,
        brightness: frame.brightness,
        brightness_low: limit(low.map(|low| low.brightness)),
        brightness_high: limit(high.map(|high| high.brightness)),
        contrast: frame.contrast,
        contrast_low: limit(low.map(|low| low.contrast)),
        sharpness: frame.sharpness,
        sharpness_low: limit(low.map(|low| low.sharpness)),
        black: frame.black,
        black_high: limit(high.map(|high| high.black)),
        saturated: frame.saturated,
        saturated_high: limit(high.map(|high| high.saturated)),
        proportions: frame.proportions,
        proportions_low: limit(low.map(|low| low.proportions)),
        proportions_high: limit(high.map(|high| high.proportions)),
        images: health.limits.map_or(0, |limits| limits.images as u32),
        reserved: 0,
    }
}

/// How the scores of the pictures that this inspector has found good compare with those of the normal images, each of which
/// was scored against the others: a one-sided CUSUM and a two-sample Kolmogorov-Smirnov test on their logarithms.
///
/// Counted are pictures of verdict GOOD with which nothing is wrong. Other thresholds (tsp_inspector_set_thresholds) begin
/// anew. Errors: STATE if the model has fewer than 5 such normal images, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_drift(
    inspector: *const tsp_inspector,
    out: *mut tsp_drift,
) -> tsp_status {
    guard(|| {
        let inspector = find::<SharedInspector>(inspector, "inspector")?;
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        let work = shared(&inspector.0, "inspector")?;
        out.set(drift_in_c(known(work.drift())?));
        Ok(())
    })
}

/// Begins the comparison anew with the next picture, as after the lamp was changed. Errors: as tsp_inspector_drift.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_reset_drift(inspector: *mut tsp_inspector) -> tsp_status {
    guard(|| {
        let inspector = find::<SharedInspector>(inspector, "inspector")?;
        let mut work = exclusive(&inspector.0, "inspector")?;
        known(work.drift())?;
        work.reset_drift();
        Ok(())
    })
}

/// Errors: `State` if the model has too few scores to compare with.
fn known(drift: Option<&Drift>) -> Result<&Drift> {
    drift.ok_or_else(|| {
        let message = "the model has too few normal images below the threshold to see a drift";
        Error::new(ErrorKind::State, message).hint("Fit more good parts; some 25 or more.")
    })
}

fn drift_in_c(drift: &Drift) -> tsp_drift {
    let found = |at: Option<u64>, bit: u32| if at.is_some() { bit } else { 0 };
    let comparison = drift.comparison();
    tsp_drift {
        struct_size: 0,
        found: found(drift.rise_at(), TSP_DRIFT_RISE) | found(drift.change_at(), TSP_DRIFT_CHANGE),
        parts: drift.parts(),
        found_at: drift.found_at().unwrap_or(0),
        rising_since: drift.rising_since().unwrap_or(0),
        cusum: drift.cusum(),
        cusum_limit: drift.limit(),
        cusum_allowance: drift.allowance(),
        ks_distance: comparison.map_or(f64::NAN, |found| found.distance),
        ks_p: comparison.map_or(f64::NAN, |found| found.p),
        ks_least_p: drift.least_p(),
        window: drift.window() as u32,
        references: drift.references() as u32,
    }
}
