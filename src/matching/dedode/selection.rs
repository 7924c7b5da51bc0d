//! Which pixels become key points: those of the highest scores, after scores in crowded places were lowered.
//!
//! Source: the reference implementation's key-point selection; the numbers are its own.

use tch::{Kind, Tensor};

use crate::error::Result;

/// The Gaussian window over which scores count as neighbours: 51 pixels wide, the outermost two units away.
const WINDOW_PX: i64 = 51;
const WINDOW_REACH: f64 = 2.0;

/// Scores are tiny, as they sum to 1; enlarged for the sum, and kept above zero.
const SCALE: f64 = 10_000.0;
const LEAST_SCORE: f64 = 1e-6;
const LEAST_DENSITY: f64 = 1e-8;

/// The positions of the best pixels, the best first, at most `budget`; all of them in a smaller picture.
///
/// A score is divided by the root of the density of scores around it, so that key points spread over the picture.
///
/// Shapes: `scores` [H, W], result [n, 2] f32, (x, y) in pixels, the middle of the first pixel at (0.5, 0.5).
pub(super) fn select(scores: &Tensor, budget: i64) -> Result<Tensor> {
    let (height, width) = scores.size2()?;
    let spread = scores.f_mul(&density(scores)?.f_rsqrt()?)?;
    let count = budget.min(height * width);
    let (_, best) = spread.f_reshape([-1])?.f_topk(count, 0, true, true)?;
    let x = best.f_remainder(width)?;
    let y = best.f_divide_scalar_mode(width, "floor")?;
    Ok(Tensor::f_stack(&[x, y], 1)?
        .f_to_kind(Kind::Float)?
        .f_add_scalar(0.5)?)
}

/// The Gaussian sum of the scores around every pixel.
fn density(scores: &Tensor) -> Result<Tensor> {
    let (height, width) = scores.size2()?;
    let options = (Kind::Float, scores.device());
    let window = Tensor::f_linspace(-WINDOW_REACH, WINDOW_REACH, WINDOW_PX, options)?
        .f_square()?
        .f_neg()?
        .f_exp()?;
    let reach = WINDOW_PX / 2;
    let along = |map: &Tensor, kernel: [i64; 2], padding: [i64; 2]| -> Result<Tensor> {
        let window = window.f_reshape([1, 1, kernel[0], kernel[1]])?;
        Ok(map.f_conv2d(&window, None::<Tensor>, [1, 1], padding, [1, 1], 1)?)
    };
    let scores = scores
        .f_reshape([1, 1, height, width])?
        .f_add_scalar(LEAST_SCORE)?
        .f_mul_scalar(SCALE)?;
    let rows = along(&scores, [1, WINDOW_PX], [0, reach])?;
    Ok(along(&rows, [WINDOW_PX, 1], [reach, 0])?
        .f_reshape([height, width])?
        .f_add_scalar(LEAST_DENSITY)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    fn scores(peaks: &[(i64, i64, f64)]) -> Tensor {
        let map = Tensor::full([60, 80], 1e-7, (Kind::Float, Device::Cpu));
        for &(x, y, score) in peaks {
            let _ = map.get(y).get(x).fill_(score);
        }
        map
    }

    fn positions(scores: &Tensor, budget: i64) -> Vec<Vec<f32>> {
        let found = select(scores, budget).unwrap();
        Vec::<Vec<f32>>::try_from(found).unwrap()
    }

    #[test]
    fn middle_of_the_first_pixel_is_half() {
        assert_eq!(positions(&scores(&[(0, 0, 0.5)]), 1), [[0.5, 0.5]]);
    }

    #[test]
    fn lonely_peak_comes_before_higher_ones_in_a_crowd() {
        let crowd = [(20, 20, 0.2), (21, 20, 0.2), (20, 21, 0.2), (21, 21, 0.2)];
        let mut peaks = crowd.to_vec();
        peaks.push((70, 50, 0.15));
        assert_eq!(positions(&scores(&peaks), 1), [[70.5, 50.5]]);
    }

    #[test]
    fn small_picture_gives_all_its_pixels() {
        let map = Tensor::rand([3, 4], (Kind::Float, Device::Cpu));
        let mut found = positions(&map, 10_000);
        found.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_eq!(found.len(), 12);
        assert_eq!(
            (&found[0][..], &found[11][..]),
            (&[0.5, 0.5][..], &[3.5, 2.5][..])
        );
    }
}
