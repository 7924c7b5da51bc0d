//! Reads the named tensors of a weight file, and makes convolutions of them with their batch norms folded in.

use std::collections::BTreeSet;
use std::fmt;

use tch::{Device, Kind, Tensor};

use super::arithmetic::Arithmetic;
use super::convolution::{Convolution, Plan, channels_last};
use super::weights::Tensors;
use crate::error::{Error, ErrorKind, Result};
use crate::torch::shared::SharedTensor;

/// Hands out the tensors of a weight file by name and remembers which are left over.
pub(crate) struct TensorReader<'a> {
    tensors: &'a Tensors,
    unread: BTreeSet<&'a str>,
    network: String,
    epsilon: f64,
    arithmetic: Arithmetic,
}

impl<'a> TensorReader<'a> {
    /// `network` is its name in messages, `epsilon` what its batch norms add to the variance.
    pub fn new(
        tensors: &'a Tensors,
        network: impl fmt::Display,
        epsilon: f64,
        arithmetic: impl Into<Arithmetic>,
    ) -> Self {
        let unread = tensors.keys().map(String::as_str).collect();
        Self {
            tensors,
            unread,
            network: network.to_string(),
            epsilon,
            arithmetic: arithmetic.into(),
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
        let weight = self.store(&channels_last(weight)?, layers[0])?;
        Ok(Convolution::new(weight, self.store(bias, layers[1])?, plan))
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

    /// `folded` on the device in the network's precision; `layer` is the part of the file to blame if it is not finite.
    pub fn store(&self, folded: &Tensor, layer: &str) -> Result<SharedTensor> {
        self.store_as(self.arithmetic.precision.kind(), folded, layer)
    }

    /// `folded` on the device, in f32 whatever the network's precision.
    pub fn store_exactly(&self, folded: &Tensor, layer: &str) -> Result<SharedTensor> {
        self.store_as(Kind::Float, folded, layer)
    }

    fn store_as(&self, kind: Kind, folded: &Tensor, layer: &str) -> Result<SharedTensor> {
        let folded = folded.f_to_kind(kind)?;
        if !bool::try_from(folded.f_isfinite()?.f_all()?)? {
            return Err(self.refuse(format!(
                "the tensors of layer '{layer}' give values that are not finite"
            )));
        }
        Ok(SharedTensor::new(
            folded.f_to_device(self.arithmetic.device)?,
        ))
    }

    pub fn refuse(&self, message: String) -> Error {
        let hint = format!(
            "The file does not hold sound weights of {}; fetch or import it again.",
            self.network
        );
        Error::new(ErrorKind::Weights, message).hint(hint)
    }
}
