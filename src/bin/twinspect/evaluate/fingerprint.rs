//! What a trial's numbers follow from, as one hash.

use std::path::Path;

use sha2::{Digest, Sha256};
use twinspect::options::{Options, TABLE};
use twinspect::{Error, Result};

use super::layout::Category;
use super::record::FORMAT;

/// Of the program, the options, and every file by name and size.
///
/// Names are those below `root`, so that a data set may be moved. Errors: `NotFound` or `Io` for a file that is not there.
pub fn fingerprint(
    root: &Path,
    options: &Options,
    fitted: &[impl AsRef<Path>],
    category: &Category,
) -> Result<String> {
    let mut hash = Sha256::new();
    let version = (FORMAT, env!("CARGO_PKG_VERSION"), env!("TWINSPECT_COMMIT"));
    line(&mut hash, &["version", &format!("{version:?}")]);
    for spec in TABLE {
        line(&mut hash, &["option", spec.key, &options.text(spec.key)?]);
    }
    // A backbone may be a file that the option names.
    let backbone = options.text("backbone")?;
    if let Ok(metadata) = std::fs::metadata(&backbone) {
        line(&mut hash, &["backbone", &metadata.len().to_string()]);
    }
    for path in fitted {
        file(&mut hash, "fitted", root, path.as_ref())?;
    }
    for test in &category.tests {
        line(&mut hash, &["kind", &test.kind]);
        file(&mut hash, "tested", root, &test.path)?;
        if let Some(mask) = &test.mask {
            file(&mut hash, "mask", root, mask)?;
        }
    }
    Ok(hexadecimal(&hash.finalize()))
}

/// Eight digits that tell texts apart.
pub fn short_hash(text: &str) -> String {
    hexadecimal(&Sha256::digest(text)[..4])
}

fn file(hash: &mut Sha256, role: &str, root: &Path, path: &Path) -> Result<()> {
    let metadata =
        std::fs::metadata(path).map_err(|error| Error::io(&error, "read the picture", path))?;
    let name = path.strip_prefix(root).unwrap_or(path);
    line(
        hash,
        &[role, &name.to_string_lossy(), &metadata.len().to_string()],
    );
    Ok(())
}

/// The lengths keep apart what would read the same in a row.
fn line(hash: &mut Sha256, parts: &[&str]) {
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::layout::TestPicture;
    use super::*;

    #[test]
    fn fingerprint_changes_with_options_files_and_sizes_and_not_with_the_place() {
        let made = |content: &str| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("a.png"), content).unwrap();
            folder
        };
        let of = |folder: &Path, options: &Options, kind: &str, fitted: &[PathBuf]| {
            let category = Category {
                name: "part".to_owned(),
                normal: Vec::new(),
                tests: vec![TestPicture {
                    path: folder.join("a.png"),
                    kind: kind.to_owned(),
                    is_defective: true,
                    mask: None,
                }],
            };
            fingerprint(folder, options, fitted, &category).unwrap()
        };
        let (one, two, longer) = (made("12"), made("34"), made("123"));
        let options = Options::default();
        let base = of(one.path(), &options, "bent", &[]);
        assert_eq!(base, of(two.path(), &options, "bent", &[]));
        assert_ne!(base, of(longer.path(), &options, "bent", &[]));
        assert_ne!(base, of(one.path(), &options, "cut", &[]));
        let fitted = [one.path().join("a.png")];
        assert_ne!(base, of(one.path(), &options, "bent", &fitted));
        let mut other = Options::default();
        other.set_text("map.sigma", "1").unwrap();
        assert_ne!(base, of(one.path(), &other, "bent", &[]));
    }
}
