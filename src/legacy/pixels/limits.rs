//! Where gray values of a good part end: an image of the highest and one of the lowest.

use ndarray::{Array2, Zip};

use super::gray::zeros;
use super::learned::Statistics;
use crate::error::Result;
use crate::legacy::tolerance::Tolerance;

/// The limits, [H, W]: gray values above `upper` are too light, those below `lower` too dark.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// 0 or more.
    pub upper: Array2<f64>,
    /// At most the highest gray value.
    pub lower: Array2<f64>,
    /// The whole numbers that say the same of whole gray values: the lightest and the darkest that is right.
    pub lightest: Array2<u16>,
    pub darkest: Array2<u16>,
}

impl Limits {
    /// `t_u = i + max(a, b v)` and `t_l = i - max(a, b v)`. Errors: `InvalidArgument` as [`Tolerance::check_gray`]; `Memory`.
    pub fn of(statistics: &Statistics, tolerance: &Tolerance) -> Result<Self> {
        tolerance.check_gray()?;
        let shape = statistics.ideal.dim();
        let (mut upper, mut lower) = (zeros(shape)?, zeros(shape)?);
        Zip::from(&mut upper)
            .and(&mut lower)
            .and(&statistics.ideal)
            .and(&statistics.variation)
            .for_each(|upper, lower, ideal, variation| {
                // So large a factor that the product is no number ends where all gray values are right.
                *upper = (ideal + tolerance.of(0, *variation)).min(f64::MAX);
                *lower = (ideal - tolerance.of(1, *variation)).max(f64::MIN);
            });
        Self::new(upper, lower)
    }

    /// Errors: `Memory`.
    pub fn new(upper: Array2<f64>, lower: Array2<f64>) -> Result<Self> {
        let (mut lightest, mut darkest) = (zeros(upper.dim())?, zeros(upper.dim())?);
        // Whole c: c > t is c > floor(t), c < t is c < ceil(t). `as` stops at 0 and 65535, past which nothing is.
        Zip::from(&mut lightest)
            .and(&upper)
            .for_each(|lightest, upper| *lightest = upper.floor() as u16);
        Zip::from(&mut darkest)
            .and(&lower)
            .for_each(|darkest, lower| *darkest = lower.ceil() as u16);
        Ok(Self {
            upper,
            lower,
            lightest,
            darkest,
        })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn limits_beyond_all_gray_values_stop_at_the_last_one() {
        let limits = Limits::new(array![[70_000.0, 9.5]], array![[-3.0, 9.5]]).unwrap();
        assert_eq!(limits.lightest, array![[65_535, 9]]);
        assert_eq!(limits.darkest, array![[0, 10]]);
    }
}
