//! Networks in other numbers than float32: the same maps but for the rounding, or a clear refusal.

use tch::{Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::features::arithmetic::{Arithmetic, Precision};
use twinspect::features::backbone::{Architecture, Backbone};
use twinspect::features::pretrained::Pretrained;
use twinspect::options::Options;

use super::{picture, vit, weights};
use crate::parts;

const BFLOAT16: Arithmetic = Arithmetic {
    device: Device::Cpu,
    precision: Precision::BFloat16,
};

/// bfloat16 rounds to 2^-9 of a number, in each of some tens of layers.
const LARGEST_SHARE: f64 = 0.05;

fn has_bfloat16() -> bool {
    let refused = BFLOAT16.check().err();
    if let Some(error) = &refused {
        crate::skip::skip("bfloat16", error);
    }
    refused.is_none()
}

/// Root of the mean square of the error, as a share of that of the map.
fn share_of_error(found: &Tensor, expected: &Tensor) -> f64 {
    let power = |map: &Tensor| map.square().mean(Kind::Double).double_value(&[]);
    (power(&(found - expected)) / power(expected)).sqrt()
}

#[test]
fn bfloat16_maps_are_those_of_float32_but_for_the_rounding() {
    if !has_bfloat16() {
        return;
    }
    let networks = [
        (Architecture::EfficientNetLite0, vec![1, 2, 3, 4]),
        (Architecture::ResNet18, vec![1, 2, 3, 4]),
        (Architecture::DinoV2S14, vec![1, 12]),
    ];
    for (architecture, stages) in networks {
        let tensors = match architecture {
            Architecture::DinoV2S14 => vit::weights(architecture),
            _ => weights(architecture),
        };
        let exact = Backbone::from_tensors(architecture, &tensors, Device::Cpu).unwrap();
        let rounded = Backbone::from_tensors(architecture, &tensors, BFLOAT16).unwrap();
        let input = picture(56, 84);
        let found = rounded.forward(&input, &stages).unwrap();
        for (stage, (found, expected)) in stages
            .iter()
            .zip(found.iter().zip(exact.forward(&input, &stages).unwrap()))
        {
            let share = share_of_error(found, &expected);
            println!("{architecture} stage {stage}: {share:.4}");
            assert_eq!(found.kind(), Kind::Float);
            assert!(
                share > 1e-4 && share < LARGEST_SHARE,
                "{architecture} {stage}: {share}"
            );
        }
    }
}

#[test]
fn float16_on_a_cpu_is_refused_before_any_work() {
    let arithmetic = Arithmetic {
        device: Device::Cpu,
        precision: Precision::Float16,
    };
    let architecture = Architecture::EfficientNetLite0;
    let error =
        Backbone::from_tensors(architecture, &weights(architecture), arithmetic).unwrap_err();
    assert_eq!(
        (error.kind(), error.place()),
        (ErrorKind::Device, "features.precision")
    );
    assert!(error.what_to_do().contains("bfloat16"), "{error}");
}

#[test]
fn torchscript_module_keeps_the_numbers_it_was_exported_with() {
    let path = super::data("tuple.pt").display().to_string();
    let error = Pretrained::open(&path, BFLOAT16).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert!(error.message().contains("TorchScript"), "{error}");
}

#[test]
fn precision_of_a_model_is_kept_in_its_file() {
    if !has_bfloat16() || super::real_weights("efficientnet-lite0").is_none() {
        return;
    }
    let set = [("features.precision", "bfloat16"), ("input.size", "64")];
    let mut options = Options::default();
    for (key, value) in set {
        options.set_text(key, value).unwrap();
    }
    let model = parts::fit(&parts::good_parts(4), &options);
    let read = twinspect::model::Model::from_bytes(&model.to_bytes().unwrap(), &Options::default());
    let part = parts::good_parts(5).pop().unwrap();
    let [of_model, of_file] = [model, read.unwrap()].map(|model| {
        let mut inspector =
            twinspect::model::Inspector::new(model.into(), &Options::default()).unwrap();
        inspector.inspect(&parts::view(&part), None).unwrap().score
    });
    assert_eq!(of_model, of_file);
}
