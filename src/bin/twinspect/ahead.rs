//! Pictures that are decoded while those before them are worked on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use twinspect::image::{Picture, decode_file};
use twinspect::{Error, ErrorKind, Result};

/// Decoders at most, each of which holds a picture.
const MOST_DECODERS: usize = 4;

/// Two at least: one decodes while the other's picture waits.
const FEWEST_DECODERS: usize = 2;

/// Each path with its picture, in order; decoded on several threads, which wait with one picture each.
pub fn decoded(
    paths: &[PathBuf],
    max_pixels: u64,
) -> impl Iterator<Item = (&Path, Result<Picture>)> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let decoders = cores.clamp(FEWEST_DECODERS, MOST_DECODERS);
    let own: Arc<[PathBuf]> = paths.into();
    let receivers: Vec<_> = (0..decoders)
        .map(|decoder| {
            let (sender, receiver) = sync_channel(0);
            let own = Arc::clone(&own);
            thread::spawn(move || {
                for path in own.iter().skip(decoder).step_by(decoders) {
                    // Nobody listens any more after an error that ends the work.
                    if sender.send(decode_file(path, max_pixels)).is_err() {
                        break;
                    }
                }
            });
            receiver
        })
        .collect();
    paths.iter().enumerate().map(move |(number, path)| {
        let stopped = || Error::new(ErrorKind::Panic, "the picture ended its reader").at(path);
        let picture = receivers[number % decoders].recv();
        (path.as_path(), picture.unwrap_or_else(|_| Err(stopped())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_come_in_order_and_bad_ones_in_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (1..=5)
            .map(|width| folder.path().join(format!("{width}.png")))
            .collect();
        for (width, path) in (1..).zip(&paths) {
            image::RgbImage::new(width, 2).save(path).unwrap();
        }
        std::fs::write(&paths[2], b"no picture").unwrap();
        let widths: Vec<Option<u32>> = decoded(&paths, 100)
            .map(|(_, picture)| picture.ok().map(|picture| picture.width()))
            .collect();
        assert_eq!(widths, [Some(1), Some(2), None, Some(4), Some(5)]);
        let first = decoded(&paths, 100).next().unwrap();
        assert_eq!(first.0, paths[0]);
    }
}
