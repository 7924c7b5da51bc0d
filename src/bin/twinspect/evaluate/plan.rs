//! Which trials there are, and what each is called.

use twinspect::Result;
use twinspect::options::Options;

use super::Args;
use super::fingerprint::short_hash;
use super::shots::Shots;
use super::sweep::Setting;

/// Longer parts of an identifier are cut, and told apart by a hash.
const LONGEST_PART: usize = 60;

/// One trial, but for its category: a recipe and what is varied.
#[derive(Clone, Debug)]
pub struct Variant {
    pub recipe: String,
    pub sweep: Option<Setting>,
    /// The recipe's options, over them those of `--set`, over these the sweep's.
    pub options: Options,
}

/// Each recipe at each value of each sweep. Errors: those of options that are wrong, before any work is done.
pub fn variants(args: &Args) -> Result<Vec<Variant>> {
    let mut variants: Vec<Variant> = Vec::new();
    for recipe in &args.recipes {
        if variants.iter().any(|known| known.recipe == *recipe) {
            continue;
        }
        let options = args.settings.options_of_recipe(Some(recipe))?;
        let mut settings = args.sweeps.iter().flat_map(|sweep| &sweep.0).peekable();
        if settings.peek().is_none() {
            variants.push(Variant {
                recipe: recipe.clone(),
                sweep: None,
                options: options.clone(),
            });
        }
        for setting in settings {
            let mut options = options.clone();
            options.set_text(&setting.key, &setting.value)?;
            variants.push(Variant {
                recipe: recipe.clone(),
                sweep: Some(setting.clone()),
                options,
            });
        }
    }
    Ok(variants)
}

/// The numbers of shots, each once, the fewest first, for each seed.
///
/// Further seeds change nothing of all the good parts, unless the seed also decides which are tested.
pub fn draws(shots: &[Shots], seeds: u64, is_split_by_seed: bool) -> Vec<(u64, Shots)> {
    let mut shots = shots.to_vec();
    shots.sort_unstable();
    shots.dedup();
    let every = (0..seeds).flat_map(|seed| shots.iter().map(move |shots| (seed, *shots)));
    every
        .filter(|(seed, shots)| *seed == 0 || *shots != Shots::Full || is_split_by_seed)
        .collect()
}

/// What a trial is called: also the name of its file, on any system.
pub fn id(category: &str, variant: &Variant, (seed, shots): (u64, Shots)) -> String {
    let mut parts = vec![category.to_owned(), variant.recipe.clone()];
    parts.extend(variant.sweep.as_ref().map(ToString::to_string));
    parts.push(match shots {
        Shots::Full => "full".to_owned(),
        Shots::Few(count) => format!("{count}-shot"),
    });
    parts.push(format!("seed{seed}"));
    let parts: Vec<String> = parts.iter().map(|part| file_name(part)).collect();
    parts.join("_")
}

/// A text as part of a file name; two that differ stay different.
pub fn file_name(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-.,=+".contains(c);
    let safe: String = text
        .chars()
        .take(LONGEST_PART)
        .map(|c| if is_plain(c) { c } else { '-' })
        .collect();
    if safe == text && !text.starts_with('.') {
        safe
    } else {
        format!("{}-{}", safe.trim_start_matches('.'), short_hash(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(sweep: Option<(&str, &str)>) -> Variant {
        Variant {
            recipe: "paper".to_owned(),
            sweep: sweep.map(|(key, value)| Setting {
                key: key.to_owned(),
                value: value.to_owned(),
            }),
            options: Options::default(),
        }
    }

    #[test]
    fn identifier_is_readable_and_fit_for_a_file() {
        let plain = id("bottle", &variant(None), (0, Shots::Full));
        assert_eq!(plain, "bottle_paper_full_seed0");
        let swept = variant(Some(("adaptor.patch", "3")));
        let swept = id("bottle", &swept, (2, Shots::Few(4)));
        assert_eq!(swept, "bottle_paper_adaptor.patch=3_4-shot_seed2");
        for text in ["../x", "a/b", "零件", &"x".repeat(500), "a b", ".", ""] {
            let name = file_name(text);
            assert!(
                name.len() <= 80 && !name.contains(['/', '\\', ' ']),
                "{name}"
            );
            assert!(!name.starts_with('.'), "{name}");
        }
        assert_ne!(file_name("a b"), file_name("a-b"));
        assert_ne!(file_name("a b"), file_name("a/b"));
    }

    #[test]
    fn all_good_parts_are_drawn_once_unless_the_seed_splits_them() {
        let shots = [Shots::Full, Shots::Few(2), Shots::Few(2)];
        let fixed = draws(&shots, 2, false);
        assert_eq!(
            fixed,
            [(0, Shots::Few(2)), (0, Shots::Full), (1, Shots::Few(2))]
        );
        assert_eq!(draws(&shots, 2, true).len(), 4);
    }
}
