//! Files with a checksum, whose content would never be reached by chance.

use sha2::{Digest, Sha256};

/// Bytes before the content: 16 of magic, version, length, SHA-256.
const PROLOGUE_BYTES: usize = 16 + 4 + 8 + 32;

/// The file with a right magic, version, length and checksum around whatever follows them; none if nothing does.
pub fn repaired(bytes: &[u8], magic: &[u8; 16], version: u32) -> Option<Vec<u8>> {
    let content = bytes.get(PROLOGUE_BYTES..)?;
    Some(framed(content, magic, version))
}

/// A file of this content.
pub fn framed(content: &[u8], magic: &[u8; 16], version: u32) -> Vec<u8> {
    let mut file = magic.to_vec();
    file.extend(version.to_le_bytes());
    file.extend((content.len() as u64).to_le_bytes());
    file.extend(Sha256::digest(content));
    file.extend(content);
    file
}
