//! How large a model will be, before the memory and the disk are spent on it.

use crate::model::recipe::Recipe;
use crate::model::reference::{By, Statistic};
use crate::statistics::{Bank, Factors, neighbours};

/// What the first image says about all others.
#[derive(Clone, Copy, Debug)]
pub struct First {
    /// Height and width of the grid of locations.
    pub grid: (i64, i64),
    /// Channels of the features, C'.
    pub channels: i64,
    /// How many key points it has, and how many numbers describe one; 0 if the recipe matches nothing.
    pub keypoints: (i64, i64),
}

/// Bytes that a model of so many images takes at most, on disk and in memory.
///
/// A Gaussian has a mean and one direction for each sample but one, and no more than channels, in single or half precision; a few images
/// give several samples each, of the locations around. A bank has
/// every image's features in half precision, a coreset a share of them in single, a subspace sums of products. Where pictures are
/// registered, the part has its own, in the worst case as many.
pub fn model_bytes(recipe: &Recipe, first: First, images: usize) -> u64 {
    let unsigned = |value: i64| u64::try_from(value).unwrap_or(0);
    let (h, w) = first.grid;
    let locations = unsigned(h).saturating_mul(unsigned(w));
    let (images, channels) = (images as u64, unsigned(first.channels));
    let (points, width) = (unsigned(first.keypoints.0), unsigned(first.keypoints.1));
    let bank = Bank::bytes(images, locations, channels);
    let learned = match recipe.statistic {
        Statistic::Neighbour(rule) => match rule.coreset {
            Some(rule) => {
                let kept = (rule.share * images as f64 * locations as f64).ceil() as u64;
                kept.saturating_mul(4 * channels + 8)
            }
            None => bank,
        },
        Statistic::Subspace(_) => 8 * channels.saturating_mul(channels + 1),
        Statistic::Gaussian if recipe.nearest.is_some() => bank,
        Statistic::Gaussian => {
            let samples = match images < recipe.few as u64 {
                true => images * neighbours::SAMPLES,
                false => images,
            };
            let directions = match recipe.groups.size {
                0 => samples.min(channels + 1),
                _ => samples,
            };
            let number = match recipe.factors {
                Factors::Float32 => 4,
                Factors::Float16 => 2,
            };
            // There is one direction less than samples; the mean, in single precision, takes its place.
            let vectors = directions.saturating_mul(channels * number + 4);
            locations.saturating_mul(vectors.saturating_add(channels * (4 - number)))
        }
    };
    let places = if recipe.registration.is_some() { 2 } else { 1 };
    let kept = match recipe.nearest {
        Some(rule) if rule.by == By::Matches => images.saturating_mul(points * (2 * width + 8)),
        _ => 0,
    };
    let turns = recipe.registration.map_or(1, |plan| plan.turns as u64);
    let lead = turns.saturating_mul(points * (4 * width + 8));
    learned
        .saturating_mul(places)
        .saturating_add(kept)
        .saturating_add(lead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    fn bytes(settings: &[(&str, &str)], images: usize) -> u64 {
        let mut options = Options::default();
        for (key, value) in settings {
            options.set_text(key, value).unwrap();
        }
        let first = First {
            grid: (20, 20),
            channels: 136,
            keypoints: (0, 0),
        };
        model_bytes(&Recipe::from_options(&options).unwrap(), first, images)
    }

    #[test]
    fn bank_grows_with_the_images_and_a_gaussian_only_up_to_its_channels() {
        let nearest = [("grouping", "nearest")];
        assert_eq!(bytes(&nearest, 320), 320 * 400 * 136 * 2);
        assert_eq!(bytes(&[], 320), bytes(&[], 32_000));
        assert_eq!(bytes(&[], 25), 400 * 25 * 137 * 4);
        let halved = bytes(&[("statistics.factors", "float16")], 25);
        assert_eq!(halved, 400 * (136 * 4 + 24 * 136 * 2 + 25 * 4));
        assert_eq!(bytes(&[], 2), 400 * 18 * 137 * 4);
        assert_eq!(bytes(&[("statistics.few", "0")], 2), 400 * 2 * 137 * 4);
        assert_eq!(
            bytes(&[("registration", "similarity")], 25),
            2 * bytes(&[], 25)
        );
        assert!(bytes(&nearest, usize::MAX) > 1 << 60);
    }
}
