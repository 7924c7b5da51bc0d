//! A few feature vectors that stand for many.

use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::random::Seeded;

/// Chosen vectors between two reports of progress.
const STEPS_A_REPORT: usize = 64;

/// Numbers of the `count` of `candidates` that leave the furthest candidate nearest, chosen greedily: each is the one that is
/// furthest from all before it (k-centre; PatchCore, arXiv 2106.08265, algorithm 1, as of Sener and Savarese, 2018).
///
/// Shapes: `candidates` [n, d] f32, `given` [m, d] f32: those that are chosen already; with none of them the first is the
/// candidate furthest from the mean. Among equals the first. It ends before `count` if nothing is left that differs.
/// Cost: reads the candidates once for each that is chosen. `report` is asked now and then, with the number chosen so far.
pub fn k_centres(
    candidates: &Tensor,
    given: &Tensor,
    count: usize,
    report: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Vec<usize>> {
    let squares = candidates
        .f_square()?
        .f_sum_dim_intlist(1, false, Kind::Float)?;
    let to = |vector: &Tensor| -> Result<Tensor> {
        let products = candidates.f_mv(vector)?;
        let square = vector.f_square()?.f_sum(Kind::Float)?;
        let off = squares
            .f_sub(&products.f_mul_scalar(2.0)?)?
            .f_add(&square)?;
        Ok(off.f_clamp_min(0.0)?)
    };
    let mut chosen = Vec::new();
    let mut uncovered = if given.size()[0] == 0 {
        to(&candidates.f_mean_dim(0, false, Kind::Float)?)?
    } else {
        let mut uncovered = to(&given.f_get(0)?)?;
        for number in 1..given.size()[0] {
            uncovered = uncovered.f_minimum(&to(&given.f_get(number)?)?)?;
        }
        uncovered
    };
    while chosen.len() < count.min(candidates.size()[0] as usize) {
        if chosen.len() % STEPS_A_REPORT == 0 {
            report(chosen.len())?;
        }
        let furthest = uncovered.f_argmax(0, false)?.f_int64_value(&[])?;
        let is_first = chosen.is_empty() && given.size()[0] == 0;
        if !is_first && uncovered.f_double_value(&[furthest])? <= 0.0 {
            break;
        }
        let covered = to(&candidates.f_get(furthest)?)?;
        uncovered = if is_first {
            covered
        } else {
            uncovered.f_minimum(&covered)?
        };
        // Rounding must not let it be chosen again.
        let _ = uncovered.f_get(furthest)?.f_zero_()?;
        chosen.push(furthest as usize);
    }
    Ok(chosen)
}

/// A random projection that keeps distances about as they are (Johnson and Lindenstrauss, 1984): [C, d] f32.
pub fn projection(channels: i64, dimensions: i64, seed: u64) -> Result<Tensor> {
    let mut seeded = Seeded::new(seed);
    let scale = 1.0 / (dimensions as f64).sqrt();
    let numbers: Vec<f32> = (0..channels * dimensions)
        .map(|_| (seeded.normal() * scale) as f32)
        .collect();
    let projection = Tensor::f_from_slice(&numbers)?.f_to_device(Device::Cpu)?;
    Ok(projection.f_reshape([channels, dimensions])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(places: &[f32]) -> Tensor {
        Tensor::from_slice(places).reshape([-1, 1])
    }

    fn chosen(candidates: &[f32], given: &[f32], count: usize) -> Vec<usize> {
        k_centres(&line(candidates), &line(given), count, &mut |_| Ok(())).unwrap()
    }

    #[test]
    fn each_is_the_furthest_from_all_before() {
        // The mean is 4.4: 12 is furthest from it, 0 from 12, then 5 lies 5 away from both.
        let places = [0.0, 2.0, 3.0, 5.0, 12.0];
        assert_eq!(chosen(&places, &[], 3), [4, 0, 3]);
        assert_eq!(chosen(&places, &[12.0], 2), [0, 3]);
        assert_eq!(chosen(&places, &[0.0, 12.0], 1), [3]);
    }

    #[test]
    fn equal_vectors_are_chosen_once() {
        assert_eq!(chosen(&[1.0, 1.0, 2.0, 2.0], &[], 4).len(), 2);
        assert_eq!(chosen(&[1.0, 1.0], &[], 4), [0]);
        assert!(chosen(&[1.0], &[1.0], 4).is_empty());
    }

    #[test]
    fn projection_keeps_lengths_about() {
        let projection = projection(400, 128, 1).unwrap();
        let vector = Tensor::ones([1, 400], (Kind::Float, Device::Cpu));
        let square = vector.matmul(&projection).square().sum(Kind::Float);
        // Relative standard deviation sqrt(2 / 128) = 0.125; four of them.
        assert!((square.double_value(&[]) / 400.0 - 1.0).abs() < 0.5);
    }
}
