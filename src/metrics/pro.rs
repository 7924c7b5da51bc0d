//! Per-region overlap: every defect counts the same, whatever its size.

use image::GrayImage;
use imageproc::region_labelling::{Connectivity, connected_components};
use ndarray::ArrayView2;

use super::ranking::Point;

/// The defects of one picture: connected parts of its truth, where corners connect.
pub(super) struct Regions {
    /// One a pixel in reading order: the number of its region, 0 outside of all.
    pub labels: Vec<u32>,
    /// One a label: the share of its region that one pixel is.
    pub weights: Vec<f64>,
    pub count: u64,
}

impl Regions {
    /// Of a truth with fewer than 2^32 pixels.
    pub fn of(truth: ArrayView2<'_, bool>) -> Self {
        let (height, width) = truth.dim();
        let marked = truth.iter().map(|defective| u8::from(*defective)).collect();
        let marked = GrayImage::from_raw(width as u32, height as u32, marked).unwrap_or_default();
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
