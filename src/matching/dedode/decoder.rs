//! The decoder: an answer at the coarsest map, corrected at every finer one.
//!
//! Each scale sees the encoder's map and the context that the coarser scale hands on, and adds its correction to the
//! enlarged answer of the coarser ones. The last layer of the finest scale is left to the caller: it treats every
//! pixel alone, so whoever wants the answer at some pixels need not hold it at all.

use tch::{Kind, Tensor};

use super::refiner::{Refiner, RefinerPlan};
use super::vgg::Maps;
use crate::error::Result;
use crate::features::tensor_reader::TensorReader;

/// The shape of a decoder before there are weights.
pub(super) struct DecoderPlan {
    /// Channels of the answer.
    pub answer: i64,
    /// Blocks of every refiner.
    pub blocks: usize,
    /// The scales, the coarsest first.
    pub coarser: &'static [Scale],
    pub finest: Scale,
    pub enlarge: Enlarge,
}

/// One scale, by its stride: its refiner gets the encoder's channels and the coarser scale's context, and hands on a
/// context of its own.
pub(super) struct Scale {
    stride: u32,
    encoded: i64,
    width: i64,
    context: i64,
}

impl Scale {
    pub const fn new(stride: u32, encoded: i64, width: i64, context: i64) -> Self {
        Self {
            stride,
            encoded,
            width,
            context,
        }
    }
}

/// How the answer is brought to the next finer map; contexts are always interpolated linearly.
#[derive(Clone, Copy)]
pub(super) enum Enlarge {
    Linear,
    Cubic,
}

pub(super) struct Decoder {
    coarser: Vec<Refiner>,
    finest: Refiner,
    answer: i64,
    enlarge: Enlarge,
}

/// All but the last step: the answer is `coarser`, enlarged to `finest`, plus the first channels of [`Decoder::exit`].
pub(super) struct Refined {
    /// The answer of all scales but the finest, at the size of the second finest.
    pub coarser: Tensor,
    /// The finest scale before its last layer.
    pub finest: Tensor,
}

impl Decoder {
    /// Reads decoder.layers.
    pub fn read(reader: &mut TensorReader<'_>, plan: &DecoderPlan) -> Result<Self> {
        let mut context = 0;
        let mut refiner = |scale: &Scale| {
            let inputs = scale.encoded + context;
            context = scale.context;
            let plan = RefinerPlan {
                stride: scale.stride,
                inputs,
                width: scale.width,
                outputs: plan.answer + scale.context,
                blocks: plan.blocks,
            };
            Refiner::read(reader, plan)
        };
        let coarser: Result<Vec<Refiner>> = plan.coarser.iter().map(&mut refiner).collect();
        Ok(Self {
            coarser: coarser?,
            finest: refiner(&plan.finest)?,
            answer: plan.answer,
            enlarge: plan.enlarge,
        })
    }

    /// Runs all scales on the encoder's maps.
    pub fn refine(&self, maps: Maps) -> Result<Refined> {
        // Nothing is known before the coarsest scale, at whatever size.
        let mut answer =
            Tensor::f_zeros([1, self.answer, 1, 1], (Kind::Float, maps.finest.device()))?;
        let mut context = None;
        for (refiner, map) in self.coarser.iter().zip(maps.coarser.into_iter().rev()) {
            let output = refiner.exit(&refiner.refine(&join(map, context)?)?)?;
            let correction = output.f_narrow(1, 0, self.answer)?;
            answer = self
                .enlarge
                .to_size_of(&output, &answer)?
                .f_add_(&correction)?;
            let others = output.size()[1] - self.answer;
            context = Some(output.f_narrow(1, self.answer, others)?);
        }
        Ok(Refined {
            coarser: answer,
            finest: self.finest.refine(&join(maps.finest, context)?)?,
        })
    }

    /// What the finest scale adds to the answer: [1, width, h, w] to [1, answer, h, w].
    pub fn exit(&self, finest: &Tensor) -> Result<Tensor> {
        Ok(self.finest.exit(finest)?.f_narrow(1, 0, self.answer)?)
    }
}

/// A map with the coarser scale's context, enlarged to it, as further channels.
fn join(map: Tensor, context: Option<Tensor>) -> Result<Tensor> {
    match context {
        None => Ok(map),
        Some(context) => {
            let context = Enlarge::Linear.to_size_of(&map, &context)?;
            Ok(Tensor::f_cat(&[map, context], 1)?)
        }
    }
}

impl Enlarge {
    /// `coarse` at the height and width of `fine`; corners lie on corners, not middles on middles.
    pub fn to_size_of(self, fine: &Tensor, coarse: &Tensor) -> Result<Tensor> {
        let (_, _, height, width) = fine.size4()?;
        let size = [height, width];
        Ok(match self {
            Self::Linear => coarse.f_upsample_bilinear2d(size, false, None, None)?,
            Self::Cubic => coarse.f_upsample_bicubic2d(size, false, None, None)?,
        })
    }
}
