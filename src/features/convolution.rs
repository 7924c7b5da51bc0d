//! A convolution with its batch norm folded in, and the reader that makes it from the named tensors of a weight file.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

use tch::{Device, Kind, Tensor};
use twinspect_onednn::{Steps, Then, convolved, convolved_and_added, reordered};

use super::weights::Tensors;
use crate::error::{Error, ErrorKind, Result};
use crate::torch::shared::SharedTensor;

/// How a convolution fills the border with zeros; in both ways the result has ceil(side / stride) locations.
#[derive(Clone, Copy)]
pub(crate) enum Padding {
    /// kernel / 2 on every side, as PyTorch's networks do.
    Centred,
    /// As few as the input's size needs, the odd one at the right and bottom, as TensorFlow's "same" does.
    Same,
}

/// What follows a convolution.
#[derive(Clone, Copy)]
pub(crate) enum Activation {
    Linear,
    Relu,
    Relu6,
}

/// A convolution as the network's architecture prescribes it, before there are weights.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub inputs: i64,
    pub outputs: i64,
    pub kernel: i64,
    pub stride: i64,
    pub groups: i64,
    pub padding: Padding,
    pub activation: Activation,
}

impl Plan {
    /// Stride 1, one group, centred padding, no activation: what most call sites change one or two of.
    pub fn dense(inputs: i64, outputs: i64, kernel: i64) -> Self {
        let (padding, activation) = (Padding::Centred, Activation::Linear);
        Self {
            inputs,
            outputs,
            kernel,
            stride: 1,
            groups: 1,
            padding,
            activation,
        }
    }
}

/// A convolution, its batch norm and its activation as one step.
pub(crate) struct Convolution {
    weight: SharedTensor,
    bias: SharedTensor,
    plan: Plan,
    /// The weight as oneDNN wants it, by whether the border is wider below and right than above and left.
    reordered: [[OnceLock<SharedTensor>; 2]; 2],
}

impl Convolution {
    /// [N, inputs, H, W] to [N, outputs, ceil(H / stride), ceil(W / stride)]; `input` is left as it is.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        if twinspect_onednn::takes(input) {
            let (input, weight, steps) = self.fitted(input)?;
            let kernel = (&**weight, &*self.bias);
            return convolved(&input, kernel, steps, self.then()).map_err(refused);
        }
        let mut output = self.convolve(input)?;
        match self.plan.activation {
            Activation::Linear => Ok(output),
            Activation::Relu => Ok(output.f_relu_()?),
            Activation::Relu6 => Ok(output.f_clamp_(0.0, 6.0)?),
        }
    }

    /// The result of a convolution without an activation, and `added`, which has its shape; then a ReLU if `relu` says so.
    pub fn forward_onto(&self, input: &Tensor, added: &Tensor, relu: bool) -> Result<Tensor> {
        if twinspect_onednn::takes(input) {
            let (input, weight, steps) = self.fitted(input)?;
            let kernel = (&**weight, &*self.bias);
            let then = if relu { Then::Relu } else { Then::Nothing };
            return convolved_and_added((&input, added), kernel, steps, then).map_err(refused);
        }
        let mut sum = self.convolve(input)?.f_add_(added)?;
        Ok(if relu { sum.f_relu_()? } else { sum })
    }

    fn then(&self) -> Then {
        match self.plan.activation {
            Activation::Linear => Then::Nothing,
            Activation::Relu => Then::Relu,
            Activation::Relu6 => Then::Relu6,
        }
    }

    /// Input, weight and steps of oneDNN's convolution, which knows only borders of equal width on opposite sides.
    ///
    /// A border that is one wider below and right is made by a kernel with a row of zeros above and a column on the left,
    /// where channels stand alone: there it costs less than a copy of the input with its border.
    fn fitted(&self, input: &Tensor) -> Result<(Tensor, &SharedTensor, Steps)> {
        let (_, _, height, width) = input.size4()?;
        let ((top, bottom), (left, right)) = (self.border(height), self.border(width));
        let is_depthwise = self.plan.groups == self.plan.inputs;
        let (input, wider, padding) = if is_depthwise {
            let wider = [bottom > top, right > left];
            (input.shallow_clone(), wider, [bottom, right])
        } else if (top, left) == (bottom, right) {
            (input.shallow_clone(), [false; 2], [top, left])
        } else {
            let padded = input.f_constant_pad_nd([left, right, top, bottom])?;
            (padded, [false; 2], [0, 0])
        };
        let steps = Steps {
            padding,
            stride: self.plan.stride,
            groups: self.plan.groups,
        };
        let place = &self.reordered[usize::from(wider[0])][usize::from(wider[1])];
        let weight = match place.get() {
            Some(weight) => weight,
            None => {
                let [above, left] = wider.map(i64::from);
                let wider = self.weight.f_constant_pad_nd([left, 0, above, 0])?;
                let made = reordered(&wider, steps).map_err(refused)?;
                place.get_or_init(|| SharedTensor::new(made))
            }
        };
        Ok((input, weight, steps))
    }

    fn border(&self, side: i64) -> (i64, i64) {
        let Plan {
            kernel,
            stride,
            padding,
            ..
        } = self.plan;
        match padding {
            Padding::Centred => (kernel / 2, kernel / 2),
            Padding::Same => same_border(side, kernel, stride),
        }
    }

    /// Without what follows.
    fn convolve(&self, input: &Tensor) -> Result<Tensor> {
        let (_, _, height, width) = input.size4()?;
        let ((top, bottom), (left, right)) = (self.border(height), self.border(width));
        if (top, left) == (bottom, right) {
            return self.convolve_padded(input, [top, left]);
        }
        let padded = input.f_constant_pad_nd([left, right, top, bottom])?;
        self.convolve_padded(&padded, [0, 0])
    }

    fn convolve_padded(&self, input: &Tensor, padding: [i64; 2]) -> Result<Tensor> {
        let Plan { stride, groups, .. } = self.plan;
        Ok(input.f_conv2d(
            &self.weight,
            Some(&*self.bias),
            [stride, stride],
            padding,
            [1, 1],
            groups,
        )?)
    }
}

fn refused(error: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Torch, error.to_string())
}

/// Zeros before and after a side of `side` pixels so that `kernel` fits ceil(side / stride) times.
pub(crate) fn same_border(side: i64, kernel: i64, stride: i64) -> (i64, i64) {
    let locations = (side + stride - 1) / stride;
    let total = ((locations - 1) * stride + kernel - side).max(0);
    (total / 2, total - total / 2)
}

/// The same values, stored location by location: the convolutions of libtorch's CPU part are faster on this order.
///
/// Measured on 2026-11-25 with the same layers in PyTorch, f32, 320 x 320, 2 threads: EfficientNet-Lite0 18 instead of
/// 24 ms, ResNet-50 104 instead of 112 ms.
pub(crate) fn channels_last(tensor: &Tensor) -> Result<Tensor> {
    Ok(tensor
        .f_permute([0, 2, 3, 1])?
        .f_contiguous()?
        .f_permute([0, 3, 1, 2])?)
}

/// Hands out the tensors of a weight file by name and remembers which are left over.
pub(crate) struct TensorReader<'a> {
    tensors: &'a Tensors,
    unread: BTreeSet<&'a str>,
    network: String,
    epsilon: f64,
    device: Device,
}

impl<'a> TensorReader<'a> {
    /// `network` is its name in messages, `epsilon` what its batch norms add to the variance.
    pub fn new(
        tensors: &'a Tensors,
        network: impl fmt::Display,
        epsilon: f64,
        device: Device,
    ) -> Self {
        let unread = tensors.keys().map(String::as_str).collect();
        Self {
            tensors,
            unread,
            network: network.to_string(),
            epsilon,
            device,
        }
    }

    /// The convolution `convolution`.weight followed by the batch norm `norm`.{weight, bias, running_mean,
    /// running_var}.
    pub fn convolution(
        &mut self,
        convolution: &str,
        norm: &str,
        plan: Plan,
    ) -> Result<Convolution> {
        let weight = self.kernel(convolution, plan)?;
        self.fold(&weight, None, [convolution, norm], plan)
    }

    /// As [`TensorReader::convolution`]; the convolution adds `convolution`.bias before the batch norm.
    pub fn biased_convolution(
        &mut self,
        convolution: &str,
        norm: &str,
        plan: Plan,
    ) -> Result<Convolution> {
        let weight = self.kernel(convolution, plan)?;
        let bias = self.bias(convolution, plan)?;
        self.fold(&weight, Some(&bias), [convolution, norm], plan)
    }

    /// The convolution `name`.{weight, bias}, without a batch norm.
    pub fn plain_convolution(&mut self, name: &str, plan: Plan) -> Result<Convolution> {
        let weight = self.kernel(name, plan)?;
        let bias = self.bias(name, plan)?;
        self.assemble(&weight, &bias, [name, name], plan)
    }

    fn kernel(&mut self, convolution: &str, plan: Plan) -> Result<Tensor> {
        let Plan {
            inputs,
            outputs,
            kernel,
            groups,
            ..
        } = plan;
        self.tensor(
            &format!("{convolution}.weight"),
            &[outputs, inputs / groups, kernel, kernel],
        )
    }

    fn bias(&mut self, convolution: &str, plan: Plan) -> Result<Tensor> {
        self.tensor(&format!("{convolution}.bias"), &[plan.outputs])
    }

    /// Reads the batch norm and makes one convolution of it and the kernel.
    fn fold(
        &mut self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        [convolution, norm]: [&str; 2],
        plan: Plan,
    ) -> Result<Convolution> {
        let channels = [plan.outputs];
        let gamma = self.tensor(&format!("{norm}.weight"), &channels)?;
        let beta = self.tensor(&format!("{norm}.bias"), &channels)?;
        let mut mean = self.tensor(&format!("{norm}.running_mean"), &channels)?;
        let variance = self.tensor(&format!("{norm}.running_var"), &channels)?;
        if let Some(bias) = bias {
            mean = mean.f_sub(bias)?;
        }

        let scale = gamma.f_div(&variance.f_add_scalar(self.epsilon)?.f_sqrt()?)?;
        let bias = beta.f_sub(&mean.f_mul(&scale)?)?;
        let weight = weight.f_mul(&scale.f_view([-1, 1, 1, 1])?)?;
        self.assemble(&weight, &bias, [convolution, norm], plan)
    }

    /// As [`Self::convolution`], where the batch norm learned no scale and no shift: it is `norm`.{running_mean,
    /// running_var}.
    pub fn whitened_convolution(
        &mut self,
        convolution: &str,
        norm: &str,
        plan: Plan,
    ) -> Result<Convolution> {
        let weight = self.kernel(convolution, plan)?;
        let mean = self.tensor(&format!("{norm}.running_mean"), &[plan.outputs])?;
        let variance = self.tensor(&format!("{norm}.running_var"), &[plan.outputs])?;

        let scale = variance.f_add_scalar(self.epsilon)?.f_rsqrt()?;
        let bias = mean.f_neg()?.f_mul(&scale)?;
        let weight = weight.f_mul(&scale.f_view([-1, 1, 1, 1])?)?;
        self.assemble(&weight, &bias, [convolution, norm], plan)
    }

    /// `layers` are the parts of the file to blame if the weight, or the bias, is not finite.
    fn assemble(
        &self,
        weight: &Tensor,
        bias: &Tensor,
        layers: [&str; 2],
        plan: Plan,
    ) -> Result<Convolution> {
        Ok(Convolution {
            weight: self.store(&channels_last(weight)?, layers[0])?,
            bias: self.store(bias, layers[1])?,
            plan,
            reordered: Default::default(),
        })
    }

    /// Fails if a tensor was never asked for, unless its name starts with one of `unused` (the classifier's layers) or
    /// it is a batch norm's training counter.
    pub fn finish(self, unused: &[&str]) -> Result<()> {
        let is_unused = |name: &str| {
            name.ends_with(".num_batches_tracked") || unused.iter().any(|u| name.starts_with(u))
        };
        let extra: Vec<&str> = self
            .unread
            .iter()
            .copied()
            .filter(|name| !is_unused(name))
            .collect();
        let Some(&first) = extra.first() else {
            return Ok(());
        };
        let others = if extra.len() > 1 {
            format!(", nor are {} others", extra.len() - 1)
        } else {
            String::new()
        };
        Err(self.refuse(format!(
            "tensor '{first}' is not part of the network{others}"
        )))
    }

    /// The tensor of that name in double precision on the CPU, so that folding costs no accuracy.
    pub fn tensor(&mut self, name: &str, expected: &[i64]) -> Result<Tensor> {
        let Some(tensor) = self.tensors.get(name) else {
            return Err(self.refuse(format!(
                "tensor '{name}' is missing, expected shape {expected:?}"
            )));
        };
        self.unread.remove(name);
        let found = tensor.size();
        if found != expected {
            return Err(self.refuse(format!(
                "tensor '{name}' has shape {found:?}, expected {expected:?}"
            )));
        }
        let kind = tensor.f_kind()?;
        if !matches!(
            kind,
            Kind::Float | Kind::Double | Kind::Half | Kind::BFloat16
        ) {
            return Err(self.refuse(format!(
                "tensor '{name}' is of kind {kind:?}, expected a floating kind"
            )));
        }
        Ok(tensor.f_to_device(Device::Cpu)?.f_to_kind(Kind::Double)?)
    }

    /// `folded` in f32 on the device; `layer` is the part of the file to blame if it is not finite.
    pub fn store(&self, folded: &Tensor, layer: &str) -> Result<SharedTensor> {
        let folded = folded.f_to_kind(Kind::Float)?;
        if !bool::try_from(folded.f_isfinite()?.f_all()?)? {
            return Err(self.refuse(format!(
                "the tensors of layer '{layer}' give values that are not finite"
            )));
        }
        Ok(SharedTensor::new(folded.f_to_device(self.device)?))
    }

    pub fn refuse(&self, message: String) -> Error {
        let hint = format!(
            "The file does not hold sound weights of {}; fetch or import it again.",
            self.network
        );
        Error::new(ErrorKind::Weights, message).hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_border_even_side_pads_only_after() {
        assert_eq!(same_border(64, 3, 2), (0, 1));
        assert_eq!(same_border(64, 5, 2), (1, 2));
    }

    #[test]
    fn same_border_odd_side_pads_evenly() {
        assert_eq!(same_border(95, 3, 2), (1, 1));
        assert_eq!(same_border(1, 5, 2), (2, 2));
    }

    #[test]
    fn same_border_stride_1_is_centred() {
        assert_eq!(same_border(7, 5, 1), (2, 2));
        assert_eq!(same_border(7, 1, 1), (0, 0));
    }

    #[test]
    fn same_border_kernel_smaller_than_stride_pads_nothing() {
        assert_eq!(same_border(8, 1, 2), (0, 0));
    }
}
