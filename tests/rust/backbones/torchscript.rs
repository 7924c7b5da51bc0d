//! Backbones of the user's own, from the modules that make.py writes.

use tch::Device;
use twinspect::ErrorKind;
use twinspect::features::backbone::Backbone;

use super::{assert_stages, data, picture};

fn load(file: &str) -> twinspect::Result<Backbone> {
    Backbone::from_torchscript(&std::fs::read(data(file)).unwrap(), Device::Cpu)
}

#[test]
fn torchscript_stages_are_outputs_in_returned_order() {
    for file in ["tuple.pt", "dict.pt", "list.pt", "frozen.pt"] {
        let backbone = load(file).unwrap();
        let found: Vec<_> = backbone
            .stages()
            .iter()
            .map(|info| (info.stage, info.stride, info.channels))
            .collect();
        assert_eq!(found, [(1, 2, 4), (2, 8, 6)], "{file}");
        assert_stages(&backbone, "torchscript", 64, 96);
    }
}

#[test]
fn torchscript_output_without_locations_is_unsupported() {
    let error = load("flat.pt").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let message =
        "output 1 of the module is Float of shape [1, 4704], expected Float of [N, C, h, w]";
    assert_eq!(error.message(), message);
}

#[test]
fn torchscript_failure_in_forward_tells_cause() {
    let backbone = load("fixed.pt").unwrap();
    backbone.forward(&picture(224, 224), &[1]).unwrap();
    let error = backbone.forward(&picture(64, 96), &[1]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let message = "the module failed on an input of shape [1, 3, 64, 96]: shape '[1, 4, 112, 112]' is invalid for input of size 6144";
    assert_eq!(error.message(), message);
}

#[test]
fn torchscript_garbage_reports_format() {
    let module = std::fs::read(data("tuple.pt")).unwrap();
    let truncated = (0..module.len())
        .step_by(64)
        .map(|length| &module[..length]);
    for bytes in truncated.chain([&b"not a module"[..]]) {
        let error = Backbone::from_torchscript(bytes, Device::Cpu).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Format,
            "{} bytes: {error}",
            bytes.len()
        );
    }
}
