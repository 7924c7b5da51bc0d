//! Random numbers that a seed decides, the same on every machine and in every version.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of random numbers.
///
/// The bits are ChaCha8's, which is specified; what is made of them stands here, because a model must choose the same
/// channels wherever it is opened, and crates change how they draw.
pub struct Seeded(ChaCha8Rng);

impl Seeded {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from 0 to below `bound`, each with the same chance to within 2^-32.
    fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// `count` different numbers below `bound`, ascending; all of them if there are no more.
    pub fn choose(&mut self, count: usize, bound: u32) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..bound).collect();
        let count = count.min(numbers.len());
        for place in 0..count {
            let rest = bound - place as u32;
            let other = place + self.below(rest) as usize;
            numbers.swap(place, other);
        }
        numbers.truncate(count);
        numbers.sort_unstable();
        numbers
    }

    /// A number of the normal distribution with mean 0 and variance 1 (Box and Muller, 1958).
    pub fn normal(&mut self) -> f64 {
        let uniform = |bits: u64| ((bits >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        let radius = (-2.0 * uniform(self.0.next_u64()).ln()).sqrt();
        radius * (std::f64::consts::TAU * uniform(self.0.next_u64())).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_numbers_are_different_and_decided_by_the_seed() {
        let chosen = Seeded::new(7).choose(5, 20);
        assert_eq!(chosen, Seeded::new(7).choose(5, 20));
        assert_ne!(chosen, Seeded::new(8).choose(5, 20));
        assert_eq!(chosen.len(), 5);
        assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(chosen.iter().all(|number| *number < 20));
        assert_eq!(Seeded::new(0).choose(9, 4), [0, 1, 2, 3]);
        assert!(Seeded::new(0).choose(3, 0).is_empty());
    }

    #[test]
    fn each_number_is_chosen_as_often() {
        let mut seeded = Seeded::new(1);
        let mut times = [0u32; 10];
        for _ in 0..10_000 {
            for number in seeded.choose(3, 10) {
                times[number as usize] += 1;
            }
        }
        // 3000 each, give or take four standard deviations of 46.
        assert!(
            times.iter().all(|times| times.abs_diff(3000) < 184),
            "{times:?}"
        );
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut seeded = Seeded::new(2);
        let numbers: Vec<f64> = (0..20_000).map(|_| seeded.normal()).collect();
        let mean = numbers.iter().sum::<f64>() / 20_000.0;
        let variance = numbers.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        // Four standard deviations: 1 / sqrt(n), sqrt(2 / n).
        assert!(mean.abs() < 0.028, "{mean}");
        assert!((variance - 1.0).abs() < 0.04, "{variance}");
    }
}
