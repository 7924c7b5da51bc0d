//! The encoder: VGG-19 with batch norm, down to the map of stride 8.
//!
//! Source: Simonyan and Zisserman, arXiv 1409.1556. The numbers in the tensors' names are those of the layers in
//! torchvision's `vgg19_bn`, of which the last 13 are not used.

use tch::Tensor;

use crate::error::Result;
use crate::features::convolution::{Activation, Convolution, Plan, channels_last};
use crate::features::tensor_reader::TensorReader;

/// Channels of the maps of stride 1, 2, 4 and 8, and how many convolutions lead to each.
const FINEST: (i64, usize) = (64, 2);
const COARSER: [(i64, usize); 3] = [(128, 2), (256, 4), (512, 4)];

pub(super) struct Vgg {
    finest: Vec<Convolution>,
    coarser: Vec<Vec<Convolution>>,
}

/// What an encoder makes of a picture.
pub(super) struct Maps {
    /// The map of the picture's own size.
    pub finest: Tensor,
    /// The others, the coarsest last.
    pub coarser: Vec<Tensor>,
}

impl Vgg {
    /// Reads `name`.layers.
    pub fn read(reader: &mut TensorReader<'_>, name: &str) -> Result<Self> {
        let (mut layer, mut inputs) = (0, 3);
        let mut level = |(channels, count)| {
            let mut convolutions = Vec::with_capacity(count);
            for _ in 0..count {
                let plan = Plan {
                    activation: Activation::Relu,
                    ..Plan::dense(inputs, channels, 3)
                };
                let [convolution, norm] = [layer, layer + 1].map(|i| format!("{name}.layers.{i}"));
                convolutions.push(reader.biased_convolution(&convolution, &norm, plan)?);
                inputs = channels;
                // The third layer is the activation.
                layer += 3;
            }
            // The maximum over 2 x 2 after them.
            layer += 1;
            Ok(convolutions)
        };
        Ok(Self {
            finest: level(FINEST)?,
            coarser: COARSER.into_iter().map(level).collect::<Result<_>>()?,
        })
    }

    /// The maps of the strides 1, 2, 4 and 8; halved sides are rounded down.
    ///
    /// Shapes: `picture` [1, 3, H, W], the maps have 64, 128, 256 and 512 channels.
    pub fn forward(&self, picture: &Tensor) -> Result<Maps> {
        let finest = run(&self.finest, &channels_last(picture)?)?;
        let mut coarser: Vec<Tensor> = Vec::with_capacity(self.coarser.len());
        for level in &self.coarser {
            let finer = coarser.last().unwrap_or(&finest);
            let halved = finer.f_max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false)?;
            coarser.push(run(level, &halved)?);
        }
        Ok(Maps { finest, coarser })
    }
}

fn run(level: &[Convolution], input: &Tensor) -> Result<Tensor> {
    let mut map = input.shallow_clone();
    for convolution in level {
        map = convolution.forward(&map)?;
    }
    Ok(map)
}
