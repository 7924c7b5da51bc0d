//! The content of a model's file taken apart.

use std::collections::{BTreeMap, HashMap};

use arbitrary::{Result, Unstructured};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use twinspect::model::Model;

const DTYPES: [Dtype; 10] = [
    Dtype::F32,
    Dtype::F64,
    Dtype::F16,
    Dtype::BF16,
    Dtype::I64,
    Dtype::I32,
    Dtype::U8,
    Dtype::I8,
    Dtype::BOOL,
    Dtype::U32,
];

/// Of eight bytes, of which an element takes as many as it has.
const NUMBERS: [[u8; 8]; 10] = [
    [0; 8],
    [0xff; 8],
    f64::NAN.to_le_bytes(),
    f64::MAX.to_le_bytes(),
    (-1.0_f64).to_le_bytes(),
    twice(f32::INFINITY),
    twice(f32::MAX),
    twice(-1.0),
    twice(f32::MIN_POSITIVE),
    [1, 0, 0, 0, 0, 0, 0, 0],
];

/// Larger tensors are not made: whoever sends a file has to send its bytes.
const MOST_BYTES: usize = 1 << 20;

const fn twice(value: f32) -> [u8; 8] {
    let [a, b, c, d] = value.to_le_bytes();
    [a, b, c, d, a, b, c, d]
}

#[derive(Clone)]
struct Entry {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// Header and tensors.
#[derive(Clone)]
pub struct Archive {
    pub header: Value,
    tensors: BTreeMap<String, Entry>,
}

impl Archive {
    /// Of a model.
    pub fn of(model: &Model) -> Self {
        let file = model.to_bytes().expect("a model of ours");
        let content = &file[60..];
        let (_, metadata) = SafeTensors::read_metadata(content).expect("safetensors");
        let header = &metadata.metadata().as_ref().expect("a header")["model"];
        let archive = SafeTensors::deserialize(content).expect("safetensors");
        let tensors = archive.iter().map(|(name, view)| {
            let (dtype, shape) = (view.dtype(), view.shape().to_vec());
            let bytes = view.data().to_vec();
            let entry = Entry {
                dtype,
                shape,
                bytes,
            };
            (name.to_owned(), entry)
        });
        Self {
            header: serde_json::from_str(header).expect("JSON"),
            tensors: tensors.collect(),
        }
    }

    /// The content of a file.
    pub fn bytes(&self) -> Vec<u8> {
        let metadata = HashMap::from([("model".to_owned(), self.header.to_string())]);
        let views = self.tensors.iter().map(|(name, entry)| {
            let shape = entry.shape.clone();
            let view = TensorView::new(entry.dtype, shape, &entry.bytes);
            (name, view.expect("as many bytes as it has"))
        });
        safetensors::serialize(views, Some(metadata)).expect("safetensors")
    }

    /// Removes a tensor, puts another in its place, or gives it another type, shape or numbers.
    pub fn edit_tensor(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let names: Vec<String> = self.tensors.keys().cloned().collect();
        let name = input.choose(&names)?;
        let other = self.tensors[input.choose(&names)?].clone();
        match input.int_in_range(0..=7)? {
            0 => drop(self.tensors.remove(name)),
            1 => drop(self.tensors.insert(name.clone(), other)),
            kind => {
                let Some(entry) = self.tensors.get_mut(name) else {
                    return Ok(());
                };
                match kind {
                    2 => entry.dtype = *input.choose(&DTYPES)?,
                    3 => entry.reshape(input)?,
                    _ => return entry.renumber(input),
                }
                entry.fill();
            }
        }
        Ok(())
    }
}

impl Entry {
    fn reshape(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let sides = self.shape.len();
        let side: usize = match input.int_in_range(0..=4)? {
            0 => 0,
            1 => 1,
            2 => usize::from(input.arbitrary::<u8>()?),
            // The product of all overflows, unless another side is 0.
            3 => 1 << 62,
            _ => usize::from(input.arbitrary::<u16>()?),
        };
        match input.int_in_range(0..=2)? {
            0 => self.shape.push(side),
            1 => drop(self.shape.pop()),
            _ if sides > 0 => self.shape[input.choose_index(sides)?] = side,
            _ => {}
        }
        Ok(())
    }

    fn renumber(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let number = *input.choose(&NUMBERS)?;
        let element = self.element_bytes();
        let count = self.bytes.len() / element.max(1);
        if count == 0 {
            return Ok(());
        }
        let first = input.choose_index(count)?;
        let many = if input.arbitrary()? { count - first } else { 1 };
        for element in self.bytes.chunks_exact_mut(element).skip(first).take(many) {
            // Of a float the bytes that decide are the last ones.
            let tail = &number[number.len() - element.len()..];
            element.copy_from_slice(tail);
        }
        Ok(())
    }

    fn element_bytes(&self) -> usize {
        self.dtype.bitsize() / 8
    }

    /// Makes the bytes as many as the shape says; takes a shape back that says too many.
    fn fill(&mut self) {
        let elements = self
            .shape
            .iter()
            .try_fold(1_usize, |count, side| count.checked_mul(*side));
        let bytes = elements.and_then(|count| count.checked_mul(self.element_bytes()));
        match bytes.filter(|bytes| *bytes <= MOST_BYTES) {
            Some(bytes) => self.bytes.resize(bytes, 0),
            None => {
                self.shape = vec![self.bytes.len() / self.element_bytes()];
                self.bytes.truncate(self.shape[0] * self.element_bytes());
            }
        }
    }
}
