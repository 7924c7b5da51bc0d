//! What is found in a picture of a good part when it is added.

use std::sync::Arc;

use crate::error::Result;
use crate::image::{ImageView, Mask};
use crate::model::copies::Orientation;
use crate::model::extractor::{Extracted, Extractor, Prepared, Seen};
use crate::model::normals::Known;
use crate::model::size::First;
use crate::model::survey::SURVEYED;
use crate::registration::PartFinder;

use super::{CHANNELS, Fitter, Opened, check_size};

impl Fitter {
    /// Adds a normal image; `mask` marks what of it counts for the thresholds. A failed call adds nothing.
    ///
    /// A picture of another size than the first is brought to the same input, or refused by `input.size_mismatch`.
    pub fn add(&mut self, view: &ImageView<'_>, mask: Option<&Mask<'_>>, name: &str) -> Result<()> {
        let added = self
            .try_add(view, mask, name)
            .map_err(|error| error.at(name));
        if self.normals.len() == 0 {
            // The size of a picture that could not be added decides nothing.
            self.opened = None;
        }
        added
    }

    fn try_add(&mut self, view: &ImageView<'_>, mask: Option<&Mask<'_>>, name: &str) -> Result<()> {
        let size = (view.width(), view.height());
        if let Some(mask) = mask {
            mask.check_size(size.0, size.1)?;
        }
        if self.normals.given() >= SURVEYED {
            self.decide(&mut ())?;
        }
        let (copies, is_registered) = (self.recipe.copies, self.recipe.registration.is_some());
        let opened = match &mut self.opened {
            Some(opened) => opened,
            None => {
                let opened = self.open(size);
                self.opened.insert(opened)
            }
        };
        check_size(size, opened.image_size, &self.options)?;
        let is_square = opened.is_square();
        let extractor = &mut opened.extractor;
        let picture = Look::at(extractor.prepare(view)?, None, extractor)?;
        let orientations = if self.normals.knows(&picture.seen.digest) {
            Vec::new()
        } else {
            copies.orientations(is_square)
        };
        let copies = orientations.into_iter().map(|orientation| {
            let copy = orientation.of(&picture.prepared)?;
            Look::at(copy, Some(orientation), extractor)
        });
        let copies = copies.collect::<Result<Vec<_>>>()?;
        let known = copies.iter().map(|copy| copy.known(is_registered));
        let known = (picture.known(is_registered), known.collect());
        self.normals.push(name, size, mask, known)?;
        if let Some(finder) = &mut opened.finder {
            finder.push_whole(picture.prepared.whole()?)?;
        }
        opened
            .first
            .get_or_insert_with(|| first_of(&picture.extracted));
        Ok(())
    }

    /// Ready for pictures of this size, or for those of the model that is extended.
    fn open(&self, size: (u32, u32)) -> Opened {
        let (image_size, input_size) = match &self.base {
            Some(model) => (model.image_size, model.input_size),
            None => {
                let multiples = self.network.backbone().multiples();
                (size, self.recipe.input_size(size, multiples))
            }
        };
        let extractor = Extractor::new(
            Arc::clone(&self.network),
            self.matcher.clone(),
            Arc::clone(&self.recipe),
            input_size,
            self.device,
        );
        Opened {
            extractor,
            input_size,
            image_size,
            first: None,
            finder: self.finder(input_size),
        }
    }

    /// Sees where the part lies in pictures of a new model, if the ground is to be scaled.
    fn finder(&self, (width, height): (u32, u32)) -> Option<PartFinder> {
        let is_asked = self.recipe.level_ground && self.base.is_none();
        is_asked.then(|| PartFinder::new(CHANNELS, i64::from(height), i64::from(width)).ok())?
    }
}

fn first_of(extracted: &Extracted) -> First {
    let keypoints = extracted.keypoints.as_ref();
    First {
        grid: extracted.grid,
        channels: extracted.features.size().last().copied().unwrap_or(0),
        keypoints: keypoints.map_or((0, 0), |keypoints| {
            let size = keypoints.descriptors().size();
            (size[0], size[1])
        }),
    }
}

/// A picture, or a copy of it, and what is found in it.
struct Look<'a> {
    copy: Option<Orientation>,
    prepared: Prepared<'a>,
    seen: Seen,
    extracted: Extracted,
}

impl<'a> Look<'a> {
    fn at(
        prepared: Prepared<'a>,
        copy: Option<Orientation>,
        extractor: &Extractor,
    ) -> Result<Self> {
        Ok(Self {
            copy,
            seen: extractor.show(&prepared)?,
            extracted: extractor.extract(&prepared)?,
            prepared,
        })
    }

    /// What is kept of it; what networks look at as well, if it will be moved onto its lead.
    fn known(&self, will_move: bool) -> Known<'_> {
        Known {
            copy: self.copy,
            seen: &self.seen,
            prepared: will_move.then_some(&self.prepared),
            features: &self.extracted.features,
            keypoints: self.extracted.keypoints.as_ref(),
        }
    }
}
