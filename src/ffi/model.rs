//! Models.
//!
//! A model never changes, so any number of threads may use it at once. Inspectors and fitters keep what they need of it:
//! it may be destroyed before them.

use std::ffi::{c_char, c_void};
use std::ptr::null;
use std::sync::Arc;

use super::growing::StructOutput;
use super::guard::guard;
use super::handle::{Object, create, destroy, find};
use super::image::{TSP_FORMAT_RGB8, TSP_MEMORY_HOST};
use super::log::{self, TSP_LOG_INFO, TSP_LOG_WARNING};
use super::options::options_or_default;
use super::status::tsp_status;
use super::structs::{tsp_image, tsp_model, tsp_model_summary, tsp_options};
use super::text::{Buffer, bytes_at, read_path};
use super::threshold::threshold;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, file};

/// A model behind a handle.
pub struct SharedModel(pub Arc<Model>);

impl Object for SharedModel {
    type Handle = tsp_model;
    const NAME: &'static str = "tsp_model";
}

impl SharedModel {
    /// Takes over a model that was made in this way, and says in the log what a person should know of it.
    pub fn new(model: Model, how: &str) -> Self {
        log::write(TSP_LOG_INFO, || {
            let (images, groups) = (model.image_count(), model.groups().len());
            format!("a model was {how}: good parts {images}, groups {groups}")
        });
        for warning in model.warnings() {
            log::write(TSP_LOG_WARNING, || warning);
        }
        Self(Arc::new(model))
    }
}

/// Reads a model file. Free the model with tsp_model_destroy; the file is closed when the call returns.
///
/// options: NULL = the defaults. Those of scope FIT come from the file and are ignored here, but for a "backbone" that was
/// set: it says where the network is now, whose SHA-256 must be that of the file. A model may name a TorchScript module
/// on this machine, which is a program and is run: load such models only from those whom you trust.
/// Errors: NOT_FOUND, IO (also for a folder, device or pipe), FORMAT for a file that is damaged or no model, VERSION for
/// one of a newer library, WEIGHTS for a network that is missing or another than then, DEVICE, MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_model_load(
    path: *const c_char,
    options: *const tsp_options,
    out: *mut *mut tsp_model,
) -> tsp_status {
    let make = || {
        // SAFETY: the caller passes NULL or a NUL-terminated text.
        let path = unsafe { read_path(path, "path") }?;
        let model = Model::load(&path, &options_or_default(options)?)?;
        Ok(SharedModel::new(model, "loaded"))
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

/// Reads a model from the content of its file, size bytes at data, which are not kept. Errors: as tsp_model_load.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_model_load_memory(
    data: *const c_void,
    size: u64,
    options: *const tsp_options,
    out: *mut *mut tsp_model,
) -> tsp_status {
    let make = || {
        // SAFETY: the caller passes NULL or this many bytes, which nobody writes to during the call.
        let bytes = unsafe { bytes_at(data, size, "data") }?;
        let model = Model::from_bytes(bytes, &options_or_default(options)?)?;
        Ok(SharedModel::new(model, "loaded"))
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

/// Writes the model to a file. A file of that name is replaced in one step or, if anything fails, left as it is.
///
/// A symbolic link stays, and the file that it names is written. Errors: IO (also if path is a folder, device or pipe),
/// NOT_FOUND for a folder that does not exist, MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_model_save(
    model: *const tsp_model,
    path: *const c_char,
) -> tsp_status {
    guard(|| {
        let model = find::<SharedModel>(model, "model")?;
        // SAFETY: the caller passes NULL or a NUL-terminated text.
        let path = unsafe { read_path(path, "path") }?;
        model.0.save(&path)
    })
}

/// Writes the content of the model's file into the caller's buffer.
///
/// buffer, capacity, needed: see Texts and buffers; asking for the size costs as much as writing.
/// Errors: BUFFER_TOO_SMALL, MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_model_save_memory(
    model: *const tsp_model,
    buffer: *mut c_void,
    capacity: u64,
    needed: *mut u64,
) -> tsp_status {
    guard(|| {
        let model = find::<SharedModel>(model, "model")?;
        // SAFETY: the caller passes a buffer of this capacity, and NULL or a number's place.
        let buffer = unsafe { Buffer::new(buffer.cast(), capacity, needed) }?;
        buffer.write(&model.0.to_bytes()?)
    })
}

/// What the model is made of.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_model_info(
    model: *const tsp_model,
    out: *mut tsp_model_summary,
) -> tsp_status {
    guard(|| {
        let model = find::<SharedModel>(model, "model")?;
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        out.set(summary(&model.0));
        Ok(())
    })
}

fn summary(model: &Model) -> tsp_model_summary {
    let (image, input, grid) = (model.image_size(), model.input_size(), model.grid_size());
    let thresholds = model.thresholds();
    tsp_model_summary {
        struct_size: 0,
        image_count: model.image_count() as u32,
        group_count: model.groups().len() as u32,
        left_out_count: model.left_out().len() as u32,
        image_width: image.0,
        image_height: image.1,
        input_width: input.0,
        input_height: input.1,
        grid_width: grid.0,
        grid_height: grid.1,
        threshold: thresholds.image.unwrap_or(f32::NAN),
        pixel_threshold: thresholds.pixel.unwrap_or(f32::NAN),
        file_version: file::VERSION,
        reserved: 0,
    }
}

/// What the model is made of, in words and numbers: one line of JSON, the object of `twinspect info --json` without its
/// key bytes, which is the size of the file.
///
/// It names the network and the hashes of all weights, the recipe, the thresholds and what they can be relied on for, each
/// group with its images and their scores, what was left out and why, and what a person should know before relying on it.
/// buffer, capacity, needed: see Texts and buffers. Errors: BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_model_describe(
    model: *const tsp_model,
    buffer: *mut c_char,
    capacity: u64,
    needed: *mut u64,
) -> tsp_status {
    guard(|| {
        let model = find::<SharedModel>(model, "model")?;
        // SAFETY: the caller passes a buffer of this capacity, and NULL or a number's place.
        let buffer = unsafe { Buffer::new(buffer.cast(), capacity, needed) }?;
        buffer.write_text(&model.0.description()?.to_json().to_string())
    })
}

/// A small picture of the lead image of group number group, from 0, as the network saw it: RGB8, its longer side 128 pixels
/// at most, without copying. Lives until the model is destroyed.
///
/// Errors: INVALID_ARGUMENT if there is no such group.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_model_lead_image(
    model: *const tsp_model,
    group: u32,
    out: *mut tsp_image,
) -> tsp_status {
    guard(|| {
        let model = find::<SharedModel>(model, "model")?;
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        out.set(lead_image(&model.0, group)?);
        Ok(())
    })
}

fn lead_image(model: &Model, group: u32) -> Result<tsp_image> {
    let groups = model.groups();
    let Some(group) = groups.get(group as usize) else {
        let message = format!("group {group}, there are {} of them, from 0", groups.len());
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    };
    let (width, height) = group.thumbnail().dimensions();
    Ok(tsp_image {
        struct_size: 0,
        format: TSP_FORMAT_RGB8,
        width,
        height,
        plane: [group.thumbnail().as_ptr().cast(), null(), null()],
        row_stride: 3 * i64::from(width),
        white: 0.0,
        memory: TSP_MEMORY_HOST,
        device: 0,
    })
}

/// Makes a model with other thresholds: image for the score, pixel for the anomaly map; NaN keeps the model's own. Free it
/// with tsp_model_destroy.
///
/// What was learned is shared with the model, which itself stays as it is. A fitter that adds pictures to the new model
/// finds its thresholds anew. Errors: INVALID_ARGUMENT for a threshold that is infinite, or 0 or less.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_model_with_thresholds(
    model: *const tsp_model,
    image: f32,
    pixel: f32,
    out: *mut *mut tsp_model,
) -> tsp_status {
    let make = || {
        let model = find::<SharedModel>(model, "model")?;
        let (image, pixel) = (threshold(image, "image")?, threshold(pixel, "pixel")?);
        let moved = model.0.with_chosen_thresholds(image, pixel)?;
        Ok(SharedModel(Arc::new(moved)))
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

/// Frees the model, as soon as nobody uses it; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_model_destroy(model: *mut tsp_model) {
    destroy::<SharedModel>(model);
}
