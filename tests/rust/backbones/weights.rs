//! Which weights a built-in backbone accepts.

use tch::{Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::features::backbone::{Architecture, Backbone};
use twinspect::features::weights::Tensors;

use super::{F32, weights};

/// The error of building Lite0 from weights that `damage` has changed.
fn refused(damage: impl FnOnce(&mut Tensors)) -> twinspect::Error {
    let mut tensors = weights(Architecture::EfficientNetLite0);
    damage(&mut tensors);
    let error =
        Backbone::from_tensors(Architecture::EfficientNetLite0, &tensors, Device::Cpu).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
    error
}

#[test]
fn weights_missing_tensor_is_named() {
    let error = refused(|tensors| drop(tensors.remove("_blocks.3._bn1.running_var")));
    assert_eq!(
        error.message(),
        "tensor '_blocks.3._bn1.running_var' is missing, expected shape [144]"
    );
    assert!(error.what_to_do().contains("efficientnet-lite0"), "{error}");
}

#[test]
fn weights_wrong_shape_gives_both_shapes() {
    let error = refused(|tensors| {
        drop(tensors.insert(
            "_conv_stem.weight".into(),
            Tensor::zeros([32, 3, 5, 5], F32),
        ))
    });
    assert_eq!(
        error.message(),
        "tensor '_conv_stem.weight' has shape [32, 3, 5, 5], expected [32, 3, 3, 3]"
    );
}

#[test]
fn weights_unknown_tensor_is_named() {
    let error = refused(|tensors| {
        drop(tensors.insert("_blocks.16._bn1.bias".into(), Tensor::zeros([8], F32)))
    });
    assert_eq!(
        error.message(),
        "tensor '_blocks.16._bn1.bias' is not part of the network"
    );
}

#[test]
fn weights_of_integers_are_refused() {
    let error = refused(|tensors| {
        drop(tensors.insert(
            "_bn0.bias".into(),
            Tensor::zeros([32], (Kind::Int, Device::Cpu)),
        ))
    });
    assert_eq!(
        error.message(),
        "tensor '_bn0.bias' is of kind Int, expected a floating kind"
    );
}

#[test]
fn weights_not_finite_are_refused() {
    let error = refused(|tensors| {
        drop(tensors.insert("_bn0.running_var".into(), Tensor::full([32], -1.0, F32)))
    });
    assert_eq!(
        error.message(),
        "the tensors of layer '_conv_stem' give values that are not finite"
    );
}

#[test]
fn weights_of_another_network_are_refused() {
    let tensors = weights(Architecture::EfficientNetLite1);
    let error =
        Backbone::from_tensors(Architecture::EfficientNetLite0, &tensors, Device::Cpu).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
}

#[test]
fn weights_without_classifier_suffice() {
    let mut tensors = weights(Architecture::EfficientNetLite0);
    tensors.retain(|name, _| {
        let unused = ["_conv_head.", "_bn1.", "_fc."]
            .iter()
            .any(|layer| name.starts_with(layer));
        !unused && !name.ends_with("num_batches_tracked")
    });
    Backbone::from_tensors(Architecture::EfficientNetLite0, &tensors, Device::Cpu).unwrap();
}
