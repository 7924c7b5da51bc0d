//! Writes the table and the pictures, a picture at a time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::{Row, TABLE};
use crate::error::{Error, ErrorKind, Result};
use crate::files::{remove_abandoned, replace_unsynced};
use crate::image::{ImageView, PixelFormat};
use crate::options::Options;

const PICTURES: &str = "pictures";

/// No line is longer, in bytes: the longest part of one is an error's words.
const LONGEST_LINE: u64 = 1 << 16;

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
            move |error: io::Error| {
                Error::io(&error, "make the shadow's folder", &path)
                    .hint("shadow.folder names it; without one, nothing is written down.")
            }
        };
        fs::create_dir_all(&pictures).map_err(failed(&pictures))?;
        let path = folder.join(TABLE);
        let mut table = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(failed(&path))?;
        let has_header = begins_with_header(&mut table).map_err(failed(&path))?;
        if !has_header {
            let message = "it has other columns than a shadow's table";
            return Err(Error::new(ErrorKind::Format, message)
                .at(&path)
                .hint("Move it away, or name another folder in shadow.folder."));
        }
        cut_unfinished(&mut table).map_err(failed(&path))?;
        remove_abandoned(&pictures);
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

    /// Writes a row with the time, and the picture if the engines disagree about it and there are not too many yet.
    ///
    /// Errors: `Io`. What was written before stays; without its picture the row is written all the same.
    pub fn write(&self, row: Row, image: &ImageView<'_>) -> Result<()> {
        let time = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let mut row = Row { time, ..row };
        let kept = match row.agrees() {
            true => Ok(None),
            false => self.keep(&row.time, image),
        };
        row.picture = kept.as_ref().ok().cloned().flatten();
        self.append(&line(&row)?)?;
        kept.map(|_| ())
    }

    /// Keeps a picture; where, relative to the folder, or none if there are enough. Other threads do not wait for it.
    fn keep(&self, time: &str, image: &ImageView<'_>) -> Result<Option<PathBuf>> {
        let number = {
            let mut state = self.state();
            if state.pictures >= self.most_pictures {
                return Ok(None);
            }
            state.pictures += 1;
            state.pictures
        };
        // A colon cannot be in a file's name everywhere.
        let name = format!("{}_{number:06}.png", time.replace(':', "-"));
        let picture = Path::new(PICTURES).join(name);
        let path = self.folder.join(&picture);
        let written =
            png(image).and_then(|png| replace_unsynced("a picture of the shadow", &path, &png));
        match written {
            Ok(()) => Ok(Some(picture)),
            Err(error) => {
                // Another one may be kept in its place, when the disk has room again.
                self.state().pictures -= 1;
                Err(error)
            }
        }
    }

    /// Appends a line, whole or not at all.
    fn append(&self, line: &[u8]) -> Result<()> {
        let mut state = self.state();
        let length = state.table.metadata().map(|metadata| metadata.len());
        state.table.write_all(line).map_err(|error| {
            if let Ok(length) = length {
                // What a full disk took of the line; the error that is told is that of writing.
                let _ = state.table.set_len(length);
            }
            Error::io(&error, "write the shadow's table", self.folder.join(TABLE))
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn line(row: &Row) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    writer
        .serialize(row)
        .map_err(|error| error.to_string())
        .and_then(|()| writer.into_inner().map_err(|error| error.to_string()))
        .map_err(|error| Error::new(ErrorKind::Io, error).at(TABLE))
}

/// Whether the table is a shadow's; one whose first line was never finished is made so.
fn begins_with_header(table: &mut File) -> io::Result<bool> {
    let header = header();
    let mut first = Vec::new();
    (&mut *table)
        .take(header.len() as u64)
        .read_to_end(&mut first)?;
    let is_whole = first.len() == header.len();
    let is_ours = header.as_bytes().starts_with(&first);
    if is_ours && !is_whole {
        table.set_len(0)?;
        table.write_all(header.as_bytes())?;
    }
    Ok(is_ours)
}

/// Takes off what a kill or a power cut has left of a last line, or the next one would go on with it.
fn cut_unfinished(table: &mut File) -> io::Result<()> {
    let start = table.metadata()?.len().saturating_sub(LONGEST_LINE);
    let mut end = Vec::new();
    table.seek(SeekFrom::Start(start))?;
    table.read_to_end(&mut end)?;
    match end.iter().rposition(|byte| *byte == b'\n') {
        // A whole table is left alone: another process may be writing on.
        Some(last) if last + 1 < end.len() => table.set_len(start + last as u64 + 1),
        _ => Ok(()),
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
