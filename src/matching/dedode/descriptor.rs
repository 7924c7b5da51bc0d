//! Descriptors B and G: what the neighbourhood of a key point looks like, in 256 numbers.

use tch::{Device, Kind, Tensor};

use super::decoder::{Decoder, DecoderPlan, Enlarge, Refined, Scale};
use super::vgg::{Maps, Vgg};
use super::{EPSILON, VGG};
use crate::error::Result;
use crate::features::backbone::Architecture;
use crate::features::tensor_reader::TensorReader;
use crate::features::vit::{self, Plan, VisionTransformer};
use crate::features::weights::Tensors;

/// Numbers that describe a key point.
const CHANNELS: i64 = 256;

const PLAN_B: DecoderPlan = DecoderPlan {
    answer: CHANNELS,
    blocks: 5,
    coarser: &[
        Scale::new(8, 512, 512, 256),
        Scale::new(4, 256, 256, 128),
        Scale::new(2, 128, 64, 32),
    ],
    finest: Scale::new(1, 64, 32, 1),
    enlarge: Enlarge::Linear,
};

/// B's, and below it a scale for the patches of DINOv2.
const PLAN_G: DecoderPlan = DecoderPlan {
    coarser: &[
        Scale::new(14, 1024, 768, 512),
        Scale::new(8, 512, 512, 256),
        Scale::new(4, 256, 256, 128),
        Scale::new(2, 128, 64, 32),
    ],
    ..PLAN_B
};

/// What the tensors of G's own encoder are named after; those of the transformer are in a file of their own.
const VGG_OF_G: &str = "encoder.vgg";

pub(super) struct DescriptorNetwork {
    encoder: Vgg,
    /// G's second encoder, whose map is the coarsest.
    transformer: Option<VisionTransformer>,
    decoder: Decoder,
}

impl DescriptorNetwork {
    pub fn read_b(tensors: &Tensors, device: Device) -> Result<Self> {
        let mut reader = TensorReader::new(tensors, "DeDoDe's descriptor B", EPSILON, device);
        let descriptor = Self {
            encoder: Vgg::read(&mut reader, VGG)?,
            transformer: None,
            decoder: Decoder::read(&mut reader, &PLAN_B)?,
        };
        reader.finish(&[])?;
        Ok(descriptor)
    }

    /// `transformer` holds DINOv2's ViT-L/14.
    pub fn read_g(tensors: &Tensors, transformer: &Tensors, device: Device) -> Result<Self> {
        let mut reader = TensorReader::new(tensors, "DeDoDe's descriptor G", EPSILON, device);
        let encoder = Vgg::read(&mut reader, VGG_OF_G)?;
        let decoder = Decoder::read(&mut reader, &PLAN_G)?;
        reader.finish(&[])?;
        let transformer = vit::read(Plan::LARGE, Architecture::DinoV2L14, transformer, device)?;
        Ok(Self {
            encoder,
            transformer: Some(transformer),
            decoder,
        })
    }

    /// The descriptors of some pixels, of any length.
    ///
    /// A key point lies in the middle of a pixel, where interpolating a map of the picture's size takes that pixel's value:
    /// the last layer and the last enlargement are therefore computed at the key points alone. At 784 x 784 that saves two
    /// maps of 256 channels, 630 MB each.
    ///
    /// Shapes: `picture` [1, 3, H, W], `positions` [n, 2] in pixels, result [n, 256].
    pub fn describe(&self, picture: &Tensor, positions: &Tensor) -> Result<Tensor> {
        let Refined { coarser, finest } = self.decoder.refine(self.encode(picture)?)?;
        let correction = self.decoder.exit(&pixels(&finest, positions)?)?;
        let (_, _, height, width) = finest.size4()?;
        let coarser = sample(&coarser, positions, [width, height])?;
        Ok(correction
            .f_add(&coarser)?
            .f_reshape([CHANNELS, -1])?
            .f_transpose(0, 1)?
            .f_contiguous()?)
    }

    fn encode(&self, picture: &Tensor) -> Result<Maps> {
        let mut maps = self.encoder.forward(picture)?;
        if let Some(transformer) = &self.transformer {
            maps.coarser
                .extend(transformer.patch_tokens(picture, &[Plan::LARGE.depth])?);
        }
        Ok(maps)
    }
}

/// The values of the pixels in which the positions lie: [1, c, h, w] to [1, c, 1, n].
fn pixels(map: &Tensor, positions: &Tensor) -> Result<Tensor> {
    let (_, channels, height, width) = map.size4()?;
    let columns_rows = positions.f_floor()?.f_to_kind(Kind::Int64)?;
    let index = columns_rows
        .f_select(1, 1)?
        .f_mul_scalar(width)?
        .f_add(&columns_rows.f_select(1, 0)?)?;
    // The channels of a location lie together in memory, so the rows are whole.
    Ok(map
        .f_permute([0, 2, 3, 1])?
        .f_reshape([height * width, channels])?
        .f_index_select(0, &index)?
        .f_transpose(0, 1)?
        .f_reshape([1, channels, 1, -1])?)
}

/// A coarse map interpolated at positions of a picture of `size` (width, height): [1, c, h, w] to [1, c, 1, n].
fn sample(map: &Tensor, positions: &Tensor, size: [i64; 2]) -> Result<Tensor> {
    const BILINEAR: i64 = 0;
    const REPEAT_BORDER: i64 = 1;
    let size = Tensor::f_from_slice(&size)?.f_to_device(map.device())?;
    // From -1 at the left or upper edge of the picture to 1 at the other.
    let grid = positions
        .f_mul_scalar(2.0)?
        .f_div(&size)?
        .f_sub_scalar(1.0)?
        .f_reshape([1, 1, -1, 2])?;
    Ok(map.f_grid_sampler(&grid, BILINEAR, REPEAT_BORDER, false)?)
}
