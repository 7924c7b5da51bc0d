//! Normal images to groups with statistics and scores, or into groups that there are.

use std::collections::HashMap;
use std::sync::Arc;

use ndarray::Array2;
use tch::Device;

use crate::error::Result;
use crate::matching::PretrainedMatcher;
use crate::matching::group::GroupRule;
use crate::model::Group;
use crate::model::extractor::Extractor;
use crate::model::lead::Lead;
use crate::model::learn::{Learner, Members};
use crate::model::normals::Normals;
use crate::model::placing::{Moved, Placer};
use crate::model::recipe::Recipe;
use crate::progress::Progress;

/// Other leads that are tried for a group most of whose images cannot be moved onto the first.
const OTHER_LEADS: usize = 3;

/// What groups are made with.
#[derive(Clone, Copy, Debug)]
pub struct Tools<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Its matcher, if it matches anything.
    pub matcher: Option<&'a PretrainedMatcher>,
    /// Backbone and matcher at work.
    pub extractor: &'a Extractor,
    /// How many images are worked on at once.
    pub lanes: usize,
    /// Width and height of the network's input.
    pub input_size: (u32, u32),
    /// Height and width of the grid of locations.
    pub grid: (i64, i64),
    /// Where matches are computed.
    pub device: Device,
    /// Which locations show the part, if the ground is to be scaled.
    pub is_part: Option<&'a Array2<bool>>,
}

/// Makes groups of normal images.
pub struct Grouper<'a> {
    placer: Placer<'a>,
    /// Matches of each image with its lead.
    matches: HashMap<usize, u32>,
    unregistered: Vec<usize>,
}

/// Groups, and what became of the images.
#[derive(Debug)]
pub struct Formed {
    /// The groups.
    pub groups: Vec<Arc<Group>>,
    /// For each of their images in order its number among the normals; none for one that was there before.
    pub numbers: Vec<Option<usize>>,
    /// Numbers of images that too few matches agree about to be moved onto their lead.
    pub unregistered: Vec<usize>,
    /// Matches with a lead that make an image join its group.
    pub min_matches: u32,
}

/// Images that will be a group.
struct Planned {
    lead_image: usize,
    /// None if the recipe matches nothing.
    lead: Option<Lead>,
    members: Vec<usize>,
    /// Which locations of the lead show the part, if images are moved onto it.
    part: Option<Array2<bool>>,
}

impl<'a> Grouper<'a> {
    /// A grouper of `normals`.
    pub fn new(normals: &'a mut Normals, tools: Tools<'a>, progress: &'a mut dyn Progress) -> Self {
        Self {
            placer: Placer {
                normals,
                tools,
                progress,
            },
            matches: HashMap::new(),
            unregistered: Vec::new(),
        }
    }

    /// Groups of the images with these numbers, at least one.
    pub fn form(mut self, images: &[usize]) -> Result<Formed> {
        let rule = self.placer.tools.recipe.groups;
        let (planned, min_matches) = self.plan(images, &rule)?;
        let (groups, numbers) = self.learned(planned)?;
        Ok(Formed {
            groups,
            numbers: numbers.into_iter().map(Some).collect(),
            unregistered: self.unregistered,
            min_matches,
        })
    }

    /// `groups` with these images in them: those that an image joins are extended, the others are shared.
    ///
    /// Images that match no lead as well as `min_matches` asks for open groups of their own, if they are enough for one.
    pub fn extend(
        mut self,
        groups: &[Arc<Group>],
        min_matches: u32,
        images: &[usize],
    ) -> Result<Formed> {
        let Tools {
            recipe,
            extractor,
            device,
            ..
        } = self.placer.tools;
        let matched_size = extractor.matched_size();
        let leads = groups.iter().map(|group| {
            let lead = group.lead.as_ref();
            lead.map(|lead| lead.to_device(device, matched_size))
                .transpose()
        });
        let leads = leads.collect::<Result<Vec<Option<Lead>>>>()?;
        let known: Vec<&Lead> = leads.iter().flatten().collect();

        let mut joining: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
        let strangers = self.join(&known, min_matches, images, &mut joining)?;
        let room = recipe.groups.most.saturating_sub(groups.len());
        let (opened, of_opened) = if strangers.len() >= recipe.groups.smallest && room > 0 {
            let rule = GroupRule {
                min_matches,
                most: room,
                ..recipe.groups
            };
            let (planned, _) = self.plan(&strangers, &rule)?;
            self.learned(planned)?
        } else {
            self.join(&known, 0, &strangers, &mut joining)?;
            (Vec::new(), Vec::new())
        };

        let (mut extended, mut numbers) = (Vec::new(), Vec::new());
        for ((group, lead), members) in groups.iter().zip(&leads).zip(joining) {
            let moved = self.placer.moved(&members, lead.as_ref(), None)?;
            let moved = self.noted(moved).moved;
            numbers.extend(group.images.iter().map(|_| None));
            numbers.extend(moved.iter().copied().map(Some));
            extended.push(if moved.is_empty() {
                Arc::clone(group)
            } else {
                Arc::new(self.extended(group, &moved)?)
            });
        }
        extended.extend(opened);
        numbers.extend(of_opened.into_iter().map(Some));
        Ok(Formed {
            groups: extended,
            numbers,
            unregistered: self.unregistered,
            min_matches,
        })
    }

    /// A group with these images in it.
    fn extended(&mut self, group: &Group, members: &[usize]) -> Result<Group> {
        let matched_size = self.placer.tools.extractor.matched_size();
        let (learner, matches) = self.learner(members.len());
        let learned = learner.add(group, members, matches)?;
        let images = group.images.iter().cloned().chain(learned.images);
        Ok(Group {
            normality: learned.normality,
            part: learned.part,
            images: images.collect(),
            keypoints: learned.keypoints,
            ..group.to_device(Device::Cpu, matched_size)?
        })
    }

    /// Puts each image to the lead that it matches best; returns those that match none as well as asked for.
    fn join(
        &mut self,
        leads: &[&Lead],
        min_matches: u32,
        images: &[usize],
        joining: &mut [Vec<usize>],
    ) -> Result<Vec<usize>> {
        let mut strangers = Vec::new();
        for (done, image) in images.iter().enumerate() {
            let (lead, matches) = self.placer.best(*image, leads, (done, images.len()))?;
            if matches < min_matches {
                strangers.push(*image);
                continue;
            }
            joining[lead].push(*image);
            self.matches.insert(*image, matches);
        }
        Ok(strangers)
    }

    /// Which images will be groups, their leads made and they themselves moved onto them; and the matches that make an image
    /// join a group.
    fn plan(&mut self, images: &[usize], rule: &GroupRule) -> Result<(Vec<Planned>, u32)> {
        let (grouping, mut leads) = self.placer.grouping(images, rule)?;
        let found = grouping.matches.iter().copied();
        self.matches.extend(images.iter().copied().zip(found));
        let (h, w) = self.placer.tools.grid;
        let mut planned = Vec::new();
        for (number, place) in grouping.leads.iter().enumerate() {
            let members = grouping.members(number).map(|place| images[place]);
            let lead = (images[*place], leads.remove(place));
            let (lead_image, lead, moved) = self.onto_a_lead(members.collect(), lead)?;
            let moved = self.noted(moved);
            let part = moved.finder;
            let part = part.map(|finder| finder.find((h as usize, w as usize)));
            planned.push(Planned {
                lead_image,
                lead,
                members: moved.moved,
                part: part.transpose()?,
            });
        }
        Ok((planned, grouping.min_matches))
    }

    /// Moves images onto a lead; onto another of them if most cannot be, as where the first picture shows something else.
    fn onto_a_lead(
        &mut self,
        members: Vec<usize>,
        (mut lead_image, mut lead): (usize, Option<Lead>),
    ) -> Result<(usize, Option<Lead>, Moved)> {
        let mut best = self
            .placer
            .moved(&members, lead.as_ref(), Some(lead_image))?;
        let mut is_best = true;
        for other in best.lost.clone().into_iter().take(OTHER_LEADS) {
            if best.lost.len() * 2 <= members.len() {
                break;
            }
            let candidate = self.placer.lead(other)?;
            let moved = self.placer.moved(&members, Some(&candidate), Some(other))?;
            is_best = moved.lost.len() < best.lost.len();
            if is_best {
                (lead_image, lead, best) = (other, Some(candidate), moved);
            }
        }
        if !is_best {
            best = self
                .placer
                .moved(&members, lead.as_ref(), Some(lead_image))?;
        }
        Ok((lead_image, lead, best))
    }

    /// Remembers what became of images.
    fn noted(&mut self, mut moved: Moved) -> Moved {
        self.matches.extend(moved.matches.drain(..));
        self.unregistered.append(&mut moved.lost);
        moved
    }

    /// Groups with what they learn of their images, and the numbers of these in the groups' order.
    fn learned(&mut self, planned: Vec<Planned>) -> Result<(Vec<Arc<Group>>, Vec<usize>)> {
        let matched_size = self.placer.tools.extractor.matched_size();
        let members: Vec<Members<'_>> = planned
            .iter()
            .map(|group| Members {
                images: &group.members,
                lead_image: group.lead_image,
                part: group.part.as_ref(),
            })
            .collect();
        let numbers: Vec<usize> = planned
            .iter()
            .flat_map(|group| group.members.iter().copied())
            .collect();
        let (learner, matches) = self.learner(numbers.len());
        let learned = learner.learn(&members, matches)?;
        let mut groups = Vec::new();
        for (group, learned) in planned.iter().zip(learned) {
            let mut members = group.members.iter();
            let lead_image = members.position(|member| *member == group.lead_image);
            let lead = group.lead.as_ref();
            groups.push(Arc::new(Group {
                lead: lead
                    .map(|lead| lead.to_device(Device::Cpu, matched_size))
                    .transpose()?,
                lead_image: lead_image.unwrap_or(0),
                thumbnail: self.placer.normals.thumbnail(group.lead_image)?,
                normality: learned.normality,
                part: learned.part,
                images: learned.images,
                keypoints: learned.keypoints,
            }));
        }
        Ok((groups, numbers))
    }

    fn learner(&mut self, images: usize) -> (Learner<'_>, &HashMap<usize, u32>) {
        let Placer {
            normals,
            tools,
            progress,
        } = &mut self.placer;
        let learner = Learner::new(normals, *tools, images, *progress);
        (learner, &self.matches)
    }
}
