//! A weight file of any kind to named tensors.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use tch::Tensor;

use super::{onnx, pth, safetensors};
use crate::error::{Error, ErrorKind, Result};

/// Named tensors on the CPU. They may be strided views that share memory: copy one before writing into it.
pub type Tensors = HashMap<String, Tensor>;

/// The largest file that is read; the largest networks' weights are half of that.
const LARGEST_BYTES: u64 = 4 << 30;

/// Reads a weight file; its content decides how: both containers of `torch.save`, safetensors, or ONNX.
///
/// Tensors only, and nothing in the file is executed. A checkpoint that wraps its weights as `{"state_dict": {..}}` is
/// opened; what is no tensor (an epoch, a learning rate) is left out, and of ONNX all but the initialisers of
/// floating-point numbers. The digest is not looked at: see [`find`](super::find).
///
/// Errors: `NotFound`, `Io`, `Memory`, `Format` if the file is damaged, holds no tensor or holds more than tensors.
///
/// # Example
/// ```no_run
/// # use twinspect::features::weights;
/// let tensors = weights::read(&weights::find("efficientnet-lite0")?.path)?;
/// assert_eq!(tensors.len(), 296);
/// # twinspect::Result::Ok(())
/// ```
pub fn read(path: &Path) -> Result<Tensors> {
    parse(&read_whole(path)?).map_err(|error| error.at(path))
}

fn read_whole(path: &Path) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(|error| Error::io(&error, "open", path))?;
    let length = file
        .metadata()
        .map_err(|error| Error::io(&error, "read", path))?
        .len();
    if length > LARGEST_BYTES {
        let text = format!("{length} bytes, at most {LARGEST_BYTES} are read");
        return Err(Error::new(ErrorKind::Format, text).at(path));
    }
    let mut bytes = buffer(length).map_err(|error| error.at(path))?;
    file.take(LARGEST_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::io(&error, "read", path))?;
    Ok(bytes)
}

/// An empty buffer with room for `length` bytes.
///
/// Errors: `Memory`.
pub(super) fn buffer(length: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    bytes
        .try_reserve_exact(length)
        .map_err(|_| Error::new(ErrorKind::Memory, format!("no memory for {length} bytes")))?;
    Ok(bytes)
}

/// The tensors of a weight file that is in memory; as [`read`], whose errors about the file system cannot occur.
pub fn parse(bytes: &[u8]) -> Result<Tensors> {
    if pth::is_zip(bytes) {
        pth::read_zip(bytes)
    } else if pth::is_legacy(bytes) {
        pth::read_legacy(bytes)
    } else if safetensors::is_safetensors(bytes) {
        safetensors::read(bytes)
    } else if onnx::is_onnx(bytes) {
        onnx::read(bytes)
    } else {
        Err(Error::new(
            ErrorKind::Format,
            "neither a file of torch.save, nor safetensors, nor ONNX",
        )
        .hint("A download that was answered with a web page looks like this: get the file again."))
    }
}
