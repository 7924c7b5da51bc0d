//! Files to pixels, with limits that hold before anything is allocated.

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::Path;

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError, ImageReader, Limits};

use super::format::PixelFormat;
use super::view::{ImageView, check_size};
use crate::error::{Error, ErrorKind, Result};

/// Slack for headers, colour profiles and tables of a file, beside its pixels.
const OVERHEAD_BYTES: u64 = 64 << 20;

/// The pixels of a decoded file, tightly packed and top-down.
///
/// `Gray8`, `Rgb8` or `Rgba8` for files of up to 8 bit, `Gray16` or `Rgb16Planar` for 16 bit.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    format: PixelFormat,
    width: u32,
    height: u32,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "Picture {:?} {} x {}",
            self.format, self.width, self.height
        )
    }
}

impl Picture {
    /// The pixels, borrowed, with the format's own white.
    pub fn view(&self) -> ImageView<'_> {
        ImageView::packed_unchecked(self.format, self.width, self.height, &self.bytes)
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }
}

/// Decodes the picture file `path`, as [`decode_memory`] does.
///
/// Errors: `NotFound` if there is no such file, `Io` if it cannot be read, `ImageSize` if it is larger than any picture of
/// `max_pixels`; then those of [`decode_memory`].
pub fn decode_file(path: &Path, max_pixels: u64) -> Result<Picture> {
    // Read as a whole before decoding: a failure of the disk and a damaged picture stay two things.
    let bytes = read_file(path, limit_bytes(max_pixels)).map_err(|error| error.at(path))?;
    decode(&bytes, max_pixels).map_err(|error| error.at(path))
}

/// Decodes a picture file that lies in memory: PNG, JPEG, BMP, TIFF, WebP or PNM, told by the content, not by `name`, which
/// is only for messages. Of several pages or frames the first is taken.
///
/// - 8 bit stays 8 and 16 stays 16; palettes and fewer bits are expanded to 8 bit, a PNM of another maximum to full range.
/// - Alpha is ignored: a transparent pixel has the colour that the file gives it.
/// - The EXIF (or TIFF) orientation is applied: the picture is as a viewer shows it, and so are its width and height.
/// - JPEG in CMYK or YCCK is read as all known programs write it, inverted. Colour profiles are not applied.
/// - Floating point is refused: such a file does not say which value is white. Convert it, or pass the pixels as `GrayF32`.
///
/// Errors: `ImageSize` before any pixel is allocated if a side is not 1 to 32768 or there are more than `max_pixels` pixels;
/// `Image` if it is not a picture, damaged, ends too early, or is of a kind that cannot be read; `Memory`.
pub fn decode_memory(bytes: &[u8], name: &str, max_pixels: u64) -> Result<Picture> {
    decode(bytes, max_pixels).map_err(|error| error.at(name))
}

fn decode(bytes: &[u8], max_pixels: u64) -> Result<Picture> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| broken(error.into()))?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(limit_bytes(max_pixels));
    reader.limits(limits.clone());
    if reader.format() == Some(image::ImageFormat::Jpeg) {
        check_jpeg_ends(bytes)?;
    }
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, max_pixels)?;

    let pixels = decoder.total_bytes();
    // A TIFF may promise tiles far larger than the picture.
    let most = 2 * pixels + OVERHEAD_BYTES;
    limits.max_alloc = Some(most);
    // Decoders do not ask for what they take; what they may take is asked for here, and given back to them.
    drop(reserved(most)?);
    decoder.set_limits(limits).map_err(broken)?;
    let source = Source {
        width,
        height,
        color: decoder.color_type(),
        orientation: decoder.orientation().map_err(broken)?,
    };
    source.format()?;
    let mut buffer = zeroed(pixels)?;
    decoder.read_image(&mut buffer).map_err(broken)?;
    source.arrange(buffer)
}

/// What the decoder delivers: interleaved samples in native byte order, not yet turned upright.
struct Source {
    width: u32,
    height: u32,
    color: ColorType,
    orientation: Orientation,
}

impl Source {
    fn format(&self) -> Result<PixelFormat> {
        match self.color {
            ColorType::L8 | ColorType::La8 => Ok(PixelFormat::Gray8),
            ColorType::Rgb8 => Ok(PixelFormat::Rgb8),
            ColorType::Rgba8 => Ok(PixelFormat::Rgba8),
            ColorType::L16 | ColorType::La16 => Ok(PixelFormat::Gray16),
            ColorType::Rgb16 | ColorType::Rgba16 => Ok(PixelFormat::Rgb16Planar),
            other => Err(Error::new(
                ErrorKind::Image,
                format!("the pixels are {other:?}, only 8 and 16 bit integers can be read"),
            )
            .hint(
                "Convert it to 16 bit: a floating-point file does not say which value is white.",
            )),
        }
    }

    /// Turns the pixels upright, drops the alpha of gray and 16-bit pixels, and parts 16-bit colours into planes.
    fn arrange(&self, buffer: Vec<u8>) -> Result<Picture> {
        let format = self.format()?;
        let step = usize::from(self.color.bytes_per_pixel());
        let pixel_bytes = format.bytes_per_pixel();
        let (width, height) = match self.orientation {
            Orientation::NoTransforms
            | Orientation::FlipHorizontal
            | Orientation::FlipVertical
            | Orientation::Rotate180 => (self.width, self.height),
            _ => (self.height, self.width),
        };
        if self.orientation == Orientation::NoTransforms && step == pixel_bytes {
            return Ok(Picture {
                format,
                width,
                height,
                bytes: buffer,
            });
        }
        let mut bytes = zeroed(
            u64::from(width) * u64::from(height) * (pixel_bytes * format.plane_count()) as u64,
        )?;
        let row_bytes = width as usize * pixel_bytes;
        for (plane, rows) in bytes
            .chunks_exact_mut(row_bytes * height as usize)
            .enumerate()
        {
            for (y, row) in rows.chunks_exact_mut(row_bytes).enumerate() {
                for (x, pixel) in row.chunks_exact_mut(pixel_bytes).enumerate() {
                    let (x, y) = self.upright(x, y);
                    let start = (y * self.width as usize + x) * step + plane * pixel_bytes;
                    pixel.copy_from_slice(&buffer[start..start + pixel_bytes]);
                }
            }
        }
        Ok(Picture {
            format,
            width,
            height,
            bytes,
        })
    }

    /// Which pixel of the source is at (`x`, `y`) of the upright picture.
    fn upright(&self, x: usize, y: usize) -> (usize, usize) {
        let (right, bottom) = (self.width as usize - 1, self.height as usize - 1);
        match self.orientation {
            Orientation::NoTransforms => (x, y),
            Orientation::FlipHorizontal => (right - x, y),
            Orientation::FlipVertical => (x, bottom - y),
            Orientation::Rotate180 => (right - x, bottom - y),
            Orientation::Rotate90 => (y, bottom - x),
            Orientation::Rotate270 => (right - y, x),
            Orientation::Rotate90FlipH => (y, x),
            Orientation::Rotate270FlipH => (right - y, bottom - x),
        }
    }
}

/// The decoder fills what is missing of a JPEG with gray and says nothing, so its end is looked for here.
fn check_jpeg_ends(bytes: &[u8]) -> Result<()> {
    const END: u8 = 0xD9;
    const FILL: u8 = 0xFF;
    // A stuffed 0xFF, restarts 0 to 7, the start of the picture.
    const ALONE: [u8; 10] = [0x00, 0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8];
    let mut rest = bytes;
    // Between two markers lies a segment of a stated length, or entropy-coded data in which 0xFF is always followed by 0.
    while let Some(at) = rest.iter().position(|byte| *byte == 0xFF) {
        let Some((&marker, after)) = rest[at + 1..].split_first() else {
            break;
        };
        rest = match marker {
            END => return Ok(()),
            FILL => &rest[at + 1..],
            marker if ALONE.contains(&marker) => after,
            _ => match after {
                [high, low, ..] => after
                    .get(usize::from(u16::from_be_bytes([*high, *low]))..)
                    .unwrap_or_default(),
                _ => break,
            },
        };
    }
    Err(too_short())
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let failed = |error: io::Error| Error::io(&error, "read the picture", path);
    let about = fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        return Err(Error::new(ErrorKind::Io, "is not a file").hint("A picture file is expected."));
    }
    if about.len() > limit {
        return Err(Error::new(
            ErrorKind::ImageSize,
            format!(
                "the file has {} bytes, at most {limit} are allowed",
                about.len()
            ),
        )
        .hint("Crop the picture, or raise image.max_pixels."));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(failed)?;
    Ok(bytes)
}

/// The largest file, and the largest memory for decoding: 16-bit RGBA of `max_pixels`, and some more.
fn limit_bytes(max_pixels: u64) -> u64 {
    max_pixels.saturating_mul(8).saturating_add(OVERHEAD_BYTES)
}

/// An empty buffer with room for so many bytes. Errors: `Memory`.
fn reserved(size_bytes: u64) -> Result<Vec<u8>> {
    let no_memory = || {
        Error::new(
            ErrorKind::Memory,
            format!("no memory for {size_bytes} bytes of pixels"),
        )
    };
    let size = usize::try_from(size_bytes).map_err(|_| no_memory())?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| no_memory())?;
    Ok(bytes)
}

fn zeroed(size_bytes: u64) -> Result<Vec<u8>> {
    let mut bytes = reserved(size_bytes)?;
    // It fits, or there would be no room.
    bytes.resize(size_bytes as usize, 0);
    Ok(bytes)
}

fn too_short() -> Error {
    Error::new(ErrorKind::Image, "the picture ends too early")
        .hint("The file is damaged; copy it again from its source.")
}

/// What the decoder says, as an error of ours. Only memory is read by then, so an input error means that bytes are missing.
fn broken(error: ImageError) -> Error {
    const FORMATS: &str = "Pictures are PNG, JPEG, BMP, TIFF, WebP or PNM.";
    match error {
        ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => too_short(),
        ImageError::Unsupported(error) => match error.kind() {
            image::error::UnsupportedErrorKind::Format(image::error::ImageFormatHint::Unknown) => {
                Error::new(ErrorKind::Image, "the content is not a picture").hint(FORMATS)
            }
            _ => Error::new(
                ErrorKind::Image,
                format!("this kind of picture cannot be read: {error}"),
            )
            .hint(format!(
                "{FORMATS} Save it again, with 8 or 16 bit gray or RGB."
            )),
        },
        ImageError::Limits(error) => Error::new(
            ErrorKind::Image,
            format!("decoding wants more memory than the picture has pixels: {error}"),
        )
        .hint("The file is damaged or built to exhaust memory; save it again."),
        other => Error::new(
            ErrorKind::Image,
            format!("the picture is damaged: {}", first_line(&other)),
        )
        .hint("Copy it again from its source."),
    }
}

fn first_line(error: &ImageError) -> String {
    error
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}
