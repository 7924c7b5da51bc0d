//! What a rate may be, when it is not known for certain.

use statrs::distribution::{Beta, ContinuousCDF};

/// Midpoints of as many equally likely parts stand for a distribution.
const PARTS: usize = 21;

/// Possible values with their weights.
#[derive(Clone, Debug)]
pub struct Possible {
    values: Vec<(f64, f64)>,
}

impl Possible {
    /// Of pairs of a value and its weight; weights sum to 1.
    pub fn new(values: Vec<(f64, f64)>) -> Self {
        Self { values }
    }

    /// Equally likely values: those of `quantile` in the middle of each of 21 parts.
    pub fn of_quantiles(quantile: impl Fn(f64) -> f64) -> Self {
        let middle = |part: usize| (part as f64 + 0.5) / PARTS as f64;
        let weight = 1.0 / PARTS as f64;
        Self::new(
            (0..PARTS)
                .map(|part| (quantile(middle(part)), weight))
                .collect(),
        )
    }

    /// The share above the k-th highest of n values, which is distributed as `Beta(k, n + 1 - k)` whatever they are;
    /// k from 1 to n.
    pub fn share_above(k: usize, n: usize) -> Self {
        Self::of_quantiles(|probability| share_above(k, n, probability))
    }

    /// The combination of each value with each of `other`.
    pub fn with(&self, other: &Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        let pairs = self.values.iter().flat_map(|(a, weight)| {
            let combine = &combine;
            other
                .values
                .iter()
                .map(move |(b, other)| (combine(*a, *b), weight * other))
        });
        Self::new(pairs.collect())
    }

    /// The values below and above which 5 % of the weight lies.
    pub fn interval(mut self) -> (f64, f64) {
        self.values.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let quantile = |probability: f64| {
            let mut sum = 0.0;
            let mut found = 0.0;
            for (value, weight) in &self.values {
                found = *value;
                sum += weight;
                if sum >= probability {
                    break;
                }
            }
            found
        };
        (quantile(0.05), quantile(0.95))
    }
}

/// The quantile of the share above the k-th highest of n values, as in [`Possible::share_above`].
pub fn share_above(k: usize, n: usize, probability: f64) -> f64 {
    let beta = Beta::new(k as f64, (n + 1 - k) as f64);
    // The parameters are 1 or more, so there is a distribution; its mean stands in for it all the same.
    beta.map_or(k as f64 / (n + 1) as f64, |beta| {
        beta.inverse_cdf(probability)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_leaves_a_twentieth_on_each_side() {
        let values = (0..100).map(|i| (f64::from(99 - i), 0.01)).collect();
        assert_eq!(Possible::new(values).interval(), (4.0, 94.0));
    }

    #[test]
    fn share_above_the_highest_of_two_by_hand() {
        // Beta(1, 2) has the quantile 1 - sqrt(1 - p).
        let found = share_above(1, 2, 0.95);
        assert!((found - (1.0 - 0.05f64.sqrt())).abs() < 1e-12, "{found}");
    }

    #[test]
    fn combinations_are_as_likely_as_both_parts() {
        let one = Possible::new(vec![(1.0, 0.5), (3.0, 0.5)]);
        let both = one.with(&Possible::new(vec![(10.0, 1.0)]), |a, b| a * b);
        assert_eq!(both.interval(), (10.0, 30.0));
    }
}
