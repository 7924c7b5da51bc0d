//! Variation models.
//!
//! HALCON's variation model, call by call: create, train (often), prepare, compare; docs/from-halcon.md has the table. The
//! option variation.engine says what is compared. `pixels`, the default, needs no network, and finds what HALCON's documented
//! formulas say: a gray value c is a defect if
//!
//!   c > ideal + max(abs_threshold[0], var_threshold[0] * variation)   too light, or
//!   c < ideal - max(abs_threshold[1], var_threshold[1] * variation)   too dark.
//!
//! `features` puts the formula on anomaly maps: a distance d is a defect if
//!
//!   d > mean + max(abs_threshold[s], var_threshold[s] * deviation),
//!
//! mean and deviation those of the maps of the training pictures, each against all others, and s = 0 where the picture is
//! lighter than the ideal, 1 where it is darker. A negative abs_threshold is automatic: the threshold that the maps of good
//! parts are calibrated to reach is in the place of mean + abs_threshold.
//!
//! `both` compares both, with abs_threshold in gray values for the one and automatic for the other. variation.decides says
//! whose result is returned; the other one is written down beside it, in the folder that shadow.folder names, and what they
//! disagree about is logged. The program twinspect makes a report of the folder.
//!
//! Pictures are GRAY8 for BYTE and GRAY16 for UINT2, all of one size, and show the part in the same place; white is looked
//! at by features only. Any number of threads may compare with one variation model at once. What a call out of order gets is
//! STATE.
//!
//! A result holds a comparison as it holds an inspection: runs, regions, mask, JSON. Its map and peaks say how far a pixel is
//! beyond its limit, 0 = within, in gray values or in the units of the anomaly map, and its score is the highest of them; the
//! thresholds are NaN, as the limits are images, so that tsp_result_render answers STATE. The verdict is TSP_VERDICT_DEFECT if
//! any pixel is outside; of features TSP_VERDICT_UNDECIDED if the picture matches no lead image.

use std::ffi::{c_char, c_void};
use std::sync::RwLock;

use super::comparing::compare;
use super::growing::StructOutput;
use super::guard::guard;
use super::handle::{Object, create, destroy, exclusive, find, shared};
use super::image::{Canvas, read_image};
use super::log::{self, TSP_LOG_WARNING};
use super::options::options_or_default;
use super::status::tsp_status;
use super::structs::{tsp_image, tsp_options, tsp_result, tsp_variation, tsp_variation_summary};
use super::text::{Buffer, bytes_at, read_path};
use super::variation_arguments::{
    gray_type, learning, not_one_of, read_images, read_tolerance, variation_summary,
};
use crate::image::PixelFormat;
use crate::legacy::Variation;

/// What gray values pictures have: a TSP_VARIATION_TYPE_*.
pub type tsp_variation_type = i32;

/// GRAY8.
pub const TSP_VARIATION_TYPE_BYTE: i32 = 1;
/// GRAY16.
pub const TSP_VARIATION_TYPE_UINT2: i32 = 2;
/// UNSUPPORTED: add 32768 to each gray value, and use UINT2. Limits move with it, differences stay the same.
pub const TSP_VARIATION_TYPE_INT2: i32 = 3;

/// How the ideal image and its variation come about: a TSP_VARIATION_MODE_*.
pub type tsp_variation_mode = i32;

/// Mean and standard deviation (divided by the number of images) of all images so far.
pub const TSP_VARIATION_MODE_STANDARD: i32 = 1;
/// Median and median absolute deviation, times 1.4826, of the images of one call.
pub const TSP_VARIATION_MODE_ROBUST: i32 = 2;
/// Both are given to tsp_variation_prepare_direct.
pub const TSP_VARIATION_MODE_DIRECT: i32 = 3;

/// Which gray values are defects: a TSP_VARIATION_COMPARE_*.
pub type tsp_variation_sides = i32;

/// Too light or too dark, regions of both together.
pub const TSP_VARIATION_COMPARE_ABSOLUTE: i32 = 1;
/// Too light.
pub const TSP_VARIATION_COMPARE_LIGHT: i32 = 2;
/// Too dark.
pub const TSP_VARIATION_COMPARE_DARK: i32 = 3;
/// Both, each in regions of its own: first the light ones; those that are too dark have negative peaks, as has the map.
pub const TSP_VARIATION_COMPARE_LIGHT_DARK: i32 = 4;

/// Which image of a variation model: a TSP_VARIATION_IMAGE_*.
pub type tsp_variation_image = i32;

/// What a good part looks like.
pub const TSP_VARIATION_IMAGE_IDEAL: i32 = 1;
/// How much good parts vary.
pub const TSP_VARIATION_IMAGE_VARIATION: i32 = 2;
/// Gray values below it are too dark.
pub const TSP_VARIATION_IMAGE_LOWER: i32 = 3;
/// Gray values above it are too light.
pub const TSP_VARIATION_IMAGE_UPPER: i32 = 4;

/// Gray values.
pub const TSP_VARIATION_ENGINE_PIXELS: i32 = 1;
/// Anomaly maps.
pub const TSP_VARIATION_ENGINE_FEATURES: i32 = 2;
/// Both.
pub const TSP_VARIATION_ENGINE_BOTH: i32 = 3;

/// A variation model behind a handle.
pub struct SharedVariation(pub RwLock<Variation>);

impl Object for SharedVariation {
    type Handle = tsp_variation;
    const NAME: &'static str = "tsp_variation";
}

/// Makes a variation model of nothing yet. Free it with tsp_variation_clear.
///
/// options: NULL = the defaults; those of a fitter where features are compared.
/// Errors: IMAGE_SIZE, INVALID_ARGUMENT for an unknown type or mode, UNSUPPORTED for INT2, or DIRECT with features; of features
/// WEIGHTS, DEVICE; of both IO if shadow.folder cannot be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_create(
    width: u32,
    height: u32,
    r#type: tsp_variation_type,
    mode: tsp_variation_mode,
    options: *const tsp_options,
    out: *mut *mut tsp_variation,
) -> tsp_status {
    let make = || {
        let options = options_or_default(options)?;
        let (gray, learning) = (gray_type(r#type)?, learning(mode)?);
        let model = Variation::new((width, height), gray, learning, &options)?;
        Ok(SharedVariation(RwLock::new(model)))
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

/// Learns from count pictures of good parts; images is an array of count pointers.
///
/// In mode STANDARD they are added to those of earlier calls, in any order and portions. In mode ROBUST earlier calls are
/// forgotten, so all pictures must be given at once. Limits stay as they are until tsp_variation_prepare is called again;
/// where features are compared, copies of the pictures are kept until then.
/// Errors: STATE in mode DIRECT or after tsp_variation_clear_train_data, TOO_FEW_IMAGES for none, INVALID_ARGUMENT for more
/// than 65535, IMAGE, IMAGE_SIZE, UNSUPPORTED, BUSY. The error's where names the picture: `images[3]`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_train(
    variation: *mut tsp_variation,
    images: *const *const tsp_image,
    count: u64,
) -> tsp_status {
    guard(|| {
        let variation = find::<SharedVariation>(variation, "variation")?;
        let mut variation = exclusive(&variation.0, "variation")?;
        // SAFETY: the caller passes NULL or so many pointers, to pictures whose rows may be read during the call.
        variation.train(&unsafe { read_images(images, count) }?)
    })
}

/// Makes the limits of what was learned, by the formulas above.
///
/// abs_threshold, var_threshold: two numbers each, for too light and for too dark, 0 or more; HALCON's single value is the
/// same number twice. Of features, abs_threshold is in the units of the anomaly map, and a negative one automatic; a warning
/// is logged if it looks like a gray value. Where features are compared, pictures that were trained since the last call are
/// fitted now, which takes about as long as inspecting them.
/// Errors: STATE before tsp_variation_train, in mode DIRECT, or after tsp_variation_clear_train_data; INVALID_ARGUMENT for a
/// number that is negative or not finite, BUSY; of features TOO_FEW_IMAGES for an automatic threshold, NUMERIC, MEMORY, IO.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_prepare(
    variation: *mut tsp_variation,
    abs_threshold: *const f64,
    var_threshold: *const f64,
) -> tsp_status {
    guard(|| {
        let variation = find::<SharedVariation>(variation, "variation")?;
        // SAFETY: the caller passes NULL or two numbers each.
        let tolerance = unsafe { read_tolerance(abs_threshold, var_threshold) }?;
        let warnings = exclusive(&variation.0, "variation")?.prepare(&tolerance)?;
        for warning in warnings {
            log::write(TSP_LOG_WARNING, || warning);
        }
        Ok(())
    })
}

/// Makes the limits of a picture of a good part and of one that says how much it may vary, in mode DIRECT.
///
/// reference: of the variation model's type. variation_image: GRAY8, GRAY16 or GRAYF32, in gray values, 0 or more; often
/// the edges of the reference. The thresholds are those of tsp_variation_prepare.
/// Errors: STATE in another mode, INVALID_ARGUMENT as tsp_variation_prepare, IMAGE, IMAGE_SIZE, UNSUPPORTED, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_prepare_direct(
    variation: *mut tsp_variation,
    reference: *const tsp_image,
    variation_image: *const tsp_image,
    abs_threshold: *const f64,
    var_threshold: *const f64,
) -> tsp_status {
    guard(|| {
        let variation = find::<SharedVariation>(variation, "variation")?;
        let mut variation = exclusive(&variation.0, "variation")?;
        // SAFETY: the caller passes NULL or pictures whose rows may be read, and two numbers each.
        let (reference, image, tolerance) = unsafe {
            (
                read_image(reference, u64::MAX, "reference")?,
                read_image(variation_image, u64::MAX, "variation_image")?,
                read_tolerance(abs_threshold, var_threshold)?,
            )
        };
        variation.prepare_direct(&reference, &image, &tolerance)
    })
}

/// Finds what is too light or too dark; as tsp_variation_compare_ext with ABSOLUTE.
///
/// mask: what of it is compared, as a reduced domain does in HALCON; NULL = all. result: what was found replaces what was in
/// it; it stays as it was if the call fails.
/// Errors: STATE before the variation model is prepared, IMAGE, IMAGE_SIZE, UNSUPPORTED, BUSY; of features NUMERIC, MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_compare(
    variation: *const tsp_variation,
    image: *const tsp_image,
    mask: *const tsp_image,
    result: *mut tsp_result,
) -> tsp_status {
    // SAFETY: the caller promises what `compare` needs.
    guard(|| unsafe {
        compare(
            variation,
            image,
            mask,
            TSP_VARIATION_COMPARE_ABSOLUTE,
            result,
        )
    })
}

/// Finds what is too light, too dark, or either. Errors: as tsp_variation_compare; INVALID_ARGUMENT for an unknown mode.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_compare_ext(
    variation: *const tsp_variation,
    image: *const tsp_image,
    mask: *const tsp_image,
    mode: tsp_variation_sides,
    result: *mut tsp_result,
) -> tsp_status {
    // SAFETY: the caller promises what `compare` needs.
    guard(|| unsafe { compare(variation, image, mask, mode, result) })
}

/// Writes one of the variation model's images into the caller's memory, in gray values.
///
/// destination: a GRAYF32 picture of the variation model's size whose pixels are written. Limits may lie outside of the
/// gray values that there are. Of features alone, UPPER and LOWER are the highest values of a good part's anomaly map, where
/// the picture is lighter and where it is darker than the ideal. Errors: STATE if there is no such image (yet, or since tsp_variation_clear_train_data),
/// INVALID_ARGUMENT for an unknown image, IMAGE, IMAGE_SIZE, UNSUPPORTED, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_get_image(
    variation: *const tsp_variation,
    which: tsp_variation_image,
    destination: *const tsp_image,
) -> tsp_status {
    guard(|| {
        let variation = find::<SharedVariation>(variation, "variation")?;
        let variation = shared(&variation.0, "variation")?;
        let formats = &[PixelFormat::GrayF32];
        // SAFETY: the caller passes NULL or a picture whose rows may be read and written during the call.
        let canvas = unsafe { Canvas::new(destination, variation.size(), formats, "destination") }?;
        match which {
            TSP_VARIATION_IMAGE_IDEAL => canvas.write_floats(&variation.statistics()?.ideal),
            TSP_VARIATION_IMAGE_VARIATION => {
                canvas.write_floats(&variation.statistics()?.variation);
            }
            TSP_VARIATION_IMAGE_LOWER => canvas.write_floats(&variation.lower()?),
            TSP_VARIATION_IMAGE_UPPER => canvas.write_floats(&variation.upper()?),
            other => {
                let known = "1 ideal, 2 variation, 3 lower, 4 upper";
                return Err(not_one_of("which", other, known));
            }
        }
        Ok(())
    })
}

/// Forgets all but the limits, for less memory and a smaller file; nothing more can be learned then. Errors: STATE before
/// the variation model is prepared, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_clear_train_data(
    variation: *mut tsp_variation,
) -> tsp_status {
    guard(|| {
        let variation = find::<SharedVariation>(variation, "variation")?;
        exclusive(&variation.0, "variation")?.clear_train_data()
    })
}

/// Writes the variation model to a file, training data and limits, as far as there are any. A file of that name is replaced
/// in one step or, if anything fails, left as it is. Errors: IO, NOT_FOUND for a folder that does not exist, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_write(
    variation: *const tsp_variation,
    path: *const c_char,
) -> tsp_status {
    guard(|| {
        let variation = find::<SharedVariation>(variation, "variation")?;
        // SAFETY: the caller passes NULL or a NUL-terminated text.
        let path = unsafe { read_path(path, "path") }?;
        shared(&variation.0, "variation")?.write(&path)
    })
}

/// Writes the content of the variation model's file into the caller's buffer (serialize_variation_model).
///
/// buffer, capacity, needed: see Texts and buffers; asking for the size costs as much as writing.
/// Errors: BUFFER_TOO_SMALL, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_write_memory(
    variation: *const tsp_variation,
    buffer: *mut c_void,
    capacity: u64,
    needed: *mut u64,
) -> tsp_status {
    guard(|| {
        let variation = find::<SharedVariation>(variation, "variation")?;
        // SAFETY: the caller passes a buffer of this capacity, and NULL or a number's place.
        let buffer = unsafe { Buffer::new(buffer.cast(), capacity, needed) }?;
        buffer.write(&shared(&variation.0, "variation")?.to_bytes()?)
    })
}

/// Reads a file that tsp_variation_write wrote; HALCON's own cannot be read. Free the variation model with
/// tsp_variation_clear.
///
/// options: as tsp_variation_create; without variation.engine it compares what it compared when it was written. Errors:
/// NOT_FOUND, IO (also for a folder, device or pipe), FORMAT for a file that is damaged or no variation model, VERSION,
/// UNSUPPORTED if features are asked for and the file has none; of features WEIGHTS, DEVICE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_read(
    path: *const c_char,
    options: *const tsp_options,
    out: *mut *mut tsp_variation,
) -> tsp_status {
    let make = || {
        // SAFETY: the caller passes NULL or a NUL-terminated text.
        let path = unsafe { read_path(path, "path") }?;
        let variation = Variation::read(&path, &options_or_default(options)?)?;
        Ok(SharedVariation(RwLock::new(variation)))
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

/// Reads a variation model from the content of its file, size bytes at data, which are not kept. Errors: as
/// tsp_variation_read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_read_memory(
    data: *const c_void,
    size: u64,
    options: *const tsp_options,
    out: *mut *mut tsp_variation,
) -> tsp_status {
    let make = || {
        // SAFETY: the caller passes NULL or this many bytes, which nobody writes to during the call.
        let bytes = unsafe { bytes_at(data, size, "data") }?;
        let variation = Variation::from_bytes(bytes, &options_or_default(options)?)?;
        Ok(SharedVariation(RwLock::new(variation)))
    };
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, make) }
}

/// What the variation model is: size, type, mode, engine, and whether it can compare; of one that was read, too. Errors: BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_info(
    variation: *const tsp_variation,
    out: *mut tsp_variation_summary,
) -> tsp_status {
    guard(|| {
        let variation = find::<SharedVariation>(variation, "variation")?;
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        out.set(variation_summary(&*shared(&variation.0, "variation")?));
        Ok(())
    })
}

/// Frees the variation model, as HALCON's clear_variation_model does; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_variation_clear(variation: *mut tsp_variation) {
    destroy::<SharedVariation>(variation);
}
