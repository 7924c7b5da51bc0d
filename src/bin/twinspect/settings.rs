//! Options of the table, by `--set KEY=VALUE` over a recipe's.

use twinspect::options::{Options, RECIPES, Scope, TABLE, allowed};
use twinspect::{Error, ErrorKind, Result};

use crate::output;

/// Arguments that every subcommand with options has.
#[derive(clap::Args)]
pub struct Settings {
    /// Set an option, for instance --set input.size=256; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where to compute: cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
}

impl Settings {
    /// The options with these settings; those of the recipe are refused where the model has decided them.
    pub fn options(&self, recipe_is_fixed: bool) -> Result<Options> {
        self.over(Options::default(), recipe_is_fixed)
    }

    /// The options of the recipe of this name, and over it these settings.
    pub fn options_of_recipe(&self, name: Option<&str>) -> Result<Options> {
        let mut options = Options::default();
        if let Some(name) = name {
            options.apply_recipe(name)?;
        }
        self.over(options, false)
    }

    fn over(&self, mut options: Options, recipe_is_fixed: bool) -> Result<Options> {
        // The processors are the program's own, as they are not a library's.
        options.set_text("lanes", "0")?;
        for setting in &self.set {
            let Some((key, value)) = setting.split_once('=') else {
                let message = format!("'{setting}' is not of the form KEY=VALUE");
                return Err(Error::new(ErrorKind::InvalidArgument, message).at("--set"));
            };
            let spec = TABLE.iter().find(|spec| spec.key == key);
            // A TorchScript backbone may lie elsewhere than when the model was fitted; its hash decides.
            if recipe_is_fixed
                && key != "backbone"
                && spec.is_some_and(|spec| spec.scope == Scope::Fit)
            {
                let message = "the option is part of the recipe, which the model has fixed";
                return Err(Error::new(ErrorKind::InvalidArgument, message)
                    .at(key)
                    .hint("Fit again to change it."));
            }
            options.set_text(key, value)?;
        }
        if let Some(device) = &self.device {
            options.set_text("device", device)?;
        }
        Ok(options)
    }
}

/// Prints the recipes with what each sets.
pub fn print_recipes() {
    for recipe in RECIPES {
        output::line(format_args!("{}\n    {}", recipe.name, recipe.summary));
        for (key, value) in recipe.settings {
            output::line(format_args!("    {key}={value}"));
        }
        output::line("");
    }
}

/// Prints the table of options.
pub fn print_table() {
    for spec in TABLE {
        let scope = if spec.scope == Scope::Fit {
            "recipe, fixed by fit"
        } else {
            "may differ each time"
        };
        output::line(format_args!(
            "{} = {}\n    {}\n    {}; {scope}\n",
            spec.key,
            spec.default,
            spec.help,
            allowed(spec.domain)
        ));
    }
}
