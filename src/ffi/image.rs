//! Images.
//!
//! Pictures stay in the caller's memory: they are read during a call, never written, never kept, and nobody may write to
//! them meanwhile (from the first byte of the first row in memory to the last byte of the last one). A rectangle of a
//! picture is a picture: move plane, set width and height, keep row_stride.
//!
//! A mask is a GRAY8 picture of the same size as the picture that it belongs to; non-zero = inspect. One that marks no
//! pixel is TSP_E_IMAGE: nothing would be found to be good.
//!
//! Samples above white count as white, floats below 0 as 0. white may be set for any format, 8 bits too. What the library
//! itself shows as a tsp_image (masks of results, lead images) has rows from top to bottom, row_stride above 0.

use std::ffi::c_void;
use std::slice;

use ndarray::Array2;

use super::growing::{self, Growing};
use super::guard::guard;
use super::handle::{Output, null_argument};
use super::status::tsp_status;
use super::structs::tsp_image;
use crate::error::{Error, ErrorKind, Result};
use crate::image::{DEFAULT_MAX_PIXELS, ImageView, MAX_SIDE_PX, Mask, PixelFormat, Plane};

/// How pixels lie in memory: a TSP_FORMAT_*. Alpha is ignored, 16 bit is in native byte order, gray is repeated.
pub type tsp_pixel_format = i32;

/// One byte.
pub const TSP_FORMAT_GRAY8: i32 = 1;
/// One 16-bit sample.
pub const TSP_FORMAT_GRAY16: i32 = 2;
/// One 32-bit float, 0 to white; every one must be finite.
pub const TSP_FORMAT_GRAYF32: i32 = 3;
/// Blue, green, red.
pub const TSP_FORMAT_BGR8: i32 = 4;
/// Red, green, blue.
pub const TSP_FORMAT_RGB8: i32 = 5;
/// Blue, green, red, alpha.
pub const TSP_FORMAT_BGRA8: i32 = 6;
/// Red, green, blue, alpha.
pub const TSP_FORMAT_RGBA8: i32 = 7;
/// Three planes of bytes, as HALCON's get_image_pointer3 gives them.
pub const TSP_FORMAT_RGB8_PLANAR: i32 = 8;
/// Three planes of 16-bit samples.
pub const TSP_FORMAT_RGB16_PLANAR: i32 = 9;

/// Where pixels lie: a TSP_MEMORY_*.
pub type tsp_memory = i32;

/// In the memory of the process.
pub const TSP_MEMORY_HOST: i32 = 0;
/// In the memory of a GPU; needs the feature "cuda.input".
pub const TSP_MEMORY_CUDA: i32 = 1;

const FORMATS: [(i32, PixelFormat, &str); 9] = [
    (TSP_FORMAT_GRAY8, PixelFormat::Gray8, "GRAY8"),
    (TSP_FORMAT_GRAY16, PixelFormat::Gray16, "GRAY16"),
    (TSP_FORMAT_GRAYF32, PixelFormat::GrayF32, "GRAYF32"),
    (TSP_FORMAT_BGR8, PixelFormat::Bgr8, "BGR8"),
    (TSP_FORMAT_RGB8, PixelFormat::Rgb8, "RGB8"),
    (TSP_FORMAT_BGRA8, PixelFormat::Bgra8, "BGRA8"),
    (TSP_FORMAT_RGBA8, PixelFormat::Rgba8, "RGBA8"),
    (
        TSP_FORMAT_RGB8_PLANAR,
        PixelFormat::Rgb8Planar,
        "RGB8_PLANAR",
    ),
    (
        TSP_FORMAT_RGB16_PLANAR,
        PixelFormat::Rgb16Planar,
        "RGB16_PLANAR",
    ),
];

/// Fills a tsp_image, struct_size included; white, memory and device become 0.
///
/// data: the first pixel of the top row. Of planar formats the planes must follow each other without a gap; set plane
/// afterwards if they do not. row_stride: bytes, 0 = tightly packed. Size and stride are checked where the image is used.
/// Errors: INVALID_ARGUMENT for an unknown format.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_image_init(
    out: *mut tsp_image,
    format: tsp_pixel_format,
    width: u32,
    height: u32,
    data: *const c_void,
    row_stride: i64,
) -> tsp_status {
    guard(|| {
        // An older caller's struct ends where the first version did, so not a byte more is written.
        const { assert!(size_of::<tsp_image>() == tsp_image::FIRST_BYTES) };
        // SAFETY: the caller passes NULL or a struct.
        let out = unsafe { Output::new(out, "out") }?;
        if data.is_null() {
            return Err(null_argument("data"));
        }
        let pixel_format = pixel_format(format, "format")?;
        let mut plane = [data, std::ptr::null(), std::ptr::null()];
        if pixel_format.plane_count() == 3 {
            let row_bytes = u64::from(width) * pixel_format.bytes_per_pixel() as u64;
            let stride = if row_stride == 0 {
                row_bytes
            } else {
                row_stride.unsigned_abs()
            };
            let plane_bytes = stride.wrapping_mul(u64::from(height)) as usize;
            plane[1] = data.wrapping_byte_add(plane_bytes);
            plane[2] = plane[1].wrapping_byte_add(plane_bytes);
        }
        out.set(tsp_image {
            struct_size: tsp_image::FIRST_BYTES as u32,
            format,
            width,
            height,
            plane,
            row_stride,
            white: 0.0,
            memory: TSP_MEMORY_HOST,
            device: 0,
        });
        Ok(())
    })
}

/// Makes all checks on a picture that an inspection makes, and no other work; floats are read, to find what is not
/// finite. More than 2^28 pixels are refused, the default of the option image.max_pixels.
///
/// Errors: IMAGE for stride, white or a float; IMAGE_SIZE; INVALID_ARGUMENT for format or memory; UNSUPPORTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_image_check(image: *const tsp_image) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a picture whose rows may be read.
        let view = unsafe { read_image(image, DEFAULT_MAX_PIXELS, "image") }?;
        if view.format() != PixelFormat::GrayF32 {
            return Ok(());
        }
        let mut row = vec![0.0; 3 * view.width() as usize];
        (0..view.height()).try_for_each(|y| view.rgb_row(y, &mut row))
    })
}

/// A caller's picture after all checks.
///
/// # Safety
/// `image` is null or may be read for as many bytes as its `struct_size` says; its planes hold the rows that width,
/// height, format and stride describe, which nobody writes to as long as the result is used.
pub unsafe fn read_image<'a>(
    image: *const tsp_image,
    max_pixels: u64,
    argument: &str,
) -> Result<ImageView<'a>> {
    // SAFETY: the caller promises it.
    let image = unsafe { growing::read(image, argument) }?;
    let format = pixel_format(image.format, &format!("{argument}.format"))?;
    check_memory(&image, argument)?;
    let mut planes = [Plane::default(); 3];
    let planes = &mut planes[..format.plane_count()];
    // A size that cannot be has no rows to point at; the view says what is wrong with it.
    let sides = 1..=MAX_SIDE_PX;
    if sides.contains(&image.width) && sides.contains(&image.height) {
        for (index, plane) in planes.iter_mut().enumerate() {
            let argument = format!("{argument}.plane[{index}]");
            // SAFETY: the caller promises that the plane holds the rows which are described.
            *plane =
                unsafe { plane_at(image.plane[index], Extent::of(&image, format)?, &argument) }?;
        }
    }
    ImageView::new(
        format,
        image.width,
        image.height,
        planes,
        image.row_stride,
        image.white,
        max_pixels,
    )
}

/// A caller's mask after all checks; none for NULL.
///
/// # Safety
/// As for [`read_image`].
pub unsafe fn read_mask<'a>(mask: *const tsp_image, max_pixels: u64) -> Result<Option<Mask<'a>>> {
    if mask.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller promises it.
    unsafe { read_image(mask, max_pixels, "mask") }
        .and_then(Mask::new)
        .map(Some)
}

/// Memory that the library writes a picture into.
pub struct Canvas {
    image: tsp_image,
    format: PixelFormat,
    row_stride: isize,
}

impl Canvas {
    /// Checks the caller's destination, a picture of this size and one of these formats.
    ///
    /// # Safety
    /// As for [`read_image`], and the rows may be written.
    pub unsafe fn new(
        image: *const tsp_image,
        (width, height): (u32, u32),
        formats: &[PixelFormat],
        argument: &str,
    ) -> Result<Self> {
        // SAFETY: the caller promises it; the view is gone before anything is written.
        let view = unsafe { read_image(image, u64::MAX, argument) }?;
        let (format, row_stride) = (view.format(), view.row_stride() as isize);
        if !formats.contains(&format) {
            let names: Vec<_> = formats.iter().map(|format| name_of(*format)).collect();
            let message = format!(
                "{argument} is {}, it must be {}",
                name_of(format),
                names.join(" or ")
            );
            return Err(Error::new(ErrorKind::Image, message));
        }
        if (view.width(), view.height()) != (width, height) {
            let message = format!(
                "{argument} is {} x {}, it must be {width} x {height}",
                view.width(),
                view.height()
            );
            return Err(Error::new(ErrorKind::ImageSize, message));
        }
        // SAFETY: as above.
        let image = unsafe { growing::read(image, argument) }?;
        Ok(Self {
            image,
            format,
            row_stride,
        })
    }

    /// Writes [H, W] into a canvas of [`PixelFormat::GrayF32`]; as many rows and columns as the canvas has.
    pub fn write_floats(self, values: &Array2<f64>) {
        let top = self.image.plane[0].cast_mut().cast::<u8>();
        for ((y, x), value) in values.indexed_iter() {
            let offset = y as isize * self.row_stride + (x * size_of::<f32>()) as isize;
            // SAFETY: `new` has checked that every row lies in the plane, which the caller allows to be written.
            unsafe {
                top.offset(offset)
                    .cast::<f32>()
                    .write_unaligned(*value as f32)
            };
        }
    }

    /// Writes rows of red, green, blue; as many rows and columns as the canvas has.
    pub fn write(self, rows: &mut [u8]) {
        let row_bytes = self.image.width as usize * 3;
        if self.format == PixelFormat::Bgr8 {
            rows.as_chunks_mut()
                .0
                .iter_mut()
                .for_each(|[red, _, blue]| std::mem::swap(red, blue));
        }
        let top = self.image.plane[0].cast_mut().cast::<u8>();
        for (y, row) in rows
            .chunks_exact(row_bytes)
            .take(self.image.height as usize)
            .enumerate()
        {
            // SAFETY: `new` has checked that every row lies in the plane, which the caller allows to be written; `rows`
            // is the library's own memory.
            unsafe {
                top.offset(y as isize * self.row_stride)
                    .copy_from_nonoverlapping(row.as_ptr(), row_bytes)
            };
        }
    }
}

/// How many bytes a plane spans, and how far into them its top row starts.
#[derive(Clone, Copy)]
struct Extent {
    bytes: usize,
    top: usize,
}

impl Extent {
    fn of(image: &tsp_image, format: PixelFormat) -> Result<Self> {
        let row_bytes = u64::from(image.width) * format.bytes_per_pixel() as u64;
        let stride = if image.row_stride == 0 {
            row_bytes
        } else {
            image.row_stride.unsigned_abs()
        };
        let before_last = stride.checked_mul(u64::from(image.height) - 1);
        let bytes = before_last
            .and_then(|bytes| bytes.checked_add(row_bytes))
            .and_then(|bytes| isize::try_from(bytes).ok());
        let (Some(before_last), Some(bytes)) = (before_last, bytes) else {
            let message = format!(
                "row stride {} bytes for {} rows is more than memory can be",
                image.row_stride, image.height
            );
            return Err(Error::new(ErrorKind::Image, message));
        };
        let top = if image.row_stride < 0 {
            before_last as usize
        } else {
            0
        };
        Ok(Self {
            bytes: bytes as usize,
            top,
        })
    }
}

/// # Safety
/// From `extent.top` bytes before `top` on there are `extent.bytes` bytes that may be read and that nobody writes to as
/// long as the result is used.
unsafe fn plane_at<'a>(top: *const c_void, extent: Extent, argument: &str) -> Result<Plane<'a>> {
    if top.is_null() {
        return Err(null_argument(argument));
    }
    let outside = || {
        Error::new(
            ErrorKind::Image,
            format!("{argument}: the rows would lie outside of memory"),
        )
    };
    let first = top
        .addr()
        .checked_sub(extent.top)
        .filter(|first| *first > 0)
        .ok_or_else(outside)?;
    first.checked_add(extent.bytes).ok_or_else(outside)?;
    let start = top.wrapping_byte_sub(extent.top).cast::<u8>();
    // SAFETY: the caller promises the bytes; they are at most isize::MAX and do not wrap around, as checked here.
    let bytes = unsafe { slice::from_raw_parts(start, extent.bytes) };
    Ok(Plane {
        bytes,
        top: extent.top,
    })
}

/// A format by its number. Errors: `InvalidArgument`.
pub fn pixel_format(number: i32, argument: &str) -> Result<PixelFormat> {
    let known = FORMATS.iter().find(|(known, ..)| *known == number);
    known.map(|(_, format, _)| *format).ok_or_else(|| {
        let names: Vec<String> = FORMATS
            .iter()
            .map(|(number, _, name)| format!("{number} {name}"))
            .collect();
        let message = format!(
            "{argument} is {number}, it must be one of {}",
            names.join(", ")
        );
        Error::new(ErrorKind::InvalidArgument, message)
    })
}

fn name_of(format: PixelFormat) -> &'static str {
    FORMATS
        .iter()
        .find(|(_, known, _)| *known == format)
        .map_or("unknown", |(.., name)| *name)
}

fn check_memory(image: &tsp_image, argument: &str) -> Result<()> {
    match image.memory {
        TSP_MEMORY_HOST => Ok(()),
        TSP_MEMORY_CUDA => {
            let message =
                format!("{argument} lies in the memory of a GPU, which this library cannot read");
            Err(Error::new(ErrorKind::Unsupported, message)
                .hint("Copy it to host memory; tsp_has_feature(\"cuda.input\") tells."))
        }
        other => {
            let message = format!("{argument}.memory is {other}, it must be 0 host or 1 CUDA");
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
    }
}
