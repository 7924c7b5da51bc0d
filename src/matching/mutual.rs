//! Mutual nearest neighbours among descriptors.

use tch::{Kind, Tensor};

use crate::error::Result;

/// So many rows are compared at once: 512 x 4096 similarities are 8 MB, which stay in the processor's cache.
const BAND_ROWS: i64 = 512;

/// Pairs of rows that are each other's nearest by cosine, if it is more than `least_cosine`.
///
/// Shapes: `a` [n, c] and `b` [m, c], rows of length 1; result [pairs, 2] i64, by ascending row of `a`. No row is in two
/// pairs; of equally near ones the first counts. Cost: n m c multiply-adds.
pub(crate) fn mutual_nearest(a: &Tensor, b: &Tensor, least_cosine: f64) -> Result<Tensor> {
    let (n, m) = (a.size2()?.0, b.size2()?.0);
    let index = (Kind::Int64, a.device());
    if n == 0 || m == 0 {
        return Ok(Tensor::f_zeros([0, 2], index)?);
    }
    let columns = b.f_transpose(0, 1)?;
    let mut best_of_b = Tensor::f_full([m], f64::NEG_INFINITY, (Kind::Float, a.device()))?;
    let (mut cosines, mut nearest) = (Vec::new(), Vec::new());
    for band in a.f_split(BAND_ROWS, 0)? {
        let similarity = band.f_matmul(&columns)?;
        best_of_b = best_of_b.f_maximum(&similarity.f_amax([0], false)?)?;
        let (cosine, row_of_b) = similarity.f_max_dim(1, false)?;
        cosines.push(cosine);
        nearest.push(row_of_b);
    }
    let (cosine, to_b) = (Tensor::f_cat(&cosines, 0)?, Tensor::f_cat(&nearest, 0)?);

    // The index of the largest in every column would cost ten times the largest alone, which says the same.
    let is_mutual = cosine
        .f_eq_tensor(&best_of_b.f_index_select(0, &to_b)?)?
        .f_logical_and(&cosine.f_gt(least_cosine)?)?;
    let rows = is_mutual.f_nonzero()?.f_squeeze_dim(1)?;
    let chosen = to_b.f_index_select(0, &rows)?;
    let pairs = Tensor::f_stack(&[rows, chosen.shallow_clone()], 1)?;
    Ok(pairs.f_index_select(0, &first_of_each(&chosen)?)?)
}

/// Where every number occurs for the first time, ascending.
fn first_of_each(numbers: &Tensor) -> Result<Tensor> {
    let (sorted, order) = numbers.f_sort_stable(true, 0, false)?;
    let before = Tensor::f_full([1], -1, (Kind::Int64, numbers.device()))?;
    let is_new = sorted.f_diff(1, 0, Some(&before), None)?.f_gt(0)?;
    Ok(order.f_masked_select(&is_new)?.f_sort(0, false)?.0)
}

#[cfg(test)]
mod tests {
    use tch::{Device, Tensor};

    use super::*;

    fn pairs(a: &Tensor, b: &Tensor, least_cosine: f64) -> Vec<(i64, i64)> {
        let found = mutual_nearest(a, b, least_cosine).unwrap();
        let numbers: Vec<i64> = found.flatten(0, -1).try_into().unwrap();
        numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()
    }

    fn rows(angles: &[f64]) -> Tensor {
        let values: Vec<f32> = angles
            .iter()
            .flat_map(|angle| {
                [
                    angle.to_radians().cos() as f32,
                    angle.to_radians().sin() as f32,
                ]
            })
            .collect();
        Tensor::from_slice(&values).view([-1, 2])
    }

    #[test]
    fn only_each_others_nearest_are_paired() {
        // 12 degrees prefers 10, which prefers 9.
        assert_eq!(
            pairs(&rows(&[12.0, 9.0, 80.0]), &rows(&[81.0, 10.0]), -1.0),
            [(1, 1), (2, 0)]
        );
    }

    #[test]
    fn pair_that_is_not_nearer_than_the_least_cosine_is_dropped() {
        let (a, b) = (rows(&[0.0, 90.0]), rows(&[-60.0, 91.0]));
        assert_eq!(pairs(&a, &b, -1.0), [(0, 0), (1, 1)]);
        assert_eq!(pairs(&a, &b, 0.51), [(1, 1)]);
    }

    #[test]
    fn equal_descriptors_are_paired_once() {
        let same = rows(&[30.0, 30.0, 30.0]);
        assert_eq!(pairs(&same, &same, -1.0), [(0, 0)]);
    }

    #[test]
    fn nothing_has_no_pairs() {
        let (some, none) = (
            rows(&[0.0]),
            Tensor::zeros([0, 2], (Kind::Float, Device::Cpu)),
        );
        for (a, b) in [(&some, &none), (&none, &some), (&none, &none)] {
            assert_eq!(mutual_nearest(a, b, -1.0).unwrap().size(), [0, 2]);
        }
    }

    #[test]
    fn more_rows_than_a_band_give_what_one_product_gives() {
        tch::manual_seed(5);
        let random = |n| {
            let rows = Tensor::randn([n, 16], (Kind::Float, Device::Cpu));
            &rows / rows.norm_scalaropt_dim(2.0, [1], true)
        };
        let (a, b) = (random(2 * BAND_ROWS + 7), random(BAND_ROWS + 1));
        let similarity = a.matmul(&b.transpose(0, 1));
        let (to_b, to_a) = (similarity.argmax(1, false), similarity.argmax(0, false));
        let expected: Vec<(i64, i64)> = (0..a.size()[0])
            .map(|row| (row, to_b.int64_value(&[row])))
            .filter(|&(row, nearest)| to_a.int64_value(&[nearest]) == row)
            .collect();
        assert_eq!(pairs(&a, &b, -1.0), expected);
    }
}
