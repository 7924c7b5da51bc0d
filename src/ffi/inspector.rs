//! Inspecting.
//!
//! One inspector a thread; all of them share one model.

use std::sync::{Arc, RwLock};

use super::found::Found;
use super::guard::guard;
use super::handle::{Object, create, destroy, exclusive, find};
use super::image::{read_image, read_mask};
use super::model::SharedModel;
use super::options::options_or_default;
use super::result::SharedResult;
use super::status::tsp_status;
use super::structs::{tsp_image, tsp_inspector, tsp_model, tsp_options, tsp_result};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Inspector;

struct Work {
    inspector: Inspector,
    max_pixels: u64,
}

struct SharedInspector(RwLock<Work>);

impl Object for SharedInspector {
    type Handle = tsp_inspector;
    const NAME: &'static str = "tsp_inspector";
}

/// Makes an inspector. Free it with tsp_inspector_destroy; the model may be destroyed before.
///
/// options: NULL = the defaults; those of scope FIT come from the model. Errors: DEVICE, MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_create(
    model: *const tsp_model,
    options: *const tsp_options,
    out: *mut *mut tsp_inspector,
) -> tsp_status {
    let make = || {
        let model = find::<SharedModel>(model, "model")?;
        let options = options_or_default(options)?;
        let inspector = Inspector::new(Arc::clone(&model.0), &options)?;
        Ok(SharedInspector(RwLock::new(Work {
            inspector,
            max_pixels: options.int("image.max_pixels")? as u64,
        })))
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

/// Inspects a picture.
///
/// mask: what of it is inspected; NULL = all. result: what was found replaces what was in it; it stays as it was if the
/// call fails. A bad part is no error: see the verdict of tsp_result_summary.
/// Errors: IMAGE, IMAGE_SIZE, INVALID_ARGUMENT, UNSUPPORTED, NUMERIC, MEMORY, BUSY for inspector or result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_inspect(
    inspector: *mut tsp_inspector,
    image: *const tsp_image,
    mask: *const tsp_image,
    result: *mut tsp_result,
) -> tsp_status {
    guard(|| {
        let inspector = find::<SharedInspector>(inspector, "inspector")?;
        let result = find::<SharedResult>(result, "result")?;
        let mut work = exclusive(&inspector.0, "inspector")?;
        let mut result = exclusive(&result.0, "result")?;
        // SAFETY: the caller passes NULL or pictures whose rows may be read during the call.
        let view = unsafe { read_image(image, work.max_pixels, "image") }?;
        // SAFETY: as above.
        let mask = unsafe { read_mask(mask, work.max_pixels) }?;
        let inspection = work.inspector.inspect(&view, mask.as_ref())?;
        *result = Some(Found::new(inspection)?);
        Ok(())
    })
}

/// Uses other thresholds than the model's from the next picture on: image for the score, pixel for the anomaly map.
/// NaN puts the model's own back. Errors: INVALID_ARGUMENT for one that is infinite, or 0 or less; BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_set_thresholds(
    inspector: *mut tsp_inspector,
    image: f32,
    pixel: f32,
) -> tsp_status {
    guard(|| {
        let inspector = find::<SharedInspector>(inspector, "inspector")?;
        let (image, pixel) = (threshold(image, "image")?, threshold(pixel, "pixel")?);
        exclusive(&inspector.0, "inspector")?
            .inspector
            .set_thresholds(image, pixel);
        Ok(())
    })
}

fn threshold(value: f32, argument: &str) -> Result<Option<f32>> {
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

/// Frees the inspector; NULL is fine. Results live on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_destroy(inspector: *mut tsp_inspector) {
    destroy::<SharedInspector>(inspector);
}
