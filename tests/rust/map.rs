//! Upsampling against PyTorch in float64 (`tests/data/map/make.py`).

use tch::Tensor;
use twinspect::ErrorKind;
use twinspect::map::upsample::anomaly_map;

use crate::oracle::{assert_close, npy};

#[test]
fn anomaly_map_equals_pytorch_and_has_exactly_the_pictures_size() {
    for (width, height) in [(128, 80), (77, 31), (8, 5), (3, 2)] {
        let found = anomaly_map(&npy("map/distances"), width, height).unwrap();
        assert_eq!(found.dim(), (height as usize, width as usize));
        let found = Tensor::from_slice(found.as_slice().unwrap())
            .reshape([i64::from(height), i64::from(width)]);
        // Four products of float32 numbers.
        assert_close(&found, &npy(&format!("map/map_{width}x{height}")), 1e-6);
    }
}

#[test]
fn anomaly_map_of_one_location_is_that_value_everywhere() {
    let found = anomaly_map(&Tensor::from_slice(&[7.0f32]).reshape([1, 1]), 3, 2).unwrap();
    assert_eq!(found, ndarray::Array2::from_elem((2, 3), 7.0));
}

#[test]
fn anomaly_map_of_no_pixel_reports_image_size() {
    let distances = Tensor::zeros([2, 2], (tch::Kind::Float, tch::Device::Cpu));
    for (width, height) in [(0, 3), (3, 0)] {
        let error = anomaly_map(&distances, width, height).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ImageSize, "{width} x {height}");
    }
}

#[test]
fn anomaly_map_beyond_all_memory_reports_memory() {
    let distances = Tensor::zeros([2, 2], (tch::Kind::Float, tch::Device::Cpu));
    let error = anomaly_map(&distances, u32::MAX, u32::MAX).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory, "{error}");
}
