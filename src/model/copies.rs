//! Flipped and turned copies of normal images, from which a model learns too where the recipe says so.
//!
//! They are copies of what the networks look at, so nothing is resized twice. They extend statistics and join groups by how
//! they lie, as any image does. Thresholds come from the pictures that were given alone, each scored without itself and all
//! its copies: a part that is much like its own mirror image would score too low otherwise. So copies need no masks.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::extractor::Prepared;

/// Rows and columns of a tensor [1, 3, H, W].
const SIDES: [i64; 2] = [2, 3];

/// Which copies a model learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// None.
    None,
    /// Left and right exchanged; top and bottom exchanged.
    Flips,
    /// Turned by half a turn; where pictures are square also by a quarter either way.
    Turns,
    /// Flips and turns.
    All,
}

/// How a copy lies compared with the picture that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Orientation {
    /// Left and right are exchanged.
    LeftRight,
    /// Top and bottom are exchanged.
    UpsideDown,
    /// Turned by 180 degrees.
    HalfTurn,
    /// Turned by 90 degrees counter-clockwise.
    QuarterLeft,
    /// Turned by 90 degrees clockwise.
    QuarterRight,
}

impl Copies {
    /// How the copies of a picture lie; `is_square` says whether the pictures of the model are.
    pub fn orientations(self, is_square: bool) -> Vec<Orientation> {
        use Orientation::{HalfTurn, LeftRight, QuarterLeft, QuarterRight, UpsideDown};
        let mut orientations = Vec::new();
        if matches!(self, Self::Flips | Self::All) {
            orientations.extend([LeftRight, UpsideDown]);
        }
        if matches!(self, Self::Turns | Self::All) {
            orientations.push(HalfTurn);
            if is_square {
                orientations.extend([QuarterLeft, QuarterRight]);
            }
        }
        orientations
    }
}

impl Orientation {
    /// In words, to be read after "a copy".
    pub fn words(self) -> &'static str {
        match self {
            Self::LeftRight => "flipped left to right",
            Self::UpsideDown => "flipped upside down",
            Self::HalfTurn => "turned by 180 degrees",
            Self::QuarterLeft => "turned left by 90 degrees",
            Self::QuarterRight => "turned right by 90 degrees",
        }
    }

    /// A copy that lies so. Its shape is the picture's; for a quarter turn that must be square.
    pub fn of(self, prepared: &Prepared<'_>) -> Result<Prepared<'static>> {
        prepared.changed(|picture| {
            let turned = match self {
                Self::LeftRight => picture.f_flip([3])?,
                Self::UpsideDown => picture.f_flip([2])?,
                Self::HalfTurn => picture.f_flip(SIDES)?,
                Self::QuarterLeft => picture.f_rot90(1, SIDES)?,
                Self::QuarterRight => picture.f_rot90(-1, SIDES)?,
            };
            Ok::<_, Error>(turned.f_contiguous()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use tch::Tensor;

    use super::*;
    use crate::model::extractor::Input;

    #[test]
    fn copies_lie_as_they_are_called() {
        // 0 1 / 2 3, one channel.
        let input = Tensor::from_slice(&[0.0f32, 1.0, 2.0, 3.0]).reshape([1, 1, 2, 2]);
        let picture = Some(input.shallow_clone());
        let input = Input::Whole(input);
        let frame = None;
        let prepared = Prepared {
            input,
            picture,
            frame,
        };
        for (orientation, expected) in [
            (Orientation::LeftRight, [1.0f32, 0.0, 3.0, 2.0]),
            (Orientation::UpsideDown, [2.0, 3.0, 0.0, 1.0]),
            (Orientation::HalfTurn, [3.0, 2.0, 1.0, 0.0]),
            (Orientation::QuarterLeft, [1.0, 3.0, 0.0, 2.0]),
            (Orientation::QuarterRight, [2.0, 0.0, 3.0, 1.0]),
        ] {
            let copy = orientation.of(&prepared).unwrap();
            for found in [copy.whole().unwrap(), copy.picture.as_ref().unwrap()] {
                let found: Vec<f32> = Vec::try_from(found.flatten(0, -1)).unwrap();
                assert_eq!(found, expected, "{orientation:?}");
            }
        }
    }

    #[test]
    fn quarter_turns_are_for_square_pictures() {
        for (copies, is_square, expected) in [
            (Copies::None, true, 0),
            (Copies::Flips, false, 2),
            (Copies::Turns, false, 1),
            (Copies::Turns, true, 3),
            (Copies::All, false, 3),
            (Copies::All, true, 5),
        ] {
            let found = copies.orientations(is_square);
            assert_eq!(found.len(), expected, "{copies:?}, square: {is_square}");
        }
    }
}
