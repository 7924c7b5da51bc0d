//! A comparison with a variation model on its way to the caller.

use super::found::Found;
use super::handle::{exclusive, find, shared};
use super::image::{read_image, read_mask};
use super::log::{self, TSP_LOG_INFO, TSP_LOG_WARNING};
use super::result::{Inspected, SharedResult};
use super::structs::{tsp_image, tsp_result, tsp_variation};
use super::variation::{SharedVariation, tsp_variation_sides};
use super::variation_arguments::sides;
use crate::error::Result;
use crate::legacy::Compared;
use crate::model::{Inspection, Thresholds};

/// Compares a caller's picture into a caller's result.
///
/// # Safety
/// `image` and `mask` are null or as [`read_image`] needs them.
pub unsafe fn compare(
    variation: *const tsp_variation,
    image: *const tsp_image,
    mask: *const tsp_image,
    mode: tsp_variation_sides,
    result: *mut tsp_result,
) -> Result<()> {
    let variation = find::<SharedVariation>(variation, "variation")?;
    let result = find::<SharedResult>(result, "result")?;
    let sides = sides(mode)?;
    let variation = shared(&variation.0, "variation")?;
    let mut result = exclusive(&result.0, "result")?;
    // SAFETY: the caller promises it.
    let (image, mask) = unsafe {
        (
            read_image(image, u64::MAX, "image")?,
            read_mask(mask, u64::MAX)?,
        )
    };
    let compared = variation.compare_ext(&image, mask.as_ref(), sides)?;
    say(&compared);
    *result = Some(Inspected {
        found: Found::new(inspection(compared))?,
        model: None,
    });
    Ok(())
}

/// Logs what the engines disagree about, and what could not be written down.
fn say(compared: &Compared) {
    let Some((row, written)) = &compared.shadow else {
        return;
    };
    match (&row.error, row.features_verdict) {
        (Some(error), _) => log::write(TSP_LOG_WARNING, || {
            format!("variation model: the features could not be compared: {error}")
        }),
        (None, Some(features)) if compared.agrees == Some(false) => {
            log::write(TSP_LOG_INFO, || {
                let (pixels, features) = (row.pixels_verdict.word(), features.word());
                format!("variation model: the pixels say {pixels}, the features say {features}")
            });
        }
        _ => {}
    }
    if let Err(error) = written {
        log::write(TSP_LOG_WARNING, || {
            format!("variation model: not written down: {error}")
        });
    }
}

/// A comparison in the form of an inspection.
fn inspection(compared: Compared) -> Inspection {
    let compared = compared.decided;
    Inspection {
        score: compared.score(),
        verdict: compared.verdict,
        health: compared.health,
        thresholds: Thresholds::default(),
        group: 0,
        matches: 0,
        nearest: Vec::new(),
        registration: None,
        regions: compared.regions,
        map: compared.map,
    }
}
