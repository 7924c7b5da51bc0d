//! Models.
//!
//! A model never changes, so any number of threads may use it at once. Inspectors and fitters keep what they need of it:
//! it may be destroyed before them.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use super::growing::StructOutput;
use super::guard::guard;
use super::handle::{Object, create, destroy, find, null_argument};
use super::options::options_or_default;
use super::status::tsp_status;
use super::structs::{tsp_model, tsp_model_summary, tsp_options};
use super::text::{Buffer, read_path};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, file};

/// A model behind a handle.
pub struct SharedModel(pub Arc<Model>);

impl Object for SharedModel {
    type Handle = tsp_model;
    const NAME: &'static str = "tsp_model";
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
        Ok(SharedModel(Arc::new(Model::load(
            &path,
            &options_or_default(options)?,
        )?)))
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
        let bytes = unsafe { bytes_at(data, size) }?;
        Ok(SharedModel(Arc::new(Model::from_bytes(
            bytes,
            &options_or_default(options)?,
        )?)))
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

/// # Safety
/// `data` is null or may be read for `size` bytes that nobody writes to as long as the result is used.
unsafe fn bytes_at<'a>(data: *const c_void, size: u64) -> Result<&'a [u8]> {
    if data.is_null() {
        return Err(null_argument("data"));
    }
    let length = isize::try_from(size)
        .ok()
        .filter(|length| data.addr().checked_add(*length as usize).is_some());
    let Some(length) = length else {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("size is {size}, more than memory can be"),
        ));
    };
    // SAFETY: the caller promises the bytes; they are at most isize::MAX and do not wrap around, as checked here.
    Ok(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length as usize) })
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

/// Frees the model, as soon as nobody uses it; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_model_destroy(model: *mut tsp_model) {
    destroy::<SharedModel>(model);
}
