//! Options to a recipe.

use super::tiling::{input_size_px, tiles};
use super::{Epsilon, Recipe, RegistrationPlan};
use crate::error::{Error, ErrorKind, Result};
use crate::features::adaptor::{Adaptor, Border, Pooling};
use crate::features::arithmetic::Precision;
use crate::features::embedding::{EmbeddingKind, EmbeddingPlan};
use crate::image::Aspect;
use crate::matching::MatcherPlan;
use crate::matching::backbone::BackboneMatcher;
use crate::matching::group::GroupRule;
use crate::matching::pretrained::{DescriptorKind, KeypointBudget};
use crate::model::copies::Copies;
use crate::model::reference::{By, CoresetRule, NearestRule, NeighbourRule, Statistic};
use crate::options::Options;
use crate::registration::Motion;
use crate::statistics::{Factors, Likeness};
use crate::verdict::ScoreRule;

/// Matchers halve a picture five times.
const LEAST_MATCHED_PX: i64 = 32;

/// The deepest networks that are built in, the large vision transformers, have so many.
const LAST_STAGE: usize = 24;

impl Recipe {
    /// Reads the options of scope `Fit`. Errors: `InvalidArgument` for options that do not go together.
    pub fn from_options(options: &Options) -> Result<Self> {
        let stages = stages(&options.text("features.stages")?)?;
        let grid_stage = match options.int("features.grid")? {
            0 => stages[0],
            stage => stage as usize,
        };
        let patch = options.int("adaptor.patch")?;
        if patch % 2 == 0 {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("{patch} is even: a neighbourhood needs a middle"),
            )
            .at("adaptor.patch"));
        }
        let pooling = match options.text("adaptor")?.as_str() {
            "adaptive" => Pooling::Adaptive(options.int("adaptor.channels")?),
            _ => Pooling::Mean,
        };
        let border = if options.text("adaptor.border")? == "replicate" {
            Border::Replicate
        } else {
            Border::Zero
        };
        let epsilon = options.float("statistics.epsilon")?;
        let matcher_size = options.int("matcher.size")?;
        if (1..LEAST_MATCHED_PX).contains(&matcher_size) {
            let message = format!(
                "{matcher_size} pixels, at least {LEAST_MATCHED_PX} are matched; 0 leaves it to the matcher"
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message).at("matcher.size"));
        }
        let budget = KeypointBudget {
            longer_side_px: matcher_size as u32,
            keypoints: options.int("matcher.keypoints")? as u32,
        };
        let registration = registration(options)?;
        let nearest = match options.text("grouping")?.as_str() {
            "nearest" => Some(NearestRule {
                count: options.int("nearest.count")? as usize,
                by: match options.text("nearest.by")?.as_str() {
                    "mean" => By::Likeness(Likeness::Mean),
                    "matches" => By::Matches,
                    _ => By::Likeness(Likeness::Place),
                },
            }),
            _ => None,
        };
        let by_matches = nearest.is_some_and(|rule| rule.by == By::Matches);
        if by_matches && options.text("matcher")? == "none" {
            let message = "normal images are chosen by matches, and matcher=none finds none";
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .at("nearest.by")
                .hint("Use matcher=backbone, or nearest.by=place."));
        }
        Ok(Self {
            input_size_px: input_size_px(options)?,
            aspect: if options.text("input.aspect")? == "stretch" {
                Aspect::Stretch
            } else {
                Aspect::Keep
            },
            tiles: tiles(options)?,
            backbone: options.text("backbone")?,
            precision: match options.text("features.precision")?.as_str() {
                "bfloat16" => Precision::BFloat16,
                "float16" => Precision::Float16,
                _ => Precision::Float32,
            },
            factors: match options.text("statistics.factors")?.as_str() {
                "float16" => Factors::Float16,
                _ => Factors::Float32,
            },
            stages,
            grid_stage,
            adaptor: Adaptor {
                pooling,
                patch,
                border,
            },
            feature_sigma: options.float("features.sigma")?,
            embedding: embedding(options)?,
            matcher: match options.text("matcher")?.as_str() {
                "none" => None,
                "xfeat" => Some(MatcherPlan::XFeat(budget)),
                "dedode" => Some(MatcherPlan::DeDoDe(
                    budget,
                    match options.text("matcher.descriptor")?.as_str() {
                        "g" => DescriptorKind::G,
                        _ => DescriptorKind::B,
                    },
                )),
                _ => Some(MatcherPlan::Backbone(BackboneMatcher {
                    stage: options.int("matcher.stage")? as usize,
                    tolerance: match registration {
                        // Which matches are right is seen by their agreeing on a motion.
                        Some(_) => u32::MAX,
                        None => options.int("matcher.tolerance")? as u32,
                    },
                })),
            },
            shortlist: options.int("matcher.shortlist")? as usize,
            registration,
            groups: GroupRule {
                // Where each picture chooses its own normal images there is one group to choose from.
                min_matches: nearest.map_or(options.int("groups.min_matches")? as u32, |_| 0),
                size: nearest.map_or(options.int("groups.size")? as usize, |_| 0),
                smallest: options.int("groups.smallest")? as usize,
                most: options.int("groups.most")? as usize,
            },
            nearest,
            drop_outliers: options.text("fit.outliers")? == "drop",
            copies: match options.text("fit.copies")?.as_str() {
                "flips" => Copies::Flips,
                "turns" => Copies::Turns,
                "all" => Copies::All,
                _ => Copies::None,
            },
            least_matches: options.float("verdict.least_matches")?,
            statistic: statistic(options, nearest.is_some())?,
            epsilon: match options.text("statistics.epsilon_of")?.as_str() {
                "variance" => Epsilon::Variance(epsilon),
                _ => Epsilon::Unit(epsilon),
            },
            even: options.float("statistics.even")?,
            level_ground: level_ground(options, registration.is_some())?,
            few: options.int("statistics.few")? as usize,
            map_sigma: options.float("map.sigma")?,
            score: match options.text("score")?.as_str() {
                "top" => ScoreRule::Top(options.float("score.top_percent")?),
                _ => ScoreRule::Max,
            },
            false_alarm_rate: options.float("verdict.false_alarm_rate")?,
        })
    }
}

fn embedding(options: &Options) -> Result<Option<EmbeddingPlan>> {
    let kind = match options.text("embedding")?.as_str() {
        "channels" => EmbeddingKind::Channels,
        "orthogonal" => EmbeddingKind::Orthogonal,
        _ => return Ok(None),
    };
    Ok(Some(EmbeddingPlan {
        kind,
        channels: options.int("embedding.channels")?,
        seed: options.int("embedding.seed")? as u64,
    }))
}

/// Errors: `InvalidArgument` where a coreset is to know of places or images, or what keeps all features is to weigh them.
fn statistic(options: &Options, is_by_picture: bool) -> Result<Statistic> {
    let wrong = |key: &str, message: &str, hint: &str| {
        Err(Error::new(ErrorKind::InvalidArgument, message)
            .at(key)
            .hint(hint))
    };
    match options.text("statistics")?.as_str() {
        "neighbour" => {}
        "subspace" if is_by_picture => {
            let message =
                "a subspace is that of all normal images, and grouping=nearest chooses some";
            return wrong("statistics", message, "Use grouping=leads.");
        }
        "subspace" => return Ok(Statistic::Subspace(options.float("subspace.energy")?)),
        _ => return Ok(Statistic::Gaussian),
    }
    let reach = Some(options.int("neighbour.reach")?).filter(|reach| *reach >= 0);
    let share = options.float("neighbour.share")?;
    let support = options.int("neighbour.support")? as usize;
    let coreset = if share < 1.0 {
        if reach.is_some() {
            let message = "features that are thinned out are not found at every location";
            return wrong(
                "neighbour.share",
                message,
                "Use neighbour.reach=-1, or neighbour.share=1.",
            );
        }
        if is_by_picture {
            let message = "features that are thinned out are not found in every image";
            return wrong(
                "neighbour.share",
                message,
                "Use grouping=leads, or neighbour.share=1.",
            );
        }
        Some(CoresetRule {
            share,
            projection: options.int("neighbour.projection")?,
            support,
        })
    } else {
        if support > 1 {
            let message = "distances are weighed among features that are thinned out";
            return wrong(
                "neighbour.support",
                message,
                "Set neighbour.share, to 0.1 say.",
            );
        }
        None
    };
    Ok(Statistic::Neighbour(NeighbourRule { reach, coreset }))
}

/// Errors: `InvalidArgument` where there is no one place for the part.
fn level_ground(options: &Options, is_moved: bool) -> Result<bool> {
    if options.text("ground")? != "level" {
        return Ok(false);
    }
    let why = if is_moved {
        "pictures that are moved onto their lead tell the part from the ground by themselves"
    } else if options.int("groups.size")? > 0 {
        "the part has another place in each of several groups"
    } else {
        return Ok(true);
    };
    Err(Error::new(ErrorKind::InvalidArgument, why)
        .at("ground")
        .hint("Use ground=same."))
}

/// `auto` is left to whoever sees the images, and is none until then. Errors: `InvalidArgument` where nothing is matched.
fn registration(options: &Options) -> Result<Option<RegistrationPlan>> {
    let motion = match options.text("registration")?.as_str() {
        "similarity" => Motion::Similarity,
        "affine" => Motion::Affine,
        "homography" => Motion::Homography,
        _ => return Ok(None),
    };
    if options.text("matcher")? == "none" {
        let message = "pictures are registered by matches, and matcher=none finds none";
        return Err(Error::new(ErrorKind::InvalidArgument, message)
            .at("registration")
            .hint("Use matcher=backbone, or registration=none."));
    }
    Ok(Some(RegistrationPlan {
        motion,
        turns: options.int("registration.turns")? as usize,
        refinements: options.int("registration.refinements")? as usize,
        least_inliers: options.int("registration.inliers")? as usize,
        scale_limit: options.float("registration.scale_limit")?,
        weight: options.float("registration.weight")?,
    }))
}

fn stages(text: &str) -> Result<Vec<usize>> {
    let wrong = || {
        let message =
            format!("'{text}' is not a list of stages from 1 to {LAST_STAGE}, such as 2,3,4");
        Error::new(ErrorKind::InvalidArgument, message).at("features.stages")
    };
    let mut stages = Vec::new();
    for part in text.split(',') {
        match part.trim().parse() {
            Ok(stage @ 1..=LAST_STAGE) => stages.push(stage),
            _ => return Err(wrong()),
        }
    }
    stages.sort_unstable();
    stages.dedup();
    Ok(stages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::backbone::StageInfo;

    fn recipe(settings: &[(&str, &str)]) -> Result<Recipe> {
        let mut options = Options::default();
        for (key, value) in settings {
            options.set_text(key, value)?;
        }
        Recipe::from_options(&options)
    }

    #[test]
    fn stages_are_sorted_and_the_finest_gives_the_grid() {
        let recipe = recipe(&[("features.stages", "4, 2,2"), ("features.grid", "0")]).unwrap();
        assert_eq!((recipe.stages, recipe.grid_stage), (vec![2, 4], 2));
    }

    #[test]
    fn wrong_stages_and_even_patch_are_named() {
        for bad in ["", "0", "25", "2;3", "two"] {
            assert!(
                recipe(&[("features.stages", bad)]).is_err(),
                "'{bad}' was accepted"
            );
        }
        assert_eq!(
            recipe(&[("adaptor.patch", "4")]).unwrap_err().place(),
            "adaptor.patch"
        );
    }

    #[test]
    fn picture_that_is_too_small_to_match_is_blamed_on_its_option() {
        for (size, accepted) in [("0", true), ("1", false), ("31", false), ("32", true)] {
            let found = recipe(&[("matcher", "xfeat"), ("matcher.size", size)]);
            assert_eq!(found.is_ok(), accepted, "{size}");
            let place = found
                .err()
                .map_or(String::new(), |error| error.place().to_owned());
            assert_eq!(place, if accepted { "" } else { "matcher.size" });
        }
    }

    #[test]
    fn stage_that_the_backbone_lacks_is_blamed_on_its_option() {
        let stages: Vec<StageInfo> = (1..=2)
            .map(|stage| StageInfo {
                stage,
                stride: 2,
                channels: 4,
            })
            .collect();
        for (key, settings) in [
            ("features.stages", ["2,3", "2", "2"]),
            ("features.grid", ["1,2", "4", "2"]),
            ("matcher.stage", ["1,2", "1", "3"]),
        ] {
            let keys = ["features.stages", "features.grid", "matcher.stage"];
            let settings: Vec<(&str, &str)> = keys.into_iter().zip(settings).collect();
            let error = recipe(&settings).unwrap().check_stages(&stages);
            let error = error.unwrap_err();
            assert_eq!(
                (error.kind(), error.place()),
                (ErrorKind::InvalidArgument, key)
            );
            assert!(error.message().ends_with("it has 1, 2"), "{error}");
        }
    }
}
