//! How far the normal images themselves lie from normal, location by location.

use ndarray::{Array2, Zip, s};

use crate::error::{Error, ErrorKind, Result};

/// Locations on either side of a location whose distances count as its own: enough that no single image decides.
const REACH: usize = 1;

/// A location's upper end is this many standard deviations above the mean of its distances.
const DEVIATIONS: f64 = 2.0;

/// No location is made more sensitive than this many times: where all normal images are exactly alike, as on a black
/// ground, the least noise would otherwise be a defect.
const MOST_SENSITIVE: f64 = 4.0;

/// Sums over the distances of normal images, each measured to the statistics of the others.
///
/// A map's maximum compares locations with each other, so what one location's distance means depends on how high normal
/// images come there. Their upper end, `mean + 2 sd` over the 3 x 3 locations around, is what a distance is divided by;
/// over a location's mean alone, a maximum or a high quantile it neither forgets the tail nor follows single images.
///
/// Sums can be added to, so images that come later count without those before them.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    count: u64,
    sum: Array2<f64>,
    squares: Array2<f64>,
}

impl Spread {
    /// Of no image yet; `grid` is height and width.
    pub fn new(grid: (usize, usize)) -> Self {
        Self {
            count: 0,
            sum: Array2::zeros(grid),
            squares: Array2::zeros(grid),
        }
    }

    /// Puts stored sums together. Errors: `Format` if they cannot be sums of distances and their squares.
    pub fn from_parts(count: u64, sum: Array2<f64>, squares: Array2<f64>) -> Result<Self> {
        let mut is_possible = sum.dim() == squares.dim();
        for sums in [&sum, &squares] {
            is_possible &= sums
                .iter()
                .all(|value| value.is_finite() && *value >= 0.0 && (count > 0 || *value == 0.0));
        }
        if is_possible {
            return Ok(Self {
                count,
                sum,
                squares,
            });
        }
        let message = format!("the sums of {count} images' distances cannot be that");
        Err(Error::new(ErrorKind::Format, message))
    }

    /// Adds the distances [h, w] of an image. Errors: `InvalidArgument` for another grid.
    pub fn push(&mut self, distances: &Array2<f32>) -> Result<()> {
        if distances.dim() != self.sum.dim() {
            let (found, expected) = (distances.dim(), self.sum.dim());
            let message = format!("distances of {found:?} locations, expected {expected:?}");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        self.count += 1;
        Zip::from(&mut self.sum)
            .and(&mut self.squares)
            .and(distances)
            .for_each(|sum, squares, distance| {
                let distance = f64::from(*distance);
                *sum += distance;
                *squares += distance * distance;
            });
        Ok(())
    }

    /// How many images there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Sum of the distances, [h, w].
    pub fn sum(&self) -> &Array2<f64> {
        &self.sum
    }

    /// Sum of the squared distances, [h, w].
    pub fn squares(&self) -> &Array2<f64> {
        &self.squares
    }

    /// What the distances of each location are to be divided by, [h, w], around 1.
    ///
    /// `strength`: 0 leaves all at 1, 1 equalises wholly, what is between is the power. `without` are the distances of an
    /// image that was pushed and is now to be judged: what it is divided by must not know it.
    pub fn divisors(&self, strength: f64, without: Option<&Array2<f32>>) -> Array2<f32> {
        let count = self.count.saturating_sub(u64::from(without.is_some()));
        if count == 0 || strength == 0.0 {
            return Array2::ones(self.sum.dim());
        }
        let (mut sum, mut squares) = (self.sum.clone(), self.squares.clone());
        if let Some(own) = without {
            Zip::from(&mut sum)
                .and(&mut squares)
                .and(own)
                .for_each(|sum, squares, own| {
                    let own = f64::from(*own);
                    *sum -= own;
                    *squares -= own * own;
                });
        }
        let (height, width) = sum.dim();
        let upper_end = Array2::from_shape_fn((height, width), |(y, x)| {
            let rows = y.saturating_sub(REACH)..(y + REACH + 1).min(height);
            let columns = x.saturating_sub(REACH)..(x + REACH + 1).min(width);
            let around = s![rows, columns];
            let values = count as f64 * sum.slice(around).len() as f64;
            let mean = sum.slice(around).sum() / values;
            let variance = (squares.slice(around).sum() / values - mean * mean).max(0.0);
            mean + DEVIATIONS * variance.sqrt()
        });
        let middle = upper_end.mean().unwrap_or(0.0);
        if middle <= 0.0 {
            return Array2::ones(sum.dim());
        }
        upper_end.mapv(|end| (end / middle).max(1.0 / MOST_SENSITIVE).powf(strength) as f32)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn location_where_normal_images_come_high_counts_less() {
        let mut spread = Spread::new((1, 6));
        for distances in [
            [1.0, 1.0, 1.0, 9.0, 9.0, 9.0],
            [1.0, 1.0, 1.0, 9.0, 9.0, 9.0],
        ] {
            spread.push(&array![distances]).unwrap();
        }
        // Upper ends 1 1 m m 9 9; those at the step are 11/3 + 2 sqrt(83/3 - 121/9) and 19/3 + 2 sqrt(163/3 - 361/9).
        let low: f64 = 11.0 / 3.0 + 2.0 * (83.0f64 / 3.0 - 121.0 / 9.0).sqrt();
        let high: f64 = 19.0 / 3.0 + 2.0 * (163.0f64 / 3.0 - 361.0 / 9.0).sqrt();
        let middle = (2.0 + low + high + 18.0) / 6.0;
        let whole = spread.divisors(1.0, None);
        for (found, end) in whole.iter().zip([1.0f64, 1.0, low, high, 9.0, 9.0]) {
            let expected = (end / middle).max(0.25);
            assert!((f64::from(*found) - expected).abs() < 1e-6);
        }
        let half = spread.divisors(0.5, None);
        assert!((half[(0, 0)] - whole[(0, 0)].sqrt()).abs() < 1e-6);
        assert_eq!(spread.divisors(0.0, None), Array2::<f32>::ones((1, 6)));
    }

    #[test]
    fn image_does_not_know_itself() {
        let (mut all, mut others) = (Spread::new((1, 2)), Spread::new((1, 2)));
        let images = [array![[1.0, 2.0]], array![[3.0, 2.0]], array![[2.0, 64.0]]];
        for image in &images {
            all.push(image).unwrap();
        }
        for image in &images[..2] {
            others.push(image).unwrap();
        }
        assert_eq!(
            all.divisors(1.0, Some(&images[2])),
            others.divisors(1.0, None)
        );
    }

    #[test]
    fn nothing_known_divides_by_one() {
        assert_eq!(Spread::new((1, 1)).divisors(1.0, None), array![[1.0]]);
        let mut alike = Spread::new((1, 1));
        alike.push(&array![[0.0]]).unwrap();
        assert_eq!(alike.divisors(1.0, None), array![[1.0]]);
        assert_eq!(alike.divisors(1.0, Some(&array![[0.0]])), array![[1.0]]);
    }

    #[test]
    fn impossible_sums_are_refused() {
        let sums = |value: f64| array![[value, 1.0]];
        for (count, sum, squares) in [
            (2, sums(f64::NAN), sums(1.0)),
            (2, sums(1.0), sums(-1.0)),
            (2, sums(1.0), array![[1.0]]),
            (0, sums(1.0), sums(1.0)),
        ] {
            assert!(Spread::from_parts(count, sum, squares).is_err());
        }
        assert!(Spread::new((1, 2)).push(&array![[1.0]]).is_err());
    }
}
