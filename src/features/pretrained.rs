//! A pretrained network ready to use: the backbone, how its pictures are prepared, and who it is.

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tch::Device;

use crate::error::{Error, ErrorKind, Result};
use crate::features::backbone::Backbone;
use crate::features::weights;
use crate::image::Normalisation;

/// A network by name, or a TorchScript file of the user's own.
///
/// Threads: immutable, shared by any number of threads.
#[derive(Debug)]
pub struct Pretrained {
    backbone: Backbone,
    normalisation: Normalisation,
    name: String,
    sha256: String,
    device: Device,
}

impl Pretrained {
    /// Opens a network of the table (`twinspect weights list`), or the TorchScript file at that path.
    ///
    /// A name that ends in `.pt` or `.ts`, or holds a path separator, is a path. A TorchScript module gets RGB pictures
    /// normalised with ImageNet's mean and deviation.
    ///
    /// Errors: `Weights` for weights that are missing or have another hash, `NotFound`, `Format`.
    pub fn open(name: &str, device: Device) -> Result<Self> {
        let path = Path::new(name);
        let is_path = name.contains(['/', '\\'])
            || path
                .extension()
                .is_some_and(|end| end == "pt" || end == "ts");
        if is_path {
            return Self::torchscript(path, device);
        }
        let entry = weights::entry(name)?;
        let found = weights::find(name)?;
        let tensors = weights::read(&found.path)?;
        let backbone = Backbone::from_tensors(entry.architecture, &tensors, device)
            .map_err(|error| error.at(&found.path))?;
        Ok(Self {
            backbone,
            normalisation: entry.normalisation,
            name: entry.name.to_owned(),
            sha256: found.sha256,
            device,
        })
    }

    fn torchscript(path: &Path, device: Device) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| {
            Error::io(&error, "read the TorchScript backbone", path)
                .hint("`twinspect weights list` names the networks that need no file.")
        })?;
        let backbone =
            Backbone::from_torchscript(&bytes, device).map_err(|error| error.at(path))?;
        let sha256 = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self {
            backbone,
            normalisation: Normalisation::IMAGENET,
            name: path.display().to_string(),
            sha256,
            device,
        })
    }

    /// The same network by the hash that a model was fitted with.
    ///
    /// Errors: `Weights` naming both hashes if they differ.
    pub fn open_exactly(name: &str, sha256: &str, device: Device) -> Result<Self> {
        let network = Self::open(name, device)?;
        if network.sha256 == sha256 {
            return Ok(network);
        }
        let short = |hash: &str| hash.chars().take(12).collect::<String>();
        let message = format!(
            "the model was fitted with weights {} of '{name}', these are {}",
            short(sha256),
            short(&network.sha256)
        );
        Err(Error::new(ErrorKind::Weights, message).hint("Use the weights of then, or fit again."))
    }

    /// The same network on `device`: itself if it is there.
    pub fn on(self: &Arc<Self>, device: Device) -> Result<Arc<Self>> {
        if self.device == device {
            return Ok(Arc::clone(self));
        }
        Self::open_exactly(&self.name, &self.sha256, device).map(Arc::new)
    }

    /// The network.
    pub fn backbone(&self) -> &Backbone {
        &self.backbone
    }

    /// How its pictures are normalised.
    pub fn normalisation(&self) -> Normalisation {
        self.normalisation
    }

    /// Its name in the table, or its path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the file that its weights came from, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_torchscript_file_is_named() {
        let error = Pretrained::open("no/such/net.pt", Device::Cpu).unwrap_err();
        assert_eq!(
            (error.kind(), error.place()),
            (ErrorKind::NotFound, "no/such/net.pt")
        );
    }
}
