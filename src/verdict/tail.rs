//! How far scores reach above a high quantile: generalised Pareto distributions, as many as the scores leave possible.

use crate::verdict::possible::Possible;

/// Spread of the shape before any score is seen. Log scores of good parts had shapes from -0.02 to 0.33 on four picture sets; a
/// wider one lets one odd image of a few blow up the threshold (docs/calibration.md).
const SHAPE_SPREAD: f64 = 0.2;

/// Shapes that are tried, on both sides of 0: four spreads.
const SHAPES: i32 = 16;
const SHAPE_STEP: f64 = 4.0 * SHAPE_SPREAD / SHAPES as f64;

/// Scales that are tried, on both sides of the mean excess.
const SCALES: i32 = 32;

/// A candidate this much less possible than the best one changes no digit that is shown.
const LEAST_WEIGHT: f64 = 1e-9;

/// A generalised Pareto distribution of what is above 0 (Pickands, Annals of Statistics 3, 1975).
///
/// # Example
/// ```
/// use twinspect::verdict::Pareto;
/// let exponential = Pareto { shape: 0.0, scale: 2.0 };
/// assert!((exponential.survival(2.0) - (-1.0f64).exp()).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pareto {
    /// Below 0 the tail ends, at 0 it is exponential, above 0 it is heavy.
    pub shape: f64,
    /// In the unit of what is above 0, and above 0 itself.
    pub scale: f64,
}

impl Pareto {
    /// The share above `excess`, which is 0 or more: `(1 + shape excess / scale)^(-1 / shape)`.
    pub fn survival(&self, excess: f64) -> f64 {
        (-self.hazard(excess)).exp()
    }

    /// The logarithm of the density at `excess`, which is 0 or more.
    pub fn log_density(&self, excess: f64) -> f64 {
        -self.scale.ln() - (1.0 + self.shape) * self.hazard(excess)
    }

    /// The negative logarithm of the survival; infinite where the tail has ended.
    fn hazard(&self, excess: f64) -> f64 {
        let stretched = excess / self.scale;
        if self.shape == 0.0 {
            return stretched;
        }
        let inner = self.shape * stretched;
        if inner <= -1.0 {
            return f64::INFINITY;
        }
        inner.ln_1p() / self.shape
    }
}

/// The tail of which some excesses are known: every generalised Pareto distribution, weighted by how possible it is.
///
/// The weight is the likelihood of the excesses times a prior: the shape normal about 0 with a deviation of 0.2, the logarithm
/// of the scale flat. What the tail predicts is the weighted mean, so that few excesses, which leave much possible, predict
/// further out. Maximum likelihood and the estimate of Zhang and Stephens (Technometrics 51, 2009) take one distribution for
/// certain, and reached 1.2 to 2.4 times the rate asked for from 25 to 50 images.
#[derive(Clone, Debug)]
pub struct ParetoTail {
    /// Weights sum to 1.
    candidates: Vec<(Pareto, f64)>,
}

impl ParetoTail {
    /// Of excesses, which are 0 or more; `None` if there are none, one is not finite or negative, or all are 0.
    ///
    /// # Example
    /// ```
    /// use twinspect::verdict::ParetoTail;
    /// let excesses: Vec<f64> = (0..1000).map(|i| -((f64::from(i) + 0.5) / 1000.0).ln()).collect();
    /// let tail = ParetoTail::fit(&excesses).unwrap();
    /// assert!(tail.shape().abs() < 0.02 && (tail.scale() - 1.0).abs() < 0.02); // They are exponential.
    /// ```
    pub fn fit(excesses: &[f64]) -> Option<Self> {
        let count = excesses.len() as f64;
        let mean = excesses.iter().sum::<f64>() / count;
        let is_possible = |excess: &f64| excess.is_finite() && *excess >= 0.0;
        if !excesses.iter().all(is_possible) || mean.is_nan() || mean <= 0.0 {
            return None;
        }
        // The fewer excesses, the wider the scales that they leave possible.
        let step = (5.0 / count.sqrt()).max(1.6) / f64::from(SCALES);
        let shapes = (-SHAPES..=SHAPES).map(|shape| f64::from(shape) * SHAPE_STEP);
        let mut candidates = Vec::new();
        for shape in shapes {
            for scale in -SCALES..=SCALES {
                let scale = mean * (f64::from(scale) * step).exp();
                let pareto = Pareto { shape, scale };
                let prior = -0.5 * (shape / SHAPE_SPREAD).powi(2);
                let likelihood: f64 = excesses.iter().map(|e| pareto.log_density(*e)).sum();
                candidates.push((pareto, prior + likelihood));
            }
        }
        let best = candidates
            .iter()
            .map(|(_, log)| *log)
            .fold(f64::NEG_INFINITY, f64::max);
        for (_, weight) in &mut candidates {
            *weight = (*weight - best).exp();
        }
        candidates.retain(|(_, weight)| *weight > LEAST_WEIGHT);
        let sum: f64 = candidates.iter().map(|(_, weight)| weight).sum();
        for (_, weight) in &mut candidates {
            *weight /= sum;
        }
        Some(Self { candidates })
    }

    /// The mean of the possible shapes.
    pub fn shape(&self) -> f64 {
        self.mean(|pareto| pareto.shape)
    }

    /// The mean of the possible scales.
    pub fn scale(&self) -> f64 {
        self.mean(|pareto| pareto.scale)
    }

    /// The chance that the next excess is above `excess`.
    pub fn survival(&self, excess: f64) -> f64 {
        self.mean(|pareto| pareto.survival(excess))
    }

    /// The excess that the next one is above with a chance of `share`, above 0 and at most 1; infinite if that is beyond
    /// what a number holds.
    pub fn quantile(&self, share: f64) -> f64 {
        let (mut low, mut high) = (0.0, self.scale());
        while self.survival(high) > share {
            (low, high) = (high, 2.0 * high);
            if high.is_infinite() {
                return high;
            }
        }
        // Halving settles every bit of a double.
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if self.survival(middle) > share {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }

    /// What the share above `excess` may be.
    pub(super) fn shares_above(&self, excess: f64) -> Possible {
        let shares = self.candidates.iter();
        Possible::new(
            shares
                .map(|(pareto, weight)| (pareto.survival(excess), *weight))
                .collect(),
        )
    }

    fn mean(&self, value: impl Fn(&Pareto) -> f64) -> f64 {
        self.candidates
            .iter()
            .map(|(pareto, weight)| weight * value(pareto))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_is_the_inverse_of_survival() {
        let tail = ParetoTail::fit(&[0.1, 0.4, 0.2, 0.9, 0.05]).unwrap();
        for share in [0.9, 0.1, 0.01, 1e-6] {
            let found = tail.survival(tail.quantile(share));
            assert!((found / share - 1.0).abs() < 1e-6, "{found} for {share}");
        }
    }

    #[test]
    fn fewer_excesses_reach_further() {
        let excesses: Vec<f64> = (0..64)
            .map(|i| -((f64::from(i % 4) + 0.5) / 4.0).ln())
            .collect();
        let reach = |count: usize| ParetoTail::fit(&excesses[..count]).unwrap().quantile(0.01);
        assert!(reach(4) > reach(8) && reach(8) > reach(64));
    }

    #[test]
    fn tail_is_of_any_unit() {
        let excesses = [0.1, 0.4, 0.2, 0.9, 0.05];
        let larger = excesses.map(|excess| 1e6 * excess);
        let (a, b) = (ParetoTail::fit(&excesses), ParetoTail::fit(&larger));
        let ratio = b.unwrap().quantile(0.01) / a.unwrap().quantile(0.01);
        assert!((ratio / 1e6 - 1.0).abs() < 1e-9, "{ratio}");
    }

    #[test]
    fn impossible_excesses_have_no_tail() {
        for excesses in [&[][..], &[0.0, 0.0], &[1.0, -1.0], &[1.0, f64::NAN]] {
            assert!(ParetoTail::fit(excesses).is_none(), "{excesses:?}");
        }
    }
}
