//! What an option is: its key, when it counts, which values it takes.

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

/// What a domain takes, as the end of a sentence.
pub fn allowed(domain: Domain) -> String {
    match domain {
        Domain::Int(min, max) => format!("a whole number from {min} to {max}"),
        Domain::Float(min, max) => format!("a number from {min} to {max}"),
        Domain::Choice(words) => format!("one of {}", words.join(", ")),
        Domain::Text => "a text of at least one character".to_owned(),
    }
}
