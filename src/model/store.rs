//! Features of the normal images while they are being fitted: in memory up to a limit, then in a temporary file.

use std::io::{Read, Seek, SeekFrom, Write};

use image::RgbImage;
use tch::{Device, Kind, Tensor};
use tempfile::SpooledTempFile;

use crate::error::{Error, ErrorKind, Result};
use crate::matching::Keypoints;
use crate::model::extractor::Extracted;

/// A list of pictures' features that takes no more memory than it is given.
///
/// The temporary file has no name, lies in the system's folder for such files (`TMPDIR`), and is gone with the store or
/// with the process. Nothing is computed here: what was put in comes out, bit for bit.
#[derive(Debug)]
pub struct FeatureStore {
    file: SpooledTempFile,
    end: u64,
    records: Vec<Record>,
}

#[derive(Debug)]
struct Record {
    offset: u64,
    features: Vec<i64>,
    keypoints: Option<(Vec<i64>, Vec<i64>)>,
    thumbnail: (u32, u32),
}

impl FeatureStore {
    /// An empty store that holds `memory_bytes` in memory.
    pub fn new(memory_bytes: usize) -> Self {
        Self {
            file: SpooledTempFile::new(memory_bytes),
            end: 0,
            records: Vec::new(),
        }
    }

    /// Puts a picture's features at the end. A failed call leaves the store as it was.
    pub fn push(&mut self, extracted: &Extracted, thumbnail: &RgbImage) -> Result<()> {
        let mut bytes = Vec::new();
        append(&mut bytes, &extracted.features)?;
        if let Some(keypoints) = &extracted.keypoints {
            append(&mut bytes, keypoints.positions())?;
            append(&mut bytes, keypoints.descriptors())?;
        }
        bytes.extend_from_slice(thumbnail.as_raw());
        let written = self
            .file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(&bytes));
        written.map_err(|error| temporary(&error, "write"))?;
        let keypoints = extracted.keypoints.as_ref();
        self.records.push(Record {
            offset: self.end,
            features: extracted.features.size(),
            keypoints: keypoints
                .map(|points| (points.positions().size(), points.descriptors().size())),
            thumbnail: thumbnail.dimensions(),
        });
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Features of a picture, [h*w, C'] f32 in host memory.
    pub fn features(&mut self, index: usize) -> Result<Tensor> {
        let Record {
            offset, features, ..
        } = self.record(index)?;
        let (offset, size) = (*offset, features.clone());
        self.tensor(offset, &size)
    }

    /// Key points of a picture, if its recipe has them.
    pub fn keypoints(&mut self, index: usize) -> Result<Option<Keypoints>> {
        let record = self.record(index)?;
        let offset = record.offset + bytes_of(&record.features);
        let Some((positions, descriptors)) = record.keypoints.clone() else {
            return Ok(None);
        };
        let found = self.tensor(offset, &positions)?;
        let descriptors = self.tensor(offset + bytes_of(&positions), &descriptors)?;
        Keypoints::new(found, descriptors).map(Some)
    }

    /// The thumbnail of a picture.
    pub fn thumbnail(&mut self, index: usize) -> Result<RgbImage> {
        let record = self.record(index)?;
        let keypoints = record
            .keypoints
            .as_ref()
            .map_or(0, |(positions, descriptors)| {
                bytes_of(positions) + bytes_of(descriptors)
            });
        let (width, height) = record.thumbnail;
        let bytes = self.bytes(
            record.offset + bytes_of(&record.features) + keypoints,
            width as usize * height as usize * 3,
        )?;
        RgbImage::from_raw(width, height, bytes)
            .ok_or_else(|| Error::new(ErrorKind::Format, "a stored thumbnail is incomplete"))
    }

    fn record(&self, index: usize) -> Result<&Record> {
        let count = self.records.len();
        self.records.get(index).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("there is no image {index} among {count}"),
            )
        })
    }

    fn tensor(&mut self, offset: u64, size: &[i64]) -> Result<Tensor> {
        let bytes = self.bytes(offset, bytes_of(size) as usize)?;
        Ok(Tensor::f_from_data_size(&bytes, size, Kind::Float)?)
    }

    fn bytes(&mut self, offset: u64, length: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|error| temporary(&error, "read"))?;
        Ok(bytes)
    }
}

fn bytes_of(size: &[i64]) -> u64 {
    size.iter().product::<i64>() as u64 * 4
}

fn append(bytes: &mut Vec<u8>, tensor: &Tensor) -> Result<()> {
    let tensor = tensor
        .f_to_device(Device::Cpu)?
        .f_to_kind(Kind::Float)?
        .f_contiguous()?;
    let start = bytes.len();
    let length = bytes_of(&tensor.size()) as usize;
    bytes.try_reserve(length).map_err(|_| {
        Error::new(
            ErrorKind::Memory,
            format!("no memory for {length} bytes of features"),
        )
    })?;
    bytes.resize(start + length, 0);
    tensor.f_copy_data_u8(&mut bytes[start..], tensor.numel())?;
    Ok(())
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

    fn extracted(start: f32) -> Extracted {
        let features: Vec<f32> = (0..6).map(|i| start + i as f32).collect();
        let positions = Tensor::from_slice(&[0.0f32, 0.0, start, 1.0]).reshape([2, 2]);
        let descriptors = Tensor::from_slice(&[1.0f32, 0.0, 0.0, 1.0]).reshape([2, 2]);
        Extracted {
            features: Tensor::from_slice(&features).reshape([2, 3]),
            grid: (1, 2),
            keypoints: Some(Keypoints::new(positions, descriptors).unwrap()),
        }
    }

    #[test]
    fn what_was_put_in_comes_out_in_memory_and_from_a_file() {
        for memory_bytes in [1 << 20, 16] {
            let mut store = FeatureStore::new(memory_bytes);
            for i in 0..3 {
                store
                    .push(
                        &extracted(i as f32),
                        &RgbImage::from_pixel(2, 1, image::Rgb([i, 2, 3])),
                    )
                    .unwrap();
            }
            assert_eq!(store.file.is_rolled(), memory_bytes == 16);
            for i in [2, 0, 1] {
                let expected = extracted(i as f32);
                assert_eq!(store.features(i).unwrap(), expected.features);
                assert_eq!(
                    store.keypoints(i).unwrap().unwrap().positions(),
                    expected.keypoints.unwrap().positions()
                );
                assert_eq!(
                    store.thumbnail(i).unwrap().get_pixel(1, 0).0,
                    [i as u8, 2, 3]
                );
            }
            assert!(store.features(3).is_err());
        }
    }
}
