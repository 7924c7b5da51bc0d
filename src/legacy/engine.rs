//! Which engine a program asks for.

use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;

/// Errors: `Unsupported` unless the option `variation.engine` is `pixels`.
pub fn check_engine(options: &Options) -> Result<()> {
    match options.text("variation.engine")?.as_str() {
        "pixels" => Ok(()),
        other => {
            let message = format!("the engine {other} of the variation model does not exist yet");
            Err(Error::new(ErrorKind::Unsupported, message)
                .at("variation.engine")
                .hint("Set variation.engine to pixels; for features, fit a model and inspect with it."))
        }
    }
}
