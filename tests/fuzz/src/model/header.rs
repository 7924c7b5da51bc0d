//! Edits of a model's header.

use arbitrary::{Result, Unstructured};
use serde_json::{Value, json};
use twinspect::options::{Domain, TABLE};

/// Puts another value anywhere into the header, or another option into its recipe.
pub fn edit(header: &mut Value, input: &mut Unstructured<'_>) -> Result<()> {
    if input.ratio(1_u8, 3)? {
        return set_option(header, input);
    }
    let place = input.choose_index(count(header))?;
    let other = input.choose_index(count(header))?;
    let copy = at(header, &mut { other }).cloned().unwrap_or_default();
    let Some(value) = at_mut(header, &mut { place }) else {
        return Ok(());
    };
    *value = match input.int_in_range(0..=16)? {
        0 => Value::Null,
        1 => json!(0),
        2 => json!(1),
        3 => json!(-1),
        4 => json!(0.5),
        5 => json!(1e38),
        6 => json!(1e300),
        7 => json!(u64::MAX),
        8 => json!(i64::MIN),
        9 => json!(u32::MAX),
        10 => json!(""),
        11 => json!([]),
        12 => json!({}),
        13 => json!(input.arbitrary::<u8>()?),
        14 => json!(i64::from(input.arbitrary::<i16>()?)),
        15 => return shortened(value, input),
        _ => copy,
    };
    Ok(())
}

/// Removes an entry of a list or an object, or puts one in twice.
fn shortened(value: &mut Value, input: &mut Unstructured<'_>) -> Result<()> {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let index = input.choose_index(items.len())?;
            match input.arbitrary()? {
                true => drop(items.remove(index)),
                false => items.push(items[index].clone()),
            }
        }
        Value::Object(entries) if !entries.is_empty() => {
            let index = input.choose_index(entries.len())?;
            let key = entries.keys().nth(index).cloned();
            key.and_then(|key| entries.remove(&key));
        }
        _ => {}
    }
    Ok(())
}

fn set_option(header: &mut Value, input: &mut Unstructured<'_>) -> Result<()> {
    let spec = input.choose(TABLE)?;
    let value = match spec.domain {
        Domain::Int(least, most) => match input.int_in_range(0..=3)? {
            0 => least.to_string(),
            1 => most.to_string(),
            _ => input.arbitrary::<u8>()?.to_string(),
        },
        Domain::Float(least, most) => match input.int_in_range(0..=3)? {
            0 => least.to_string(),
            1 => most.to_string(),
            _ => (least + (most - least) * input.arbitrary::<u8>()? as f64 / 255.0).to_string(),
        },
        Domain::Choice(words) => (*input.choose(words)?).to_owned(),
        Domain::Text => match input.int_in_range(0..=3)? {
            0 => "1".to_owned(),
            1 => "2,1".to_owned(),
            2 => "0,99999999999".to_owned(),
            _ => spec.default.to_owned(),
        },
    };
    if let Some(recipe) = header.get_mut("recipe").and_then(Value::as_array_mut) {
        recipe.retain(|option| option.get(0) != Some(&json!(spec.key)));
        recipe.push(json!([spec.key, value]));
    }
    Ok(())
}

/// How many values there are, those in others too.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(entries) => entries.values().map(count).sum(),
        _ => 0,
    }
}

/// The value at a place in the order of reading.
fn at<'a>(value: &'a Value, place: &mut usize) -> Option<&'a Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter().find_map(|item| at(item, place)),
        Value::Object(entries) => entries.values().find_map(|entry| at(entry, place)),
        _ => None,
    }
}

/// The same, to be changed.
fn at_mut<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| at_mut(item, place)),
        Value::Object(entries) => entries.values_mut().find_map(|entry| at_mut(entry, place)),
        _ => None,
    }
}
