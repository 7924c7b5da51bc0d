//! The two containers of PyTorch's `torch.save`: a zip archive (since PyTorch 1.6), and before that pickles in a row.
//!
//! Both hold a pickle that describes tensors as views into numbered storages, and the storages' raw bytes. Only the
//! storages that a tensor of the state dict uses become tensors.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{Cursor, Read};

use tch::Tensor;
use zip::ZipArchive;
use zip::result::ZipError;

use super::pickle::{Pickle, Storage, Value};
use super::strided::tensor_of;
use super::tensors::{Tensors, buffer};
use crate::error::{Error, ErrorKind, Result};

/// Trained weights hardly compress; an archive that grows more than this is made to fill the memory.
const MOST_GROWTH: u64 = 64;

/// Far longer than any network's. Without a limit, a name of megabytes that is given to tensor after tensor would be copied each time.
const LONGEST_NAME_BYTES: usize = 4096;

/// The number 0x1950a86a20f9469cfc6c as the first pickle of a file in the older container.
const LEGACY_MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// The only version of the older container.
const LEGACY_PROTOCOL: i64 = 1001;

/// Whether these bytes begin like a zip archive.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Whether these bytes begin like the older container.
pub(super) fn is_legacy(bytes: &[u8]) -> bool {
    bytes.starts_with(LEGACY_MAGIC)
}

/// The tensors of a zip archive: `NAME/data.pkl`, and each storage as `NAME/data/KEY`.
///
/// Errors: `Format`, `Memory`.
pub(super) fn read_zip(bytes: &[u8]) -> Result<Tensors> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(zip_error)?;
    let pickle_name = archive.file_names_raw().find_map(|name| {
        std::str::from_utf8(name)
            .ok()
            .filter(|name| name.ends_with("/data.pkl"))
    });
    let Some(pickle_name) = pickle_name.map(str::to_owned) else {
        return Err(Error::new(
            ErrorKind::Format,
            "a zip archive without data.pkl",
        ));
    };
    let folder = pickle_name.trim_end_matches("data.pkl").to_owned();
    let mut budget = (bytes.len() as u64).saturating_mul(MOST_GROWTH);

    if archive
        .index_for_name(&format!("{folder}byteorder"))
        .is_some()
    {
        let order = member(&mut archive, &format!("{folder}byteorder"), &mut budget)?;
        if order != b"little" {
            return Err(Error::new(
                ErrorKind::Format,
                format!("byte order '{}', read is little", order.escape_ascii()),
            ));
        }
    }
    let pickle_bytes = member(&mut archive, &pickle_name, &mut budget)?;
    let pickle = Pickle::read(&pickle_bytes)?;
    state_dict(&pickle, |storage| {
        let data = member(
            &mut archive,
            &format!("{folder}data/{}", storage.key),
            &mut budget,
        )?;
        storage_tensor(storage, &data)
    })
}

/// A member's bytes, checked against its CRC; taken out of the budget of bytes.
fn member(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    budget: &mut u64,
) -> Result<Vec<u8>> {
    let place = |error: Error| error.at(name);
    let file = archive
        .by_name(name)
        .map_err(|error| place(zip_error(error)))?;
    let size = file.size();
    *budget = budget.checked_sub(size).ok_or_else(|| {
        place(Error::new(
            ErrorKind::Format,
            format!("{size} bytes, more than {MOST_GROWTH} times the archive with those before"),
        ))
    })?;
    let mut data = buffer(size).map_err(place)?;
    // One byte more than announced, so that the reader reaches the end and compares the CRC.
    let read = file.take(size.saturating_add(1)).read_to_end(&mut data);
    match read {
        Ok(count) if count as u64 == size => Ok(data),
        Ok(count) => Err(place(Error::new(
            ErrorKind::Format,
            format!("{count} bytes, announced are {size}"),
        ))),
        Err(error) => Err(place(Error::new(
            ErrorKind::Format,
            format!("damaged zip member: {error}"),
        ))),
    }
}

fn zip_error(error: ZipError) -> Error {
    Error::new(ErrorKind::Format, format!("damaged zip archive: {error}"))
}

/// The tensors of the older container: four pickles (magic, protocol, system, state dict), a pickle with the storages' keys,
/// then for each key a count of elements (i64) and its raw bytes.
///
/// Errors: `Format`.
pub(super) fn read_legacy(bytes: &[u8]) -> Result<Tensors> {
    let mut rest = bytes.get(LEGACY_MAGIC.len()..).unwrap_or_default();
    let protocol = next_pickle(&mut rest)?.root;
    if protocol != Value::Int(LEGACY_PROTOCOL) {
        return Err(Error::new(
            ErrorKind::Format,
            format!("container version {protocol:?}, read is {LEGACY_PROTOCOL}"),
        ));
    }
    let system = next_pickle(&mut rest)?;
    if system.look_up(system.root, "little_endian") != Some(Value::Bool(true)) {
        return Err(Error::new(
            ErrorKind::Format,
            "written on a big-endian machine, read is little-endian",
        ));
    }
    let pickle = next_pickle(&mut rest)?;
    let keys = next_pickle(&mut rest)?;
    let data = legacy_storages(&pickle, &keys, rest)?;
    state_dict(&pickle, |storage| match data.get(storage.key) {
        Some(data) => storage_tensor(storage, data),
        None => Err(Error::new(
            ErrorKind::Format,
            format!(
                "storage '{}' is not in the file",
                storage.key.escape_debug()
            ),
        )),
    })
}

fn next_pickle<'a>(rest: &mut &'a [u8]) -> Result<Pickle<'a>> {
    let pickle = Pickle::read(rest)?;
    *rest = rest.get(pickle.length..).unwrap_or_default();
    Ok(pickle)
}

fn legacy_storages<'a>(
    pickle: &Pickle<'a>,
    keys: &Pickle,
    mut rest: &'a [u8],
) -> Result<HashMap<&'a str, &'a [u8]>> {
    let cut = || Error::new(ErrorKind::Format, "the file ends inside a storage");
    let known: HashMap<&str, &Storage> = pickle
        .storages
        .iter()
        .map(|storage| (storage.key, storage))
        .collect();
    let mut data = HashMap::new();
    for key in keys.items(keys.root).unwrap_or_default() {
        let Value::Text(key) = key else {
            return Err(Error::new(
                ErrorKind::Format,
                "a storage key that is no text",
            ));
        };
        let storage = known.get(key).ok_or_else(|| {
            Error::new(
                ErrorKind::Format,
                format!("storage '{}' belongs to no tensor", key.escape_debug()),
            )
        })?;
        let (count, after) = rest.split_first_chunk().ok_or_else(cut)?;
        let count = i64::from_le_bytes(*count);
        let length = usize::try_from(count)
            .ok()
            .and_then(|count| count.checked_mul(storage.kind.elt_size_in_bytes()));
        let (bytes, after) = length
            .and_then(|length| after.split_at_checked(length))
            .ok_or_else(cut)?;
        data.insert(storage.key, bytes);
        rest = after;
    }
    Ok(data)
}

fn storage_tensor(storage: &Storage, data: &[u8]) -> Result<Tensor> {
    tensor_of(data, &[storage.elements], storage.kind)
        .map_err(|error| error.at(format!("storage '{}'", storage.key.escape_debug())))
}

/// The tensors of a state dict, or of the one that a checkpoint holds as `state_dict`; `load` is asked once for a storage.
fn state_dict(
    pickle: &Pickle,
    mut load: impl FnMut(&Storage) -> Result<Tensor>,
) -> Result<Tensors> {
    let inner = pickle
        .look_up(pickle.root, "state_dict")
        .filter(|inner| pickle.entries(*inner).is_some());
    let entries = pickle
        .entries(inner.unwrap_or(pickle.root))
        .unwrap_or_default();
    let mut storages: HashMap<usize, Tensor> = HashMap::new();
    let mut tensors = Tensors::new();
    for entry in entries {
        let (Value::Text(name), Value::Tensor(index)) = entry else {
            continue;
        };
        if name.len() > LONGEST_NAME_BYTES {
            let text = format!(
                "a tensor's name of {} bytes, at most {LONGEST_NAME_BYTES} are read",
                name.len()
            );
            return Err(Error::new(ErrorKind::Format, text));
        }
        let Some(view) = pickle.tensors.get(*index) else {
            continue;
        };
        let Some(storage) = pickle.storages.get(view.storage) else {
            continue;
        };
        let flat = match storages.entry(view.storage) {
            Entry::Occupied(loaded) => loaded.into_mut(),
            Entry::Vacant(new) => new.insert(load(storage)?),
        };
        tensors.insert((*name).to_owned(), view.strided.of(flat)?);
    }
    if tensors.is_empty() {
        return Err(
            Error::new(ErrorKind::Format, "no dict of tensors in the file")
                .hint("Save the state dict: torch.save(model.state_dict(), file)."),
        );
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of the older container with one tensor, of one number, under this name.
    fn file(name: &str) -> Vec<u8> {
        let text = |text: &str| {
            let length = (text.len() as u32).to_le_bytes();
            [b"X", &length[..], text.as_bytes()].concat()
        };
        let tensor = [
            b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(),
            text("storage"),
            b"ctorch\nFloatStorage\n".to_vec(),
            text("0"),
            text("cpu"),
            b"K\x01tQK\x00K\x01\x85K\x01\x85tR".to_vec(),
        ]
        .concat();
        [
            LEGACY_MAGIC.to_vec(),
            b"\x80\x02M\xe9\x03.".to_vec(),
            [
                b"\x80\x02}".to_vec(),
                text("little_endian"),
                b"\x88s.".to_vec(),
            ]
            .concat(),
            [b"\x80\x02}".to_vec(), text(name), tensor, b"s.".to_vec()].concat(),
            [b"\x80\x02]".to_vec(), text("0"), b"a.".to_vec()].concat(),
            1_i64.to_le_bytes().to_vec(),
            2.5_f32.to_le_bytes().to_vec(),
        ]
        .concat()
    }

    #[test]
    fn name_that_would_be_copied_for_hours_is_refused() {
        let tensors = read_legacy(&file(&"w".repeat(LONGEST_NAME_BYTES))).unwrap();
        assert_eq!(tensors.values().next().unwrap().double_value(&[0]), 2.5);
        let error = read_legacy(&file(&"w".repeat(LONGEST_NAME_BYTES + 1))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
        assert!(
            error.message().contains("a tensor's name of 4097 bytes"),
            "{error}"
        );
    }
}
