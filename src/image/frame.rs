//! What a picture is like as a whole: bright or dark, sharp or blurred, and whether it is the one before it once more.

use fast_image_resize::pixels::F32x3;
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use super::tensor::resize_buffer;
use super::view::ImageView;
use crate::error::Result;

/// A pixel is black if none of its channels is above this share of white: the noise of a covered lens, in 8 bit 2.
const BLACK: f32 = 0.01;

/// A pixel is saturated if one of its channels reaches this share of white: what lies above it is lost, and resizing mixes
/// a little of the neighbours into it.
const SATURATED: f32 = 0.99;

/// What a picture is like as a whole.
///
/// Brightness, contrast and sharpness are of the pixels that the network sees, before they are normalised, 0 = black,
/// 1 = white; gray is the mean of red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameStatistics {
    /// Mean of the gray values, 0 to 1.
    pub brightness: f32,
    /// Their standard deviation, 0 to 0.5.
    pub contrast: f32,
    /// Mean of their absolute Laplacian (four times a pixel less its four neighbours), 0 to 4; 0 of a blurred picture.
    pub sharpness: f32,
    /// Share of black pixels, 0 to 1: no channel above 1 % of white.
    pub black: f32,
    /// Share of saturated pixels, 0 to 1: one channel at 99 % of white or above.
    pub saturated: f32,
    /// Width by height of the picture as it was given.
    pub proportions: f32,
}

impl FrameStatistics {
    /// Whether a picture can have them; what a file says may be anything.
    pub fn is_possible(&self) -> bool {
        let shares = [self.brightness, self.contrast, self.black, self.saturated];
        shares.iter().all(|share| (0.0..=1.0).contains(share))
            && (0.0..=4.0).contains(&self.sharpness)
            && self.proportions.is_finite()
            && self.proportions > 0.0
    }
}

/// Adds pixels up to a frame's statistics; keep one for many frames, its buffers are used again.
#[derive(Debug, Default)]
pub struct FrameMeter {
    sums: Sums,
    gray: Vec<f32>,
    laplacian: Vec<f32>,
}

#[derive(Debug, Default)]
struct Sums {
    pixels: f64,
    /// Gray value of the first pixel, which the others are taken less of: a flat picture then has a contrast of exactly 0.
    first: Option<f32>,
    gray: f64,
    squares: f64,
    black: f64,
    saturated: f64,
    /// Pixels with four neighbours.
    inner: f64,
    laplacian: f64,
}

impl FrameMeter {
    /// Begins with a new frame.
    pub fn clear(&mut self) {
        self.sums = Sums::default();
    }

    /// Adds a rectangle of the frame, rows of `width` pixels from 0 to 1. Errors: `Memory`; then nothing is added.
    pub(super) fn add(&mut self, pixels: &[F32x3], width: usize) -> Result<()> {
        let Some(corner) = pixels.first() else {
            return Ok(());
        };
        resize_buffer(&mut self.gray, pixels.len())?;
        resize_buffer(&mut self.laplacian, width)?;
        let sums = &mut self.sums;
        let first = *sums.first.get_or_insert(gray_of(&corner.0));
        for (row, gray) in pixels
            .chunks_exact(width)
            .zip(self.gray.chunks_exact_mut(width))
        {
            let (mut black, mut saturated) = (0u32, 0u32);
            for (pixel, gray) in row.iter().zip(gray.iter_mut()) {
                let [red, green, blue] = pixel.0;
                let highest = red.max(green).max(blue);
                black += u32::from(highest <= BLACK);
                saturated += u32::from(highest >= SATURATED);
                *gray = gray_of(&pixel.0);
            }
            sums.black += f64::from(black);
            sums.saturated += f64::from(saturated);
            sums.gray += f64::from(sum(gray, |value| value - first));
            sums.squares += f64::from(sum(gray, |value| (value - first).powi(2)));
        }
        sums.pixels += pixels.len() as f64;
        // Three rows at a time, each of which begins a row below the last.
        let rows = self.gray.windows(3 * width).step_by(width);
        for rows in rows {
            let (rows, inner) = (
                [0, 1, 2].map(|row| &rows[row * width..][..width]),
                width.saturating_sub(2),
            );
            let laplacian = &mut self.laplacian[..inner];
            // Slices side by side and no indices: four times as fast.
            let around = rows[0][1..].iter().zip(&rows[2][1..]);
            let row = laplacian.iter_mut().zip(rows[1].windows(3));
            for ((out, row), (above, below)) in row.zip(around) {
                *out = (4.0 * row[1] - (above + below + row[0] + row[2])).abs();
            }
            sums.laplacian += f64::from(sum(laplacian, |value| value));
            sums.inner += inner as f64;
        }
        Ok(())
    }

    /// The statistics of what was added, which was some, of a frame.
    pub fn statistics(&self, frame: &ImageView<'_>) -> FrameStatistics {
        let sums = &self.sums;
        let pixels = sums.pixels.max(1.0);
        let mean = sums.gray / pixels;
        let variance = (sums.squares / pixels - mean * mean).max(0.0);
        FrameStatistics {
            brightness: ((f64::from(sums.first.unwrap_or(0.0)) + mean) as f32).clamp(0.0, 1.0),
            contrast: variance.sqrt() as f32,
            sharpness: (sums.laplacian / sums.inner.max(1.0)) as f32,
            black: (sums.black / pixels) as f32,
            saturated: (sums.saturated / pixels) as f32,
            proportions: (f64::from(frame.width()) / f64::from(frame.height())) as f32,
        }
    }
}

fn gray_of(rgb: &[f32; 3]) -> f32 {
    (rgb[0] + rgb[1] + rgb[2]) * (1.0 / 3.0)
}

/// Eight sums side by side, which a processor forms at once.
fn sum(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (parts, rest) = values.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for part in parts {
        for (sum, value) in sums.iter_mut().zip(part) {
            *sum += term(*value);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|value| term(*value)).sum::<f32>()
}

/// A number that says whether two pictures are the same to the last bit: XXH3, of 128 bits, over size, format, white and
/// the pixels' bytes; what lies between the rows does not count.
///
/// Different pictures of a camera have different ones; somebody who wants the same for two can make them so.
pub fn fingerprint(view: &ImageView<'_>) -> u128 {
    let mut hasher = XxHash3_128::new();
    hasher.write(&view.width().to_le_bytes());
    hasher.write(&view.height().to_le_bytes());
    hasher.write(&[view.format() as u8]);
    hasher.write(&view.white().to_le_bytes());
    for plane in 0..view.format().plane_count() {
        for y in 0..view.height() {
            hasher.write(view.row(plane, y));
        }
    }
    hasher.finish_128()
}

#[cfg(test)]
mod tests {
    use super::super::PixelFormat;
    use super::super::view::{DEFAULT_MAX_PIXELS, Plane};
    use super::*;

    fn measured(pixels: &[[f32; 3]], width: usize) -> FrameStatistics {
        let pixels: Vec<F32x3> = pixels.iter().map(|rgb| F32x3::new(*rgb)).collect();
        let mut meter = FrameMeter::default();
        meter.add(&pixels, width).unwrap();
        let bytes = vec![0; pixels.len()];
        let height = (pixels.len() / width) as u32;
        let view = ImageView::packed(PixelFormat::Gray8, width as u32, height, &bytes).unwrap();
        meter.statistics(&view)
    }

    #[test]
    fn statistics_by_hand() {
        // One bright pixel in the middle of 3 x 3: mean 0.9 / 9, squares 0.81 / 9, Laplacian 4 * 0.9 at the only inner pixel.
        let mut pixels = [[0.0; 3]; 9];
        pixels[4] = [0.9; 3];
        let found = measured(&pixels, 3);
        assert!((found.brightness - 0.1).abs() < 1e-6, "{found:?}");
        assert!((found.contrast - 0.08f32.sqrt()).abs() < 1e-6, "{found:?}");
        assert!((found.sharpness - 3.6).abs() < 1e-5, "{found:?}");
        assert!((found.black - 8.0 / 9.0).abs() < 1e-6 && found.saturated == 0.0);
        assert_eq!(found.proportions, 1.0);
        // One channel that is lost is enough.
        let found = measured(&[[0.2, 1.0, 0.3], [0.2, 0.2, 0.2]], 2);
        assert_eq!(
            (found.saturated, found.black, found.sharpness),
            (0.5, 0.0, 0.0)
        );
        assert_eq!(found.proportions, 2.0);
    }

    #[test]
    fn flat_frame_has_no_contrast_and_rectangles_add_up() {
        for gray in [0.0, 0.2, 1.0] {
            let found = measured(&[[gray; 3]; 35], 7);
            assert_eq!((found.contrast, found.sharpness), (0.0, 0.0), "{gray}");
            assert!((found.brightness - gray).abs() < 1e-6);
            assert!(found.is_possible());
        }
        let ramp: Vec<F32x3> = (0..120)
            .map(|i| F32x3::new([(i * 7 % 11) as f32 / 11.0; 3]))
            .collect();
        let bytes = [0; 120];
        let view = ImageView::packed(PixelFormat::Gray8, 12, 10, &bytes).unwrap();
        let (mut whole, mut parts) = (FrameMeter::default(), FrameMeter::default());
        whole.add(&ramp, 12).unwrap();
        parts.add(&ramp[..60], 12).unwrap();
        parts.add(&ramp[60..], 12).unwrap();
        let (whole, parts) = (whole.statistics(&view), parts.statistics(&view));
        assert!((whole.brightness - parts.brightness).abs() < 1e-6);
        assert!((whole.contrast - parts.contrast).abs() < 1e-6);
    }

    #[test]
    fn fingerprint_is_of_the_pixels_and_of_nothing_between_them() {
        let of = |bytes: &[u8], stride, white| {
            let plane = Plane { bytes, top: 0 };
            let format = PixelFormat::Gray8;
            let view = ImageView::new(format, 2, 2, &[plane], stride, white, DEFAULT_MAX_PIXELS);
            fingerprint(&view.unwrap())
        };
        let packed = of(&[1, 2, 3, 4], 0, 0.0);
        assert_eq!(packed, of(&[1, 2, 77, 3, 4, 88], 3, 0.0));
        assert_ne!(packed, of(&[1, 2, 3, 5], 0, 0.0));
        assert_ne!(packed, of(&[1, 2, 3, 4], 0, 128.0));
        let wide = ImageView::packed(PixelFormat::Gray8, 4, 1, &[1, 2, 3, 4]).unwrap();
        assert_ne!(packed, fingerprint(&wide));
        // A region of a larger picture is the same picture.
        let whole = ImageView::packed(PixelFormat::Gray8, 3, 2, &[9, 1, 2, 9, 3, 4]).unwrap();
        assert_eq!(packed, fingerprint(&whole.crop(1, 0, 2, 2).unwrap()));
    }
}
