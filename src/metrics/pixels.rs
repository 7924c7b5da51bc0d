//! How well anomaly maps find the defective pixels, in memory that does not grow with the number of pictures.

use ndarray::ArrayView2;

use super::pro::{Regions, mean_up_to};
use super::ranking::{BestF1, Level, Point, Ranking};
use crate::error::{Error, ErrorKind, Result};

/// Of the 31 bits below the sign, 8 are the exponent; 8 of the mantissa are kept, and so many are not.
const DROPPED_BITS: u32 = 15;

/// How often each value of the anomaly map occurs on good and on defective pixels, over any number of pictures.
///
/// Values are counted in 2^16 bins, one for each pattern of the upper 16 bits of a float without its sign: the bins ascend,
/// cover all that a float can be, and are 2^-8 (0.4 %) of a power of two wide, so that no range has to be known. Values of
/// one bin are taken as equal. Every point of [`Self::roc`] and [`Self::pro_curve`] lies on the exact curve, and the exact
/// curve rises between two of them: an area under it is off by half of `sum dx dy` over the steps of the curve at most, and
/// by nothing where no bin holds both good and defective pixels.
///
/// Memory: 1.5 MiB (2^16 bins of 24 bytes), and while [`Self::push`] runs on a picture with defects some 25 bytes a pixel.
/// The order of pictures changes [`Self::pro`] by rounding only, and the rest not at all.
///
/// # Example
/// ```
/// use ndarray::array;
/// use twinspect::metrics::PixelCounts;
/// let mut pixels = PixelCounts::default();
/// pixels.push(array![[1.0, 2.0, 8.0]].view(), Some(array![[false, false, true]].view()))?;
/// pixels.push(array![[1.0, 3.0, 2.0]].view(), None)?; // A good picture.
/// assert_eq!(pixels.auroc(), Some(1.0));
/// assert_eq!(pixels.pro(0.3), Some(1.0));
/// # Ok::<(), twinspect::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PixelCounts {
    bins: Vec<Bin>,
    regions: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    normal: u64,
    defective: u64,
    /// The defective pixels again, each counted as its share of its region.
    overlap: f64,
}

impl Default for PixelCounts {
    fn default() -> Self {
        Self {
            bins: vec![Bin::default(); 1 << 16],
            regions: 0,
        }
    }
}

impl PixelCounts {
    /// Counts the pixels of a picture: its anomaly `map` [H, W], and its `truth` [H, W], which is true where it is defective;
    /// `None` for a good picture.
    ///
    /// Regions are the parts of `truth` that are connected by edges or corners, as in the published evaluation of MVTec AD.
    ///
    /// Errors: `ImageSize` if `truth` is of another size or the map has 2^31 pixels or more, `Numeric` for a value that is
    /// negative or not finite. A failed call counts nothing.
    pub fn push(
        &mut self,
        map: ArrayView2<'_, f32>,
        truth: Option<ArrayView2<'_, bool>>,
    ) -> Result<()> {
        check(map, truth)?;
        match truth.filter(|truth| truth.iter().any(|defective| *defective)) {
            None => {
                for value in map {
                    self.bins[bin_of(*value)].normal += 1;
                }
            }
            Some(truth) => self.push_defects(map, &Regions::of(truth)),
        }
        Ok(())
    }

    fn push_defects(&mut self, map: ArrayView2<'_, f32>, regions: &Regions) {
        self.regions += regions.count;
        for (value, label) in map.iter().zip(&regions.labels) {
            let bin = &mut self.bins[bin_of(*value)];
            if *label == 0 {
                bin.normal += 1;
            } else {
                bin.defective += 1;
                bin.overlap += regions.weights[*label as usize];
            }
        }
    }

    /// Adds what `other` counted, as if its pictures had been pushed here.
    pub fn merge(&mut self, other: &Self) {
        self.regions += other.regions;
        for (bin, other) in self.bins.iter_mut().zip(&other.bins) {
            bin.normal += other.normal;
            bin.defective += other.defective;
            bin.overlap += other.overlap;
        }
    }

    /// As [`Ranking::auroc`], over all pixels; see the type for how exact it is.
    pub fn auroc(&self) -> Option<f64> {
        self.ranking().auroc()
    }

    /// As [`Ranking::average_precision`], over all pixels, values of one bin being equal.
    pub fn average_precision(&self) -> Option<f64> {
        self.ranking().average_precision()
    }

    /// As [`Ranking::best_f1`], over all pixels: exactly the F1 of the threshold that it names, which is the lower end of a
    /// bin; a threshold inside of a bin may do better.
    pub fn best_f1(&self) -> Option<BestF1> {
        self.ranking().best_f1()
    }

    /// As [`Ranking::roc`], over all pixels, one point for every bin that holds some: at most 2^16 + 1.
    pub fn roc(&self) -> Vec<Point> {
        self.ranking().roc()
    }

    /// Area under [`Self::pro_curve`] from a false-positive rate of 0 to `limit`, divided by `limit`: AUPRO.
    ///
    /// From 0 to 1; chance gives `limit / 2`. MVTec AD is evaluated at 0.3, MVTec AD 2 at 0.05. `None` if there are no good
    /// pixels or no regions, or `limit` is not above 0 and at most 1.
    pub fn pro(&self, limit: f64) -> Option<f64> {
        let curve = self.pro_curve();
        let is_known = limit > 0.0 && limit <= 1.0 && !curve.is_empty();
        is_known.then(|| mean_up_to(&curve, limit))
    }

    /// Per-region overlap: x the false-positive rate `FP / good pixels`, y the mean over all regions of the share of the
    /// region that reaches the threshold; from (0, 0) to (1, 1). Empty if there are no good pixels or no regions.
    ///
    /// Source: Bergmann et al., The MVTec Anomaly Detection Dataset, IJCV 129, 2021, section 5.
    pub fn pro_curve(&self) -> Vec<Point> {
        let normal: u64 = self.bins.iter().map(|bin| bin.normal).sum();
        if normal == 0 || self.regions == 0 {
            return Vec::new();
        }
        let mut curve = vec![Point { x: 0.0, y: 0.0 }];
        let (mut alarms, mut overlap) = (0, 0.0);
        for bin in self.bins.iter().rev().filter(|bin| bin.is_used()) {
            alarms += bin.normal;
            overlap += bin.overlap;
            curve.push(Point {
                x: alarms as f64 / normal as f64,
                // The shares of a region may add up to a little more than 1.
                y: (overlap / self.regions as f64).min(1.0),
            });
        }
        curve
    }

    fn ranking(&self) -> Ranking {
        let used = self
            .bins
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, bin)| bin.is_used());
        let levels = used.map(|(place, bin)| Level {
            score: f32::from_bits((place as u32) << DROPPED_BITS),
            normal: bin.normal,
            defective: bin.defective,
        });
        Ranking::of_levels(levels.collect())
    }
}

impl Bin {
    fn is_used(&self) -> bool {
        self.normal + self.defective > 0
    }
}

/// The bin of a value that is 0 or more and finite, be it minus zero.
fn bin_of(value: f32) -> usize {
    (value.abs().to_bits() >> DROPPED_BITS) as usize
}

fn check(map: ArrayView2<'_, f32>, truth: Option<ArrayView2<'_, bool>>) -> Result<()> {
    let (height, width) = map.dim();
    let failed = |message| Err(Error::new(ErrorKind::ImageSize, message));
    if i32::try_from(map.len()).is_err() {
        return failed(format!(
            "the map is {width} x {height}, it must have fewer than 2^31 pixels"
        ));
    }
    if let Some(truth) = truth.filter(|truth| truth.dim() != map.dim()) {
        return failed(format!(
            "the truth is {} x {}, the map {width} x {height}",
            truth.ncols(),
            truth.nrows()
        ));
    }
    let is_distance = |value: &f32| *value >= 0.0 && *value <= f32::MAX;
    if map.iter().all(is_distance) {
        return Ok(());
    }
    let bad = map.indexed_iter().find(|(_, value)| !is_distance(value));
    let ((row, column), value) = bad.unwrap_or(((0, 0), &f32::NAN));
    let message = format!(
        "the map is {value} at row {row}, column {column}; it must be 0 or more, and finite"
    );
    Err(Error::new(ErrorKind::Numeric, message))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array, aview0};

    use super::*;

    /// Regions of one pixel (9) and of three (7, 7, 3) among four good pixels.
    fn two_regions() -> PixelCounts {
        let map = array![[9.0, 8.0, 7.0, 7.0, 3.0, 6.0, 5.0, 1.0]];
        let truth = array![[1, 0, 1, 1, 1, 0, 0, 0]].mapv(|defective| defective == 1);
        let mut pixels = PixelCounts::default();
        pixels.push(map.view(), Some(truth.view())).unwrap();
        pixels
    }

    fn numbers(pixels: &PixelCounts) -> Option<[f64; 5]> {
        Some([
            pixels.auroc()?,
            pixels.average_precision()?,
            pixels.best_f1()?.f1,
            pixels.pro(0.3)?,
            pixels.pro(0.05)?,
        ])
    }

    #[track_caller]
    fn assert_near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (value, other) in found.iter().zip(expected) {
            assert!(
                (value - other).abs() < 1e-14,
                "{found:?}, expected {expected:?}"
            );
        }
    }

    #[test]
    fn two_regions_by_hand() {
        let pixels = two_regions();
        // Both regions weigh 1/2. Descending: 9 | 8 | 7 7 | 6 | 5 | 3 | 1, false-positive rates in quarters.
        let x: Vec<f64> = pixels.pro_curve().iter().map(|point| point.x).collect();
        let y: Vec<f64> = pixels.pro_curve().iter().map(|point| point.y).collect();
        assert_eq!(x, [0.0, 0.0, 0.25, 0.25, 0.5, 0.75, 0.75, 1.0]);
        let with_sevens = 0.5 + 2.0 / 3.0 / 2.0;
        assert_near(
            &y,
            &[
                0.0,
                0.5,
                0.5,
                with_sevens,
                with_sevens,
                with_sevens,
                1.0,
                1.0,
            ],
        );
        let up_to_0_3 = (0.25 * 0.5 + 0.05 * with_sevens) / 0.3;
        let precisions = (1.0 + 2.0 * 3.0 / 4.0 + 4.0 / 7.0) / 4.0;
        // Pairs in order: 4 of the 9, 3 of each 7, 1 of the 3; F1 at 7: 3 hits, 1 alarm, 1 miss.
        let expected = [11.0 / 16.0, precisions, 6.0 / 8.0, up_to_0_3, 0.5];
        assert_near(&numbers(&pixels).unwrap(), &expected);
        assert_eq!(pixels.best_f1().unwrap().threshold, 7.0);
        let up_to_1 = 0.25 * 0.5 + 0.5 * with_sevens + 0.25;
        assert_near(&[pixels.pro(1.0).unwrap()], &[up_to_1]);
    }

    #[test]
    fn pixels_of_a_good_picture_are_good() {
        let mut pixels = two_regions();
        let nothing = Array2::from_elem((1, 4), false);
        let map = array![[8.5, 0.0, 0.0, 0.0]];
        pixels.push(map.view(), None).unwrap();
        assert_near(
            &[pixels.auroc().unwrap()],
            &[(8.0 + 2.0 * 6.0 + 4.0) / (4.0 * 8.0)][..],
        );
        let mut same = two_regions();
        same.push(map.view(), Some(nothing.view())).unwrap();
        assert_eq!(numbers(&pixels), numbers(&same));
    }

    #[test]
    fn merged_counts_equal_pushing_everything() {
        let map = |seed: usize| {
            Array2::from_shape_fn((7, 9), |(y, x)| {
                ((seed + 31 * y + 17 * x) % 23) as f32 / 3.0
            })
        };
        let truth =
            |seed: usize| Array2::from_shape_fn((7, 9), |(y, x)| (x * y + seed).is_multiple_of(5));
        let mut all = PixelCounts::default();
        let mut parts = [PixelCounts::default(), PixelCounts::default()];
        for picture in 0..5 {
            let truth = (picture != 3).then(|| truth(picture));
            let truth = truth.as_ref().map(|truth| truth.view());
            all.push(map(picture).view(), truth).unwrap();
            parts[picture % 2].push(map(picture).view(), truth).unwrap();
        }
        let [mut merged, other] = parts;
        merged.merge(&other);
        assert_near(&numbers(&merged).unwrap(), &numbers(&all).unwrap());
        assert_eq!((merged.roc(), merged.best_f1()), (all.roc(), all.best_f1()));
    }

    #[test]
    fn constant_map_says_nothing_and_a_perfect_one_all() {
        let truth = Array2::from_shape_fn((6, 6), |(y, x)| y < 2 && x < 3);
        for (high, expected) in [(2.0, 0.5), (1e30, 1.0)] {
            let map = truth.mapv(|defective| if defective { high } else { 2.0 });
            let mut pixels = PixelCounts::default();
            pixels.push(map.view(), Some(truth.view())).unwrap();
            assert_eq!(pixels.auroc(), Some(expected));
            assert_near(&[pixels.pro(1.0).unwrap()], &[expected]);
            let chance = if expected == 1.0 { 1.0 } else { 0.3 / 2.0 };
            assert_near(&[pixels.pro(0.3).unwrap()], &[chance]);
        }
    }

    #[test]
    fn one_pixel_is_a_region_and_no_pixel_is_no_picture() {
        let mut pixels = PixelCounts::default();
        let none = Array2::<f32>::zeros((0, 5));
        pixels.push(none.view(), None).unwrap();
        pixels
            .push(none.view(), Some(Array2::default((0, 5)).view()))
            .unwrap();
        pixels
            .push(array![[f32::MAX]].view(), Some(array![[true]].view()))
            .unwrap();
        assert_eq!((numbers(&pixels), pixels.pro_curve().len()), (None, 0));
        pixels.push(array![[-0.0]].view(), None).unwrap();
        assert_eq!(numbers(&pixels), Some([1.0; 5]));
    }

    #[test]
    fn values_of_one_bin_are_equal_and_those_of_the_next_are_not() {
        let width = 2f32.powi(-8);
        for (defective, expected) in [(1.0 + 0.99 * width, 0.5), (1.0 + width, 1.0)] {
            let mut pixels = PixelCounts::default();
            let truth = array![[true, false]];
            pixels
                .push(array![[defective, 1.0]].view(), Some(truth.view()))
                .unwrap();
            assert_eq!(pixels.auroc(), Some(expected));
        }
    }

    #[test]
    fn views_may_be_turned() {
        let map = array![[9.0, 2.0, 4.0], [1.0, 5.0, 3.0]];
        let truth = array![[true, false, false], [false, true, true]];
        let mut upright = PixelCounts::default();
        upright.push(map.view(), Some(truth.view())).unwrap();
        let mut turned = PixelCounts::default();
        turned.push(map.t(), Some(truth.t())).unwrap();
        assert_eq!(numbers(&turned), numbers(&upright));
    }

    #[test]
    fn limit_outside_of_its_range_is_none() {
        for limit in [0.0, -0.1, 1.01, f64::NAN] {
            assert_eq!(two_regions().pro(limit), None);
        }
    }

    #[test]
    fn wrong_maps_are_errors_and_count_nothing() {
        let mut pixels = PixelCounts::default();
        let truth = array![[true, false]];
        for bad in [f32::NAN, f32::INFINITY, -1.0] {
            let error = pixels
                .push(array![[1.0, bad]].view(), Some(truth.view()))
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Numeric);
            assert!(error.message().contains("row 0, column 1"), "{error}");
        }
        let one = array![[1.0]];
        let error = pixels.push(one.view(), Some(truth.view())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ImageSize);
        assert_eq!(error.message(), "the truth is 2 x 1, the map 1 x 1");
        let huge = aview0(&1.0);
        let huge = huge.broadcast((1 << 16, 1 << 15)).unwrap();
        let error = pixels.push(huge, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ImageSize);
        pixels
            .push(array![[1.0]].view(), Some(array![[true]].view()))
            .unwrap();
        assert_eq!(pixels.auroc(), None, "a failed call counted a good pixel");
    }
}
