//! From one picture to what statistics and matcher need of it: the same path for normal images and for inspected ones.

mod tiled;

use std::sync::{Arc, OnceLock};

use image::RgbImage;
use tch::{Device, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::features::embedding::Embedding;
use crate::features::pretrained::Pretrained;
use crate::features::smooth;
use crate::features::tiles::Tiles;
use crate::image::{
    Aspect, FrameMeter, FrameStatistics, ImageView, Multiples, Normalisation, Preprocessor,
    input_size, thumbnail,
};
use crate::matching::{Keypoints, PretrainedMatcher, Sight};
use crate::model::recipe::Recipe;
use crate::model::timing::{Clock, Stage};
use crate::registration::{Transform, Warped, warp};
use crate::sha256;

/// An input of more pixels is computed in tiles only: its first layers' maps would take gigabytes.
const MOST_AT_ONCE: u64 = 4096 * 4096;

/// The pixels themselves, maps of them in single precision, and the regions.
const BYTES_OF_A_PIXEL: u64 = 24;

/// Of a pixel of the network's input, in its first layers: 96 channels at half the size, in two maps, and some room.
const BYTES_OF_AN_INPUT: u64 = 300;

/// A picture as the networks are to look at it.
#[derive(Debug)]
pub struct Prepared<'a> {
    /// What the backbone looks at.
    pub input: Input<'a>,
    /// For a matcher that looks at the picture itself, [1, 3, H', W'] f32: the same frame, smaller or larger.
    pub picture: Option<Tensor>,
    /// What the frame that it comes from is like; none if that was not measured.
    pub frame: Option<FrameStatistics>,
}

/// A backbone's input.
#[derive(Debug)]
pub enum Input<'a> {
    /// [1, 3, H, W] f32, normalised.
    Whole(Tensor),
    /// A picture that tiles are cut from when they are looked at: as a whole it would not fit into memory.
    Tiles(ImageView<'a>),
}

impl Prepared<'_> {
    /// The backbone's input, [1, 3, H, W] f32. Errors: `State` if it is cut into tiles; recipes exclude what asks then.
    pub fn whole(&self) -> Result<&Tensor> {
        match &self.input {
            Input::Whole(input) => Ok(input),
            Input::Tiles(_) => {
                let message = "an input that is cut into tiles is never whole";
                Err(Error::new(ErrorKind::State, message))
            }
        }
    }

    /// It alone, without the picture that it comes from; none if that is cut into tiles.
    pub fn into_whole(self) -> Option<Prepared<'static>> {
        match self.input {
            Input::Whole(input) => Some(Prepared {
                input: Input::Whole(input),
                picture: self.picture,
                frame: self.frame,
            }),
            Input::Tiles(_) => None,
        }
    }

    /// The same picture moved into another frame of the same size; `to_frame` in units of the picture's width and height.
    pub fn moved(&self, to_frame: &Transform) -> Result<Prepared<'static>> {
        self.changed(|picture| Ok(moved(picture, to_frame)?.pixels))
    }

    /// The backbone's input alone, moved so.
    pub fn moved_input(&self, to_frame: &Transform) -> Result<Warped> {
        moved(self.whole()?, to_frame)
    }

    /// What becomes of either picture if the same is done to both.
    pub fn changed(&self, change: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Prepared<'static>> {
        Ok(Prepared {
            input: Input::Whole(change(self.whole()?)?),
            picture: self.picture.as_ref().map(change).transpose()?,
            frame: self.frame,
        })
    }
}

fn moved(picture: &Tensor, to_frame: &Transform) -> Result<Warped> {
    let (_, _, height, width) = picture.size4()?;
    let to_frame = to_frame.resized(width as f64, height as f64)?;
    warp(picture, &to_frame, width as u32, height as u32)
}

/// What is found in one picture.
#[derive(Debug)]
pub struct Extracted {
    /// One feature vector for every location, [h*w, C'] f32 on the device.
    pub features: Tensor,
    /// Height and width of the grid of locations.
    pub grid: (i64, i64),
    /// Key points, if the recipe matches pictures.
    pub keypoints: Option<Keypoints>,
}

/// What the network saw of a picture.
#[derive(Debug)]
pub struct Seen {
    /// Small enough to be kept.
    pub thumbnail: RgbImage,
    /// SHA-256 of the network's input, in hexadecimal.
    pub digest: String,
    /// What the frame is like, if it was measured.
    pub frame: Option<FrameStatistics>,
}

/// Preprocessor, backbone, adaptor and matcher of a recipe. One thread at a time; the network itself is shared.
#[derive(Debug)]
pub struct Extractor {
    network: Arc<Pretrained>,
    matcher: Option<Arc<PretrainedMatcher>>,
    recipe: Arc<Recipe>,
    preprocessor: Preprocessor,
    meter: FrameMeter,
    /// None if the input is seen at once.
    tiles: Option<Tiles>,
    /// Of a matcher that looks at the picture itself, in the proportions of the network's input: one frame for both.
    matcher_preprocessor: Option<Preprocessor>,
    /// Width and height of what the matcher's positions are places in.
    matched_size: (f64, f64),
    /// Made when it is known how many channels there are.
    embedding: OnceLock<Embedding>,
    device: Device,
}

impl Extractor {
    /// An extractor for inputs of `size` (width, height); network and matcher are on `device`.
    pub fn new(
        network: Arc<Pretrained>,
        matcher: Option<Arc<PretrainedMatcher>>,
        recipe: Arc<Recipe>,
        size: (u32, u32),
        device: Device,
    ) -> Self {
        let preprocessor = Preprocessor::new(size, network.normalisation());
        let tiles = recipe.tiles.map(|plan| {
            let strides = recipe.strides(network.backbone().stages());
            Tiles::new(plan, size, &strides)
        });
        let matched_size = matched_size(&network, matcher.as_ref(), size);
        let sight = matcher.as_ref().map(|matcher| matcher.sight());
        let matcher_preprocessor = match sight {
            Some(Sight::Picture { .. }) => {
                let size = (matched_size.0 as u32, matched_size.1 as u32);
                Some(Preprocessor::new(size, Normalisation::NONE))
            }
            _ => None,
        };
        Self {
            network,
            matcher,
            recipe,
            preprocessor,
            meter: FrameMeter::default(),
            tiles: tiles.filter(|tiles| tiles.count() > 1),
            matcher_preprocessor,
            matched_size,
            embedding: OnceLock::new(),
            device,
        }
    }

    /// Width and height of what the positions of key points are places in.
    pub fn matched_size(&self) -> (f64, f64) {
        self.matched_size
    }

    /// A picture in the sizes that the networks look at, on the device.
    ///
    /// Errors: `InvalidArgument` if the input is too large to be seen at once and the recipe cuts none, `Image`, `Memory`.
    pub fn prepare<'a>(&mut self, view: &ImageView<'a>) -> Result<Prepared<'a>> {
        let picture = match &mut self.matcher_preprocessor {
            Some(preprocessor) => Some(preprocessor.tensor(view)?.f_to_device(self.device)?),
            None => None,
        };
        self.meter.clear();
        let input = if self.tiles.is_some() {
            self.measure_samples(view)?;
            Input::Tiles(*view)
        } else {
            self.check_at_once()?;
            let input = self.preprocessor.tensor(view)?;
            self.preprocessor.measure(&mut self.meter)?;
            Input::Whole(input.f_to_device(self.device)?)
        };
        Ok(Prepared {
            input,
            picture,
            frame: Some(self.meter.statistics(view)),
        })
    }

    fn check_at_once(&self) -> Result<()> {
        let (width, height) = self.preprocessor.size();
        let pixels = u64::from(width) * u64::from(height);
        if self.recipe.tiles.is_some() || pixels <= MOST_AT_ONCE {
            return Ok(());
        }
        let message = format!(
            "an input of {width} x {height} = {pixels} pixels, at most {MOST_AT_ONCE} are seen at once"
        );
        Err(Error::new(ErrorKind::InvalidArgument, message)
            .at("input.size")
            .hint("Use tile.size=512, or a smaller input.size."))
    }

    /// What the network sees of a picture, for people and for finding copies.
    pub fn show(&self, prepared: &Prepared<'_>) -> Result<Seen> {
        let input = match (&prepared.input, &self.tiles) {
            (Input::Tiles(view), Some(tiles)) => {
                let frame = prepared.frame;
                return Ok(Seen {
                    frame,
                    ..self.show_tiles(view, tiles)?
                });
            }
            _ => prepared.whole()?.f_to_device(Device::Cpu)?,
        };
        Ok(Seen {
            thumbnail: thumbnail(&input, &self.network.normalisation())?,
            digest: sha256::of_bytes(&bytes(&input)?),
            frame: prepared.frame,
        })
    }

    /// Features and key points of a picture.
    pub fn extract(&self, prepared: &Prepared<'_>) -> Result<Extracted> {
        self.extract_by(prepared, &mut Clock::start())
    }

    /// The same by the clock.
    pub(crate) fn extract_by(
        &self,
        prepared: &Prepared<'_>,
        clock: &mut Clock,
    ) -> Result<Extracted> {
        let (maps, features, grid) = match (&prepared.input, &self.tiles) {
            (Input::Tiles(view), Some(tiles)) => {
                let (features, grid) = self.features_of_tiles(view, tiles)?;
                (StageMaps::default(), features, grid)
            }
            _ => {
                let maps = self.stage_maps(prepared.whole()?, true, true)?;
                let (features, grid) = self.adapted(&maps)?;
                (maps, features, grid)
            }
        };
        clock.lap(Stage::Backbone);
        let keypoints = self.detected(&maps, prepared)?;
        clock.lap(Stage::Matching);
        Ok(Extracted {
            features,
            grid,
            keypoints,
        })
    }

    /// Features alone, [h*w, C'] f32, of a backbone's input.
    pub fn features(&self, input: &Tensor) -> Result<Tensor> {
        Ok(self.adapted(&self.stage_maps(input, true, false)?)?.0)
    }

    /// Key points of a picture alone, if the recipe matches anything.
    pub fn keypoints(&self, prepared: &Prepared<'_>) -> Result<Option<Keypoints>> {
        self.detected(&self.stage_maps(prepared.whole()?, false, true)?, prepared)
    }

    /// The maps of the stages that features, key points or both are made of.
    fn stage_maps(&self, input: &Tensor, features: bool, keypoints: bool) -> Result<StageMaps> {
        let _no_grad = tch::no_grad_guard();
        let recipe = &*self.recipe;
        let mut stages = Vec::new();
        if features {
            stages.extend(&recipe.stages);
            stages.push(recipe.grid_stage);
        }
        if keypoints {
            stages.extend(recipe.matcher.and_then(|matcher| matcher.stage()));
        }
        stages.sort_unstable();
        stages.dedup();
        let maps = if stages.is_empty() {
            Vec::new()
        } else {
            let input = input.f_to_device(self.device)?;
            self.network.backbone().forward(&input, &stages)?
        };
        Ok(StageMaps { stages, maps })
    }

    fn adapted(&self, maps: &StageMaps) -> Result<(Tensor, (i64, i64))> {
        let _no_grad = tch::no_grad_guard();
        let recipe = &*self.recipe;
        let (_, _, h, w) = maps.of(recipe.grid_stage)?.size4()?;
        let stages = maps.all_of(&recipe.stages)?;
        let adapted = recipe.adaptor.adapt(&stages, (h, w))?;
        let adapted = smooth::gaussian(&adapted, recipe.feature_sigma)?;
        Ok((self.vectors(&adapted)?, (h, w)))
    }

    /// One vector for every location, [h*w, C'], of adapted features [1, C, h, w].
    fn vectors(&self, adapted: &Tensor) -> Result<Tensor> {
        let (_, channels, h, w) = adapted.size4()?;
        let vectors = adapted.f_reshape([channels, h * w])?.f_transpose(0, 1)?;
        self.embedded(vectors.f_contiguous()?)
    }

    fn embedded(&self, features: Tensor) -> Result<Tensor> {
        let Some(plan) = self.recipe.embedding else {
            return Ok(features);
        };
        let embedding = match self.embedding.get() {
            Some(embedding) => embedding,
            None => {
                let made = Embedding::new(plan, features.size()[1])?.to_device(self.device)?;
                self.embedding.get_or_init(|| made)
            }
        };
        embedding.embed(&features)
    }

    fn detected(&self, maps: &StageMaps, prepared: &Prepared<'_>) -> Result<Option<Keypoints>> {
        let _no_grad = tch::no_grad_guard();
        let Some(matcher) = &self.matcher else {
            return Ok(None);
        };
        let found = match (matcher.sight(), &prepared.picture) {
            (Sight::Stage(stage), _) => matcher.detect(maps.of(stage)?)?,
            (Sight::Picture { .. }, picture) => {
                let picture = match picture {
                    Some(picture) => picture,
                    None => prepared.whole()?,
                };
                matcher.detect(&picture.f_to_device(self.device)?)?
            }
        };
        Ok(Some(found))
    }
}

/// Feature maps by their stage.
#[derive(Default)]
struct StageMaps {
    stages: Vec<usize>,
    maps: Vec<Tensor>,
}

impl StageMaps {
    fn of(&self, stage: usize) -> Result<&Tensor> {
        let place = self.stages.iter().position(|known| *known == stage);
        place.and_then(|place| self.maps.get(place)).ok_or_else(|| {
            let message = format!("the map of stage {stage} was not computed");
            Error::new(ErrorKind::State, message)
        })
    }

    fn all_of(&self, stages: &[usize]) -> Result<Vec<Tensor>> {
        let maps = stages.iter();
        maps.map(|stage| Ok(self.of(*stage)?.shallow_clone()))
            .collect()
    }
}

/// Bytes that work on a picture takes, about, with a network's input of this size (width, height).
pub fn bytes_at_work(view: &ImageView<'_>, input_size: (u32, u32)) -> u64 {
    let pixels = u64::from(view.width()) * u64::from(view.height());
    pixels * BYTES_OF_A_PIXEL + bytes_of_input(input_size)
}

/// Bytes that work on a network's input takes, about.
pub fn bytes_of_input((width, height): (u32, u32)) -> u64 {
    (u64::from(width) * u64::from(height)).min(MOST_AT_ONCE) * BYTES_OF_AN_INPUT
}

/// Width and height of what the positions of key points are places in, for inputs of `size` (width, height).
pub fn matched_size(
    network: &Pretrained,
    matcher: Option<&Arc<PretrainedMatcher>>,
    size: (u32, u32),
) -> (f64, f64) {
    let float = |size: (u32, u32)| (f64::from(size.0), f64::from(size.1));
    match matcher.map(|matcher| matcher.sight()) {
        Some(Sight::Picture {
            longer_side_px,
            multiple_px,
        }) => {
            let multiples = Multiples::of_patches(multiple_px);
            float(input_size(size, longer_side_px, Aspect::Keep, multiples))
        }
        Some(Sight::Stage(stage)) => {
            let mut stages = network.backbone().stages().iter();
            let stride = stages.find(|info| info.stage == stage);
            let stride = f64::from(stride.map_or(1, |info| info.stride));
            let (width, height) = float(size);
            (width / stride, height / stride)
        }
        None => float(size),
    }
}

fn bytes(input: &Tensor) -> Result<Vec<u8>> {
    let length = input.numel() * size_of::<f32>();
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| {
        let message = format!("no memory for an input of {length} bytes");
        Error::new(ErrorKind::Memory, message)
    })?;
    bytes.resize(length, 0);
    input
        .f_contiguous()?
        .f_copy_data_u8(&mut bytes, input.numel())?;
    Ok(bytes)
}
