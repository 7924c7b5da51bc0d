//! A picture that is looked at in tiles: the same features as if it had been seen at once, in the memory of one tile.

use sha2::{Digest, Sha256};
use tch::{Kind, Tensor};

use super::{Extractor, Seen, StageMaps, bytes};
use crate::error::{Error, ErrorKind, Result};
use crate::features::smooth;
use crate::features::tiles::{Tile, Tiles};
use crate::image::{Aspect, ImageView, Multiples, Normalisation, Preprocessor, Window};
use crate::image::{input_size, thumbnail};
use crate::sha256;

/// Longer side of a picture that becomes a thumbnail.
const THUMBNAIL_PX: u32 = 128;

/// Squares that a frame is measured in, along each side: as many pixels as an input that is seen at once.
const SAMPLES: u32 = 8;

/// Side of each of them, in pixels of the input.
const SAMPLE_PX: u32 = 40;

impl Extractor {
    /// Measures a frame in squares that are spread evenly over it: reading all of it would cost seconds.
    pub(super) fn measure_samples(&mut self, view: &ImageView<'_>) -> Result<()> {
        let (width, height) = self.preprocessor.size();
        let mut preprocessor = self.tile_preprocessor();
        let samples = |side: u32| {
            let length = SAMPLE_PX.min(side);
            // From edge to edge.
            (0..SAMPLES).map(move |number| ((side - length) / (SAMPLES - 1) * number, length))
        };
        for (y, height) in samples(height) {
            for (x, width) in samples(width) {
                let window = Window {
                    x,
                    y,
                    width,
                    height,
                };
                preprocessor.measure_window(view, window, &mut self.meter)?;
            }
        }
        Ok(())
    }

    /// One feature vector for every location, [h*w, C'] f32 on the device, and height and width of their grid.
    ///
    /// Memory: the features, and what a backbone takes for one tile.
    pub(super) fn features_of_tiles(
        &self,
        view: &ImageView<'_>,
        tiles: &Tiles,
    ) -> Result<(Tensor, (i64, i64))> {
        let _no_grad = tch::no_grad_guard();
        let stages = self.network.backbone().stages();
        let stride = self.stride(self.recipe.grid_stage)?;
        let (h, w) = tiles.grid(stride);
        let channels = self.recipe.channels(stages);
        let whole = Tensor::f_empty([h, w, channels], (Kind::Float, self.device))?;
        let mut preprocessor = self.tile_preprocessor();
        for tile in tiles.iter() {
            let input = preprocessor.window(view, tile.window())?;
            let part = self.features_of_tile(&self.stage_maps(&input, true, false)?, &tile)?;
            let [(rows, _), (columns, _)] = tile.kept(stride);
            let (kept_h, kept_w) = (rows.end - rows.start, columns.end - columns.start);
            whole
                .f_narrow(0, rows.start, kept_h)?
                .f_narrow(1, columns.start, kept_w)?
                .f_copy_(&part.f_view([kept_h, kept_w, channels])?)?;
        }
        Ok((whole.f_view([h * w, channels])?, (h, w)))
    }

    /// Features of the locations that a tile keeps, row by row.
    fn features_of_tile(&self, maps: &StageMaps, tile: &Tile) -> Result<Tensor> {
        let recipe = &*self.recipe;
        let into = self.stride(recipe.grid_stage)?;
        let (h, w) = tile.grid(into);
        let mut regrids = Vec::with_capacity(recipe.stages.len());
        for stage in &recipe.stages {
            let stride = self.stride(*stage)?;
            let (_, _, own_h, own_w) = maps.of(*stage)?.size4()?;
            if (own_h, own_w) != tile.grid(stride) {
                return Err(irregular(*stage, stride, (own_h, own_w), tile));
            }
            regrids.push(tile.regrid(stride, into, self.device)?);
        }
        let stages = maps.all_of(&recipe.stages)?;
        let adapted = recipe.adaptor.adapt_tile(&stages, (h, w), &regrids)?;
        let adapted = smooth::gaussian(&adapted, recipe.feature_sigma)?;
        let [(rows, top), (columns, left)] = tile.kept(into);
        let kept = adapted.f_narrow(2, top, rows.end - rows.start)?.f_narrow(
            3,
            left,
            columns.end - columns.start,
        )?;
        self.vectors(&kept)
    }

    /// What the network sees, tile by tile.
    pub(super) fn show_tiles(&self, view: &ImageView<'_>, tiles: &Tiles) -> Result<Seen> {
        let mut preprocessor = self.tile_preprocessor();
        let mut digest = Sha256::new();
        for tile in tiles.iter() {
            digest.update(bytes(&preprocessor.window(view, tile.window())?)?);
        }
        let size = input_size(
            self.preprocessor.size(),
            THUMBNAIL_PX,
            Aspect::Keep,
            Multiples::of_patches(1),
        );
        let small = Preprocessor::new(size, Normalisation::NONE).tensor(view)?;
        Ok(Seen {
            thumbnail: thumbnail(&small, &Normalisation::NONE)?,
            digest: sha256::in_hexadecimal(&digest.finalize()),
            frame: None,
        })
    }

    fn tile_preprocessor(&self) -> Preprocessor {
        Preprocessor::new(self.preprocessor.size(), self.network.normalisation())
    }

    fn stride(&self, stage: usize) -> Result<u32> {
        let mut stages = self.network.backbone().stages().iter();
        let found = stages.find(|info| info.stage == stage);
        found.map(|info| info.stride).ok_or_else(|| {
            let message = format!("the backbone has no stage {stage}");
            Error::new(ErrorKind::State, message)
        })
    }
}

/// Of a network whose locations do not follow its strides.
fn irregular(stage: usize, stride: u32, (h, w): (i64, i64), tile: &Tile) -> Error {
    let (window, (expected_h, expected_w)) = (tile.window(), tile.grid(stride));
    let message = format!(
        "stage {stage} has {w} x {h} locations on a tile of {} x {}, expected {expected_w} x {expected_h} at its stride of \
         {stride}",
        window.width, window.height
    );
    Error::new(ErrorKind::Unsupported, message)
        .at("tile.size")
        .hint("Use tile.size=0: this network cannot be cut.")
}
