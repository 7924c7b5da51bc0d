//! Picture files named on the command line, and adding a folder of them to a fitter.

use std::path::{Path, PathBuf};

use twinspect::image::list_pictures;
use twinspect::model::Fitter;
use twinspect::progress::Progress;
use twinspect::{Error, Result};

use crate::ahead;
use crate::bar::Bar;

/// Files as they are, folders by the pictures in them.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut pictures = Vec::new();
    for path in paths {
        if path.is_dir() {
            let listing = list_pictures(path)?;
            name_skipped(&listing.skipped);
            pictures.extend(listing.pictures);
        } else {
            pictures.push(path.clone());
        }
    }
    Ok(pictures)
}

/// Adds the pictures of a folder to `fitter`; a picture that cannot be used is named and left out.
///
/// How many were left out. Errors: those of the folder, and those that would meet every picture.
pub fn add_folder(
    fitter: &mut Fitter,
    folder: &Path,
    max_pixels: u64,
    bar: &mut Bar,
) -> Result<usize> {
    let listing = list_pictures(folder)?;
    name_skipped(&listing.skipped);
    let total = listing.pictures.len() as u64;
    let (mut left_out, mut is_said, mut done) = (0, false, 0);
    let mut paths = listing.pictures.iter();
    let pictures = ahead::decoded(&listing.pictures, max_pixels).map(|(path, picture)| {
        let name = path.file_name().unwrap_or(path.as_os_str());
        (name.to_string_lossy().into_owned(), picture)
    });
    let added = |fitter: &Fitter, _: &str, added: Result<()>| {
        let path = paths.next().map_or(folder, PathBuf::as_path);
        match added.map_err(|error| error.at(path)) {
            Ok(()) if !is_said => {
                is_said = true;
                say_size(fitter, listing.pictures.len(), bar);
            }
            Ok(()) => {}
            Err(error) if is_of_the_picture(&error, path) => {
                bar.line(&format!("twinspect: left out: {error}"));
                left_out += 1;
            }
            Err(error) => return Err(error),
        }
        done += 1;
        bar.step("reading good parts", done, total);
        Ok(())
    };
    fitter.add_each(pictures, added)?;
    Ok(left_out)
}

/// Before it is spent, so that there is time to stop.
fn say_size(fitter: &Fitter, images: usize, bar: &mut Bar) {
    if let Some(bytes) = fitter.model_bytes(images) {
        let megabytes = (bytes as f64 / 1e6).ceil();
        bar.line(&format!(
            "twinspect: the model of {images} pictures takes up to {megabytes} MB, on disk and in memory"
        ));
    }
}

/// Whether it is the picture's own error, so that the next one may do better; a full disk is not.
pub fn is_of_the_picture(error: &Error, picture: &Path) -> bool {
    use twinspect::ErrorKind::{Image, ImageSize, Io, NotFound, Numeric, Unsupported};
    match error.kind() {
        Image | ImageSize | Numeric | Unsupported => true,
        Io | NotFound => Path::new(error.place()) == picture,
        _ => false,
    }
}

fn name_skipped(skipped: &[PathBuf]) {
    const SHOWN: usize = 5;
    for path in skipped.iter().take(SHOWN) {
        eprintln!("twinspect: skipped, not a picture: {}", path.display());
    }
    if skipped.len() > SHOWN {
        eprintln!(
            "twinspect: skipped, not pictures: {} more",
            skipped.len() - SHOWN
        );
    }
}
