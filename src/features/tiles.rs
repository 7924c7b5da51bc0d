//! Tiles: a large input's features computed part by part, so that they fit together as if it had been seen at once.
//!
//! Along each axis all tiles see the same number of pixels, and keep the middle of it; the first and the last keep what lies
//! up to the border, too. What they see starts at a multiple of the stages' common stride, and leaves the same rest on
//! division by it as the whole input does: so a network that pads by the parity of a side, as TensorFlow's do, pads each
//! tile as it pads the whole, and locations fall on the same pixels.

use std::ops::Range;

use tch::{Device, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::image::Window;

/// How an input is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilePlan {
    /// Side of what a tile keeps, in pixels of the input.
    pub size_px: u32,
    /// What it sees beyond that on each side, in pixels; rounded up to the stages' common stride.
    pub overlap_px: u32,
}

/// The tiles of one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiles {
    width: Axis,
    height: Axis,
}

/// One tile: pixels of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    across: Stretch,
    down: Stretch,
}

/// How a stage's map of a tile becomes the tile's part of the common grid.
#[derive(Debug)]
pub struct Regrid {
    /// [h, h_s]: weights of the map's rows in each of the grid's.
    down: Tensor,
    /// [w_s, w].
    across: Tensor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Axis {
    total: u32,
    /// From one tile to the next.
    step: u32,
    halo: u32,
    /// What each tile sees.
    seen: u32,
}

/// A tile along one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stretch {
    total: u32,
    seen: Range<u32>,
    kept: Range<u32>,
}

impl TilePlan {
    /// Whether it suits stages of these strides whose neighbourhoods reach so far, in pixels.
    ///
    /// Errors: `InvalidArgument` with the key of the option that does not.
    pub fn check(&self, strides: &[u32], reach_px: u32) -> Result<()> {
        let (size, stride) = (self.size_px, common_stride(strides));
        let wrong = |key: &str, message: String, hint: String| {
            Err(Error::new(ErrorKind::InvalidArgument, message)
                .at(key)
                .hint(hint))
        };
        if !size.is_multiple_of(stride) {
            let message = format!("{size} pixels, and the stages have locations every {stride}");
            let near = size.next_multiple_of(stride);
            return wrong("tile.size", message, format!("Use tile.size={near}."));
        }
        if self.overlap_px < reach_px {
            let message = format!(
                "{} pixels, and a location's neighbourhood and its smoothing reach {reach_px}",
                self.overlap_px
            );
            return wrong(
                "tile.overlap",
                message,
                format!("Use tile.overlap={reach_px} or more."),
            );
        }
        Ok(())
    }
}

impl Tiles {
    /// The tiles of an input of `size` (width, height) in pixels, for stages of these strides.
    pub fn new(plan: TilePlan, (width, height): (u32, u32), strides: &[u32]) -> Self {
        let stride = common_stride(strides);
        Self {
            width: Axis::new(plan, width, stride),
            height: Axis::new(plan, height, stride),
        }
    }

    /// How many there are; one that sees everything if the input is not larger than a tile with its overlap.
    pub fn count(&self) -> u32 {
        self.width.count() * self.height.count()
    }

    /// They row by row.
    pub fn iter(&self) -> impl Iterator<Item = Tile> {
        let (width, height) = (self.width, self.height);
        (0..height.count()).flat_map(move |row| {
            (0..width.count()).map(move |column| Tile {
                across: width.stretch(column),
                down: height.stretch(row),
            })
        })
    }

    /// Height and width of the grid of a stage of this stride, on the whole input.
    pub fn grid(&self, stride: u32) -> (i64, i64) {
        let locations = |axis: Axis| i64::from(axis.total.div_ceil(stride));
        (locations(self.height), locations(self.width))
    }
}

impl Tile {
    /// What it sees.
    pub fn window(&self) -> Window {
        Window {
            x: self.across.seen.start,
            y: self.down.seen.start,
            width: self.across.seen.len() as u32,
            height: self.down.seen.len() as u32,
        }
    }

    /// Height and width of what it sees, on the grid of a stage of this stride.
    pub fn grid(&self, stride: u32) -> (i64, i64) {
        let seen = |stretch: &Stretch| length(&stretch.seen_cells(stride));
        (seen(&self.down), seen(&self.across))
    }

    /// Rows and columns that it keeps, on the grid of a stage of this stride: of the whole input's grid, and where in the
    /// tile's own grid they start.
    pub fn kept(&self, stride: u32) -> [(Range<i64>, i64); 2] {
        [&self.down, &self.across].map(|stretch| {
            let (kept, seen) = (stretch.kept_cells(stride), stretch.seen_cells(stride));
            let start = kept.start - seen.start;
            (kept, start)
        })
    }

    /// How the map of a stage of stride `from` becomes one of stride `into`, on `device`.
    pub fn regrid(&self, from: u32, into: u32, device: Device) -> Result<Regrid> {
        let weights = |stretch: &Stretch| -> Result<Tensor> {
            let size = [
                length(&stretch.seen_cells(into)),
                length(&stretch.seen_cells(from)),
            ];
            let weights = Tensor::f_from_slice(&stretch.weights(from, into))?;
            Ok(weights.f_reshape(size)?.f_to_device(device)?)
        };
        Ok(Regrid {
            down: weights(&self.down)?,
            across: weights(&self.across)?.f_transpose(0, 1)?,
        })
    }
}

impl Regrid {
    /// A map [N, C, h_s, w_s] of the stage on the grid, [N, C, h, w]; near the tile's border what it does not see is missed.
    pub fn onto_grid(&self, map: &Tensor) -> Result<Tensor> {
        Ok(self.down.f_matmul(&map.f_matmul(&self.across)?)?)
    }
}

impl Axis {
    fn new(plan: TilePlan, total: u32, stride: u32) -> Self {
        let halo = plan.overlap_px.next_multiple_of(stride);
        let seen = plan.size_px + 2 * halo + total % stride;
        Self {
            total,
            step: plan.size_px,
            halo,
            seen: seen.min(total),
        }
    }

    fn count(&self) -> u32 {
        (self.total - self.seen).div_ceil(self.step) + 1
    }

    fn stretch(&self, number: u32) -> Stretch {
        let start = |number: u32| (number * self.step).min(self.total - self.seen);
        let kept_from = |number: u32| match number {
            0 => 0,
            _ if number == self.count() => self.total,
            _ => number * self.step + self.halo,
        };
        Stretch {
            total: self.total,
            seen: start(number)..start(number) + self.seen,
            kept: kept_from(number)..kept_from(number + 1),
        }
    }
}

impl Stretch {
    fn seen_cells(&self, stride: u32) -> Range<i64> {
        cells(&self.seen, stride)
    }

    fn kept_cells(&self, stride: u32) -> Range<i64> {
        cells(&self.kept, stride)
    }

    /// Row by row, the weights of what is seen at stride `from` in each location that is seen at stride `into`.
    ///
    /// On the whole axis they are those of `adaptive_avg_pool2d` for a finer map, of `upsample_bilinear2d` for a coarser one:
    /// where the whole's locations do not divide evenly, the windows shift slowly, and tiles must shift alike.
    fn weights(&self, from: u32, into: u32) -> Vec<f32> {
        let (own, grid) = (self.seen_cells(from), self.seen_cells(into));
        let all = |stride: u32| i64::from(self.total.div_ceil(stride));
        let (own_total, grid_total) = (all(from), all(into));
        let mut weights = vec![0.0; (length(&own) * length(&grid)) as usize];
        for (row, location) in weights.chunks_exact_mut(length(&own) as usize).zip(grid) {
            let mut add = |cell: i64, weight: f64| {
                if let Some(sum) = row.get_mut((cell - own.start) as usize) {
                    *sum += weight as f32;
                }
            };
            if own_total >= grid_total {
                let first = location * own_total / grid_total;
                let end = ((location + 1) * own_total + grid_total - 1) / grid_total;
                (first..end).for_each(|cell| add(cell, 1.0 / (end - first) as f64));
            } else {
                let place = (location as f64 + 0.5) * own_total as f64 / grid_total as f64 - 0.5;
                let place = place.max(0.0);
                let first = place as i64;
                add(first, 1.0 - (place - first as f64));
                add((first + 1).min(own_total - 1), place - first as f64);
            }
        }
        weights
    }
}

/// Locations of a stretch that starts at a multiple of the stride.
fn cells(pixels: &Range<u32>, stride: u32) -> Range<i64> {
    i64::from(pixels.start / stride)..i64::from(pixels.end.div_ceil(stride))
}

fn length(range: &Range<i64>) -> i64 {
    range.end - range.start
}

/// The least common multiple.
fn common_stride(strides: &[u32]) -> u32 {
    fn divisor(a: u32, b: u32) -> u32 {
        if b == 0 { a } else { divisor(b, a % b) }
    }
    let strides = strides.iter().map(|stride| (*stride).max(1));
    strides.fold(1, |all, stride| all / divisor(all, stride) * stride)
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;

    const PLAN: TilePlan = TilePlan {
        size_px: 64,
        overlap_px: 20,
    };

    #[test]
    fn tiles_keep_each_location_once_and_leave_the_rest_of_the_whole() {
        for total in [1, 63, 64, 128, 150, 200, 257, 1000] {
            let axis = Axis::new(PLAN, total, 16);
            let mut end = 0;
            for number in 0..axis.count() {
                let Stretch { seen, kept, .. } = axis.stretch(number);
                assert_eq!(kept.start, end, "{total}");
                assert_eq!(seen.len() as u32 % 16, total % 16);
                assert_eq!((seen.start % 16, kept.start % 16), (0, 0));
                let halo = 32;
                assert!(seen.start == 0 || seen.start + halo <= kept.start);
                assert!(seen.end == total || kept.end + halo <= seen.end);
                assert!(seen.end <= total && !kept.is_empty());
                end = kept.end;
            }
            assert_eq!(end, total);
        }
        assert_eq!(Tiles::new(PLAN, (128, 100), &[8, 16]).count(), 1);
        assert_eq!(Tiles::new(PLAN, (1000, 200), &[8, 16]).grid(8), (25, 125));
    }

    #[test]
    fn tiles_are_brought_to_the_grid_as_the_whole_is() {
        // 57 and 29 locations: they do not divide evenly.
        let tiles = Tiles::new(PLAN, (450, 210), &[8, 16]);
        assert!(tiles.count() > 1);
        for (from, into) in [(8, 16), (16, 8), (8, 8)] {
            let ((own_h, own_w), (h, w)) = (tiles.grid(from), tiles.grid(into));
            let map = Tensor::rand([1, 2, own_h, own_w], (Kind::Float, Device::Cpu));
            let whole = match from < into {
                true => map.adaptive_avg_pool2d([h, w]),
                false => map.upsample_bilinear2d([h, w], false, None, None),
            };
            for tile in tiles.iter() {
                let (seen, start) = (tile.grid(from), [&tile.down, &tile.across]);
                let [y, x] = start.map(|stretch| stretch.seen_cells(from).start);
                let part = map.narrow(2, y, seen.0).narrow(3, x, seen.1);
                let regrid = tile.regrid(from, into, Device::Cpu).unwrap();
                let part = regrid.onto_grid(&part).unwrap();
                let [(rows, top), (columns, left)] = tile.kept(into);
                let (rows_count, columns_count) = (length(&rows), length(&columns));
                let part = part
                    .narrow(2, top, rows_count)
                    .narrow(3, left, columns_count);
                let expected =
                    whole
                        .narrow(2, rows.start, rows_count)
                        .narrow(3, columns.start, columns_count);
                // libtorch finds the place of a location in single precision.
                let error = (part - expected).abs().max().double_value(&[]);
                assert!(error < 1e-5, "{from} to {into}: {error}");
            }
        }
    }

    #[test]
    fn size_that_the_strides_do_not_divide_and_short_overlap_are_named() {
        let plan = |size_px, overlap_px| TilePlan {
            size_px,
            overlap_px,
        };
        assert!(plan(64, 48).check(&[8, 16], 48).is_ok());
        let error = plan(72, 48).check(&[8, 16], 48).unwrap_err();
        assert_eq!(
            error.to_string(),
            "tile.size: 72 pixels, and the stages have locations every 16. Use tile.size=80."
        );
        let error = plan(64, 32).check(&[8, 16], 48).unwrap_err();
        assert_eq!(error.place(), "tile.overlap");
        assert_eq!(common_stride(&[4, 6, 0]), 12);
    }
}
