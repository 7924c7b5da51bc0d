//! A pretrained network ready to use: the backbone, how its pictures are prepared, and who it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tch::Device;

use crate::error::{Error, ErrorKind, Result};
use crate::features::arithmetic::{Arithmetic, Precision};
use crate::features::backbone::{Architecture, Backbone};
use crate::features::weights::{self, Part};
use crate::image::{Multiples, Normalisation};
use crate::sha256;

/// A network by name, or a TorchScript file of the user's own.
///
/// Threads: immutable, shared by any number of threads.
#[derive(Debug)]
pub struct Pretrained {
    backbone: Backbone,
    normalisation: Normalisation,
    name: String,
    sha256: String,
    arithmetic: Arithmetic,
}

/// Where a network's numbers come from, found and hashed; none of it has been interpreted yet.
struct Source {
    name: String,
    sha256: String,
    content: Content,
}

enum Content {
    /// A file of the table, and whose weights it holds.
    Weights(Architecture, Normalisation, PathBuf),
    /// A TorchScript file.
    Module(Vec<u8>),
}

impl Pretrained {
    /// Opens a network of the table (`twinspect weights list`), or the TorchScript file at that path.
    ///
    /// A name that ends in `.pt` or `.ts`, or holds a path separator, is a path. A TorchScript module gets RGB pictures
    /// normalised with ImageNet's mean and deviation; it is a program, which is run: open only files that you trust.
    ///
    /// Errors: `Weights` for weights that are missing or have another hash, `InvalidArgument` for an unknown name or that of
    /// a matcher, and for a TorchScript module in another precision than float32; `Device` if it cannot compute so,
    /// `NotFound`, `Io`, `Format`.
    pub fn open(name: &str, arithmetic: impl Into<Arithmetic>) -> Result<Self> {
        Source::find(name)?.open(arithmetic.into())
    }

    /// The same network by the hash that a model was fitted with; a TorchScript module of another hash is not run.
    ///
    /// Errors: `Weights` if the file is missing, or naming both hashes if they differ.
    pub fn open_exactly(
        name: &str,
        sha256: &str,
        arithmetic: impl Into<Arithmetic>,
    ) -> Result<Self> {
        let source = Source::find(name).map_err(|error| of_the_model(name, error))?;
        if source.sha256 == sha256 {
            return source
                .open(arithmetic.into())
                .map_err(|error| of_the_model(name, error));
        }
        let short = |hash: &str| hash.chars().take(12).collect::<String>();
        let message = format!(
            "the model was fitted with weights {} of '{name}', these are {}",
            short(sha256),
            short(&source.sha256)
        );
        Err(Error::new(ErrorKind::Weights, message).hint("Use the weights of then, or fit again."))
    }

    /// The same network on `device`: itself if it is there.
    pub fn on(self: &Arc<Self>, device: Device) -> Result<Arc<Self>> {
        let arithmetic = Arithmetic {
            device,
            ..self.arithmetic
        };
        if self.arithmetic == arithmetic {
            return Ok(Arc::clone(self));
        }
        Self::open_exactly(&self.name, &self.sha256, arithmetic).map(Arc::new)
    }

    /// The network.
    pub fn backbone(&self) -> &Backbone {
        &self.backbone
    }

    /// How its pictures are normalised.
    pub fn normalisation(&self) -> Normalisation {
        self.normalisation
    }

    /// Its name in the table, or its absolute path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the file that its weights came from, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// What the sides of a network's input are multiples of, by its name alone; none for a name that is no backbone's.
pub fn multiples(name: &str) -> Option<Multiples> {
    if is_path(name) {
        return Some(Multiples::CONVOLUTIONAL);
    }
    match weights::entry(name).ok()?.part {
        Part::Backbone(architecture, _) => Some(architecture.multiples()),
        Part::Matcher(_) => None,
    }
}

impl Source {
    fn find(name: &str) -> Result<Self> {
        if is_path(name) {
            return Self::module(name);
        }
        let entry = weights::entry(name)?;
        let (architecture, normalisation) = match entry.part {
            Part::Backbone(architecture, normalisation) => (architecture, normalisation),
            Part::Matcher(matcher) => return Err(no_backbone(name, matcher)),
        };
        let found = weights::find(name)?;
        Ok(Self {
            name: entry.name.to_owned(),
            sha256: found.sha256,
            content: Content::Weights(architecture, normalisation, found.path),
        })
    }

    fn module(name: &str) -> Result<Self> {
        let path = Path::new(name);
        let bytes = read_module(path).map_err(|error| {
            Error::io(&error, "read the TorchScript backbone", path)
                .hint("`twinspect weights list` names the networks that need no file.")
        })?;
        // A model is used from other folders than it was fitted in.
        let absolute = std::path::absolute(path).ok();
        let absolute = absolute.and_then(|path| path.into_os_string().into_string().ok());
        let sha256 = sha256::of_bytes(&bytes);
        Ok(Self {
            name: absolute.unwrap_or_else(|| name.to_owned()),
            sha256,
            content: Content::Module(bytes),
        })
    }

    fn open(self, arithmetic: Arithmetic) -> Result<Pretrained> {
        let (backbone, normalisation) = match self.content {
            Content::Weights(architecture, normalisation, path) => {
                let tensors = weights::read(&path)?;
                let backbone = Backbone::from_tensors(architecture, &tensors, arithmetic)
                    .map_err(|error| error.at(&path))?;
                (backbone, normalisation)
            }
            Content::Module(_) if arithmetic.precision != Precision::Float32 => {
                let message = format!(
                    "a TorchScript module computes in the numbers that it was exported with, not in {}",
                    arithmetic.precision.word()
                );
                return Err(Error::new(ErrorKind::InvalidArgument, message)
                    .at("features.precision")
                    .hint("Use features.precision=float32."));
            }
            Content::Module(bytes) => {
                let backbone = Backbone::from_torchscript(&bytes, arithmetic.device)
                    .map_err(|error| error.at(&self.name))?;
                (backbone, Normalisation::IMAGENET)
            }
        };
        Ok(Pretrained {
            backbone,
            normalisation,
            name: self.name,
            sha256: self.sha256,
            arithmetic,
        })
    }
}

fn no_backbone(name: &str, matcher: &str) -> Error {
    let message = format!("'{name}' is the weights of a matcher, not of a backbone");
    Error::new(ErrorKind::InvalidArgument, message)
        .hint(format!("Set matcher={matcher} instead of backbone={name}."))
}

fn is_path(name: &str) -> bool {
    let end = Path::new(name).extension();
    name.contains(['/', '\\']) || end.is_some_and(|end| end == "pt" || end == "ts")
}

/// Reads a regular file: the name may come from a model of unknown origin, and a device or a pipe need not end.
fn read_module(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        let kind = std::io::ErrorKind::InvalidInput;
        return Err(std::io::Error::new(kind, "it is no regular file"));
    }
    std::fs::read(path)
}

/// The error of a TorchScript file that a model names: its reader knows the model's place, not that file's.
fn of_the_model(name: &str, error: Error) -> Error {
    if !is_path(name) {
        return error;
    }
    let message = format!("the model's backbone '{name}': {}", error.message());
    let (kind, hint) = match error.kind() {
        // No argument is the caller's but the name, so the model asks for what does not go together.
        ErrorKind::InvalidArgument => (
            ErrorKind::Format,
            "The model is damaged, or was not written by twinspect.",
        ),
        kind => (
            match kind {
                ErrorKind::NotFound => ErrorKind::Weights,
                kind => kind,
            },
            "It moved? --set backbone=PATH says where it is now.",
        ),
    };
    Error::new(kind, message).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(bytes: &[u8]) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net.pt");
        std::fs::write(&path, bytes).unwrap();
        (folder, path.display().to_string())
    }

    #[test]
    fn missing_torchscript_file_is_named() {
        let error = Pretrained::open("no/such/net.pt", Device::Cpu).unwrap_err();
        assert_eq!(
            (error.kind(), error.place()),
            (ErrorKind::NotFound, "no/such/net.pt")
        );
    }

    #[test]
    fn weights_of_a_matcher_are_no_backbone() {
        let error = Pretrained::open("xfeat", Device::Cpu).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.message().contains("'xfeat'"), "{error}");
        assert!(error.what_to_do().contains("matcher=xfeat"), "{error}");
    }

    #[test]
    fn module_of_another_hash_is_not_even_loaded() {
        let (_folder, path) = file_of(b"not a module: loading it reports Format");
        let error = Pretrained::open_exactly(&path, &"0".repeat(64), Device::Cpu).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
        assert!(error.message().contains(&path), "{error}");
        let error = Pretrained::open(&path, Device::Cpu).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
    }

    #[test]
    fn moved_module_of_a_model_is_named_with_the_way_out() {
        let error = Pretrained::open_exactly("no/such/net.pt", "00", Device::Cpu).unwrap_err();
        assert_eq!((error.kind(), error.place()), (ErrorKind::Weights, ""));
        assert!(error.message().contains("'no/such/net.pt'"), "{error}");
        assert!(
            error.what_to_do().contains("--set backbone=PATH"),
            "{error}"
        );
    }

    #[test]
    #[cfg(unix)]
    fn device_in_place_of_a_module_is_not_read() {
        let error = Pretrained::open("/dev/zero", Device::Cpu).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    }
}
