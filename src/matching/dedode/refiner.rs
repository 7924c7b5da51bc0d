//! One scale of a decoder: depthwise 5 x 5 convolutions at one width, with a shortcut around all of them.

use tch::Tensor;

use crate::error::Result;
use crate::features::convolution::{Activation, Convolution, Plan};
use crate::features::tensor_reader::TensorReader;

/// The shape of a refiner before there are weights.
#[derive(Clone, Copy)]
pub(super) struct RefinerPlan {
    /// The stride of its map, which is its name in the weight file.
    pub stride: u32,
    pub inputs: i64,
    pub width: i64,
    pub outputs: i64,
    /// Depthwise convolutions, each followed by one over the channels.
    pub blocks: usize,
}

/// The sum of the shortcut and what it leads around is divided by this, about the root of 2, to keep its variance.
const SHORTCUT_DIVISOR: f64 = 1.4;

pub(super) struct Refiner {
    entry: Block,
    blocks: Vec<Block>,
    exit: Convolution,
}

/// A convolution in space (but for the entry, which has 1 x 1), and one over the channels.
struct Block {
    spatial: Convolution,
    mixing: Convolution,
}

impl Refiner {
    /// Reads decoder.layers.`stride`.{block1, hidden_blocks.{0..blocks}, out_conv}.
    pub fn read(reader: &mut TensorReader<'_>, plan: RefinerPlan) -> Result<Self> {
        let RefinerPlan {
            stride,
            inputs,
            width,
            outputs,
            blocks,
        } = plan;
        let name = format!("decoder.layers.{stride}");
        let depthwise = Plan {
            groups: width,
            ..Plan::dense(width, width, 5)
        };
        let entry = Block::read(
            reader,
            &format!("{name}.block1"),
            Plan::dense(inputs, width, 1),
        )?;
        let blocks: Result<Vec<Block>> = (0..blocks)
            .map(|i| Block::read(reader, &format!("{name}.hidden_blocks.{i}"), depthwise))
            .collect();
        let exit = reader
            .plain_convolution(&format!("{name}.out_conv"), Plan::dense(width, outputs, 1))?;
        Ok(Self {
            entry,
            blocks: blocks?,
            exit,
        })
    }

    /// All but the last layer: [1, inputs, h, w] to [1, width, h, w].
    pub fn refine(&self, input: &Tensor) -> Result<Tensor> {
        let entered = self.entry.forward(input)?;
        let mut map = entered.shallow_clone();
        for block in &self.blocks {
            map = block.forward(&map)?;
        }
        Ok(map.f_add_(&entered)?.f_divide_scalar_(SHORTCUT_DIVISOR)?)
    }

    /// The last layer, which treats every location alone: [1, width, h, w] to [1, outputs, h, w].
    pub fn exit(&self, refined: &Tensor) -> Result<Tensor> {
        self.exit.forward(refined)
    }
}

impl Block {
    fn read(reader: &mut TensorReader<'_>, name: &str, spatial: Plan) -> Result<Self> {
        let spatial = Plan {
            activation: Activation::Relu,
            ..spatial
        };
        let width = spatial.outputs;
        Ok(Self {
            spatial: reader.biased_convolution(
                &format!("{name}.0"),
                &format!("{name}.1"),
                spatial,
            )?,
            mixing: reader.plain_convolution(&format!("{name}.3"), Plan::dense(width, width, 1))?,
        })
    }

    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.mixing.forward(&self.spatial.forward(input)?)
    }
}
