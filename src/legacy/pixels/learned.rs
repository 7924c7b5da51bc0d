//! What good parts look like, gray value by gray value: the ideal image, and how much it varies.
//!
//! `standard`: mean and standard deviation. `robust`: median and scaled median absolute deviation. HALCON's manual says which
//! statistics; what it leaves open is chosen here: the deviation divides by the number of images, as HALCON's `intensity`
//! does, the median of an even number is the middle of the two in the middle, and the median absolute deviation is scaled
//! to the standard deviation of a Gaussian.

use ndarray::{Array2, Zip};

use super::gray::{GrayImage, zeros};
use crate::error::{Error, Result};

/// 1 / (the 75 % quantile of the standard Gaussian): makes a median absolute deviation a standard deviation.
pub const MAD_TO_DEVIATION: f64 = 1.482_602_218_505_602;

/// The ideal image and its variation, both [H, W], in gray values.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// What a good part looks like, 0 to the highest gray value.
    pub ideal: Array2<f64>,
    /// How much good parts vary, 0 or more.
    pub variation: Array2<f64>,
}

/// Sums over the images so far, in whole numbers: neither their order nor how they are portioned changes a bit.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// 1 to [`MOST_IMAGES`](super::variation::MOST_IMAGES).
    pub count: u32,
    /// Of gray values, [H, W].
    pub sum: Array2<u64>,
    /// Of squared gray values, [H, W].
    pub squares: Array2<u64>,
}

impl Moments {
    /// Of no image. `size`: width, height. Errors: `Memory`.
    pub fn new((width, height): (u32, u32)) -> Result<Self> {
        let shape = (height as usize, width as usize);
        Ok(Self {
            count: 0,
            sum: zeros(shape)?,
            squares: zeros(shape)?,
        })
    }

    /// Adds an image of the same size.
    pub fn add(&mut self, image: &GrayImage<'_>) {
        let mut row = vec![0; self.sum.ncols()];
        let rows = self.sum.rows_mut().into_iter().zip(self.squares.rows_mut());
        for (y, (mut sums, mut squares)) in rows.enumerate() {
            image.read_row(y, &mut row);
            for ((sum, square), value) in sums.iter_mut().zip(&mut squares).zip(&row) {
                let value = u64::from(*value);
                *sum += value;
                *square += value * value;
            }
        }
        self.count += 1;
    }

    /// Mean and standard deviation. Errors: `Memory`.
    pub fn statistics(&self) -> Result<Statistics> {
        let count = u64::from(self.count.max(1));
        let (mut ideal, mut variation) = (zeros(self.sum.dim())?, zeros(self.sum.dim())?);
        Zip::from(&mut ideal)
            .and(&mut variation)
            .and(&self.sum)
            .and(&self.squares)
            .for_each(|ideal, variation, sum, squares| {
                *ideal = *sum as f64 / count as f64;
                // Exact: with at most 65535 images of at most 65535 both products are below 2^64.
                *variation = ((count * squares - sum * sum) as f64).sqrt() / count as f64;
            });
        Ok(Statistics { ideal, variation })
    }
}

impl Statistics {
    /// A copy. Errors: `Memory`.
    pub fn copied(&self) -> Result<Self> {
        let of = |image: &Array2<f64>| {
            let mut copy = zeros::<f64>(image.dim())?;
            copy.assign(image);
            Ok::<_, Error>(copy)
        };
        Ok(Self {
            ideal: of(&self.ideal)?,
            variation: of(&self.variation)?,
        })
    }
}

/// Median and scaled median absolute deviation of images, of which there is at least one, all of `size` (width, height).
///
/// Errors: `Memory`.
pub fn medians(images: &[GrayImage<'_>], (width, height): (u32, u32)) -> Result<Statistics> {
    let (width, height) = (width as usize, height as usize);
    let mut statistics = Statistics {
        ideal: zeros((height, width))?,
        variation: zeros((height, width))?,
    };
    let mut rows: Array2<u16> = zeros((images.len(), width))?;
    let mut row = vec![0; width];
    let (mut values, mut distances) = (vec![0u32; images.len()], vec![0u32; images.len()]);
    for y in 0..height {
        for (image, mut kept) in images.iter().zip(rows.rows_mut()) {
            image.read_row(y, &mut row);
            kept.iter_mut()
                .zip(&row)
                .for_each(|(kept, value)| *kept = *value);
        }
        for (x, column) in rows.columns().into_iter().enumerate() {
            values
                .iter_mut()
                .zip(column)
                .for_each(|(value, gray)| *value = u32::from(*gray));
            let median = twice_median(&mut values);
            for (distance, value) in distances.iter_mut().zip(&values) {
                *distance = (2 * value).abs_diff(median);
            }
            statistics.ideal[[y, x]] = f64::from(median) / 2.0;
            statistics.variation[[y, x]] =
                MAD_TO_DEVIATION * (f64::from(twice_median(&mut distances)) / 4.0);
        }
    }
    Ok(statistics)
}

/// Twice the median, a whole number; the values are sorted. There is at least one.
fn twice_median(values: &mut [u32]) -> u32 {
    values.sort_unstable();
    values[(values.len() - 1) / 2] + values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_an_even_number_is_the_middle_of_two() {
        assert_eq!(twice_median(&mut [9, 1, 4, 7]), 11);
        assert_eq!(twice_median(&mut [9, 1, 4]), 8);
    }

    #[test]
    fn moments_of_the_most_and_brightest_images_do_not_overflow() {
        let (count, highest) = (65_535u32, 65_535u64);
        let moments = Moments {
            count,
            sum: Array2::from_elem((1, 1), highest * u64::from(count)),
            squares: Array2::from_elem((1, 1), highest * highest * u64::from(count)),
        };
        let statistics = moments.statistics().unwrap();
        assert_eq!(
            (statistics.ideal[[0, 0]], statistics.variation[[0, 0]]),
            (65_535.0, 0.0)
        );
    }
}
