//! How many good parts a trial learns from, and which.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use twinspect::{Error, ErrorKind, Result};

/// As typed: a number, or `full`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shots {
    /// So many.
    Few(usize),
    /// All that there are.
    Full,
}

impl Shots {
    /// These many of `normal`, sorted. What a seed chooses is nested: 1 is one of the 2, which are two of the 4.
    ///
    /// Errors: `TooFewImages` if there are not so many.
    pub fn choose(self, normal: &[PathBuf], seed: u64) -> Result<Vec<PathBuf>> {
        let Self::Few(count) = self else {
            return Ok(normal.to_vec());
        };
        if count > normal.len() {
            let message = format!(
                "{count} good parts were asked for, there are {}",
                normal.len()
            );
            return Err(Error::new(ErrorKind::TooFewImages, message).at("--shots"));
        }
        let mut chosen = shuffled(normal, seed);
        chosen.truncate(count);
        chosen.sort();
        Ok(chosen)
    }

    /// The number; none of `full`.
    pub fn count(self) -> Option<usize> {
        match self {
            Self::Few(count) => Some(count),
            Self::Full => None,
        }
    }
}

impl FromStr for Shots {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.parse() {
            _ if text == "full" => Ok(Self::Full),
            Ok(count) if count > 0 => Ok(Self::Few(count)),
            _ => Err("shots are whole numbers from 1 on, or full".to_owned()),
        }
    }
}

impl fmt::Display for Shots {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Few(count) => write!(out, "{count}"),
            Self::Full => write!(out, "full"),
        }
    }
}

/// All of them in the order of this seed.
pub fn shuffled(paths: &[PathBuf], seed: u64) -> Vec<PathBuf> {
    let mut paths = paths.to_vec();
    paths.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shots_of_a_seed_are_nested_sorted_and_the_same_each_time() {
        let normal: Vec<PathBuf> = (0..20).map(|n| format!("{n:02}.png").into()).collect();
        for seed in 0..5 {
            let mut smaller: Vec<PathBuf> = Vec::new();
            for count in [1, 2, 4, 8, 20] {
                let chosen = Shots::Few(count).choose(&normal, seed).unwrap();
                assert_eq!(chosen.len(), count);
                assert!(chosen.is_sorted());
                assert!(smaller.iter().all(|path| chosen.contains(path)));
                assert_eq!(chosen, Shots::Few(count).choose(&normal, seed).unwrap());
                smaller = chosen;
            }
        }
        let of = |seed| Shots::Few(4).choose(&normal, seed).unwrap();
        assert_ne!(of(0), of(1));
        assert_eq!(Shots::Full.choose(&normal, 3).unwrap(), normal);
    }

    #[test]
    fn more_shots_than_good_parts_is_an_error_with_both_numbers() {
        let error = Shots::Few(3).choose(&["a.png".into()], 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooFewImages);
        assert!(error.message().contains("3 good parts"), "{error}");
        assert!(error.message().contains("there are 1"), "{error}");
    }

    #[test]
    fn text_of_shots() {
        assert_eq!("full".parse(), Ok(Shots::Full));
        assert_eq!("8".parse(), Ok(Shots::Few(8)));
        for text in ["0", "-1", "all", "", "1.5"] {
            assert!(text.parse::<Shots>().is_err(), "{text}");
        }
    }
}
