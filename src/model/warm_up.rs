//! The first picture costs more than the next ones: memory, threads and kernels are made ready. Here that is done before.

use crate::error::{Error, ErrorKind, Result};
use crate::image::{ImageView, PixelFormat, check_size};
use crate::model::Inspector;

/// Side of the squares of the made-up picture: it has corners, so that matchers have work.
const SQUARE_PX: u32 = 8;

impl Inspector {
    /// Inspects a made-up picture of this kind, of which nothing is kept.
    ///
    /// Errors: those of [`Inspector::inspect`].
    pub fn warm_up(&mut self, format: PixelFormat, width: u32, height: u32) -> Result<()> {
        let max_pixels = self.standard.options.int("image.max_pixels")? as u64;
        check_size(width, height, max_pixels)?;
        let bytes = squares(format, width, height)?;
        let view = ImageView::packed(format, width, height, &bytes)?;
        for lane in &mut self.lanes {
            self.standard.look(lane, &view, None)?;
        }
        Ok(())
    }
}

/// Squares of different brightness. Errors: `Memory`.
fn squares(format: PixelFormat, width: u32, height: u32) -> Result<Vec<u8>> {
    let samples_per_pixel = format.bytes_per_pixel() / format.bytes_per_sample();
    let pixels = u64::from(width) * u64::from(height);
    // Sides are at most 32768, as was checked.
    let length = pixels as usize * format.bytes_per_pixel() * format.plane_count();
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(length)
        .map_err(|_| Error::new(ErrorKind::Memory, format!("no memory for {length} bytes")))?;
    for _ in 0..format.plane_count() {
        for y in 0..height {
            for x in 0..width {
                let square = (x / SQUARE_PX).wrapping_mul(37) ^ (y / SQUARE_PX).wrapping_mul(91);
                for _ in 0..samples_per_pixel {
                    push(&mut bytes, format, square as u8);
                }
            }
        }
    }
    Ok(bytes)
}

fn push(bytes: &mut Vec<u8>, format: PixelFormat, value: u8) {
    match format.bytes_per_sample() {
        4 => bytes.extend((f32::from(value) / 255.0).to_ne_bytes()),
        2 => bytes.extend((u16::from(value) * 257).to_ne_bytes()),
        _ => bytes.push(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picture_of_every_format_is_complete_and_finite() {
        use PixelFormat::*;
        for format in [
            Gray8,
            Gray16,
            GrayF32,
            Bgr8,
            Rgb8,
            Bgra8,
            Rgba8,
            Rgb8Planar,
            Rgb16Planar,
        ] {
            let bytes = squares(format, 19, 17).unwrap();
            let view = ImageView::packed(format, 19, 17, &bytes).unwrap();
            let mut row = vec![f32::NAN; 3 * 19];
            view.rgb_row(16, &mut row).unwrap();
            assert!(row.iter().all(|value| value.is_finite()), "{format:?}");
            assert!(row.iter().any(|value| *value != row[0]), "{format:?}");
        }
    }
}
