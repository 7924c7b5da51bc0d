//! Bytes that a fuzzer changes in a file that is too large, or too well checked, to be a seed itself.

use arbitrary::{Result, Unstructured};

/// What has a meaning of its own somewhere: lengths, flags, numbers that are none.
const VALUES: [&[u8]; 12] = [
    &[0],
    &[1],
    &[0xff],
    &[0; 8],
    &[1, 0, 0, 0, 0, 0, 0, 0],
    &[0xff; 4],
    &[0xff; 8],
    &f64::NAN.to_le_bytes(),
    &f64::INFINITY.to_le_bytes(),
    &f64::MAX.to_le_bytes(),
    &(-1.0_f64).to_le_bytes(),
    &f32::MAX.to_le_bytes(),
];

/// The file with as many edits as there is input for: values written over others, parts cut out or put in twice.
pub fn edited(mut file: Vec<u8>, input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    while !input.is_empty() && !file.is_empty() {
        let at = place(file.len(), input)?;
        let length = usize::from(input.arbitrary::<u8>()?).min(file.len() - at);
        match input.int_in_range(0..=4)? {
            0 => drop(file.drain(at..at + length)),
            1 => {
                let part = file[at..at + length].to_vec();
                file.splice(at..at, part);
            }
            2 => file.truncate(at),
            3 => {
                let value = input.bytes(length.min(input.len()))?;
                file[at..at + value.len()].copy_from_slice(value);
            }
            _ => {
                let value = *input.choose(&VALUES)?;
                let end = file.len().min(at + value.len());
                file[at..end].copy_from_slice(&value[..end - at]);
            }
        }
    }
    Ok(file)
}

/// Anywhere, but half of the time near an end, where the lengths and flags are.
fn place(length: usize, input: &mut Unstructured<'_>) -> Result<usize> {
    let last = length - 1;
    Ok(match input.int_in_range(0..=3)? {
        0 => input.int_in_range(0..=last.min(255))?,
        1 => last - input.int_in_range(0..=last.min(255))?,
        _ => input.int_in_range(0..=last)?,
    })
}
