//! The model file: one file, versioned, checksummed, replaced atomically.
//!
//! `TWINSPECT-MODEL\n`, format version (u32), length of the rest (u64), SHA-256 of the rest, then the model's archive. Numbers
//! are little endian.
//!
//! The checksum finds damage, not intent: whoever can write a model can write its checksum. So every value is checked
//! against what the recipe and the backbone make possible, and nothing in the file is ever executed. One thing is left to
//! trust: a model may name a TorchScript module on this machine, by path and SHA-256, and loading the model then runs that
//! module. [`Model::describe`] runs nothing.

mod frame;

use std::path::Path;

pub(crate) use frame::Frame;

use crate::error::{Error, ErrorKind, Result};
use crate::files::{self, replace};
use crate::model::Model;
use crate::model::archive;
pub use crate::model::archive::{Description, GroupDescription, MatcherWeights, escaped};
use crate::options::Options;

/// The version that is written; also the only one that can be read so far.
pub const VERSION: u32 = 1;

/// What errors of writing a model call it.
const MODEL: &str = "the model";

const FRAME: Frame = Frame {
    magic: b"TWINSPECT-MODEL\n",
    version: VERSION,
    thing: "model",
    file: "the model file",
    other_version: "Use the library that wrote it, or fit again.",
    foreign,
    damaged: archive::damaged,
};

/// Whether a model could be saved as `path`, without touching it: ask before long work. Errors: `NotFound`, `Io`.
pub fn check_target(path: &Path) -> Result<()> {
    files::check_target(MODEL, path)
}

impl Model {
    /// Writes the model to `path`. A file of that name is replaced whole or, if anything fails, left as it is.
    ///
    /// A symbolic link stays, and the file that it names is written. A file that is replaced keeps its permissions; those
    /// of a new one follow the umask.
    ///
    /// Errors: `Io` (no right to write, full disk, or `path` is a folder, device or pipe), `NotFound` (no such folder),
    /// `Memory`.
    pub fn save(&self, path: &Path) -> Result<()> {
        check_target(path)?;
        replace(MODEL, path, &self.to_bytes()?)
    }

    /// The content of the model's file.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        FRAME.framed(&archive::write(self)?)
    }

    /// Reads a model from `path`; the options of scope `Run` say where it will work.
    ///
    /// A model that was fitted with a TorchScript module names that file, and its hash: the module of that hash is run.
    /// Load such models only from those whom you would let run a program. Where the file has moved, the option
    /// `backbone` says where it is now.
    ///
    /// Errors: `NotFound`, `Io` (also if `path` is a folder, device or pipe), `Format` (not a model, or damaged), `Version`
    /// (of a newer library), `Weights` (the backbone's weights are missing or others than it was fitted with), `Device`,
    /// `Memory`.
    pub fn load(path: &Path, options: &Options) -> Result<Self> {
        FRAME
            .read(path)
            .and_then(|archive| archive::read(&archive, options))
            .map_err(|error| error.at(path))
    }

    /// Reads a model from the content of its file; otherwise as [`Model::load`].
    pub fn from_bytes(bytes: &[u8], options: &Options) -> Result<Self> {
        archive::read(FRAME.content(bytes)?, options)
    }

    /// What the model file says of itself. It needs no weights, and runs no network.
    ///
    /// Errors: `NotFound`, `Io`, `Format`, `Version`, `Memory`, as [`Model::load`].
    pub fn describe(path: &Path) -> Result<Description> {
        FRAME
            .read(path)
            .and_then(|archive| archive::describe(&archive))
            .map_err(|error| error.at(path))
    }
}

/// The error of a file that is no model's.
fn foreign(first: &[u8]) -> Error {
    let what = match first {
        [] => "it is empty",
        _ if first.starts_with(FRAME.magic) => "it ends within its first bytes",
        [b'P', b'K', 3, 4, ..] => "it is a zip archive, as PyTorch and ONNX tools write",
        [0x80, 2..=5, ..] => "it is a Python pickle, which is never read",
        _ if is_picture(first) => "it is a picture",
        _ if std::str::from_utf8(&first[..first.len().min(frame::BYTES)]).is_ok() => "it is a text",
        _ => "it is of another kind",
    };
    Error::new(ErrorKind::Format, format!("not a twinspect model: {what}"))
        .hint(format!("`twinspect fit FOLDER -o part.twin` makes one; this library reads version {VERSION} of them."))
}

/// Pictures end up in the place of a model where arguments are mixed up.
fn is_picture(first: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 7] = [
        b"\x89PNG",
        b"\xFF\xD8\xFF",
        b"II*\0",
        b"MM\0*",
        b"BM",
        b"P5",
        b"P6",
    ];
    BEGINNINGS.iter().any(|begin| first.starts_with(begin))
}
