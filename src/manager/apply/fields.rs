//! Sets of fields, in the very form in which managedFields stores them (FieldsV1).
//!
//! A key is a path element. Its value is `{}` if the path itself is in the set, else a map of what is below;
//! if both, the map has the key `.` as well. Working on this form spares a translation at each write.

use serde_json::{Map, Value};

use super::element;

/// A set of paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields(pub(super) Map<String, Value>);

/// How deep a set may be that comes from outside. The JSON parser has the same limit for whole objects, so
/// that an honest set is never deeper.
const DEEPEST: usize = 128;

/// The key that says that the path of a map with children is in the set too.
const SELF: &str = ".";

/// A part of a set while it is being built: whether the path itself is in it, and what is below.
#[derive(Debug, Default)]
pub(super) struct Branch {
    pub(super) member: bool,
    pub(super) below: Map<String, Value>,
}

impl Branch {
    /// The path alone.
    pub(super) fn leaf() -> Self {
        Self { member: true, below: Map::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }

    /// Puts a part below a path element, unless it is empty.
    pub(super) fn put(&mut self, element: impl FnOnce() -> String, part: Self) {
        if !part.is_empty() {
            self.below.insert(element(), part.into_value());
        }
    }

    fn into_value(mut self) -> Value {
        if self.member && !self.below.is_empty() {
            self.below.insert(SELF.to_owned(), Value::Object(Map::new()));
        }
        Value::Object(self.below)
    }
}

impl From<Branch> for Fields {
    fn from(branch: Branch) -> Self {
        Self(branch.below)
    }
}

impl Fields {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A set that came from outside, in the one way of writing it.
    ///
    /// # Errors
    /// If it is no FieldsV1.
    pub(super) fn decode(given: &Value) -> Result<Self, serde_json::Error> {
        match given {
            Value::Object(given) => decode_map(given, DEEPEST).map(Self::from),
            Value::Null => Ok(Self::default()),
            _ => Err(serde::de::Error::custom("fieldsV1 must be an object")),
        }
    }

    /// Whether all of a path's elements lead to a member.
    pub(super) fn has(&self, path: &[String]) -> bool {
        let Some((last, way)) = path.split_last() else { return false };
        let mut map = &self.0;
        for element in way {
            match map.get(element).and_then(Value::as_object) {
                Some(below) => map = below,
                None => return false,
            }
        }
        map.get(last).and_then(Value::as_object).is_some_and(is_member)
    }

    /// Every path that is in both.
    pub(super) fn shared_with(&self, other: &Map<String, Value>) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        common(&self.0, other, &mut Vec::new(), &mut found);
        found
    }
}

/// Adds `other` to `set`.
pub(super) fn unite(set: &mut Map<String, Value>, other: &Map<String, Value>) {
    for (element, theirs) in other.iter().filter(|(element, _)| *element != SELF) {
        let Some(theirs) = theirs.as_object() else { continue };
        match set.get_mut(element).and_then(Value::as_object_mut) {
            None => {
                set.insert(element.clone(), Value::Object(theirs.clone()));
            }
            Some(ours) => {
                let member = is_member(ours) || is_member(theirs);
                unite(ours, theirs);
                mark(ours, member);
            }
        }
    }
}

/// Takes the paths of `other` from `set`. A path below one of them stays, unless it is named as well.
pub(super) fn subtract(set: &mut Map<String, Value>, other: &Map<String, Value>) {
    if set.is_empty() || other.is_empty() {
        return;
    }
    for (element, theirs) in other.iter().filter(|(element, _)| *element != SELF) {
        let Some(theirs) = theirs.as_object() else { continue };
        let Some(ours) = set.get_mut(element).and_then(Value::as_object_mut) else { continue };
        let member = is_member(ours) && !is_member(theirs);
        ours.remove(SELF);
        subtract(ours, theirs);
        if ours.is_empty() && !member {
            set.remove(element);
        } else {
            mark(ours, member);
        }
    }
}

/// Keeps in `set` what is in `other` as well.
pub(super) fn intersect(set: &mut Map<String, Value>, other: &Map<String, Value>) {
    set.retain(|element, ours| {
        let (Some(ours), Some(theirs)) =
            (ours.as_object_mut(), other.get(element).and_then(Value::as_object))
        else {
            return false;
        };
        let member = is_member(ours) && is_member(theirs);
        ours.remove(SELF);
        intersect(ours, theirs);
        mark(ours, member);
        member || !ours.is_empty()
    });
}

/// Whether the path of this part is in the set.
pub(super) fn is_member(part: &Map<String, Value>) -> bool {
    part.is_empty() || part.contains_key(SELF)
}

/// Says whether the path of a part is in the set. A part without children and membership must be removed by the
/// caller.
pub(super) fn mark(part: &mut Map<String, Value>, member: bool) {
    if !member || part.is_empty() || (part.len() == 1 && part.contains_key(SELF)) {
        part.remove(SELF);
    } else if !part.contains_key(SELF) {
        part.insert(SELF.to_owned(), Value::Object(Map::new()));
    }
}

/// Whether a key of a part is a path element, rather than the mark of the part itself.
pub(super) fn is_element(key: &str) -> bool {
    key != SELF
}

fn common(
    ours: &Map<String, Value>,
    theirs: &Map<String, Value>,
    path: &mut Vec<String>,
    found: &mut Vec<Vec<String>>,
) {
    let shared = || {
        ours.iter().filter_map(|(element, part)| {
            Some((element, part.as_object()?, theirs.get(element)?.as_object()?))
        })
    };
    // Members come before what is below them, as Kubernetes lists conflicts.
    for (element, our_part, their_part) in shared().filter(|(element, ..)| is_element(element)) {
        if is_member(our_part) && is_member(their_part) {
            found.push(path.iter().chain([element]).cloned().collect());
        }
    }
    for (element, our_part, their_part) in shared().filter(|(element, ..)| is_element(element)) {
        path.push(element.clone());
        common(our_part, their_part, path, found);
        path.pop();
    }
}

fn decode_map(given: &Map<String, Value>, depth: usize) -> Result<Branch, serde_json::Error> {
    use serde::de::Error;
    if depth == 0 {
        return Err(Error::custom("fieldsV1 is too deep"));
    }
    let mut set = Branch { member: given.is_empty(), below: Map::new() };
    for (key, value) in given {
        if key == SELF {
            set.member = true;
            continue;
        }
        let Some(element) = element::canonical(key)? else { continue };
        let part = match value {
            Value::Object(below) => decode_map(below, depth - 1)?,
            Value::Null => Branch::leaf(),
            _ => return Err(Error::custom("a path element must hold an object")),
        };
        match set.below.get_mut(&element).and_then(Value::as_object_mut) {
            None => set.put(|| element, part),
            Some(known) => {
                let member = is_member(known) || part.member;
                unite(known, &part.below);
                mark(known, member);
            }
        }
    }
    // As Kubernetes reads it, a map of which nothing is understood stands for its own path.
    set.member |= set.below.is_empty();
    Ok(set)
}
