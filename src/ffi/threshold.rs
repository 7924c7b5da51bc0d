//! Thresholds.
//!
//! For programs that keep the scores of pictures which the model has not learned from, and set thresholds by them. A model
//! has thresholds of its own already, found at the rate of the option verdict.false_alarm_rate.

use std::ffi::c_void;

use super::growing::StructOutput;
use super::guard::guard;
use super::status::tsp_status;
use super::structs::tsp_threshold;
use super::text::bytes_at;
use crate::error::{Error, ErrorKind, Result};
use crate::verdict::{Calibration, Method, Separation};

/// Read off the scores: as many good parts lie above it as the rate says.
pub const TSP_METHOD_COUNTED: i32 = 1;
/// Extrapolated from the highest scores of good parts.
pub const TSP_METHOD_TAIL: i32 = 2;
/// Two to four good parts: a guess, as if the logarithms of scores were normal.
pub const TSP_METHOD_LOG_NORMAL: i32 = 3;
/// Between good and defective parts.
pub const TSP_METHOD_BETWEEN: i32 = 4;

/// The rates that can be asked for, as of the option.
const RATES: std::ops::RangeInclusive<f64> = 1e-6..=0.5;

/// Finds a threshold by the scores of pictures that the model has not learned from.
///
/// scores: count of them, of images or of the highest values of anomaly maps. labels: for each 0 = of a good part, other =
/// of a defective one; NULL = all good. false_alarm_rate: share of good parts that may be called defective, 0.000001 to 0.5;
/// then the good parts alone say where the threshold lies. 0 = between the good and the defective parts: with the least sum
/// of both shares of mistakes, in the geometric middle of its gap between two scores.
///
/// Errors: INVALID_ARGUMENT for the rate or count, NUMERIC for a score that is negative or not finite, TOO_FEW_IMAGES for
/// fewer than 2 good parts, too few for the rate, or for 0 no good or no defective one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_threshold_from_scores(
    scores: *const f32,
    labels: *const u8,
    count: u64,
    false_alarm_rate: f64,
    out: *mut tsp_threshold,
) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        // SAFETY: the caller passes NULL or this many scores and labels, which nobody writes to during the call.
        let Scores { good, bad } = unsafe { Scores::read(scores, labels, count) }?;
        out.set(find(&good, &bad, false_alarm_rate)?);
        Ok(())
    })
}

/// Scores by what the parts are.
struct Scores {
    good: Vec<f32>,
    bad: Vec<f32>,
}

impl Scores {
    /// # Safety
    /// Both are null or may be read for `count` values that nobody writes to during the call.
    unsafe fn read(scores: *const f32, labels: *const u8, count: u64) -> Result<Self> {
        let size = count.saturating_mul(size_of::<f32>() as u64);
        // SAFETY: the caller promises it.
        let bytes = unsafe { bytes_at(scores.cast::<c_void>(), size, "scores") }?;
        let labels = match labels.is_null() {
            true => None,
            // SAFETY: as above.
            false => Some(unsafe { bytes_at(labels.cast(), count, "labels") }?),
        };
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        // By bytes, for a caller's array may lie anywhere.
        for (number, bytes) in bytes.as_chunks().0.iter().enumerate() {
            let is_bad = labels.is_some_and(|labels| labels[number] != 0);
            let scores = if is_bad { &mut bad } else { &mut good };
            scores.try_reserve(1).map_err(|_| {
                Error::new(ErrorKind::Memory, format!("no memory for {count} scores"))
            })?;
            scores.push(f32::from_ne_bytes(*bytes));
        }
        Ok(Self { good, bad })
    }
}

fn find(good: &[f32], bad: &[f32], false_alarm_rate: f64) -> Result<tsp_threshold> {
    if false_alarm_rate != 0.0 && !RATES.contains(&false_alarm_rate) {
        let message =
            format!("false_alarm_rate is {false_alarm_rate}, it must be 0, or 0.000001 to 0.5");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let separation = Separation {
        good,
        bad,
        cost: 1.0,
    };
    let mut found = if false_alarm_rate == 0.0 {
        between(separation)?
    } else {
        calibrated(good, false_alarm_rate)?
    };
    let mistakes = separation.mistakes(Some(found.threshold));
    found.false_alarms = mistakes.false_alarms as u64;
    found.misses = mistakes.misses as u64;
    Ok(found)
}

fn between(separation: Separation<'_>) -> Result<tsp_threshold> {
    Ok(tsp_threshold {
        method: TSP_METHOD_BETWEEN,
        threshold: separation.threshold()?,
        rate_low: f64::NAN,
        rate_high: f64::NAN,
        ..UNKNOWN
    })
}

fn calibrated(scores: &[f32], false_alarm_rate: f64) -> Result<tsp_threshold> {
    let calibration = Calibration {
        scores,
        false_alarm_rate,
    };
    let found = calibration.calibrated()?;
    Ok(tsp_threshold {
        method: match found.method {
            Method::Counted => TSP_METHOD_COUNTED,
            Method::Tail => TSP_METHOD_TAIL,
            Method::LogNormal => TSP_METHOD_LOG_NORMAL,
        },
        threshold: found.threshold,
        rate_low: found.interval.0,
        rate_high: found.interval.1,
        images_needed: found.images_needed,
        ..UNKNOWN
    })
}

const UNKNOWN: tsp_threshold = tsp_threshold {
    struct_size: 0,
    method: 0,
    threshold: 0.0,
    reserved: 0,
    rate_low: 0.0,
    rate_high: 0.0,
    images_needed: 0,
    false_alarms: 0,
    misses: 0,
};

/// A threshold that a caller has chosen; none for NaN. Errors: `InvalidArgument`.
pub fn threshold(value: f32, argument: &str) -> Result<Option<f32>> {
    match value {
        value if value.is_nan() => Ok(None),
        value if value.is_finite() && value > 0.0 => Ok(Some(value)),
        _ => {
            let message = format!(
                "the threshold {argument} is {value}, it must be finite and above 0, or NaN"
            );
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
    }
}
