//! Every option once: key, type, range, default, help. The command line, the C interface and the docs read this table.
//!
//! An option of scope [`Scope::Fit`] is part of the recipe: it is written into the model and cannot change afterwards.
//! One of scope [`Scope::Run`] says how and where to work, and may differ each time. [`RECIPES`] are sets of values with a
//! name.

mod recipes;
mod spec;
mod table;

pub use recipes::{NamedRecipe, RECIPES};
pub use spec::{Domain, OptionSpec, Scope, allowed};
pub use table::TABLE;

use crate::error::{Error, ErrorKind, Result};

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
            let nearest = nearest(TABLE.iter().map(|spec| spec.key), key);
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

/// The name that is most like this one.
fn nearest<'a>(names: impl Iterator<Item = &'a str>, wanted: &str) -> &'a str {
    let likeness = |name: &str| strsim::jaro_winkler(name, wanted);
    names
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .unwrap_or_default()
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
        let error = Options::default()
            .set_int("input.size", 50_000)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "input.size: 50000 is not a whole number from 0 to 32768"
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
