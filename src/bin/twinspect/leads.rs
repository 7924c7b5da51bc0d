//! Lead images for a person: a file each, or all of them on one page.

use std::path::Path;

use image::imageops::{self, FilterType};
use image::{ImageFormat, RgbImage};
use twinspect::files::replace;
use twinspect::model::file::{Description, GroupDescription};
use twinspect::{Error, ErrorKind, Result};

use crate::page::{Encoding, FAINT, INK, Page, Pen};

/// Side of the square that a lead image is scaled into.
const BOX_PX: u32 = 192;
const LINE_PX: u32 = 20;
const CELL: (u32, u32) = (BOX_PX + 2, BOX_PX + 2 + 4 + 3 * LINE_PX);
const GAP_PX: u32 = 22;
const HEADER_PX: u32 = 70;
/// Columns at least: there is room for the title.
const LEAST_COLUMNS: u32 = 3;

/// A page for more, such as only a made-up model could ask for, takes more memory than a picture should.
const MOST_GROUPS: usize = 1024;

/// Writes a thumbnail of each lead image into `folder`, which is made.
pub fn write_each(model: &Description, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Error::io(&error, "make the folder of lead images", folder))?;
    for (number, group) in model.groups.iter().enumerate() {
        let target = folder.join(format!("group_{number:02}.png"));
        let cannot = |error| {
            let message = format!("cannot write the thumbnail: {error}");
            Error::new(ErrorKind::Io, message).at(&target)
        };
        group
            .thumbnail
            .save_with_format(&target, ImageFormat::Png)
            .map_err(cannot)?;
    }
    Ok(())
}

/// What the name of a sheet's file asks for. Errors: `InvalidArgument`.
pub fn encoding_of(path: &Path) -> Result<Encoding> {
    match ImageFormat::from_path(path) {
        Ok(ImageFormat::Png) => Ok(Encoding::Png),
        Ok(ImageFormat::Jpeg) => Ok(Encoding::Jpeg),
        _ => {
            let message = "the name of a sheet ends in .png, .jpg or .jpeg";
            Err(Error::new(ErrorKind::InvalidArgument, message)
                .at(path)
                .hint("Name it for instance leads.png."))
        }
    }
}

/// Writes all lead images as one picture; `name` is the model's.
pub fn write_sheet(model: &Description, name: &str, path: &Path) -> Result<()> {
    let encoding = encoding_of(path)?;
    let count = model.groups.len();
    if count > MOST_GROUPS {
        let message = format!("the model has {count} lead images, a sheet holds {MOST_GROUPS}");
        return Err(Error::new(ErrorKind::Unsupported, message)
            .at(path)
            .hint("Write them one by one with --leads."));
    }
    replace("the sheet", path, &sheet(model, name).encoded(encoding)?)
}

/// The lead images in a square, left to right and down.
fn sheet(model: &Description, name: &str) -> Page {
    let count = model.groups.len() as u32;
    let columns = f64::from(count).sqrt().ceil() as u32;
    let columns = columns.max(LEAST_COLUMNS);
    let width = columns * (CELL.0 + GAP_PX) + GAP_PX;
    let height = HEADER_PX + count.div_ceil(columns) * (CELL.1 + GAP_PX);
    let mut page = Page::new(width, height);
    let (title, plain) = (Pen::title(), Pen::plain(FAINT));
    let learned = format!(
        ": {} in {}",
        counted(model.image_count(), "image"),
        counted(model.groups.len(), "group")
    );
    let room = (width - 2 * GAP_PX).saturating_sub(title.width(&learned));
    let name = title.shortened(name, room);
    page.write((GAP_PX, 16), &format!("{name}{learned}"), &title);
    let legend = "each group's lead image, and the matches of the group's other images with it";
    page.write((GAP_PX, 42), legend, &plain);
    for (number, group) in (0..).zip(&model.groups) {
        let left = GAP_PX + number % columns * (CELL.0 + GAP_PX);
        let top = HEADER_PX + number / columns * (CELL.1 + GAP_PX);
        draw(&mut page, (left, top), number, group);
    }
    page
}

fn draw(page: &mut Page, (left, top): (u32, u32), number: u32, group: &GroupDescription) {
    let (bold, plain) = (Pen::bold(INK), Pen::plain(FAINT));
    let picture = scaled(&group.thumbnail);
    let (width, height) = picture.dimensions();
    let place = (left + (BOX_PX - width) / 2, top + (BOX_PX - height) / 2);
    page.framed(place, &picture);
    let first = top + BOX_PX + 6;
    page.write((left, first), &format!("group {number}"), &bold);
    let images = counted(group.image_count(), "image");
    page.write_to(left + CELL.0, first, &images, &plain);
    let (fewest, median) = (group.fewest_matches(), group.median_matches());
    let matches = format!("fewest {fewest}, median {median}");
    page.write((left, first + LINE_PX), &matches, &plain);
    let name = plain.shortened(&group.lead().name, CELL.0);
    page.write((left, first + 2 * LINE_PX), &name, &plain);
}

/// The thumbnail, with its longer side at the box's.
fn scaled(thumbnail: &RgbImage) -> RgbImage {
    let (width, height) = thumbnail.dimensions();
    let side = |side: u32| (side * BOX_PX / width.max(height)).max(1);
    imageops::resize(thumbnail, side(width), side(height), FilterType::CatmullRom)
}

fn counted(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheet_is_named_as_a_png_or_jpeg() {
        for (name, expected) in [
            ("a.png", Some(Encoding::Png)),
            ("a.b/c.PNG", Some(Encoding::Png)),
            ("a.jpg", Some(Encoding::Jpeg)),
            ("a.Jpeg", Some(Encoding::Jpeg)),
            ("a.gif", None),
            ("a.twin", None),
            ("png", None),
            ("", None),
        ] {
            let found = encoding_of(Path::new(name));
            assert_eq!(found.ok(), expected, "{name}");
        }
    }

    #[test]
    fn thumbnail_fills_its_box_in_its_own_proportions() {
        for (size, expected) in [
            ((128, 64), (192, 96)),
            ((40, 80), (96, 192)),
            ((128, 1), (192, 1)),
            ((1, 1), (192, 192)),
        ] {
            let picture = scaled(&RgbImage::new(size.0, size.1));
            assert_eq!(picture.dimensions(), expected, "{size:?}");
        }
    }
}
