//! Which motions are allowed, and the one of them that fits pairs of points best.

use nalgebra::{Matrix3, SMatrix, SVector, SymmetricEigen};

use crate::registration::transform::Transform;

/// Points whose extent across a line is a smaller share of that along it lie on the line.
///
/// Rounding a place to 32 bits moves it by 1e-7 of its size, so that a line stays one.
const COLLINEAR: f64 = 1e-5;

/// Points whose extent is a smaller share of their distance from (0, 0) are one point.
const COINCIDENT: f64 = 1e-12;

/// A point of one picture and the point of another one that shows the same spot, (x, y) in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Where the spot is in the first picture.
    pub from: (f64, f64),
    /// Where it is in the second one.
    pub to: (f64, f64),
}

/// How the part may lie otherwise in one picture than in another.
///
/// # Example
/// ```
/// use twinspect::registration::{Motion, Pair};
/// // Two points that moved by (5, 1).
/// let pairs = [(0.0, 0.0), (8.0, 2.0)].map(|(x, y)| Pair { from: (x, y), to: (x + 5.0, y + 1.0) });
/// let transform = Motion::Similarity.fit(&pairs).unwrap();
/// assert!((transform.scale() - 1.0).abs() < 1e-12 && transform.angle().abs() < 1e-12);
/// assert!((transform.apply((1.0, 1.0)).unwrap().0 - 6.0).abs() < 1e-12);
/// // Four numbers of a similarity follow from two points, six of an affine map do not.
/// assert_eq!(Motion::Affine.fit(&pairs), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Shifted, turned and scaled: a part on a table under a camera that looks straight down.
    Similarity,
    /// Sheared and stretched as well: a camera with unequal pixels, or far away and tilted.
    Affine,
    /// In perspective: a flat part under a tilted camera.
    Homography,
}

impl Motion {
    /// How many pairs determine it.
    pub fn least_pairs(self) -> usize {
        match self {
            Self::Similarity => 2,
            Self::Affine => 3,
            Self::Homography => 4,
        }
    }

    /// The motion that brings the `from` points nearest to the `to` points, all of them counting alike.
    ///
    /// Of a similarity and an affine map the sum of squared distances is least: Umeyama 1991, in the plane one division of
    /// complex numbers and never a reflection, and linear least squares. Of a homography the algebraic error after
    /// Hartley's normalisation is least (the normalised DLT).
    ///
    /// `None` if the pairs do not determine it: too few, not finite, on one point or line, on two sides of the horizon.
    pub fn fit(self, pairs: &[Pair]) -> Option<Transform> {
        if pairs.len() < self.least_pairs() {
            return None;
        }
        let from = Frame::of(pairs.iter().map(|pair| pair.from))?;
        let to = Frame::of(pairs.iter().map(|pair| pair.to))?;
        let normalised = pairs
            .iter()
            .map(|pair| (from.place(pair.from), to.place(pair.to)));
        let matrix = match self {
            Self::Similarity => similarity(normalised),
            Self::Affine => affine(normalised)?,
            Self::Homography => homography(normalised)?,
        };
        let transform = Transform::new(to.inverse_matrix() * matrix * from.matrix())?;
        let is_before_the_horizon = |pair: &Pair| transform.apply(pair.from).is_some();
        pairs.iter().all(is_before_the_horizon).then_some(transform)
    }
}

/// Hartley's normalisation: the points' mean at (0, 0), the root of their mean squared distance from it sqrt(2).
struct Frame {
    centre: (f64, f64),
    scale: f64,
}

impl Frame {
    /// `None` if all points are one, or if they are not finite.
    fn of(points: impl ExactSizeIterator<Item = (f64, f64)> + Clone) -> Option<Self> {
        let count = points.len() as f64;
        let (x, y) = points
            .clone()
            .fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        let centre = (x / count, y / count);
        let squared = points
            .map(|(x, y)| (x - centre.0).powi(2) + (y - centre.1).powi(2))
            .sum::<f64>();
        let extent = (squared / count).sqrt();
        let coincident = COINCIDENT * centre.0.hypot(centre.1);
        (extent.is_finite() && extent > coincident).then(|| Self {
            centre,
            scale: std::f64::consts::SQRT_2 / extent,
        })
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (
            (x - self.centre.0) * self.scale,
            (y - self.centre.1) * self.scale,
        )
    }

    fn matrix(&self) -> Matrix3<f64> {
        let (s, (x, y)) = (self.scale, self.centre);
        Matrix3::new(s, 0.0, -s * x, 0.0, s, -s * y, 0.0, 0.0, 1.0)
    }

    fn inverse_matrix(&self) -> Matrix3<f64> {
        let (s, (x, y)) = (self.scale, self.centre);
        Matrix3::new(1.0 / s, 0.0, x, 0.0, 1.0 / s, y, 0.0, 0.0, 1.0)
    }
}

/// Normalised points of both pictures.
type Normalised = ((f64, f64), (f64, f64));

/// As complex numbers z to w = a z: a = sum(conj(z) w) / sum(|z|^2).
fn similarity(pairs: impl Iterator<Item = Normalised>) -> Matrix3<f64> {
    let (mut real, mut imaginary, mut squared) = (0.0, 0.0, 0.0);
    for ((x, y), (u, v)) in pairs {
        real += x * u + y * v;
        imaginary += x * v - y * u;
        squared += x * x + y * y;
    }
    let (c, s) = (real / squared, imaginary / squared);
    Matrix3::new(c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0)
}

/// sum(w z') (sum(z z'))^-1; `None` for points on a line.
fn affine(pairs: impl Iterator<Item = Normalised>) -> Option<Matrix3<f64>> {
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    let (mut ux, mut uy, mut vx, mut vy) = (0.0, 0.0, 0.0, 0.0);
    for ((x, y), (u, v)) in pairs {
        xx += x * x;
        xy += x * y;
        yy += y * y;
        ux += u * x;
        uy += u * y;
        vx += v * x;
        vy += v * y;
    }
    let determinant = xx * yy - xy * xy;
    // The eigenvalues' product over the square of their sum is nearly their ratio when that is small.
    if determinant <= (COLLINEAR * (xx + yy)).powi(2) {
        return None;
    }
    let row = |x: f64, y: f64| {
        (
            (x * yy - y * xy) / determinant,
            (y * xx - x * xy) / determinant,
        )
    };
    let ((a, b), (c, d)) = (row(ux, uy), row(vx, vy));
    Some(Matrix3::new(a, b, 0.0, c, d, 0.0, 0.0, 0.0, 1.0))
}

/// The eigenvector of the least eigenvalue of A'A; `None` if the next one is 0 too.
fn homography(pairs: impl Iterator<Item = Normalised>) -> Option<Matrix3<f64>> {
    let mut scatter = SMatrix::<f64, 9, 9>::zeros();
    for ((x, y), (u, v)) in pairs {
        for row in [
            SVector::from([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, -u]),
            SVector::from([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, -v]),
        ] {
            scatter += row * row.transpose();
        }
    }
    let eigen = SymmetricEigen::try_new(scatter, f64::EPSILON, 1000)?;
    let mut order: [usize; 9] = std::array::from_fn(|i| i);
    order.sort_by(|a, b| eigen.eigenvalues[*a].total_cmp(&eigen.eigenvalues[*b]));
    let largest = eigen.eigenvalues[order[8]];
    if eigen.eigenvalues[order[1]] <= COLLINEAR.powi(2) * largest {
        return None;
    }
    let h = eigen.eigenvectors.column(order[0]);
    Some(Matrix3::from_fn(|row, column| h[3 * row + column]))
}
