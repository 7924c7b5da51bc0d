//! What is known of gray values as bytes, and back; every value is checked against what training can have made.
//!
//! Width, height (u32), type, mode, state of the training, whether there are limits (a byte each), number of images (u32),
//! then arrays row by row, where the state has them: sums and sums of squares (u64), or ideal and variation (f64); upper
//! and lower limits (f64).

use ndarray::Array2;

use super::gray::{GrayType, zeros};
use super::learned::{Moments, Statistics};
use super::limits::Limits;
use super::model::{Learning, MOST_IMAGES, PixelModel, Training};
use crate::error::Result;
use crate::image::check_size;
use crate::legacy::file::{FRAME, damaged};

const HEAD_BYTES: usize = 4 + 4 + 4 + 4;
const GRAYS: [GrayType; 2] = [GrayType::Byte, GrayType::Uint2];
const LEARNINGS: [Learning; 3] = [Learning::Standard, Learning::Robust, Learning::Direct];

const NOTHING: u8 = 0;
const MOMENTS: u8 = 1;
const KNOWN: u8 = 2;
const CLEARED: u8 = 3;

/// The model as bytes. Errors: `Memory`.
pub fn record(model: &PixelModel) -> Result<Vec<u8>> {
    let pixels = model.size.0 as usize * model.size.1 as usize;
    let mut bytes = FRAME.reserved(HEAD_BYTES + 32 * pixels)?;
    let (state, count) = match &model.training {
        Training::Nothing => (NOTHING, 0),
        Training::Moments(moments) => (MOMENTS, moments.count),
        Training::Known(_) => (KNOWN, 0),
        Training::Cleared => (CLEARED, 0),
    };
    bytes.extend_from_slice(&model.size.0.to_le_bytes());
    bytes.extend_from_slice(&model.size.1.to_le_bytes());
    bytes.push(number(&GRAYS, &model.gray));
    bytes.push(number(&LEARNINGS, &model.learning));
    bytes.extend_from_slice(&[state, model.limits.is_some().into()]);
    bytes.extend_from_slice(&count.to_le_bytes());
    match &model.training {
        Training::Moments(moments) => {
            for array in [&moments.sum, &moments.squares] {
                array
                    .iter()
                    .for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
            }
        }
        Training::Known(statistics) => {
            put_floats(&mut bytes, &statistics.ideal);
            put_floats(&mut bytes, &statistics.variation);
        }
        Training::Nothing | Training::Cleared => {}
    }
    if let Some(limits) = &model.limits {
        put_floats(&mut bytes, &limits.upper);
        put_floats(&mut bytes, &limits.lower);
    }
    Ok(bytes)
}

/// The place of one value among all there are.
pub fn number<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter()
        .position(|known| known == one)
        .unwrap_or(all.len()) as u8
}

/// Adds an array, row by row.
pub fn put_floats(bytes: &mut Vec<u8>, array: &Array2<f64>) {
    array
        .iter()
        .for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
}

/// The model of these bytes. Errors: `Format`, `Memory`.
pub fn read(bytes: &[u8]) -> Result<PixelModel> {
    let (head, arrays) = bytes
        .split_first_chunk::<HEAD_BYTES>()
        .ok_or_else(|| damaged("it ends within its first bytes"))?;
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (width, height, count) = (word(0), word(4), word(12));
    check_size(width, height, u64::MAX).map_err(|error| damaged(error.message()))?;
    let [gray, learning, state, prepared] = [head[8], head[9], head[10], head[11]];
    let gray = *GRAYS
        .get(usize::from(gray))
        .ok_or_else(|| unknown("type", gray))?;
    let learning = *LEARNINGS
        .get(usize::from(learning))
        .ok_or_else(|| unknown("mode", learning))?;
    check_state(learning, state, prepared, count)?;

    let pairs = u64::from(matches!(state, MOMENTS | KNOWN)) + u64::from(prepared);
    let expected = pairs * 16 * u64::from(width) * u64::from(height);
    if arrays.len() as u64 != expected {
        let found = arrays.len();
        return Err(damaged(format!(
            "its images should be {expected} bytes and are {found}"
        )));
    }
    let mut arrays = Arrays {
        left: arrays.as_chunks().0,
        shape: (height as usize, width as usize),
    };
    let highest = f64::from(gray.highest());
    let training = match state {
        MOMENTS => Training::Moments(arrays.moments(count, u64::from(gray.highest()))?),
        KNOWN => Training::Known(Statistics {
            ideal: arrays.floats("ideal", 0.0, highest)?,
            variation: arrays.floats("variation", 0.0, f64::MAX)?,
        }),
        CLEARED => Training::Cleared,
        _ => Training::Nothing,
    };
    let limits = match prepared {
        0 => None,
        _ => Some(Limits::new(
            arrays.floats("upper", 0.0, f64::MAX)?,
            arrays.floats("lower", f64::MIN, highest)?,
        )?),
    };
    Ok(PixelModel {
        size: (width, height),
        gray,
        learning,
        training,
        limits,
    })
}

/// Whether a model can be in this state.
fn check_state(learning: Learning, state: u8, prepared: u8, count: u32) -> Result<()> {
    let possible = match (learning, state) {
        (_, NOTHING) => prepared == 0,
        (Learning::Standard, MOMENTS) | (Learning::Robust, KNOWN) => prepared <= 1,
        (Learning::Direct, KNOWN) => prepared == 1,
        // Only anomaly maps may have limits.
        (_, CLEARED) => prepared <= 1,
        _ => false,
    };
    let counts = match state {
        MOMENTS => 1..=MOST_IMAGES,
        _ => 0..=0,
    };
    if possible && counts.contains(&count) {
        return Ok(());
    }
    let message =
        format!("mode {learning:?}, training {state}, limits {prepared}, {count} images cannot be");
    Err(damaged(message))
}

fn unknown(what: &str, number: u8) -> crate::Error {
    damaged(format!(
        "its {what} is number {number}, which does not exist"
    ))
}

/// The arrays of a record, one after the other; their number was checked.
struct Arrays<'a> {
    left: &'a [[u8; 8]],
    shape: (usize, usize),
}

impl Arrays<'_> {
    fn next<T: Clone + Default>(&mut self, value: impl Fn([u8; 8]) -> T) -> Result<Array2<T>> {
        let mut array = zeros(self.shape)?;
        let (own, left) = self.left.split_at(array.len().min(self.left.len()));
        array
            .iter_mut()
            .zip(own)
            .for_each(|(out, bytes)| *out = value(*bytes));
        self.left = left;
        Ok(array)
    }

    fn floats(&mut self, name: &str, least: f64, most: f64) -> Result<Array2<f64>> {
        let array = self.next(f64::from_le_bytes)?;
        match array.iter().find(|value| !(least..=most).contains(*value)) {
            None => Ok(array),
            Some(value) => Err(damaged(format!("its {name} image has a value {value}"))),
        }
    }

    fn moments(&mut self, count: u32, highest: u64) -> Result<Moments> {
        let (sum, squares) = (
            self.next(u64::from_le_bytes)?,
            self.next(u64::from_le_bytes)?,
        );
        let images = u64::from(count);
        for (sum, squares) in sum.iter().zip(&squares) {
            let possible = *sum <= images * highest
                && *squares <= sum * highest
                && images * squares >= sum * sum;
            if !possible {
                let message = format!("sums {sum} and {squares} of {count} gray values cannot be");
                return Err(damaged(message));
            }
        }
        Ok(Moments {
            count,
            sum,
            squares,
        })
    }
}
