//! ResNets: residual blocks of two 3 x 3 convolutions, or bottlenecks of 1 x 1, 3 x 3 and 1 x 1.
//!
//! Source: He et al., arXiv 1512.03385, and Zagoruyko and Komodakis, arXiv 1605.07146 (wide). Tensor names and details
//! (the stride stands in the bottleneck's 3 x 3 convolution) are torchvision's.

use tch::Device;

use super::backbone::Architecture;
use super::convolution::{Activation, Convolution, Plan, TensorReader};
use super::network::{Block, Network, Shortcut, Stage};
use super::weights::Tensors;
use crate::error::Result;

/// What distinguishes the ResNets.
pub(super) struct Variant {
    block: BlockKind,
    repeats: [usize; 4],
}

#[derive(Clone, Copy)]
enum BlockKind {
    Basic,
    /// `widening` multiplies the channels between the 1 x 1 convolutions.
    Bottleneck {
        widening: i64,
    },
}

pub(super) const RESNET18: Variant = Variant {
    block: BlockKind::Basic,
    repeats: [2, 2, 2, 2],
};
pub(super) const RESNET50: Variant = Variant {
    block: BlockKind::Bottleneck { widening: 1 },
    repeats: [3, 4, 6, 3],
};
pub(super) const WIDE_RESNET50_2: Variant = Variant {
    block: BlockKind::Bottleneck { widening: 2 },
    repeats: [3, 4, 6, 3],
};

const STEM_CHANNELS: i64 = 64;
/// A stage's channels before the bottleneck's expansion.
const PLANES: [i64; 4] = [64, 128, 256, 512];
const BOTTLENECK_EXPANSION: i64 = 4;
const EPSILON: f64 = 1e-5;
const CLASSIFIER: [&str; 1] = ["fc."];

/// Builds the network from the tensors of its weight file.
pub(super) fn read(
    variant: &Variant,
    architecture: Architecture,
    tensors: &Tensors,
    device: Device,
) -> Result<Network> {
    let mut reader = TensorReader::new(tensors, architecture, EPSILON, device);
    let stem = reader.convolution(
        "conv1",
        "bn1",
        Plan {
            stride: 2,
            ..relu(Plan::dense(3, STEM_CHANNELS, 7))
        },
    )?;

    let mut stages = Vec::new();
    let mut inputs = STEM_CHANNELS;
    for ((stage, &planes), &repeats) in (1..).zip(&PLANES).zip(&variant.repeats) {
        let outputs = match variant.block {
            BlockKind::Basic => planes,
            BlockKind::Bottleneck { .. } => planes * BOTTLENECK_EXPANSION,
        };
        let mut blocks = Vec::with_capacity(repeats);
        for repeat in 0..repeats {
            let stride = if repeat == 0 && stage > 1 { 2 } else { 1 };
            let shape = BlockShape {
                inputs,
                planes,
                outputs,
                stride,
            };
            blocks.push(read_block(
                &mut reader,
                &format!("layer{stage}.{repeat}"),
                variant.block,
                shape,
            )?);
            inputs = outputs;
        }
        stages.push(Stage {
            blocks,
            channels: outputs,
        });
    }
    reader.finish(&CLASSIFIER)?;
    Ok(Network {
        stem,
        pooled: true,
        stages,
    })
}

struct BlockShape {
    inputs: i64,
    planes: i64,
    outputs: i64,
    stride: i64,
}

fn read_block(
    reader: &mut TensorReader<'_>,
    name: &str,
    kind: BlockKind,
    shape: BlockShape,
) -> Result<Block> {
    let BlockShape {
        inputs,
        planes,
        outputs,
        stride,
    } = shape;
    let plans = match kind {
        BlockKind::Basic => {
            vec![
                Plan {
                    stride,
                    ..relu(Plan::dense(inputs, planes, 3))
                },
                Plan::dense(planes, outputs, 3),
            ]
        }
        BlockKind::Bottleneck { widening } => {
            let inner = planes * widening;
            vec![
                relu(Plan::dense(inputs, inner, 1)),
                Plan {
                    stride,
                    ..relu(Plan::dense(inner, inner, 3))
                },
                Plan::dense(inner, outputs, 1),
            ]
        }
    };
    let numbered = (1..).zip(plans);
    let convolutions: Result<Vec<Convolution>> = numbered
        .map(|(i, plan)| {
            reader.convolution(&format!("{name}.conv{i}"), &format!("{name}.bn{i}"), plan)
        })
        .collect();
    let convolutions = convolutions?;

    let shortcut = if stride == 1 && inputs == outputs {
        Shortcut::AddRelu
    } else {
        let plan = Plan {
            stride,
            ..Plan::dense(inputs, outputs, 1)
        };
        let [convolution, norm] = [0, 1].map(|i| format!("{name}.downsample.{i}"));
        Shortcut::ProjectAddRelu(reader.convolution(&convolution, &norm, plan)?)
    };
    Ok(Block {
        convolutions,
        shortcut,
    })
}

fn relu(plan: Plan) -> Plan {
    Plan {
        activation: Activation::Relu,
        ..plan
    }
}
