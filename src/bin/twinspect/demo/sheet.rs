//! The contact sheet: every test picture with its heat map on one page.

use super::{HEIGHT_PX, WIDTH_PX};
use crate::page::{FAINT, INK, Page, Pen};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use twinspect::map::render::colour_bar;

const COLUMNS: u32 = 4;
const PANEL: (u32, u32) = (WIDTH_PX * 4 / 5, HEIGHT_PX * 4 / 5);
const CAPTION_PX: u32 = 48;
const CELL: (u32, u32) = (PANEL.0 + 2, 2 * PANEL.1 + 3 + CAPTION_PX);
const GAP_PX: u32 = 22;
const HEADER_PX: u32 = 58;
const FOOTER_PX: u32 = 64;
const BAR: (u32, u32) = (360, 16);

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
pub fn contact_sheet(title: &str, cells: &[Cell]) -> Page {
    let rows = (cells.len() as u32).div_ceil(COLUMNS);
    let width = COLUMNS * (CELL.0 + GAP_PX) + GAP_PX;
    let height = HEADER_PX + rows * (CELL.1 + GAP_PX) + FOOTER_PX;
    let mut page = Page::new(width, height);
    page.write((GAP_PX, 20), title, &Pen::title());
    for (index, cell) in (0..).zip(cells) {
        let left = GAP_PX + index % COLUMNS * (CELL.0 + GAP_PX);
        let top = HEADER_PX + index / COLUMNS * (CELL.1 + GAP_PX);
        draw(&mut page, (left, top), cell);
    }
    legend(&mut page, height - FOOTER_PX + 8);
    page
}

fn draw(page: &mut Page, (left, top): (u32, u32), cell: &Cell) {
    let small = |picture| imageops::resize(picture, PANEL.0, PANEL.1, FilterType::CatmullRom);
    page.framed((left, top), &small(&cell.picture));
    page.framed((left, top + PANEL.1 + 1), &small(&cell.heat));
    let right = left + CELL.0;
    let first = top + 2 * PANEL.1 + 8;
    let said = Pen::bold(if cell.is_right { RIGHT } else { WRONG });
    let plain = Pen::plain(FAINT);
    page.write((left, first), &cell.title, &Pen::bold(INK));
    page.write_to(right, first, &cell.verdict, &said);
    page.write((left, first + 20), &format!("shows {}", cell.truth), &plain);
    let score = format!("score {:.2} / {:.2}", cell.score, cell.threshold);
    page.write_to(right, first + 20, &score, &plain);
}

/// The scale of the heat maps, and what is outlined and coloured.
fn legend(page: &mut Page, top: u32) {
    let plain = Pen::plain(FAINT);
    let left = GAP_PX;
    let bar = colour_bar(BAR.0, BAR.1, Rgb([214, 216, 219]));
    page.framed((left, top), &bar);
    let below = top + BAR.1 + 6;
    page.write((left, below), "0", &plain);
    let middle = left + BAR.0 / 2;
    let centred = middle - plain.width("threshold") / 2;
    page.write((centred, below), "threshold", &plain);
    page.write_to(left + BAR.0 + 2, below, "2 x threshold", &plain);
    for y in top..top + BAR.1 + 6 {
        page.0.put_pixel(middle, y, FAINT);
    }
    let right = page.0.width() - GAP_PX;
    page.write_to(right, top, "outlined: over the threshold", &plain);
    let verdict = "score / threshold; a verdict in green is right, in red wrong";
    page.write_to(right, below, verdict, &plain);
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
        let (four, five) = (contact_sheet("t", &four).0, contact_sheet("t", &five).0);
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
        assert!(sheet.0.pixels().any(|pixel| *pixel == INK));
    }
}
