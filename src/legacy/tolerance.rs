//! How far from normal is still good.

use crate::error::{Error, ErrorKind, Result};

/// How far a value may be from what good parts show: `max(absolute, relative * variation)`, the first value of each for what
/// is too light, the second for what is too dark (HALCON's AbsThreshold and VarThreshold).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// In gray values, or in units of the anomaly map; there a negative one means automatic.
    pub absolute: [f64; 2],
    /// Multiples of the variation, 0 or more.
    pub relative: [f64; 2],
}

impl Tolerance {
    /// Whether it can be one of gray values. Errors: `InvalidArgument` if a value is negative or not finite.
    pub fn check_gray(&self) -> Result<()> {
        self.check()?;
        check("absolute", self.absolute, |value| value >= 0.0).map_err(|error| {
            error.hint("A negative one means automatic, for the engine features only.")
        })
    }

    /// Whether it can be one of anomaly maps. Errors: `InvalidArgument` if a value is not finite, or a relative one negative.
    pub fn check(&self) -> Result<()> {
        check("absolute", self.absolute, f64::is_finite)?;
        check("relative", self.relative, |value| value >= 0.0)
    }

    /// The same with the absolute values left to the model.
    pub fn automatic(self) -> Self {
        let absolute = [-1.0; 2];
        Self { absolute, ..self }
    }

    /// Of one side: 0 light, 1 dark.
    pub fn of(&self, side: usize, variation: f64) -> f64 {
        self.absolute[side].max(self.relative[side] * variation)
    }
}

fn check(name: &str, values: [f64; 2], is_right: impl Fn(f64) -> bool) -> Result<()> {
    for (side, value) in ["light", "dark"].iter().zip(values) {
        if !(value.is_finite() && is_right(value)) {
            let message = format!(
                "the {name} threshold for {side} is {value}, it must be finite and 0 or more"
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_say_nothing_are_refused() {
        let tolerance = |absolute, relative| Tolerance {
            absolute: [1.0, absolute],
            relative: [relative, 1.0],
        };
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(tolerance(bad, 1.0).check().is_err());
            assert!(tolerance(1.0, bad).check().is_err());
        }
        assert!(tolerance(1.0, -1.0).check().is_err());
        assert!(tolerance(-1.0, 1.0).check().is_ok());
        let error = tolerance(-1.0, 1.0).check_gray().unwrap_err();
        assert!(
            error
                .message()
                .contains("absolute threshold for dark is -1"),
            "{error}"
        );
    }
}
