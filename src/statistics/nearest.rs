//! For each feature vector the nearest of others.

use tch::{Kind, Tensor};

use crate::error::Result;

/// Products that are held in memory at once: 64 MiB of them.
const MOST_PRODUCTS: i64 = 1 << 24;

/// The nearest of `members` to each of `features`: Euclidean distances `[L]` f32, and numbers of the members `[L]` i64.
///
/// Shapes: `features` [L, C] f32; `members` [M, C] f32, M at least 1. `allowed` `[M]` bool, if given, says which may be
/// chosen. Distances are computed from the differences; which member is nearest, from products, so that one that is further
/// by less than the rounding of the squares may be taken. A distance is infinite where nothing is allowed.
pub fn nearest(
    features: &Tensor,
    members: &Tensor,
    allowed: Option<&Tensor>,
) -> Result<(Tensor, Tensor)> {
    let squares = members
        .f_square()?
        .f_sum_dim_intlist(1, false, Kind::Float)?;
    let squares = match allowed {
        Some(allowed) => squares.f_masked_fill(&allowed.f_logical_not()?, f64::INFINITY)?,
        None => squares,
    };
    let members_turned = members.f_transpose(0, 1)?;
    let rows = (MOST_PRODUCTS / members.size()[0].max(1)).max(1);
    let mut numbers = Vec::new();
    for part in features.f_split(rows, 0)? {
        // |x - y|^2 without |x|^2, which is the same for all members.
        let off = squares.f_sub(&part.f_matmul(&members_turned)?.f_mul_scalar(2.0)?)?;
        numbers.push(off.f_argmin(1, false)?);
    }
    let numbers = Tensor::f_cat(&numbers, 0)?;
    let chosen = members.f_index_select(0, &numbers)?;
    let distances = length(&features.f_sub(&chosen)?)?;
    let distances = match allowed {
        Some(allowed) => {
            let wrong = allowed.f_logical_not()?.f_index_select(0, &numbers)?;
            distances.f_masked_fill(&wrong, f64::INFINITY)?
        }
        None => distances,
    };
    Ok((distances, numbers))
}

/// Euclidean length of every row.
pub fn length(rows: &Tensor) -> Result<Tensor> {
    Ok(rows
        .f_square()?
        .f_sum_dim_intlist(-1, false, Kind::Float)?
        .f_sqrt()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_is_found_among_those_allowed() {
        let members = Tensor::from_slice(&[0.0f32, 0.0, 3.0, 4.0, 10.0, 0.0]).reshape([3, 2]);
        let features = Tensor::from_slice(&[1.0f32, 0.0, 9.0, 0.0]).reshape([2, 2]);
        let (distances, numbers) = nearest(&features, &members, None).unwrap();
        assert_eq!(Vec::<f32>::try_from(distances).unwrap(), [1.0, 1.0]);
        assert_eq!(Vec::<i64>::try_from(numbers).unwrap(), [0, 2]);
        let allowed = Tensor::from_slice(&[false, true, false]);
        let (distances, _) = nearest(&features, &members, Some(&allowed)).unwrap();
        let expected = [20.0f32.sqrt(), 52.0f32.sqrt()];
        assert_eq!(Vec::<f32>::try_from(distances).unwrap(), expected);
        let none = Tensor::from_slice(&[false; 3]);
        let (distances, _) = nearest(&features, &members, Some(&none)).unwrap();
        assert_eq!(Vec::<f32>::try_from(distances).unwrap(), [f32::INFINITY; 2]);
    }
}
