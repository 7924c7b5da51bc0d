//! XFeat's network: from a picture to dense features, the heat of every pixel and the reliability of every place.
//!
//! Tensor names are those of the published file. A picture is read at two grains: a pyramid of convolutions down to stride 32
//! gives features and reliability at stride 8, and the pixels of each 8 x 8 cell, side by side as channels, give the heat.

use tch::{Device, Tensor};

use crate::error::Result;
use crate::features::convolution::{Activation, Convolution, Plan, channels_last};
use crate::features::tensor_reader::TensorReader;
use crate::features::weights::Tensors;

/// Pixels from one dense feature to the next.
const CELL_PX: i64 = 8;
const CHANNELS: i64 = 64;
/// Pixels from one location to the next where the skip joins the first block.
const SKIP_PX: i64 = 4;
/// What instance norm and batch norms add to the variance.
const EPSILON: f64 = 1e-5;
/// Refines matches of dense features, which twinspect does not match.
const UNUSED: [&str; 1] = ["fine_matcher."];

/// Inputs, outputs, kernel and stride of a convolution.
type Layer = (i64, i64, i64, i64);

/// Every block halves the side at its layers of stride 2; the first halves it twice.
const BLOCKS: [&[Layer]; 5] = [
    &[(1, 4, 3, 1), (4, 8, 3, 2), (8, 8, 3, 1), (8, 24, 3, 2)],
    &[(24, 24, 3, 1), (24, 24, 3, 1)],
    &[(24, 64, 3, 2), (64, 64, 3, 1), (64, 64, 1, 1)],
    &[(64, 64, 3, 2), (64, 64, 3, 1), (64, 64, 3, 1)],
    &[
        (64, 128, 3, 2),
        (128, 128, 3, 1),
        (128, 128, 3, 1),
        (128, 64, 1, 1),
    ],
];
const FUSION: [Layer; 2] = [(64, 64, 3, 1); 2];
const RELIABILITY: [Layer; 2] = [(64, 64, 1, 1); 2];
const HEAT: [Layer; 3] = [(64, 64, 1, 1); 3];

/// What the network sees in one picture of H x W pixels.
#[derive(Debug)]
pub struct Maps {
    /// Dense features, [1, 64, H / 8, W / 8] f32, not normalised.
    pub features: Tensor,
    /// How much a pixel looks like a key point, [1, 1, H, W] f32, 0 to 1; the 64 pixels of a cell sum to at most 1.
    pub heat: Tensor,
    /// How sure a key point at a place will be found again, [1, 1, H / 8, W / 8] f32, 0 to 1.
    pub reliability: Tensor,
}

/// Convolutions one after the other.
struct Chain(Vec<Convolution>);

pub(super) struct Network {
    skip: Convolution,
    blocks: [Chain; 5],
    fusion: Chain,
    reliability: Chain,
    heat: Chain,
}

impl Network {
    /// Errors: `Weights` naming the tensor that is missing, of another shape, not finite or of no layer.
    pub fn read(tensors: &Tensors, device: Device) -> Result<Self> {
        let mut reader = TensorReader::new(tensors, "xfeat", EPSILON, device);
        let skip = reader.plain_convolution("skip1.1", Plan::dense(1, 24, 1))?;
        let [first, second, third, fourth, fifth] = BLOCKS;
        let blocks = [
            Chain::read(&mut reader, "block1", first)?,
            Chain::read(&mut reader, "block2", second)?,
            Chain::read(&mut reader, "block3", third)?,
            Chain::read(&mut reader, "block4", fourth)?,
            Chain::read(&mut reader, "block5", fifth)?,
        ];
        // The file calls the reliability's head the heat map's, and the heat's the key points'.
        let network = Self {
            skip,
            blocks,
            fusion: Chain::read_to(&mut reader, "block_fusion", &FUSION, CHANNELS)?,
            reliability: Chain::read_to(&mut reader, "heatmap_head", &RELIABILITY, 1)?,
            heat: Chain::read_to(&mut reader, "keypoint_head", &HEAT, CELL_PX * CELL_PX + 1)?,
        };
        reader.finish(&UNUSED)?;
        Ok(network)
    }

    /// `picture` is [1, 3, H, W], both sides multiples of 32, so that every halving is exact.
    pub fn forward(&self, picture: &Tensor) -> Result<Maps> {
        let grey = normalised(&picture.f_mean_dim(1, true, None)?)?;
        let features = self.features(&grey)?;
        let reliability = self.reliability.forward(&features)?.f_sigmoid()?;
        Ok(Maps {
            reliability,
            heat: self.heat(&grey)?,
            features,
        })
    }

    fn features(&self, grey: &Tensor) -> Result<Tensor> {
        let [first, second, third, fourth, fifth] = &self.blocks;
        let step = [SKIP_PX, SKIP_PX];
        let coarse = grey.f_avg_pool2d(step, step, [0, 0], false, true, None)?;
        let mut stem = first.forward(&channels_last(grey)?)?;
        stem = stem.f_add_(&self.skip.forward(&channels_last(&coarse)?)?)?;

        let third = third.forward(&second.forward(&stem)?)?;
        let fourth = fourth.forward(&third)?;
        let fifth = fifth.forward(&fourth)?;
        let (_, _, h, w) = third.size4()?;
        let mut sum = third;
        for coarser in [fourth, fifth] {
            sum = sum.f_add_(&coarser.f_upsample_bilinear2d([h, w], false, None, None)?)?;
        }
        self.fusion.forward(&sum)
    }

    /// A cell's 65 channels are its pixels and "none of them", among which the softmax divides 1.
    fn heat(&self, grey: &Tensor) -> Result<Tensor> {
        let cells = channels_last(&grey.f_pixel_unshuffle(CELL_PX)?)?;
        let shares = self.heat.forward(&cells)?.f_softmax(1, None)?;
        let pixels = shares.f_narrow(1, 0, CELL_PX * CELL_PX)?;
        Ok(pixels.f_pixel_shuffle(CELL_PX)?)
    }
}

impl Chain {
    /// Convolutions `name`.0, `name`.1, .. with batch norm and ReLU.
    fn read(reader: &mut TensorReader<'_>, name: &str, layers: &[Layer]) -> Result<Self> {
        let mut chain = Vec::with_capacity(layers.len() + 1);
        for (index, &(inputs, outputs, kernel, stride)) in layers.iter().enumerate() {
            let plan = Plan {
                stride,
                activation: Activation::Relu,
                ..Plan::dense(inputs, outputs, kernel)
            };
            let [convolution, norm] = [0, 1].map(|part| format!("{name}.{index}.layer.{part}"));
            chain.push(reader.whitened_convolution(&convolution, &norm, plan)?);
        }
        Ok(Self(chain))
    }

    /// The same, and a last 1 x 1 convolution without either.
    fn read_to(
        reader: &mut TensorReader<'_>,
        name: &str,
        layers: &[Layer],
        outputs: i64,
    ) -> Result<Self> {
        let mut chain = Self::read(reader, name, layers)?;
        let last = format!("{name}.{}", layers.len());
        let plan = Plan::dense(CHANNELS, outputs, 1);
        chain.0.push(reader.plain_convolution(&last, plan)?);
        Ok(chain)
    }

    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let mut map = input.shallow_clone();
        for convolution in &self.0 {
            map = convolution.forward(&map)?;
        }
        Ok(map)
    }
}

/// Mean 0 and deviation 1 over the picture: the network sees no brightness and no contrast.
fn normalised(grey: &Tensor) -> Result<Tensor> {
    Ok(grey.f_instance_norm(
        None::<Tensor>,
        None::<Tensor>,
        None::<Tensor>,
        None::<Tensor>,
        true,
        0.0,
        EPSILON,
        false,
    )?)
}
