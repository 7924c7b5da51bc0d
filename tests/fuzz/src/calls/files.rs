//! Calls that write and read files, and their contents in memory.

use std::path::Path;
use std::ptr::null;

use arbitrary::Result;
use twinspect::ffi::*;

use super::program::{Program, checked};

impl Program<'_> {
    pub fn files(&mut self) -> Result<()> {
        let path = self.path()?;
        match self.input.int_in_range(0..=9)? {
            0 => {
                let model = self.model()?;
                checked(unsafe { tsp_model_save(model, path.as_ptr()) });
                Ok(())
            }
            1 => {
                let options = self.options()?;
                self.created(
                    |program| &mut program.models,
                    |out| unsafe { tsp_model_load(path.as_ptr(), options, out) },
                )
            }
            2 => {
                let variation = self.variation()?;
                checked(unsafe { tsp_variation_write(variation, path.as_ptr()) });
                Ok(())
            }
            3 => {
                let options = self.options()?;
                self.created(
                    |program| &mut program.variations,
                    |out| unsafe { tsp_variation_read(path.as_ptr(), options, out) },
                )
            }
            4 => self.model_in_memory(),
            5 => self.variation_in_memory(),
            6 => {
                let fitter = self.fitter()?;
                let mask = self.path()?;
                let mask = if self.input.ratio(3_u8, 4)? {
                    null()
                } else {
                    mask.as_ptr()
                };
                checked(unsafe { tsp_fitter_add_file(fitter, path.as_ptr(), mask) });
                Ok(())
            }
            7 => {
                let (inspector, result) = (self.inspector()?, self.result()?);
                checked(unsafe {
                    tsp_inspector_inspect_file(inspector, path.as_ptr(), null(), result)
                });
                Ok(())
            }
            _ => self.write_picture(Path::new(path.to_str().unwrap_or_default())),
        }
    }

    /// A gray picture of 8 or 16 bit, which may end too early.
    fn write_picture(&mut self, path: &Path) -> Result<()> {
        let depth = *self.input.choose(&[255, 1000, 65535])?;
        let mut bytes = format!("P5 24 16 {depth}\n").into_bytes();
        let pixels = self.input.int_in_range(0..=800)?;
        bytes.extend((0..pixels).map(|place: u32| (place * 7) as u8));
        if path.starts_with(std::env::temp_dir()) {
            // A folder is not replaced; then there is no picture.
            let _ = std::fs::write(path, bytes);
        }
        Ok(())
    }

    fn model_in_memory(&mut self) -> Result<()> {
        let (model, options) = (self.model()?, self.options()?);
        let written = self.written(|buffer, capacity, needed| unsafe {
            tsp_model_save_memory(model, buffer.cast(), capacity, needed)
        })?;
        let bytes = self.damaged(written)?;
        self.created(
            |program| &mut program.models,
            |out| unsafe {
                tsp_model_load_memory(bytes.as_ptr().cast(), bytes.len() as u64, options, out)
            },
        )
    }

    fn variation_in_memory(&mut self) -> Result<()> {
        let (variation, options) = (self.variation()?, self.options()?);
        let written = self.written(|buffer, capacity, needed| unsafe {
            tsp_variation_write_memory(variation, buffer.cast(), capacity, needed)
        })?;
        let bytes = self.damaged(written)?;
        self.created(
            |program| &mut program.variations,
            |out| unsafe {
                tsp_variation_read_memory(bytes.as_ptr().cast(), bytes.len() as u64, options, out)
            },
        )
    }

    /// The bytes, sometimes cut.
    fn damaged(&mut self, bytes: Option<Vec<u8>>) -> Result<Vec<u8>> {
        let mut bytes = bytes.unwrap_or_default();
        if self.input.ratio(1_u8, 4)? {
            let length = self.input.int_in_range(0..=bytes.len())?;
            bytes.truncate(length);
            bytes.shrink_to_fit();
        }
        Ok(bytes)
    }
}
