//! Upsampling against PyTorch in float64 (`tests/data/map/make.py`).

use tch::Tensor;
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
