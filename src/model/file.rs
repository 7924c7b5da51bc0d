//! The model file: one file, versioned, checksummed, replaced atomically.
//!
//! `TWINSPECT-MODEL\n`, format version (u32), length of the rest (u64), SHA-256 of the rest, then a safetensors archive
//! whose metadata entry `model` is the JSON of [`Header`]. Numbers are little endian. Nothing in it is ever executed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use image::RgbImage;
use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor};

use crate::device;
use crate::error::{Error, ErrorKind, Result};
use crate::features::pretrained::Pretrained;
use crate::matching::Keypoints;
use crate::model::{Group, LeftOut, Model, NormalImage, Recipe, Thresholds};
use crate::options::Options;
use crate::statistics::LowRankGaussian;

const MAGIC: &[u8; 16] = b"TWINSPECT-MODEL\n";

/// The version that is written; also the only one that can be read so far.
pub const VERSION: u32 = 1;

const PROLOGUE_BYTES: usize = MAGIC.len() + 4 + 8 + 32;

#[derive(Serialize, Deserialize)]
struct Header {
    library: String,
    recipe: Vec<(String, String)>,
    backbone: Backbone,
    input_size: (u32, u32),
    image_size: (u32, u32),
    grid: (i64, i64),
    thresholds: Thresholds,
    left_out: Vec<LeftOut>,
    groups: Vec<GroupHeader>,
}

#[derive(Serialize, Deserialize)]
struct Backbone {
    name: String,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct GroupHeader {
    count: u64,
    epsilon: f64,
    lead_image: usize,
    images: Vec<NormalImage>,
}

impl Model {
    /// Writes the model to `path`. A file of that name is replaced whole or, if anything fails, left as it is.
    ///
    /// Errors: `Io` (no such folder, no right to write, full disk), `Memory`.
    pub fn save(&self, path: &Path) -> Result<()> {
        let bytes = self.to_bytes()?;
        replace(path, &bytes).map_err(|error| {
            Error::io(&error, "write the model", path)
                .hint("The file of that name, if any, is as it was.")
        })
    }

    /// The content of the model's file.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let header = Header {
            library: env!("CARGO_PKG_VERSION").to_owned(),
            recipe: self
                .options
                .recipe()?
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
            backbone: Backbone {
                name: self.network.name().to_owned(),
                sha256: self.network.sha256().to_owned(),
            },
            input_size: self.input_size,
            image_size: self.image_size,
            grid: self.grid,
            thresholds: self.thresholds,
            left_out: self.left_out.clone(),
            groups: self.groups.iter().map(|group| group.header()).collect(),
        };
        let json = serde_json::to_string(&header)
            .map_err(|error| Error::new(ErrorKind::Format, error.to_string()))?;
        let mut entries = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            group.entries(number, &mut entries)?;
        }
        let archive =
            safetensors::serialize(entries, Some(HashMap::from([("model".to_owned(), json)])))
                .map_err(|error| {
                    Error::new(
                        ErrorKind::Format,
                        format!("the model cannot be written as safetensors: {error}"),
                    )
                })?;

        let mut bytes = Vec::new();
        let length = PROLOGUE_BYTES + archive.len();
        bytes.try_reserve_exact(length).map_err(|_| {
            Error::new(
                ErrorKind::Memory,
                format!("no memory for a model of {length} bytes"),
            )
        })?;
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(archive.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&Sha256::digest(&archive));
        bytes.extend_from_slice(&archive);
        Ok(bytes)
    }

    /// Reads a model from `path`; the options of scope `Run` say where it will work.
    ///
    /// Errors: `NotFound`, `Io`, `Format` (not a model, or damaged), `Version` (of a newer library), `Weights` (the
    /// backbone's weights are missing or others than it was fitted with), `Device`.
    pub fn load(path: &Path, options: &Options) -> Result<Self> {
        let bytes =
            std::fs::read(path).map_err(|error| Error::io(&error, "read the model", path))?;
        Self::from_bytes(&bytes, options).map_err(|error| error.at(path))
    }

    /// Reads a model from the content of its file.
    pub fn from_bytes(bytes: &[u8], options: &Options) -> Result<Self> {
        let archive = SafeTensors::deserialize(checked_archive(bytes)?)
            .map_err(|error| damaged(&error.to_string()))?;
        let (_, metadata) = SafeTensors::read_metadata(checked_archive(bytes)?)
            .map_err(|error| damaged(&error.to_string()))?;
        let json = metadata
            .metadata()
            .as_ref()
            .and_then(|entries| entries.get("model"))
            .ok_or_else(|| damaged("it has no header"))?;
        let header: Header =
            serde_json::from_str(json).map_err(|error| damaged(&error.to_string()))?;

        let mut recipe_options = Options::default();
        for (key, value) in &header.recipe {
            recipe_options.set_text(key, value).map_err(|error| {
                let message = format!("the model's recipe cannot be honoured: {error}");
                Error::new(ErrorKind::Version, message)
                    .hint(format!("It was written by twinspect {}.", header.library))
            })?;
        }
        let recipe = Recipe::from_options(&recipe_options)?;
        let name = if options.is_set("backbone")? {
            options.text("backbone")?
        } else {
            header.backbone.name
        };
        let network =
            Pretrained::open_exactly(&name, &header.backbone.sha256, device::open(options)?)?;

        let mut groups = Vec::new();
        for (number, group) in header.groups.into_iter().enumerate() {
            groups.push(Arc::new(Group::from_entries(
                number,
                group,
                header.grid,
                recipe.matcher.is_some(),
                &archive,
            )?));
        }
        if groups.is_empty() {
            return Err(damaged("it has no group"));
        }
        Ok(Self {
            options: recipe_options,
            recipe: Arc::new(recipe),
            network: Arc::new(network),
            input_size: header.input_size,
            image_size: header.image_size,
            grid: header.grid,
            groups,
            thresholds: header.thresholds,
            left_out: header.left_out,
        })
    }
}

impl Group {
    fn header(&self) -> GroupHeader {
        let gaussian = &self.gaussian;
        GroupHeader {
            count: gaussian.count(),
            epsilon: gaussian.epsilon(),
            lead_image: self.lead_image,
            images: self.images.clone(),
        }
    }

    fn entries(&self, number: usize, entries: &mut Vec<(String, Entry)>) -> Result<()> {
        let mut add =
            |name: &str, entry: Entry| entries.push((format!("group.{number}.{name}"), entry));
        add("mean", Entry::of(self.gaussian.mean())?);
        add("directions", Entry::of(self.gaussian.directions())?);
        add("variances", Entry::of(self.gaussian.variances())?);
        if let Some(lead) = &self.lead {
            add("lead.positions", Entry::of(lead.positions())?);
            add("lead.descriptors", Entry::of(lead.descriptors())?);
        }
        let (width, height) = self.thumbnail.dimensions();
        let shape = vec![height as usize, width as usize, 3];
        add(
            "thumbnail",
            Entry {
                dtype: Dtype::U8,
                shape,
                bytes: self.thumbnail.as_raw().clone(),
            },
        );
        Ok(())
    }

    fn from_entries(
        number: usize,
        header: GroupHeader,
        grid: (i64, i64),
        matches: bool,
        archive: &SafeTensors<'_>,
    ) -> Result<Self> {
        let read = |name: &str| tensor(archive, &format!("group.{number}.{name}"));
        let gaussian = LowRankGaussian::from_parts(
            header.count,
            header.epsilon,
            read("mean")?,
            read("directions")?,
            read("variances")?,
        )?;
        let locations = gaussian.mean().size()[0];
        if grid.0.checked_mul(grid.1) != Some(locations) {
            return Err(damaged(&format!(
                "group {number} has {locations} locations, the grid {} x {}",
                grid.1, grid.0
            )));
        }
        let lead = if matches {
            Some(Keypoints::new(
                read("lead.positions")?,
                read("lead.descriptors")?,
            )?)
        } else {
            None
        };
        if header.lead_image >= header.images.len() {
            return Err(damaged(&format!(
                "image {} leads group {number}, which has {}",
                header.lead_image,
                header.images.len()
            )));
        }
        let view = archive
            .tensor(&format!("group.{number}.thumbnail"))
            .map_err(|error| damaged(&error.to_string()))?;
        let thumbnail = match *view.shape() {
            [height, width, 3] if view.dtype() == Dtype::U8 => {
                RgbImage::from_raw(width as u32, height as u32, view.data().to_vec())
            }
            _ => None,
        };
        let thumbnail = thumbnail
            .ok_or_else(|| damaged(&format!("the thumbnail of group {number} is no picture")))?;
        Ok(Self {
            lead,
            lead_image: header.lead_image,
            thumbnail,
            gaussian,
            images: header.images,
        })
    }
}

/// The archive behind the prologue, after its length and checksum have been found right.
fn checked_archive(bytes: &[u8]) -> Result<&[u8]> {
    let Some((prologue, archive)) = bytes.split_at_checked(PROLOGUE_BYTES) else {
        return Err(foreign(bytes));
    };
    let Some(fields) = prologue.strip_prefix(MAGIC) else {
        return Err(foreign(bytes));
    };
    let (version, fields) = fields.split_at(4);
    let (length, checksum) = fields.split_at(8);
    let version = version
        .iter()
        .rev()
        .fold(0u32, |number, byte| number << 8 | u32::from(*byte));
    let length = length
        .iter()
        .rev()
        .fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    if version != VERSION {
        let message =
            format!("the model file is of version {version}, this library reads version {VERSION}");
        return Err(Error::new(ErrorKind::Version, message)
            .hint("Use the library that wrote it, or fit again."));
    }
    if archive.len() as u64 != length {
        return Err(damaged(&format!(
            "it should hold {length} bytes and holds {}",
            archive.len()
        )));
    }
    if Sha256::digest(archive).as_slice() != checksum {
        return Err(damaged("its checksum is wrong"));
    }
    Ok(archive)
}

fn foreign(bytes: &[u8]) -> Error {
    let what = match bytes {
        [] => "it is empty",
        _ if bytes.starts_with(MAGIC) => "it ends within its first bytes",
        [b'P', b'K', 3, 4, ..] => "it is a zip archive, as PyTorch and ONNX tools write",
        [0x80, 2..=5, ..] => "it is a Python pickle, which is never read",
        _ if std::str::from_utf8(&bytes[..bytes.len().min(64)]).is_ok() => "it is a text",
        _ => "it is of another kind",
    };
    Error::new(ErrorKind::Format, format!("not a twinspect model: {what}"))
        .hint("`twinspect fit FOLDER -o part.twin` makes one.")
}

fn damaged(what: &str) -> Error {
    Error::new(
        ErrorKind::Format,
        format!("the model file is damaged: {what}"),
    )
    .hint("Copy it again, or fit again.")
}

fn tensor(archive: &SafeTensors<'_>, name: &str) -> Result<Tensor> {
    let view = archive
        .tensor(name)
        .map_err(|error| damaged(&error.to_string()))?;
    if view.dtype() != Dtype::F32 {
        return Err(damaged(&format!("'{name}' is {:?}, not F32", view.dtype())));
    }
    let shape: Vec<i64> = view.shape().iter().map(|side| *side as i64).collect();
    if view.data().is_empty() {
        return Ok(Tensor::f_zeros(&shape, (Kind::Float, Device::Cpu))?);
    }
    Ok(Tensor::f_from_data_size(view.data(), &shape, Kind::Float)?)
}

/// One tensor of the archive.
struct Entry {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Entry {
    fn of(tensor: &Tensor) -> Result<Self> {
        let tensor = tensor
            .f_to_device(Device::Cpu)?
            .f_to_kind(Kind::Float)?
            .f_contiguous()?;
        let shape: Vec<usize> = tensor.size().iter().map(|side| *side as usize).collect();
        let mut bytes = Vec::new();
        let length = tensor.numel() * 4;
        bytes.try_reserve_exact(length).map_err(|_| {
            Error::new(
                ErrorKind::Memory,
                format!("no memory for {length} bytes of the model"),
            )
        })?;
        bytes.resize(length, 0);
        if length > 0 {
            tensor.f_copy_data_u8(&mut bytes, tensor.numel())?;
        }
        Ok(Self {
            dtype: Dtype::F32,
            shape,
            bytes,
        })
    }
}

impl View for Entry {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Writes a file beside `path`, makes sure that it is on the disk, and moves it there in one step.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".twinspect-")
        .suffix(".part")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    // A temporary file is private to its owner; a model is a file like any other that the user makes.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode());
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}
