//! Files that are whole or not there, whatever happens to the process that writes them.
//!
//! What is to stand under a name is written beside it and moved there in one step, so whoever reads finds the old file or
//! the new one. What processes that were killed have left beside is removed by the next one that writes there.

mod replace;
mod temporary;

use std::fs::Metadata;

pub use replace::{check_target, replace, replace_unsynced};
pub(crate) use temporary::Temporary;
pub use temporary::remove_abandoned;

/// What stands there in place of a regular file.
pub(crate) fn what_it_is(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
    }
    Some(if kind.is_dir() {
        "a folder"
    } else {
        "no regular file"
    })
}
