//! Pictures that wait to be learned from.

use crate::error::{Error, ErrorKind, Result};
use crate::image::{ImageView, PixelFormat, Plane};

/// A copy of a picture, packed.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub format: PixelFormat,
    pub size: (u32, u32),
    pub white: f64,
    pub bytes: Vec<u8>,
}

impl Kept {
    /// Of a picture with one plane. Errors: `Memory`.
    pub fn of(view: &ImageView<'_>) -> Result<Self> {
        let size = (view.width(), view.height());
        let row_bytes = size.0 as usize * view.format().bytes_per_pixel();
        let length = row_bytes * size.1 as usize;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|_| {
            let message = format!("no memory for {length} bytes of a picture that is learned from");
            Error::new(ErrorKind::Memory, message)
        })?;
        for y in 0..size.1 {
            bytes.extend_from_slice(view.row(0, y));
        }
        Ok(Self {
            format: view.format(),
            size,
            white: view.white(),
            bytes,
        })
    }

    /// The picture.
    pub fn view(&self) -> Result<ImageView<'_>> {
        view(self.format, self.size, &self.bytes, self.white)
    }
}

/// A packed picture of one plane; how many pixels it may have was asked when it came.
pub fn view(
    format: PixelFormat,
    (width, height): (u32, u32),
    bytes: &[u8],
    white: f64,
) -> Result<ImageView<'_>> {
    let plane = Plane { bytes, top: 0 };
    ImageView::new(format, width, height, &[plane], 0, white, u64::MAX)
}
