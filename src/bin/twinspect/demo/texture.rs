//! The grain of the surfaces: brushed lines, turned rings, the rubber of the belt.

use super::shape::smooth_step;
use super::{HEIGHT_PX, WIDTH_PX};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Grid points per pixel of the brushed grain, so that its lines stay finer than a pixel.
const BRUSH_PER_PX: f32 = 2.0;
/// Rings per pixel of radius.
const RINGS_PER_PX: f32 = 2.0;
/// Pixels per grid point of the belt's slow mottling.
const MOTTLE_PX: f32 = 14.0;

/// The random surfaces of one picture; every value has mean 0 and standard deviation about 1.
pub struct Texture {
    brushed: Grid,
    turned: Grid,
    mottle: Grid,
    rubber: Grid,
}

impl Texture {
    /// Draws new surfaces.
    pub fn new(random: &mut ChaCha8Rng) -> Self {
        let (width, height) = (WIDTH_PX as usize, HEIGHT_PX as usize);
        let mut long = Grid::noise(width * 2, height * 2, random);
        long.smear_rows(150.0);
        let mut short = Grid::noise(width * 2, height * 2, random);
        short.smear_rows(25.0);
        Self {
            brushed: long.mixed(&short, 0.75),
            turned: Grid::noise(width, 1, random),
            mottle: Grid::noise(64, 64, random),
            rubber: Grid::noise(width, height, random),
        }
    }

    /// Brushed grain at `p`, pixels from the part's centre; its lines run along x.
    pub fn brushed(&self, p: [f32; 2]) -> f32 {
        // The grid repeats at the picture's edge, where no metal shows the seam.
        let x = p[0] + WIDTH_PX as f32 / 2.0;
        self.brushed.at(x * BRUSH_PER_PX, p[1] * BRUSH_PER_PX)
    }

    /// Grain left by a lathe at `radius` pixels from its axis.
    pub fn turned(&self, radius: f32) -> f32 {
        self.turned.at(radius * RINGS_PER_PX, 0.0)
    }

    /// Uneven brightness of the belt at the picture's pixel `p`.
    pub fn belt(&self, p: [f32; 2]) -> f32 {
        0.4 * self.mottle.at(p[0] / MOTTLE_PX, p[1] / MOTTLE_PX) + 0.5 * self.rubber.at(p[0], p[1])
    }

    /// Slow irregular values for the outline of blobs, about 3 pixels wide.
    pub fn ragged(&self, p: [f32; 2]) -> f32 {
        self.mottle.at(p[0] / 3.0 + 31.0, p[1] / 3.0 + 17.0)
    }
}

/// Random values on a grid that repeats in both directions.
struct Grid {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Grid {
    fn noise(width: usize, height: usize, random: &mut ChaCha8Rng) -> Self {
        Self {
            width,
            height,
            values: (0..width * height).map(|_| bell(random)).collect(),
        }
    }

    /// Smears every row over about `length` points and scales it back to a standard deviation of 1.
    fn smear_rows(&mut self, length: f32) {
        let keep = (-1.0 / length).exp();
        let gain = (1.0 - keep * keep).sqrt();
        for row in self.values.chunks_exact_mut(self.width) {
            let mut smeared = row[0];
            for value in row {
                smeared = keep * smeared + gain * *value;
                *value = smeared;
            }
        }
    }

    /// A sum of two grids of one size, with unit standard deviation if theirs is.
    fn mixed(&self, other: &Self, share: f32) -> Self {
        let rest = (1.0 - share * share).sqrt();
        let values = self
            .values
            .iter()
            .zip(&other.values)
            .map(|(a, b)| share * a + rest * b)
            .collect();
        Self {
            width: self.width,
            height: self.height,
            values,
        }
    }

    /// Sample between the grid points, without kinks at them.
    fn at(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (
            smooth_step(0.0, 1.0, x - left),
            smooth_step(0.0, 1.0, y - top),
        );
        let column = (left as i32).rem_euclid(self.width as i32) as usize;
        let row = (top as i32).rem_euclid(self.height as i32) as usize;
        let next_column = if column + 1 == self.width {
            0
        } else {
            column + 1
        };
        let next_row = if row + 1 == self.height { 0 } else { row + 1 };
        let value = |column: usize, row: usize| self.values[row * self.width + column];
        let upper = value(column, row) * (1.0 - fx) + value(next_column, row) * fx;
        let lower = value(column, next_row) * (1.0 - fx) + value(next_column, next_row) * fx;
        upper * (1.0 - fy) + lower * fy
    }
}

/// A nearly normal number of mean 0 and standard deviation 1: the sum of three uniform ones, which needs no logarithm.
pub fn bell(random: &mut ChaCha8Rng) -> f32 {
    let bits: u64 = random.random();
    let third = |shift: u32| (bits >> shift & 0x1f_ffff) as f32 / 2_097_152.0;
    (third(0) + third(21) + third(42) - 1.5) * 2.0
}
