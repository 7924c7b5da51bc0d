//! The lead at one size, and the steps that bring a picture onto it.

use std::array::from_fn;

use nalgebra::{Matrix3, SMatrix, SVector};

use super::gray::Gray;
use crate::registration::motion::Motion;
use crate::registration::transform::Transform;

/// Steps at most at one size; about five are needed where a smaller size was aligned before.
const MOST_STEPS: usize = 30;

/// A step that moves no corner of the lead further than this is the last one.
const SETTLED_PX: f64 = 0.01;

/// A motion that moves a corner of the lead further than this share of its longer side was led away by something else.
const FURTHEST: f64 = 0.05;

/// Differences count less and less beyond so many standard deviations (Huber's constant: 95 % efficiency).
const HUBER: f64 = 1.345;

/// A normal distribution's standard deviation in units of its mean absolute value, sqrt(pi / 2).
const DEVIATION: f64 = 1.253_314;

/// Equal pictures have no differences; any number above rounding errors will do.
const LEAST_DIFFERENCE: f64 = 1e-7;

/// Eight of a homography, gain and offset.
const MOST_UNKNOWNS: usize = 10;

/// Numbers that are added up beside each other, so that the processor's vector units can.
const LANES: usize = 16;

/// The lead at one size.
#[derive(Debug)]
pub(super) struct Size {
    motion: Motion,
    gray: Gray,
    /// How the gray values change with each unknown: a map for each, as large as `gray`.
    changes: Vec<Vec<f32>>,
}

/// How much brighter a picture is than the lead.
#[derive(Clone, Copy)]
struct Brightness {
    gain: f64,
    offset: f64,
}

/// What a picture differs from the lead by, pixel by pixel, and room for it.
struct Residual {
    /// NaN where the picture was not seen.
    differences: Vec<f32>,
    /// Mean absolute difference where it was.
    mean: f64,
}

/// Sums over all pixels: `normal` * unknowns = `right`.
struct Equations {
    normal: SMatrix<f64, MOST_UNKNOWNS, MOST_UNKNOWNS>,
    right: SVector<f64, MOST_UNKNOWNS>,
}

impl Size {
    pub fn new(gray: Gray, motion: Motion) -> Self {
        let changes = changes(&gray, motion);
        Self {
            motion,
            gray,
            changes,
        }
    }

    /// Steps until they are small; `None` if they do not become so.
    pub fn settle(&self, image: &Gray, start: Transform) -> Option<Transform> {
        let mut found = start;
        let mut brightness = Brightness {
            gain: 1.0,
            offset: 0.0,
        };
        let mut residual = Residual {
            differences: vec![0.0; self.gray.values.len()],
            mean: 0.0,
        };
        for _ in 0..MOST_STEPS {
            self.compare(image, &found, brightness, &mut residual);
            let unknowns = self.equations(&residual).solved()?;
            let step = self.motion_of(&unknowns, brightness.gain)?;
            let [.., gain, offset] = unknowns.as_slice()[..self.changes.len()] else {
                return None;
            };
            brightness.gain += gain;
            brightness.offset += offset;
            found = found.then(&step)?;
            if self.reach_px(&step) < SETTLED_PX {
                return Some(found);
            }
        }
        None
    }

    /// What the picture, moved so, differs from the lead by.
    fn compare(
        &self,
        image: &Gray,
        so_far: &Transform,
        brightness: Brightness,
        into: &mut Residual,
    ) {
        let from_frame = so_far.inverse();
        let (gain, offset) = (brightness.gain as f32, brightness.offset as f32);
        let width = self.gray.width;
        let (mut total, mut count) = (0.0f64, 0u64);
        let rows = into.differences.chunks_exact_mut(width);
        for (y, (differences, lead)) in rows.zip(self.gray.values.chunks_exact(width)).enumerate() {
            image.row_in_frame(&from_frame, y, differences);
            let mut seen = 0.0f32;
            for (difference, lead) in differences.iter_mut().zip(lead) {
                *difference -= gain * lead + offset;
                if !difference.is_nan() {
                    seen += difference.abs();
                    count += 1;
                }
            }
            total += f64::from(seen);
        }
        into.mean = total / count.max(1) as f64;
    }

    /// The normal equations of a Gauss-Newton step; large differences count less, unseen ones nothing.
    fn equations(&self, residual: &Residual) -> Equations {
        let most = (HUBER * DEVIATION * residual.mean).max(LEAST_DIFFERENCE) as f32;
        let width = self.gray.width;
        let mut equations = Equations {
            normal: SMatrix::identity(),
            right: SVector::zeros(),
        };
        let unknowns = self.changes.len();
        equations
            .normal
            .view_mut((0, 0), (unknowns, unknowns))
            .fill(0.0);
        let (mut weights, mut weighted) = (vec![0.0; width], vec![0.0; width]);
        let mut seen = vec![0.0; width];
        for (y, differences) in residual.differences.chunks_exact(width).enumerate() {
            for ((weight, seen), difference) in weights.iter_mut().zip(&mut seen).zip(differences) {
                let is_seen = !difference.is_nan();
                *seen = if is_seen { *difference } else { 0.0 };
                *weight = if is_seen {
                    most / seen.abs().max(most)
                } else {
                    0.0
                };
            }
            let row = y * width..(y + 1) * width;
            for (i, change) in self.changes.iter().enumerate() {
                for (weighted, (weight, change)) in weighted
                    .iter_mut()
                    .zip(weights.iter().zip(&change[row.clone()]))
                {
                    *weighted = weight * change;
                }
                equations.right[i] += f64::from(dot(&weighted, &seen));
                for (j, other) in self.changes[..=i].iter().enumerate() {
                    let sum = f64::from(dot(&weighted, &other[row.clone()]));
                    equations.normal[(i, j)] += sum;
                }
            }
        }
        equations
    }

    /// The unknowns, in the order of [`changes`], are pixels by which the middle of the lead's longer side moves, times gain.
    fn motion_of(&self, unknowns: &SVector<f64, MOST_UNKNOWNS>, gain: f64) -> Option<Transform> {
        let (x, y, half) = middle(&self.gray);
        let [dx, dy, a, b, c, d, e, f, ..] =
            <[f64; MOST_UNKNOWNS]>::from(*unknowns).map(|unknown| unknown / gain / half);
        let relative = match self.motion {
            Motion::Similarity => Matrix3::new(1.0 + a, -b, dx, b, 1.0 + a, dy, 0.0, 0.0, 1.0),
            Motion::Affine => Matrix3::new(1.0 + a, b, dx, c, 1.0 + d, dy, 0.0, 0.0, 1.0),
            Motion::Homography => Matrix3::new(1.0 + a, b, dx, c, 1.0 + d, dy, -e, -f, 1.0),
        };
        let from_middle = Transform::similarity(half, 0.0, (x, y))?;
        let to_middle = from_middle.inverse();
        Transform::new(from_middle.matrix() * relative * to_middle.matrix())
    }

    /// Whether a motion is a correction, not another place.
    pub fn is_near(&self, motion: &Transform) -> bool {
        let longer = self.gray.width.max(self.gray.height);
        self.reach_px(motion) <= FURTHEST * longer as f64
    }

    /// How far it moves the corner of the lead that it moves most.
    fn reach_px(&self, motion: &Transform) -> f64 {
        let (w, h) = (self.gray.width as f64, self.gray.height as f64);
        [(0.0, 0.0), (w, 0.0), (0.0, h), (w, h)]
            .into_iter()
            .map(|(x, y)| match motion.apply((x, y)) {
                Some((u, v)) => (u - x).hypot(v - y),
                None => f64::INFINITY,
            })
            .fold(0.0, f64::max)
    }
}

impl Equations {
    /// The solution, 0 beyond the unknowns; `None` if it is not determined. Only the lower triangle is read.
    fn solved(&self) -> Option<SVector<f64, MOST_UNKNOWNS>> {
        Some(self.normal.cholesky()?.solve(&self.right))
    }
}

/// The middle of a picture, and half of its longer side.
fn middle(gray: &Gray) -> (f64, f64, f64) {
    let (w, h) = (gray.width as f64, gray.height as f64);
    (w / 2.0, h / 2.0, w.max(h) / 2.0)
}

/// How each gray value changes with a shift along x and y, with the other unknowns of the motion, gain and offset.
///
/// Places are counted from the middle in halves of the longer side, so that all unknowns are of one size.
fn changes(gray: &Gray, motion: Motion) -> Vec<Vec<f32>> {
    let (x, y, half) = middle(gray);
    let place = |index: usize, middle: f64| ((index as f64 + 0.5 - middle) / half) as f32;
    let (across, down) = gray.gradients();
    let others = match motion {
        Motion::Similarity => 2,
        Motion::Affine => 4,
        Motion::Homography => 6,
    };
    let mut of_others = vec![Vec::with_capacity(across.len()); others];
    for (index, (across, down)) in across.iter().zip(&down).enumerate() {
        let (u, v) = (place(index % gray.width, x), place(index / gray.width, y));
        let outward = across * u + down * v;
        let pixel = match motion {
            Motion::Similarity => [outward, down * u - across * v, 0.0, 0.0, 0.0, 0.0],
            Motion::Affine | Motion::Homography => [
                across * u,
                across * v,
                down * u,
                down * v,
                outward * u,
                outward * v,
            ],
        };
        for (change, value) in of_others.iter_mut().zip(pixel) {
            change.push(value);
        }
    }
    let mut changes = vec![across, down];
    changes.extend(of_others);
    changes.extend([gray.values.clone(), vec![1.0; gray.values.len()]]);
    changes
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, b) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums: [f32; LANES] = [0.0; LANES];
    for (a, b) in a.0.iter().zip(b.0) {
        sums = from_fn(|lane| sums[lane] + a[lane] * b[lane]);
    }
    let rest: f32 = a.1.iter().zip(b.1).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
