//! How the pixels of a picture lie in memory.

/// How the pixels lie in memory. Alpha is ignored; 16 bit is in native byte order; gray is repeated to three channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// One byte.
    Gray8,
    /// One 16-bit sample.
    Gray16,
    /// One 32-bit float, 0 to white.
    GrayF32,
    /// Blue, green, red.
    Bgr8,
    /// Red, green, blue.
    Rgb8,
    /// Blue, green, red, alpha.
    Bgra8,
    /// Red, green, blue, alpha.
    Rgba8,
    /// Three planes of bytes: red, green, blue.
    Rgb8Planar,
    /// Three planes of 16-bit samples: red, green, blue.
    Rgb16Planar,
}

impl PixelFormat {
    /// Bytes of one sample: 1, 2 or 4.
    pub fn bytes_per_sample(self) -> usize {
        match self {
            Self::Gray16 | Self::Rgb16Planar => 2,
            Self::GrayF32 => 4,
            Self::Gray8
            | Self::Bgr8
            | Self::Rgb8
            | Self::Bgra8
            | Self::Rgba8
            | Self::Rgb8Planar => 1,
        }
    }

    /// Bytes from one pixel to the next within a row of one plane.
    pub fn bytes_per_pixel(self) -> usize {
        match self {
            Self::Bgr8 | Self::Rgb8 => 3,
            Self::Bgra8 | Self::Rgba8 => 4,
            _ => self.bytes_per_sample(),
        }
    }

    /// How many planes there are: 3 for the planar formats, otherwise 1.
    pub fn plane_count(self) -> usize {
        if matches!(self, Self::Rgb8Planar | Self::Rgb16Planar) {
            3
        } else {
            1
        }
    }

    /// The value that means full scale unless the caller says otherwise: 255, 65535 or 1.
    pub fn default_white(self) -> f64 {
        match self.bytes_per_sample() {
            1 => 255.0,
            2 => 65535.0,
            _ => 1.0,
        }
    }
}
