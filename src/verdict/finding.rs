//! What can be wrong with a picture, and what to look at then.

use serde::{Deserialize, Serialize};

/// What is wrong with a picture. The numbers are bits, and those of the C interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
#[non_exhaustive]
pub enum Finding {
    /// Its brightness is below that of the normal images.
    TooDark = 1,
    /// Its brightness is above.
    TooBright = 2,
    /// More of it is black than of the normal images: covered, or transferred in part.
    Black = 4,
    /// More of it is saturated.
    Saturated = 8,
    /// Its contrast is below: nothing is seen.
    Flat = 16,
    /// Its sharpness is below.
    Blurred = 32,
    /// The same picture came before, to the last bit, as often as the option `health.repeats` says.
    Repeated = 64,
    /// Its width and height are in another proportion.
    Proportions = 128,
}

impl Finding {
    /// The word that scripts read: `too_dark`.
    pub fn word(self) -> &'static str {
        match self {
            Self::TooDark => "too_dark",
            Self::TooBright => "too_bright",
            Self::Black => "black",
            Self::Saturated => "saturated",
            Self::Flat => "flat",
            Self::Blurred => "blurred",
            Self::Repeated => "repeated",
            Self::Proportions => "proportions",
        }
    }

    /// What to look at, a whole sentence.
    pub fn advice(self) -> &'static str {
        match self {
            Self::TooDark => "Look at lamp, exposure time and aperture, and at what white means.",
            Self::TooBright => "Look at exposure time, gain and stray light.",
            Self::Black => "Look whether the lens is covered and the whole frame arrives.",
            Self::Saturated => "Shorten the exposure, or lower the gain.",
            Self::Flat => "Look whether a part lies there, and at lens and lamp.",
            Self::Blurred => "Look at focus, motion and dirt on the lens.",
            Self::Repeated => "Look whether the camera delivers new frames.",
            Self::Proportions => "Give the region of interest that the model was fitted with.",
        }
    }
}
