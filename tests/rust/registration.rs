//! Motions and warps against scikit-image and OpenCV (`tests/data/registration/make.py`), and against the truth.

mod aligned;
mod any_angle;
mod deeppcb;
mod fit;
mod known_warps;
mod matched;
mod refused;
mod robust;
mod rounds;
mod transforms;
mod warps;

use nalgebra::{Matrix2, Matrix3, Rotation2};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::Kind;
use twinspect::registration::{Motion, Pair, Transform};

use crate::oracle::npy;

const MOTIONS: [(Motion, &str); 3] = [
    (Motion::Similarity, "similarity"),
    (Motion::Affine, "affine"),
    (Motion::Homography, "homography"),
];

/// Width and height of the picture on which made-up points lie.
const SIZE: (f64, f64) = (640.0, 480.0);

fn numbers(name: &str) -> Vec<f64> {
    let array = npy(&format!("registration/{name}"));
    Vec::try_from(array.to_kind(Kind::Double).flatten(0, -1)).unwrap()
}

fn pairs(name: &str) -> Vec<Pair> {
    let of_row = |row: &[f64]| Pair {
        from: (row[0], row[1]),
        to: (row[2], row[3]),
    };
    numbers(name).chunks_exact(4).map(of_row).collect()
}

fn transform(name: &str) -> Transform {
    Transform::new(Matrix3::from_row_slice(&numbers(name))).unwrap()
}

/// The greatest distance between where two transforms bring the corners of a picture of `size`.
fn corner_error_px(a: &Transform, b: &Transform, (width, height): (f64, f64)) -> f64 {
    [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)]
        .into_iter()
        .map(|corner| {
            let (a, b) = (a.apply(corner).unwrap(), b.apply(corner).unwrap());
            (a.0 - b.0).hypot(a.1 - b.1)
        })
        .fold(0.0, f64::max)
}

/// Any angle and shift, lengths changed by up to 10 %, a homography up to another 5 % across the picture.
fn random_transform(random: &mut impl Rng, motion: Motion) -> Transform {
    let mut about = |limit: f64| random.random_range(-limit..limit);
    let scale = 1.0 + about(0.05);
    let turn = Rotation2::new(about(std::f64::consts::PI));
    let mut linear = turn.matrix() * scale;
    if motion != Motion::Similarity {
        linear *= Matrix2::new(1.0 + about(0.04), about(0.04), 0.0, 1.0 + about(0.04));
    }
    let mut matrix = linear.to_homogeneous();
    matrix[(0, 2)] = about(300.0);
    matrix[(1, 2)] = about(300.0);
    if motion == Motion::Homography {
        matrix[(2, 0)] = about(0.02) / SIZE.0;
        matrix[(2, 1)] = about(0.02) / SIZE.1;
    }
    Transform::new(matrix).unwrap()
}

/// About the middle of a small picture: shifts of up to `px`, the other numbers as much at about 80 pixels from it.
fn transform_within(px: f64, motion: Motion, seed: u64) -> Matrix3<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut about = |limit: f64| random.random_range(-limit..limit);
    let (mut matrix, most) = (Matrix3::identity(), px / 80.0);
    let (a, b) = (about(most), about(most));
    matrix += match motion {
        Motion::Similarity => Matrix3::new(a, -b, about(px), b, a, about(px), 0.0, 0.0, 0.0),
        _ => Matrix3::new(
            a,
            b,
            about(px),
            about(most),
            about(most),
            about(px),
            0.0,
            0.0,
            0.0,
        ),
    };
    if motion == Motion::Homography {
        matrix[(2, 0)] = about(most / 160.0);
        matrix[(2, 1)] = about(most / 160.0);
    }
    matrix
}

fn random_point(random: &mut impl Rng) -> (f64, f64) {
    (
        random.random_range(0.0..SIZE.0),
        random.random_range(0.0..SIZE.1),
    )
}
