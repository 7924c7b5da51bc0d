//! A weight file of any kind: both containers of `torch.save`, safetensors, ONNX.
//!
//! TorchScript is not among them: its reader is libtorch's, and such a file is a program that is run.

use tch::{Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::features::weights::parse;

/// Tensors of a file may share one storage, so reading all of many could take long without being wrong.
const MOST_READ: usize = 64;

/// Reads the file, and every number of its tensors.
pub fn run(bytes: &[u8]) {
    match parse(bytes) {
        Ok(tensors) => {
            assert!(!tensors.is_empty());
            tensors.values().take(MOST_READ).for_each(read_all);
        }
        Err(error) => {
            super::claims::is_refused(&error, &[ErrorKind::Format, ErrorKind::Memory]);
        }
    }
}

/// libtorch is not instrumented, but it copies whole tensors with the C library's `memcpy`, which is watched.
fn read_all(tensor: &Tensor) {
    assert_eq!(tensor.device(), Device::Cpu);
    let whole = tensor.f_contiguous().expect("a view inside of its storage");
    let kind = whole.f_kind().expect("a kind that is known");
    let mut bytes = vec![0; whole.numel() * kind.elt_size_in_bytes()];
    if !bytes.is_empty() {
        whole
            .f_copy_data_u8(&mut bytes, whole.numel())
            .expect("as many bytes as it has");
    }
    // A Bool that is neither 0 nor 1 is undefined behaviour in Rust and in C++.
    assert!(kind != Kind::Bool || bytes.iter().all(|byte| *byte <= 1));
}
