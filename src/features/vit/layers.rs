//! The two layers that blocks are made of.

use tch::Tensor;

use crate::error::Result;
use crate::features::tensor_reader::TensorReader;
use crate::torch::shared::SharedTensor;

/// What every layer norm adds to the variance.
pub(super) const EPSILON: f64 = 1e-6;

/// Brings every token to mean 0 and deviation 1, then to a learned mean and deviation of each channel.
pub(super) struct LayerNorm {
    weight: SharedTensor,
    bias: SharedTensor,
    channels: i64,
}

impl LayerNorm {
    pub fn read(reader: &mut TensorReader<'_>, name: &str, channels: i64) -> Result<Self> {
        let weight = reader.tensor(&format!("{name}.weight"), &[channels])?;
        let bias = reader.tensor(&format!("{name}.bias"), &[channels])?;
        Ok(Self {
            weight: reader.store(&weight, name)?,
            bias: reader.store(&bias, name)?,
            channels,
        })
    }

    /// [.., channels] to the same.
    pub fn forward(&self, tokens: &Tensor) -> Result<Tensor> {
        let (weight, bias) = (Some(&*self.weight), Some(&*self.bias));
        Ok(tokens.f_layer_norm([self.channels], weight, bias, EPSILON, false)?)
    }
}

/// Weighted sums of a token's channels.
pub(super) struct Linear {
    weight: SharedTensor,
    bias: SharedTensor,
}

impl Linear {
    pub fn read(
        reader: &mut TensorReader<'_>,
        name: &str,
        inputs: i64,
        outputs: i64,
    ) -> Result<Self> {
        let weight = reader.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = reader.tensor(&format!("{name}.bias"), &[outputs])?;
        Ok(Self {
            weight: reader.store(&weight, name)?,
            bias: reader.store(&bias, name)?,
        })
    }

    /// The same with its outputs multiplied by `scale`, [outputs] in double precision.
    pub fn read_scaled(
        reader: &mut TensorReader<'_>,
        name: &str,
        inputs: i64,
        outputs: i64,
        scale: &Tensor,
    ) -> Result<Self> {
        let weight = reader.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = reader.tensor(&format!("{name}.bias"), &[outputs])?;
        let weight = weight.f_mul(&scale.f_view([outputs, 1])?)?;
        Ok(Self {
            weight: reader.store(&weight, name)?,
            bias: reader.store(&bias.f_mul(scale)?, name)?,
        })
    }

    /// [.., inputs] to [.., outputs].
    pub fn forward(&self, tokens: &Tensor) -> Result<Tensor> {
        Ok(tokens.f_linear(&self.weight, Some(&*self.bias))?)
    }
}
