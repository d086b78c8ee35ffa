//! Path elements of field sets: how they are written in FieldsV1, and how people read them.
//!
//! `f:NAME` is a field, `k:{…}` the element of a list with these keys, `v:VALUE` the element of a set, `i:N` an
//! index. Source: `sigs.k8s.io/structured-merge-diff/fieldpath`.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::shape::{Elements, Keyed};

/// Why an element of a list has no place in a field set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElementError {
    /// An element of a list with keys is null.
    #[error("associative list with keys may not have a null element")]
    Null,
    /// An element of a list with keys is no map.
    #[error("associative list with keys may not have non-map elements")]
    NotMap,
    /// An element has none of the keys.
    #[error(
        "associative list with keys has an element that omits all key fields {0} \
         (and doesn't have default values for any key fields)"
    )]
    NoKeys(String),
    /// An element of a set is a map.
    #[error("associative list without keys has an element that's a map type")]
    MapInSet,
    /// An element of a set is a list.
    #[error("not supported: associative list with lists as elements")]
    ListInSet,
    /// An element of a set is null.
    #[error("associative list without keys has an element that's an explicit null")]
    NullInSet,
}

/// `f:NAME`.
pub(super) fn field(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    text.push_str("f:");
    text.push_str(name);
    text
}

/// How the element of a list is written.
///
/// # Errors
/// If its type or its keys are not what the list needs.
pub(super) fn of_item(elements: Elements<'_>, item: &Value) -> Result<String, ElementError> {
    match elements {
        Elements::ByKeys(keyed) => by_keys(keyed, item),
        Elements::ByValue => match item {
            Value::Object(_) => Err(ElementError::MapInSet),
            Value::Array(_) => Err(ElementError::ListInSet),
            Value::Null => Err(ElementError::NullInSet),
            scalar => Ok(format!("v:{scalar}")),
        },
    }
}

fn by_keys(keyed: &Keyed, item: &Value) -> Result<String, ElementError> {
    let item = match item {
        Value::Object(item) => item,
        Value::Null => return Err(ElementError::Null),
        _ => return Err(ElementError::NotMap),
    };
    let mut text = String::with_capacity(48);
    text.push_str("k:{");
    let start = text.len();
    for key in &keyed.keys {
        let Some(value) = item.get(&*key.name).or(key.default.as_ref()) else { continue };
        if text.len() > start {
            text.push(',');
        }
        write_text(&mut text, &key.name);
        text.push(':');
        match value {
            Value::String(value) => write_text(&mut text, value),
            value => write_value(&mut text, value),
        }
    }
    if text.len() == start && !keyed.keys.is_empty() {
        let names: Vec<String> = keyed.keys.iter().map(|key| format!("{:?}", key.name)).collect();
        return Err(ElementError::NoKeys(format!("[{}]", names.join(" "))));
    }
    text.push('}');
    Ok(text)
}

fn write_text(text: &mut String, value: &str) {
    let plain = value.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        write_value(text, &Value::from(value));
    }
}

fn write_value(text: &mut String, value: &Value) {
    // Writing into a String cannot fail.
    let _ = write!(text, "{value}");
}

/// A path element that came from outside, in the one way of writing it. Nothing if its type is not known, which
/// is left out as Kubernetes does.
///
/// # Errors
/// If it is no path element.
pub(super) fn canonical(text: &str) -> Result<Option<String>, serde_json::Error> {
    use serde::de::Error;
    let Some((kind, rest)) = text.split_at_checked(2) else {
        return Err(Error::custom("key must be 2 characters long"));
    };
    match kind {
        "f:" => Ok(Some(text.to_owned())),
        "v:" => Ok(Some(format!("v:{}", serde_json::from_str::<Value>(rest)?))),
        "k:" => {
            let keys: Map<String, Value> = serde_json::from_str(rest)?;
            Ok(Some(format!("k:{}", Value::Object(keys))))
        }
        "i:" => match rest.parse::<i64>() {
            Ok(index) => Ok(Some(format!("i:{index}"))),
            Err(_) => Err(Error::custom("an index must be a number")),
        },
        _ if kind.ends_with(':') => Ok(None),
        _ => Err(Error::custom("missing colon")),
    }
}

/// A written path element as people read it: `.spec`, `[name="web"]`, `[="a"]`, `[0]`.
pub(super) fn readable(text: &str) -> String {
    match text.split_at_checked(2) {
        Some(("f:", name)) => format!(".{name}"),
        Some(("v:", value)) => format!("[={value}]"),
        Some(("i:", index)) => format!("[{index}]"),
        Some(("k:", keys)) => match serde_json::from_str::<Map<String, Value>>(keys) {
            Ok(keys) => {
                let keys: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("[{}]", keys.join(","))
            }
            Err(_) => format!("[{keys}]"),
        },
        _ => text.to_owned(),
    }
}
