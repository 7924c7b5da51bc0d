//! DINOv2's vision transformers against timm in double precision (tests/data/vit/make.py).

use std::path::{Path, PathBuf};

use tch::{Device, Tensor};
use twinspect::ErrorKind;
use twinspect::features::backbone::{Architecture, Backbone};
use twinspect::features::weights::Tensors;

use super::{filled, picture, weights_of_shapes};

/// f32 against double precision, of the largest value: the largest error measured on 2026-11-25 was
/// TODO.
const TOLERANCE: f64 = 1e-5;

const REGISTERS: &str = "register_tokens";

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/vit")
        .join(name)
}

/// The tensors of a network without registers.
fn weights(architecture: Architecture) -> Tensors {
    weights_of_shapes(&data("shapes.json"), &architecture.to_string())
}

fn with_registers(mut tensors: Tensors) -> Tensors {
    let channels = tensors["norm.bias"].size()[0];
    let registers = filled(REGISTERS, &[1, 4, channels]);
    tensors.insert(REGISTERS.into(), registers);
    tensors
}

fn assert_equals_timm(architecture: Architecture, tensors: &Tensors, sizes: &[(i64, i64)]) {
    let backbone = Backbone::from_tensors(architecture, tensors, Device::Cpu).unwrap();
    let depth = backbone.stages().len();
    for &(height, width) in sizes {
        let name = format!("{architecture}_{height}x{width}.npy");
        let expected = Tensor::read_npy(data(&name)).unwrap();
        let maps = backbone
            .forward(&picture(height, width), &[1, depth / 2 + 1, depth])
            .unwrap();
        for (row, map) in (0..).zip(&maps) {
            let channels = backbone.stages()[0].channels;
            assert_eq!(map.size(), [1, channels, height / 14, width / 14], "{name}");
            assert!(map.is_contiguous(), "{name}");
            let found = map.flatten(0, -1).slice(0, None, None, 101);
            let expected = expected.get(row);
            assert_eq!(found.size(), expected.size(), "{name}");
            let largest = expected.abs().max().double_value(&[]);
            let error = (found - expected).abs().max().double_value(&[]) / largest;
            println!("{name} {row}: error {error:.1e} of the largest value {largest:.3}");
            assert!(
                error <= TOLERANCE,
                "{name} {row}: error {error:e}, allowed {TOLERANCE:e}"
            );
        }
    }
}

/// The size of the training, at which positions are taken as they are; others, at which they are interpolated.
const SMALL_SIZES: [(i64, i64); 4] = [(518, 518), (224, 322), (56, 560), (14, 14)];

#[test]
fn dinov2_small_equals_timm() {
    let tensors = weights(Architecture::DinoV2S14);
    assert_equals_timm(Architecture::DinoV2S14, &tensors, &SMALL_SIZES);
    let tensors = with_registers(tensors);
    assert_equals_timm(Architecture::DinoV2S14Reg, &tensors, &SMALL_SIZES);
}

#[test]
fn dinov2_base_equals_timm() {
    let tensors = weights(Architecture::DinoV2B14);
    assert_equals_timm(Architecture::DinoV2B14, &tensors, &[(56, 84)]);
    let tensors = with_registers(tensors);
    assert_equals_timm(Architecture::DinoV2B14Reg, &tensors, &[(56, 84)]);
}

#[test]
fn dinov2_large_equals_timm() {
    let tensors = weights(Architecture::DinoV2L14);
    assert_equals_timm(Architecture::DinoV2L14, &tensors, &[(56, 84)]);
    let tensors = with_registers(tensors);
    assert_equals_timm(Architecture::DinoV2L14Reg, &tensors, &[(56, 84)]);
}
