//! The backbone: a pretrained network from a picture to the feature maps of its stages.

use std::fmt;

use tch::{Device, Kind, Tensor};

use super::arithmetic::{Arithmetic, Precision};
use super::network::Network;
use super::torchscript::TorchScript;
use super::vit::{self, Plan, VisionTransformer};
use super::weights::Tensors;
use super::{efficientnet_lite, open_nsfw, resnet};
use crate::error::{Error, ErrorKind, Result};
use crate::image::Multiples;

/// The networks that are built in; printed as their names in options and messages, such as `efficientnet-lite0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// EfficientNet-Lite0: stages of 24, 40, 112, 320 channels. Weights named as in lukemelas' EfficientNet-PyTorch.
    EfficientNetLite0,
    /// EfficientNet-Lite1: as Lite0 in width, deeper.
    EfficientNetLite1,
    /// EfficientNet-Lite2: stages of 24, 48, 120, 352 channels.
    EfficientNetLite2,
    /// ResNet-18: stages of 64, 128, 256, 512 channels. Weights named as in torchvision, as for all ResNets.
    ResNet18,
    /// ResNet-50 with the stride in the 3 x 3 convolution: stages of 256, 512, 1024, 2048 channels.
    ResNet50,
    /// Wide ResNet-50-2: as ResNet-50, the bottlenecks twice as wide inside.
    WideResNet50_2,
    /// DINOv2's ViT-S/14: 12 stages of 384 channels. Weights named as in Meta's files, as for all DINOv2 networks.
    DinoV2S14,
    /// DINOv2's ViT-B/14: 12 stages of 768 channels.
    DinoV2B14,
    /// DINOv2's ViT-L/14: 24 stages of 1024 channels.
    DinoV2L14,
    /// As DinoV2S14, with four register tokens, which keep the maps free of outlying tokens.
    DinoV2S14Reg,
    /// As DinoV2B14, with four register tokens.
    DinoV2B14Reg,
    /// As DinoV2L14, with four register tokens.
    DinoV2L14Reg,
    /// ResNet-50 of half the width, the stride in the first 1 x 1 convolution: stages of 128, 256, 512, 1024 channels.
    /// Weights named as in open-nsfw's ONNX file, batch norm folded. A stand-in for tests; never a default.
    OpenNsfwResNet50,
}

impl fmt::Display for Architecture {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::EfficientNetLite0 => "efficientnet-lite0",
            Self::EfficientNetLite1 => "efficientnet-lite1",
            Self::EfficientNetLite2 => "efficientnet-lite2",
            Self::ResNet18 => "resnet18",
            Self::ResNet50 => "resnet50",
            Self::WideResNet50_2 => "wide-resnet50-2",
            Self::DinoV2S14 => "dinov2-vits14",
            Self::DinoV2B14 => "dinov2-vitb14",
            Self::DinoV2L14 => "dinov2-vitl14",
            Self::DinoV2S14Reg => "dinov2-vits14-reg",
            Self::DinoV2B14Reg => "dinov2-vitb14-reg",
            Self::DinoV2L14Reg => "dinov2-vitl14-reg",
            Self::OpenNsfwResNet50 => "open-nsfw-resnet50",
        })
    }
}

impl Architecture {
    /// What the sides of its input are multiples of; pictures are brought to such a size.
    pub fn multiples(self) -> Multiples {
        match self {
            Self::EfficientNetLite0
            | Self::EfficientNetLite1
            | Self::EfficientNetLite2
            | Self::ResNet18
            | Self::ResNet50
            | Self::WideResNet50_2
            | Self::OpenNsfwResNet50 => Multiples::CONVOLUTIONAL,
            Self::DinoV2S14
            | Self::DinoV2B14
            | Self::DinoV2L14
            | Self::DinoV2S14Reg
            | Self::DinoV2B14Reg
            | Self::DinoV2L14Reg => Multiples::of_patches(vit::PATCH_PX),
        }
    }
}

/// One of the depths at which a backbone can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageInfo {
    /// The number by which [`Backbone::forward`] is asked for it: 1 is the shallowest; the built-in convolutional
    /// networks have 4, a vision transformer has as many as blocks.
    pub stage: usize,
    /// Pixels of the picture from one location to the next, along both axes.
    pub stride: u32,
    /// Channels of its feature map, C.
    pub channels: i64,
}

/// A pretrained network, ready to turn pictures into feature maps.
///
/// Threads: `&self` only, so one backbone may serve many threads at once; on a CPU, equal inputs give equal bits.
///
/// # Example
/// ```no_run
/// use tch::{Device, Kind, Tensor};
/// use twinspect::features::backbone::Backbone;
/// let backbone = Backbone::from_torchscript(&std::fs::read("network.pt").unwrap(), Device::Cpu)?;
/// let picture = Tensor::f_zeros([1, 3, 320, 480], (Kind::Float, Device::Cpu))?;
/// let maps = backbone.forward(&picture, &[2, 3])?;
/// assert_eq!(maps[0].size()[1], backbone.stages()[1].channels);
/// # twinspect::Result::Ok(())
/// ```
pub struct Backbone {
    network: Layers,
    stages: Vec<StageInfo>,
    arithmetic: Arithmetic,
}

enum Layers {
    Convolutional(Network),
    VisionTransformer(VisionTransformer),
    TorchScript(TorchScript),
}

impl From<Network> for Layers {
    fn from(network: Network) -> Self {
        Self::Convolutional(network)
    }
}

impl From<VisionTransformer> for Layers {
    fn from(network: VisionTransformer) -> Self {
        Self::VisionTransformer(network)
    }
}

impl Backbone {
    /// Builds `architecture` on a device from the tensors of its weight file.
    ///
    /// Convolutional networks: batch norm is folded into the convolutions; stages 1 to 4 have strides 4, 8, 16, 32. Vision
    /// transformers: layer scale is folded into the layer before it; stage k is the patch tokens after block k with the
    /// network's last layer norm, and has stride 14. What is folded is folded in double precision; everything then runs in
    /// the precision asked for, f32 if only a device is given. Tensors that only training needs (the classifier's, `num_batches_tracked`, `mask_token`) may be absent.
    ///
    /// Errors: `Weights`, naming the tensor, if one is missing, has another shape than expected, is not of a floating
    /// kind, holds values that are not finite, or belongs to no layer (the file is of another network); `Device` if it
    /// cannot compute so; `Torch` if it cannot be used.
    pub fn from_tensors(
        architecture: Architecture,
        tensors: &Tensors,
        arithmetic: impl Into<Arithmetic>,
    ) -> Result<Self> {
        let _no_grad = tch::no_grad_guard();
        let arithmetic = arithmetic.into();
        arithmetic.check()?;
        let lite = |variant| efficientnet_lite::read(variant, architecture, tensors, arithmetic);
        let resnet = |variant| resnet::read(variant, architecture, tensors, arithmetic);
        let vit = |plan| vit::read(plan, architecture, tensors, arithmetic);
        let network: Layers = match architecture {
            Architecture::EfficientNetLite0 => lite(&efficientnet_lite::LITE0)?.into(),
            Architecture::EfficientNetLite1 => lite(&efficientnet_lite::LITE1)?.into(),
            Architecture::EfficientNetLite2 => lite(&efficientnet_lite::LITE2)?.into(),
            Architecture::ResNet18 => resnet(&resnet::RESNET18)?.into(),
            Architecture::ResNet50 => resnet(&resnet::RESNET50)?.into(),
            Architecture::WideResNet50_2 => resnet(&resnet::WIDE_RESNET50_2)?.into(),
            Architecture::OpenNsfwResNet50 => {
                let tensors = open_nsfw::as_torchvision(tensors)?;
                resnet::read(&resnet::OPEN_NSFW, architecture, &tensors, arithmetic)?.into()
            }
            Architecture::DinoV2S14 => vit(Plan::SMALL)?.into(),
            Architecture::DinoV2B14 => vit(Plan::BASE)?.into(),
            Architecture::DinoV2L14 => vit(Plan::LARGE)?.into(),
            Architecture::DinoV2S14Reg => vit(Plan::SMALL.with_registers())?.into(),
            Architecture::DinoV2B14Reg => vit(Plan::BASE.with_registers())?.into(),
            Architecture::DinoV2L14Reg => vit(Plan::LARGE.with_registers())?.into(),
        };
        Ok(Self::new(network, arithmetic))
    }

    /// Loads a network of the user's own: the content of a TorchScript file, as `torch.jit.save` writes it.
    ///
    /// Its `forward` takes [N, 3, H, W] f32 and returns one feature map [N, C, h, w] f32 or a tuple, list or dict of
    /// them; stage i is the i-th that it returns, in that order (a dict in the order of insertion). Channels and
    /// strides are found by running it once on a picture of 224 x 224 zeros, a size that every common patch size
    /// divides; a stride is rounded to whole pixels. The module is put into evaluation mode.
    ///
    /// The file is a program, which is run: load only files that you trust.
    ///
    /// Errors: `Format` if `bytes` are no TorchScript file; `Unsupported` if the trial run fails or returns anything
    /// else than feature maps, naming which.
    pub fn from_torchscript(bytes: &[u8], device: Device) -> Result<Self> {
        let _no_grad = tch::no_grad_guard();
        let module = TorchScript::load(bytes, device)?;
        Ok(Self::new(Layers::TorchScript(module), device.into()))
    }

    fn new(network: Layers, arithmetic: Arithmetic) -> Self {
        let stages = match &network {
            Layers::Convolutional(network) => network.stages(),
            Layers::VisionTransformer(network) => network.stages(),
            Layers::TorchScript(module) => module.stages().to_vec(),
        };
        Self {
            network,
            stages,
            arithmetic,
        }
    }

    /// The numbers that it computes in.
    pub fn precision(&self) -> Precision {
        self.arithmetic.precision
    }

    /// The stages that [`Backbone::forward`] can be asked for, shallowest first in the built-in networks.
    pub fn stages(&self) -> &[StageInfo] {
        &self.stages
    }

    /// What the sides of its input are multiples of; pictures are brought to such a size. A TorchScript module is taken for a
    /// convolutional network: the size of its input is the user's to choose.
    pub fn multiples(&self) -> Multiples {
        match self.network {
            Layers::Convolutional(_) | Layers::TorchScript(_) => Multiples::CONVOLUTIONAL,
            Layers::VisionTransformer(_) => Multiples::of_patches(vit::PATCH_PX),
        }
    }

    /// Height and width of a stage's map on an input of this height and width; none for a stage that does not exist and
    /// for a TorchScript module, which alone knows.
    pub fn grid(&self, stage: usize, (height, width): (u32, u32)) -> Option<(i64, i64)> {
        let info = self.stages.iter().find(|info| info.stage == stage)?;
        match self.network {
            Layers::Convolutional(_) | Layers::VisionTransformer(_) => Some((
                i64::from(height.div_ceil(info.stride)),
                i64::from(width.div_ceil(info.stride)),
            )),
            Layers::TorchScript(_) => None,
        }
    }

    /// The feature maps of `stages`, in the order asked for.
    ///
    /// Shapes: `input` [N, 3, H, W] f32, normalised as the weights expect it, on this backbone's device, every side at
    /// least 1 and for a vision transformer a multiple of 14; results [N, C, h, w] f32, contiguous, in the built-in
    /// networks with h = H / stride and w = W / stride, rounded up. Cost: a built-in network stops after the deepest stage
    /// that is asked for.
    ///
    /// Errors: `InvalidArgument` if a stage does not exist or none is asked for, or if the input is of another shape,
    /// kind or device; `Unsupported` if a TorchScript module refuses the input or returns other maps than in its trial
    /// run.
    pub fn forward(&self, input: &Tensor, stages: &[usize]) -> Result<Vec<Tensor>> {
        let deepest = self.deepest(stages)?;
        self.check_input(input)?;
        let _no_grad = tch::no_grad_guard();
        let input = input.f_to_kind(self.arithmetic.precision.kind())?;
        let all = match &self.network {
            Layers::Convolutional(network) => network.forward(&input, deepest)?,
            Layers::VisionTransformer(network) => {
                let maps = network.patch_tokens(&input, stages)?;
                return maps.iter().map(as_float32).collect();
            }
            Layers::TorchScript(module) => module.forward(&input)?,
        };
        let maps = stages.iter().filter_map(|stage| all.get(stage - 1));
        maps.map(as_float32).collect()
    }

    fn deepest(&self, stages: &[usize]) -> Result<usize> {
        let count = self.stages.len();
        if let Some(stage) = stages.iter().find(|stage| !(1..=count).contains(stage)) {
            let allowed: Vec<String> = self
                .stages
                .iter()
                .map(|info| info.stage.to_string())
                .collect();
            let message = format!(
                "stage {stage} does not exist, this backbone has {}",
                allowed.join(", ")
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        stages.iter().copied().max().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("no stage was asked for, this backbone has 1 to {count}"),
            )
        })
    }

    fn check_input(&self, input: &Tensor) -> Result<()> {
        let refuse = |message: String| Err(Error::new(ErrorKind::InvalidArgument, message));
        if !input.defined() {
            return refuse("the backbone's input is an undefined tensor".into());
        }
        let size = input.size();
        if size.len() != 4 || size[1] != 3 || size.contains(&0) {
            return refuse(format!(
                "the backbone's input has shape {size:?}, expected [N, 3, H, W] with no side empty"
            ));
        }
        let kind = input.f_kind()?;
        if kind != Kind::Float {
            return refuse(format!(
                "the backbone's input is of kind {kind:?}, expected Float"
            ));
        }
        let device = input.device();
        if device != self.arithmetic.device {
            return refuse(format!(
                "the backbone's input is on {device:?}, the backbone on {:?}",
                self.arithmetic.device
            ));
        }
        Ok(())
    }
}

fn as_float32(map: &Tensor) -> Result<Tensor> {
    Ok(map.f_to_kind(Kind::Float)?.f_contiguous()?)
}

impl fmt::Debug for Backbone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Backbone")
            .field("stages", &self.stages)
            .field("arithmetic", &self.arithmetic)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backbone_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Backbone>();
    }
}
