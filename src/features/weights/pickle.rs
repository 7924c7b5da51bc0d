//! The part of Python's pickle language in which `torch.save` writes a state dict, as a small stack machine.
//!
//! A pickle is a program, and Python's own reader runs whatever function it names. This one knows the opcodes of protocol 2
//! that a state dict needs and the names in [`Name`]; every other opcode or name ends the reading, so nothing from the
//! file is ever executed. Values refer to each other by index and live in flat lists: no nesting in the file can become
//! recursion here.

use tch::Kind;

use super::machine::Machine;
use super::strided::Strided;
use crate::error::Result;

/// The longest pickle that is read. A state dict of 300 tensors takes 50 KB; the values of this many bytes take 400 MB at worst.
const LONGEST_BYTES: usize = 8 << 20;

/// One value; lists, tuples, dicts, storages and tensors are indices into [`Pickle`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float,
    Text(&'a str),
    Name(Name),
    Sequence(usize),
    Dict(usize),
    Storage(usize),
    Tensor(usize),
}

/// The names of Python that may stand in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Name {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Size,
    Storage(Kind),
}

impl Name {
    /// The name, if it is one of those that a state dict needs.
    pub(super) fn of(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Self::RebuildParameter,
            ("torch", "Size") => Self::Size,
            ("torch", "FloatStorage") => Self::Storage(Kind::Float),
            ("torch", "DoubleStorage") => Self::Storage(Kind::Double),
            ("torch", "HalfStorage") => Self::Storage(Kind::Half),
            ("torch", "BFloat16Storage") => Self::Storage(Kind::BFloat16),
            ("torch", "LongStorage") => Self::Storage(Kind::Int64),
            ("torch", "IntStorage") => Self::Storage(Kind::Int),
            ("torch", "ShortStorage") => Self::Storage(Kind::Int16),
            ("torch", "CharStorage") => Self::Storage(Kind::Int8),
            ("torch", "ByteStorage") => Self::Storage(Kind::Uint8),
            ("torch", "BoolStorage") => Self::Storage(Kind::Bool),
            _ => return None,
        })
    }
}

/// A storage that the file announces: its key, and how many elements of which kind it must hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Storage<'a> {
    pub(super) key: &'a str,
    pub(super) kind: Kind,
    pub(super) elements: i64,
}

/// A tensor that the file announces: a view into one of the storages.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    pub(super) storage: usize,
    pub(super) strided: Strided,
}

/// What a pickle says.
#[derive(Debug)]
pub(super) struct Pickle<'a> {
    /// The value that the whole pickle stands for.
    pub(super) root: Value<'a>,
    /// How many bytes it takes.
    pub(super) length: usize,
    /// Every storage once, in the order of first mention.
    pub(super) storages: Vec<Storage<'a>>,
    /// Every tensor, in the order of the file.
    pub(super) tensors: Vec<View>,
    pub(super) sequences: Vec<Vec<Value<'a>>>,
    pub(super) dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
}

impl<'a> Pickle<'a> {
    /// Reads the pickle at the start of `bytes`; what follows it is left alone.
    ///
    /// Errors: `Format` for a pickle that is cut, damaged, longer than 8 MiB, or that names anything but tensors.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let bytes = &bytes[..bytes.len().min(LONGEST_BYTES)];
        Machine::new(bytes).run()
    }

    /// Keys and values of a dict in the order of the file.
    pub(super) fn entries(&self, value: Value) -> Option<&[(Value<'a>, Value<'a>)]> {
        match value {
            Value::Dict(index) => self.dicts.get(index).map(Vec::as_slice),
            _ => None,
        }
    }

    /// The last value that a dict holds under `key`.
    pub(super) fn look_up(&self, dict: Value, key: &str) -> Option<Value<'a>> {
        let mut entries = self.entries(dict)?.iter().rev();
        entries
            .find(|(name, _)| *name == Value::Text(key))
            .map(|&(_, value)| value)
    }

    /// The values of a list or tuple.
    pub(super) fn items(&self, value: Value) -> Option<&[Value<'a>]> {
        match value {
            Value::Sequence(index) => self.sequences.get(index).map(Vec::as_slice),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};

    fn error(bytes: &[u8]) -> Error {
        let error = Pickle::read(bytes).expect_err("must be refused");
        assert_eq!(error.kind(), ErrorKind::Format);
        error
    }

    #[test]
    fn pickle_that_would_run_a_command_is_refused_by_name() {
        let text = error(b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.").to_string();
        assert!(text.contains("refused: the name 'os.system'"), "{text}");
        assert!(text.contains("nothing is executed"), "{text}");
    }

    #[test]
    fn opcode_that_no_state_dict_needs_is_refused_by_number() {
        assert!(
            error(b"\x80\x02(i")
                .message()
                .contains("opcode 0x69 at byte 3")
        );
        assert!(error(b"\x80\x04.").message().contains("pickle protocol 4"));
    }

    #[test]
    fn integers_keep_their_sign() {
        for (bytes, expected) in [
            (&b"\x80\x02K\xff."[..], 255),
            (b"\x80\x02M\x01\x02.", 513),
            (b"\x80\x02J\xfe\xff\xff\xff.", -2),
            (b"\x80\x02\x8a\x00.", 0),
            (b"\x80\x02\x8a\x02\x00\x80.", -32768),
        ] {
            let pickle = Pickle::read(bytes).unwrap();
            assert_eq!(
                (pickle.root, pickle.length),
                (Value::Int(expected), bytes.len())
            );
        }
        assert!(
            error(b"\x80\x02\x8a\x09123456789.")
                .message()
                .contains("9 bytes")
        );
    }

    #[test]
    fn stack_and_memo_that_hold_nothing_are_damage() {
        for bytes in [
            &b"."[..],
            b"\x80\x02s.",
            b"\x80\x02\x85.",
            b"N(.",
            b"t.",
            b"h\x07.",
            b"q\x00.",
            b"NN.",
            b"Na.",
            b"}Ne.",
            b"}(Nu.",
            b"NR.",
        ] {
            assert!(
                error(bytes).message().starts_with("damaged pickle"),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn text_longer_than_the_file_is_damage() {
        error(b"X\xff\xff\xff\xffabc.");
    }

    #[test]
    fn nesting_of_a_million_tuples_is_no_recursion() {
        let mut bytes = b")".to_vec();
        bytes.resize(1_000_000, 0x85);
        bytes.push(b'.');
        assert!(Pickle::read(&bytes).is_ok());
    }

    #[test]
    fn storage_key_that_would_be_hashed_for_hours_is_refused() {
        let storage = |key: &str| {
            let mut bytes = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX".to_vec();
            bytes.extend((key.len() as u32).to_le_bytes());
            bytes.extend(key.as_bytes());
            bytes.extend(b"X\x03\0\0\0cpuK\x01tQ.");
            bytes
        };
        assert!(Pickle::read(&storage(&"7".repeat(64))).is_ok());
        let text = error(&storage(&"7".repeat(65))).to_string();
        assert!(text.contains("not described as PyTorch does"), "{text}");
    }

    #[test]
    fn dict_in_itself_is_read_without_end_or_recursion() {
        let pickle = Pickle::read(b"}q\x00X\x01\x00\x00\x00ah\x00s.").unwrap();
        assert_eq!(pickle.look_up(pickle.root, "a"), Some(pickle.root));
    }
}
