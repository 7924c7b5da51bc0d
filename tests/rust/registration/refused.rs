//! Pairs from which no motion follows.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use twinspect::ErrorKind;
use twinspect::registration::{Motion, Pair, Ransac, Transform};

use super::robust::{found, scene};
use super::{MOTIONS, random_transform};

#[test]
fn pairs_that_do_not_agree_give_none() {
    let mut nothing = 0;
    for seed in 0..50 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let pairs = scene(&mut random, &Transform::identity(), 0, 150, 0.0);
        nothing += u32::from(Ransac::default().fit(&pairs).unwrap().is_none());
    }
    assert_eq!(nothing, 50);
}

#[test]
fn fewer_inliers_than_asked_for_give_none() {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let truth = random_transform(&mut random, Motion::Similarity);
    let pairs = scene(&mut random, &truth, 20, 10, 0.1);
    let least = |least_inliers| Ransac {
        least_inliers,
        ..Ransac::default()
    };
    assert_eq!(found(&least(20), &pairs).count, 20);
    assert_eq!(least(21).fit(&pairs).unwrap(), None);
}

#[test]
fn scale_beyond_the_limit_and_mirroring_are_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(10);
    for (motion, name) in MOTIONS {
        let limited = Ransac {
            motion,
            ..Ransac::default()
        };
        let free = Ransac {
            scale_limit: f64::INFINITY,
            ..limited.clone()
        };
        for scale in [1.0 / 1.3, 1.3, 0.01] {
            let truth = Transform::similarity(scale, 1.0, (9.0, 9.0)).unwrap();
            let pairs = scene(&mut random, &truth, 50, 20, 0.0);
            assert_eq!(limited.fit(&pairs).unwrap(), None, "{name} by {scale}");
            assert!(
                (found(&free, &pairs).transform.scale() - scale).abs() < 1e-6,
                "{name} by {scale}"
            );
        }
        let mirror = Transform::scaling(-1.0, 1.0).unwrap();
        let pairs = scene(&mut random, &mirror, 50, 20, 0.0);
        assert_eq!(free.fit(&pairs).unwrap(), None, "{name}, mirrored");
    }
}

#[test]
fn options_out_of_range_and_points_that_are_not_finite_are_errors() {
    let pairs = vec![
        Pair {
            from: (1.0, 2.0),
            to: (3.0, 4.0)
        };
        10
    ];
    let options = Ransac::default();
    for wrong in [
        Ransac {
            tolerance_px: 0.0,
            ..options.clone()
        },
        Ransac {
            tolerance_px: f64::NAN,
            ..options.clone()
        },
        Ransac {
            confidence: 1.0,
            ..options.clone()
        },
        Ransac {
            confidence: f64::NAN,
            ..options.clone()
        },
        Ransac {
            scale_limit: 0.9,
            ..options.clone()
        },
        Ransac {
            scale_limit: f64::NAN,
            ..options.clone()
        },
    ] {
        let error = wrong.fit(&pairs).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::InvalidArgument,
            "{wrong:?}: {error}"
        );
    }
    for number in [f64::NAN, f64::INFINITY] {
        let mut pairs = pairs.clone();
        pairs[3].to.1 = number;
        assert_eq!(
            options.fit(&pairs).unwrap_err().kind(),
            ErrorKind::Numeric,
            "{number}"
        );
    }
}

#[test]
fn tolerance_below_rounding_errors_gives_none_or_finite_numbers() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for (motion, name) in MOTIONS {
        let ransac = Ransac {
            motion,
            tolerance_px: 1e-150,
            least_inliers: 0,
            ..Ransac::default()
        };
        let truth = random_transform(&mut random, motion);
        let found = ransac.fit(&scene(&mut random, &truth, 30, 0, 0.0)).unwrap();
        assert!(
            found.is_none_or(|found| found.rms_px.is_finite() && found.count >= 2),
            "{name}"
        );
    }
}

#[test]
fn degenerate_pairs_give_none_and_never_nan() {
    let line = |i: usize| (i as f64 * 3.0, i as f64 * 7.0);
    for (motion, name) in MOTIONS {
        let ransac = Ransac {
            motion,
            least_inliers: 0,
            ..Ransac::default()
        };
        for count in [0, 1, 2, 3, 4, 20] {
            let one = vec![
                Pair {
                    from: (5.0, 5.0),
                    to: (6.0, 6.0)
                };
                count
            ];
            let gathered: Vec<Pair> = (0..count)
                .map(|i| Pair {
                    from: line(i),
                    to: (6.0, 6.0),
                })
                .collect();
            let huge: Vec<Pair> = one
                .iter()
                .map(|_| Pair {
                    from: (f64::MAX, -f64::MAX),
                    to: (f64::MAX, 1e200),
                })
                .collect();
            for pairs in [one, gathered, huge] {
                assert_eq!(ransac.fit(&pairs).unwrap(), None, "{name} of {count}");
            }
        }
        let on_a_line: Vec<Pair> = (0..20)
            .map(|i| Pair {
                from: line(i),
                to: line(i),
            })
            .collect();
        let is_known = ransac.fit(&on_a_line).unwrap().is_some();
        assert_eq!(is_known, motion == Motion::Similarity, "{name} of a line");
    }
}
