//! Time and memory of a trial.

use std::time::Duration;

use twinspect::Result;
use twinspect::model::Model;

use super::record::Cost;

/// What a model cost.
///
/// Its bytes are those of its file, which is written to a temporary folder. Errors: `Io` if that cannot be done.
pub fn cost(model: &Model, fit: Duration, inspections: &[Duration]) -> Result<Cost> {
    let mut milliseconds: Vec<f64> = inspections
        .iter()
        .map(|one| one.as_secs_f64() * 1e3)
        .collect();
    milliseconds.sort_by(f64::total_cmp);
    Ok(Cost {
        fit_s: fit.as_secs_f64(),
        median_ms: quantile(&milliseconds, 0.5),
        p95_ms: quantile(&milliseconds, 0.95),
        model_bytes: model_bytes(model)?,
        peak_memory_bytes: peak_memory_bytes(),
    })
}

fn model_bytes(model: &Model) -> Result<u64> {
    let failed =
        |error| twinspect::Error::io(&error, "write the model to weigh it", std::env::temp_dir());
    let folder = tempfile::tempdir().map_err(failed)?;
    let path = folder.path().join("part.twin");
    model.save(&path)?;
    Ok(std::fs::metadata(&path).map_err(failed)?.len())
}

/// The value that this share of them does not exceed; 0 if there are none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// The most that the process has held in memory since it started; none where the system does not say.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(quantile(&values, 0.5), 10.0);
        assert_eq!(quantile(&values, 0.95), 19.0);
        assert_eq!(quantile(&values[..1], 0.5), 1.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
