//! The contact sheet: every test picture with its heat map on one page.

use super::{HEIGHT_PX, WIDTH_PX};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};
use twinspect::map::render::colour_bar;
use twinspect::{Error, ErrorKind, Result};

const COLUMNS: u32 = 4;
const PANEL: (u32, u32) = (WIDTH_PX * 4 / 5, HEIGHT_PX * 4 / 5);
const CAPTION_PX: u32 = 48;
const CELL: (u32, u32) = (PANEL.0 + 2, 2 * PANEL.1 + 3 + CAPTION_PX);
const GAP_PX: u32 = 22;
const HEADER_PX: u32 = 58;
const FOOTER_PX: u32 = 64;
const BAR: (u32, u32) = (360, 16);

const PAPER: Rgb<u8> = Rgb([252, 252, 251]);
const INK: Rgb<u8> = Rgb([32, 35, 40]);
const FAINT: Rgb<u8> = Rgb([112, 117, 125]);
const FRAME: Rgb<u8> = Rgb([176, 180, 186]);
const RIGHT: Rgb<u8> = Rgb([22, 120, 62]);
const WRONG: Rgb<u8> = Rgb([192, 32, 28]);

/// One picture of the sheet.
pub struct Cell {
    /// The test picture.
    pub picture: RgbImage,
    /// The same with its heat map over it.
    pub heat: RgbImage,
    /// Name of the picture, up to 26 characters.
    pub title: String,
    /// What the picture shows, such as `scratch` or `good`.
    pub truth: String,
    /// What twinspect says, such as `defect` or `good`.
    pub verdict: String,
    /// Whether verdict and truth agree: green or red.
    pub is_right: bool,
    /// The picture's score, in the threshold's unit.
    pub score: f32,
    /// The threshold that the score was compared with.
    pub threshold: f32,
}

/// Lays the cells on one page under `title`, four in a row, with the scale of the heat maps at the bottom.
///
/// Each cell shows its picture above its heat map, scaled to 307 x 256 pixels; the page is 1346 pixels wide.
pub fn contact_sheet(title: &str, cells: &[Cell]) -> RgbImage {
    let rows = (cells.len() as u32).div_ceil(COLUMNS);
    let width = COLUMNS * (CELL.0 + GAP_PX) + GAP_PX;
    let height = HEADER_PX + rows * (CELL.1 + GAP_PX) + FOOTER_PX;
    let mut page = Page(RgbImage::from_pixel(width, height, PAPER));
    page.write(
        (GAP_PX, 20),
        title,
        &Pen {
            bold: true,
            large: true,
            colour: INK,
        },
    );
    for (index, cell) in (0..).zip(cells) {
        let left = GAP_PX + index % COLUMNS * (CELL.0 + GAP_PX);
        let top = HEADER_PX + index / COLUMNS * (CELL.1 + GAP_PX);
        page.cell(left, top, cell);
    }
    page.legend(height - FOOTER_PX + 8);
    page.0
}

/// The sheet as a JPEG file's bytes, about a quarter of what PNG needs for the grain of metal.
pub fn jpeg(sheet: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    sheet
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 88))
        .map_err(|error| {
            Error::new(
                ErrorKind::Io,
                format!("cannot encode the contact sheet: {error}"),
            )
        })?;
    Ok(bytes)
}

struct Pen {
    bold: bool,
    large: bool,
    colour: Rgb<u8>,
}

impl Pen {
    fn size(&self) -> RasterHeight {
        if self.large {
            RasterHeight::Size20
        } else {
            RasterHeight::Size16
        }
    }

    fn weight(&self) -> FontWeight {
        if self.bold {
            FontWeight::Bold
        } else {
            FontWeight::Regular
        }
    }

    fn width(&self, text: &str) -> u32 {
        (text.chars().count() * get_raster_width(self.weight(), self.size())) as u32
    }
}

struct Page(RgbImage);

impl Page {
    fn cell(&mut self, left: u32, top: u32, cell: &Cell) {
        self.panel(left, top, &cell.picture);
        self.panel(left, top + PANEL.1 + 1, &cell.heat);
        let right = left + CELL.0;
        let first = top + 2 * PANEL.1 + 8;
        let colour = if cell.is_right { RIGHT } else { WRONG };
        let (name, said) = (
            Pen {
                bold: true,
                large: false,
                colour: INK,
            },
            Pen {
                bold: true,
                large: false,
                colour,
            },
        );
        let plain = Pen {
            bold: false,
            large: false,
            colour: FAINT,
        };
        self.write((left, first), &cell.title, &name);
        self.write_to(right, first, &cell.verdict, &said);
        self.write((left, first + 20), &format!("shows {}", cell.truth), &plain);
        self.write_to(
            right,
            first + 20,
            &format!("score {:.2} / {:.2}", cell.score, cell.threshold),
            &plain,
        );
    }

    /// A picture in a frame of one pixel.
    fn panel(&mut self, left: u32, top: u32, picture: &RgbImage) {
        let frame = RgbImage::from_pixel(PANEL.0 + 2, PANEL.1 + 2, FRAME);
        imageops::replace(&mut self.0, &frame, left.into(), top.into());
        let small = imageops::resize(picture, PANEL.0, PANEL.1, FilterType::CatmullRom);
        imageops::replace(&mut self.0, &small, i64::from(left) + 1, i64::from(top) + 1);
    }

    fn legend(&mut self, top: u32) {
        let plain = Pen {
            bold: false,
            large: false,
            colour: FAINT,
        };
        let left = GAP_PX;
        let frame = RgbImage::from_pixel(BAR.0 + 2, BAR.1 + 2, FRAME);
        imageops::replace(&mut self.0, &frame, left.into(), top.into());
        let bar = colour_bar(BAR.0, BAR.1, Rgb([214, 216, 219]));
        imageops::replace(&mut self.0, &bar, i64::from(left) + 1, i64::from(top) + 1);
        let below = top + BAR.1 + 6;
        self.write((left, below), "0", &plain);
        let middle = left + BAR.0 / 2;
        self.write(
            (middle - plain.width("threshold") / 2, below),
            "threshold",
            &plain,
        );
        self.write_to(left + BAR.0 + 2, below, "2 x threshold", &plain);
        for y in top..top + BAR.1 + 6 {
            self.0.put_pixel(middle, y, FAINT);
        }
        let right = self.0.width() - GAP_PX;
        self.write_to(right, top, "outlined: over the threshold", &plain);
        self.write_to(
            right,
            below,
            "score / threshold; a verdict in green is right, in red wrong",
            &plain,
        );
    }

    /// Writes `text` so that it ends at `right`.
    fn write_to(&mut self, right: u32, top: u32, text: &str, pen: &Pen) {
        self.write((right.saturating_sub(pen.width(text)), top), text, pen);
    }

    /// Writes `text` from its upper left corner; what the font lacks becomes a question mark.
    fn write(&mut self, (left, top): (u32, u32), text: &str, pen: &Pen) {
        let glyph = |c: char| get_raster(c, pen.weight(), pen.size());
        let mut x = left;
        for glyph in text.chars().filter_map(|c| glyph(c).or_else(|| glyph('?'))) {
            for (row, line) in (top..).zip(glyph.rows()) {
                for (column, level) in (x..).zip(line) {
                    self.blend(column, row, pen.colour, f32::from(*level) / 255.0);
                }
            }
            x += glyph.width() as u32;
        }
    }

    fn blend(&mut self, x: u32, y: u32, colour: Rgb<u8>, cover: f32) {
        if let Some(pixel) = self.0.get_pixel_mut_checked(x, y) {
            let mix =
                |a: u8, b: u8| (f32::from(a) * (1.0 - cover) + f32::from(b) * cover).round() as u8;
            *pixel = Rgb(std::array::from_fn(|c| mix(pixel.0[c], colour.0[c])));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell() -> Cell {
        let picture = RgbImage::from_pixel(WIDTH_PX, HEIGHT_PX, Rgb([10, 200, 30]));
        Cell {
            heat: picture.clone(),
            picture,
            title: "test_01_good".into(),
            truth: "good".into(),
            verdict: "good".into(),
            is_right: true,
            score: 1.0,
            threshold: 2.0,
        }
    }

    #[test]
    fn contact_sheet_grows_by_a_row_for_the_fifth_cell() {
        let four: Vec<_> = (0..4).map(|_| cell()).collect();
        let five: Vec<_> = (0..5).map(|_| cell()).collect();
        let (four, five) = (contact_sheet("t", &four), contact_sheet("t", &five));
        assert_eq!(four.width(), 1346);
        assert_eq!(five.height() - four.height(), CELL.1 + GAP_PX);
        assert_eq!(
            four.get_pixel(GAP_PX + 100, HEADER_PX + 100).0,
            [10, 200, 30]
        );
    }

    #[test]
    fn contact_sheet_text_outside_of_the_font_is_drawn() {
        let sheet = contact_sheet(
            "Pr\u{fc}fung \u{2014} far too long for the page "
                .repeat(9)
                .as_str(),
            &[],
        );
        assert!(sheet.pixels().any(|pixel| *pixel == INK));
    }
}
