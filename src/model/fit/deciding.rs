//! What is left to the first good parts, decided.

use std::sync::Arc;

use crate::error::Result;
use crate::matching::PretrainedMatcher;
use crate::model::groups::Tools;
use crate::model::placing::Placer;
use crate::model::recipe::Recipe;
use crate::model::survey::survey;
use crate::progress::Progress;
use crate::registration::PartFinder;

use super::{CHANNELS, Fitter};

impl Fitter {
    /// Lets the images so far decide what is left to them. A failed call changes nothing.
    pub(super) fn decide(&mut self, progress: &mut dyn Progress) -> Result<()> {
        let (Some(choice), Some(opened)) = (&self.choice, &self.opened) else {
            return Ok(());
        };
        let tools = Tools {
            recipe: &self.recipe,
            matcher: self.matcher.as_deref(),
            extractor: &opened.extractors[0],
            lanes: opened.extractors.len(),
            input_size: opened.input_size,
            grid: opened.first.map_or((0, 0), |first| first.grid),
            device: self.device,
            is_part: None,
        };
        let all = 0..self.normals.len();
        let images: Vec<usize> = all
            .filter(|image| self.normals.twin(*image).is_none())
            .collect();
        let normals = &mut self.normals;
        let mut placer = Placer {
            normals,
            tools,
            progress,
        };
        let pose = survey(&mut placer, &images)?;
        let options = choice.made(pose)?;
        let recipe = Arc::new(Recipe::from_options(&options)?);
        let matcher = recipe.matcher;
        let matcher = matcher.map(|plan| PretrainedMatcher::open(plan, self.device));
        let matcher = matcher.transpose()?.map(Arc::new);
        let finder = match recipe.level_ground {
            true => {
                let (width, height) = opened.input_size;
                let size = (i64::from(height), i64::from(width));
                let mut finder = PartFinder::new(CHANNELS, size.0, size.1)?;
                for image in 0..self.normals.len() {
                    finder.push_whole(self.normals.prepared(image)?.whole()?)?;
                }
                Some(finder)
            }
            false => None,
        };
        let extractors = self.extractors(&recipe, &matcher, opened.input_size)?;
        if let Some(opened) = &mut self.opened {
            (opened.extractors, opened.finder) = (extractors, finder);
        }
        (self.options, self.recipe, self.matcher) = (options, recipe, matcher);
        (self.pose, self.choice) = (Some(pose), None);
        Ok(())
    }
}
