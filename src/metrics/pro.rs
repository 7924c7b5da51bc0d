//! Per-region overlap: every defect counts the same, whatever its size.

use image::GrayImage;
use imageproc::region_labelling::{Connectivity, connected_components};
use ndarray::ArrayView2;

use super::ranking::Point;

/// The defects of one picture: connected parts of its truth, where corners connect.
pub(super) struct Regions {
    /// One a pixel in reading order, and a row more: the number of its region, 0 outside of all.
    pub labels: Vec<u32>,
    /// One a label: the share of its region that one pixel is.
    pub weights: Vec<f64>,
    pub count: u64,
}

impl Regions {
    /// Of a truth with fewer than 2^31 pixels.
    pub fn of(truth: ArrayView2<'_, bool>) -> Self {
        let (height, width) = truth.dim();
        let mut marked: Vec<u8> = truth.iter().map(|defective| u8::from(*defective)).collect();
        // A blank row below: the labelling panics on a picture of one marked pixel (imageproc 0.27).
        marked.resize(marked.len() + width, 0);
        let marked =
            GrayImage::from_raw(width as u32, height as u32 + 1, marked).unwrap_or_default();
        let labels =
            connected_components(&marked, Connectivity::Eight, image::Luma([0])).into_raw();
        let highest = labels.iter().copied().max().unwrap_or(0);
        let mut areas = vec![0u64; highest as usize + 1];
        for label in &labels {
            areas[*label as usize] += 1;
        }
        Self {
            labels,
            weights: areas.iter().map(|area| 1.0 / *area as f64).collect(),
            count: areas[1..].iter().filter(|area| **area > 0).count() as u64,
        }
    }
}

/// The area under `curve`, whose x ascend from 0 to 1, up to x = `limit`, divided by `limit`; straight between points.
pub(super) fn mean_up_to(curve: &[Point], limit: f64) -> f64 {
    let segments = curve.windows(2).map(|ends| (ends[0], ends[1]));
    let areas = segments
        .take_while(|(from, _)| from.x < limit)
        .map(|(from, to)| {
            let share = if to.x > limit {
                (limit - from.x) / (to.x - from.x)
            } else {
                1.0
            };
            let end = from.y + share * (to.y - from.y);
            share * (to.x - from.x) * f64::midpoint(from.y, end)
        });
    areas.sum::<f64>() / limit
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn corners_connect_and_a_gap_of_one_column_does_not() {
        let truth = array![
            [true, false, false, true],
            [false, true, false, true],
            [false, false, false, false]
        ];
        let regions = Regions::of(truth.view());
        assert_eq!(regions.count, 2);
        assert_eq!(regions.labels[..4], [1, 0, 0, 2]);
        assert_eq!(regions.weights[1..], [0.5, 0.5]);
    }

    #[test]
    fn whole_picture_is_one_region_whatever_its_size() {
        for size in [(1, 1), (1, 2), (2, 1), (2, 2), (3, 5)] {
            let regions = Regions::of(Array2::from_elem(size, true).view());
            let area = (size.0 * size.1) as f64;
            assert_eq!(
                (regions.count, regions.weights[1]),
                (1, 1.0 / area),
                "{size:?}"
            );
        }
    }

    #[test]
    fn curve_is_cut_at_the_limit_by_a_straight_line() {
        let curve = [(0.0, 0.0), (0.0, 0.2), (0.5, 0.6), (1.0, 1.0)].map(|(x, y)| Point { x, y });
        let assert_mean = |limit, expected: f64| {
            let found = mean_up_to(&curve, limit);
            assert!(
                (found - expected).abs() < 1e-15,
                "{found}, expected {expected}"
            );
        };
        // From 0.2 the curve rises by 0.8 for every 1, so that its mean lies at half of the limit.
        for limit in [0.1, 0.5, 0.75, 1.0] {
            assert_mean(limit, 0.2 + 0.8 * limit / 2.0);
        }
    }
}
