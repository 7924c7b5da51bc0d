//! Pictures: borrowed pixels, files, folders, and the network's input against torchvision.

mod decode;
mod folder;
mod tensor;
mod view;

use std::path::{Path, PathBuf};

use twinspect::image::ImageView;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/image")
        .join(name)
}

/// The picture of make.py's `pattern`, interleaved RGB.
fn pattern(width: usize, height: usize) -> Vec<u8> {
    let value = |x: usize, y: usize, c: usize| (x * x * 7 + y * 13 + x * y * 3 + c * 101) % 256;
    let pixel = |i: usize| (0..3).map(move |c| value(i % width, i / width, c) as u8);
    (0..width * height).flat_map(pixel).collect()
}

/// All rows as 0..=1 RGB.
fn rgb(view: &ImageView) -> Vec<f32> {
    let mut rows = vec![0.0; 3 * (view.width() * view.height()) as usize];
    for (y, row) in rows.chunks_exact_mut(3 * view.width() as usize).enumerate() {
        view.rgb_row(y as u32, row).unwrap();
    }
    rows
}
