//! Regions against imageproc's labels, which other people wrote.

use std::collections::BTreeMap;

use image::{GrayImage, Luma};
use imageproc::region_labelling::{Connectivity, connected_components};
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use twinspect::verdict::region::{Region, Run, regions};

/// A pixel as (row, column).
type Pixel = (i32, i32);

/// Regions as sets of pixels, in the order that ours have.
fn labelled(map: &Array2<f32>) -> Vec<(f32, Vec<Pixel>)> {
    let (height, width) = map.dim();
    let marked = GrayImage::from_fn(width as u32, height as u32, |x, y| {
        Luma([u8::from(map[[y as usize, x as usize]] >= 1.0)])
    });
    let labels = connected_components(&marked, Connectivity::Eight, Luma([0]));
    let mut found: BTreeMap<u32, (f32, Vec<Pixel>)> = BTreeMap::new();
    for (x, y, label) in labels.enumerate_pixels().filter(|pixel| pixel.2[0] > 0) {
        let (peak, pixels) = found.entry(label[0]).or_default();
        *peak = peak.max(map[[y as usize, x as usize]]);
        pixels.push((y as i32, x as i32));
    }
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found
}

fn pixels(region: &Region) -> Vec<Pixel> {
    let chord = |run: &Run| {
        let row = run.row;
        (run.column_begin..=run.column_end).map(move |column| (row, column))
    };
    region.runs.iter().flat_map(chord).collect()
}

#[test]
fn regions_of_random_maps_equal_imageprocs() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for number in 0..400 {
        let (width, height) = (random.random_range(2..40), random.random_range(2..40));
        let share = random.random_range(0.05..0.95);
        let map = Array2::from_shape_fn((height, width), |_| {
            f32::from(random.random_bool(share)) * random.random_range(1..4) as f32
        });
        let found = regions(map.view(), 1.0).unwrap();
        let ours: Vec<_> = found
            .iter()
            .map(|found| (found.peak, pixels(found)))
            .collect();
        assert!(
            ours == labelled(&map),
            "map {number}, {width} x {height}, {share} of it marked"
        );
        for region in &found {
            assert_eq!(region.area, pixels(region).len() as u64, "map {number}");
        }
    }
}
