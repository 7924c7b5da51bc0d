//! What a variation model compares.

use crate::error::Result;
use crate::options::Options;

/// What a variation model compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Gray values, by HALCON's formulas.
    Pixels,
    /// Anomaly maps.
    Features,
    /// Both; one decides, and the other is watched in its shadow.
    Both,
}

impl Engine {
    /// The one that the option `variation.engine` names.
    pub fn of(options: &Options) -> Result<Self> {
        Ok(match options.text("variation.engine")?.as_str() {
            "features" => Self::Features,
            "both" => Self::Both,
            _ => Self::Pixels,
        })
    }

    /// Whether it needs a network.
    pub fn has_features(self) -> bool {
        self != Self::Pixels
    }
}
