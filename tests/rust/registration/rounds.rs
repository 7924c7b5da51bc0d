//! Rounds of matching and warping, on made-up pairs.

use twinspect::registration::{Motion, Pair, Ransac, Transform, register};

use super::{SIZE, corner_error_px};
use twinspect::{Error, ErrorKind};

fn truth() -> Transform {
    Transform::similarity(1.05, 0.4, (12.0, -30.0)).unwrap()
}

/// What a matcher finds after a warp: right to a tenth of the way that is left.
fn matched(so_far: &Transform) -> Vec<Pair> {
    let pair = |i: usize| {
        let spot = ((i * 137 % 640) as f64, (i * 89 % 480) as f64);
        let (from, to) = (so_far.apply(spot).unwrap(), truth().apply(spot).unwrap());
        let off = (0.1 * (to.0 - from.0), 0.1 * (to.1 - from.1));
        let to = (to.0 + off.0, to.1 + off.1);
        Pair { from, to }
    };
    (0..100).map(pair).collect()
}

fn ransac() -> Ransac {
    Ransac {
        tolerance_px: 10.0,
        ..Ransac::default()
    }
}

#[test]
fn each_round_starts_from_the_last_and_comes_nearer() {
    let mut last = f64::INFINITY;
    for count in 1..=4 {
        let mut starts = Vec::new();
        let mut match_warped = |so_far: &Transform| {
            starts.push(*so_far);
            Ok(matched(so_far))
        };
        let rounds = vec![ransac(); count];
        let found = register(&Transform::identity(), &rounds, &mut match_warped);
        let error = corner_error_px(&found.unwrap().unwrap().transform, &truth(), SIZE);
        assert!(
            error < 0.2 * last,
            "{count} rounds: {error} px after {last}"
        );
        last = error;
        assert_eq!((starts.len(), starts[0]), (count, Transform::identity()));
    }
}

#[test]
fn scale_limit_holds_for_the_whole_motion() {
    // Begun at the truth, no more scale is to be found; still it is 1.05.
    let narrow = Ransac {
        scale_limit: 1.02,
        ..ransac()
    };
    let found = register(&truth(), &[narrow], &mut |so_far| Ok(matched(so_far)));
    assert_eq!(found.unwrap(), None);
    let found = register(&truth(), &[ransac()], &mut |so_far| Ok(matched(so_far)));
    assert_eq!(found.unwrap().unwrap().count, 100);
}

#[test]
fn round_without_a_motion_ends_the_search() {
    let mut calls = 0;
    let mut match_warped = |so_far: &Transform| {
        calls += 1;
        Ok(if calls == 2 {
            Vec::new()
        } else {
            matched(so_far)
        })
    };
    let rounds = vec![ransac(); 3];
    let found = register(&Transform::identity(), &rounds, &mut match_warped);
    assert_eq!((found.unwrap(), calls), (None, 2));
}

#[test]
fn no_round_finds_nothing() {
    let found = register(&truth(), &[], &mut |so_far| Ok(matched(so_far)));
    assert_eq!(found.unwrap(), None);
}

#[test]
fn error_of_the_match_is_passed_on() {
    let mut refuse = |_: &Transform| Err(Error::new(ErrorKind::Cancelled, "stopped"));
    let error = register(&truth(), &[ransac()], &mut refuse).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[test]
fn pairs_behind_the_horizon_are_left_out() {
    let mut matrix = *Transform::identity().matrix();
    matrix[(2, 0)] = 0.001;
    let start = Transform::new(matrix).unwrap();
    // x / (1 + 0.001 x) never reaches 1000.
    let beyond = Pair {
        from: (2000.0, 5.0),
        to: (3.0, 3.0),
    };
    let mut match_warped = |so_far: &Transform| {
        let mut pairs = matched(so_far);
        pairs.push(beyond);
        Ok(pairs)
    };
    let ransac = Ransac {
        motion: Motion::Homography,
        ..ransac()
    };
    let found = register(&start, &[ransac], &mut match_warped);
    assert_eq!(found.unwrap().unwrap().inliers.len(), 100);
}
