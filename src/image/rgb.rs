//! A row of pixels of any format as RGB from 0 to 1.

use image::RgbImage;

use super::format::PixelFormat;
use super::view::ImageView;
use crate::error::{Error, ErrorKind, Result};

impl ImageView<'_> {
    /// Row `y` as interleaved RGB: every sample divided by white and clamped to 0..=1, gray repeated, alpha ignored.
    ///
    /// Shapes: `out` [3 * width]. Errors: `InvalidArgument` if there is no row `y` or `out` is of another length; `Image`
    /// if a float pixel is not finite, with its place.
    pub fn rgb_row(&self, y: u32, out: &mut [f32]) -> Result<()> {
        let samples = 3 * self.width() as usize;
        if y >= self.height() || out.len() != samples {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "row {y} into {} values, the picture has {} rows of {samples}",
                    out.len(),
                    self.height()
                ),
            ));
        }
        if self.format() == PixelFormat::GrayF32 {
            self.check_finite(y)?;
        }
        self.fill_rgb_row(y, out);
        Ok(())
    }

    /// A copy in 8-bit RGB to draw on: gray repeated, other ranges scaled and rounded to the nearest level, alpha dropped.
    ///
    /// Errors: `Memory`; `Image` if a float pixel is not finite.
    pub fn to_rgb8(&self) -> Result<RgbImage> {
        let samples = 3 * self.width() as usize;
        let no_memory = || Error::new(ErrorKind::Memory, "no memory for a picture to draw on");
        let mut pixels = Vec::new();
        pixels
            .try_reserve_exact(samples * self.height() as usize)
            .map_err(|_| no_memory())?;
        let mut row = vec![0.0; samples];
        for y in 0..self.height() {
            self.rgb_row(y, &mut row)?;
            pixels.extend(row.iter().map(|value| (value * 255.0).round() as u8));
        }
        RgbImage::from_raw(self.width(), self.height(), pixels).ok_or_else(no_memory)
    }

    /// As [`ImageView::rgb_row`] without its checks: `y` is a row, `out` is long enough, floats may be anything.
    fn fill_rgb_row(&self, y: u32, out: &mut [f32]) {
        // Divided, not multiplied by 1/white: the result is then the very number that x.float() / 255 gives in PyTorch.
        let white = self.white() as f32;
        let scale = |sample: f32| (sample / white).clamp(0.0, 1.0);
        let scale_u16 = |bytes: &[u8; 2]| scale(f32::from(u16::from_ne_bytes(*bytes)));
        let levels: [f32; 256] = std::array::from_fn(|level| scale(level as f32));
        let scale_u8 = |byte: &u8| levels[usize::from(*byte)];
        let [first, second, third] =
            [0, 1, 2].map(|plane| self.row(plane.min(self.format().plane_count() - 1), y));
        match self.format() {
            PixelFormat::Gray8 => fill_gray(out, first.iter().map(scale_u8)),
            PixelFormat::Gray16 => fill_gray(out, first.as_chunks().0.iter().map(scale_u16)),
            PixelFormat::GrayF32 => fill_gray(out, floats(first).map(scale)),
            PixelFormat::Rgb8 => fill_pixels::<3>(out, first, [0, 1, 2], &levels),
            PixelFormat::Bgr8 => fill_pixels::<3>(out, first, [2, 1, 0], &levels),
            PixelFormat::Rgba8 => fill_pixels::<4>(out, first, [0, 1, 2], &levels),
            PixelFormat::Bgra8 => fill_pixels::<4>(out, first, [2, 1, 0], &levels),
            PixelFormat::Rgb8Planar => fill_planes(
                out,
                [first, second, third].map(|plane| plane.iter().map(scale_u8)),
            ),
            PixelFormat::Rgb16Planar => {
                fill_planes(
                    out,
                    [first, second, third].map(|plane| plane.as_chunks().0.iter().map(scale_u16)),
                );
            }
        }
    }

    fn check_finite(&self, y: u32) -> Result<()> {
        match floats(self.row(0, y))
            .enumerate()
            .find(|(_, value)| !value.is_finite())
        {
            None => Ok(()),
            Some((x, value)) => Err(Error::new(
                ErrorKind::Image,
                format!("the pixel at ({x}, {y}) is {value}"),
            )
            .hint(
                "Every pixel must be a finite number; replace what the sensor could not measure.",
            )),
        }
    }
}

fn floats(row: &[u8]) -> impl Iterator<Item = f32> {
    row.as_chunks()
        .0
        .iter()
        .map(|bytes| f32::from_ne_bytes(*bytes))
}

fn fill_gray(out: &mut [f32], samples: impl Iterator<Item = f32>) {
    for (out, sample) in out.as_chunks_mut().0.iter_mut().zip(samples) {
        *out = [sample; 3];
    }
}

/// `order`: which byte of a pixel is red, green, blue.
fn fill_pixels<const BYTES: usize>(
    out: &mut [f32],
    row: &[u8],
    order: [usize; 3],
    levels: &[f32; 256],
) {
    for (out, pixel) in out
        .as_chunks_mut()
        .0
        .iter_mut()
        .zip(row.as_chunks::<BYTES>().0)
    {
        *out = order.map(|byte| levels[usize::from(pixel[byte])]);
    }
}

fn fill_planes(out: &mut [f32], planes: [impl Iterator<Item = f32>; 3]) {
    let [red, green, blue] = planes;
    for (out, ((red, green), blue)) in out
        .as_chunks_mut()
        .0
        .iter_mut()
        .zip(red.zip(green).zip(blue))
    {
        *out = [red, green, blue];
    }
}
