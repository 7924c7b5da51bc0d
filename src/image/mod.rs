//! Pictures: files and borrowed buffers in, the network's normalised input tensor out.
//!
//! A room of its own because everything that is measured later depends on these pixels: each door (command line, C, Python)
//! looks at a picture through [`ImageView`], and there is one preprocessor, [`Preprocessor`]; nothing else resizes or
//! normalises. Whatever comes from outside (sizes, strides, files) is checked here, before anything is allocated.

mod decode;
mod folder;
mod format;
mod frame;
mod mask;
mod rgb;
mod tensor;
mod thumbnail;
mod view;

pub use decode::{Picture, decode_file, decode_memory};
pub use folder::{Listing, list_pictures};
pub use format::PixelFormat;
pub use frame::{FrameMeter, FrameStatistics, fingerprint};
pub use mask::Mask;
pub use tensor::{Aspect, Multiples, Normalisation, Preprocessor, Window, input_size};
pub use thumbnail::thumbnail;
pub(crate) use view::check_size;
pub use view::{DEFAULT_MAX_PIXELS, ImageView, MAX_SIDE_PX, Plane};
