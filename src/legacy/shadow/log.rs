//! Writes the table and the pictures, a picture at a time.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::{Row, TABLE};
use crate::error::{Error, ErrorKind, Result};
use crate::image::{ImageView, PixelFormat};
use crate::options::Options;

const PICTURES: &str = "pictures";

/// The folder of a line's shadow. Any number of threads may write to it.
#[derive(Debug)]
pub struct ShadowLog {
    folder: PathBuf,
    most_pictures: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    table: File,
    pictures: u64,
}

impl ShadowLog {
    /// Opens the folder that the option `shadow.folder` names, which is made; a table that lies there is written on. None if
    /// it names none. Errors: `Io`, `NotFound`.
    pub fn open(options: &Options) -> Result<Option<Self>> {
        let folder = options.text("shadow.folder")?;
        if folder == "none" {
            return Ok(None);
        }
        let folder = PathBuf::from(folder);
        let pictures = folder.join(PICTURES);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error: std::io::Error| {
                Error::io(&error, "make the shadow's folder", &path)
                    .hint("shadow.folder names it; without one, nothing is written down.")
            }
        };
        fs::create_dir_all(&pictures).map_err(failed(&pictures))?;
        let path = folder.join(TABLE);
        let mut table = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(failed(&path))?;
        if table.metadata().map_err(failed(&path))?.len() == 0 {
            table
                .write_all(header().as_bytes())
                .map_err(failed(&path))?;
        }
        let kept = fs::read_dir(&pictures).map_err(failed(&pictures))?.count() as u64;
        Ok(Some(Self {
            folder,
            most_pictures: options.int("shadow.pictures")? as u64,
            state: Mutex::new(State {
                table,
                pictures: kept,
            }),
        }))
    }

    /// Writes a row, and the picture if the engines disagree about it and there are not too many yet; both with the time.
    ///
    /// Errors: `Io`. What was written before stays.
    pub fn write(&self, row: Row, image: &ImageView<'_>) -> Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let time = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let mut row = Row { time, ..row };
        if !row.agrees() && state.pictures < self.most_pictures {
            state.pictures += 1;
            // A colon cannot be in a file's name everywhere.
            let name = format!("{}_{:06}.png", row.time.replace(':', "-"), state.pictures);
            let picture = Path::new(PICTURES).join(name);
            let path = self.folder.join(&picture);
            fs::write(&path, png(image)?)
                .map_err(|error| Error::io(&error, "write a picture of the shadow", &path))?;
            row.picture = Some(picture);
        }
        let mut line = csv::WriterBuilder::new()
            .has_headers(false)
            .from_writer(Vec::new());
        let line = line
            .serialize(&row)
            .map_err(|error| error.to_string())
            .and_then(|()| line.into_inner().map_err(|error| error.to_string()))
            .map_err(|error| Error::new(ErrorKind::Io, error).at(TABLE))?;
        // In one piece, so that lines stay whole whoever else writes.
        state
            .table
            .write_all(&line)
            .map_err(|error| Error::io(&error, "write the shadow's table", self.folder.join(TABLE)))
    }
}

/// The names of a row's columns, as `serde` writes them.
fn header() -> String {
    let names = [
        "time",
        "pixels_verdict",
        "pixels_score",
        "pixels_area",
        "features_verdict",
        "features_score",
        "features_area",
        "features_rise",
        "error",
        "picture",
    ];
    names.join(",") + "\n"
}

/// A gray picture as a file; quickly, as the line waits.
fn png(image: &ImageView<'_>) -> Result<Vec<u8>> {
    let is_wide = image.format() == PixelFormat::Gray16;
    let mut pixels = Vec::new();
    for y in 0..image.height() {
        pixels.extend_from_slice(image.row(0, y));
    }
    let colour = if is_wide {
        ExtendedColorType::L16
    } else {
        ExtendedColorType::L8
    };
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Sub);
    encoder
        .write_image(&pixels, image.width(), image.height(), colour)
        .map_err(|error| Error::new(ErrorKind::Io, format!("cannot encode a picture: {error}")))?;
    Ok(bytes)
}
