//! Fitting.
//!
//! Add pictures of good parts one by one, then fit. Some 25 are enough for a good model; one is fitted, but gives no
//! thresholds. The fitter keeps its pictures' features, so more can be added and fitted again. A picture of another size
//! than the first is resized like it, unless the option input.size_mismatch refuses it; what is found in it lies in its own
//! pixels.

use std::ffi::{c_char, c_void};
use std::sync::{Arc, RwLock};

use super::guard::guard;
use super::handle::{Object, Output, create, destroy, exclusive, find, shared};
use super::image::{read_image, read_mask};
use super::model::SharedModel;
use super::options::options_or_default;
use super::picture_file::PictureFile;
use super::progress::{Watcher, tsp_progress};
use super::status::tsp_status;
use super::structs::{tsp_fitter, tsp_image, tsp_model, tsp_options};
use super::text::read_text;
use crate::error::Result;
use crate::model::Fitter;

struct Work {
    fitter: Fitter,
    max_pixels: u64,
    watcher: Watcher,
}

struct SharedFitter(RwLock<Work>);

impl Object for SharedFitter {
    type Handle = tsp_fitter;
    const NAME: &'static str = "tsp_fitter";
}

impl SharedFitter {
    fn new(fitter: Fitter, max_pixels: i64) -> Self {
        Self(RwLock::new(Work {
            fitter,
            max_pixels: max_pixels as u64,
            watcher: Watcher::NOBODY,
        }))
    }
}

/// Makes a fitter for a new model. Free it with tsp_fitter_destroy.
///
/// options: NULL = the defaults. Errors: INVALID_ARGUMENT for options that do not go together, WEIGHTS, DEVICE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_fitter_create(
    options: *const tsp_options,
    out: *mut *mut tsp_fitter,
) -> tsp_status {
    let make = || {
        let options = options_or_default(options)?;
        Ok(SharedFitter::new(
            Fitter::new(&options)?,
            options.int("image.max_pixels")?,
        ))
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

/// Makes a fitter that adds pictures to a model, which itself stays as it is: only groups that a new picture joins are
/// fitted anew. Free it with tsp_fitter_destroy; the model may be destroyed before.
///
/// options: NULL = the defaults; those of scope FIT come from the model. Errors: DEVICE, MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_fitter_create_from_model(
    model: *const tsp_model,
    options: *const tsp_options,
    out: *mut *mut tsp_fitter,
) -> tsp_status {
    let make = || {
        let model = find::<SharedModel>(model, "model")?;
        let options = options_or_default(options)?;
        Ok(SharedFitter::new(
            Fitter::extending(Arc::clone(&model.0), &options)?,
            options.int("image.max_pixels")?,
        ))
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

/// Adds a picture of a good part.
///
/// mask: what of it counts for the thresholds; NULL = all. name: for messages and for the model; NULL = "image" and its
/// number. Errors: IMAGE, IMAGE_SIZE, INVALID_ARGUMENT, UNSUPPORTED, NUMERIC, MEMORY, IO of a temporary file, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_fitter_add(
    fitter: *mut tsp_fitter,
    image: *const tsp_image,
    mask: *const tsp_image,
    name: *const c_char,
) -> tsp_status {
    guard(|| {
        let object = find::<SharedFitter>(fitter, "fitter")?;
        let mut work = exclusive(&object.0, "fitter")?;
        let name = match name.is_null() {
            true => format!("image {}", work.fitter.count()),
            // SAFETY: not NULL, so the caller passes a NUL-terminated text.
            false => unsafe { read_text(name, "name") }?.to_owned(),
        };
        // SAFETY: the caller passes NULL or pictures whose rows may be read during the call.
        let (view, mask) = unsafe {
            (
                read_image(image, work.max_pixels, "image"),
                read_mask(mask, work.max_pixels),
            )
        };
        let (view, mask) = view
            .and_then(|view| Ok((view, mask?)))
            .map_err(|error| error.at(&name))?;
        work.fitter.add(&view, mask.as_ref(), &name)
    })
}

/// Adds a picture file of a good part: PNG, JPEG, BMP, TIFF, WebP, PGM or PPM. Its name in the model is the file's.
///
/// mask_path: an 8-bit gray picture of the same size, non-zero = counts; NULL = all counts.
/// Errors: NOT_FOUND, IO, and those of tsp_fitter_add.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_fitter_add_file(
    fitter: *mut tsp_fitter,
    path: *const c_char,
    mask_path: *const c_char,
) -> tsp_status {
    guard(|| {
        let object = find::<SharedFitter>(fitter, "fitter")?;
        let mut work = exclusive(&object.0, "fitter")?;
        // SAFETY: the caller passes NULL or NUL-terminated texts.
        let file = unsafe { PictureFile::read(path, mask_path, work.max_pixels) }?;
        let name = file.path.file_name().unwrap_or(file.path.as_os_str());
        let name = name.to_string_lossy();
        file.with(|view, mask| work.fitter.add(view, mask, &name))
    })
}

/// How many pictures were added. Errors: BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_fitter_count(fitter: *const tsp_fitter, out: *mut u64) -> tsp_status {
    guard(|| {
        let object = find::<SharedFitter>(fitter, "fitter")?;
        // SAFETY: the caller passes NULL or a number's place.
        let out = unsafe { Output::new(out, "out") }?;
        out.set(shared(&object.0, "fitter")?.fitter.count() as u64);
        Ok(())
    })
}

/// Sets who watches tsp_fitter_fit; function NULL = nobody. user_data is handed to function and never looked at.
///
/// Errors: BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_fitter_set_progress(
    fitter: *mut tsp_fitter,
    function: tsp_progress,
    user_data: *mut c_void,
) -> tsp_status {
    guard(|| {
        let object = find::<SharedFitter>(fitter, "fitter")?;
        exclusive(&object.0, "fitter")?.watcher = Watcher {
            function,
            user_data,
        };
        Ok(())
    })
}

/// Makes a model of the pictures so far: groups, statistics, thresholds. Free it with tsp_model_destroy.
///
/// Errors: TOO_FEW_IMAGES, CANCELLED, NUMERIC, MEMORY, IO of a temporary file, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_fitter_fit(
    fitter: *mut tsp_fitter,
    out: *mut *mut tsp_model,
) -> tsp_status {
    let make = || {
        let object = find::<SharedFitter>(fitter, "fitter")?;
        let work = &mut *exclusive(&object.0, "fitter")?;
        fit(&mut work.fitter, work.watcher)
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

fn fit(fitter: &mut Fitter, watcher: Watcher) -> Result<SharedModel> {
    let mut watched = watcher.watch();
    let model = fitter.fit(&mut watched)?;
    watched.finish()?;
    Ok(SharedModel::new(model, "fitted"))
}

/// Frees the fitter; NULL is fine. Models that it made live on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_fitter_destroy(fitter: *mut tsp_fitter) {
    destroy::<SharedFitter>(fitter);
}
