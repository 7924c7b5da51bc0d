//! Where anomaly maps of a good part end.

use ndarray::{Array2, Zip};

use crate::error::{Error, ErrorKind, Result};
use crate::image::Mask;
use crate::legacy::pixels::{GrayImage, zeros};
use crate::legacy::tolerance::Tolerance;
use crate::statistics::Spread;

/// An absolute threshold so many times what good parts are calibrated to reach was meant for gray values.
const FAR_ABOVE_NORMAL: f64 = 2.0;

/// What good parts show, and how far from it is still good.
///
/// A pixel's distance d is a defect if `d > m + max(absolute, relative * s)`, m and s the mean and the standard deviation of the
/// maps of good parts, each against all others. Where the absolute threshold is automatic, the model's calibrated threshold t
/// is in the place of `m + absolute`: `d > max(t, m + relative * s)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The gray values of a good part, [H, W]: what is above is light, what is below dark.
    pub ideal: Array2<f32>,
    pub tolerance: Tolerance,
    /// m, [H, W].
    mean: Array2<f32>,
    /// s, [H, W].
    deviation: Array2<f32>,
    /// t; none if no side is automatic.
    threshold: Option<f64>,
}

impl Limits {
    /// Errors: `InvalidArgument` as [`Tolerance::check`]; `TooFewImages` for an automatic threshold that the model lacks;
    /// `Memory`.
    pub fn of(
        ideal: Array2<f32>,
        maps: &Spread,
        tolerance: Tolerance,
        threshold: Option<f32>,
    ) -> Result<Self> {
        tolerance.check()?;
        let is_automatic = tolerance.absolute.iter().any(|value| *value < 0.0);
        let threshold = match threshold.map(f64::from) {
            None if is_automatic => {
                let message = "no threshold of the map is known, there are too few images to set one automatically";
                return Err(Error::new(ErrorKind::TooFewImages, message).hint(
                    "Train with more images, or give an absolute threshold that is 0 or more.",
                ));
            }
            threshold => threshold.filter(|_| is_automatic),
        };
        let (mut mean, mut deviation) = (zeros(ideal.dim())?, zeros(ideal.dim())?);
        let count = maps.count().max(1) as f64;
        Zip::from(&mut mean)
            .and(&mut deviation)
            .and(maps.sum())
            .and(maps.squares())
            .for_each(|mean, deviation, sum, squares| {
                let m = sum / count;
                *mean = m as f32;
                *deviation = (squares / count - m * m).max(0.0).sqrt() as f32;
            });
        Ok(Self {
            ideal,
            tolerance,
            mean,
            deviation,
            threshold,
        })
    }

    /// What to know of the thresholds before relying on them; `threshold` is what good parts are calibrated to reach.
    pub fn warning(&self, threshold: Option<f32>) -> Option<String> {
        let highest = self.tolerance.absolute.into_iter().fold(0.0, f64::max);
        let threshold = f64::from(threshold?);
        (highest > FAR_ABOVE_NORMAL * threshold).then(|| {
            format!(
                "an absolute threshold of {highest} hides what is less than {:.1} times as far from normal as good parts come \
                 ({threshold:.2}): with the engine features it is no gray value; a negative one sets it automatically",
                highest / threshold
            )
        })
    }

    /// The highest value of a good part's anomaly map, [H, W], where it is too light (0) or too dark (1).
    pub fn highest(&self, side: usize) -> Result<Array2<f64>> {
        let mut highest = zeros(self.mean.dim())?;
        for (place, highest) in highest.indexed_iter_mut() {
            *highest = self.at(side, place);
        }
        Ok(highest)
    }

    fn at(&self, side: usize, place: (usize, usize)) -> f64 {
        let (mean, deviation) = (
            f64::from(self.mean[place]),
            f64::from(self.deviation[place]),
        );
        match self.threshold {
            Some(threshold) if self.tolerance.absolute[side] < 0.0 => {
                threshold.max(mean + self.tolerance.relative[side] * deviation)
            }
            _ => mean + self.tolerance.of(side, deviation),
        }
    }

    /// How far each pixel of an anomaly map is beyond its limit, [H, W]: above 0 where the picture is lighter than the ideal,
    /// below where it is darker. Errors: `Memory`.
    pub fn beyond(&self, map: &Array2<f32>, image: &GrayImage<'_>) -> Result<Array2<f32>> {
        let mut beyond: Array2<f32> = zeros(map.dim())?;
        let mut row = vec![0u16; map.ncols()];
        for (y, mut out) in beyond.rows_mut().into_iter().enumerate() {
            image.read_row(y, &mut row);
            for (x, gray) in row.iter().enumerate() {
                let is_dark = f32::from(*gray) < self.ideal[[y, x]];
                let excess = f64::from(map[[y, x]]) - self.at(is_dark.into(), (y, x));
                if excess > 0.0 {
                    out[x] = if is_dark {
                        -excess as f32
                    } else {
                        excess as f32
                    };
                }
            }
        }
        Ok(beyond)
    }

    /// How far the map is above the mean of good parts' maps where it is furthest, inside of the mask; 0 or more.
    ///
    /// An absolute threshold of this and more finds nothing in the picture.
    pub fn rise(&self, map: &Array2<f32>, mask: Option<&Mask<'_>>) -> f32 {
        let covers = |(y, x)| mask.is_none_or(|mask| mask.covers(x as u32, y as u32));
        let above = map.indexed_iter().filter(|(place, _)| covers(*place));
        above
            .map(|(place, value)| value - self.mean[place])
            .fold(0.0, f32::max)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::image::{ImageView, PixelFormat};
    use crate::legacy::pixels::GrayType;

    /// Maps of mean 2 and 4, deviation 1 and 0.
    fn maps() -> Spread {
        Spread::from_parts(2, array![[4.0, 8.0]], array![[10.0, 32.0]]).unwrap()
    }

    fn limits(absolute: [f64; 2], threshold: Option<f32>) -> Result<Limits> {
        let relative = [3.0, 5.0];
        let tolerance = Tolerance { absolute, relative };
        Limits::of(array![[100.0, 100.0]], &maps(), tolerance, threshold)
    }

    #[test]
    fn limits_are_those_of_the_formula() {
        let given = limits([2.0, 1.0], Some(6.0)).unwrap();
        // m + max(absolute, relative s): 2 + max(2, 3), 4 + max(2, 0); dark 2 + max(1, 5), 4 + max(1, 0).
        assert_eq!(given.highest(0).unwrap(), array![[5.0, 6.0]]);
        assert_eq!(given.highest(1).unwrap(), array![[7.0, 5.0]]);
        let automatic = limits([-1.0, -1.0], Some(6.0)).unwrap();
        // max(t, m + relative s).
        assert_eq!(automatic.highest(0).unwrap(), array![[6.0, 6.0]]);
        assert_eq!(automatic.highest(1).unwrap(), array![[7.0, 6.0]]);
        let error = limits([-1.0, 0.0], None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooFewImages);
        assert!(limits([0.0, 0.0], None).is_ok());
    }

    #[test]
    fn side_of_a_pixel_is_that_of_its_gray_value() {
        let limits = limits([2.0, 1.0], None).unwrap();
        let view = ImageView::packed(PixelFormat::Gray8, 2, 1, &[101, 99]).unwrap();
        let image = GrayImage::new(&view, GrayType::Byte, (2, 1)).unwrap();
        let map = array![[5.5, 9.0]];
        assert_eq!(limits.beyond(&map, &image).unwrap(), array![[0.5, -4.0]]);
        assert_eq!(limits.rise(&map, None), 5.0);
        let mask = ImageView::packed(PixelFormat::Gray8, 2, 1, &[1, 0]).unwrap();
        assert_eq!(limits.rise(&map, Some(&Mask::new(mask).unwrap())), 3.5);
    }

    #[test]
    fn gray_thresholds_are_warned_of() {
        let normal = Some(6.0);
        let warning = |absolute| limits([absolute, 0.0], normal).unwrap().warning(normal);
        assert!(warning(20.0).unwrap().contains("3.3 times"));
        assert_eq!(warning(7.0), None);
        assert_eq!(warning(-1.0), None);
    }
}
