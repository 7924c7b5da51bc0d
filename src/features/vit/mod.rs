//! DINOv2's vision transformer: the patches of a picture as tokens, and blocks in which every token looks at all others.
//!
//! In: a normalised picture. Out: its patch tokens after any of the blocks, as maps of stride 14. In a folder of its own
//! because two networks are made of it: the DINOv2 backbones, and the encoder of DeDoDe's descriptor G. `positions` tells
//! the patches where they are, `block` is what is repeated, `layers` what a block is made of.
//!
//! Source: Oquab et al., arXiv 2304.07193; registers: Darcet et al., arXiv 2309.16588. Tensor names and details are those
//! of Meta's weight files.

mod block;
mod layers;
mod positions;

use tch::Tensor;

use block::Block;
use layers::LayerNorm;
use positions::Positions;

use super::arithmetic::Arithmetic;
use super::backbone::{Architecture, StageInfo};
use super::tensor_reader::TensorReader;
use super::weights::Tensors;
use crate::error::{Error, ErrorKind, Result};
use crate::torch::shared::SharedTensor;

/// Side of a patch in pixels.
pub(crate) const PATCH_PX: u32 = 14;

/// Tensors that only the training needed.
const UNUSED: [&str; 1] = ["mask_token"];

/// What distinguishes the vision transformers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Of every token, C.
    pub channels: i64,
    /// Blocks.
    pub depth: usize,
    /// Heads of each block's attention.
    pub heads: i64,
    /// Register tokens, in which the network keeps what belongs to no patch; 0 or 4.
    pub registers: i64,
}

impl Plan {
    pub const SMALL: Self = Self::new(384, 12, 6);
    pub const BASE: Self = Self::new(768, 12, 12);
    pub const LARGE: Self = Self::new(1024, 24, 16);

    const fn new(channels: i64, depth: usize, heads: i64) -> Self {
        Self {
            channels,
            depth,
            heads,
            registers: 0,
        }
    }

    /// The variant with four register tokens.
    pub const fn with_registers(self) -> Self {
        Self {
            registers: 4,
            ..self
        }
    }
}

/// A vision transformer for inference.
pub(crate) struct VisionTransformer {
    plan: Plan,
    patch_weight: SharedTensor,
    patch_bias: SharedTensor,
    positions: Positions,
    /// The class token and the registers, [1, 1 + registers, C]: the same for every picture.
    others: SharedTensor,
    blocks: Vec<Block>,
    norm: LayerNorm,
}

/// Builds the network from the tensors of its weight file.
pub(crate) fn read(
    plan: Plan,
    architecture: Architecture,
    tensors: &Tensors,
    arithmetic: impl Into<Arithmetic>,
) -> Result<VisionTransformer> {
    let mut reader = TensorReader::new(tensors, architecture, layers::EPSILON, arithmetic);
    let network = VisionTransformer::read(plan, &mut reader)?;
    reader.finish(&UNUSED)?;
    Ok(network)
}

impl VisionTransformer {
    /// Errors: `Weights`, naming the tensor, as all of [`TensorReader`]'s.
    fn read(plan: Plan, reader: &mut TensorReader<'_>) -> Result<Self> {
        let (channels, side) = (plan.channels, i64::from(PATCH_PX));
        let patches = "patch_embed.proj";
        let patch_weight =
            reader.tensor(&format!("{patches}.weight"), &[channels, 3, side, side])?;
        let patch_bias = reader.tensor(&format!("{patches}.bias"), &[channels])?;
        let (positions, class_position) = Positions::read(plan, reader)?;
        let blocks: Result<Vec<Block>> = (0..plan.depth)
            .map(|number| Block::read(plan, reader, &format!("blocks.{number}")))
            .collect();
        Ok(Self {
            plan,
            patch_weight: reader.store(&patch_weight, patches)?,
            patch_bias: reader.store(&patch_bias, patches)?,
            positions,
            others: read_others(plan, reader, &class_position)?,
            blocks: blocks?,
            norm: LayerNorm::read(reader, "norm", channels)?,
        })
    }

    /// The outputs of its blocks as stages.
    pub fn stages(&self) -> Vec<StageInfo> {
        (1..=self.plan.depth)
            .map(|stage| StageInfo {
                stage,
                stride: PATCH_PX,
                channels: self.plan.channels,
            })
            .collect()
    }

    /// The patch tokens after each of `blocks`, with the network's last layer norm applied to them; that of the last block
    /// is what DINOv2 calls `x_norm_patchtokens`.
    ///
    /// Shapes: `picture` [N, 3, H, W] in the network's precision, normalised with ImageNet's mean and deviation, H and W multiples of 14; `blocks`
    /// from 1 to the plan's depth, in any order; results [N, C, H / 14, W / 14] of the same, contiguous, in that order. Cost: it
    /// stops after the last block that is asked for.
    ///
    /// Errors: `InvalidArgument` for a picture of another shape, or a block that there is not.
    pub fn patch_tokens(&self, picture: &Tensor, blocks: &[usize]) -> Result<Vec<Tensor>> {
        let (h, w) = grid(picture)?;
        let depth = self.plan.depth;
        if let Some(block) = blocks.iter().find(|block| !(1..=depth).contains(block)) {
            let message = format!("block {block} does not exist, there are 1 to {depth}");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let last = blocks.iter().copied().max().unwrap_or(0);

        let mut tokens = self.tokens(picture, (h, w))?;
        let mut maps: Vec<(usize, Tensor)> = Vec::with_capacity(blocks.len());
        for (number, block) in (1..=last).zip(&self.blocks) {
            tokens = block.forward(tokens)?;
            if blocks.contains(&number) {
                maps.push((number, self.map_of(&tokens, (h, w))?));
            }
        }
        Ok(blocks
            .iter()
            .filter_map(|block| maps.iter().find(|(number, _)| number == block))
            .map(|(_, map)| map.shallow_clone())
            .collect())
    }

    /// What enters the first block, [N, 1 + registers + h*w, C].
    fn tokens(&self, picture: &Tensor, (h, w): (i64, i64)) -> Result<Tensor> {
        let side = i64::from(PATCH_PX);
        let patches = picture
            .f_conv2d(
                &self.patch_weight,
                Some(&*self.patch_bias),
                [side, side],
                [0, 0],
                [1, 1],
                1,
            )?
            .f_flatten(2, -1)?
            .f_transpose(1, 2)?
            .f_add(&self.positions.of((h, w))?.f_to_kind(picture.f_kind()?)?)?;
        let images = patches.size()[0];
        let others = self.others.f_expand([images, -1, -1], false)?;
        Ok(Tensor::f_cat(&[others, patches], 1)?)
    }

    fn map_of(&self, tokens: &Tensor, (h, w): (i64, i64)) -> Result<Tensor> {
        let (images, channels) = (tokens.size()[0], self.plan.channels);
        let patches = tokens.f_narrow(1, 1 + self.plan.registers, h * w)?;
        Ok(self
            .norm
            .forward(&patches)?
            .f_transpose(1, 2)?
            .f_contiguous()?
            .f_view([images, channels, h, w])?)
    }
}

/// Height and width in patches.
fn grid(picture: &Tensor) -> Result<(i64, i64)> {
    let (size, side) = (picture.size(), i64::from(PATCH_PX));
    match size[..] {
        [_, 3, height, width]
            if height > 0 && width > 0 && height % side == 0 && width % side == 0 =>
        {
            Ok((height / side, width / side))
        }
        _ => {
            let message = format!(
                "the vision transformer's input has shape {size:?}, expected [N, 3, H, W] with H and W multiples of {side}"
            );
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
    }
}

/// Only the class token has a position; the registers were added after it was learned.
fn read_others(
    plan: Plan,
    reader: &mut TensorReader<'_>,
    class_position: &Tensor,
) -> Result<SharedTensor> {
    let channels = plan.channels;
    let name = "cls_token";
    let class = reader.tensor(name, &[1, 1, channels])?;
    let mut others = class.f_add(class_position)?;
    if plan.registers > 0 {
        let shape = [1, plan.registers, channels];
        let registers = reader.tensor("register_tokens", &shape)?;
        others = Tensor::f_cat(&[others, registers], 1)?;
    }
    reader.store(&others, name)
}
