//! A page that pictures and captions are laid on.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{Rgb, RgbImage, imageops};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};
use twinspect::{Error, ErrorKind, Result};

const PAPER: Rgb<u8> = Rgb([252, 252, 251]);
/// What is read first.
pub const INK: Rgb<u8> = Rgb([32, 35, 40]);
/// What is read afterwards.
pub const FAINT: Rgb<u8> = Rgb([112, 117, 125]);
const FRAME: Rgb<u8> = Rgb([176, 180, 186]);

/// Above this the grain of metal costs more bytes than it shows.
const JPEG_QUALITY: u8 = 88;

/// For what is left out of a name.
const DOTS: &str = "...";

/// How a page is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Exact.
    Png,
    /// A quarter of the bytes.
    Jpeg,
}

/// How text is written.
pub struct Pen {
    bold: bool,
    large: bool,
    colour: Rgb<u8>,
}

impl Pen {
    /// For captions.
    pub fn plain(colour: Rgb<u8>) -> Self {
        Self {
            bold: false,
            large: false,
            colour,
        }
    }

    /// For the first words of a caption.
    pub fn bold(colour: Rgb<u8>) -> Self {
        Self {
            bold: true,
            ..Self::plain(colour)
        }
    }

    /// For the title of a page.
    pub fn title() -> Self {
        Self {
            large: true,
            ..Self::bold(INK)
        }
    }

    /// Width of `text` in pixels.
    pub fn width(&self, text: &str) -> u32 {
        text.chars().count() as u32 * self.character_px()
    }

    /// `text`, with dots for its middle if it is wider than this: names differ at their ends.
    pub fn shortened(&self, text: &str, width_px: u32) -> String {
        let most = (width_px / self.character_px()) as usize;
        let characters: Vec<char> = text.chars().collect();
        if characters.len() <= most {
            return text.to_owned();
        }
        let kept = most.saturating_sub(DOTS.len());
        let (head, tail) = (kept / 2, kept - kept / 2);
        let text = |characters: &[char]| characters.iter().collect::<String>();
        let (head, tail) = (&characters[..head], &characters[characters.len() - tail..]);
        format!("{}{DOTS}{}", text(head), text(tail))
    }

    fn character_px(&self) -> u32 {
        get_raster_width(self.weight(), self.size()) as u32
    }

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
}

/// The page. What lies beyond its edges is not drawn.
pub struct Page(pub RgbImage);

impl Page {
    /// An empty page of this size, in pixels.
    pub fn new(width: u32, height: u32) -> Self {
        Self(RgbImage::from_pixel(width, height, PAPER))
    }

    /// Lays down a picture in a frame of one pixel, whose upper left corner this is.
    pub fn framed(&mut self, (left, top): (u32, u32), picture: &RgbImage) {
        let frame = RgbImage::from_pixel(picture.width() + 2, picture.height() + 2, FRAME);
        imageops::replace(&mut self.0, &frame, left.into(), top.into());
        imageops::replace(
            &mut self.0,
            picture,
            i64::from(left) + 1,
            i64::from(top) + 1,
        );
    }

    /// Writes `text` so that it ends at `right`.
    pub fn write_to(&mut self, right: u32, top: u32, text: &str, pen: &Pen) {
        self.write((right.saturating_sub(pen.width(text)), top), text, pen);
    }

    /// Writes `text` from its upper left corner; what the font lacks becomes a question mark.
    pub fn write(&mut self, (left, top): (u32, u32), text: &str, pen: &Pen) {
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

    /// The page as a file's bytes.
    pub fn encoded(&self, encoding: Encoding) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let done = match encoding {
            Encoding::Png => self.0.write_with_encoder(PngEncoder::new(&mut bytes)),
            Encoding::Jpeg => {
                let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
                self.0.write_with_encoder(encoder)
            }
        };
        done.map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot encode the sheet: {error}"))
        })?;
        Ok(bytes)
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

    #[test]
    fn long_name_keeps_both_its_ends() {
        let pen = Pen::plain(INK);
        let width = pen.width("0123456789");
        assert_eq!(pen.shortened("0123456789", width), "0123456789");
        assert_eq!(pen.shortened("part_ü_0001.png", width), "par....png");
        assert_eq!(pen.shortened("part", 0), DOTS);
    }

    #[test]
    fn text_outside_of_the_font_or_of_the_page_is_no_failure() {
        let mut page = Page::new(40, 20);
        page.write(
            (0, 0),
            "\u{6d4b}\u{1b}\u{202e} and far beyond",
            &Pen::title(),
        );
        assert!(page.0.pixels().any(|pixel| *pixel == INK));
        page.write_to(5, 15, "beyond on both sides", &Pen::plain(FAINT));
    }
}
