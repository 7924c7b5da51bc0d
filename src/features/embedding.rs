//! Fewer channels than the network gives: some of them, or a projection of all.

use nalgebra::DMatrix;
use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::random::Seeded;
use crate::torch::shared::SharedTensor;

/// How channels become fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbeddingKind {
    /// Random ones are taken (PaDiM, arXiv 2011.08785, section III-C).
    Channels,
    /// All are projected onto random directions at right angles to each other (OrthoAD, arXiv 2105.14737, eq. 5): the
    /// projection of the smallest expected error among all of this rank.
    Orthogonal,
}

/// What a recipe says of an embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddingPlan {
    /// How.
    pub kind: EmbeddingKind,
    /// How many channels are left, C'.
    pub channels: i64,
    /// Decides which: the same seed gives the same, on every machine.
    pub seed: u64,
}

/// An embedding of features of so many channels.
///
/// Threads: immutable, shared by any number of threads.
#[derive(Debug)]
pub enum Embedding {
    /// Their numbers, [C'] i64.
    Channels(SharedTensor),
    /// [C, C'] f32, columns of length 1 at right angles.
    Orthogonal(SharedTensor),
}

impl Embedding {
    /// The embedding of features of `channels` channels. Errors: `InvalidArgument` if they are fewer than are to be left.
    pub fn new(plan: EmbeddingPlan, channels: i64) -> Result<Self> {
        plan.check(channels)?;
        let mut seeded = Seeded::new(plan.seed);
        Ok(match plan.kind {
            EmbeddingKind::Channels => {
                let chosen = seeded.choose(plan.channels as usize, channels as u32);
                let chosen: Vec<i64> = chosen.into_iter().map(i64::from).collect();
                Self::Channels(SharedTensor::new(Tensor::f_from_slice(&chosen)?))
            }
            EmbeddingKind::Orthogonal => {
                let (rows, columns) = (channels as usize, plan.channels as usize);
                let random = DMatrix::from_fn(rows, columns, |_, _| seeded.normal());
                let directions = random.qr().q();
                // nalgebra's matrices lie column by column.
                let directions = Tensor::f_from_slice(directions.as_slice())?
                    .f_reshape([plan.channels, channels])?
                    .f_transpose(0, 1)?
                    .f_to_kind(Kind::Float)?
                    .f_contiguous()?;
                Self::Orthogonal(SharedTensor::new(directions))
            }
        })
    }

    /// Shapes: `features` [L, C] f32, result [L, C'] f32.
    pub fn embed(&self, features: &Tensor) -> Result<Tensor> {
        Ok(match self {
            Self::Channels(chosen) => features.f_index_select(1, chosen)?,
            Self::Orthogonal(directions) => features.f_matmul(directions)?,
        })
    }

    /// The same on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        let moved =
            |tensor: &Tensor| Ok::<_, Error>(SharedTensor::new(tensor.f_to_device(device)?));
        Ok(match self {
            Self::Channels(chosen) => Self::Channels(moved(chosen)?),
            Self::Orthogonal(directions) => Self::Orthogonal(moved(directions)?),
        })
    }
}

impl EmbeddingPlan {
    /// Whether features of so many channels can be embedded. Errors: `InvalidArgument` if they are fewer than are to be left.
    pub fn check(&self, channels: i64) -> Result<()> {
        if self.channels <= channels {
            return Ok(());
        }
        let wanted = self.channels;
        let message = format!("{wanted} channels of {channels} that there are");
        Err(Error::new(ErrorKind::InvalidArgument, message)
            .at("embedding.channels")
            .hint("Join more stages, or leave fewer channels."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(kind: EmbeddingKind, channels: i64) -> EmbeddingPlan {
        EmbeddingPlan {
            kind,
            channels,
            seed: 3,
        }
    }

    #[test]
    fn chosen_channels_are_columns_as_they_are() {
        let features = Tensor::arange(24, (Kind::Float, Device::Cpu)).reshape([4, 6]);
        let embedding = Embedding::new(plan(EmbeddingKind::Channels, 2), 6).unwrap();
        let chosen = Seeded::new(3).choose(2, 6);
        let found = embedding.embed(&features).unwrap();
        assert_eq!(found.size(), [4, 2]);
        for (column, channel) in chosen.into_iter().enumerate() {
            let expected = 6.0 * 2.0 + f64::from(channel);
            assert_eq!(found.double_value(&[2, column as i64]), expected);
        }
    }

    #[test]
    fn directions_are_of_length_one_and_at_right_angles() {
        let embedding = Embedding::new(plan(EmbeddingKind::Orthogonal, 5), 12).unwrap();
        let Embedding::Orthogonal(directions) = &embedding else {
            panic!("a projection");
        };
        let products = directions.tr().matmul(directions);
        let off = products - Tensor::eye(5, (Kind::Float, Device::Cpu));
        // Rounding of sums of 12 products in single precision.
        assert!(off.abs().max().double_value(&[]) < 1e-6);
        // What lies in their span keeps its length.
        let inside = Tensor::from_slice(&[1.0f32, -2.0, 3.0, 0.5, 1.5]).reshape([1, 5]);
        let vector = inside.matmul(&directions.tr());
        let off = embedding.embed(&vector).unwrap() - inside;
        assert!(off.abs().max().double_value(&[]) < 1e-5);
    }

    #[test]
    fn more_channels_than_there_are_is_an_error() {
        for kind in [EmbeddingKind::Channels, EmbeddingKind::Orthogonal] {
            let error = Embedding::new(plan(kind, 7), 6).unwrap_err();
            assert_eq!(error.place(), "embedding.channels");
            assert!(Embedding::new(plan(kind, 6), 6).is_ok());
        }
    }
}
