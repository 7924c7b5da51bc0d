//! What is found in a picture of a good part when it is added.

use std::mem;
use std::sync::Arc;

use crate::device;
use crate::error::Result;
use crate::image::{ImageView, Mask};
use crate::matching::PretrainedMatcher;
use crate::model::copies::Orientation;
use crate::model::extractor::{Extracted, Extractor, Prepared, Seen, bytes_at_work};
use crate::model::inspect::Pictured;
use crate::model::normals::Known;
use crate::model::recipe::Recipe;
use crate::model::size::First;
use crate::model::survey::SURVEYED;
use crate::options::Options;
use crate::registration::PartFinder;
use crate::torch::lanes::in_lanes;

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

    /// Adds normal images, as many at once as the option `lanes` says, in their order, each as [`Fitter::add`] does; `added`
    /// hears by its name what became of each.
    ///
    /// `pictures` are asked for, and `added` is called, on this thread. An error of `added` ends the work and is returned.
    pub fn add_each<P: Pictured>(
        &mut self,
        mut pictures: impl Iterator<Item = (String, Result<P>)>,
        mut added: impl FnMut(&Self, &str, Result<()>) -> Result<()>,
    ) -> Result<()> {
        // The first image decides the input's size, and the first few how all others are looked at.
        while self.opened.is_none() {
            let Some((name, picture)) = pictures.next() else {
                return Ok(());
            };
            let outcome = picture
                .and_then(|picture| self.add(&picture.view(), picture.mask().as_ref(), &name));
            added(self, &name, outcome)?;
        }
        while self.choice.is_some() && self.normals.given() < SURVEYED {
            let few = SURVEYED - self.normals.given();
            let mut some = pictures.by_ref().take(few).peekable();
            if some.peek().is_none() {
                return Ok(());
            }
            self.add_alike(some, &mut added)?;
        }
        let mut rest = pictures.peekable();
        if rest.peek().is_some() {
            self.decide(&mut ())?;
        }
        self.add_alike(rest, &mut added)
    }

    /// Adds images that nothing is decided by.
    fn add_alike<P: Pictured>(
        &mut self,
        pictures: impl Iterator<Item = (String, Result<P>)>,
        added: &mut impl FnMut(&Self, &str, Result<()>) -> Result<()>,
    ) -> Result<()> {
        let Some(opened) = &mut self.opened else {
            return Ok(());
        };
        let mut extractors = mem::take(&mut opened.extractors);
        let input_size = opened.input_size;
        let look = Look {
            recipe: Arc::clone(&self.recipe),
            options: self.options.clone(),
            image_size: opened.image_size,
        };
        let work = |extractor: &mut Extractor, (name, picture): (String, Result<P>)| {
            let shown = picture.and_then(|picture| {
                let shown = look.at(extractor, &picture.view(), picture.mask().as_ref());
                Ok((picture, shown.map_err(|error| error.at(&name))?))
            });
            (name, shown)
        };
        let ended = in_lanes(&mut extractors, work, |lanes| {
            let mut keep = |(name, shown): (String, Result<(P, Shown)>)| {
                let kept = shown.and_then(|(picture, shown)| {
                    let view = picture.view();
                    let size = (view.width(), view.height());
                    let kept = self.keep(&name, size, picture.mask().as_ref(), shown);
                    kept.map_err(|error| error.at(&name))
                });
                added(self, &name, kept)
            };
            for (name, picture) in pictures {
                let bytes = picture
                    .as_ref()
                    .map_or(0, |picture| bytes_at_work(&picture.view(), input_size));
                lanes.give((name, picture), bytes, &mut keep)?;
            }
            lanes.finish(keep)
        });
        if let Some(opened) = &mut self.opened {
            opened.extractors = extractors;
        }
        ended
    }

    fn try_add(&mut self, view: &ImageView<'_>, mask: Option<&Mask<'_>>, name: &str) -> Result<()> {
        let size = (view.width(), view.height());
        if let Some(mask) = mask {
            mask.check_size(size.0, size.1)?;
        }
        if self.normals.given() >= SURVEYED {
            self.decide(&mut ())?;
        }
        let opened = match &mut self.opened {
            Some(opened) => opened,
            None => {
                let opened = self.open(size)?;
                self.opened.insert(opened)
            }
        };
        let look = Look {
            recipe: Arc::clone(&self.recipe),
            options: self.options.clone(),
            image_size: opened.image_size,
        };
        let shown = look.at(&mut opened.extractors[0], view, mask)?;
        self.keep(name, size, mask, shown)
    }

    /// Keeps what a picture shows.
    fn keep(
        &mut self,
        name: &str,
        size: (u32, u32),
        mask: Option<&Mask<'_>>,
        shown: Shown,
    ) -> Result<()> {
        let Some(opened) = &mut self.opened else {
            return Ok(());
        };
        let is_known = self.normals.knows(&shown.picture.seen.digest);
        let copies = shown.copies.iter().filter(|_| !is_known);
        let known = (shown.picture.known(), copies.map(Aspect::known).collect());
        self.normals.push(name, size, mask, known)?;
        if let Some(finder) = &mut opened.finder {
            let whole = shown.picture.prepared.as_ref().map(Prepared::whole);
            whole.map_or(Ok(()), |whole| finder.push_whole(whole?))?;
        }
        opened
            .first
            .get_or_insert_with(|| first_of(&shown.picture.extracted));
        Ok(())
    }

    /// Ready for pictures of this size, or for those of the model that is extended.
    fn open(&self, size: (u32, u32)) -> Result<Opened> {
        let (image_size, input_size) = match &self.base {
            Some(model) => (model.image_size, model.input_size),
            None => {
                let multiples = self.network.backbone().multiples();
                (size, self.recipe.input_size(size, multiples))
            }
        };
        Ok(Opened {
            extractors: self.extractors(&self.recipe, &self.matcher, input_size)?,
            input_size,
            image_size,
            first: None,
            finder: self.finder(input_size),
        })
    }

    /// One for each lane.
    pub(super) fn extractors(
        &self,
        recipe: &Arc<Recipe>,
        matcher: &Option<Arc<PretrainedMatcher>>,
        input_size: (u32, u32),
    ) -> Result<Vec<Extractor>> {
        let extractor = |_| {
            let network = Arc::clone(&self.network);
            let (matcher, recipe) = (matcher.clone(), Arc::clone(recipe));
            Extractor::new(network, matcher, recipe, input_size, self.device)
        };
        let lanes = device::lanes(&self.options, self.device)?;
        Ok((0..lanes).map(extractor).collect())
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

/// How pictures are looked at.
struct Look {
    recipe: Arc<Recipe>,
    options: Options,
    /// Width and height of the first.
    image_size: (u32, u32),
}

/// What a picture shows, and its flipped and turned copies.
struct Shown {
    picture: Aspect,
    copies: Vec<Aspect>,
}

/// A picture, or a copy of it.
struct Aspect {
    copy: Option<Orientation>,
    seen: Seen,
    extracted: Extracted,
    /// What networks look at; none if it is cut into tiles.
    prepared: Option<Prepared<'static>>,
    /// Whether it will be moved onto its lead.
    will_move: bool,
}

impl Look {
    fn at(
        &self,
        extractor: &mut Extractor,
        view: &ImageView<'_>,
        mask: Option<&Mask<'_>>,
    ) -> Result<Shown> {
        let size = (view.width(), view.height());
        if let Some(mask) = mask {
            mask.check_size(size.0, size.1)?;
        }
        check_size(size, self.image_size, &self.options)?;
        let prepared = extractor.prepare(view)?;
        let is_square = self.image_size.0 == self.image_size.1;
        let orientations = self.recipe.copies.orientations(is_square);
        let copies = orientations.into_iter().map(|orientation| {
            let copy = orientation.of(&prepared)?;
            self.aspect(copy, Some(orientation), extractor)
        });
        let copies = copies.collect::<Result<Vec<_>>>()?;
        Ok(Shown {
            picture: self.aspect(prepared, None, extractor)?,
            copies,
        })
    }

    fn aspect(
        &self,
        prepared: Prepared<'_>,
        copy: Option<Orientation>,
        extractor: &Extractor,
    ) -> Result<Aspect> {
        Ok(Aspect {
            copy,
            seen: extractor.show(&prepared)?,
            extracted: extractor.extract(&prepared)?,
            prepared: prepared.into_whole(),
            will_move: self.recipe.registration.is_some(),
        })
    }
}

impl Aspect {
    /// What is kept of it.
    fn known(&self) -> Known<'_> {
        Known {
            copy: self.copy,
            seen: &self.seen,
            prepared: self.prepared.as_ref().filter(|_| self.will_move),
            features: &self.extracted.features,
            keypoints: self.extracted.keypoints.as_ref(),
        }
    }
}
