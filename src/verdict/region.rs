//! Defect regions: connected parts of the anomaly map that reach the threshold.
//!
//! Found by runs: the map is cut into horizontal chords, and chords that touch are joined. Memory follows the number of
//! runs, not the number of pixels, and a failure to allocate it is an error.

use std::ops::Range;

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

/// Finds the connected parts (8 neighbours) of `map` [H, W] that reach `threshold`, the highest peak first; of equal peaks,
/// the one whose first pixel comes first in reading order.
///
/// Pixels of value 0, which is what lies outside of a mask, are never part of one.
///
/// Errors: `ImageSize` if a side is more than [`i32::MAX`], `Memory`.
///
/// # Example
/// ```
/// let map = ndarray::array![[0.0, 5.0, 0.0], [0.0, 0.0, 6.0]];
/// let found = twinspect::verdict::region::regions(map.view(), 5.0)?;
/// assert_eq!((found.len(), found[0].area, found[0].peak), (1, 2, 6.0)); // Corners touch.
/// # Ok::<(), twinspect::Error>(())
/// ```
pub fn regions(map: ArrayView2<'_, f32>, threshold: f32) -> Result<Vec<Region>> {
    for side in [map.nrows(), map.ncols()] {
        i32::try_from(side).map_err(|_| {
            let message = format!(
                "a map with a side of {side}, at most {} is possible",
                i32::MAX
            );
            Error::new(ErrorKind::ImageSize, message)
        })?;
    }
    let mut regions = Vec::new();
    let groups = Chords::of(map, threshold)?.grouped()?;
    regions
        .try_reserve_exact(groups.len())
        .map_err(|_| no_memory(groups.len(), "regions"))?;
    regions.extend(groups.into_iter().map(|runs| Region::of(runs, map)));
    // A stable sort would allocate, and cannot report that it failed.
    regions.sort_unstable_by(|a, b| {
        let first = |region: &Region| region.runs.first().map(|run| (run.row, run.column_begin));
        (b.peak.total_cmp(&a.peak)).then_with(|| first(a).cmp(&first(b)))
    });
    Ok(regions)
}

impl Region {
    fn of(runs: Vec<Run>, map: ArrayView2<'_, f32>) -> Self {
        let (mut area, mut rows, mut columns, mut peak) = (0u64, 0.0, 0.0, 0.0f32);
        let (mut left, mut right, mut top, mut bottom) = (i32::MAX, 0, i32::MAX, 0);
        for run in &runs {
            let length = (run.column_end - run.column_begin + 1) as u64;
            area += length;
            rows += f64::from(run.row) * length as f64;
            columns += f64::midpoint(f64::from(run.column_begin), f64::from(run.column_end))
                * length as f64;
            (left, right) = (left.min(run.column_begin), right.max(run.column_end));
            (top, bottom) = (top.min(run.row), bottom.max(run.row));
            for column in run.column_begin..=run.column_end {
                peak = peak.max(map[[run.row as usize, column as usize]]);
            }
        }
        Self {
            x: left as u32,
            y: top as u32,
            width: (right - left + 1) as u32,
            height: (bottom - top + 1) as u32,
            area,
            row: rows / area as f64,
            column: columns / area as f64,
            peak,
            runs,
        }
    }
}

/// All runs of a map in reading order, and which of them belong together.
#[derive(Default)]
struct Chords {
    runs: Vec<Run>,
    /// One a run: an earlier run of the same region, or the run itself if it is the region's first one as yet.
    earlier: Vec<u32>,
}

impl Chords {
    fn of(map: ArrayView2<'_, f32>, threshold: f32) -> Result<Self> {
        let mut chords = Self::default();
        let mut above = 0..0;
        for (row, values) in map.rows().into_iter().enumerate() {
            let first = chords.runs.len();
            let mut begin = None;
            for (column, value) in values.iter().enumerate() {
                let marked = *value >= threshold && *value > 0.0;
                match begin {
                    None if marked => begin = Some(column),
                    Some(from) if !marked => {
                        chords.push(row, from..column)?;
                        begin = None;
                    }
                    _ => {}
                }
            }
            if let Some(from) = begin {
                chords.push(row, from..values.len())?;
            }
            let own = first..chords.runs.len();
            chords.join(above, own.clone());
            above = own;
        }
        Ok(chords)
    }

    fn push(&mut self, row: usize, columns: Range<usize>) -> Result<()> {
        let count = self.runs.len();
        let failed = |_| no_memory(count, "runs");
        self.runs.try_reserve(1).map_err(failed)?;
        self.earlier.try_reserve(1).map_err(failed)?;
        self.earlier
            .push(u32::try_from(count).map_err(|_| no_memory(count, "runs"))?);
        self.runs.push(Run {
            row: row as i32,
            column_begin: columns.start as i32,
            column_end: columns.end as i32 - 1,
        });
        Ok(())
    }

    /// Joins the runs of one row with those that they touch, if only by a corner, in the row above.
    fn join(&mut self, above: Range<usize>, own: Range<usize>) {
        let mut upper = above.start;
        for lower in own {
            let run = self.runs[lower];
            while upper < above.end && self.runs[upper].column_end < run.column_begin - 1 {
                upper += 1;
            }
            for upper in upper..above.end {
                if self.runs[upper].column_begin > run.column_end + 1 {
                    break;
                }
                let (a, b) = (self.first(upper), self.first(lower));
                self.earlier[a.max(b)] = a.min(b) as u32;
            }
        }
    }

    /// The first run of the region to which a run belongs as yet.
    fn first(&mut self, mut run: usize) -> usize {
        loop {
            let next = self.earlier[run];
            if next as usize == run {
                return run;
            }
            // Halves the way for the next time.
            self.earlier[run] = self.earlier[next as usize];
            run = self.earlier[run] as usize;
        }
    }

    /// The runs of each region, regions in the order of their first runs.
    fn grouped(self) -> Result<Vec<Vec<Run>>> {
        let Self {
            runs,
            earlier: mut region,
        } = self;
        let mut lengths: Vec<u32> = Vec::new();
        for run in 0..region.len() {
            let earlier = region[run] as usize;
            if earlier == run {
                region[run] = lengths.len() as u32;
                lengths
                    .try_reserve(1)
                    .map_err(|_| no_memory(lengths.len(), "regions"))?;
                lengths.push(0);
            } else {
                // Runs before this one already hold the number of their region.
                region[run] = region[earlier];
            }
            lengths[region[run] as usize] += 1;
        }
        let mut groups: Vec<Vec<Run>> = Vec::new();
        groups
            .try_reserve_exact(lengths.len())
            .map_err(|_| no_memory(lengths.len(), "regions"))?;
        for length in lengths {
            let mut group = Vec::new();
            group
                .try_reserve_exact(length as usize)
                .map_err(|_| no_memory(length as usize, "runs"))?;
            groups.push(group);
        }
        for (run, region) in runs.into_iter().zip(region) {
            groups[region as usize].push(run);
        }
        Ok(groups)
    }
}

fn no_memory(count: usize, what: &str) -> Error {
    Error::new(
        ErrorKind::Memory,
        format!("no memory for {count} {what} and more"),
    )
    .hint("The threshold may be too low.")
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

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
        let map = Array2::from_elem((2, 3), 2.0);
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

    /// A map that is 1 where the drawing has a `#`.
    fn drawn(lines: &[&str]) -> Array2<f32> {
        Array2::from_shape_fn((lines.len(), lines[0].len()), |(row, column)| {
            f32::from(lines[row].as_bytes()[column] == b'#')
        })
    }

    fn areas(map: &Array2<f32>) -> Vec<u64> {
        let found = regions(map.view(), 1.0).unwrap();
        found.iter().map(|region| region.area).collect()
    }

    #[test]
    fn one_pixel_one_row_and_one_column() {
        assert_eq!(areas(&drawn(&["#"])), [1]);
        assert!(areas(&drawn(&["."])).is_empty());
        assert_eq!(areas(&drawn(&["##.#.###"])), [2, 1, 3]);
        let column = drawn(&["##.#.###"]).reversed_axes();
        assert_eq!(areas(&column), [2, 1, 3]);
        assert!(areas(&Array2::zeros((0, 5))).is_empty());
        assert!(areas(&Array2::zeros((5, 0))).is_empty());
    }

    #[test]
    fn arms_that_meet_late_are_one_region() {
        assert_eq!(areas(&drawn(&["#.#.#", "#.#.#", "##.##", "..#.."])), [11]);
        let spiral = [
            "#########",
            "#.......#",
            "#.#####.#",
            "#.#...#.#",
            "#.#.#.#.#",
            "#.#.###.#",
            "#.#.....#",
            "#.#######",
        ];
        assert_eq!(areas(&drawn(&spiral)), [44]);
        let found = regions(drawn(&spiral).view(), 1.0).unwrap();
        assert!(
            found[0]
                .runs
                .is_sorted_by_key(|run| (run.row, run.column_begin))
        );
    }

    #[test]
    fn checkerboard_is_one_region_and_a_grid_of_dots_is_many() {
        let board = Array2::from_shape_fn((7, 9), |(y, x)| ((x + y) % 2) as f32);
        assert_eq!(areas(&board), [31]);
        let dots = Array2::from_shape_fn((6, 8), |(y, x)| f32::from(x % 2 == 0 && y % 2 == 0));
        assert_eq!(areas(&dots), [1; 12]);
    }

    #[test]
    fn not_a_number_is_no_region_and_infinity_is() {
        let map = array![[f32::NAN, f32::INFINITY]];
        let found = regions(map.view(), 1.0).unwrap();
        assert_eq!((found.len(), found[0].x, found[0].area), (1, 1, 1));
        assert!(regions(map.view(), f32::NAN).unwrap().is_empty());
    }

    #[test]
    fn side_beyond_runs_reports_image_size() {
        let map = ndarray::aview0(&1.0);
        let map = map.broadcast((1, 1 << 31)).unwrap();
        let error = regions(map, 1.0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ImageSize);
    }
}
