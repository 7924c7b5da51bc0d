//! The names in open-nsfw's ONNX file, and those that torchvision gives to the same layers of a ResNet-50.
//!
//! The file went from Caffe through TensorFlow: its batch norms are folded into the convolutions, whose 3 x 3 ones got
//! numbers for names, and its first convolution takes blue, green, red.

use super::weights::Tensors;
use crate::error::Result;

/// What its names of the 3 x 3 convolutions count, by stage and block.
const SPATIAL: [&[u32]; 4] = [
    &[450, 452, 462],
    &[476, 478, 488, 498],
    &[512, 514, 524, 534, 544, 554],
    &[568, 570, 580],
];
const STEM: &str = "Conv__440";

/// The same tensors by torchvision's names of the layers, for red, green, blue; others keep their names.
pub(super) fn as_torchvision(tensors: &Tensors) -> Result<Tensors> {
    let mut renamed: Tensors = tensors
        .iter()
        .map(|(name, tensor)| (name.clone(), tensor.shallow_clone()))
        .collect();
    for (theirs, ours) in layers() {
        for (their_part, our_part) in [("weights", "weight"), ("bias", "bias")] {
            if let Some(tensor) = renamed.remove(&format!("{theirs}_{their_part}_fused_bn")) {
                renamed.insert(format!("{ours}.{our_part}"), tensor);
            }
        }
    }
    if let Some(stem) = renamed.get_mut("conv1.weight")
        && stem.dim() == 4
    {
        *stem = stem.f_flip([1])?;
    }
    Ok(renamed)
}

/// Its name and torchvision's for every convolution.
fn layers() -> Vec<(String, String)> {
    let mut layers = vec![(STEM.to_owned(), "conv1".to_owned())];
    for (stage, spatial) in SPATIAL.iter().enumerate() {
        for (block, number) in spatial.iter().enumerate() {
            let theirs = |part: &str| format!("conv_stage{stage}_block{block}_{part}/BiasAdd");
            let ours = |part: &str| format!("layer{}.{block}.{part}", stage + 1);
            layers.push((theirs("branch2a"), ours("conv1")));
            layers.push((format!("Conv__{number}"), ours("conv2")));
            layers.push((theirs("branch2c"), ours("conv3")));
            if block == 0 {
                layers.push((theirs("proj_shortcut"), ours("downsample.0")));
            }
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use tch::Tensor;

    use super::*;

    #[test]
    fn names_are_exchanged_and_the_stem_takes_red_first() {
        let stem = Tensor::from_slice(&[1.0_f32, 2.0, 3.0]).view([1, 3, 1, 1]);
        let tensors = Tensors::from([
            ("Conv__440_weights_fused_bn".to_owned(), stem),
            ("Conv__476_bias_fused_bn".to_owned(), Tensor::from(7.0_f32)),
            ("other".to_owned(), Tensor::from(8.0_f32)),
        ]);
        let renamed = as_torchvision(&tensors).unwrap();
        let mut names: Vec<_> = renamed.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["conv1.weight", "layer2.0.conv2.bias", "other"]);
        let stem: Vec<f32> = renamed["conv1.weight"].flatten(0, -1).try_into().unwrap();
        assert_eq!(stem, [3.0, 2.0, 1.0]);
        assert_eq!(layers().len(), 1 + 16 * 3 + 4);
    }

    #[test]
    fn stem_of_another_shape_is_left_to_the_reader_to_refuse() {
        let name = "Conv__440_weights_fused_bn".to_owned();
        let renamed = as_torchvision(&Tensors::from([(name, Tensor::from(1.0_f32))])).unwrap();
        assert_eq!(renamed["conv1.weight"].size(), [0; 0]);
    }
}
