//! The object itself.

use serde_json::Value;

use super::all;
use crate::console::model::Loaded;
use crate::console::piece::{Line, Sense};

/// The object as YAML, without what only programs need.
pub fn lines(loaded: Option<&Loaded>) -> Vec<Line> {
    let mut object = match all::value(loaded) {
        Ok(value) => value.clone(),
        Err(line) => return vec![line],
    };
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("managedFields");
    }
    match serde_saphyr::to_string(&object) {
        Ok(text) => text.lines().map(line).collect(),
        Err(error) => vec![Line::of(Sense::Removed, format!("it cannot be written as YAML: {error}"))],
    }
}

/// A line with its key told apart from its value.
fn line(text: &str) -> Line {
    match text.split_once(": ") {
        Some((key, value)) => {
            Line::default().and(Sense::Key, format!("{key}:")).and(Sense::Plain, format!(" {value}"))
        }
        None if text.ends_with(':') => Line::of(Sense::Key, text),
        None => Line::of(Sense::Plain, text),
    }
}
