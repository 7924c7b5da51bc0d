//! Motions from pairs without wrong ones.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use twinspect::registration::{Motion, Pair, Transform};

use super::{MOTIONS, SIZE, corner_error_px, pairs, random_point, random_transform, transform};

/// The same least squares in double precision: only rounding errors differ. In pixels at the corners of a 640 x 480 picture.
const SAME_PX: f64 = 1e-9;

/// OpenCV's iterations stop when they gain no more than single precision; 2e-6 was measured.
const OPENCV_PX: f64 = 1e-5;

#[test]
fn noisy_pairs_give_the_transform_of_scikit_image_and_numpy() {
    for (motion, name) in MOTIONS {
        let found = motion.fit(&pairs("noisy")).unwrap();
        let error = corner_error_px(&found, &transform(&format!("noisy_{name}")), SIZE);
        println!("{name}: {error:.1e} px");
        assert!(
            error <= SAME_PX,
            "{name}: {error:.1e} px, allowed {SAME_PX:.0e}"
        );
    }
}

#[test]
fn noisy_pairs_give_opencvs_similarity_and_affine_map() {
    for (motion, name) in &MOTIONS[..2] {
        let found = motion.fit(&pairs("noisy")).unwrap();
        let error = corner_error_px(&found, &transform(&format!("noisy_{name}_opencv")), SIZE);
        println!("{name}: {error:.1e} px");
        assert!(
            error <= OPENCV_PX,
            "{name}: {error:.1e} px, allowed {OPENCV_PX:.0e}"
        );
    }
}

#[test]
fn four_pairs_give_opencvs_homography() {
    let found = Motion::Homography.fit(&pairs("four")).unwrap();
    let error = corner_error_px(&found, &transform("four_homography_opencv"), SIZE);
    println!("{error:.1e} px");
    assert!(
        error <= OPENCV_PX,
        "{error:.1e} px, allowed {OPENCV_PX:.0e}"
    );
}

#[test]
fn fit_of_moved_points_recovers_the_motion() {
    let mut worst = 0.0f64;
    for seed in 0..300 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for (motion, name) in MOTIONS {
            let truth = random_transform(&mut random, motion);
            let pairs = moved(&truth, &mut random, 12);
            let error = corner_error_px(&motion.fit(&pairs).unwrap(), &truth, SIZE);
            worst = worst.max(error);
            assert!(
                error <= SAME_PX,
                "{name}, seed {seed}: {error:.1e} px, allowed {SAME_PX:.0e}"
            );
        }
    }
    println!("{worst:.1e} px");
}

#[test]
fn order_of_pairs_does_not_matter() {
    let mut shuffled = pairs("noisy");
    shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(1));
    for (motion, name) in MOTIONS {
        let (a, b) = (
            motion.fit(&pairs("noisy")).unwrap(),
            motion.fit(&shuffled).unwrap(),
        );
        let error = corner_error_px(&a, &b, SIZE);
        assert!(
            error <= SAME_PX,
            "{name}: {error:.1e} px, allowed {SAME_PX:.0e}"
        );
    }
}

#[test]
fn as_few_pairs_as_determine_a_motion_are_met_exactly() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for (motion, name) in MOTIONS {
        let truth = random_transform(&mut random, motion);
        let pairs = moved(&truth, &mut random, motion.least_pairs());
        let error = corner_error_px(&motion.fit(&pairs).unwrap(), &truth, SIZE);
        // Points that happen to lie close together pass on their rounding errors.
        assert!(error <= 1e-8, "{name}: {error:.1e} px, allowed 1e-8");
        assert_eq!(motion.fit(&pairs[1..]), None, "{name} of a pair too few");
    }
}

#[test]
fn similarity_of_mirrored_points_never_mirrors() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let mirror = |(x, y): (f64, f64)| Pair {
        from: (x, y),
        to: (-x, y * 1.5),
    };
    let pairs: Vec<Pair> = (0..20).map(|_| mirror(random_point(&mut random))).collect();
    let found = Motion::Similarity.fit(&pairs).unwrap();
    assert!(found.matrix().determinant() > 0.0, "{found:?}");
}

/// Points that stay where they are.
fn still(points: &[(f64, f64)]) -> Vec<Pair> {
    points
        .iter()
        .map(|point| Pair {
            from: *point,
            to: *point,
        })
        .collect()
}

#[test]
fn too_few_and_coincident_points_give_none() {
    for (motion, name) in MOTIONS {
        for count in 0..motion.least_pairs() {
            let points = [(1.0, 2.0), (3.0, 5.0), (8.0, 1.0)];
            assert_eq!(
                motion.fit(&still(&points[..count])),
                None,
                "{name} of {count}"
            );
        }
        for point in [(0.0, 0.0), (0.1, 1234.5), (1e9, -1e-9)] {
            assert_eq!(motion.fit(&still(&[point; 9])), None, "{name} of {point:?}");
        }
    }
}

#[test]
fn points_on_a_line_give_a_similarity_only() {
    // Rounded as a detector's places are.
    let on_line = |i: i32| {
        (
            f64::from(i as f32 * 0.3 + 200.1),
            f64::from(i as f32 * 0.7 + 0.1),
        )
    };
    let pairs = still(&[0, 77, 191, 340, 480].map(on_line));
    assert!(Motion::Similarity.fit(&pairs).is_some());
    for motion in [Motion::Affine, Motion::Homography] {
        assert_eq!(motion.fit(&pairs), None, "{motion:?}");
    }
}

#[test]
fn homography_with_three_of_four_points_on_a_line_gives_none() {
    let line = [(0.0, 0.0), (10.0, 10.0), (20.0, 20.0), (5.0, 30.0)];
    let square = [(0.0, 0.0), (10.0, 0.0), (20.0, 20.0), (5.0, 30.0)];
    let pairs = |from: &[(f64, f64)], to: &[(f64, f64)]| -> Vec<Pair> {
        from.iter()
            .zip(to)
            .map(|(from, to)| Pair {
                from: *from,
                to: *to,
            })
            .collect()
    };
    for (from, to) in [(line, line), (line, square), (square, line)] {
        assert_eq!(
            Motion::Homography.fit(&pairs(&from, &to)),
            None,
            "{from:?} to {to:?}"
        );
    }
}

#[test]
fn homography_with_points_on_two_sides_of_the_horizon_gives_none() {
    // A square of which two neighbours changed places.
    let from = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)];
    let to = [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (10.0, 10.0)];
    let pairs: Vec<Pair> = from
        .iter()
        .zip(to)
        .map(|(from, to)| Pair { from: *from, to })
        .collect();
    assert_eq!(Motion::Homography.fit(&pairs), None);
}

#[test]
fn numbers_that_are_huge_or_not_finite_give_none_or_finite_transforms() {
    let points = [(0.0, 0.0), (3.0, 1.0), (1.0, 4.0), (5.0, 5.0), (2.0, 3.0)];
    for (motion, name) in MOTIONS {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for place in 0..points.len() {
                let mut pairs = still(&points);
                pairs[place].to.0 = number;
                assert_eq!(motion.fit(&pairs), None, "{name} with {number}");
            }
        }
        for size in [1e-200, 1e-9, 1e9, 1e100, 1e200, 1e307] {
            let pairs = still(&points.map(|(x, y)| (x * size, y * size)));
            let found = motion.fit(&pairs);
            let is_sane = |transform: &Transform| (transform.scale() - 1.0).abs() < 1e-6;
            assert!(
                found.as_ref().is_none_or(is_sane),
                "{name} of {size:e}: {found:?}"
            );
            assert!(
                found.is_some() || !(1e-9..=1e9).contains(&size),
                "{name} of {size:e}"
            );
        }
    }
}

/// Points of the picture and where `truth` brings them.
fn moved(truth: &Transform, random: &mut ChaCha8Rng, count: usize) -> Vec<Pair> {
    let mut pair = || {
        let from = random_point(random);
        Pair {
            from,
            to: truth.apply(from).unwrap(),
        }
    };
    (0..count).map(|_| pair()).collect()
}
