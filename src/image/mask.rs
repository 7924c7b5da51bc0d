//! Which pixels of a picture are to be inspected.

use super::format::PixelFormat;
use super::view::ImageView;
use crate::error::{Error, ErrorKind, Result};

/// A region of interest: a [`PixelFormat::Gray8`] picture in which a non-zero pixel means "inspect".
///
/// A mask that marks no pixel is refused where it is used: the score of nothing is an error of kind `Image`.
#[derive(Clone, Copy, Debug)]
pub struct Mask<'a>(ImageView<'a>);

impl<'a> Mask<'a> {
    /// Takes `view` as a mask. Errors: `Image` if it is not `Gray8`.
    pub fn new(view: ImageView<'a>) -> Result<Self> {
        if view.format() != PixelFormat::Gray8 {
            return Err(Error::new(
                ErrorKind::Image,
                format!("the mask is {:?}, it must be Gray8", view.format()),
            ));
        }
        Ok(Self(view))
    }

    /// Errors: `ImageSize` if the mask is not of the picture's size.
    pub fn check_size(&self, width: u32, height: u32) -> Result<()> {
        let Self(view) = self;
        if (view.width(), view.height()) == (width, height) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::ImageSize,
            format!(
                "the mask is {} x {}, the picture {width} x {height}",
                view.width(),
                view.height()
            ),
        ))
    }

    /// Errors: `ImageSize` as [`Mask::check_size`]; `Image` if the mask marks no pixel: nothing would be found to be good.
    pub fn check_marks(&self, width: u32, height: u32) -> Result<()> {
        self.check_size(width, height)?;
        let marks = |y| self.row(y).iter().any(|value| *value != 0);
        if (0..height).any(marks) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Image, "the mask marks no pixel"))
    }

    /// Is the pixel in column `x` of row `y` to be inspected? Outside of the mask nothing is.
    pub fn covers(&self, x: u32, y: u32) -> bool {
        self.row(y).get(x as usize).is_some_and(|value| *value != 0)
    }

    /// Row `y`, one byte a pixel; empty if there is no such row.
    pub fn row(&self, y: u32) -> &'a [u8] {
        if y < self.0.height() {
            self.0.row(0, y)
        } else {
            &[]
        }
    }
}
