//! What is known of the normal images while they are being fitted: in memory up to a limit, then in a temporary file.

use std::io::{Read, Seek, SeekFrom, Write};

use tch::{Device, Kind, Tensor};
use tempfile::SpooledTempFile;

use crate::error::{Error, ErrorKind, Result};

/// Tensors that take no more memory than they are given.
///
/// The temporary file has no name, lies in the system's folder for such files (`TMPDIR`), and is gone with the store or
/// with the process. Nothing is computed here: what was put in comes out, bit for bit.
#[derive(Debug)]
pub struct TensorStore {
    file: SpooledTempFile,
    end: u64,
}

/// Where a tensor lies in its store.
#[derive(Clone, Debug)]
pub struct Place {
    offset: u64,
    size: Vec<i64>,
    kind: Kind,
}

impl TensorStore {
    /// An empty store that holds `memory_bytes` in memory.
    pub fn new(memory_bytes: usize) -> Self {
        Self {
            file: SpooledTempFile::new(memory_bytes),
            end: 0,
        }
    }

    /// Puts a copy of a tensor at the end. A failed call leaves the store as it was.
    pub fn put(&mut self, tensor: &Tensor) -> Result<Place> {
        let place = Place {
            offset: self.end,
            size: tensor.size(),
            kind: tensor.f_kind()?,
        };
        self.write(&place, tensor)?;
        self.end += place.bytes();
        Ok(place)
    }

    /// Puts a copy of a tensor where one of the same size and kind lies, which it replaces; at the end if there is none.
    pub fn replace(&mut self, place: Option<&Place>, tensor: &Tensor) -> Result<Place> {
        match place {
            Some(place) if place.size == tensor.size() && place.kind == tensor.f_kind()? => {
                self.write(place, tensor)?;
                Ok(place.clone())
            }
            _ => self.put(tensor),
        }
    }

    /// The tensor at a place of this store, in host memory.
    pub fn get(&mut self, place: &Place) -> Result<Tensor> {
        let mut bytes = buffer(place.bytes())?;
        self.file
            .seek(SeekFrom::Start(place.offset))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|error| temporary(&error, "read"))?;
        if bytes.is_empty() {
            return Ok(Tensor::f_zeros(&place.size, (place.kind, Device::Cpu))?);
        }
        Ok(Tensor::f_from_data_size(&bytes, &place.size, place.kind)?)
    }

    fn write(&mut self, place: &Place, tensor: &Tensor) -> Result<()> {
        let tensor = tensor.f_to_device(Device::Cpu)?.f_contiguous()?;
        let mut bytes = buffer(place.bytes())?;
        if !bytes.is_empty() {
            tensor.f_copy_data_u8(&mut bytes, tensor.numel())?;
        }
        self.file
            .seek(SeekFrom::Start(place.offset))
            .and_then(|_| self.file.write_all(&bytes))
            .map_err(|error| temporary(&error, "write"))
    }
}

impl Place {
    fn bytes(&self) -> u64 {
        let numbers: i64 = self.size.iter().product();
        numbers as u64 * self.kind.elt_size_in_bytes() as u64
    }
}

fn buffer(length: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    bytes.try_reserve_exact(length).map_err(|_| {
        let message = format!("no memory for {length} bytes of features");
        Error::new(ErrorKind::Memory, message)
    })?;
    bytes.resize(length, 0);
    Ok(bytes)
}

fn temporary(error: &std::io::Error, doing: &str) -> Error {
    Error::io(
        error,
        &format!("{doing} the temporary file of features"),
        std::env::temp_dir(),
    )
    .hint("Free some disk space, name another folder in TMPDIR, or raise fit.memory_mib.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_comes_out_in_memory_and_from_a_file() {
        for memory_bytes in [1 << 20, 16] {
            let mut store = TensorStore::new(memory_bytes);
            let tensors = [
                Tensor::from_slice(&[1.5f32, -2.0, 3.0, 4.0, 5.0, 6.0]).reshape([3, 2]),
                Tensor::from_slice(&[1u8, 2, 255]),
                Tensor::zeros([0, 4], (Kind::Float, Device::Cpu)),
                Tensor::from_slice(&[0.25f32]).to_kind(Kind::Half),
            ];
            let places: Vec<Place> = tensors.iter().map(|t| store.put(t).unwrap()).collect();
            assert_eq!(store.file.is_rolled(), memory_bytes == 16);
            for i in [2, 0, 3, 1] {
                let found = store.get(&places[i]).unwrap();
                assert_eq!(
                    (found.size(), found.kind()),
                    (tensors[i].size(), tensors[i].kind())
                );
                assert!(found.equal(&tensors[i]));
            }
        }
    }

    #[test]
    fn only_a_tensor_of_the_same_form_is_replaced() {
        let mut store = TensorStore::new(1 << 10);
        let first = store.put(&Tensor::from_slice(&[1.0f32, 2.0])).unwrap();
        let after = store.put(&Tensor::from_slice(&[9.0f32])).unwrap();
        let same = store.replace(Some(&first), &Tensor::from_slice(&[3.0f32, 4.0]));
        assert_eq!(same.unwrap().offset, first.offset);
        let longer = store.replace(Some(&first), &Tensor::from_slice(&[5.0f32; 3]));
        assert_ne!(longer.unwrap().offset, first.offset);
        assert!(
            store
                .get(&first)
                .unwrap()
                .equal(&Tensor::from_slice(&[3.0f32, 4.0]))
        );
        assert!(
            store
                .get(&after)
                .unwrap()
                .equal(&Tensor::from_slice(&[9.0f32]))
        );
    }
}
