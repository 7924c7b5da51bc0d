//! What transforms do to points, and which numbers are none.

use nalgebra::Matrix3;
use twinspect::ErrorKind;
use twinspect::registration::Transform;

/// A picture of 200 x 100 seen from the side.
fn tilted() -> Transform {
    Transform::new(Matrix3::new(
        0.9, -0.3, 40.0, 0.2, 1.1, -10.0, 1e-3, 5e-4, 1.0,
    ))
    .unwrap()
}

#[track_caller]
fn assert_near(found: Option<(f64, f64)>, expected: (f64, f64)) {
    let found = found.unwrap();
    let off = (found.0 - expected.0).hypot(found.1 - expected.1);
    assert!(off < 1e-9, "{found:?}, expected {expected:?}");
}

#[test]
fn inverse_composed_is_the_identity() {
    let transform = tilted();
    let identity = transform.then(&transform.inverse()).unwrap();
    assert!((identity.matrix() - Matrix3::identity()).amax() < 1e-12);
    assert_eq!(transform.inverse().inverse(), transform);
    for point in [(0.0, 0.0), (200.0, 0.0), (123.0, 45.6)] {
        assert_near(
            transform.inverse().apply(transform.apply(point).unwrap()),
            point,
        );
    }
}

#[test]
fn then_applies_in_order() {
    let turn = Transform::similarity(2.0, 0.5, (3.0, 4.0)).unwrap();
    let both = turn.then(&tilted()).unwrap();
    assert_near(
        both.apply((7.0, 8.0)),
        tilted().apply(turn.apply((7.0, 8.0)).unwrap()).unwrap(),
    );
}

#[test]
fn affine_maps_keep_their_last_row() {
    let mut transform = Transform::similarity(1.1, 0.7, (1e3, -1e3)).unwrap();
    for _ in 0..50 {
        transform = transform
            .then(&Transform::similarity(0.99, 1.3, (-77.7, 5.0)).unwrap())
            .unwrap();
    }
    for transform in [transform, transform.inverse()] {
        assert_eq!(
            transform.matrix().row(2),
            Matrix3::identity().row(2),
            "{transform:?}"
        );
    }
}

#[test]
fn scale_angle_and_stretch() {
    let transform = Transform::similarity(1.5, -2.0, (30.0, 1.0)).unwrap();
    assert!((transform.scale() - 1.5).abs() < 1e-12 && (transform.angle() + 2.0).abs() < 1e-12);
    assert_near(transform.stretch_at((9.0, 8.0)), (1.5, 1.5));
    assert_near(
        Transform::scaling(3.0, 0.5).unwrap().stretch_at((1.0, 1.0)),
        (0.5, 3.0),
    );
    assert_near(
        Transform::scaling(-3.0, 0.5)
            .unwrap()
            .stretch_at((1.0, 1.0)),
        (-0.5, 3.0),
    );
}

#[test]
fn stretch_of_a_homography_is_that_of_small_steps() {
    let (transform, point, step) = (tilted(), (60.0, 50.0), 1e-5);
    let (least, greatest) = transform.stretch_at(point).unwrap();
    let from = transform.apply(point).unwrap();
    let lengths = (0..360).map(|degree| {
        let (sine, cosine) = f64::from(degree).to_radians().sin_cos();
        let to = transform
            .apply((point.0 + step * cosine, point.1 + step * sine))
            .unwrap();
        (to.0 - from.0).hypot(to.1 - from.1) / step
    });
    let measured = lengths.fold((f64::MAX, 0.0f64), |(a, b), length| {
        (a.min(length), b.max(length))
    });
    // Full degrees miss the extremes by a little.
    assert!(
        (measured.0 - least).abs() < 1e-3 && (measured.1 - greatest).abs() < 1e-3,
        "{measured:?}"
    );
}

#[test]
fn nothing_is_seen_at_and_behind_the_horizon() {
    let transform =
        Transform::new(Matrix3::new(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.01, 0.0, 1.0)).unwrap();
    assert_near(transform.apply((50.0, 10.0)), (100.0, 20.0));
    for x in [100.0, 150.0] {
        assert_eq!(transform.apply((x, 10.0)), None, "x = {x}");
        assert_eq!(transform.stretch_at((x, 10.0)), None, "x = {x}");
    }
    // Both signs of the matrix are this map.
    assert_eq!(Transform::new(-*transform.matrix()), Some(transform));
}

#[test]
fn numbers_survive_storage_and_others_are_refused() {
    let text = serde_json::to_string(&tilted()).unwrap();
    assert_eq!(text, "[0.9,-0.3,40.0,0.2,1.1,-10.0,0.001,0.0005,1.0]");
    assert_eq!(serde_json::from_str::<Transform>(&text).unwrap(), tilted());
    for wrong in [
        "[1,0,0,0,1,0,0,0]",
        "[1,0,0,0,1,0,0,0,0]",
        "[1,2,0,2,4,0,0,0,1]",
        "[0,0,0,0,0,0,0,0,0]",
        "[1e300,0,0,0,1e300,0,0,0,1]",
        "[1e200,1,0,1,1e-200,0,0,0,1]",
        "[1,0,1e300,0,1,1e300,0,0,1e-300]",
    ] {
        assert!(serde_json::from_str::<Transform>(wrong).is_err(), "{wrong}");
    }
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for place in 0..9 {
            let mut numbers: [f64; 9] = Transform::identity().into();
            numbers[place] = number;
            let error = Transform::try_from(numbers).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Format, "{error}");
        }
    }
}
