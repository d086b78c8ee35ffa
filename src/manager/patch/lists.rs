//! The lists of a strategic merge patch: uniting them, and putting them in order.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::error::PatchError;
use super::strategic::{PATCH, cleaned, merge_map, unknown_directive, wrong_kind};
use crate::manager::apply::go;
use crate::manager::apply::shape::{ListMerge, Spot};

/// One list with a patch for it applied. `item` is the node of the elements.
pub(super) fn merge(
    item: Spot<'_>,
    how: &ListMerge,
    original: Vec<Value>,
    patch: Vec<Value>,
) -> Result<Vec<Value>, PatchError> {
    let Some(first) = original.iter().chain(&patch).next() else { return Ok(original) };
    if first.is_array() {
        return Err(PatchError::ListOfLists);
    }
    let kind = std::mem::discriminant(first);
    if original.iter().chain(&patch).any(|value| std::mem::discriminant(value) != kind) {
        let both = Value::Array(vec![Value::Array(original), Value::Array(patch)]);
        return Err(PatchError::Strategic(format!(
            "list element types are not identical: {}",
            go::plain(&both)
        )));
    }
    let (original, merged, patch) = match how {
        ListMerge::Key(key) if first.is_object() => {
            let (original, patch) = special_elements(key, original, patch)?;
            (original.clone(), merge_maps(item, key, original, patch.clone())?, patch)
        }
        _ if first.is_object() => {
            return Err(PatchError::Strategic("cannot merge lists without merge key".to_owned()));
        }
        _ => {
            let mut seen = HashSet::new();
            let both = original.iter().chain(&patch).filter(|value| seen.insert(value.to_string()));
            (original.clone(), both.cloned().collect(), patch)
        }
    };
    ordered(how, merged, &patch, &original)
}

/// Carries out the elements that are directives. What is left are the elements to merge.
fn special_elements(
    key: &str,
    mut original: Vec<Value>,
    patch: Vec<Value>,
) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    let (mut plain, mut deleted, mut replace) = (Vec::new(), HashSet::new(), false);
    for element in patch {
        match element.get(PATCH) {
            None => plain.push(element),
            Some(directive) if directive == "delete" => {
                deleted.insert(key_of(&element, key)?);
            }
            Some(directive) if directive == "replace" => replace = true,
            Some(directive) if directive == "merge" => {
                let why = "merging lists cannot yet be specified in the patch";
                return Err(PatchError::Strategic(why.to_owned()));
            }
            Some(directive) => return Err(unknown_directive(directive, &element)),
        }
    }
    if replace {
        return Ok((plain.into_iter().filter_map(cleaned).collect(), Vec::new()));
    }
    original.retain(|element| element.get(key).is_none_or(|value| !deleted.contains(&value.to_string())));
    Ok((original, plain))
}

/// Merges the elements of a patch into those that have the same key; the others come at the end.
fn merge_maps(
    item: Spot<'_>,
    key: &str,
    original: Vec<Value>,
    patch: Vec<Value>,
) -> Result<Vec<Value>, PatchError> {
    let mut merged = original;
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, element) in merged.iter().enumerate() {
        places.entry(key_of(element, key)?).or_insert(place);
    }
    for element in patch {
        let name = key_of(&element, key)?;
        let (Some(place), Value::Object(patch)) = (places.get(&name), &element) else {
            places.insert(name, merged.len());
            merged.push(cleaned(element).unwrap_or(Value::Null));
            continue;
        };
        if let Some(Value::Object(old)) = merged.get_mut(*place) {
            let old: Map<String, Value> = std::mem::take(old);
            merged[*place] = Value::Object(merge_map(item, old, patch.clone())?);
        }
    }
    Ok(merged)
}

/// Puts a merged list in order: what `order` names in that order, the rest where it was in `live`.
pub(super) fn ordered(
    how: &ListMerge,
    merged: Vec<Value>,
    order: &[Value],
    live: &[Value],
) -> Result<Vec<Value>, PatchError> {
    let wanted = places(how, order)?;
    let lived = places(how, live)?;
    let mut named = Vec::new();
    let mut others = Vec::new();
    for element in merged {
        let name = name_of(how, &element)?;
        let before = lived.get(&name).copied();
        match wanted.get(&name) {
            Some(place) => named.push((*place, before, element)),
            None => others.push((before, element)),
        }
    }
    named.sort_by_key(|(place, ..)| *place);
    others.sort_by_key(|(before, _)| before.unwrap_or(usize::MAX));
    let mut others = others.into_iter().peekable();
    let mut all = Vec::with_capacity(named.len() + others.len());
    for (_, before, element) in named {
        // An element that only the server knows stays before what followed it.
        while others
            .peek()
            .is_some_and(|(other, _)| other.zip(before).is_some_and(|(other, own)| other < own))
        {
            all.extend(others.next().map(|(_, element)| element));
        }
        all.push(element);
    }
    all.extend(others.map(|(_, element)| element));
    Ok(all)
}

/// Checks that the elements of a patch come in the order that the patch says.
pub(super) fn check_order(how: &ListMerge, patch: &[Value], order: &[Value]) -> Result<(), PatchError> {
    if order.is_empty() || patch.is_empty() {
        return Ok(());
    }
    let mut rest = order.iter();
    for element in patch.iter().filter(|element| element.get(PATCH).is_none()) {
        let name = name_of(how, element)?;
        let mut found = false;
        for candidate in rest.by_ref() {
            if name_of(how, candidate)? == name {
                found = true;
                break;
            }
        }
        if !found {
            let (patch, order) = (Value::from(patch.to_vec()), Value::from(order.to_vec()));
            return Err(PatchError::Strategic(format!(
                "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
                go::plain(&patch),
                go::plain(&order)
            )));
        }
    }
    Ok(())
}

fn places(how: &ListMerge, list: &[Value]) -> Result<HashMap<String, usize>, PatchError> {
    let mut places = HashMap::new();
    for (place, element) in list.iter().enumerate() {
        places.entry(name_of(how, element)?).or_insert(place);
    }
    Ok(places)
}

/// What tells an element from others: the value of its merge key, or the scalar itself.
fn name_of(how: &ListMerge, element: &Value) -> Result<String, PatchError> {
    match how {
        ListMerge::Key(key) => key_of(element, key),
        ListMerge::Values | ListMerge::Replace => Ok(element.to_string()),
    }
}

fn key_of(element: &Value, key: &str) -> Result<String, PatchError> {
    let Value::Object(map) = element else { return Err(wrong_kind("map[string]interface {}", element)) };
    match map.get(key) {
        Some(value) => Ok(value.to_string()),
        None => {
            let map = go::plain(element);
            Err(PatchError::Strategic(format!("map: {map} does not contain declared merge key: {key}")))
        }
    }
}
