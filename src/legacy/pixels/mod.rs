//! Gray values against what good parts show: HALCON's variation model.

mod gray;
mod learned;
mod limits;
mod model;
mod record;

pub use gray::{GrayImage, GrayType, zeros};
pub use learned::Statistics;
pub use model::{Learning, MOST_IMAGES, PixelModel};
pub use record::{number, put_floats, read, record};
