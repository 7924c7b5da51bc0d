//! The stack machine that reads a pickle; what it accepts and why is told in `pickle`.

use std::collections::HashMap;

use super::cursor::Cursor;
use super::pickle::{Name, Pickle, Storage, Value, View};
use super::strided::{MOST_DIMENSIONS, Strided};
use crate::error::{Error, ErrorKind, Result};

/// PyTorch's longest call has seven arguments. Without a limit, a tuple that is named again and again would cost its length each time.
const MOST_ARGUMENTS: usize = 8;

/// A storage's key is a number. Without a limit, a key of megabytes that is named again and again would be hashed each time.
const LONGEST_KEY_BYTES: usize = 64;

/// Far more than any network has.
const MOST_TENSORS: usize = 1 << 16;

/// The state between two opcodes.
pub(super) struct Machine<'a> {
    input: Cursor<'a>,
    stack: Vec<Value<'a>>,
    marks: Vec<usize>,
    memo: HashMap<u32, Value<'a>>,
    storage_of_key: HashMap<&'a str, usize>,
    storages: Vec<Storage<'a>>,
    tensors: Vec<View>,
    sequences: Vec<Vec<Value<'a>>>,
    dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
}

impl<'a> Machine<'a> {
    /// Ready to read the pickle at the start of `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            input: Cursor::new(bytes),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            storage_of_key: HashMap::new(),
            storages: Vec::new(),
            tensors: Vec::new(),
            sequences: Vec::new(),
            dicts: Vec::new(),
        }
    }

    /// Runs to the STOP opcode; the one value left on the stack is the root.
    pub(super) fn run(mut self) -> Result<Pickle<'a>> {
        loop {
            match self.input.byte()? {
                b'.' => break,
                opcode => self.step(opcode)?,
            }
        }
        let root = self.pop()?;
        if !self.stack.is_empty() {
            return Err(self.damaged("values left over at its end"));
        }
        let length = self.input.at;
        let Self {
            storages,
            tensors,
            sequences,
            dicts,
            ..
        } = self;
        Ok(Pickle {
            root,
            length,
            storages,
            tensors,
            sequences,
            dicts,
        })
    }

    /// One opcode, under its number in Python's `pickletools`.
    fn step(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            0x80 => self.protocol(),
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'K' => self.integer(1),
            b'M' => self.integer(2),
            b'J' => self.signed(4),
            0x8a => {
                let length = self.input.byte()?;
                self.signed(length)
            }
            b'G' => {
                self.input.take(8)?;
                self.push(Value::Float)
            }
            b'X' => {
                let length = self.input.u32()?;
                let text = self.input.text(length)?;
                self.push(Value::Text(text))
            }
            b'c' => self.name(),
            b'(' => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            b')' | b']' => self.push_sequence(Vec::new()),
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(opcode - 0x84))?;
                self.push_sequence(items)
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.push_sequence(items)
            }
            b'}' => self.push_dict(),
            b'a' => {
                let item = self.pop()?;
                self.extend_list(&[item])
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.extend_list(&items)
            }
            b's' => {
                let pair = self.pop_many(2)?;
                self.extend_dict(&pair)
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.extend_dict(&items)
            }
            b'q' => {
                let slot = self.input.byte()?;
                self.memorise(slot.into())
            }
            b'r' => {
                let slot = self.input.u32()?;
                self.memorise(slot)
            }
            b'h' => {
                let slot = self.input.byte()?;
                self.recall(slot.into())
            }
            b'j' => {
                let slot = self.input.u32()?;
                self.recall(slot)
            }
            b'Q' => self.storage(),
            b'R' => self.call(),
            b'b' => self.set_attributes(),
            _ => Err(refused(&format!(
                "opcode 0x{opcode:02x} at byte {}",
                self.input.at - 1
            ))),
        }
    }

    fn protocol(&mut self) -> Result<()> {
        match self.input.byte()? {
            2 => Ok(()),
            other => Err(refused(&format!("pickle protocol {other}, read is 2"))),
        }
    }

    fn integer(&mut self, length: usize) -> Result<()> {
        let bytes = self.input.take(length)?.iter().rev();
        self.push(Value::Int(
            bytes.fold(0, |number, &byte| number << 8 | i64::from(byte)),
        ))
    }

    fn signed(&mut self, length: u8) -> Result<()> {
        let number = self.input.signed(length)?;
        self.push(Value::Int(number))
    }

    fn name(&mut self) -> Result<()> {
        let module = self.input.line()?;
        let name = self.input.line()?;
        let known = Name::of(module, name).ok_or_else(|| {
            let (module, name) = (module.escape_debug(), name.escape_debug());
            refused(&format!("the name '{module}.{name}'"))
        })?;
        self.push(Value::Name(known))
    }

    /// `('storage', class, key, device, elements)`, and in the older container a sixth value that must be None.
    fn storage(&mut self) -> Result<()> {
        let id = self.pop()?;
        let items = self.items(id)?;
        let storage = match items.strip_suffix(&[Value::None]).unwrap_or(items) {
            [
                Value::Text("storage"),
                Value::Name(Name::Storage(kind)),
                Value::Text(key),
                Value::Text(_),
                Value::Int(elements),
            ] if key.len() <= LONGEST_KEY_BYTES => Storage {
                key,
                kind: *kind,
                elements: *elements,
            },
            _ => return Err(self.damaged("a storage that is not described as PyTorch does")),
        };
        let known = self.storage_of_key.get(storage.key).copied();
        let index = known.unwrap_or(self.storages.len());
        match known.and_then(|index| self.storages.get(index)) {
            Some(first) if *first != storage => {
                let key = storage.key.escape_debug();
                return Err(self.damaged(&format!("storage '{key}' described in two ways")));
            }
            Some(_) => {}
            None => {
                self.storage_of_key.insert(storage.key, index);
                self.storages.push(storage);
            }
        }
        self.push(Value::Storage(index))
    }

    fn call(&mut self) -> Result<()> {
        let arguments = self.pop()?;
        let name = self.pop()?;
        let arguments = self.items(arguments)?;
        if arguments.len() > MOST_ARGUMENTS {
            let count = arguments.len();
            return Err(refused(&format!("a call with {count} arguments")));
        }
        let arguments = arguments.to_vec();
        match (name, arguments.as_slice()) {
            (Value::Name(Name::OrderedDict), []) => self.push_dict(),
            (Value::Name(Name::Size), [sizes @ Value::Sequence(_)]) => self.push(*sizes),
            (Value::Name(Name::RebuildParameter), [tensor @ Value::Tensor(_), ..]) => {
                self.push(*tensor)
            }
            (
                Value::Name(Name::RebuildTensor),
                [
                    Value::Storage(storage),
                    Value::Int(offset),
                    size,
                    stride,
                    ..,
                ],
            ) => {
                let strided = self.strided(*storage, *offset, *size, *stride)?;
                let view = View {
                    storage: *storage,
                    strided,
                };
                self.push_tensor(view)
            }
            _ => Err(refused(&format!("the call before byte {}", self.input.at))),
        }
    }

    fn strided(&self, storage: usize, offset: i64, size: Value, stride: Value) -> Result<Strided> {
        let (size, stride) = (self.integers(size)?, self.integers(stride)?);
        let elements = self.storages.get(storage).map_or(0, |s| s.elements);
        Strided::new(offset, size, stride, elements)
    }

    fn integers(&self, value: Value) -> Result<Vec<i64>> {
        let number = |item: &Value| match item {
            Value::Int(number) => Ok(*number),
            _ => Err(self.damaged("a size that is not a number")),
        };
        let items = self.items(value)?;
        if items.len() > MOST_DIMENSIONS {
            return Err(self.damaged(&format!("a tensor of {} dimensions", items.len())));
        }
        items.iter().map(number).collect()
    }

    /// A state dict carries `_metadata` as an attribute; it says nothing about the tensors and is dropped.
    fn set_attributes(&mut self) -> Result<()> {
        let attributes = self.pop()?;
        match (self.stack.last(), attributes) {
            (Some(Value::Dict(_)), Value::Dict(_)) => Ok(()),
            _ => {
                let at = self.input.at;
                Err(refused(&format!("attributes of no dict, before byte {at}")))
            }
        }
    }

    fn memorise(&mut self, slot: u32) -> Result<()> {
        let value = *self
            .stack
            .last()
            .ok_or_else(|| self.damaged("an empty stack"))?;
        self.memo.insert(slot, value);
        Ok(())
    }

    fn recall(&mut self, slot: u32) -> Result<()> {
        let value = *self
            .memo
            .get(&slot)
            .ok_or_else(|| self.damaged(&format!("memo {slot}, which was never set")))?;
        self.push(value)
    }

    fn push(&mut self, value: Value<'a>) -> Result<()> {
        self.stack.push(value);
        Ok(())
    }

    fn push_sequence(&mut self, items: Vec<Value<'a>>) -> Result<()> {
        self.sequences.push(items);
        self.push(Value::Sequence(self.sequences.len() - 1))
    }

    fn push_dict(&mut self) -> Result<()> {
        self.dicts.push(Vec::new());
        self.push(Value::Dict(self.dicts.len() - 1))
    }

    fn push_tensor(&mut self, view: View) -> Result<()> {
        if self.tensors.len() >= MOST_TENSORS {
            return Err(refused(&format!("more than {MOST_TENSORS} tensors")));
        }
        self.tensors.push(view);
        self.push(Value::Tensor(self.tensors.len() - 1))
    }

    fn extend_list(&mut self, items: &[Value<'a>]) -> Result<()> {
        if let Some(Value::Sequence(index)) = self.stack.last()
            && let Some(list) = self.sequences.get_mut(*index)
        {
            list.extend_from_slice(items);
            return Ok(());
        }
        Err(self.damaged("items for something that is no list"))
    }

    fn extend_dict(&mut self, items: &[Value<'a>]) -> Result<()> {
        if let Some(Value::Dict(index)) = self.stack.last()
            && let Some(dict) = self.dicts.get_mut(*index)
            && let (pairs, []) = items.as_chunks()
        {
            dict.extend(pairs.iter().map(|&[key, value]| (key, value)));
            return Ok(());
        }
        Err(self.damaged("pairs for something that is no dict"))
    }

    fn items(&self, value: Value) -> Result<&[Value<'a>]> {
        match value {
            Value::Sequence(index) => self.sequences.get(index).map(Vec::as_slice),
            _ => None,
        }
        .ok_or_else(|| self.damaged("something else where a tuple belongs"))
    }

    fn pop(&mut self) -> Result<Value<'a>> {
        let value = self
            .stack
            .get(self.floor()..)
            .and_then(<[_]>::last)
            .copied();
        let value = value.ok_or_else(|| self.damaged("an empty stack"))?;
        self.stack.pop();
        Ok(value)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Value<'a>>> {
        match self.stack.len().checked_sub(count) {
            Some(start) if start >= self.floor() => Ok(self.stack.split_off(start)),
            _ => Err(self.damaged("an empty stack")),
        }
    }

    /// The values below the last mark are not for the taking.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value<'a>>> {
        let mark = self
            .marks
            .pop()
            .ok_or_else(|| self.damaged("a mark that was never set"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn damaged(&self, what: &str) -> Error {
        self.input.damaged(what)
    }
}

/// Something that Python would run, or that this reader has no need to know.
fn refused(what: &str) -> Error {
    Error::new(
        ErrorKind::Format,
        format!("refused: {what}; only tensors are read, nothing is executed"),
    )
    .hint("Save the state dict alone: torch.save(model.state_dict(), file).")
}
