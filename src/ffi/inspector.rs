//! Inspecting.
//!
//! One inspector a thread; all of them share one model.

use std::ffi::c_char;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use super::growing::StructOutput;
use super::guard::guard;
use super::handle::{Object, create, destroy, exclusive, find, shared};
use super::image::{pixel_format, read_image, read_mask, tsp_pixel_format};
use super::model::SharedModel;
use super::options::options_or_default;
use super::picture_file::PictureFile;
use super::progress::Watcher;
use super::result::{Inspected, SharedResult};
use super::status::tsp_status;
use super::structs::{tsp_image, tsp_inspector, tsp_model, tsp_options, tsp_result, tsp_timing};
use super::threshold::threshold;
use crate::error::{Error, ErrorKind, Result};
use crate::image::{ImageView, Mask};
use crate::model::Inspector;
use crate::model::timing::{Stage, Timing};
use crate::verdict::Drift;

/// An inspector with what a call needs beside it.
pub struct Work {
    pub inspector: Inspector,
    pub max_pixels: u64,
    /// Of batches.
    pub watcher: Watcher,
}

/// An inspector behind a handle.
pub struct SharedInspector(pub RwLock<Work>);

impl Object for SharedInspector {
    type Handle = tsp_inspector;
    const NAME: &'static str = "tsp_inspector";
}

impl Work {
    /// Inspects a caller's picture into a caller's result.
    ///
    /// # Safety
    /// `image` and `mask` are null or as [`read_image`] needs them, during the call.
    pub unsafe fn inspect(
        &mut self,
        image: *const tsp_image,
        mask: *const tsp_image,
        result: *mut tsp_result,
    ) -> Result<()> {
        // SAFETY: the caller promises it.
        let view = unsafe { read_image(image, self.max_pixels, "image") }?;
        // SAFETY: as above.
        let mask = unsafe { read_mask(mask, self.max_pixels) }?;
        self.inspect_view(&view, mask.as_ref(), result)
    }

    /// How the scores of good parts compare; none if there is too little to compare with.
    pub fn drift(&self) -> Option<&Drift> {
        self.inspector.drift()
    }

    /// Compares anew.
    pub fn reset_drift(&mut self) {
        self.inspector.reset_drift();
    }

    fn inspect_view(
        &mut self,
        view: &ImageView<'_>,
        mask: Option<&Mask<'_>>,
        result: *mut tsp_result,
    ) -> Result<()> {
        let result = find::<SharedResult>(result, "result")?;
        let mut result = exclusive(&result.0, "result")?;
        let inspection = self.inspector.inspect(view, mask)?;
        *result = Some(Inspected::by_model(inspection, self.inspector.model())?);
        Ok(())
    }
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
            watcher: Watcher::NOBODY,
        })))
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

/// Inspects a made-up picture of this format and size, so that the next picture does not have to wait until memory, threads
/// and kernels are ready. Thresholds, results and timing stay as they are.
///
/// Errors: INVALID_ARGUMENT for an unknown format, IMAGE_SIZE, MEMORY, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_warm_up(
    inspector: *mut tsp_inspector,
    format: tsp_pixel_format,
    width: u32,
    height: u32,
) -> tsp_status {
    guard(|| {
        let inspector = find::<SharedInspector>(inspector, "inspector")?;
        let format = pixel_format(format, "format")?;
        exclusive(&inspector.0, "inspector")?
            .inspector
            .warm_up(format, width, height)
    })
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
        let mut work = exclusive(&inspector.0, "inspector")?;
        // SAFETY: the caller passes NULL or pictures whose rows may be read during the call.
        unsafe { work.inspect(image, mask, result) }
    })
}

/// Inspects a picture file: PNG, JPEG, BMP, TIFF, WebP, PGM or PPM, as tsp_fitter_add_file reads them.
///
/// mask_path: an 8-bit gray picture of the same size, non-zero = inspect; NULL = all. result: as tsp_inspector_inspect.
/// Errors: NOT_FOUND, IO, and those of tsp_inspector_inspect; the error's where is the file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_inspect_file(
    inspector: *mut tsp_inspector,
    path: *const c_char,
    mask_path: *const c_char,
    result: *mut tsp_result,
) -> tsp_status {
    guard(|| {
        let inspector = find::<SharedInspector>(inspector, "inspector")?;
        let mut work = exclusive(&inspector.0, "inspector")?;
        // SAFETY: the caller passes NULL or NUL-terminated texts.
        let file = unsafe { PictureFile::read(path, mask_path, work.max_pixels) }?;
        file.with(|view, mask| work.inspect_view(view, mask, result))
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

/// How long the stages of the last picture took that was inspected without failure.
///
/// A GPU works on while the program goes on: then a stage's time is what was waited for during it, and the sum is right.
/// Errors: STATE before the first picture, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_timing(
    inspector: *const tsp_inspector,
    out: *mut tsp_timing,
) -> tsp_status {
    guard(|| {
        let inspector = find::<SharedInspector>(inspector, "inspector")?;
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        let timing = shared(&inspector.0, "inspector")?.inspector.timing();
        let Some(timing) = timing else {
            let message = "the inspector has not inspected a picture yet";
            return Err(
                Error::new(ErrorKind::State, message).hint("Call tsp_inspector_inspect first.")
            );
        };
        out.set(timing_in_ms(&timing));
        Ok(())
    })
}

fn timing_in_ms(timing: &Timing) -> tsp_timing {
    let ms = |duration: Duration| 1e3 * duration.as_secs_f64();
    tsp_timing {
        struct_size: 0,
        reserved: 0,
        total_ms: ms(timing.total()),
        preprocess_ms: ms(timing.of(Stage::Preprocess)),
        backbone_ms: ms(timing.of(Stage::Backbone)),
        matching_ms: ms(timing.of(Stage::Matching)),
        statistics_ms: ms(timing.of(Stage::Statistics)),
        map_ms: ms(timing.of(Stage::Map)),
        verdict_ms: ms(timing.of(Stage::Verdict)),
    }
}

/// Frees the inspector; NULL is fine. Results live on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_destroy(inspector: *mut tsp_inspector) {
    destroy::<SharedInspector>(inspector);
}
