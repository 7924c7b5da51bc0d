//! One option at several values.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An option and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub key: String,
    pub value: String,
}

impl fmt::Display for Setting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}", self.key, self.value)
    }
}

/// As typed: `KEY=V1,V2`, or `KEY=V1;V2` for values that have commas themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep(pub Vec<Setting>);

impl FromStr for Sweep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, values) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or("a sweep is of the form KEY=V1,V2")?;
        let separator = if values.contains(';') { ';' } else { ',' };
        let mut settings: Vec<Setting> = Vec::new();
        for value in values.split(separator).map(str::trim) {
            if value.is_empty() {
                return Err("a value is empty".to_owned());
            }
            let setting = Setting {
                key: key.to_owned(),
                value: value.to_owned(),
            };
            if !settings.contains(&setting) {
                settings.push(setting);
            }
        }
        Ok(Self(settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Result<Vec<String>, String> {
        let Sweep(settings) = text.parse()?;
        Ok(settings.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn sweep_has_each_value_once_and_semicolons_keep_commas() {
        let given = values("adaptor.patch=1,3,3, 5").unwrap();
        assert_eq!(
            given,
            ["adaptor.patch=1", "adaptor.patch=3", "adaptor.patch=5"]
        );
        let given = values("features.stages=2;2,3").unwrap();
        assert_eq!(given, ["features.stages=2", "features.stages=2,3"]);
    }

    #[test]
    fn sweep_without_key_or_value_is_refused() {
        for text in [
            "",
            "adaptor.patch",
            "=1,2",
            "adaptor.patch=",
            "adaptor.patch=1,,2",
        ] {
            assert!(values(text).is_err(), "{text}");
        }
    }
}
