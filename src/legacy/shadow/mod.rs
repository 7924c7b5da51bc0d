//! What the two engines said of the same pictures: written down while a line runs, and read afterwards.
//!
//! A folder holds `shadow.csv`, a line a picture, and `pictures`, those that the engines disagree about.

mod log;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use log::ShadowLog;

use crate::error::{Error, ErrorKind, Result};
use crate::verdict::Verdict;

/// Name of the table in its folder.
pub const TABLE: &str = "shadow.csv";

/// What was said of one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// When, UTC: `2026-11-25T17:10:27.250Z`.
    pub time: String,
    /// Of the gray values.
    pub pixels_verdict: Verdict,
    /// How many gray values the worst pixel is beyond its limit.
    pub pixels_score: f32,
    /// Pixels outside.
    pub pixels_area: u64,
    /// Of the features; none if they could not be compared.
    pub features_verdict: Option<Verdict>,
    /// How far the map is beyond its limit where it is furthest.
    pub features_score: Option<f32>,
    /// Pixels outside.
    pub features_area: Option<u64>,
    /// How far the map rises above the mean of good parts' maps: an absolute threshold of this and more finds nothing.
    pub features_rise: Option<f32>,
    /// Why the features could not be compared.
    pub error: Option<String>,
    /// The picture, relative to the folder, if the engines disagree about it and it was kept.
    pub picture: Option<PathBuf>,
}

impl Row {
    /// Whether both engines say the same.
    pub fn agrees(&self) -> bool {
        self.features_verdict == Some(self.pixels_verdict)
    }
}

/// All rows of a folder's table, in the order in which they were written; a last one that is being written is left out.
///
/// Errors: `NotFound`, `Io`, `Format` with the line that cannot be read.
pub fn read(folder: &Path) -> Result<Vec<Row>> {
    let path = folder.join(TABLE);
    let text = std::fs::read(&path)
        .map_err(|error| Error::io(&error, "read the shadow's table", &path)
            .hint("Name the folder that shadow.folder named while a variation model compared both engines."))?;
    let whole = text.iter().rposition(|byte| *byte == b'\n');
    let whole = &text[..whole.map_or(0, |end| end + 1)];
    let rows = csv::Reader::from_reader(whole).into_deserialize();
    let rows = rows.map(|row| {
        row.map_err(|error| {
            Error::new(ErrorKind::Format, format!("not a shadow's table: {error}")).at(&path)
        })
    });
    rows.collect()
}
