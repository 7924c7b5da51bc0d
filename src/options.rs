//! Every option once: key, type, range, default, help. The command line, the C interface and the docs read this table.
//!
//! An option of scope [`Scope::Fit`] is part of the recipe: it is written into the model and cannot change afterwards.
//! One of scope [`Scope::Run`] says how and where to work, and may differ each time.

use crate::error::{Error, ErrorKind, Result};

/// When an option counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// While fitting; stored in the model.
    Fit,
    /// Whenever work is done; never stored.
    Run,
}

/// What values an option takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// A whole number from the first to the second, both included.
    Int(i64, i64),
    /// A finite number from the first to the second, both included.
    Float(f64, f64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any text.
    Text,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OptionSpec {
    /// The name, the same in the command line, C, C#, Python.
    pub key: &'static str,
    /// When it counts.
    pub scope: Scope,
    /// What it may be.
    pub domain: Domain,
    /// What it is when nobody sets it.
    pub default: &'static str,
    /// One or two lines for a person.
    pub help: &'static str,
}

const fn fit(
    key: &'static str,
    domain: Domain,
    default: &'static str,
    help: &'static str,
) -> OptionSpec {
    OptionSpec {
        key,
        scope: Scope::Fit,
        domain,
        default,
        help,
    }
}

const fn run(
    key: &'static str,
    domain: Domain,
    default: &'static str,
    help: &'static str,
) -> OptionSpec {
    OptionSpec {
        key,
        scope: Scope::Run,
        domain,
        default,
        help,
    }
}

/// The table, in the order in which the data meets the options.
pub const TABLE: &[OptionSpec] = &[
    run(
        "device",
        Domain::Text,
        "cpu",
        "where to compute: cpu, cuda or cuda:N",
    ),
    run(
        "threads",
        Domain::Int(0, 1024),
        "0",
        "threads of libtorch in this process; 0 = as many as it likes",
    ),
    run(
        "image.max_pixels",
        Domain::Int(1, 1 << 40),
        "268435456",
        "larger pictures are refused before any memory is taken",
    ),
    run(
        "input.size_mismatch",
        Domain::Choice(&["resize", "refuse"]),
        "resize",
        "a picture whose size differs from that of the first normal image is resized like it, or refused",
    ),
    run(
        "fit.memory_mib",
        Domain::Int(1, 1 << 20),
        "1024",
        "features of the normal images kept in memory while fitting, in MiB; what is beyond goes to a temporary file",
    ),
    fit(
        "input.size",
        Domain::Int(64, 4096),
        "320",
        "longer side of the network's input, in pixels",
    ),
    fit(
        "input.aspect",
        Domain::Choice(&["keep", "stretch"]),
        "keep",
        "keep: the input has the picture's aspect ratio (to a multiple of 32 pixels); stretch: it is square",
    ),
    fit(
        "backbone",
        Domain::Text,
        "efficientnet-lite0",
        "name of a network (`twinspect weights list`) or path of a TorchScript file",
    ),
    fit(
        "features.stages",
        Domain::Text,
        "2,3",
        "stages of the backbone, joined at every location; 1 to 4 have strides 4, 8, 16, 32",
    ),
    fit(
        "features.grid",
        Domain::Int(0, 4),
        "3",
        "stage whose grid all stages are brought to; 0 = the finest of them",
    ),
    fit(
        "adaptor",
        Domain::Choice(&["mean", "adaptive"]),
        "mean",
        "mean: each channel's mean over the p x p neighbourhood; adaptive: the paper's adaptive average pooling over channels and neighbours",
    ),
    fit(
        "adaptor.patch",
        Domain::Int(1, 15),
        "3",
        "side p of the neighbourhood, odd, in locations",
    ),
    fit(
        "adaptor.channels",
        Domain::Int(1, 65536),
        "700",
        "channels C' after adaptive pooling",
    ),
    fit(
        "adaptor.border",
        Domain::Choice(&["zero", "replicate"]),
        "replicate",
        "what lies outside of the feature map",
    ),
    fit(
        "features.sigma",
        Domain::Float(0.0, 64.0),
        "0",
        "Gaussian smoothing of the adapted features, in locations; 0 = none",
    ),
    fit(
        "matcher",
        Domain::Choice(&["none", "backbone"]),
        "backbone",
        "how normal images are put into groups; none: one group of all",
    ),
    fit(
        "matcher.stage",
        Domain::Int(1, 4),
        "3",
        "stage of the backbone whose features are matched",
    ),
    fit(
        "matcher.tolerance",
        Domain::Int(0, 64),
        "2",
        "how far a match may have moved, in locations of that stage",
    ),
    fit(
        "groups.min_matches",
        Domain::Int(0, 1 << 20),
        "0",
        "matches with a lead image that make a normal image join its group; 0 = chosen from the images",
    ),
    fit(
        "groups.size",
        Domain::Int(0, 10000),
        "0",
        "images a group should hold, for the automatic choice (the paper: 20 to 30); 0 = all in one group",
    ),
    fit(
        "groups.smallest",
        Domain::Int(1, 10000),
        "8",
        "smaller groups are merged into the nearest one",
    ),
    fit(
        "groups.most",
        Domain::Int(1, 1024),
        "32",
        "groups at most; keeps time and memory flat when normal images are many",
    ),
    fit(
        "fit.outliers",
        Domain::Choice(&["keep", "drop"]),
        "keep",
        "drop: leave out good parts that do not look like the others, and name them (HALCON's 'robust')",
    ),
    fit(
        "statistics.epsilon",
        Domain::Float(1e-9, 1e6),
        "0.1",
        "regularisation added to the diagonal of the covariance",
    ),
    fit(
        "statistics.epsilon_of",
        Domain::Choice(&["unit", "variance"]),
        "variance",
        "what epsilon is a multiple of: 1, as in the paper, or the mean variance of the features within the groups",
    ),
    fit(
        "map.sigma",
        Domain::Float(0.0, 64.0),
        "0",
        "Gaussian smoothing of the distances, in locations; 0 = none",
    ),
    fit(
        "score",
        Domain::Choice(&["max", "top"]),
        "max",
        "max: the highest value of the anomaly map; top: the mean of its highest values",
    ),
    fit(
        "score.top_percent",
        Domain::Float(0.001, 100.0),
        "1",
        "share of the anomaly map that `score = top` averages, in per cent",
    ),
    fit(
        "verdict.false_alarm_rate",
        Domain::Float(1e-6, 0.5),
        "0.02",
        "share of good parts that may be called defective",
    ),
    fit(
        "verdict.least_matches",
        Domain::Float(0.0, 1.0),
        "0.3",
        "a picture that matches its lead image less than this share of what its worst normal image does is undecided; 0 = never",
    ),
];

/// The value of an option.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Int(i64),
    Float(f64),
    Text(String),
}

/// Values for all options of [`TABLE`], each at its default until it is set.
///
/// # Example
/// ```
/// use twinspect::options::Options;
/// let mut options = Options::default();
/// options.set_text("input.size", "256")?;
/// assert_eq!(options.int("input.size")?, 256);
/// assert!(options.set_text("input.sise", "256").unwrap_err().to_string().contains("'input.size'"));
/// # Ok::<(), twinspect::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    values: Vec<Value>,
    set: Vec<bool>,
}

impl Default for Options {
    fn default() -> Self {
        let values = TABLE.iter().map(default_value).collect();
        Self {
            values,
            set: vec![false; TABLE.len()],
        }
    }
}

impl Options {
    /// Sets a whole number.
    pub fn set_int(&mut self, key: &str, value: i64) -> Result<()> {
        let row = index(key)?;
        let checked = match TABLE[row].domain {
            Domain::Int(..) => check(&TABLE[row], Value::Int(value))?,
            Domain::Float(..) => check(&TABLE[row], Value::Float(value as f64))?,
            _ => return Err(wrong_type(&TABLE[row], &value.to_string())),
        };
        self.store(row, checked);
        Ok(())
    }

    /// Sets a number.
    pub fn set_float(&mut self, key: &str, value: f64) -> Result<()> {
        let row = index(key)?;
        if !matches!(TABLE[row].domain, Domain::Float(..)) {
            return Err(wrong_type(&TABLE[row], &value.to_string()));
        }
        let checked = check(&TABLE[row], Value::Float(value))?;
        self.store(row, checked);
        Ok(())
    }

    /// Sets a text; a number is parsed from it (with a point for the decimals, whatever the locale).
    pub fn set_text(&mut self, key: &str, value: &str) -> Result<()> {
        let row = index(key)?;
        let spec = &TABLE[row];
        let parsed = parse(spec, value).ok_or_else(|| wrong_type(spec, value))?;
        let checked = check(spec, parsed)?;
        self.store(row, checked);
        Ok(())
    }

    /// The effective value as text, in the form that [`Options::set_text`] takes.
    pub fn text(&self, key: &str) -> Result<String> {
        Ok(match &self.values[index(key)?] {
            Value::Int(value) => value.to_string(),
            Value::Float(value) => value.to_string(),
            Value::Text(value) => value.clone(),
        })
    }

    /// The effective value of a whole-number option.
    pub fn int(&self, key: &str) -> Result<i64> {
        let row = index(key)?;
        match self.values[row] {
            Value::Int(value) => Ok(value),
            _ => Err(wrong_type(&TABLE[row], "a whole number was asked for")),
        }
    }

    /// The effective value of a number option.
    pub fn float(&self, key: &str) -> Result<f64> {
        let row = index(key)?;
        match self.values[row] {
            Value::Float(value) => Ok(value),
            _ => Err(wrong_type(&TABLE[row], "a number was asked for")),
        }
    }

    /// Whether somebody set this option.
    pub fn is_set(&self, key: &str) -> Result<bool> {
        Ok(self.set[index(key)?])
    }

    /// The options of the recipe, as they go into a model: key and text, in the table's order.
    pub fn recipe(&self) -> Result<Vec<(&'static str, String)>> {
        TABLE
            .iter()
            .filter(|spec| spec.scope == Scope::Fit)
            .map(|spec| Ok((spec.key, self.text(spec.key)?)))
            .collect()
    }

    fn store(&mut self, row: usize, value: Value) {
        self.values[row] = value;
        self.set[row] = true;
    }
}

fn index(key: &str) -> Result<usize> {
    TABLE
        .iter()
        .position(|spec| spec.key == key)
        .ok_or_else(|| {
            let nearest = TABLE.iter().max_by(|a, b| {
                strsim::jaro_winkler(a.key, key).total_cmp(&strsim::jaro_winkler(b.key, key))
            });
            let nearest = nearest.map_or("", |spec| spec.key);
            Error::new(
                ErrorKind::InvalidArgument,
                format!("there is no option '{key}'"),
            )
            .at(key)
            .hint(format!(
                "The nearest is '{nearest}'; `twinspect fit --list-options` prints them all."
            ))
        })
}

fn default_value(spec: &OptionSpec) -> Value {
    // A test holds every default against its own domain.
    parse(spec, spec.default).unwrap_or_else(|| Value::Text(spec.default.to_owned()))
}

fn parse(spec: &OptionSpec, text: &str) -> Option<Value> {
    match spec.domain {
        Domain::Int(..) => text.trim().parse().ok().map(Value::Int),
        Domain::Float(..) => text.trim().parse().ok().map(Value::Float),
        Domain::Choice(_) | Domain::Text => Some(Value::Text(text.to_owned())),
    }
}

fn check(spec: &OptionSpec, value: Value) -> Result<Value> {
    let allowed = match (&value, spec.domain) {
        (Value::Int(value), Domain::Int(min, max)) => (min..=max).contains(value),
        (Value::Float(value), Domain::Float(min, max)) => (min..=max).contains(value),
        (Value::Text(value), Domain::Choice(words)) => words.contains(&value.as_str()),
        (Value::Text(value), Domain::Text) => !value.is_empty() && !value.contains('\0'),
        _ => false,
    };
    if allowed {
        Ok(value)
    } else {
        Err(out_of_range(spec, &value))
    }
}

fn out_of_range(spec: &OptionSpec, value: &Value) -> Error {
    let value = match value {
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(value) => format!("'{value}'"),
    };
    Error::new(
        ErrorKind::InvalidArgument,
        format!("{value} is not {}", allowed(spec.domain)),
    )
    .at(spec.key)
}

fn wrong_type(spec: &OptionSpec, value: &str) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        format!("'{value}' is not {}", allowed(spec.domain)),
    )
    .at(spec.key)
}

/// What a domain takes, as the end of a sentence.
pub fn allowed(domain: Domain) -> String {
    match domain {
        Domain::Int(min, max) => format!("a whole number from {min} to {max}"),
        Domain::Float(min, max) => format!("a number from {min} to {max}"),
        Domain::Choice(words) => format!("one of {}", words.join(", ")),
        Domain::Text => "a text of at least one character".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_lies_in_its_domain() {
        for spec in TABLE {
            let value = parse(spec, spec.default).and_then(|value| check(spec, value).ok());
            assert!(
                value.is_some(),
                "{}: default {:?} is outside of {:?}",
                spec.key,
                spec.default,
                spec.domain
            );
        }
    }

    #[test]
    fn keys_are_unique() {
        let mut keys: Vec<_> = TABLE.iter().map(|spec| spec.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), TABLE.len());
    }

    #[test]
    fn value_out_of_range_names_key_value_and_range() {
        let error = Options::default().set_int("input.size", 5000).unwrap_err();
        assert_eq!(
            error.to_string(),
            "input.size: 5000 is not a whole number from 64 to 4096"
        );
    }

    #[test]
    fn failed_set_leaves_the_value() {
        let mut options = Options::default();
        options.set_float("statistics.epsilon", 0.5).unwrap();
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(
                options.set_float("statistics.epsilon", bad).is_err(),
                "{bad} was accepted"
            );
        }
        assert_eq!(options.float("statistics.epsilon").unwrap(), 0.5);
    }

    #[test]
    fn decimal_comma_is_refused() {
        let error = Options::default()
            .set_text("statistics.epsilon", "0,01")
            .unwrap_err();
        assert!(
            error.to_string().contains("'0,01' is not a number"),
            "{error}"
        );
    }
}
