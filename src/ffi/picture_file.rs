//! Pictures that the library reads itself.

use std::ffi::c_char;
use std::path::PathBuf;

use super::text::read_path;
use crate::error::Result;
use crate::image::{ImageView, Mask, Picture, decode_file};

/// A picture file, and one that says what of it counts.
pub struct PictureFile {
    /// Where it is.
    pub path: PathBuf,
    picture: Picture,
    mask: Option<(PathBuf, Picture)>,
}

impl PictureFile {
    /// Reads both; `mask_path` may be null. Errors: `NullArgument`, `NotFound`, `Io`, `Image`, `ImageSize`.
    ///
    /// # Safety
    /// Each is null or a NUL-terminated text.
    pub unsafe fn read(
        path: *const c_char,
        mask_path: *const c_char,
        max_pixels: u64,
    ) -> Result<Self> {
        // SAFETY: the caller promises it.
        let path = unsafe { read_path(path, "path") }?;
        let picture = decode_file(&path, max_pixels)?;
        let mask = match mask_path.is_null() {
            true => None,
            false => {
                // SAFETY: as above.
                let path = unsafe { read_path(mask_path, "mask_path") }?;
                let picture = decode_file(&path, max_pixels)?;
                Some((path, picture))
            }
        };
        Ok(Self {
            path,
            picture,
            mask,
        })
    }

    /// Does something with picture and mask; what it says against them names the file. Errors: `Image` for a mask that is not gray.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&ImageView<'_>, Option<&Mask<'_>>) -> Result<T>,
    ) -> Result<T> {
        let mask = match &self.mask {
            Some((path, picture)) => {
                Some(Mask::new(picture.view()).map_err(|error| error.at(path))?)
            }
            None => None,
        };
        work(&self.picture.view(), mask.as_ref()).map_err(|error| error.at(&self.path))
    }
}
