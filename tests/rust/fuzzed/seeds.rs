//! What fuzzing starts from: a small input of every kind, made by code.

mod calls;
mod pictures;

use std::collections::HashMap;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use twinspect::image::{ImageView, PixelFormat};
use twinspect::legacy::{GrayType, Learning, Tolerance, Variation};
use twinspect::options::Options;

use super::fuzz::{model, variation};

/// A name and the bytes.
pub type Seed = (String, Vec<u8>);

/// The seeds of each target.
pub fn all() -> Vec<(&'static str, Vec<Seed>)> {
    vec![
        ("picture", pictures::all()),
        ("weights", vec![safetensors()]),
        ("variation", variations()),
        ("model", models()),
        ("calls", calls::all()),
    ]
}

/// The other readers' seeds lie in `tests/data/weights`.
fn safetensors() -> Seed {
    let numbers: Vec<u8> = [1.5_f32, -2.0, 0.25, 8.0]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let tensors = [
        ("bias", Dtype::F32, vec![2, 2], &numbers[..]),
        ("flag", Dtype::BOOL, vec![2], &[1, 0]),
        ("half", Dtype::F16, vec![4], &numbers[..8]),
        ("none", Dtype::I64, vec![0, 3], &[]),
    ];
    let views = tensors
        .map(|(name, dtype, shape, bytes)| (name, TensorView::new(dtype, shape, bytes).unwrap()));
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let file = safetensors::serialize(views, Some(metadata)).unwrap();
    ("kinds.safetensors".to_owned(), file)
}

/// Models of gray values in every state, and edits of models of features.
fn variations() -> Vec<Seed> {
    let tolerance = Tolerance {
        absolute: [10.0, 20.0],
        relative: [3.0, 2.0],
    };
    let bytes: Vec<u8> = (0..40).collect();
    let byte = ImageView::packed(PixelFormat::Gray8, 4, 3, &bytes[..12]).unwrap();
    let uint2 = ImageView::packed(PixelFormat::Gray16, 4, 3, &bytes[..24]).unwrap();
    let new = |gray, learning| Variation::new((4, 3), gray, learning, &Options::default()).unwrap();
    let mut seeds = Vec::new();
    let mut add = |name: &str, model: &Variation| {
        seeds.push((name.to_owned(), model.to_bytes().unwrap()));
    };

    let mut standard = new(GrayType::Byte, Learning::Standard);
    add("nothing.twv", &standard);
    standard.train(&[byte, byte]).unwrap();
    add("trained.twv", &standard);
    standard.prepare(&tolerance).unwrap();
    add("prepared.twv", &standard);
    standard.clear_train_data().unwrap();
    add("cleared.twv", &standard);
    let mut robust = new(GrayType::Uint2, Learning::Robust);
    robust.train(&[uint2, uint2, uint2]).unwrap();
    robust.prepare(&tolerance).unwrap();
    add("robust_uint2.twv", &robust);
    let mut direct = new(GrayType::Byte, Learning::Direct);
    direct.prepare_direct(&byte, &byte, &tolerance).unwrap();
    add("direct.twv", &direct);
    for (name, edits) in [
        ("features.edits", &[0][..]),
        ("both.edits", &[1]),
        ("both_flag.edits", &[1, 0, 9, 1, 4, 1]),
    ] {
        seeds.push((name.to_owned(), [variation::EDITS, edits].concat()));
    }
    seeds
}

/// One of each model that is edited, as it is; then one edit of a header, a tensor, and the bytes.
fn models() -> Vec<Seed> {
    let seed = |name: &str, edits: &[u8]| (name.to_owned(), [model::EDITS, edits].concat());
    let mut seeds: Vec<Seed> = (0..model::BASES as u8)
        .map(|base| seed(&format!("base_{base:02}.edits"), &[base]))
        .collect();
    seeds.push(seed("option.edits", &[0, 3, 0, 0, 9, 0]));
    seeds.push(seed("header.edits", &[0, 3, 0, 1, 5, 7, 13, 200]));
    seeds.push(seed("tensor.edits", &[1, 3, 1, 3, 0, 5, 2, 9, 1]));
    seeds.push(seed("bytes.edits", &[2, 0, 40, 3, 4, 6]));
    seeds
}
