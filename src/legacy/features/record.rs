//! What is known of anomaly maps as bytes, and back; every value is checked against what training can have made.
//!
//! Number of pictures that wait (u32), each with its white (f64) and its pixels, packed. Whether something was fitted (u8): then
//! the number of maps (u64), their sums and sums of squares (f64, row by row), the length of the model's file (u64) and the
//! file. Whether there are limits (u8): then the ideal image (f32, row by row), and the absolute and relative thresholds,
//! light and dark (f64).

use std::sync::Mutex;

use ndarray::Array2;

use super::kept::{Kept, view};
use super::limits::Limits;
use super::model::{FeatureModel, Learned};
use crate::error::{Error, ErrorKind, Result};
use crate::legacy::file::damaged;
use crate::legacy::pixels::{PixelModel, put_floats, zeros};
use crate::legacy::tolerance::Tolerance;
use crate::model::Model;
use crate::options::Options;
use crate::statistics::Spread;

/// Adds the model to `bytes`. Errors: `Memory`.
pub fn record(model: &FeatureModel, bytes: &mut Vec<u8>) -> Result<()> {
    let file = model
        .learned
        .as_ref()
        .map(|learned| learned.model.to_bytes());
    let file = file.transpose()?.unwrap_or_default();
    reserve(bytes, length_of(model) + file.len())?;
    bytes.extend_from_slice(&(model.waiting.len() as u32).to_le_bytes());
    for picture in &model.waiting {
        bytes.extend_from_slice(&picture.white.to_le_bytes());
        bytes.extend_from_slice(&picture.bytes);
    }
    bytes.push(model.learned.is_some().into());
    if let Some(Learned { maps, .. }) = &model.learned {
        bytes.extend_from_slice(&maps.count().to_le_bytes());
        put_floats(bytes, maps.sum());
        put_floats(bytes, maps.squares());
        bytes.extend_from_slice(&(file.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&file);
    }
    bytes.push(model.limits.is_some().into());
    if let Some(Limits {
        ideal, tolerance, ..
    }) = &model.limits
    {
        let values = ideal.iter().flat_map(|value| value.to_le_bytes());
        bytes.extend(values);
        for value in [tolerance.absolute, tolerance.relative].concat() {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }
    Ok(())
}

/// Bytes of the record at most, without the model's file.
fn length_of(model: &FeatureModel) -> usize {
    const NUMBERS: usize = 128;
    let pixels = model.size.0 as usize * model.size.1 as usize;
    let waiting = model.waiting.iter().map(|kept| 8 + kept.bytes.len());
    // Two sums and the ideal image.
    NUMBERS + waiting.sum::<usize>() + (8 + 8 + 4) * pixels
}

fn reserve(bytes: &mut Vec<u8>, more: usize) -> Result<()> {
    bytes.try_reserve_exact(more).map_err(|_| {
        let message = format!("no memory for a variation model of {more} bytes");
        Error::new(ErrorKind::Memory, message)
    })
}

/// The model of these bytes, which lies beside `pixels`. Errors: `Format`, `Memory`; those of [`Model::from_bytes`].
pub fn read(bytes: &[u8], pixels: &PixelModel, options: &Options) -> Result<FeatureModel> {
    let (size, gray) = (pixels.size(), pixels.gray());
    let mut reader = Reader(bytes);
    let shape = (size.1 as usize, size.0 as usize);

    let mut waiting = Vec::new();
    let count = u32::from_le_bytes(reader.array()?);
    let picture_bytes = shape.0 * shape.1 * gray.format().bytes_per_pixel();
    for _ in 0..count {
        let white = f64::from_le_bytes(reader.array()?);
        let view = view(gray.format(), size, reader.bytes(picture_bytes)?, white);
        let kept = Kept::of(&view.map_err(of_the_file)?)?;
        waiting.push(kept);
    }
    let learned = match reader.flag()? {
        false => None,
        true => {
            let count = u64::from_le_bytes(reader.array()?);
            let (sum, squares) = (reader.floats(shape)?, reader.floats(shape)?);
            let maps = Spread::from_parts(count, sum, squares);
            let length = u64::from_le_bytes(reader.array()?);
            let file = reader.bytes(usize::try_from(length).unwrap_or(usize::MAX))?;
            let model = Model::from_bytes(file, options)?;
            let images = model.image_count() + model.left_out().len();
            if count > images as u64 {
                return Err(damaged(format!(
                    "its features are of {images} pictures, and it has {count} maps of them"
                )));
            }
            if model.image_size() != size {
                return Err(damaged("its features are of pictures of another size"));
            }
            Some(Learned {
                maps: maps.map_err(of_the_file)?,
                model: model.into(),
            })
        }
    };
    let limits = match (reader.flag()?, &learned) {
        (false, _) => None,
        (true, None) => return Err(damaged("it has limits of nothing")),
        (true, Some(learned)) => {
            let ideal = reader.ideal(shape, f32::from(gray.highest()))?;
            let mut pair = || -> Result<[f64; 2]> {
                Ok([
                    f64::from_le_bytes(reader.array()?),
                    f64::from_le_bytes(reader.array()?),
                ])
            };
            let tolerance = Tolerance {
                absolute: pair()?,
                relative: pair()?,
            };
            let limits = Limits::of(
                ideal,
                &learned.maps,
                tolerance,
                learned.model.thresholds().pixel,
            );
            Some(limits.map_err(of_the_file)?)
        }
    };
    if !reader.0.is_empty() {
        return Err(damaged(format!("{} bytes are left over", reader.0.len())));
    }
    let model = FeatureModel::new(size, gray, pixels.learning(), options)?;
    Ok(FeatureModel {
        waiting,
        learned,
        limits,
        inspectors: Mutex::default(),
        ..model
    })
}

/// What is left of a record.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (own, left) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| damaged("what it says of features ends too soon"))?;
        self.0 = left;
        Ok(own)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    fn flag(&mut self) -> Result<bool> {
        match self.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(damaged(format!("a flag is {other}"))),
        }
    }

    fn floats(&mut self, shape: (usize, usize)) -> Result<Array2<f64>> {
        let bytes = self.bytes(shape.0 * shape.1 * 8)?;
        let mut array = zeros(shape)?;
        let values = bytes.as_chunks().0.iter();
        array
            .iter_mut()
            .zip(values)
            .for_each(|(out, bytes)| *out = f64::from_le_bytes(*bytes));
        Ok(array)
    }

    fn ideal(&mut self, shape: (usize, usize), highest: f32) -> Result<Array2<f32>> {
        let bytes = self.bytes(shape.0 * shape.1 * 4)?;
        let mut array = zeros(shape)?;
        let values = bytes.as_chunks().0.iter();
        array
            .iter_mut()
            .zip(values)
            .for_each(|(out, bytes)| *out = f32::from_le_bytes(*bytes));
        match array.iter().find(|value| !(0.0..=highest).contains(*value)) {
            None => Ok(array),
            Some(value) => Err(damaged(format!("its ideal image has a value {value}"))),
        }
    }
}

/// The error of a part of the file.
fn of_the_file(error: Error) -> Error {
    error.blamed(|error| damaged(error.message()))
}
