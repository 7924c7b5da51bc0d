//! SHA-256 of a file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::sha256;

/// SHA-256 of the whole file, 64 lower-case hexadecimal digits.
///
/// Errors: `NotFound`, `Io`.
pub(super) fn of_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(|error| Error::io(&error, "open", path))?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match file
            .read(&mut block)
            .map_err(|error| Error::io(&error, "read", path))?
        {
            0 => break,
            n => hasher.update(&block[..n]),
        }
    }
    Ok(sha256::in_hexadecimal(&hasher.finalize()))
}

/// Refuses a file whose SHA-256 is not `expected`; answers with the digest.
///
/// Errors: `Weights` with both digests, `NotFound`, `Io`.
pub fn check(path: &Path, expected: &str) -> Result<String> {
    let sha256 = of_file(path)?;
    if sha256 == expected {
        Ok(sha256)
    } else {
        Err(Error::new(
            ErrorKind::Weights,
            format!("SHA-256 is {sha256}, expected {expected}"),
        )
        .at(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_of_abc_is_that_of_the_standard() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of_file(file.path()).unwrap(), expected);
        assert!(check(file.path(), expected).is_ok());
        assert_eq!(
            check(file.path(), &expected.replace('b', "c"))
                .unwrap_err()
                .kind(),
            ErrorKind::Weights
        );
    }
}
