//! EfficientNet-Lite 0 to 2: inverted residual blocks without squeeze-and-excitation, ReLU6, TensorFlow's padding.
//!
//! Source: Tan and Le, arXiv 1905.11946, and TensorFlow's "lite" variant, in which all sizes have the same stem and one
//! block in the first and last group. Tensor names are those of lukemelas' EfficientNet-PyTorch.

use super::arithmetic::Arithmetic;
use super::backbone::Architecture;
use super::convolution::{Activation, Padding, Plan};
use super::network::{Block, Network, Shortcut, Stage};
use super::tensor_reader::TensorReader;
use super::weights::Tensors;
use crate::error::Result;

/// What distinguishes the sizes: channels and number of blocks of each of the seven [`GROUPS`].
pub(super) struct Variant {
    channels: [i64; 7],
    repeats: [usize; 7],
}

pub(super) const LITE0: Variant = Variant {
    channels: [16, 24, 40, 80, 112, 192, 320],
    repeats: [1, 2, 2, 3, 3, 4, 1],
};
pub(super) const LITE1: Variant = Variant {
    channels: [16, 24, 40, 80, 112, 192, 320],
    repeats: [1, 3, 3, 4, 4, 5, 1],
};
pub(super) const LITE2: Variant = Variant {
    channels: [16, 24, 48, 88, 120, 208, 352],
    repeats: [1, 3, 3, 4, 4, 5, 1],
};

/// A run of equal blocks; the stride is that of its first block.
struct Group {
    kernel: i64,
    stride: i64,
    expansion: i64,
    ends_stage: bool,
}

const GROUPS: [Group; 7] = [
    Group {
        kernel: 3,
        stride: 1,
        expansion: 1,
        ends_stage: false,
    },
    Group {
        kernel: 3,
        stride: 2,
        expansion: 6,
        ends_stage: true,
    },
    Group {
        kernel: 5,
        stride: 2,
        expansion: 6,
        ends_stage: true,
    },
    Group {
        kernel: 3,
        stride: 2,
        expansion: 6,
        ends_stage: false,
    },
    Group {
        kernel: 5,
        stride: 1,
        expansion: 6,
        ends_stage: true,
    },
    Group {
        kernel: 5,
        stride: 2,
        expansion: 6,
        ends_stage: false,
    },
    Group {
        kernel: 3,
        stride: 1,
        expansion: 6,
        ends_stage: true,
    },
];

const STEM_CHANNELS: i64 = 32;
const EPSILON: f64 = 1e-3;
/// What follows the last block: for classification only.
const CLASSIFIER: [&str; 3] = ["_conv_head.", "_bn1.", "_fc."];

/// Builds the network from the tensors of its weight file.
pub(super) fn read(
    variant: &Variant,
    architecture: Architecture,
    tensors: &Tensors,
    arithmetic: Arithmetic,
) -> Result<Network> {
    let mut reader = TensorReader::new(tensors, architecture, EPSILON, arithmetic);
    let stem = Plan {
        stride: 2,
        ..relu6(Plan::dense(3, STEM_CHANNELS, 3))
    };
    let stem = reader.convolution("_conv_stem", "_bn0", stem)?;

    let mut stages = Vec::new();
    let mut blocks = Vec::new();
    let mut inputs = STEM_CHANNELS;
    let mut index = 0;
    for ((group, &outputs), &repeats) in GROUPS.iter().zip(&variant.channels).zip(&variant.repeats)
    {
        for repeat in 0..repeats {
            let stride = if repeat == 0 { group.stride } else { 1 };
            blocks.push(read_block(
                &mut reader,
                &format!("_blocks.{index}"),
                group,
                stride,
                inputs,
                outputs,
            )?);
            inputs = outputs;
            index += 1;
        }
        if group.ends_stage {
            stages.push(Stage {
                blocks: std::mem::take(&mut blocks),
                channels: outputs,
            });
        }
    }
    reader.finish(&CLASSIFIER)?;
    Ok(Network {
        stem,
        pooling: None,
        stages,
    })
}

/// Widen, filter each channel on its own, narrow again.
fn read_block(
    reader: &mut TensorReader<'_>,
    name: &str,
    group: &Group,
    stride: i64,
    inputs: i64,
    outputs: i64,
) -> Result<Block> {
    let inner = inputs * group.expansion;
    let depthwise = Plan {
        stride,
        groups: inner,
        ..relu6(Plan::dense(inner, inner, group.kernel))
    };
    let mut step = |convolution: &str, norm: &str, plan| {
        reader.convolution(
            &format!("{name}.{convolution}"),
            &format!("{name}.{norm}"),
            plan,
        )
    };

    let mut convolutions = Vec::with_capacity(3);
    if group.expansion > 1 {
        convolutions.push(step(
            "_expand_conv",
            "_bn0",
            relu6(Plan::dense(inputs, inner, 1)),
        )?);
    }
    convolutions.push(step("_depthwise_conv", "_bn1", depthwise)?);
    convolutions.push(step(
        "_project_conv",
        "_bn2",
        Plan::dense(inner, outputs, 1),
    )?);
    let shortcut = if stride == 1 && inputs == outputs {
        Shortcut::Add
    } else {
        Shortcut::None
    };
    Ok(Block {
        convolutions,
        shortcut,
    })
}

fn relu6(plan: Plan) -> Plan {
    Plan {
        padding: Padding::Same,
        activation: Activation::Relu6,
        ..plan
    }
}
