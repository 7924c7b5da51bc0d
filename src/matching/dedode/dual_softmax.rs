//! Which descriptors of two pictures belong together: each the other's best by a softmax over both.
//!
//! `P = softmax over the image's key points * softmax over the lead's key points` of the cosine similarities times 20; a
//! pair matches if its P is the largest of its row and of its column and above 0.01. Those are the values of the reference's
//! demonstration. 10,000 x 10,000 similarities would be 400 MB, so they are computed a block of rows at a time and never
//! kept.

use tch::{Kind, Tensor};

use crate::error::Result;

/// What cosine similarities are multiplied with.
const INVERSE_TEMPERATURE: f64 = 20.0;

/// A match's P is above this.
const THRESHOLD: f64 = 0.01;

/// Similarities of one block, 32 MiB; up to four blocks are held at a time.
const BLOCK: i64 = 8 << 20;

/// Index pairs (row of `image`, row of `lead`) that match, by rising row of `image`, [m, 2] i64.
///
/// Of several equal maxima one is taken.
///
/// Shapes: `image` [n, c], `lead` [l, c], rows of length 1.
/// Cost: n*l*c multiply-adds, and the same for the rows that may match; memory: four blocks of 32 MiB.
pub(super) fn correspond(image: &Tensor, lead: &Tensor) -> Result<Tensor> {
    let (columns, _) = lead.size2()?;
    in_blocks_of((BLOCK / columns.max(1)).max(1), image, lead)
}

fn in_blocks_of(rows: i64, image: &Tensor, lead: &Tensor) -> Result<Tensor> {
    let none = || Tensor::f_zeros([0, 2], (Kind::Int64, image.device()));
    if image.size()[0] == 0 || lead.size()[0] == 0 {
        return Ok(none()?);
    }
    let lead = lead.f_transpose(0, 1)?.f_mul_scalar(INVERSE_TEMPERATURE)?;

    let columns = best_of_columns(rows, image, &lead)?;
    let likely = columns
        .log_p
        .f_gt(THRESHOLD.ln())?
        .f_nonzero()?
        .f_squeeze_dim(1)?;
    let row = columns.row.f_index_select(0, &likely)?;
    let candidates = image.f_index_select(0, &row)?;
    let best = best_of_rows(rows, &candidates, &lead, &columns.log_sum)?;
    let mutual = best.f_eq_tensor(&likely)?.f_nonzero()?.f_squeeze_dim(1)?;
    let pairs = Tensor::f_stack(&[row, likely], 1)?.f_index_select(0, &mutual)?;
    let order = pairs.f_select(1, 0)?.f_argsort(0, false)?;
    Ok(pairs.f_index_select(0, &order)?)
}

/// What is known of every column (key point of the lead) when all blocks have passed.
struct Columns {
    /// Logarithm of the sum of its exponentials.
    log_sum: Tensor,
    /// The row of its largest P.
    row: Tensor,
    /// The logarithm of that P.
    log_p: Tensor,
}

fn best_of_columns(rows: i64, image: &Tensor, lead: &Tensor) -> Result<Columns> {
    let (count, device) = (image.size()[0], image.device());
    let columns = lead.size()[1];
    let lowest = || Tensor::f_full([columns], f64::NEG_INFINITY, (Kind::Float, device));
    let (mut log_sum, mut best) = (lowest()?, lowest()?);
    let mut best_row = Tensor::f_zeros([columns], (Kind::Int64, device))?;
    for start in (0..count).step_by(rows as usize) {
        let mut block = image
            .f_narrow(0, start, rows.min(count - start))?
            .f_matmul(lead)?;
        log_sum = log_sum.f_logaddexp(&block.f_logsumexp([0], false)?)?;
        // log P without the column's sum, which changes nothing within a column.
        let row_sum = block.f_logsumexp([1], true)?;
        let (value, row) = block
            .f_mul_scalar_(2.0)?
            .f_sub_(&row_sum)?
            .f_max_dim(0, false)?;
        let better = value.f_gt_tensor(&best)?;
        best = value.f_where_self(&better, &best)?;
        best_row = row.f_add_scalar(start)?.f_where_self(&better, &best_row)?;
    }
    Ok(Columns {
        log_p: best.f_sub(&log_sum)?,
        log_sum,
        row: best_row,
    })
}

/// The column of the largest P of every row.
fn best_of_rows(rows: i64, image: &Tensor, lead: &Tensor, log_sum: &Tensor) -> Result<Tensor> {
    let count = image.size()[0];
    let mut best = vec![Tensor::f_zeros([0], (Kind::Int64, image.device()))?];
    for start in (0..count).step_by(rows as usize) {
        let mut block = image
            .f_narrow(0, start, rows.min(count - start))?
            .f_matmul(lead)?;
        let log_p = block.f_mul_scalar_(2.0)?.f_sub_(log_sum)?;
        best.push(log_p.f_argmax(1, false)?);
    }
    Ok(Tensor::f_cat(&best, 0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    /// Directions in 64 dimensions, nearly orthogonal to each other. By a formula: tests in other threads draw from the same
    /// random numbers.
    fn rows(seed: i64, count: i64) -> Tensor {
        let index = Tensor::arange(count * 64, (Kind::Double, Device::Cpu)) + seed * 100_000;
        let scattered = ((index * 12.9898).sin() * 43758.5453).frac();
        let rows = scattered.reshape([count, 64]).to_kind(Kind::Float);
        let length = rows.square().sum_dim_intlist(1, true, Kind::Float).sqrt();
        rows / length
    }

    #[test]
    fn size_of_blocks_does_not_matter() {
        let lead = rows(1, 40);
        let image = Tensor::cat(&[rows(2, 13), lead.flip([0])], 0);
        let whole = in_blocks_of(1000, &image, &lead).unwrap();
        assert!(whole.size()[0] >= 40, "{whole:?}");
        for size in [1, 7, 53] {
            assert_eq!(in_blocks_of(size, &image, &lead).unwrap(), whole, "{size}");
        }
    }

    #[test]
    fn two_alike_match_only_once() {
        let lead = rows(1, 5);
        let image = Tensor::cat(&[&lead, &lead], 0);
        let pairs = correspond(&image, &lead).unwrap();
        let columns = Vec::<i64>::try_from(pairs.select(1, 1).sort(0, false).0).unwrap();
        assert_eq!(columns, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn nothing_matches_nothing() {
        for (image, lead) in [(0, 3), (3, 0), (0, 0)] {
            let pairs = correspond(&rows(1, image), &rows(2, lead)).unwrap();
            assert_eq!(pairs.size(), [0, 2], "{image}, {lead}");
        }
    }
}
