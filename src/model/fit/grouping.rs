//! Which of the good parts are learned from, and in which groups.

use std::sync::Arc;

use crate::error::Result;
use crate::model::concealed::Search;
use crate::model::groups::{Formed, Grouper, Tools};
use crate::model::{Group, LeftOut, Reason};
use crate::progress::Progress;
use crate::verdict::LogScores;

use super::{FEWEST_IMAGES, Fitter, ROUNDS};

impl Fitter {
    /// Numbers of the images that differ from all before them; flipped and turned copies last, so that they lead a group
    /// only if no picture as it was given can.
    pub(super) fn distinct(&self, left_out: &mut Vec<LeftOut>) -> Vec<usize> {
        let all = 0..self.normals.len();
        let mut images: Vec<usize> = all
            .clone()
            .filter(|image| self.normals.twin(*image).is_none())
            .collect();
        images.sort_by_key(|image| self.normals.copy(*image).is_some());
        for image in all {
            if let Some(twin) = self.normals.twin(image) {
                let name = self.normals.name(image).to_owned();
                note(
                    left_out,
                    LeftOut {
                        name,
                        reason: Reason::CopyOf(twin.to_owned()),
                    },
                );
            }
        }
        images
    }

    /// The groups; where the recipe drops outliers, those are named and left out until there are none.
    pub(super) fn groups(
        &mut self,
        mut images: Vec<usize>,
        left_out: &mut Vec<LeftOut>,
        progress: &mut dyn Progress,
    ) -> Result<(Vec<Arc<Group>>, u32)> {
        let known = self
            .base
            .as_ref()
            .map(|model| (&model.groups[..], model.min_matches));
        let grid = self.opened.as_ref().and_then(|opened| opened.first);
        let (h, w) = grid.map_or((0, 0), |first| first.grid);
        let finder = self
            .opened
            .as_ref()
            .and_then(|opened| opened.finder.as_ref());
        let is_part = finder.map(|finder| finder.find((h as usize, w as usize)));
        let is_part = is_part.transpose()?;
        let mut round = 0;
        loop {
            self.normals.forget_maps();
            let Some(opened) = &self.opened else {
                return Ok((Vec::new(), 0));
            };
            let tools = Tools {
                recipe: &self.recipe,
                matcher: self.matcher.as_deref(),
                extractor: &opened.extractors[0],
                lanes: opened.extractors.len(),
                input_size: opened.input_size,
                grid: opened.first.map_or((0, 0), |first| first.grid),
                device: self.device,
                is_part: is_part.as_ref(),
            };
            let grouper = Grouper::new(&mut self.normals, tools, progress);
            let formed = match known {
                Some((groups, min_matches)) => grouper.extend(groups, min_matches, &images)?,
                None => grouper.form(&images)?,
            };
            // Once: what conceals nothing any more stands apart by itself. Images that are added may be of a kind of their own.
            let concealed = if self.recipe.drop_outliers && known.is_none() && round == 0 {
                let search = Search {
                    normals: &mut self.normals,
                    tools,
                    progress: &mut *progress,
                };
                search.run(&formed)?
            } else {
                Vec::new()
            };
            let Formed {
                groups,
                numbers,
                unregistered,
                min_matches,
            } = formed;
            let is_given = |image: &usize| self.normals.copy(*image).is_none();
            let learned = groups.iter().flat_map(|group| {
                let images = group.images.iter().enumerate();
                images.map(|(place, image)| (group.is_typical(place), image.score))
            });
            let (numbers, scores): (Vec<Option<usize>>, Vec<f32>) = numbers
                .into_iter()
                .zip(learned)
                .filter(|(_, (is_typical, _))| *is_typical)
                .map(|(number, (_, score))| (number, score))
                .unzip();
            // Images of the model that is extended stay, whatever they score beside the new ones.
            let outliers = LogScores::of(&scores).too_high().into_iter();
            let mut outliers: Vec<(usize, f32)> = outliers
                .filter_map(|place| Some((numbers[place]?, scores[place])))
                .collect();
            // Those that were found by others than themselves, with the scores that say so.
            outliers.retain(|(number, _)| !concealed.iter().any(|(other, _)| other == number));
            outliers.extend(concealed);
            let given = images
                .iter()
                .copied()
                .filter(|image| is_given(image))
                .count();
            let too_few = self.base.is_none() && given - outliers.len() < FEWEST_IMAGES;
            if !self.recipe.drop_outliers || outliers.is_empty() || too_few || round == ROUNDS {
                // One that only an outlier's group could not register is none: the groups of the last round count.
                for image in unregistered.into_iter().filter(is_given) {
                    let name = self.normals.name(image).to_owned();
                    let reason = Reason::Unregistered;
                    note(left_out, LeftOut { name, reason });
                }
                return Ok((groups, min_matches));
            }
            for (number, score) in outliers {
                images.retain(|image| self.normals.source(*image) != number);
                let name = self.normals.name(number).to_owned();
                note(
                    left_out,
                    LeftOut {
                        name,
                        reason: Reason::Outlier { score },
                    },
                );
            }
            round += 1;
        }
    }
}

/// Once is enough, however often the same picture is given again.
fn note(left_out: &mut Vec<LeftOut>, image: LeftOut) {
    if !left_out.contains(&image) {
        left_out.push(image);
    }
}
