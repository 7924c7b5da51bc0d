//! twinspect finds defects in pictures of manufactured parts without training: give it some tens of pictures of good
//! parts, and it inspects the next one.
//!
//! The rooms, in the order in which the data flows:
//!
//! 1. [`image`]: files and buffers to pixels, pixels to the network's input.
//! 2. [`features`]: a pretrained backbone, its weights, the patch adaptor.
//! 3. [`matching`]: which normal images look like this one; groups and their lead images.
//! 4. [`registration`]: matched points to a motion that brings a picture onto its lead, and back.
//! 5. [`statistics`]: what is normal at every location, or anywhere, and the distance to it.
//! 6. [`map`]: distances to an anomaly map of the picture's size, and how it is drawn.
//! 7. [`verdict`]: map to score, threshold, regions, good or defect.
//! 8. [`metrics`]: scores and maps held against the truth; of the others only the program asks for them.
//! 9. [`model`]: the only place where the rooms meet: fit, extend, inspect, save, load.
//! 10. [`legacy`]: the calls and the gray comparison of HALCON's variation model, which needs no network.
//!
//! Beside them: [`error`], [`options`], [`progress`], [`files`], [`device`]. On top of these stand the C interface (`ffi`) and the
//! program `twinspect`.

pub mod device;
pub mod error;
pub mod features;
#[doc(hidden)]
pub mod ffi;
pub mod files;
pub mod image;
pub mod legacy;
pub mod map;
pub mod matching;
pub mod metrics;
pub mod model;
pub mod options;
pub mod progress;
mod random;
pub mod registration;
mod sha256;
pub mod statistics;
mod torch;
pub mod verdict;

// A panic is caught at the C interface; one that aborts would take the host with it.
#[cfg(panic = "abort")]
compile_error!("twinspect must be built with panic = \"unwind\"");

pub use error::{Error, ErrorKind, Result};
