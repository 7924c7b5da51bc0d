//! Memory of the caller: exactly as much as he says, so that a byte read or written beyond it is found.

use std::ffi::c_void;

use arbitrary::{Result, Unstructured};
use twinspect::ffi::*;

use super::super::parts;

/// What the library takes for a struct at most.
const MOST_STRUCT_BYTES: usize = 4096;

/// A struct of the caller's, of which nobody knows more than its size.
pub struct Struct(Vec<u8>);

impl Struct {
    /// With its size in front; most often the true one, sometimes that of another version or one that cannot be.
    pub fn new<T>(input: &mut Unstructured<'_>) -> Result<Self> {
        let size = match input.int_in_range(0..=15)? {
            0 => size_of::<T>() - 8,
            1 => size_of::<T>() + 8,
            2 => MOST_STRUCT_BYTES,
            3 => MOST_STRUCT_BYTES + 1,
            4 => 0,
            _ => size_of::<T>(),
        };
        let held = if size > MOST_STRUCT_BYTES {
            4
        } else {
            size.max(4)
        };
        // What a caller forgot to clear.
        let mut bytes = vec![0xA5; held];
        bytes[..4].copy_from_slice(&(size as u32).to_ne_bytes());
        Ok(Self(bytes))
    }

    /// A filled one, followed by nothing or by zeros.
    pub fn holding<T: Copy>(value: T, input: &mut Unstructured<'_>) -> Result<Self> {
        let mut new = Self::new::<T>(input)?;
        let own = &raw const value;
        let own = unsafe { std::slice::from_raw_parts(own.cast::<u8>(), size_of::<T>()) };
        new.0[4..].fill(0);
        let known = new.0.len().min(own.len());
        if known > 4 {
            new.0[4..known].copy_from_slice(&own[4..known]);
        }
        Ok(new)
    }

    pub fn pointer<T>(&mut self) -> *mut T {
        self.0.as_mut_ptr().cast()
    }
}

/// A picture and its rows.
pub struct Picture {
    image: Struct,
    /// Not looked at: the picture points there.
    _planes: Vec<Vec<u8>>,
}

impl Picture {
    /// A good part, in one gray channel.
    pub fn good(seed: u32, input: &mut Unstructured<'_>) -> Result<Self> {
        let rows = parts::gray(seed);
        let (width, height) = parts::SIZE;
        Self::of(TSP_FORMAT_GRAY8, (width, height), 0, 0.0, rows, input)
    }

    /// Any other.
    pub fn odd(input: &mut Unstructured<'_>) -> Result<Self> {
        let format = input.int_in_range(0..=10)?;
        let size = match input.int_in_range(0..=7)? {
            0 => (0, 3),
            1 => (40_000, 1),
            2 => (1, u32::MAX),
            3 => parts::SIZE,
            _ => (input.int_in_range(1..=40)?, input.int_in_range(1..=40)?),
        };
        let white = *input.choose(&[0.0, 0.0, 255.0, 4095.0, -1.0, f64::NAN, 1e300, 1e-40])?;
        let padding = match input.int_in_range(0..=5)? {
            0 => -1,
            1 => i64::from(input.arbitrary::<u8>()?),
            2 => i64::MAX / 2,
            _ => 0,
        };
        let filling = input.bytes(input.len().min(16))?.to_vec();
        Self::of(format, size, padding, white, filling, input)
    }

    /// One that may be written: of this format and size, if the program does not want another one.
    pub fn canvas(format: i32, size: (u32, u32), input: &mut Unstructured<'_>) -> Result<Self> {
        match input.int_in_range(0..=3)? {
            0 => Self::odd(input),
            _ => {
                let padding = input.int_in_range(0..=9)?;
                Self::of(format, size, padding, 0.0, vec![7], input)
            }
        }
    }

    /// The rows are filled with `filling`, again and again; `padding` makes the stride.
    fn of(
        format: i32,
        (width, height): (u32, u32),
        padding: i64,
        white: f64,
        filling: Vec<u8>,
        input: &mut Unstructured<'_>,
    ) -> Result<Self> {
        let bytes_per_pixel = match format {
            TSP_FORMAT_GRAY16 | TSP_FORMAT_RGB16_PLANAR => 2,
            TSP_FORMAT_BGR8 | TSP_FORMAT_RGB8 => 3,
            TSP_FORMAT_GRAYF32 | TSP_FORMAT_BGRA8 | TSP_FORMAT_RGBA8 => 4,
            _ => 1,
        };
        // Pictures whose sides cannot be have no rows, and none are read.
        let can_be = (1..=512).contains(&width) && (1..=512).contains(&height);
        let row_bytes = if can_be {
            i64::from(width) * bytes_per_pixel
        } else {
            0
        };
        let stride = row_bytes.saturating_add(padding);
        let is_memory = (0..1 << 20).contains(&stride);
        let plane_bytes = match can_be && is_memory {
            true => (stride * (i64::from(height) - 1) + row_bytes) as usize,
            false => 1,
        };
        let fill = || filling.iter().chain([&0]).cycle();
        let planes: Vec<Vec<u8>> = (0..3)
            .map(|plane| fill().skip(plane).take(plane_bytes).copied().collect())
            .collect();
        let is_bottom_up = is_memory && can_be && input.ratio(1_u8, 4)?;
        let top = if is_bottom_up {
            plane_bytes - row_bytes as usize
        } else {
            0
        };
        let mut plane = [std::ptr::null::<c_void>(); 3];
        for (pointer, bytes) in plane.iter_mut().zip(&planes) {
            *pointer = bytes[top..].as_ptr().cast();
        }
        if input.ratio(1_u8, 24)? {
            plane[input.choose_index(3)?] = std::ptr::null();
        }
        let signed = if is_bottom_up { -stride } else { stride };
        let image = tsp_image {
            struct_size: 0,
            format,
            width,
            height,
            plane,
            row_stride: if padding == 0 && !is_bottom_up {
                0
            } else {
                signed
            },
            white,
            memory: if input.ratio(1_u8, 24)? {
                input.arbitrary()?
            } else {
                0
            },
            device: if input.ratio(1_u8, 24)? { 1 } else { 0 },
        };
        Ok(Self {
            image: Struct::holding(image, input)?,
            _planes: planes,
        })
    }

    pub fn pointer(&mut self) -> *mut tsp_image {
        self.image.pointer()
    }
}
