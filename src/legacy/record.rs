//! A variation model as bytes, and back: what it compares (u8), the length of what is known of gray values (u64), that, and
//! what is known of anomaly maps, if it compares them.

use super::engine::Engine;
use super::features::{self, FeatureModel};
use super::file::{FRAME, damaged};
use super::pixels::{self, PixelModel, number};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;

const ENGINES: [Engine; 3] = [Engine::Pixels, Engine::Features, Engine::Both];

/// What a file holds, or as much of it as was asked for.
pub struct Content {
    pub engine: Engine,
    pub pixels: PixelModel,
    pub features: Option<FeatureModel>,
}

/// As bytes. Errors: `Memory`.
pub fn of(engine: Engine, pixels: &PixelModel, features: Option<&FeatureModel>) -> Result<Vec<u8>> {
    let known = pixels::record(pixels)?;
    let mut bytes = FRAME.reserved(1 + 8 + known.len())?;
    bytes.push(number(&ENGINES, &engine));
    bytes.extend_from_slice(&(known.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&known);
    if let Some(features) = features {
        features::record(features, &mut bytes)?;
    }
    Ok(bytes)
}

/// From bytes, for the engine that the options ask for, or the one that wrote them.
///
/// Errors: `Format`, `Memory`; `Unsupported` if features are asked for and there are none; those of loading a model.
pub fn read(bytes: &[u8], options: &Options) -> Result<Content> {
    let short = || damaged("it ends within its first bytes");
    let ([engine], rest) = bytes.split_first_chunk().ok_or_else(short)?;
    let (length, rest) = rest.split_first_chunk().ok_or_else(short)?;
    let written = *ENGINES.get(usize::from(*engine)).ok_or_else(|| {
        damaged(format!(
            "its engine is number {engine}, which does not exist"
        ))
    })?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (known, left) = rest
        .split_at_checked(length)
        .ok_or_else(|| damaged("what it says of gray values ends too soon"))?;
    let pixels = pixels::read(known)?;
    if written.has_features() == left.is_empty() {
        return Err(damaged(format!(
            "{} bytes of features cannot be",
            left.len()
        )));
    }
    let engine = match options.is_set("variation.engine")? {
        true => Engine::of(options)?,
        false => written,
    };
    if engine.has_features() && !written.has_features() {
        let message = "the variation model knows gray values only";
        return Err(Error::new(ErrorKind::Unsupported, message)
            .at("variation.engine")
            .hint("Train one whose engine is features or both, or read this one with pixels."));
    }
    let features = engine
        .has_features()
        .then(|| features::read(left, &pixels, options));
    Ok(Content {
        engine,
        features: features.transpose()?,
        pixels,
    })
}
