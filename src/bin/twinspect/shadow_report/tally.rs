//! How often the engines said what.

use twinspect::legacy::shadow::Row;
use twinspect::verdict::Verdict;

/// What the pixels say.
pub const ROWS: [&str; 2] = ["pixels say good", "pixels say defect"];

/// What the features say.
pub const COLUMNS: [&str; 4] = ["features good", "features defect", "undecided", "failed"];

/// Counts of pictures.
pub struct Tally {
    /// By [`ROWS`] and [`COLUMNS`].
    pub counts: [[u64; 4]; 2],
    /// Of which both say the same.
    pub agreeing: u64,
    /// All of them.
    pub of: u64,
}

impl Tally {
    /// Of these pictures.
    pub fn of(rows: &[Row]) -> Self {
        let mut counts = [[0; 4]; 2];
        for row in rows {
            let column = match row.features_verdict {
                Some(Verdict::Good) => 0,
                Some(Verdict::Defect) => 1,
                Some(Verdict::Undecided) => 2,
                None => 3,
            };
            counts[usize::from(row.pixels_verdict != Verdict::Good)][column] += 1;
        }
        Self {
            counts,
            agreeing: rows.iter().filter(|row| row.agrees()).count() as u64,
            of: rows.len() as u64,
        }
    }
}
