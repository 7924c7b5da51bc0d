//! The mean variance of features within groups: the scale that a regularisation can be measured in.

use tch::{Kind, Tensor};

use crate::error::Result;

/// Running sums of one group after another; memory does not grow with the number of images.
#[derive(Debug, Default)]
pub struct WithinVariance {
    /// Of the groups so far: sum of squared deviations over all locations and channels.
    scatter: f64,
    /// Of the groups so far: degrees of freedom times locations and channels.
    freedom: f64,
    current: Option<Sums>,
}

#[derive(Debug)]
struct Sums {
    count: f64,
    /// [L, C'] f64.
    values: Tensor,
    squares: Tensor,
}

impl WithinVariance {
    /// Adds an image of the current group, [L, C'] f32.
    pub fn push(&mut self, features: &Tensor) -> Result<()> {
        let values = features.f_to_kind(Kind::Double)?;
        let squares = values.f_square()?;
        self.current = Some(match self.current.take() {
            None => Sums {
                count: 1.0,
                values,
                squares,
            },
            Some(sums) => Sums {
                count: sums.count + 1.0,
                values: sums.values.f_add(&values)?,
                squares: sums.squares.f_add(&squares)?,
            },
        });
        Ok(())
    }

    /// Ends the current group; the next image is one of another.
    pub fn end_group(&mut self) -> Result<()> {
        if let Some(Sums {
            count,
            values,
            squares,
        }) = self.current.take()
        {
            let scatter = squares
                .f_sub(&values.f_square()?.f_div_scalar(count)?)?
                .f_clamp_min(0.0)?;
            self.scatter += scatter.f_sum(Kind::Double)?.f_double_value(&[])?;
            self.freedom += (count - 1.0) * values.numel() as f64;
        }
        Ok(())
    }

    /// The variance of a channel at a location about the mean of its group, averaged over all of them; 0 if no group has
    /// two images.
    pub fn mean(&self) -> f64 {
        if self.freedom > 0.0 {
            self.scatter / self.freedom
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_over_groups_locations_and_channels() {
        let mut variance = WithinVariance::default();
        // One location, two channels. First group: variances 2 and 8. Second group: one image, which says nothing.
        for values in [[0.0f32, 0.0], [2.0, 4.0]] {
            variance
                .push(&Tensor::from_slice(&values).reshape([1, 2]))
                .unwrap();
        }
        variance.end_group().unwrap();
        variance
            .push(&Tensor::from_slice(&[900.0f32, -900.0]).reshape([1, 2]))
            .unwrap();
        variance.end_group().unwrap();
        assert_eq!(variance.mean(), 5.0);
        assert_eq!(WithinVariance::default().mean(), 0.0);
    }
}
