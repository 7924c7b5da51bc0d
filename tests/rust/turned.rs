//! Pictures of a made-up part that lies at any angle, drawn where it lies and not warped, so that where it is is known.

use image::{Rgb, RgbImage};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use twinspect::registration::Transform;

/// Side of the pictures.
pub const SIDE: u32 = 160;

const MIDDLE: f64 = SIDE as f64 / 2.0;

/// Where [`with_spot`] puts its spot on the part, in the lead's pixels.
pub const SPOT: (f64, f64) = (52.0, 88.0);

/// Where [`with_dirt`] puts its spot beside the part, in the picture's pixels.
pub const DIRT: (u32, u32) = (12, 148);

/// Radius of both.
const RADIUS: f64 = 6.0;

/// Turned by this many degrees about the middle of the picture, then shifted.
pub fn pose(degrees: f64, shift: (f64, f64)) -> Transform {
    let turn = Transform::turn(degrees.to_radians(), (MIDDLE, MIDDLE)).unwrap();
    turn.then(&Transform::similarity(1.0, 0.0, shift).unwrap())
        .unwrap()
}

/// A good part in this pose; noise and light are its own.
pub fn good(seed: u64, pose: &Transform) -> RgbImage {
    draw(seed, pose, &|place| tone(place))
}

/// The same with a dark spot on the part.
pub fn with_spot(seed: u64, pose: &Transform) -> RgbImage {
    let is_spot = |(x, y): (f64, f64)| (x - SPOT.0).hypot(y - SPOT.1) < RADIUS;
    draw(seed, pose, &|place| match is_spot(place) {
        true => 15.0,
        false => tone(place),
    })
}

/// The same with a bright spot beside the part.
pub fn with_dirt(seed: u64, pose: &Transform) -> RgbImage {
    let mut picture = good(seed, pose);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let off = (f64::from(x) - f64::from(DIRT.0)).hypot(f64::from(y) - f64::from(DIRT.1));
        if off < RADIUS {
            *pixel = Rgb([235, 235, 235]);
        }
    }
    picture
}

/// Poses all around the circle, the first one upright: the lead's.
pub fn poses(count: u64) -> Vec<Transform> {
    let pose = |number: u64| {
        let number = number as f64;
        let shift = |step: f64| (number * step).rem_euclid(1.0) * 10.0 - 5.0;
        match number {
            0.0 => Transform::identity(),
            _ => pose(number * 137.5, (shift(0.37), shift(0.71))),
        }
    };
    (0..count).map(pose).collect()
}

/// Poses that are shifted only, by whole steps of the small backbone's grid, the first one not at all.
pub fn shifts(count: u64) -> Vec<Transform> {
    let shift = |number: u64| {
        let steps = |step: u64| (number * step % 5) as f64 - 2.0;
        pose(0.0, (8.0 * steps(2), 8.0 * steps(3)))
    };
    let shifted = (1..count).map(shift);
    std::iter::once(Transform::identity())
        .chain(shifted)
        .collect()
}

/// Good parts in these poses.
pub fn good_parts(poses: &[Transform]) -> Vec<RgbImage> {
    let parts = (0..).zip(poses);
    parts.map(|(seed, pose)| good(seed, pose)).collect()
}

fn draw(seed: u64, pose: &Transform, tone: &dyn Fn((f64, f64)) -> f64) -> RgbImage {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let light: f64 = rng.random_range(0.97..1.03);
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        // The mean of 2 x 2 places in the pixel.
        let place = |i: u32, j: u32| {
            let (dx, dy) = (0.25 + 0.5 * f64::from(i), 0.25 + 0.5 * f64::from(j));
            pose.inverse().apply((f64::from(x) + dx, f64::from(y) + dy))
        };
        let places = [place(0, 0), place(0, 1), place(1, 0), place(1, 1)];
        let base = places.into_iter().flatten().map(tone).sum::<f64>() / 4.0;
        let mut channel = || (base * light + rng.random_range(-3.0..3.0)) as u8;
        Rgb([channel(), channel(), channel()])
    })
}

/// Gray value of the upright part: a plate with a corner cut off, holes, bars and a grating, none of them twice.
fn tone((x, y): (f64, f64)) -> f64 {
    let (x, y) = (x - MIDDLE, y - MIDDLE);
    let is_in = |left: f64, right: f64, top: f64, bottom: f64| {
        (left..right).contains(&x) && (top..bottom).contains(&y)
    };
    let is_hole = [
        (-36.0, -20.0, 7.0),
        (-32.0, 24.0, 5.0),
        (8.0, -22.0, 6.0),
        (40.0, -22.0, 4.0),
    ]
    .iter()
    .any(|(hole_x, hole_y, radius)| (x - hole_x).hypot(y - hole_y) < *radius);
    if !is_in(-52.0, 52.0, -36.0, 36.0) || (x > 30.0 && y > 14.0) || is_hole {
        return 40.0;
    }
    if is_in(-12.0, 26.0, 14.0, 20.0) {
        return 225.0;
    }
    if is_in(-18.0, -13.0, -28.0, 26.0) {
        return 85.0;
    }
    if is_in(24.0, 48.0, -12.0, 8.0) && (x / 3.0).rem_euclid(2.0) < 1.0 {
        return 200.0;
    }
    140.0 + 0.3 * x
}
