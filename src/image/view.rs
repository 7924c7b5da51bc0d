//! Borrowed pixels: stride, planes, white; every check on a picture that comes from outside.

use super::format::PixelFormat;
use crate::error::{Error, ErrorKind, Result};

/// The largest width and the largest height of a picture.
pub const MAX_SIDE_PX: u32 = 32_768;

/// How many pixels a picture may have unless the caller says otherwise.
pub const DEFAULT_MAX_PIXELS: u64 = 1 << 28;

/// One plane of a picture in the caller's memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plane<'a> {
    /// Bytes that hold all rows.
    pub bytes: &'a [u8],
    /// Where in `bytes` the first pixel of the top row starts; with a negative stride that is the last row in memory.
    pub top: usize,
}

/// A picture in somebody else's memory, checked: every row lies inside its plane.
///
/// # Example
/// ```
/// use twinspect::image::{ImageView, PixelFormat};
/// let view = ImageView::packed(PixelFormat::Bgr8, 1, 1, &[255, 51, 0])?;
/// let mut rgb = [0.0; 3];
/// view.rgb_row(0, &mut rgb)?;
/// assert_eq!(rgb, [0.0, 0.2, 1.0]);
/// # Ok::<(), twinspect::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ImageView<'a> {
    format: PixelFormat,
    width: u32,
    height: u32,
    planes: [Plane<'a>; 3],
    row_stride: i64,
    white: f64,
}

impl<'a> ImageView<'a> {
    /// A view of `width` x `height` pixels, after all checks; nothing is allocated or read.
    ///
    /// `row_stride`: bytes from one row to the next below it, the same for all planes; 0 = tightly packed, negative =
    /// bottom-up. `white`: the value that means full scale, 0 = the format's own; 4095 for a 12-bit camera.
    ///
    /// Errors: `ImageSize` if a side is not 1..=[`MAX_SIDE_PX`] or there are more than `max_pixels` pixels; `Image` if the
    /// number of planes, the stride or `white` cannot be, or a row lies outside of its plane.
    pub fn new(
        format: PixelFormat,
        width: u32,
        height: u32,
        planes: &[Plane<'a>],
        row_stride: i64,
        white: f64,
        max_pixels: u64,
    ) -> Result<Self> {
        check_size(width, height, max_pixels)?;
        if planes.len() != format.plane_count() {
            return Err(Error::new(
                ErrorKind::Image,
                format!(
                    "{} planes, {format:?} has {}",
                    planes.len(),
                    format.plane_count()
                ),
            ));
        }
        // No overflow: the width is at most 2^15 by now.
        let row_bytes = i64::from(width) * format.bytes_per_pixel() as i64;
        let row_stride = if row_stride == 0 {
            row_bytes
        } else {
            row_stride
        };
        if row_stride.unsigned_abs() < row_bytes.unsigned_abs() {
            return Err(Error::new(
                ErrorKind::Image,
                format!("row stride {row_stride} bytes, a row of {width} {format:?} pixels needs {row_bytes}"),
            )
            .hint("The stride is in bytes, not in pixels; 0 means tightly packed."));
        }
        let mut view = Self {
            format,
            width,
            height,
            planes: [Plane::default(); 3],
            row_stride,
            white: 0.0,
        };
        for (index, plane) in planes.iter().enumerate() {
            view.planes[index] = *plane;
            view.check_rows_inside(index)?;
        }
        view.with_white(white)
    }

    /// A view of one tightly packed, top-down plane (three planes one after the other for the planar formats) with the
    /// format's own white and [`DEFAULT_MAX_PIXELS`]. Errors: those of [`ImageView::new`].
    pub fn packed(format: PixelFormat, width: u32, height: u32, bytes: &'a [u8]) -> Result<Self> {
        check_size(width, height, DEFAULT_MAX_PIXELS)?;
        let view = Self::packed_unchecked(format, width, height, bytes);
        for index in 0..format.plane_count() {
            view.check_rows_inside(index)?;
        }
        Ok(view)
    }

    /// As [`ImageView::packed`], for pixels whose owner has made sure that they are all there.
    pub(super) fn packed_unchecked(
        format: PixelFormat,
        width: u32,
        height: u32,
        bytes: &'a [u8],
    ) -> Self {
        let row_bytes = width as usize * format.bytes_per_pixel();
        let plane = |index: usize| Plane {
            bytes,
            top: index * row_bytes * height as usize,
        };
        let planes = if format.plane_count() == 3 {
            [plane(0), plane(1), plane(2)]
        } else {
            [plane(0), Plane::default(), Plane::default()]
        };
        Self {
            format,
            width,
            height,
            planes,
            row_stride: row_bytes as i64,
            white: format.default_white(),
        }
    }

    /// The same pixels with another value for full scale; 0 = the format's own.
    ///
    /// Errors: `Image` if `white` is negative, not finite, or too small or too large for a 32-bit float.
    pub fn with_white(mut self, white: f64) -> Result<Self> {
        let white = if white == 0.0 {
            self.format.default_white()
        } else {
            white
        };
        if white < 0.0 || !(white as f32).is_normal() {
            return Err(Error::new(ErrorKind::Image, format!("white is {white}, it must be finite and above 0"))
                .hint("White is the value that means full scale: 255 for 8 bit, 4095 for a 12-bit camera, 0 for the format's own."));
        }
        self.white = white;
        Ok(self)
    }

    /// The rectangle of `width` x `height` pixels whose upper left corner is (`x`, `y`), without copying.
    ///
    /// A rectangular region of interest: fit and inspect the part instead of the whole picture.
    ///
    /// Errors: `ImageSize` if it is empty or not inside the picture.
    ///
    /// # Example
    /// ```
    /// use twinspect::image::{ImageView, PixelFormat};
    /// let whole = ImageView::packed(PixelFormat::Gray8, 3, 2, &[0, 0, 0, 0, 51, 255])?;
    /// let part = whole.crop(1, 1, 2, 1)?;
    /// assert_eq!(part.to_rgb8()?.as_raw(), &[51, 51, 51, 255, 255, 255]);
    /// # Ok::<(), twinspect::Error>(())
    /// ```
    pub fn crop(&self, x: u32, y: u32, width: u32, height: u32) -> Result<Self> {
        let fits = |start: u32, size: u32, whole: u32| {
            size > 0 && u64::from(start) + u64::from(size) <= u64::from(whole)
        };
        if !fits(x, width, self.width) || !fits(y, height, self.height) {
            return Err(Error::new(
                ErrorKind::ImageSize,
                format!(
                    "rectangle {width} x {height} at ({x}, {y}) is not inside the picture of {} x {}",
                    self.width, self.height
                ),
            ));
        }
        let mut part = Self {
            width,
            height,
            ..*self
        };
        for plane in part.planes.iter_mut().take(self.format.plane_count()) {
            plane.top =
                offset(plane.top, y, self.row_stride) + x as usize * self.format.bytes_per_pixel();
        }
        Ok(part)
    }

    /// How the pixels lie in memory.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Pixels in a row, 1 to [`MAX_SIDE_PX`].
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows, 1 to [`MAX_SIDE_PX`].
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Bytes from one row to the next below it, never 0.
    pub fn row_stride(&self) -> i64 {
        self.row_stride
    }

    /// The value that means full scale, above 0.
    pub fn white(&self) -> f64 {
        self.white
    }

    /// The bytes of row `y`, which there must be, of a plane.
    pub(crate) fn row(&self, plane: usize, y: u32) -> &'a [u8] {
        let Plane { bytes, top } = self.planes[plane];
        let start = offset(top, y, self.row_stride);
        &bytes[start..start + self.width as usize * self.format.bytes_per_pixel()]
    }

    /// Offsets are linear in the row, so the first and the last row decide; 128 bits hold every product of the arguments.
    fn check_rows_inside(&self, index: usize) -> Result<()> {
        let Plane { bytes, top } = self.planes[index];
        let row_bytes = self.width as usize * self.format.bytes_per_pixel();
        for y in [0, self.height - 1] {
            let start = top as i128 + i128::from(y) * i128::from(self.row_stride);
            if start < 0 || start + row_bytes as i128 > bytes.len() as i128 {
                return Err(Error::new(
                    ErrorKind::Image,
                    format!(
                        "row {y} of plane {index} would be the bytes {start}..{} of {} (top {top}, row stride {})",
                        start + row_bytes as i128,
                        bytes.len(),
                        self.row_stride
                    ),
                )
                .hint("With a negative row stride the top row is the last one in memory."));
            }
        }
        Ok(())
    }
}

/// Errors: `ImageSize` if a side is not 1..=[`MAX_SIDE_PX`], or there are more than `max_pixels` pixels.
pub(crate) fn check_size(width: u32, height: u32, max_pixels: u64) -> Result<()> {
    for (name, value) in [("width", width), ("height", height)] {
        if !(1..=MAX_SIDE_PX).contains(&value) {
            return Err(Error::new(
                ErrorKind::ImageSize,
                format!("{name} {value}, it must be 1 to {MAX_SIDE_PX}"),
            ));
        }
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > max_pixels {
        return Err(Error::new(
            ErrorKind::ImageSize,
            format!("{width} x {height} = {pixels} pixels, at most {max_pixels} are allowed"),
        )
        .hint("Crop the picture, or raise image.max_pixels."));
    }
    Ok(())
}

/// Where row `y` starts. The callers have checked that it lies in the plane, so nothing wraps.
fn offset(top: usize, y: u32, row_stride: i64) -> usize {
    top.wrapping_add_signed((i64::from(y).wrapping_mul(row_stride)) as isize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_negative_stride_counts_down() {
        assert_eq!(offset(10, 3, -3), 1);
    }

    #[test]
    fn fill_row_of_padded_gray16_reads_own_samples() {
        let bytes: Vec<u8> = [0u16, 65535, 7, 13107, 32896, 7]
            .iter()
            .flat_map(|v| v.to_ne_bytes())
            .collect();
        let plane = Plane {
            bytes: &bytes,
            top: 0,
        };
        let view = ImageView::new(
            PixelFormat::Gray16,
            2,
            2,
            &[plane],
            6,
            0.0,
            DEFAULT_MAX_PIXELS,
        )
        .unwrap();
        let mut row = [0.0; 6];
        view.rgb_row(1, &mut row).unwrap();
        assert_eq!(row[..3], [0.2; 3]);
    }
}
