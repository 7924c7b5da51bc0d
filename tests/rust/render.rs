//! Heat maps as a caller of the crate draws them.

use image::{GrayImage, Luma, Rgb, RgbImage};
use imageproc::distance_transform::{Norm, distance_transform};
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use twinspect::ErrorKind;
use twinspect::map::render::{HeatScale, colour_bar, draw_heat, heat_map};

/// A picture in which no two neighbours are alike.
fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([
            (x * 5 % 256) as u8,
            (y * 7 % 256) as u8,
            ((x + y) * 3 % 256) as u8,
        ])
    })
}

/// A smooth hill of height `peak` in the middle.
fn hill(width: usize, height: usize, peak: f32) -> Array2<f32> {
    Array2::from_shape_fn((height, width), |(row, column)| {
        let (dy, dx) = (
            row as f32 - height as f32 / 2.0,
            column as f32 - width as f32 / 2.0,
        );
        peak * (-(dx * dx + dy * dy) / 200.0).exp()
    })
}

#[test]
fn heat_map_is_deterministic_and_leaves_the_picture() {
    let picture = gradient(80, 60);
    let map = hill(80, 60, 9.0);
    let first = heat_map(&picture, map.view(), 3.0).unwrap();
    assert!(
        first == heat_map(&picture, map.view(), 3.0).unwrap(),
        "two drawings of one map differ"
    );
    assert_eq!(picture, gradient(80, 60));
}

#[test]
fn heat_map_far_from_the_hill_is_the_picture() {
    let picture = gradient(80, 60);
    let drawn = heat_map(&picture, hill(80, 60, 9.0).view(), 3.0).unwrap();
    for (x, y) in [(0, 0), (79, 0), (0, 59), (79, 59)] {
        assert_eq!(
            drawn.get_pixel(x, y),
            picture.get_pixel(x, y),
            "at {x}, {y}"
        );
    }
    assert_ne!(drawn.get_pixel(40, 30), picture.get_pixel(40, 30));
}

#[test]
fn heat_map_of_a_normal_picture_draws_no_line() {
    let picture = RgbImage::from_pixel(80, 60, Rgb([100, 100, 100]));
    let drawn = heat_map(&picture, hill(80, 60, 2.9).view(), 3.0).unwrap();
    let lines = drawn
        .pixels()
        .filter(|pixel| [[0; 3], [255; 3]].contains(&pixel.0))
        .count();
    assert_eq!(lines, 0);
}

#[test]
fn heat_map_view_of_a_transposed_map_is_accepted() {
    let map = hill(60, 80, 9.0);
    let drawn = heat_map(&gradient(80, 60), map.t(), 3.0).unwrap();
    assert_eq!(drawn.dimensions(), (80, 60));
}

#[test]
fn heat_map_error_names_both_sizes_and_the_bad_value() {
    let error = heat_map(&gradient(80, 60), hill(60, 80, 1.0).view(), 3.0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ImageSize);
    assert_eq!(
        error.message(),
        "anomaly map of 60 x 80 for a picture of 80 x 60"
    );
    let mut map = hill(80, 60, 1.0);
    map[[2, 5]] = f32::INFINITY;
    let error = heat_map(&gradient(80, 60), map.view(), 3.0).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (
            ErrorKind::Numeric,
            "anomaly map holds inf at row 2, column 5"
        )
    );
}

#[test]
fn colour_bar_is_the_scale_from_zero_to_twice_the_threshold() {
    let ground = Rgb([240, 240, 240]);
    let bar = colour_bar(201, 3, ground);
    let scale = HeatScale::new(8.0).unwrap();
    for x in 0..201 {
        assert_eq!(
            *bar.get_pixel(x, 1),
            scale.over(ground, 16.0 * x as f32 / 200.0),
            "column {x}"
        );
    }
    assert_eq!(colour_bar(1, 1, ground).get_pixel(0, 0), &ground);
}

/// The outside oracle of the lines: imageproc's distance to the next pixel over the threshold, the larger of rows and
/// columns.
fn enclosed(picture: &RgbImage, map: &Array2<f32>, threshold: f32, line: u8) -> RgbImage {
    let scale = HeatScale::new(threshold).unwrap();
    let value = |x: u32, y: u32| map[[y as usize, x as usize]];
    let over = GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        Luma([u8::from(value(x, y) > threshold)])
    });
    let any = over.pixels().any(|pixel| pixel[0] > 0);
    let away = distance_transform(&over, Norm::LInf);
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        match away.get_pixel(x, y)[0] {
            away if any && away > 0 && away <= line => Rgb([255; 3]),
            away if any && away > line && away <= 2 * line => Rgb([0; 3]),
            _ => scale.over(*picture.get_pixel(x, y), value(x, y)),
        }
    })
}

#[test]
fn lines_of_random_maps_lie_where_imageprocs_distances_say() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for number in 0..200 {
        let (width, height) = (random.random_range(1..50), random.random_range(1..50));
        let share = [0.0, 0.002, 0.02, 0.3, 1.0][number % 5];
        let map = Array2::from_shape_fn((height, width), |_| {
            f32::from(random.random_bool(share)) * random.random_range(1.0..9.0)
        });
        let picture = gradient(width as u32, height as u32);
        assert!(
            heat_map(&picture, map.view(), 3.0).unwrap() == enclosed(&picture, &map, 3.0, 1),
            "map {number}, {width} x {height}, {share} of it marked"
        );
    }
    let mut map = Array2::zeros((1000, 1300));
    for _ in 0..60 {
        map[[random.random_range(0..1000), random.random_range(0..1300)]] = 5.0;
    }
    let picture = gradient(1300, 1000);
    assert!(
        heat_map(&picture, map.view(), 3.0).unwrap() == enclosed(&picture, &map, 3.0, 3),
        "1000 / 400 rounds to lines of 3 pixels"
    );
}

#[test]
fn draw_heat_equals_heat_map_and_a_refusal_leaves_the_picture() {
    let map = hill(80, 60, 9.0);
    let mut picture = gradient(80, 60);
    assert!(draw_heat(&mut picture, map.view(), 0.0).is_err());
    assert!(draw_heat(&mut picture, hill(60, 80, 9.0).view(), 3.0).is_err());
    assert!(picture == gradient(80, 60));
    draw_heat(&mut picture, map.view(), 3.0).unwrap();
    assert!(picture == heat_map(&gradient(80, 60), map.view(), 3.0).unwrap());
}
