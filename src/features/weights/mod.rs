//! Where the pretrained networks' weights come from.
//!
//! In: the name of a [`WeightFile`]. Out: a checked file on the disk, and its [`Tensors`]. A room of its own because
//! weights are large files from outside: they are never part of the program, are checked by SHA-256 before use, and are read
//! by readers that build tensors and execute nothing.
//!
//! In reading order: `table` (which files are known), `store` (the folder, finding and checking), `digest`, `import` (a file
//! that the user has), `tensors` (a file to tensors, by its content) with `pth`, `safetensors` and `onnx`; under `pth` lie
//! `pickle`, its `machine` and `cursor`, and `strided`. Nothing here uses a network: the program downloads, on request.

mod cursor;
mod digest;
mod import;
mod machine;
mod onnx;
mod pickle;
mod pth;
mod safetensors;
mod store;
mod strided;
mod table;
mod tensors;

pub use digest::check as check_digest;
pub use import::import;
pub use store::{FOLDER_VARIABLE, Found, State, find, find_in, folder, present, verify};
pub use table::{Part, Source, WEIGHT_FILES, WeightFile, entry};
pub use tensors::{Tensors, parse, read};
