//! Bytes read from front to back, never past their end.

use crate::error::{Error, ErrorKind, Result};

/// The longest line that is read, such as a name in a pickle.
const LONGEST_LINE: usize = 256;

/// A place in some bytes.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    /// How many bytes are read.
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    /// At the front of `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A signed little-endian integer of `length` bytes, 0 to 8.
    pub(super) fn signed(&mut self, length: u8) -> Result<i64> {
        let mut whole = [0; 8];
        let bytes = self.take(length.into())?;
        if bytes.last().is_some_and(|&byte| byte >= 0x80) {
            whole = [0xff; 8];
        }
        match whole.get_mut(..bytes.len()) {
            Some(low) => low.copy_from_slice(bytes),
            None => return Err(self.damaged(&format!("an integer of {length} bytes"))),
        }
        Ok(i64::from_le_bytes(whole))
    }

    pub(super) fn text(&mut self, length: u32) -> Result<&'a str> {
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        std::str::from_utf8(bytes).map_err(|_| self.damaged("a text that is not UTF-8"))
    }

    /// The text up to the next line break, which is skipped.
    pub(super) fn line(&mut self) -> Result<&'a str> {
        let mut bytes = self.rest().iter().take(LONGEST_LINE);
        let length = bytes.position(|&byte| byte == b'\n');
        let length = length.ok_or_else(|| self.damaged("a line without an end"))?;
        let line = self.take(length)?;
        self.take(1)?;
        std::str::from_utf8(line).map_err(|_| self.damaged("a line that is not UTF-8"))
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let taken = self.rest().get(..count);
        let taken = taken.ok_or_else(|| self.damaged("an end before its time"))?;
        self.at += count;
        Ok(taken)
    }

    /// The failure of finding `what` at this place.
    pub(super) fn damaged(&self, what: &str) -> Error {
        let text = format!("damaged pickle: {what}, at byte {}", self.at);
        Error::new(ErrorKind::Format, text)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }
}
