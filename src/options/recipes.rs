//! Recipes by name: values of several options at once, from which single ones can then differ.

use super::{Options, nearest};
use crate::error::{Error, ErrorKind, Result};

/// One row of the recipes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedRecipe {
    /// Its name, the same in the command line and in C.
    pub name: &'static str,
    /// What it is and whose, in one line.
    pub summary: &'static str,
    /// The options that it sets, all of scope [`Fit`](super::Scope::Fit): key and value.
    pub settings: &'static [(&'static str, &'static str)],
}

/// The recipes.
pub const RECIPES: &[NamedRecipe] = &[
    NamedRecipe {
        name: "default",
        summary: "what is done without a recipe: every option at its default; docs/accuracy.md says why",
        settings: &[],
    },
    NamedRecipe {
        name: "registered",
        summary: "each picture is moved onto its lead image and compared there as well: for parts at any angle, and for less missed",
        settings: &[("matcher", "backbone"), ("registration", "similarity")],
    },
    // The paper leaves open the size of the input, which of DeDoDe's descriptors it uses, and the verdict: those options
    // stay at their defaults. Its threshold of matches (700, for textures 1000) gives it groups of 20 to 30 images; the
    // number that is derived from the images aims at that size, whatever the matcher.
    NamedRecipe {
        name: "paper",
        summary: "A. Dini and E. Rahtu: DeDoDe makes groups of 20 to 30 images; ResNet-50's last stage, patch-adaptive pooling, Gaussians",
        settings: &[
            ("backbone", "resnet50"),
            ("features.stages", "4"),
            ("features.grid", "4"),
            ("adaptor", "adaptive"),
            ("adaptor.patch", "3"),
            ("adaptor.channels", "700"),
            ("adaptor.border", "zero"),
            ("features.sigma", "2"),
            ("matcher", "dedode"),
            ("groups.min_matches", "0"),
            ("groups.size", "25"),
            ("statistics.epsilon", "0.01"),
            ("statistics.epsilon_of", "unit"),
            ("map.sigma", "0"),
            ("score", "max"),
        ],
    },
    // The rivals below keep the backbone that is chosen, so that what differs is the method alone. Sizes, stages and the
    // smoothing (sigma = 4 pixels, here in locations) are those of their authors' code.
    NamedRecipe {
        name: "padim",
        summary: "PaDiM (arXiv 2011.08785): 100 random channels of three stages, a Gaussian at every location, 0.01 on its diagonal",
        settings: &[
            ("input.size", "256"),
            ("features.stages", "1,2,3"),
            ("features.grid", "1"),
            ("adaptor.patch", "1"),
            ("embedding", "channels"),
            ("embedding.channels", "100"),
            ("matcher", "none"),
            ("statistics.epsilon", "0.01"),
            ("statistics.epsilon_of", "unit"),
            ("statistics.few", "0"),
            ("map.sigma", "1"),
        ],
    },
    NamedRecipe {
        name: "orthoad",
        summary: "OrthoAD (arXiv 2105.14737): three stages projected onto 100 random directions at right angles, then as PaDiM",
        settings: &[
            ("input.size", "256"),
            ("features.stages", "1,2,3"),
            ("features.grid", "1"),
            ("adaptor.patch", "1"),
            ("embedding", "orthogonal"),
            ("embedding.channels", "100"),
            ("matcher", "none"),
            ("statistics.epsilon", "0.01"),
            ("statistics.epsilon_of", "unit"),
            ("statistics.few", "0"),
            ("map.sigma", "1"),
        ],
    },
    NamedRecipe {
        name: "patchcore",
        summary: "PatchCore (arXiv 2106.08265): the nearest of 1 % of all features, wherever it was, weighed by those around it",
        settings: &[
            ("input.size", "256"),
            ("features.stages", "2,3"),
            ("features.grid", "2"),
            ("adaptor", "mean"),
            ("adaptor.patch", "3"),
            ("adaptor.border", "zero"),
            ("matcher", "none"),
            ("statistics", "neighbour"),
            ("neighbour.reach", "-1"),
            ("neighbour.share", "0.01"),
            ("neighbour.projection", "128"),
            ("neighbour.support", "9"),
            ("map.sigma", "0.5"),
        ],
    },
    // SPADE's own score of an image is its distance to the nearest images, which sees no small defect (85.5 in its paper);
    // here it is the highest value of its map.
    NamedRecipe {
        name: "spade",
        summary: "SPADE (arXiv 2005.02357): the 50 images of the nearest mean feature, of which any location's feature may be nearest",
        settings: &[
            ("input.size", "224"),
            ("features.stages", "1,2,3"),
            ("features.grid", "2"),
            ("adaptor.patch", "1"),
            ("matcher", "none"),
            ("grouping", "nearest"),
            ("nearest.count", "50"),
            ("nearest.by", "mean"),
            ("statistics", "neighbour"),
            ("neighbour.reach", "-1"),
            ("neighbour.share", "1"),
            ("map.sigma", "0.5"),
        ],
    },
    NamedRecipe {
        name: "rad",
        summary: "RAD (2026): the 25 images most alike place by place, of which a feature within one location of it is nearest",
        settings: &[
            ("matcher", "none"),
            ("grouping", "nearest"),
            ("nearest.count", "25"),
            ("nearest.by", "place"),
            ("statistics", "neighbour"),
            ("neighbour.reach", "1"),
            ("neighbour.share", "1"),
        ],
    },
    NamedRecipe {
        name: "subspace",
        summary: "SubspaceAD (2026): what lies outside of the principal components that hold 99 % of the variance of all features",
        settings: &[
            ("matcher", "none"),
            ("statistics", "subspace"),
            ("subspace.energy", "0.99"),
            ("score", "top"),
            ("score.top_percent", "1"),
        ],
    },
];

impl Options {
    /// Sets what the recipe of this name sets; other options stay as they are, and what is set afterwards wins.
    ///
    /// Errors: `InvalidArgument` for a name that no recipe has; then nothing is set.
    ///
    /// # Example
    /// ```
    /// use twinspect::options::Options;
    /// let mut options = Options::default();
    /// options.apply_recipe("paper")?;
    /// options.set_text("matcher", "xfeat")?;
    /// assert_eq!(options.text("backbone")?, "resnet50");
    /// assert_eq!(options.text("matcher")?, "xfeat");
    /// # Ok::<(), twinspect::Error>(())
    /// ```
    pub fn apply_recipe(&mut self, name: &str) -> Result<()> {
        let recipe = RECIPES.iter().find(|recipe| recipe.name == name);
        let recipe = recipe.ok_or_else(|| unknown(name))?;
        let mut changed = self.clone();
        for (key, value) in recipe.settings {
            changed.set_text(key, value)?;
        }
        *self = changed;
        Ok(())
    }
}

fn unknown(name: &str) -> Error {
    let names = || RECIPES.iter().map(|recipe| recipe.name);
    let known: Vec<&str> = names().collect();
    let message = format!("'{name}' is not one of {}", known.join(", "));
    Error::new(ErrorKind::InvalidArgument, message)
        .at("recipe")
        .hint(format!(
            "The nearest is '{}'; `twinspect fit --list-recipes` prints what each sets.",
            nearest(names(), name)
        ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::MatcherPlan;
    use crate::model::Recipe;
    use crate::options::{Scope, TABLE};

    #[test]
    fn every_recipe_sets_options_of_the_table_once_and_is_accepted_whole() {
        for recipe in RECIPES {
            let mut options = Options::default();
            options.apply_recipe(recipe.name).unwrap();
            for (place, (key, value)) in recipe.settings.iter().enumerate() {
                let spec = TABLE.iter().find(|spec| spec.key == *key).unwrap();
                assert_eq!(spec.scope, Scope::Fit, "{}: {key}", recipe.name);
                assert_eq!(options.text(key).unwrap(), *value, "{}", recipe.name);
                let before = &recipe.settings[..place];
                assert!(
                    before.iter().all(|(other, _)| other != key),
                    "{}: {key} is set twice",
                    recipe.name
                );
            }
            let found = Recipe::from_options(&options);
            assert!(found.is_ok(), "{}: {found:?}", recipe.name);
        }
    }

    #[test]
    fn names_are_unique_and_summaries_one_line() {
        for (place, recipe) in RECIPES.iter().enumerate() {
            let before = &RECIPES[..place];
            assert!(before.iter().all(|other| other.name != recipe.name));
            assert!(!recipe.summary.is_empty() && !recipe.summary.contains('\n'));
        }
    }

    #[test]
    fn default_recipe_changes_nothing_and_paper_is_the_papers() {
        let mut options = Options::default();
        options.apply_recipe("default").unwrap();
        assert_eq!(options, Options::default());
        options.apply_recipe("paper").unwrap();
        let recipe = Recipe::from_options(&options).unwrap();
        assert_eq!((recipe.stages, recipe.grid_stage), (vec![4], 4));
        assert!(matches!(recipe.matcher, Some(MatcherPlan::DeDoDe(..))));
        assert_eq!((recipe.groups.min_matches, recipe.groups.size), (0, 25));
    }

    #[test]
    fn setting_afterwards_wins_and_one_before_stays_where_the_recipe_is_silent() {
        let mut options = Options::default();
        options.set_text("input.size", "256").unwrap();
        options.set_text("groups.size", "50").unwrap();
        options.apply_recipe("paper").unwrap();
        options.set_text("adaptor.channels", "100").unwrap();
        let values = ["input.size", "groups.size", "adaptor.channels"];
        let values = values.map(|key| options.text(key).unwrap());
        assert_eq!(values, ["256", "25", "100"]);
    }

    #[test]
    fn unknown_name_sets_nothing_and_is_told_the_known_ones() {
        let mut options = Options::default();
        for name in ["papr", "Paper", "", "paper "] {
            let error = options.apply_recipe(name).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            let known = "is not one of default, registered, paper, padim, orthoad";
            assert!(error.message().contains(known), "{error}");
        }
        let error = options.apply_recipe("papr").unwrap_err();
        assert!(error.what_to_do().contains("'paper'"), "{error}");
        assert_eq!(options, Options::default());
    }
}
