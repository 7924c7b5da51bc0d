//! Stand-in until the room's own file is merged.

/// How a pixel becomes a network's input: `(x - mean) / std` per channel, x in 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Normalisation {
    pub mean: [f32; 3],
    pub std: [f32; 3],
}

#[allow(missing_docs)]
impl Normalisation {
    pub const IMAGENET: Self = Self { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    pub const LITE: Self = Self { mean: [127.0 / 255.0; 3], std: [128.0 / 255.0; 3] };
}
