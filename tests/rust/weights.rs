//! Weight files: reading them, and files that are damaged or hostile.

mod import;
mod program;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use tch::{Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::features::weights::{self, Tensors, WEIGHT_FILES};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/weights")
        .join(name)
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tensor's bytes in row-major order.
fn elements(tensor: &Tensor) -> Vec<u8> {
    let mut bytes = vec![0; tensor.numel() * tensor.kind().elt_size_in_bytes()];
    tensor.contiguous().copy_data_u8(&mut bytes, tensor.numel());
    bytes
}

/// The bytes of every tensor in the order of the names.
fn all_elements(tensors: &Tensors) -> Vec<u8> {
    let mut names: Vec<_> = tensors.keys().collect();
    names.sort();
    names
        .into_iter()
        .flat_map(|name| elements(&tensors[name]))
        .collect()
}

/// What PyTorch says about a tensor.
#[derive(Deserialize)]
struct Expected {
    shape: Vec<i64>,
    kind: String,
    elements: String,
}

fn expected() -> HashMap<String, Expected> {
    let text = fs::read_to_string(data("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn assert_as_pytorch_says(tensors: &Tensors, file: &str) {
    assert_equal(tensors, expected(), file);
}

fn assert_equal(tensors: &Tensors, expected: HashMap<String, Expected>, file: &str) {
    let mut names: Vec<_> = tensors.keys().collect();
    let mut expected_names: Vec<_> = expected.keys().collect();
    names.sort();
    expected_names.sort();
    assert_eq!(names, expected_names, "{file}");
    for (name, expected) in expected {
        let tensor = &tensors[&name];
        let kind = match tensor.kind() {
            Kind::Float => "float32",
            Kind::Double => "float64",
            Kind::Half => "float16",
            Kind::BFloat16 => "bfloat16",
            Kind::Int64 => "int64",
            Kind::Int => "int32",
            Kind::Int16 => "int16",
            Kind::Int8 => "int8",
            Kind::Uint8 => "uint8",
            Kind::Bool => "bool",
            other => panic!("{file}: {name} is {other:?}"),
        };
        assert_eq!(
            (tensor.size(), kind),
            (expected.shape, expected.kind.as_str()),
            "{file}: {name}"
        );
        // Bits are copied, so there is no tolerance.
        assert_eq!(hex(&elements(tensor)), expected.elements, "{file}: {name}");
    }
}

#[test]
fn both_containers_read_what_pytorch_wrote() {
    for file in ["zip.pth", "legacy.pth", "deflated.pth", "checkpoint.pth"] {
        assert_as_pytorch_says(&weights::read(&data(file)).unwrap(), file);
    }
}

#[test]
fn onnx_initialisers_of_floats_are_read_as_onnx_wrote_them() {
    let mut floats = expected();
    floats.retain(|_, tensor| tensor.kind.contains("float"));
    assert!(floats.len() >= 12, "{}", floats.len());
    let tensors = weights::read(&data("floats.onnx")).unwrap();
    assert_equal(&tensors, floats, "floats.onnx");
}

#[test]
fn shared_storage_is_one_memory() {
    let tensors = weights::read(&data("zip.pth")).unwrap();
    assert_eq!(
        tensors["whole"].data_ptr(),
        tensors["transposed"].data_ptr()
    );
    assert_eq!(tensors["transposed"].stride(), [1, 6]);
}

#[test]
fn file_that_would_run_a_command_is_refused() {
    for file in ["runs_zip.pth", "runs_legacy.pth"] {
        let error = weights::read(&data(file)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
        assert!(
            error
                .message()
                .starts_with("refused: the name 'posix.system'"),
            "{error}"
        );
        assert!(error.place().ends_with(file), "{error}");
    }
    assert!(!Path::new("harmed").exists());
}

#[test]
fn file_without_tensors_is_format_error() {
    let error = weights::read(&data("no_tensors.pth")).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Format, "no dict of tensors in the file")
    );
}

#[test]
fn archive_that_inflates_without_end_is_format_error() {
    let error = weights::read(&data("bomb.pth")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    assert!(error.message().contains("more than 64 times"), "{error}");
}

#[test]
fn other_files_are_format_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.pth");
    for content in [
        &b""[..],
        b"<!doctype html>",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x80\x02",
        &[0xff; 64],
        b"\0\0\0\0\0\0\0\0{}",
    ] {
        fs::write(&path, content).unwrap();
        assert_eq!(
            weights::read(&path).unwrap_err().kind(),
            ErrorKind::Format,
            "{content:?}"
        );
    }
    assert_eq!(
        weights::read(&folder.path().join("none.pth"))
            .unwrap_err()
            .kind(),
        ErrorKind::NotFound
    );
}

/// The formats, as they come from the test data; safetensors through an import.
fn files_of_every_format(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let imported = weights::import(&data("zip.pth"), Some("resnet18"), folder).unwrap();
    vec![
        ("zip", fs::read(data("zip.pth")).unwrap()),
        ("legacy", fs::read(data("legacy.pth")).unwrap()),
        ("deflated", fs::read(data("deflated.pth")).unwrap()),
        ("safetensors", fs::read(imported).unwrap()),
        ("onnx", fs::read(data("floats.onnx")).unwrap()),
    ]
}

#[test]
fn file_truncated_at_every_64th_byte_is_format_error() {
    let folder = tempfile::tempdir().unwrap();
    for (format, whole) in files_of_every_format(folder.path()) {
        let length = whole.len();
        for cut in (0..length).step_by(64).chain([length - 1]) {
            let error =
                weights::parse(&whole[..cut]).expect_err(&format!("{format}, {cut} of {length}"));
            assert_eq!(
                error.kind(),
                ErrorKind::Format,
                "{format}, {cut} of {length}: {error}"
            );
        }
    }
}

#[test]
fn file_with_a_flipped_bit_is_read_or_refused_and_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    for (format, whole) in files_of_every_format(folder.path()) {
        let mut refused = 0;
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            if let Err(error) = weights::parse(&bytes) {
                let expected = [ErrorKind::Format, ErrorKind::Memory];
                assert!(
                    expected.contains(&error.kind()),
                    "{format}, byte {at}: {error}"
                );
                refused += 1;
            }
        }
        assert!(
            refused > 0,
            "{format}: not one of {} flips was noticed",
            whole.len()
        );
    }
}

#[test]
fn flipped_bit_in_a_zip_member_is_noticed_by_its_crc() {
    let mut bytes = fs::read(data("zip.pth")).unwrap();
    let scalar = (-3.25_f32).to_le_bytes();
    let at = bytes
        .windows(4)
        .position(|window| window == scalar)
        .unwrap();
    bytes[at] ^= 1;
    let error = weights::parse(&bytes).unwrap_err();
    assert!(error.message().contains("damaged zip member"), "{error}");
}

#[test]
fn real_lite_files_hold_what_pytorch_reads() {
    #[derive(Deserialize)]
    struct Lite {
        tensors: usize,
        sha256_of_all_elements: String,
        stem_shape: Vec<i64>,
        stem_first_four: String,
    }
    let expected: HashMap<String, Lite> =
        serde_json::from_str(&fs::read_to_string(data("lite.json")).unwrap()).unwrap();
    for name in [
        "efficientnet-lite0",
        "efficientnet-lite1",
        "efficientnet-lite2",
    ] {
        let found = match weights::find(name) {
            Ok(found) => found,
            Err(error) => {
                crate::skip::skip("a real weight file", error);
                continue;
            }
        };
        let tensors = weights::read(&found.path).unwrap();
        let expected = &expected[weights::entry(name).unwrap().file];
        assert_eq!(tensors.len(), expected.tensors, "{name}");
        let stem = &tensors["_conv_stem.weight"];
        assert_eq!(stem.size(), expected.stem_shape, "{name}");
        assert_eq!(
            hex(&elements(stem)[..16]),
            expected.stem_first_four,
            "{name}"
        );
        assert_eq!(
            sha256(&all_elements(&tensors)),
            expected.sha256_of_all_elements,
            "{name}"
        );
    }
}

#[test]
fn every_known_file_has_its_own_name_and_digest() {
    for (i, file) in WEIGHT_FILES.iter().enumerate() {
        for other in &WEIGHT_FILES[..i] {
            assert!(
                file.name != other.name && file.file != other.file && file.sha256 != other.sha256
            );
        }
    }
}
