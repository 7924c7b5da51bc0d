//! The variation model's formula on anomaly maps: `d > m + max(absolute, relative * s)`.

mod kept;
mod limits;
mod model;
mod record;

pub use model::FeatureModel;
pub use record::{read, record};
