//! Results.
//!
//! A result is the caller's: make one, inspect into it again and again. What its functions point to (map, mask, runs)
//! lives until the result is inspected into again or destroyed. Before the first inspection they answer STATE.

use std::ffi::c_char;
use std::ptr::null;
use std::sync::{Arc, RwLock};

use ndarray::Array2;

use super::found::Found;
use super::growing::StructOutput;
use super::guard::guard;
use super::handle::{Object, Output, create, destroy, find, null_argument, shared};
use super::image::{Canvas, read_image};
use super::status::tsp_status;
use super::structs::{
    tsp_image, tsp_map, tsp_region, tsp_registration, tsp_result, tsp_run, tsp_summary,
};
use super::text::Buffer;
use crate::error::{Error, ErrorKind, Result};
use crate::image::PixelFormat;
use crate::model::{Inspection, Model};
use crate::verdict::Verdict;

/// Nothing was inspected yet. Zeroed memory never reads as good.
pub const TSP_VERDICT_NONE: i32 = 0;
/// The score is below the threshold.
pub const TSP_VERDICT_GOOD: i32 = 1;
/// The score reaches the threshold.
pub const TSP_VERDICT_DEFECT: i32 = 2;
/// Nobody can say: the picture matches no lead image, or there is no threshold, or something is wrong with the picture
/// (health in tsp_summary).
pub const TSP_VERDICT_UNDECIDED: i32 = 3;

const _: () = assert!(
    Verdict::Good as i32 == TSP_VERDICT_GOOD
        && Verdict::Defect as i32 == TSP_VERDICT_DEFECT
        && Verdict::Undecided as i32 == TSP_VERDICT_UNDECIDED
);

/// What pictures a heat map can be drawn into.
const CANVAS: [PixelFormat; 2] = [PixelFormat::Rgb8, PixelFormat::Bgr8];

/// What was found in a picture, and by which model; none if a variation model found it.
pub struct Inspected {
    pub found: Found,
    pub model: Option<Arc<Model>>,
}

impl Inspected {
    /// What an inspector of this model found. Errors: `Memory`.
    pub fn by_model(inspection: Inspection, model: &Arc<Model>) -> Result<Self> {
        Ok(Self {
            found: Found::new(inspection)?,
            model: Some(Arc::clone(model)),
        })
    }
}

/// What was found in the last picture, if there was one.
pub struct SharedResult(pub RwLock<Option<Inspected>>);

impl Object for SharedResult {
    type Handle = tsp_result;
    const NAME: &'static str = "tsp_result";
}

/// Runs `body` on what was found. Errors: `State` if that is nothing yet.
pub(super) fn with_found(
    result: *const tsp_result,
    body: impl FnOnce(&Found) -> Result<()>,
) -> Result<()> {
    with_inspected(result, |inspected| body(&inspected.found))
}

/// The same, with the model.
fn with_inspected(
    result: *const tsp_result,
    body: impl FnOnce(&Inspected) -> Result<()>,
) -> Result<()> {
    let result = find::<SharedResult>(result, "result")?;
    let inspected = shared(&result.0, "result")?;
    match &*inspected {
        Some(inspected) => body(inspected),
        None => Err(Error::new(
            ErrorKind::State,
            "nothing was inspected into the result yet",
        )
        .hint("Call tsp_inspector_inspect or tsp_variation_compare first.")),
    }
}

/// Makes an empty result. Free it with tsp_result_destroy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_create(out: *mut *mut tsp_result) -> tsp_status {
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, || Ok(SharedResult(RwLock::new(None)))) }
}

/// Score, verdict and sizes. Errors: STATE, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_summary(
    result: *const tsp_result,
    out: *mut tsp_summary,
) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        with_found(result, |found| {
            out.set(found.summary());
            Ok(())
        })
    })
}

/// How the picture was moved onto the lead image; a map or a region of the result lies in the picture, not in the lead.
///
/// Errors: STATE, also if the picture was not registered, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_registration(
    result: *const tsp_result,
    out: *mut tsp_registration,
) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        with_found(result, |found| {
            out.set(found.registration()?);
            Ok(())
        })
    })
}

/// The anomaly map, of the picture's size, without copying. Errors: STATE, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_map(
    result: *const tsp_result,
    out: *mut tsp_map,
) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        with_found(result, |found| {
            out.set(found.map_view());
            Ok(())
        })
    })
}

/// Copies the anomaly map into the caller's memory.
///
/// destination: the first value of the top row. row_stride: bytes from one row to the next, 0 = tightly packed, at least
/// 4 * width. capacity: bytes from destination on; what lies between the rows stays as it is.
/// Errors: STATE, INVALID_ARGUMENT for the stride, BUFFER_TOO_SMALL, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_copy_map(
    result: *const tsp_result,
    destination: *mut f32,
    row_stride: i64,
    capacity: u64,
) -> tsp_status {
    guard(|| {
        if destination.is_null() {
            return Err(null_argument("destination"));
        }
        with_found(result, |found| {
            let stride = check_room(found.map(), row_stride, capacity)?;
            for (y, row) in found.map().rows().into_iter().enumerate() {
                for (x, value) in row.iter().enumerate() {
                    let offset = y * stride + x * size_of::<f32>();
                    // SAFETY: the last of these offsets and its four bytes lie within the capacity that the caller gave.
                    unsafe { destination.byte_add(offset).write_unaligned(*value) };
                }
            }
            Ok(())
        })
    })
}

/// The stride in bytes, if the rows of `map` fit into `capacity` bytes with it.
fn check_room(map: &Array2<f32>, row_stride: i64, capacity: u64) -> Result<usize> {
    let (height, width) = map.dim();
    let row_bytes = width as u64 * size_of::<f32>() as u64;
    let stride = if row_stride == 0 {
        row_bytes
    } else {
        u64::try_from(row_stride).unwrap_or(0)
    };
    if stride < row_bytes {
        let message =
            format!("row_stride is {row_stride}, it must be 0 or at least {row_bytes} bytes");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let needed = stride
        .checked_mul(height as u64 - 1)
        .and_then(|bytes| bytes.checked_add(row_bytes));
    match needed {
        Some(needed) if needed <= capacity => Ok(stride as usize),
        _ => {
            let needed = needed.map_or("more than memory can have".to_owned(), |needed| {
                needed.to_string()
            });
            Err(Error::new(
                ErrorKind::BufferTooSmall,
                format!("capacity is {capacity} bytes, needed are {needed}"),
            ))
        }
    }
}

/// The defect regions as a GRAY8 picture of the picture's size, 255 inside and 0 outside, without copying.
///
/// Errors: STATE, MEMORY, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_mask(
    result: *const tsp_result,
    out: *mut tsp_image,
) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        with_found(result, |found| {
            out.set(found.mask_view()?);
            Ok(())
        })
    })
}

/// Defect region number index, from 0; the one with the highest peak comes first.
///
/// Errors: STATE, INVALID_ARGUMENT if there is no such region, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_region(
    result: *const tsp_result,
    index: u32,
    out: *mut tsp_region,
) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        with_found(result, |found| {
            out.set(found.region(index)?);
            Ok(())
        })
    })
}

/// The runs of all regions, one region after the other, each sorted by row, then by column; without copying.
///
/// out: the first run; NULL if there is none. count: how many. Errors: STATE, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_runs(
    result: *const tsp_result,
    out: *mut *const tsp_run,
    count: *mut u64,
) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a pointer variable.
        let out = unsafe { Output::new(out, "out") }?;
        // SAFETY: the caller passes NULL or a number's place.
        let count = unsafe { Output::new(count, "count") }?;
        with_found(result, |found| {
            out.set(if found.runs().is_empty() {
                null()
            } else {
                found.runs().as_ptr()
            });
            count.set(found.runs().len() as u64);
            Ok(())
        })
    })
}

/// Draws the anomaly map over a picture, on a colour scale that is tied to the threshold: nothing where it is far
/// from reached, yellow at it, red from twice it on.
///
/// base: any picture of the map's size, usually the one that was inspected. destination: an RGB8 or BGR8 picture of that
/// size whose pixels are written; it may be base. Errors: STATE before an inspection or without a threshold, IMAGE,
/// IMAGE_SIZE, INVALID_ARGUMENT, UNSUPPORTED, MEMORY, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_render(
    result: *const tsp_result,
    base: *const tsp_image,
    destination: *const tsp_image,
) -> tsp_status {
    guard(|| {
        with_found(result, |found| {
            // SAFETY: the caller passes NULL or a picture whose rows may be read and written during the call.
            let canvas = unsafe { Canvas::new(destination, found.size(), &CANVAS, "destination") }?;
            // SAFETY: the caller passes NULL or a picture whose rows may be read during the call. The view ends here,
            // before anything is written, so both may be the same memory.
            let mut drawn = found.render(&unsafe { read_image(base, u64::MAX, "base") }?)?;
            canvas.write(&mut drawn);
            Ok(())
        })
    })
}

/// What was found as one line of JSON, the object of `twinspect inspect --json` without its keys path and heatmap: score,
/// verdict, thresholds, regions, size, group, lead image, matches, health with what to do, and where the model does so how the part lies and the
/// names of the good parts that it was compared with. A comparison with a variation model has no group, lead and matches.
///
/// buffer, capacity, needed: see Texts and buffers. Errors: STATE, BUFFER_TOO_SMALL, NUMERIC, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_to_json(
    result: *const tsp_result,
    buffer: *mut c_char,
    capacity: u64,
    needed: *mut u64,
) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes a buffer of this capacity, and NULL or a number's place.
        let buffer = unsafe { Buffer::new(buffer.cast(), capacity, needed) }?;
        with_inspected(result, |inspected| {
            buffer.write_text(&inspected.found.to_json(inspected.model.as_deref())?)
        })
    })
}

/// Frees the result; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_result_destroy(result: *mut tsp_result) {
    destroy::<SharedResult>(result);
}
