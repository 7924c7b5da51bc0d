//! Mahalanobis distances on a CPU, in one pass over the directions.
//!
//! A Gaussian of some hundred images is tens of megabytes, so its distances cost what reading it from memory does. Matrix
//! products read it twice, as the part along the directions must be known before the part outside of them is; here a
//! direction is taken off while it is in the cache.

use std::ops::Range;

use half::f16;
use half::slice::HalfFloatSliceExt;

/// Numbers that are added up beside each other, so that the processor's vector units can.
const LANES: usize = 16;

/// A Gaussian of every location, in host memory.
#[derive(Clone, Copy, Debug)]
pub struct Streamed<'a> {
    /// [L, C'].
    pub mean: &'a [f32],
    /// Orthonormal, or zero, [L, K, C'].
    pub directions: Directions<'a>,
    /// [L, K].
    pub variances: &'a [f32],
    /// C'.
    pub channels: usize,
}

/// Directions in either of the precisions that a model keeps them in.
#[derive(Clone, Copy, Debug)]
pub enum Directions<'a> {
    Floats(&'a [f32]),
    Halves(&'a [f16]),
}

impl<'a> Directions<'a> {
    /// The numbers of this range as floats; `room` is as long, and holds them if they are not floats already.
    fn floats<'b>(self, range: Range<usize>, room: &'b mut [f32]) -> &'b [f32]
    where
        'a: 'b,
    {
        match self {
            Self::Floats(floats) => &floats[range],
            Self::Halves(halves) => {
                halves[range].convert_to_f32_slice(room);
                room
            }
        }
    }
}

impl Streamed<'_> {
    /// `d' (s S + e I)^-1 d` of every location's features, [L, C'] to [L]; d is the difference to the mean, S the covariance.
    ///
    /// That is `sum_k (v_k' d)^2 / (s lambda_k + e) + |d - sum_k (v_k' d) v_k|^2 / e`.
    pub fn forms(&self, features: &[f32], s: f64, e: f64) -> Vec<f64> {
        let channels = self.channels.max(1);
        let locations = self.mean.len() / channels;
        let count = self.variances.len() / locations.max(1);
        let mut off = vec![0.0; channels];
        let mut outside = vec![0.0; channels];
        let mut room = vec![0.0; channels];
        let rows = self
            .mean
            .chunks_exact(channels)
            .zip(features.chunks_exact(channels));
        let forms = rows.enumerate().map(|(location, (mean, features))| {
            for (off, (feature, mean)) in off.iter_mut().zip(features.iter().zip(mean)) {
                *off = feature - mean;
            }
            outside.copy_from_slice(&off);
            let of_location = location * count..(location + 1) * count;
            let mut inside = 0.0f64;
            for (number, variance) in of_location.clone().zip(&self.variances[of_location]) {
                let range = number * channels..(number + 1) * channels;
                let direction = self.directions.floats(range, &mut room);
                let along = dot(direction, &off);
                take_off(&mut outside, along, direction);
                inside += f64::from(along).powi(2) / (s * f64::from(*variance) + e);
            }
            inside + f64::from(dot(&outside, &outside)) / e
        });
        forms.collect()
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, b) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.0.iter().zip(b.0) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a.1.iter().zip(b.1).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

fn take_off(from: &mut [f32], times: f32, what: &[f32]) {
    for (from, what) in from.iter_mut().zip(what) {
        *from -= times * what;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_the_full_covariance() {
        // Two locations of three channels: one direction of variance 3, and none.
        let streamed = Streamed {
            mean: &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            directions: Directions::Floats(&[0.6, 0.8, 0.0, 0.0, 0.0, 0.0]),
            variances: &[3.0, 0.0],
            channels: 3,
        };
        // Off the mean by twice the direction, and by 2 across: 4 / (2 * 3 + 4) + 4 / 4; by 3 and 4: 25 / 4.
        let found = streamed.forms(&[2.2, 1.6, 2.0, 3.0, 0.0, 4.0], 2.0, 4.0);
        assert!((found[0] - 1.4).abs() < 1e-6, "{found:?}");
        assert!((found[1] - 6.25).abs() < 1e-6, "{found:?}");
        let halves = [0.6, 0.8, 0.0, 0.0, 0.0, 0.0].map(f16::from_f32);
        let rounded = Streamed {
            directions: Directions::Halves(&halves),
            ..streamed
        };
        let rounded = rounded.forms(&[2.2, 1.6, 2.0, 3.0, 0.0, 4.0], 2.0, 4.0);
        assert!((rounded[0] - 1.4).abs() < 1e-3 && rounded[0] != found[0]);
        assert_eq!(rounded[1], found[1]);
    }

    #[test]
    fn channels_that_fill_no_vector_unit_count_too() {
        let a: Vec<f32> = (0..37).map(|i| i as f32).collect();
        let expected: f32 = (0..37).map(|i| (i * i) as f32).sum();
        assert_eq!(dot(&a, &a), expected);
    }
}
