//! Detector L: how likely every pixel is a key point.

use tch::{Device, Tensor};

use super::decoder::{Decoder, DecoderPlan, Enlarge, Refined, Scale};
use super::vgg::Vgg;
use super::{EPSILON, VGG};
use crate::error::Result;
use crate::features::tensor_reader::TensorReader;
use crate::features::weights::Tensors;

const PLAN: DecoderPlan = DecoderPlan {
    answer: 1,
    blocks: 8,
    coarser: &[
        Scale::new(8, 512, 512, 256),
        Scale::new(4, 256, 256, 128),
        Scale::new(2, 128, 128, 64),
    ],
    finest: Scale::new(1, 64, 64, 1),
    enlarge: Enlarge::Cubic,
};

pub(super) struct Detector {
    encoder: Vgg,
    decoder: Decoder,
}

impl Detector {
    pub fn read(tensors: &Tensors, device: Device) -> Result<Self> {
        let mut reader = TensorReader::new(tensors, "DeDoDe's detector L", EPSILON, device);
        let detector = Self {
            encoder: Vgg::read(&mut reader, VGG)?,
            decoder: Decoder::read(&mut reader, &PLAN)?,
        };
        reader.finish(&[])?;
        Ok(detector)
    }

    /// The probability of every pixel to be a key point of this picture: they sum to 1.
    ///
    /// Shapes: `picture` [1, 3, H, W], result [H, W].
    pub fn score_map(&self, picture: &Tensor) -> Result<Tensor> {
        let Refined { coarser, finest } = self.decoder.refine(self.encoder.forward(picture)?)?;
        let coarser = PLAN.enlarge.to_size_of(&finest, &coarser)?;
        let logits = self.decoder.exit(&finest)?.f_add(&coarser)?;
        let (_, _, height, width) = logits.size4()?;
        Ok(logits
            .f_reshape([height * width])?
            .f_softmax(0, None)?
            .f_reshape([height, width])?)
    }
}
