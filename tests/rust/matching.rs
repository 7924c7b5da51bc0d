//! The backbone matcher on maps whose matches can be said by hand.

use tch::{Device, Kind, Tensor};
use twinspect::matching::backbone::BackboneMatcher;
use twinspect::matching::{Keypoints, Matcher};

/// A map whose locations all look different: random vectors of 32 channels are nearly orthogonal.
fn map(h: i64, w: i64) -> Tensor {
    tch::manual_seed(7);
    Tensor::randn([1, 32, h, w], (Kind::Float, Device::Cpu))
}

fn keypoints(matcher: &BackboneMatcher, map: &Tensor) -> Keypoints {
    matcher.detect(map).unwrap()
}

const MATCHER: BackboneMatcher = BackboneMatcher {
    stage: 3,
    tolerance: 2,
};

#[test]
fn picture_matches_itself_everywhere() {
    let points = keypoints(&MATCHER, &map(6, 9));
    assert_eq!(MATCHER.count(&points, &points).unwrap(), 54);
}

#[test]
fn brightness_of_the_features_does_not_matter() {
    let (a, b) = (
        keypoints(&MATCHER, &map(6, 9)),
        keypoints(&MATCHER, &(map(6, 9) * 3.0)),
    );
    assert_eq!(MATCHER.count(&a, &b).unwrap(), 54);
}

#[test]
fn matches_that_moved_further_than_the_tolerance_do_not_count() {
    let lead = map(6, 9);
    for (shift, expected) in [(1, 6 * 8), (2, 6 * 7), (3, 0)] {
        // Location x of the moved picture shows what is at x - shift of the lead; what comes in is new.
        tch::manual_seed(8);
        let fresh = Tensor::randn([1, 32, 6, shift], (Kind::Float, Device::Cpu));
        let moved = Tensor::cat(&[fresh, lead.narrow(3, 0, 9 - shift)], 3);
        let (a, b) = (keypoints(&MATCHER, &moved), keypoints(&MATCHER, &lead));
        let strays = MATCHER.correspond(&a, &b).unwrap().size()[0] - expected;
        assert!(
            (0..=2).contains(&strays),
            "shift {shift}: {expected} matches expected, {strays} more by chance"
        );
    }
}

#[test]
fn pairs_name_the_same_place_in_both_pictures() {
    let points = keypoints(&MATCHER, &map(4, 4));
    let pairs = MATCHER.correspond(&points, &points).unwrap();
    assert_eq!(pairs.select(1, 0), pairs.select(1, 1));
    let positions: Vec<f32> = points.positions().get(6).try_into().unwrap();
    assert_eq!(
        positions,
        [2.5, 1.5],
        "location 6 of a grid 4 wide has its middle at x 2.5, y 1.5"
    );
}
