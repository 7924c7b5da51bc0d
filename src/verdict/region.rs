//! Defect regions: connected parts of the anomaly map that reach the threshold.

use image::{GrayImage, Luma};
use imageproc::region_labelling::{Connectivity, connected_components};
use ndarray::ArrayView2;
use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};

/// A horizontal chord of a region, in pixels; the end is inclusive, as in HALCON's `gen_region_runs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[repr(C)]
pub struct Run {
    /// Row, from the top.
    pub row: i32,
    /// First column.
    pub column_begin: i32,
    /// Last column, included.
    pub column_end: i32,
}

/// One defect region, in pixels of the picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Region {
    /// Left edge of the bounding box.
    pub x: u32,
    /// Top edge of the bounding box.
    pub y: u32,
    /// Width of the bounding box.
    pub width: u32,
    /// Height of the bounding box.
    pub height: u32,
    /// Number of pixels.
    pub area: u64,
    /// Mean row of the pixels.
    pub row: f64,
    /// Mean column of the pixels.
    pub column: f64,
    /// The highest value of the anomaly map in the region.
    pub peak: f32,
    /// Sorted by row, then by column.
    #[serde(skip)]
    pub runs: Vec<Run>,
}

/// Finds the connected parts (8 neighbours) of `map` [H, W] that reach `threshold`, the highest peak first.
///
/// Pixels of value 0, which is what lies outside of a mask, are never part of one.
pub fn regions(map: ArrayView2<'_, f32>, threshold: f32) -> Result<Vec<Region>> {
    let (height, width) = map.dim();
    let size = |side: usize| {
        u32::try_from(side)
            .map_err(|_| Error::new(ErrorKind::ImageSize, format!("a side of {side} pixels")))
    };
    let (width, height) = (size(width)?, size(height)?);
    let marked = GrayImage::from_fn(width, height, |x, y| {
        let value = map[[y as usize, x as usize]];
        Luma([if value >= threshold && value > 0.0 {
            u8::MAX
        } else {
            0
        }])
    });
    let labels = connected_components(&marked, Connectivity::Eight, Luma([0u8]));

    let mut found: Vec<Growing> = Vec::new();
    for (row, line) in labels.rows().enumerate() {
        let mut begin = 0usize;
        let line: Vec<u32> = line.map(|label| label[0]).collect();
        for chord in line.chunk_by(|a, b| a == b) {
            let end = begin + chord.len();
            if let Some(place) = (chord[0] as usize).checked_sub(1) {
                if found.len() <= place {
                    found.resize_with(place + 1, Growing::default);
                }
                let peak = map
                    .row(row)
                    .iter()
                    .skip(begin)
                    .take(chord.len())
                    .fold(0.0f32, |peak, value| peak.max(*value));
                found[place].add(
                    Run {
                        row: row as i32,
                        column_begin: begin as i32,
                        column_end: end as i32 - 1,
                    },
                    peak,
                );
            }
            begin = end;
        }
    }
    let mut regions: Vec<Region> = found
        .into_iter()
        .filter(|region| !region.runs.is_empty())
        .map(Growing::finish)
        .collect();
    regions.sort_by(|a, b| b.peak.total_cmp(&a.peak));
    Ok(regions)
}

#[derive(Default)]
struct Growing {
    runs: Vec<Run>,
    peak: f32,
}

impl Growing {
    fn add(&mut self, run: Run, peak: f32) {
        self.runs.push(run);
        self.peak = self.peak.max(peak);
    }

    fn finish(self) -> Region {
        let (mut area, mut rows, mut columns) = (0u64, 0.0, 0.0);
        let (mut left, mut right, mut top, mut bottom) = (i32::MAX, 0, i32::MAX, 0);
        for run in &self.runs {
            let length = (run.column_end - run.column_begin + 1) as u64;
            area += length;
            rows += f64::from(run.row) * length as f64;
            columns += f64::midpoint(f64::from(run.column_begin), f64::from(run.column_end))
                * length as f64;
            (left, right) = (left.min(run.column_begin), right.max(run.column_end));
            (top, bottom) = (top.min(run.row), bottom.max(run.row));
        }
        Region {
            x: left as u32,
            y: top as u32,
            width: (right - left + 1) as u32,
            height: (bottom - top + 1) as u32,
            area,
            row: rows / area as f64,
            column: columns / area as f64,
            peak: self.peak,
            runs: self.runs,
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn two_regions_with_runs_boxes_and_centres() {
        let map = array![
            [0.0, 5.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 6.0, 0.0, 9.0], //
            [0.0, 0.0, 6.0, 0.0, 9.0],
        ];
        let found = regions(map.view(), 5.0).unwrap();
        assert_eq!(found.len(), 2);
        let [column, diagonal] = &found[..] else {
            unreachable!()
        };
        assert_eq!(
            (
                column.x,
                column.y,
                column.width,
                column.height,
                column.area,
                column.peak
            ),
            (4, 1, 1, 2, 2, 9.0)
        );
        assert_eq!((column.row, column.column), (1.5, 4.0));
        assert_eq!(
            (
                diagonal.x,
                diagonal.y,
                diagonal.width,
                diagonal.height,
                diagonal.area,
                diagonal.peak
            ),
            (1, 0, 2, 3, 3, 6.0)
        );
        let run = |row, column_begin, column_end| Run {
            row,
            column_begin,
            column_end,
        };
        assert_eq!(diagonal.runs, [run(0, 1, 1), run(1, 2, 2), run(2, 2, 2)]);
    }

    #[test]
    fn whole_map_is_one_region_and_an_end_is_inclusive() {
        let map = ndarray::Array2::from_elem((2, 3), 2.0);
        let found = regions(map.view(), 1.0).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].runs[0],
            Run {
                row: 0,
                column_begin: 0,
                column_end: 2
            }
        );
        assert_eq!(found[0].area, 6);
    }

    #[test]
    fn nothing_reaches_the_threshold() {
        assert!(regions(array![[0.0, 0.5]].view(), 1.0).unwrap().is_empty());
    }

    #[test]
    fn masked_zero_is_no_region_even_at_threshold_zero() {
        assert!(regions(array![[0.0, 0.0]].view(), 0.0).unwrap().is_empty());
    }
}
