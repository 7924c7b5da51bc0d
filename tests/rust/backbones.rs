//! The backbones against timm and torchvision (tests/data/backbones/make.py), and how they are called.

mod precision;
mod torchscript;
mod vit;
mod weights;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tch::{Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::features::backbone::{Architecture, Backbone};
use twinspect::features::weights::{self as weight_files, Tensors};

/// Both sides compute in f32 and differ in the order of sums and in the folded batch norm: the largest error measured
/// on 2026-11-25 was 2.9e-6 of the map's largest value. For comparison: the other family's batch norm epsilon gives
/// 4e-3.
const TOLERANCE: f64 = 1e-5;

const F32: (Kind, Device) = (Kind::Float, Device::Cpu);

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/backbones")
        .join(name)
}

/// `count` numbers in [0, 1), the same as make.py's.
fn uniform(name: &str, count: i64) -> impl Iterator<Item = f64> {
    let fnv = |seed: u64, byte: u8| (seed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    let seed = name.bytes().fold(0xCBF2_9CE4_8422_2325, fnv);
    (1..=count as u64).map(move |index| {
        let mut z = seed.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 40) as f64 / f64::from(1 << 24)
    })
}

pub(crate) fn spread(name: &str, shape: &[i64], low: f64, high: f64) -> Tensor {
    let values: Vec<f32> = uniform(name, shape.iter().product())
        .map(|u| (low + (high - low) * u) as f32)
        .collect();
    Tensor::from_slice(&values).reshape(shape)
}

fn filled(name: &str, shape: &[i64]) -> Tensor {
    if name.ends_with("num_batches_tracked") {
        return Tensor::from(0i64);
    }
    let is_token = ["_embed", "_token", "_tokens"]
        .iter()
        .any(|end| name.ends_with(end));
    let (low, high) = if is_token {
        (-1.0, 1.0)
    } else if shape.len() > 1 {
        let bound = (6.0 / shape[1..].iter().product::<i64>() as f64).sqrt();
        (-bound, bound)
    } else if name.ends_with("running_var") {
        (0.5, 1.5)
    } else if name.ends_with("weight") {
        (0.4, 1.2)
    } else {
        (-0.3, 0.3)
    };
    spread(name, shape, low, high)
}

fn weights(architecture: Architecture) -> Tensors {
    weights_of_shapes(&data("shapes.json"), &architecture.to_string())
}

/// The tensors of a network whose names and shapes a file holds.
pub(crate) fn weights_of_shapes(file: &Path, network: &str) -> Tensors {
    let text = std::fs::read_to_string(file).unwrap();
    let mut shapes: BTreeMap<String, BTreeMap<String, Vec<i64>>> =
        serde_json::from_str(&text).unwrap();
    let shapes = shapes.remove(network).unwrap();
    shapes
        .into_iter()
        .map(|(name, shape)| (name.clone(), filled(&name, &shape)))
        .collect()
}

fn picture(height: i64, width: i64) -> Tensor {
    spread("input", &[1, 3, height, width], -2.0, 2.0)
}

fn build(architecture: Architecture) -> Backbone {
    Backbone::from_tensors(architecture, &weights(architecture), Device::Cpu).unwrap()
}

/// Compares every stage with the maps that make.py kept.
fn assert_stages(backbone: &Backbone, prefix: &str, height: i64, width: i64) {
    assert_stages_on(&picture(height, width), backbone, prefix);
}

fn assert_stages_on(input: &Tensor, backbone: &Backbone, prefix: &str) {
    let (_, _, height, width) = input.size4().unwrap();
    let stages: Vec<usize> = backbone.stages().iter().map(|info| info.stage).collect();
    let maps = backbone.forward(input, &stages).unwrap();
    for (info, map) in backbone.stages().iter().zip(&maps) {
        let stride = i64::from(info.stride);
        let locations = |side: i64| (side + stride - 1) / stride;
        assert_eq!(
            map.size(),
            [1, info.channels, locations(height), locations(width)],
            "{prefix} {info:?}"
        );
        assert!(map.is_contiguous(), "{prefix} {info:?}");

        let name = format!("{prefix}_{height}x{width}_stage{}.npy", info.stage);
        let expected = Tensor::read_npy(data(&name)).unwrap();
        let step = if map.numel() <= 4096 { 1 } else { 7 };
        let found = map.flatten(0, -1).slice(0, None, None, step);
        assert_eq!(found.size(), expected.size(), "{name}");
        let largest = expected.abs().max().double_value(&[]);
        let error = (found - expected).abs().max().double_value(&[]) / largest;
        println!("{name}: error {error:.1e} of the largest value {largest:.3}");
        assert!(
            error <= TOLERANCE,
            "{name}: error {error:e} of the largest value, allowed {TOLERANCE:e}"
        );
    }
}

fn assert_architecture(architecture: Architecture, channels: [i64; 4], sizes: &[(i64, i64)]) {
    let backbone = build(architecture);
    let found: Vec<_> = backbone
        .stages()
        .iter()
        .map(|info| (info.stage, info.stride, info.channels))
        .collect();
    let strides = [(1, 4), (2, 8), (3, 16), (4, 32)];
    assert_eq!(
        found,
        [0, 1, 2, 3].map(|i| (strides[i].0, strides[i].1, channels[i]))
    );
    for &(height, width) in sizes {
        assert_stages(&backbone, &architecture.to_string(), height, width);
    }
}

#[test]
fn efficientnet_lite0_equals_timm() {
    assert_architecture(
        Architecture::EfficientNetLite0,
        [24, 40, 112, 320],
        &[(64, 96), (95, 67)],
    );
}

#[test]
fn efficientnet_lite1_equals_timm() {
    assert_architecture(
        Architecture::EfficientNetLite1,
        [24, 40, 112, 320],
        &[(64, 96)],
    );
}

#[test]
fn efficientnet_lite2_equals_timm() {
    assert_architecture(
        Architecture::EfficientNetLite2,
        [24, 48, 120, 352],
        &[(64, 96)],
    );
}

#[test]
fn resnet18_equals_torchvision() {
    assert_architecture(
        Architecture::ResNet18,
        [64, 128, 256, 512],
        &[(64, 96), (95, 67)],
    );
}

#[test]
fn resnet50_equals_torchvision() {
    assert_architecture(Architecture::ResNet50, [256, 512, 1024, 2048], &[(64, 96)]);
}

#[test]
fn wide_resnet50_2_equals_torchvision() {
    assert_architecture(
        Architecture::WideResNet50_2,
        [256, 512, 1024, 2048],
        &[(64, 96)],
    );
}

#[test]
fn efficientnet_lite0_real_weights_equal_timm() {
    let Some(tensors) = real_weights("efficientnet-lite0") else {
        return;
    };
    let backbone =
        Backbone::from_tensors(Architecture::EfficientNetLite0, &tensors, Device::Cpu).unwrap();
    for (height, width) in [(64, 96), (95, 67)] {
        assert_stages(&backbone, "real_efficientnet-lite0", height, width);
    }
}

#[test]
fn open_nsfw_resnet50_equals_onnx_runtime() {
    let Some(tensors) = real_weights("open-nsfw-resnet50") else {
        return;
    };
    let backbone =
        Backbone::from_tensors(Architecture::OpenNsfwResNet50, &tensors, Device::Cpu).unwrap();
    for (height, width) in [(64, 96), (95, 67)] {
        // As make.py does: it was trained on values from -123 to 151.
        let input = picture(height, width) * 60.0;
        assert_stages_on(&input, &backbone, "real_open-nsfw-resnet50");
    }
}

/// The tensors of a network's weight file; says why if it is not there.
fn real_weights(name: &str) -> Option<Tensors> {
    match weight_files::find(name) {
        Ok(found) => Some(weight_files::read(&found.path).unwrap()),
        Err(error) => {
            crate::skip::skip("a network with its real weights", error);
            None
        }
    }
}

#[test]
fn forward_keeps_order_and_repetition_of_stages() {
    let backbone = build(Architecture::EfficientNetLite0);
    let input = picture(64, 64);
    let maps = backbone.forward(&input, &[3, 1, 3]).unwrap();
    let channels: Vec<i64> = maps.iter().map(|map| map.size()[1]).collect();
    assert_eq!(channels, [112, 24, 112]);
    assert_eq!(maps[1], backbone.forward(&input, &[1]).unwrap()[0]);
}

#[test]
fn forward_treats_images_of_a_batch_alike() {
    let backbone = build(Architecture::ResNet18);
    let input = picture(64, 64);
    let alone = &backbone.forward(&input, &[2]).unwrap()[0];
    let batch = &backbone
        .forward(&Tensor::cat(&[&input.zeros_like(), &input], 0), &[2])
        .unwrap()[0];
    let error = (batch.get(1) - alone.get(0)).abs().max().double_value(&[]);
    // The convolution may sum in another order for another batch size.
    assert!(
        error <= 1e-5 * alone.abs().max().double_value(&[]),
        "error {error:e}"
    );
}

#[test]
fn forward_smallest_picture_gives_one_location() {
    for architecture in [Architecture::EfficientNetLite0, Architecture::ResNet18] {
        let maps = build(architecture)
            .forward(&picture(1, 1), &[1, 4])
            .unwrap();
        assert!(
            maps.iter().all(|map| map.size()[2..] == [1, 1]),
            "{architecture}"
        );
    }
}

#[test]
fn forward_leaves_input_and_earlier_results_alone() {
    let backbone = build(Architecture::ResNet18);
    let input = picture(64, 64);
    let before = input.copy();
    let first = backbone.forward(&input, &[1, 2]).unwrap();
    let kept: Vec<Tensor> = first.iter().map(Tensor::copy).collect();
    backbone.forward(&input.zeros_like(), &[1, 2, 4]).unwrap();
    assert_eq!((input, first), (before, kept));
}

#[test]
fn forward_result_needs_no_gradient() {
    let input = picture(32, 32).set_requires_grad(true);
    let maps = build(Architecture::EfficientNetLite0)
        .forward(&input, &[1])
        .unwrap();
    assert!(!maps[0].requires_grad());
}

#[test]
fn forward_wrong_stage_lists_allowed() {
    let backbone = build(Architecture::EfficientNetLite0);
    for stage in [0, 5] {
        let error = backbone.forward(&picture(32, 32), &[1, stage]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert_eq!(
            error.message(),
            format!("stage {stage} does not exist, this backbone has 1, 2, 3, 4")
        );
    }
    let error = backbone.forward(&picture(32, 32), &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn forward_wrong_input_is_refused() {
    let backbone = build(Architecture::EfficientNetLite0);
    let wrong = [
        (Tensor::zeros([3, 32, 32], F32), "[3, 32, 32]"),
        (Tensor::zeros([1, 1, 32, 32], F32), "[1, 1, 32, 32]"),
        (Tensor::zeros([0, 3, 32, 32], F32), "[0, 3, 32, 32]"),
        (Tensor::zeros([1, 3, 0, 32], F32), "[1, 3, 0, 32]"),
        (
            Tensor::zeros([1, 3, 32, 32], (Kind::Uint8, Device::Cpu)),
            "Uint8",
        ),
        (Tensor::new(), "undefined"),
    ];
    for (input, found) in wrong {
        let error = backbone.forward(&input, &[1]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.message().contains(found), "{error}");
    }
}

#[test]
fn forward_from_many_threads_gives_equal_bits() {
    let module = std::fs::read(data("tuple.pt")).unwrap();
    let backbones = [
        (build(Architecture::EfficientNetLite0), 4),
        (build(Architecture::ResNet18), 4),
        (Backbone::from_torchscript(&module, Device::Cpu).unwrap(), 2),
    ];
    for (backbone, deepest) in &backbones {
        assert_equal_on_many_threads(backbone, (64, 96), &[1, *deepest]);
    }
}

/// Four threads look at one picture of that height and width, three times each.
fn assert_equal_on_many_threads(
    backbone: &Backbone,
    (height, width): (i64, i64),
    stages: &[usize],
) {
    let once = || backbone.forward(&picture(height, width), stages).unwrap();
    let expected = once();
    let found: Vec<Vec<Tensor>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..3).map(|_| once()).collect::<Vec<_>>()))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(found.len(), 12);
    assert!(found.iter().all(|maps| *maps == expected), "{backbone:?}");
}
