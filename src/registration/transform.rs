//! An invertible map of the plane, from points of one picture to points of another.

use nalgebra::Matrix3;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// How far a matrix times its inverse may be from the identity: beyond it the inverse is rounding errors.
const INVERTIBLE: f64 = 1e-6;

/// A projective map of points (x, y) in pixels, with its inverse.
///
/// `(x', y') = (X / W, Y / W)`, `(X, Y, W)' = matrix (x, y, 1)'`. The upper left corner of a picture is (0, 0), the middle
/// of its first pixel (0.5, 0.5); a picture that is resized by s therefore moves by [`Transform::scaling`] with s alone.
///
/// Both matrices are finite and end in 1: the corner (0, 0) of either picture lies before the horizon of the other.
/// Stored as the nine numbers of the matrix, row by row; reading others than such nine reports `Format`.
///
/// # Example
/// ```
/// use twinspect::registration::Transform;
/// // Twice as large, a quarter turn from the x axis to the y axis, then 10 to the right.
/// let transform = Transform::similarity(2.0, std::f64::consts::FRAC_PI_2, (10.0, 0.0)).unwrap();
/// let (x, y) = transform.apply((3.0, 1.0)).unwrap();
/// assert!((x - 8.0).abs() < 1e-12 && (y - 6.0).abs() < 1e-12);
/// let (x, y) = transform.inverse().apply((8.0, 6.0)).unwrap();
/// assert!((x - 3.0).abs() < 1e-12 && (y - 1.0).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 9]", into = "[f64; 9]")]
pub struct Transform {
    matrix: Matrix3<f64>,
    inverse: Matrix3<f64>,
}

impl Transform {
    /// Of a matrix, up to scale; `None` if it is not finite, not safely invertible, or has a corner behind the horizon.
    pub fn new(matrix: Matrix3<f64>) -> Option<Self> {
        // Both signs are the same map; this one has the corner before the horizon.
        let sign = matrix[(2, 2)].signum();
        Self::before_the_horizon(matrix * sign)
    }

    fn before_the_horizon(matrix: Matrix3<f64>) -> Option<Self> {
        let matrix = ending_in_one(matrix)?;
        let inverse = ending_in_one(matrix.try_inverse()?)?;
        let identity = ending_in_one(matrix * inverse)?;
        let off = (identity - Matrix3::identity()).amax();
        (off <= INVERTIBLE).then_some(Self { matrix, inverse })
    }

    /// Leaves every point where it is.
    pub fn identity() -> Self {
        Self {
            matrix: Matrix3::identity(),
            inverse: Matrix3::identity(),
        }
    }

    /// Scales and turns about (0, 0), then shifts; `angle` in radians from the x axis to the y axis, clockwise to the eye.
    ///
    /// `None` unless all numbers are finite and `scale` is not 0.
    pub fn similarity(scale: f64, angle: f64, (x, y): (f64, f64)) -> Option<Self> {
        let (sine, cosine) = angle.sin_cos();
        let (s, c) = (scale * sine, scale * cosine);
        Self::new(Matrix3::new(c, -s, x, s, c, y, 0.0, 0.0, 1.0))
    }

    /// Multiplies x and y: the way from a picture to its resized copy. `None` unless both are finite and not 0.
    pub fn scaling(x: f64, y: f64) -> Option<Self> {
        Self::new(Matrix3::new(x, 0.0, 0.0, 0.0, y, 0.0, 0.0, 0.0, 1.0))
    }

    /// The matrix, ending in 1.
    pub fn matrix(&self) -> &Matrix3<f64> {
        &self.matrix
    }

    /// Where a point goes; `None` at and behind the horizon of a homography.
    pub fn apply(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let m = &self.matrix;
        let w = m[(2, 0)] * x + m[(2, 1)] * y + m[(2, 2)];
        let to = (
            (m[(0, 0)] * x + m[(0, 1)] * y + m[(0, 2)]) / w,
            (m[(1, 0)] * x + m[(1, 1)] * y + m[(1, 2)]) / w,
        );
        (w > 0.0 && to.0.is_finite() && to.1.is_finite()).then_some(to)
    }

    /// The way back.
    pub fn inverse(&self) -> Self {
        Self {
            matrix: self.inverse,
            inverse: self.matrix,
        }
    }

    /// First this, then `next`; `None` where the two together are no such map, as no similarities of sane size are.
    pub fn then(&self, next: &Self) -> Option<Self> {
        Self::before_the_horizon(next.matrix * self.matrix)
    }

    /// The same motion between the two pictures `x` times as wide and `y` times as high.
    ///
    /// Errors: `Numeric` if that is no map that can be inverted safely, as of pictures of sane sizes it always is.
    pub fn resized(&self, x: f64, y: f64) -> Result<Self> {
        let resize = |there: Self, back: Self| back.then(self)?.then(&there);
        let both = Self::scaling(x, y).zip(Self::scaling(1.0 / x, 1.0 / y));
        both.and_then(|(there, back)| resize(there, back))
            .ok_or_else(|| {
                let numbers: [f64; 9] = (*self).into();
                let message = format!("the motion {numbers:?} cannot be resized by {x} and {y}");
                Error::new(ErrorKind::Numeric, message)
            })
    }

    /// Turns by `angle` radians about a point, from the x axis to the y axis. `None` unless all numbers are finite.
    pub fn turn(angle: f64, (x, y): (f64, f64)) -> Option<Self> {
        Self::similarity(1.0, 0.0, (-x, -y))?.then(&Self::similarity(1.0, angle, (x, y))?)
    }

    /// How much larger a similarity makes things.
    ///
    /// Of an affine map it is that of the nearest similarity, of a homography that of its matrix's upper left part.
    pub fn scale(&self) -> f64 {
        let (cosine, sine) = self.rotation();
        cosine.hypot(sine)
    }

    /// By how much a similarity turns, in radians from the x axis to the y axis, -pi to pi; of others as for the scale.
    pub fn angle(&self) -> f64 {
        let (cosine, sine) = self.rotation();
        sine.atan2(cosine)
    }

    /// The least and the greatest factor by which lengths change at a point; the least is negative if it mirrors.
    ///
    /// The singular values of the derivative. `None` at and behind the horizon.
    pub fn stretch_at(&self, point: (f64, f64)) -> Option<(f64, f64)> {
        let (u, v) = self.apply(point)?;
        let m = &self.matrix;
        let w = m[(2, 0)] * point.0 + m[(2, 1)] * point.1 + m[(2, 2)];
        let a = (m[(0, 0)] - u * m[(2, 0)]) / w;
        let b = (m[(0, 1)] - u * m[(2, 1)]) / w;
        let c = (m[(1, 0)] - v * m[(2, 0)]) / w;
        let d = (m[(1, 1)] - v * m[(2, 1)]) / w;
        // A 2 x 2 matrix is a similarity plus a mirrored one; its singular values are their sum and difference.
        let upright = ((a + d) / 2.0).hypot((c - b) / 2.0);
        let mirrored = ((a - d) / 2.0).hypot((c + b) / 2.0);
        Some((upright - mirrored, upright + mirrored))
    }

    /// (scale * cosine, scale * sine) of the similarity nearest to the upper left part.
    fn rotation(&self) -> (f64, f64) {
        let m = &self.matrix;
        ((m[(0, 0)] + m[(1, 1)]) / 2.0, (m[(1, 0)] - m[(0, 1)]) / 2.0)
    }
}

impl Default for Transform {
    fn default() -> Self {
        Self::identity()
    }
}

impl From<Transform> for [f64; 9] {
    fn from(transform: Transform) -> Self {
        let m = &transform.matrix;
        std::array::from_fn(|i| m[(i / 3, i % 3)])
    }
}

impl TryFrom<[f64; 9]> for Transform {
    type Error = Error;

    fn try_from(numbers: [f64; 9]) -> Result<Self> {
        Self::new(Matrix3::from_row_slice(&numbers)).ok_or_else(|| {
            let message = format!(
                "{numbers:?} is no transform, expected an invertible 3 x 3 matrix that ends in 1"
            );
            Error::new(ErrorKind::Format, message)
        })
    }
}

/// The matrix over its last number; `None` if that is not positive, or the result not finite.
fn ending_in_one(matrix: Matrix3<f64>) -> Option<Matrix3<f64>> {
    let last = matrix[(2, 2)];
    let matrix = matrix / last;
    let is_finite = matrix.iter().all(|number| number.is_finite());
    (last > 0.0 && is_finite).then_some(matrix)
}
