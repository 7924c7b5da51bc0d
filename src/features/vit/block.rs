//! A block: every token takes from all others what it attends to, then each is changed on its own.

use tch::Tensor;

use super::Plan;
use super::layers::{LayerNorm, Linear};
use crate::error::Result;
use crate::features::tensor_reader::TensorReader;

/// Channels between the two layers of the perceptron, as a multiple of the tokens'.
const WIDENING: i64 = 4;

/// Attention and perceptron, each with a layer norm before and its input added after.
pub(super) struct Block {
    heads: i64,
    norm1: LayerNorm,
    /// Queries, keys and values in one.
    qkv: Linear,
    attended: Linear,
    norm2: LayerNorm,
    widen: Linear,
    narrow: Linear,
}

impl Block {
    /// The block whose tensors start with `name`; its layer scales are folded into what they scale.
    pub fn read(plan: Plan, reader: &mut TensorReader<'_>, name: &str) -> Result<Self> {
        let (channels, inner) = (plan.channels, WIDENING * plan.channels);
        let part = |part: &str| format!("{name}.{part}");
        let scale1 = reader.tensor(&part("ls1.gamma"), &[channels])?;
        let scale2 = reader.tensor(&part("ls2.gamma"), &[channels])?;
        let (proj, fc2) = (part("attn.proj"), part("mlp.fc2"));
        Ok(Self {
            heads: plan.heads,
            norm1: LayerNorm::read(reader, &part("norm1"), channels)?,
            qkv: Linear::read(reader, &part("attn.qkv"), channels, 3 * channels)?,
            attended: Linear::read_scaled(reader, &proj, channels, channels, &scale1)?,
            norm2: LayerNorm::read(reader, &part("norm2"), channels)?,
            widen: Linear::read(reader, &part("mlp.fc1"), channels, inner)?,
            narrow: Linear::read_scaled(reader, &fc2, inner, channels, &scale2)?,
        })
    }

    /// [N, tokens, C] to the same; works in place on nothing but its own layers' results.
    pub fn forward(&self, tokens: Tensor) -> Result<Tensor> {
        let tokens = self
            .attend(&self.norm1.forward(&tokens)?)?
            .f_add_(&tokens)?;
        let wide = self.widen.forward(&self.norm2.forward(&tokens)?)?;
        Ok(self
            .narrow
            .forward(&wide.f_gelu("none")?)?
            .f_add_(&tokens)?)
    }

    fn attend(&self, tokens: &Tensor) -> Result<Tensor> {
        let (images, count, channels) = tokens.size3()?;
        let qkv = self
            .qkv
            .forward(tokens)?
            .f_view([images, count, 3, self.heads, channels / self.heads])?
            .f_permute([2, 0, 3, 1, 4])?;
        let [query, key, value] = [0, 1, 2].map(|part| qkv.f_select(0, part));
        let attended = Tensor::f_scaled_dot_product_attention(
            &query?,
            &key?,
            &value?,
            None::<Tensor>,
            0.0,
            false,
            None,
            false,
        )?;
        let joined = attended
            .f_transpose(1, 2)?
            .f_reshape([images, count, channels])?;
        self.attended.forward(&joined)
    }
}
