//! Folders of pictures as data sets lay them out, to categories.
//!
//! In: a folder. Out: for each category its good parts to fit, its pictures to test, and where their masks are. Each file
//! here knows one layout; which one it is follows from what is there. Only names are looked at, no picture is opened.

mod btad;
mod folders;
mod found;
mod mvtec;
mod plain;
mod visa;

use std::path::PathBuf;

pub use found::Found;

/// The word of the layouts for a picture without a defect.
pub const GOOD: &str = "good";

/// How a data set is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `train/good`, `test/KIND`, `ground_truth/KIND`; also VisA as folders.
    Mvtec,
    /// `split_csv/1cls.csv`.
    Visa,
    /// `train/ok`, `test/ok`, `test/ko`, `ground_truth/ko`.
    Btad,
    /// `good` and `bad`.
    Plain,
}

impl Layout {
    /// The word in the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mvtec => "mvtec",
            Self::Visa => "visa",
            Self::Btad => "btad",
            Self::Plain => "plain",
        }
    }

    /// Whether the seed decides which good parts are fitted and which are tested.
    pub fn is_split_by_seed(self) -> bool {
        self == Self::Plain
    }
}

/// One kind of part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its name, that of its folder.
    pub name: String,
    /// Good parts to fit, sorted.
    pub normal: Vec<PathBuf>,
    /// Pictures to inspect, by kind and name.
    pub tests: Vec<TestPicture>,
}

/// A picture whose truth is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestPicture {
    pub path: PathBuf,
    /// What is wrong with the part, as the folder says; [`GOOD`] if nothing is.
    pub kind: String,
    pub is_defective: bool,
    /// A picture of the same size, in which what is bright is defective.
    pub mask: Option<PathBuf>,
}
