//! The bank of normal images: which it calls alike, and how far a picture is from some of them.

use nalgebra::DVector;
use tch::{Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::statistics::{Bank, Likeness};

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

/// Images of 7 locations and 13 channels, positive for the most part, as features after an activation are.
fn images(count: i64, scale: f64) -> Tensor {
    tch::manual_seed(count);
    (Tensor::randn([count, 7, 13], FLOAT) + 0.7) * scale
}

fn vector(row: &Tensor) -> DVector<f64> {
    DVector::from_vec(Vec::try_from(row.to_kind(Kind::Double)).unwrap())
}

fn cosine(a: &DVector<f64>, b: &DVector<f64>) -> f64 {
    a.dot(b) / (a.norm() * b.norm())
}

fn expected(bank: &Bank, picture: &Tensor, by: Likeness) -> Vec<f64> {
    let features = bank.features().to_kind(Kind::Double);
    let rows = |image: &Tensor| -> Vec<DVector<f64>> {
        (0..7).map(|place| vector(&image.get(place))).collect()
    };
    let mean = |rows: &[DVector<f64>]| rows.iter().sum::<DVector<f64>>() / rows.len() as f64;
    let picture = rows(picture);
    let likeness = |image: i64| {
        let image = rows(&features.get(image));
        match by {
            Likeness::Mean => cosine(&mean(&image), &mean(&picture)),
            _ => {
                image
                    .iter()
                    .zip(&picture)
                    .map(|(a, b)| cosine(a, b))
                    .sum::<f64>()
                    / 7.0
            }
        }
    };
    (0..bank.count() as i64).map(likeness).collect()
}

#[test]
fn likeness_is_the_cosine_by_place_and_of_the_mean() {
    // From the smallest numbers that half precision holds in full to the largest.
    for scale in [1e-3, 1.0, 1e4] {
        let bank = Bank::new(0.1, Bank::halved(&images(6, scale)).unwrap()).unwrap();
        let picture = images(1, scale * 3.0).get(0);
        for by in [Likeness::Place, Likeness::Mean] {
            let found = bank.likeness(&picture, by).unwrap();
            for (found, expected) in found.iter().zip(expected(&bank, &picture, by)) {
                // A cosine of some ten products in single precision.
                let off = (f64::from(*found) - expected).abs();
                assert!(off < 1e-6, "{by:?} at {scale}: {found}, not {expected}");
            }
        }
    }
}

#[test]
fn nothing_and_the_largest_numbers_are_compared_without_overflow() {
    let rows = [0.0f32, 65504.0, -65504.0, 1.0]
        .map(|value| Tensor::full([5, 64], f64::from(value), FLOAT));
    let bank = Bank::new(0.1, Bank::halved(&Tensor::stack(&rows, 0)).unwrap()).unwrap();
    for (picture, expected) in [
        (0.0, [0.0; 4]),
        (65504.0, [0.0, 1.0, -1.0, 1.0]),
        (1e15, [0.0, 1.0, -1.0, 1.0]),
    ] {
        let picture = Tensor::full([5, 64], picture, FLOAT);
        for by in [Likeness::Place, Likeness::Mean] {
            let found = bank.likeness(&picture, by).unwrap();
            for (found, expected) in found.iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{by:?}: {found}, not {expected}"
                );
            }
        }
    }
}

/// What of the picture lies outside of all directions in which the images vary, by Gram and Schmidt; beside it, over the
/// root of the least epsilon, the rest is nothing.
fn outside(samples: &Tensor, picture: &Tensor, epsilon: f64) -> f64 {
    let count = samples.size()[0];
    let rows: Vec<DVector<f64>> = (0..count).map(|row| vector(&samples.get(row))).collect();
    let mean = rows.iter().sum::<DVector<f64>>() / count as f64;
    let mut directions: Vec<DVector<f64>> = Vec::new();
    let without = |row: &DVector<f64>, directions: &[DVector<f64>]| {
        let mut left = row.clone();
        // Once more for what rounding left.
        for direction in directions.iter().chain(directions) {
            left -= direction * direction.dot(&left);
        }
        left
    };
    for row in &rows {
        let off = row - &mean;
        let left = without(&off, &directions);
        if left.norm() > 1e-9 * row.norm() {
            directions.push(left.normalize());
        }
    }
    without(&(vector(picture) - mean), &directions).norm() / epsilon.sqrt()
}

#[test]
fn distance_of_the_largest_numbers_with_the_least_epsilon_is_right() {
    // What is added to the diagonal vanishes beside the variances, and where images are alike there is no variance.
    for (name, images) in [
        ("apart", images(9, 15_000.0)),
        (
            "twice",
            Tensor::cat(&[images(4, 15_000.0), images(4, 15_000.0)], 0),
        ),
        ("far off", images(9, 1.0) + 60_000.0),
        ("alike", Tensor::full([9, 7, 13], 60_000.0, FLOAT)),
    ] {
        let halves = Bank::halved(&images.clamp(-65_504.0, 65_504.0)).unwrap();
        let bank = Bank::new(1e-9, halves).unwrap();
        let all: Vec<usize> = (0..bank.count()).collect();
        let picture = bank.features().get(0).to_kind(Kind::Float) + 100.0;
        let found = bank.distances(&picture, &all);
        let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        for (place, found) in (0..7).zip(Vec::<f32>::try_from(found).unwrap()) {
            let samples = bank.features().select(1, place);
            let expected = outside(&samples, &picture.get(place), 1e-9);
            let off = (f64::from(found) / expected - 1.0).abs();
            assert!(off < 1e-4, "{name}: {found}, not {expected}");
        }
    }
}

#[test]
fn more_images_stand_at_the_end() {
    let (first, second) = (images(3, 1.0), images(2, 1.0));
    let bank = Bank::new(0.1, Bank::halved(&first).unwrap()).unwrap();
    let more = bank.with(&Bank::halved(&second).unwrap()).unwrap();
    assert_eq!((bank.count(), more.count(), more.epsilon()), (3, 5, 0.1));
    let picture = images(1, 1.0).get(0);
    let both = [
        Bank::new(0.1, Bank::halved(&first).unwrap()).unwrap(),
        Bank::new(0.1, Bank::halved(&second).unwrap()).unwrap(),
    ];
    let apart = both
        .map(|bank| bank.likeness(&picture, Likeness::Place).unwrap())
        .concat();
    assert_eq!(more.likeness(&picture, Likeness::Place).unwrap(), apart);
    let error = more.distances(&picture, &[5]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert!(error.message().contains("image 5 among 5"), "{error}");
}

#[test]
fn what_is_no_bank_is_refused() {
    let half = |shape: &[i64]| Tensor::zeros(shape, (Kind::Half, Device::Cpu));
    for (features, epsilon) in [
        (half(&[2, 3]), 0.1),
        (half(&[0, 3, 4]), 0.1),
        (half(&[2, 0, 4]), 0.1),
        (half(&[2, 3, 4]).to_kind(Kind::Float), 0.1),
        (half(&[2, 3, 4]) / 0.0, 0.1),
        (half(&[2, 3, 4]), 0.0),
        (half(&[2, 3, 4]), f64::NAN),
    ] {
        let error = Bank::new(epsilon, features).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
    }
    for value in [65_520.0, f64::NAN, f64::INFINITY] {
        let error = Bank::halved(&Tensor::full([1, 1], value, FLOAT)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Numeric, "{error}");
    }
}
