//! A map of numbers as libtorch has it and as the rest of the crate does.

use ndarray::Array2;
use tch::kind::Element;
use tch::{Device, Tensor};

use crate::error::{Error, ErrorKind, Result};

/// A copy of a tensor of h*w elements, row by row, on any device. Errors: `InvalidArgument` for another number or kind.
pub fn to_array<T: Element + Copy + Default>(
    tensor: &Tensor,
    (height, width): (usize, usize),
) -> Result<Array2<T>> {
    let count = tensor.numel();
    let fits = height.checked_mul(width) == Some(count) && tensor.f_kind()? == T::KIND;
    if !fits {
        let (kind, size) = (tensor.f_kind()?, tensor.size());
        let message = format!("{kind:?} numbers {size:?} are no map of {width} x {height}");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| {
        Error::new(
            ErrorKind::Memory,
            format!("no memory for a map of {width} x {height}"),
        )
    })?;
    values.resize(count, T::default());
    if count > 0 {
        tensor
            .f_to_device(Device::Cpu)?
            .f_contiguous()?
            .f_copy_data(&mut values, count)?;
    }
    Array2::from_shape_vec((height, width), values)
        .map_err(|error| Error::new(ErrorKind::Panic, error.to_string()))
}

/// A copy of a map, [h, w] in host memory.
pub fn of_array<T: Element + Copy>(map: &Array2<T>) -> Result<Tensor> {
    let (height, width) = map.dim();
    let rows = map.as_standard_layout();
    let values = Tensor::f_from_slice(rows.as_slice().unwrap_or_default())?;
    Ok(values.f_reshape([height as i64, width as i64])?)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn rows_stay_rows() {
        let map = array![[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let tensor = of_array(&map).unwrap();
        assert_eq!(tensor.double_value(&[1, 0]), 4.0);
        assert_eq!(to_array::<f32>(&tensor, (2, 3)).unwrap(), map);
        // Turned in memory, not in meaning.
        let turned = map.t().to_owned();
        assert_eq!(
            of_array(&map.t().to_owned()).unwrap().double_value(&[0, 1]),
            4.0
        );
        assert_eq!(to_array::<f32>(&tensor.tr(), (3, 2)).unwrap(), turned);
    }

    #[test]
    fn another_number_or_kind_is_refused() {
        let tensor = Tensor::from_slice(&[1.0f32, 2.0]);
        assert!(to_array::<f32>(&tensor, (1, 3)).is_err());
        assert!(to_array::<f64>(&tensor, (1, 2)).is_err());
        assert!(to_array::<f32>(&tensor, (usize::MAX, 2)).is_err());
    }
}
