//! The trained tensors of an ONNX file: its graph's initialisers by name. Nothing else of ONNX is interpreted.
//!
//! An ONNX file is one Protocol Buffers message; what is declared here is the part of its published schema that holds
//! tensors. Each message is decoded on its own, so that a hostile file costs a few times its size and no more.

use prost::{DecodeError, Message};
use tch::{Kind, Tensor};

use super::strided::{MOST_DIMENSIONS, tensor_of};
use super::tensors::Tensors;
use crate::error::{Error, ErrorKind, Result};

/// `ModelProto`.
#[derive(Clone, PartialEq, Message)]
struct Model {
    /// `GraphProto`, not decoded.
    #[prost(bytes = "vec", tag = "7")]
    graph: Vec<u8>,
}

/// `GraphProto`.
#[derive(Clone, PartialEq, Message)]
struct Graph {
    /// `TensorProto`s, not decoded.
    #[prost(bytes = "vec", repeated, tag = "5")]
    initialisers: Vec<Vec<u8>>,
}

/// `TensorProto`.
#[derive(Clone, PartialEq, Message)]
struct Initialiser {
    #[prost(int64, repeated, tag = "1")]
    size: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    /// Where a writer put 32-bit floats in place of `raw`.
    #[prost(float, repeated, tag = "4")]
    floats: Vec<f32>,
    #[prost(string, tag = "8")]
    name: String,
    /// Elements in row-major order, little-endian.
    #[prost(bytes = "vec", tag = "9")]
    raw: Vec<u8>,
    #[prost(int32, tag = "14")]
    location: i32,
}

/// `TensorProto.DataLocation.EXTERNAL`.
const OUTSIDE: i32 = 1;

/// Whether these bytes begin like an ONNX file: its version, one byte long for all there are, then a field of a model.
pub(super) fn is_onnx(bytes: &[u8]) -> bool {
    // The fields that writers put next: the producer's name and version, the graph, the operator sets.
    matches!(bytes, [0x08, 1..=0x7f, 0x12 | 0x1a | 0x3a | 0x42, ..])
}

/// The initialisers that hold floating-point numbers; others (shapes, indices) are left out.
///
/// Errors: `Format` if the file is damaged, holds no such tensor, or keeps one in another file or under a used name.
pub(super) fn read(bytes: &[u8]) -> Result<Tensors> {
    let model = Model::decode(bytes).map_err(damaged)?;
    let graph = Graph::decode(model.graph.as_slice()).map_err(damaged)?;
    let mut tensors = Tensors::new();
    for bytes in &graph.initialisers {
        let initialiser = Initialiser::decode(bytes.as_slice()).map_err(damaged)?;
        let Some(kind) = floating_kind(initialiser.data_type) else {
            continue;
        };
        let tensor = initialiser.tensor(kind).map_err(|error| {
            error.at(format!("initialiser '{}'", initialiser.name.escape_debug()))
        })?;
        if tensors.contains_key(&initialiser.name) {
            let text = format!(
                "two initialisers named '{}'",
                initialiser.name.escape_debug()
            );
            return Err(Error::new(ErrorKind::Format, text));
        }
        tensors.insert(initialiser.name, tensor);
    }
    if tensors.is_empty() {
        let text = "no initialiser of floating-point numbers in the file";
        return Err(Error::new(ErrorKind::Format, text));
    }
    Ok(tensors)
}

/// The kind of a `TensorProto.DataType`, if it is a floating one.
fn floating_kind(data_type: i32) -> Option<Kind> {
    match data_type {
        1 => Some(Kind::Float),
        10 => Some(Kind::Half),
        11 => Some(Kind::Double),
        16 => Some(Kind::BFloat16),
        _ => None,
    }
}

impl Initialiser {
    fn tensor(&self, kind: Kind) -> Result<Tensor> {
        let refuse = |text: String| Err(Error::new(ErrorKind::Format, text));
        if self.location == OUTSIDE {
            return Err(
                Error::new(ErrorKind::Format, "its numbers lie in another file")
                    .hint("Save the model with its weights inside."),
            );
        }
        if self.size.len() > MOST_DIMENSIONS {
            return refuse(format!(
                "{} dimensions, at most {MOST_DIMENSIONS} are read",
                self.size.len()
            ));
        }
        if self.floats.is_empty() || kind != Kind::Float {
            return tensor_of(&self.raw, &self.size, kind);
        }
        if !self.raw.is_empty() {
            return refuse("its numbers are there twice".to_owned());
        }
        let bytes: Vec<u8> = self.floats.iter().flat_map(|x| x.to_le_bytes()).collect();
        tensor_of(&bytes, &self.size, kind)
    }
}

fn damaged(error: DecodeError) -> Error {
    Error::new(ErrorKind::Format, format!("damaged ONNX: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn initialiser(name: &str) -> Initialiser {
        Initialiser {
            size: vec![2],
            data_type: 1,
            raw: [1.5_f32, -2.0]
                .iter()
                .flat_map(|x| x.to_le_bytes())
                .collect(),
            name: name.to_owned(),
            ..Initialiser::default()
        }
    }

    fn file(initialisers: &[Initialiser]) -> Vec<u8> {
        let initialisers = initialisers.iter().map(Message::encode_to_vec).collect();
        let graph = Graph { initialisers }.encode_to_vec();
        let model = Model { graph }.encode_to_vec();
        [&[0x08, 4], &model[..]].concat()
    }

    fn message(initialisers: &[Initialiser]) -> String {
        let error = read(&file(initialisers)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
        error.to_string()
    }

    #[test]
    fn initialisers_of_integers_are_left_out() {
        let shape = Initialiser {
            data_type: 7,
            ..initialiser("shape")
        };
        let bytes = file(&[shape.clone(), initialiser("weight")]);
        assert!(is_onnx(&bytes));
        let tensors = read(&bytes).unwrap();
        assert_eq!(tensors.keys().collect::<Vec<_>>(), ["weight"]);
        assert!(message(&[shape]).contains("no initialiser"));
    }

    #[test]
    fn floats_outside_of_the_raw_bytes_are_read() {
        let floats = Initialiser {
            raw: Vec::new(),
            floats: vec![1.5, -2.0],
            ..initialiser("weight")
        };
        let both = Initialiser {
            floats: vec![1.5, -2.0],
            ..initialiser("weight")
        };
        let read_as = |initialiser| read(&file(&[initialiser])).unwrap().remove("weight");
        assert_eq!(read_as(floats), read_as(initialiser("weight")));
        assert!(message(&[both]).contains("twice"));
    }

    #[test]
    fn initialiser_in_another_file_is_refused() {
        let outside = Initialiser {
            location: OUTSIDE,
            ..initialiser("weight")
        };
        assert!(message(&[outside]).contains("in another file"));
    }

    #[test]
    fn initialiser_whose_size_is_not_that_of_its_bytes_is_refused_by_name() {
        for size in [vec![3], vec![-2], vec![i64::MAX, 2], vec![1; 17]] {
            let wrong = Initialiser {
                size,
                ..initialiser("weight")
            };
            assert!(message(&[wrong]).contains("initialiser 'weight'"));
        }
    }

    #[test]
    fn two_initialisers_of_one_name_are_refused() {
        assert!(message(&[initialiser("a"), initialiser("a")]).contains("two initialisers"));
    }
}
