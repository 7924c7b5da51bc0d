//! How a network of residual blocks runs: a stem, then four stages of blocks, each half as large as the one before.

use tch::Tensor;

use super::backbone::StageInfo;
use super::convolution::{Convolution, Padding, channels_last, same_border};
use crate::error::Result;

/// A network that is built in.
pub(super) struct Network {
    pub stem: Convolution,
    /// ResNets halve the stem's map once more by a maximum over 3 x 3, whose border is filled like this.
    pub pooling: Option<Padding>,
    pub stages: Vec<Stage>,
}

/// The blocks whose last map is the stage's, of that many channels.
pub(super) struct Stage {
    pub blocks: Vec<Block>,
    pub channels: i64,
}

/// Convolutions in a row, and what is added to their result.
pub(super) struct Block {
    pub convolutions: Vec<Convolution>,
    pub shortcut: Shortcut,
}

/// What a block adds to its last convolution's result.
pub(super) enum Shortcut {
    /// Nothing: the shape changes.
    None,
    /// The block's input (EfficientNet: linear bottlenecks).
    Add,
    /// The block's input, then a ReLU (ResNet).
    AddRelu,
    /// The block's input brought to the new shape, then a ReLU (ResNet).
    ProjectAddRelu(Convolution),
}

impl Network {
    /// Channels and strides of its stages.
    pub fn stages(&self) -> Vec<StageInfo> {
        let strides = (0..).map(|depth| 4 << depth);
        let numbered = (1..).zip(&self.stages).zip(strides);
        numbered
            .map(|((stage, blocks), stride)| StageInfo {
                stage,
                stride,
                channels: blocks.channels,
            })
            .collect()
    }

    /// The maps of the stages 1 to `deepest`, stored location by location.
    pub fn forward(&self, input: &Tensor, deepest: usize) -> Result<Vec<Tensor>> {
        let mut stem = self.stem.forward(&channels_last(input)?)?;
        if let Some(padding) = self.pooling {
            stem = halved(&stem, padding)?;
        }
        let mut maps: Vec<Tensor> = Vec::with_capacity(deepest);
        for stage in self.stages.iter().take(deepest) {
            let map = stage.forward(maps.last().unwrap_or(&stem))?;
            maps.push(map);
        }
        Ok(maps)
    }
}

/// The largest of every 3 x 3, at every other location. `map` comes out of a ReLU, so zeros at its border are never larger.
fn halved(map: &Tensor, padding: Padding) -> Result<Tensor> {
    let (side, step) = ([3, 3], [2, 2]);
    match padding {
        Padding::Centred => Ok(map.f_max_pool2d(side, step, [1, 1], [1, 1], false)?),
        Padding::Same => {
            let (_, _, height, width) = map.size4()?;
            let (top, bottom) = same_border(height, side[0], step[0]);
            let (left, right) = same_border(width, side[1], step[1]);
            let padded = map.f_constant_pad_nd([left, right, top, bottom])?;
            Ok(padded.f_max_pool2d(side, step, [0, 0], [1, 1], false)?)
        }
    }
}

impl Stage {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let mut map = input.shallow_clone();
        for block in &self.blocks {
            map = block.forward(&map)?;
        }
        Ok(map)
    }
}

impl Block {
    /// `input`, which may be a stage's map, is left as it is.
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let mut map = input.shallow_clone();
        let Some((last, others)) = self.convolutions.split_last() else {
            return Ok(map);
        };
        for convolution in others {
            map = convolution.forward(&map)?;
        }
        match &self.shortcut {
            Shortcut::None => last.forward(&map),
            Shortcut::Add => last.forward_onto(&map, input, false),
            Shortcut::AddRelu => last.forward_onto(&map, input, true),
            Shortcut::ProjectAddRelu(projection) => {
                last.forward_onto(&map, &projection.forward(input)?, true)
            }
        }
    }
}
