//! ResNets: residual blocks of two 3 x 3 convolutions, or bottlenecks of 1 x 1, 3 x 3 and 1 x 1.
//!
//! Source: He et al., arXiv 1512.03385, and Zagoruyko and Komodakis, arXiv 1605.07146 (wide). Tensor names and details
//! (the stride stands in the bottleneck's 3 x 3 convolution) are torchvision's, where a variant says nothing else.

use super::arithmetic::Arithmetic;
use super::backbone::Architecture;
use super::convolution::{Activation, Convolution, Padding, Plan};
use super::network::{Block, Network, Shortcut, Stage};
use super::tensor_reader::TensorReader;
use super::weights::Tensors;
use crate::error::Result;

/// What distinguishes the ResNets.
pub(super) struct Variant {
    block: BlockKind,
    repeats: [usize; 4],
    /// The first stage's channels before the bottleneck's expansion; every stage doubles them.
    planes: i64,
    /// How the pooling after the stem fills its border.
    pooling: Padding,
    /// Whether the file's batch norms are folded into its convolutions, which then have a bias.
    folded: bool,
}

#[derive(Clone, Copy)]
enum BlockKind {
    Basic,
    /// `widening` multiplies the channels between the 1 x 1 convolutions.
    Bottleneck {
        widening: i64,
        strided: Strided,
    },
}

/// The convolution of a bottleneck that halves the map.
#[derive(Clone, Copy)]
enum Strided {
    /// The first, as in the paper and in Caffe.
    First,
    /// The 3 x 3, as in torchvision.
    Middle,
}

pub(super) const RESNET18: Variant = Variant {
    block: BlockKind::Basic,
    repeats: [2, 2, 2, 2],
    planes: 64,
    pooling: Padding::Centred,
    folded: false,
};
pub(super) const RESNET50: Variant = Variant {
    block: BlockKind::Bottleneck {
        widening: 1,
        strided: Strided::Middle,
    },
    repeats: [3, 4, 6, 3],
    ..RESNET18
};
pub(super) const WIDE_RESNET50_2: Variant = Variant {
    block: BlockKind::Bottleneck {
        widening: 2,
        strided: Strided::Middle,
    },
    ..RESNET50
};
/// Half as wide as ResNet-50; by torchvision's names, see `open_nsfw`.
pub(super) const OPEN_NSFW: Variant = Variant {
    block: BlockKind::Bottleneck {
        widening: 1,
        strided: Strided::First,
    },
    planes: 32,
    pooling: Padding::Same,
    folded: true,
    ..RESNET50
};

const STEM_CHANNELS: i64 = 64;
const BOTTLENECK_EXPANSION: i64 = 4;
const EPSILON: f64 = 1e-5;
/// torchvision's and open-nsfw's names of what follows the last block.
const CLASSIFIER: [&str; 2] = ["fc.", "fc_nsfw/"];

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
        ..relu(Plan::dense(3, STEM_CHANNELS, 7))
    };
    let stem = variant.convolution(&mut reader, "conv1", "bn1", stem)?;

    let mut stages = Vec::new();
    let mut inputs = STEM_CHANNELS;
    let mut planes = variant.planes;
    for (stage, &repeats) in (1..).zip(&variant.repeats) {
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
                variant,
                shape,
            )?);
            inputs = outputs;
        }
        stages.push(Stage {
            blocks,
            channels: outputs,
        });
        planes *= 2;
    }
    reader.finish(&CLASSIFIER)?;
    Ok(Network {
        stem,
        pooling: Some(variant.pooling),
        stages,
    })
}

impl Variant {
    fn convolution(
        &self,
        reader: &mut TensorReader<'_>,
        convolution: &str,
        norm: &str,
        plan: Plan,
    ) -> Result<Convolution> {
        if self.folded {
            reader.plain_convolution(convolution, plan)
        } else {
            reader.convolution(convolution, norm, plan)
        }
    }
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
    variant: &Variant,
    shape: BlockShape,
) -> Result<Block> {
    let BlockShape {
        inputs,
        planes,
        outputs,
        stride,
    } = shape;
    let plans = match variant.block {
        BlockKind::Basic => {
            vec![
                Plan {
                    stride,
                    ..relu(Plan::dense(inputs, planes, 3))
                },
                Plan::dense(planes, outputs, 3),
            ]
        }
        BlockKind::Bottleneck { widening, strided } => {
            let inner = planes * widening;
            let (first, middle) = match strided {
                Strided::First => (stride, 1),
                Strided::Middle => (1, stride),
            };
            vec![
                Plan {
                    stride: first,
                    ..relu(Plan::dense(inputs, inner, 1))
                },
                Plan {
                    stride: middle,
                    ..relu(Plan::dense(inner, inner, 3))
                },
                Plan::dense(inner, outputs, 1),
            ]
        }
    };
    let numbered = (1..).zip(plans);
    let convolutions: Result<Vec<Convolution>> = numbered
        .map(|(i, plan)| {
            let [convolution, norm] = ["conv", "bn"].map(|part| format!("{name}.{part}{i}"));
            variant.convolution(reader, &convolution, &norm, plan)
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
        Shortcut::ProjectAddRelu(variant.convolution(reader, &convolution, &norm, plan)?)
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
