//! Calls about variation models.

use std::ptr::null;

use arbitrary::Result;
use twinspect::ffi::*;

use super::super::parts;
use super::memory::Picture;
use super::program::{Program, checked, pointer};

const THRESHOLDS: [[f64; 2]; 7] = [
    [10.0, 20.0],
    [0.0, 0.0],
    [-1.0, 3.0],
    [f64::NAN, 1.0],
    [1e300, 1e300],
    [f64::MAX, f64::INFINITY],
    [3.0, 1e-300],
];

impl Program<'_> {
    pub fn variations(&mut self) -> Result<()> {
        let variation = self.variation()?;
        match self.input.int_in_range(0..=12)? {
            0 => self.new_variation(),
            1..=3 => self.train(variation),
            4..=5 => {
                let (absolute, relative) = (self.pair()?, self.pair()?);
                checked(unsafe { tsp_variation_prepare(variation, absolute, relative) });
                Ok(())
            }
            6 => {
                let (mut reference, mut variance) = (self.picture()?, self.picture()?);
                let (absolute, relative) = (self.pair()?, self.pair()?);
                checked(unsafe {
                    tsp_variation_prepare_direct(
                        variation,
                        pointer(&mut reference),
                        pointer(&mut variance),
                        absolute,
                        relative,
                    )
                });
                Ok(())
            }
            7..=9 => {
                let result = self.result()?;
                let (mut picture, mut mask) = (self.picture()?, self.mask()?);
                let (picture, mask) = (pointer(&mut picture), pointer(&mut mask));
                let sides = self.input.int_in_range(0..=5)?;
                checked(match sides {
                    1 => unsafe { tsp_variation_compare(variation, picture, mask, result) },
                    _ => unsafe {
                        tsp_variation_compare_ext(variation, picture, mask, sides, result)
                    },
                });
                Ok(())
            }
            10 => {
                let which = self.input.int_in_range(0..=5)?;
                let mut canvas = Picture::canvas(TSP_FORMAT_GRAYF32, parts::SIZE, &mut self.input)?;
                checked(unsafe { tsp_variation_get_image(variation, which, canvas.pointer()) });
                Ok(())
            }
            11 => {
                checked(unsafe { tsp_variation_clear_train_data(variation) });
                Ok(())
            }
            _ => self.filled(|out| unsafe { tsp_variation_info(variation, out) }),
        }
    }

    fn new_variation(&mut self) -> Result<()> {
        let options = self.options()?;
        let gray = *self.input.choose(&[1, 1, 1, 2, 3, 0])?;
        let mode = self.input.int_in_range(0..=4)?;
        let (width, height) = match self.input.int_in_range(0..=7)? {
            0 => (self.input.arbitrary()?, self.input.arbitrary()?),
            _ => parts::SIZE,
        };
        self.created(
            |program| &mut program.variations,
            |out| unsafe { tsp_variation_create(width, height, gray, mode, options, out) },
        )
    }

    fn train(&mut self, variation: *mut tsp_variation) -> Result<()> {
        let mut pictures = Vec::new();
        for _ in 0..self.input.int_in_range(0..=4)? {
            pictures.push(self.picture()?);
        }
        let pointers: Vec<_> = pictures
            .iter_mut()
            .map(|picture| pointer(picture).cast_const())
            .collect();
        let (pointers, count) = match self.input.ratio(1_u8, 32)? {
            true => (null(), u64::MAX),
            false => (pointers.as_ptr(), pointers.len() as u64),
        };
        checked(unsafe { tsp_variation_train(variation, pointers, count) });
        Ok(())
    }

    fn pair(&mut self) -> Result<*const f64> {
        Ok(match self.input.ratio(1_u8, 32)? {
            true => null(),
            false => self.input.choose(&THRESHOLDS)?.as_ptr(),
        })
    }
}
