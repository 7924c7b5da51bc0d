//! Finished trials on the disk, so that an interruption loses one trial at most.

use std::path::{Path, PathBuf};

use twinspect::files::replace;
use twinspect::{Error, ErrorKind, Result};

use super::record::{FORMAT, Record};

/// The folder of a report.
pub struct Store {
    report: PathBuf,
}

impl Store {
    /// The report's folder, which is made. Errors: `Io`.
    pub fn open(report: &Path) -> Result<Self> {
        for folder in [report.join("trials"), report.join("plots")] {
            std::fs::create_dir_all(&folder)
                .map_err(|error| Error::io(&error, "make the folder of the report", &folder))?;
        }
        Ok(Self {
            report: report.to_owned(),
        })
    }

    /// A trial that was finished before, if it is whole and would come out the same.
    pub fn finished(&self, id: &str, fingerprint: &str) -> Option<Record> {
        let bytes = std::fs::read(self.path_of(id)).ok()?;
        let record: Record = serde_json::from_slice(&bytes).ok()?;
        let is_same = record.format == FORMAT && record.id == id;
        (is_same && record.fingerprint == fingerprint).then_some(record)
    }

    /// Writes a finished trial, in one step. Errors: `Io`.
    pub fn save(&self, record: &Record) -> Result<()> {
        let mut bytes = serde_json::to_vec_pretty(record).map_err(|error| {
            let message = format!("the trial cannot be written as JSON: {error}");
            Error::new(ErrorKind::Numeric, message).at(&record.id)
        })?;
        bytes.push(b'\n');
        replace("the trial", &self.path_of(&record.id), &bytes)
    }

    /// Writes a file of the report, in one step. Errors: `Io`.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        replace("the report", &self.report.join(name), bytes)
    }

    /// Where a trial is kept.
    pub fn path_of(&self, id: &str) -> PathBuf {
        self.report.join("trials").join(format!("{id}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::tests::record;
    use super::*;

    #[test]
    fn trial_comes_back_only_whole_and_with_its_fingerprint() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("report")).unwrap();
        let record = record("nut", "default");
        assert_eq!(store.finished(&record.id, &record.fingerprint), None);
        store.save(&record).unwrap();
        let found = store.finished(&record.id, &record.fingerprint);
        assert_eq!(found.as_ref(), Some(&record));
        assert_eq!(store.finished(&record.id, "another"), None);

        let path = store.path_of(&record.id);
        let whole = std::fs::read(&path).unwrap();
        for length in (0..whole.len() - 2).step_by(64) {
            std::fs::write(&path, &whole[..length]).unwrap();
            let found = store.finished(&record.id, &record.fingerprint);
            assert_eq!(found, None, "of the first {length} bytes");
        }
    }
}
