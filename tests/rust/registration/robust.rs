//! Motions from pairs of which many are wrong.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use twinspect::registration::{Motion, Pair, Ransac, Registered, Transform};

use super::{
    MOTIONS, SIZE, corner_error_px, numbers, pairs, random_point, random_transform, transform,
};

/// Pairs of which the first `right` follow `truth` up to noise, and the others lead anywhere on the second picture.
pub fn scene(
    random: &mut ChaCha8Rng,
    truth: &Transform,
    right: usize,
    wrong: usize,
    noise_px: f64,
) -> Vec<Pair> {
    let pair = |i: usize| {
        let from = random_point(random);
        if i >= right {
            return Pair {
                from,
                to: random_point(random),
            };
        }
        let (to, off) = (truth.apply(from).unwrap(), normal(random));
        Pair {
            from,
            to: (to.0 + noise_px * off.0, to.1 + noise_px * off.1),
        }
    };
    (0..right + wrong).map(pair).collect()
}

/// Two independent normal numbers, by Box and Muller.
fn normal(random: &mut ChaCha8Rng) -> (f64, f64) {
    let length = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    let angle = random.random_range(0.0..std::f64::consts::TAU);
    (length * angle.cos(), length * angle.sin())
}

pub fn found(ransac: &Ransac, pairs: &[Pair]) -> Registered {
    ransac.fit(pairs).unwrap().expect("there is a motion")
}

#[test]
fn wrong_pairs_are_those_that_opencv_finds() {
    for (motion, name) in &MOTIONS[..2] {
        let ransac = Ransac {
            motion: *motion,
            ..Ransac::default()
        };
        let found = found(&ransac, &pairs(&format!("wrong_{name}")));
        let expected: Vec<bool> = numbers(&format!("wrong_{name}_agree"))
            .iter()
            .map(|n| *n == 1.0)
            .collect();
        assert_eq!(found.inliers, expected, "{name}");
        assert_eq!(found.count, 120, "{name}");
        // Least squares of the same pairs, but OpenCV's iterations stop at about single precision.
        let error = corner_error_px(
            &found.transform,
            &transform(&format!("wrong_{name}_opencv")),
            SIZE,
        );
        println!("{name}: {error:.1e} px");
        assert!(error <= 1e-5, "{name}: {error:.1e} px, allowed 1e-5");
    }
}

#[test]
fn three_wrong_pairs_in_five_are_found_out_for_every_seed() {
    for seed in 0..100 {
        for (motion, name) in MOTIONS {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let truth = random_transform(&mut random, motion);
            let pairs = scene(&mut random, &truth, 80, 120, 0.3);
            let found = found(
                &Ransac {
                    motion,
                    seed,
                    ..Ransac::default()
                },
                &pairs,
            );
            let is_near = |pair: &Pair| {
                let (x, y) = truth.apply(pair.from).unwrap();
                (x - pair.to.0).hypot(y - pair.to.1)
            };
            for (i, (pair, inlier)) in pairs.iter().zip(&found.inliers).enumerate() {
                // A wrong pair may be right by chance; at the edge of the tolerance either answer will do.
                let off = is_near(pair);
                assert!(
                    *inlier == (off < 3.0) || (2.0..4.0).contains(&off),
                    "{name}, seed {seed}: pair {i} is off by {off:.2} px, called an inlier: {inlier}"
                );
            }
        }
    }
}

#[test]
fn known_motions_are_recovered_to_half_a_pixel_from_noisy_pairs_half_of_them_wrong() {
    for (motion, name) in MOTIONS {
        let worst = errors_px(motion, 250)
            .iter()
            .map(|error| error[0])
            .fold(0.0, f64::max);
        println!("{name}: {worst:.2} px at worst");
        assert!(worst <= 0.5, "{name}: {worst:.2} px, allowed 0.5");
    }
}

#[test]
fn wrong_pairs_cost_hardly_any_accuracy() {
    for (motion, name) in MOTIONS {
        let sum = |i: usize| {
            errors_px(motion, 60)
                .iter()
                .map(|error| error[i])
                .sum::<f64>()
        };
        let ratio = sum(0) / sum(1);
        println!("{name}: {ratio:.3} times");
        // The tolerance of three sigma cuts off one right pair in a hundred.
        assert!(
            ratio <= 1.1,
            "{name}: {ratio:.3} times the error of who is told the right pairs, allowed 1.1"
        );
    }
}

/// Errors in 100 scenes of `right` noisy pairs and as many wrong ones: as found, and of the least squares of the right pairs.
fn errors_px(motion: Motion, right: usize) -> Vec<[f64; 2]> {
    let errors = |seed| {
        let mut random = ChaCha8Rng::seed_from_u64(1000 + seed);
        let truth = random_transform(&mut random, motion);
        let pairs = scene(&mut random, &truth, right, right, 1.0);
        let found = found(
            &Ransac {
                motion,
                seed,
                ..Ransac::default()
            },
            &pairs,
        )
        .transform;
        let told = motion.fit(&pairs[..right]).unwrap();
        [found, told].map(|found| rms_error_px(&found, &truth))
    };
    (0..100).map(errors).collect()
}

/// Over the whole picture.
fn rms_error_px(a: &Transform, b: &Transform) -> f64 {
    let places = (0..100).map(|i| (f64::from(i % 10) + 0.5, f64::from(i / 10) + 0.5));
    let squared = places.map(|(x, y)| {
        let place = (x * SIZE.0 / 10.0, y * SIZE.1 / 10.0);
        let (a, b) = (a.apply(place).unwrap(), b.apply(place).unwrap());
        (a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)
    });
    (squared.sum::<f64>() / 100.0).sqrt()
}

#[test]
fn result_says_the_inliers_and_their_error() {
    let truth = Transform::similarity(1.1, 2.0, (300.0, 0.0)).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let pairs = scene(&mut random, &truth, 400, 100, 0.5);
    let found = found(&Ransac::default(), &pairs);
    assert_eq!(
        found.count,
        found.inliers.iter().filter(|inlier| **inlier).count()
    );
    // Half a pixel in x and in y.
    assert!(
        (found.rms_px - 0.5f64.sqrt()).abs() < 0.05,
        "{} px",
        found.rms_px
    );
    // The least squares of exactly these inliers.
    let inliers = pairs
        .iter()
        .zip(&found.inliers)
        .filter(|(_, inlier)| **inlier);
    let inliers: Vec<Pair> = inliers.map(|(pair, _)| *pair).collect();
    let refitted = Motion::Similarity.fit(&inliers).unwrap();
    assert!(corner_error_px(&found.transform, &refitted, SIZE) < 1e-6);
}

#[test]
fn equal_seeds_give_equal_results() {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let truth = random_transform(&mut random, Motion::Homography);
    let pairs = scene(&mut random, &truth, 60, 90, 1.0);
    let ransac = Ransac {
        motion: Motion::Homography,
        seed: 9,
        ..Ransac::default()
    };
    assert_eq!(found(&ransac, &pairs), found(&ransac, &pairs));
}
