//! Which fields differ between two states of an object, and which fields an applied configuration has.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::element;
use super::fields::{Branch, Fields};
use super::shape::{Elements, Form, Shape, Spot};

/// The difference between two states of an object.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Fields that are new or have another value.
    pub(super) changed: Fields,
    /// Fields that are gone.
    pub(super) removed: Fields,
}

/// The state of a field that exists in Go's empty object.
static EMPTY: LazyLock<Value> = LazyLock::new(|| Value::Object(Map::new()));

/// Which paths a walk over one value puts in the set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// A value that appeared or went: every path of it.
    Difference,
    /// A configuration: leaves, and items of maps and lists; a struct is owned through its fields.
    Configuration,
}

/// Compares two states of an object. What the server itself writes (`metadata.uid` and the like) is left out,
/// since it has no owner.
pub(super) fn compare(shape: &Shape, before: Option<&Value>, after: &Value) -> Changes {
    let mut pair = Pair::default();
    compare_at(shape.root(), before.unwrap_or(&EMPTY), after, Level::Object, &mut pair);
    Changes { changed: pair.changed.into(), removed: pair.removed.into() }
}

/// The fields that a configuration has, and that whoever applies it owns.
pub(super) fn fields_of(shape: &Shape, configuration: &Value) -> Fields {
    whole(shape.root(), configuration, false, Style::Configuration, Level::Object).into()
}

/// Every path of an object, including what has no owner.
pub(super) fn all_fields_of(shape: &Shape, object: &Value) -> Fields {
    whole(shape.root(), object, false, Style::Configuration, Level::Inside).into()
}

/// How far below the root a walk is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Object,
    Metadata,
    Inside,
}

impl Level {
    /// Whether a key at this level has no owner. Source: apimachinery's `stripMetaManager`.
    fn strips(self, key: &str) -> bool {
        match self {
            Self::Object => matches!(key, "apiVersion" | "kind"),
            Self::Metadata => matches!(
                key,
                "name"
                    | "namespace"
                    | "creationTimestamp"
                    | "selfLink"
                    | "uid"
                    | "clusterName"
                    | "generation"
                    | "managedFields"
                    | "resourceVersion"
            ),
            Self::Inside => false,
        }
    }

    fn below(self, key: &str) -> Self {
        if self == Self::Object && key == "metadata" { Self::Metadata } else { Self::Inside }
    }
}

#[derive(Default)]
struct Pair {
    changed: Branch,
    removed: Branch,
}

impl Pair {
    fn put(&mut self, element: impl Fn() -> String, part: Self) {
        self.changed.put(&element, part.changed);
        self.removed.put(&element, part.removed);
    }
}

fn compare_at(spot: Spot<'_>, before: &Value, after: &Value, level: Level, into: &mut Pair) {
    match (spot.form(before), spot.form(after)) {
        (Form::Map, Form::Map) => {
            let (before_map, after_map) = (entries(before), entries(after));
            if before_map.is_empty() && after_map.is_empty() {
                into.changed.member |= before != after;
            } else {
                compare_maps(spot, &before_map, &after_map, level, into);
            }
        }
        (Form::List(elements), Form::List(_)) => {
            let (old, new) = (items(before), items(after));
            if old.is_empty() && new.is_empty() {
                into.changed.member |= before != after;
            } else if old != new {
                compare_lists(spot, elements, old, new, into);
            }
        }
        (Form::Leaf, Form::Leaf) => into.changed.member |= !same_leaf(before, after),
        (old, new) => {
            // The type changed: all that was below is gone, all that is below is new.
            into.removed.below.append(&mut whole(spot, before, true, Style::Difference, level).below);
            into.changed.below.append(&mut whole(spot, after, true, Style::Difference, level).below);
            into.changed.member |= matches!(old, Form::Leaf) || matches!(new, Form::Leaf);
        }
    }
}

fn compare_maps(
    spot: Spot<'_>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    level: Level,
    into: &mut Pair,
) {
    let mut old = before.iter().peekable();
    let mut new = after.iter().peekable();
    loop {
        // Both are sorted, so one walk over both finds the pairs.
        let order = match (old.peek(), new.peek()) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        let old = if order.is_le() { old.next() } else { None };
        let new = if order.is_ge() { new.next() } else { None };
        let Some(key) = old.or(new).map(|(key, _)| key).filter(|key| !level.strips(key)) else { continue };
        let child = spot.child(key);
        let below = level.below(key);
        let empty = child.always.then(|| &*EMPTY);
        let mut part = Pair::default();
        match (old.map(|(_, value)| value).or(empty), new.map(|(_, value)| value).or(empty)) {
            (Some(old), Some(new)) => compare_at(child.spot, old, new, below, &mut part),
            (Some(old), None) => part.removed = whole(child.spot, old, true, Style::Difference, below),
            (None, Some(new)) => part.changed = whole(child.spot, new, true, Style::Difference, below),
            (None, None) => {}
        }
        if below == Level::Metadata {
            // The metadata itself has no owner.
            part.changed.member = false;
            part.removed.member = false;
        }
        into.put(|| element::field(key), part);
    }
}

/// The elements of a list by how they are written; several under one name are duplicates.
type Index<'v> = BTreeMap<String, Vec<&'v Value>>;

fn compare_lists(spot: Spot<'_>, elements: Elements<'_>, before: &[Value], after: &[Value], into: &mut Pair) {
    if before.len() == after.len()
        && after.len() <= FEW
        && compare_in_place(spot, elements, before, after, into)
    {
        return;
    }
    let (Some(mut old), Some(new)) = (index(elements, before), index(elements, after)) else {
        // An element without its keys: nobody can own elements of such a list, only the whole.
        into.changed.member = true;
        return;
    };
    let item = spot.item();
    for (element, new) in new {
        let old = old.remove(&element).unwrap_or_default();
        let mut part = Pair::default();
        match (old.as_slice(), new.as_slice()) {
            ([], [new]) => part.changed = whole(item, new, true, Style::Difference, Level::Inside),
            ([old], [new]) => compare_at(item, old, new, Level::Inside, &mut part),
            ([old], _) => {
                part.removed = whole(item, old, true, Style::Difference, Level::Inside);
                part.changed.member = true;
            }
            (_, [new]) => {
                part.changed = whole(item, new, true, Style::Difference, Level::Inside);
                part.removed.member = true;
            }
            (old, new) => part.changed.member |= old != new,
        }
        into.put(|| element.clone(), part);
    }
    for (element, old) in old {
        let part = match old.as_slice() {
            [old] => whole(item, old, true, Style::Difference, Level::Inside),
            _ => Branch::leaf(),
        };
        into.removed.put(|| element, part);
    }
}

/// Up to this many elements a list is searched for duplicates by looking at all pairs.
const FEW: usize = 32;

/// Compares two lists that have the same elements in the same order, as most have: only what differs needs a
/// name. Does nothing and says so if they are not like that.
fn compare_in_place(
    spot: Spot<'_>,
    elements: Elements<'_>,
    before: &[Value],
    after: &[Value],
    into: &mut Pair,
) -> bool {
    let Elements::ByKeys(keyed) = elements else { return false };
    let same_name = |one: &Value, other: &Value| {
        keyed.keys.iter().all(|key| one.get(&*key.name) == other.get(&*key.name))
    };
    let is_known = |item: &Value| keyed.keys.iter().all(|key| item.get(&*key.name).is_some());
    let alike = before.iter().zip(after).all(|(old, new)| is_known(new) && same_name(old, new));
    let has_duplicates = || {
        after.iter().enumerate().any(|(at, item)| after.iter().take(at).any(|other| same_name(item, other)))
    };
    if !alike || has_duplicates() {
        return false;
    }
    let item = spot.item();
    for (old, new) in before.iter().zip(after).filter(|(old, new)| old != new) {
        let mut part = Pair::default();
        compare_at(item, old, new, Level::Inside, &mut part);
        into.put(|| element::of_item(elements, new).unwrap_or_default(), part);
    }
    true
}

/// All of one value. `own` says whether a map or list is in the set itself, and not only through its parts.
fn whole(spot: Spot<'_>, value: &Value, own: bool, style: Style, level: Level) -> Branch {
    match spot.form(value) {
        Form::Leaf => Branch::leaf(),
        Form::Map => {
            let map = entries(value);
            let mut branch = Branch { member: own, below: Map::new() };
            for (key, value) in map.iter().filter(|(key, _)| !level.strips(key)) {
                let child = spot.child(key);
                let own = match style {
                    Style::Difference => true,
                    Style::Configuration => !child.named || is_void(value),
                };
                let below = level.below(key);
                let mut part = whole(child.spot, value, own, style, below);
                if below == Level::Metadata {
                    part.member = false;
                }
                branch.put(|| element::field(key), part);
            }
            branch
        }
        Form::List(elements) => whole_list(spot, elements, items(value), own, style),
    }
}

fn whole_list(spot: Spot<'_>, elements: Elements<'_>, list: &[Value], own: bool, style: Style) -> Branch {
    let mut branch = Branch { member: own, below: Map::new() };
    let item = spot.item();
    for value in list {
        let Ok(element) = element::of_item(elements, value) else { return Branch::leaf() };
        // Of duplicates only the name can be owned.
        let part = if branch.below.contains_key(&element) {
            Branch::leaf()
        } else {
            whole(item, value, true, style, Level::Inside)
        };
        branch.put(|| element, part);
    }
    branch
}

/// Whether a field holds nothing but still is there, so that a configuration with it owns it.
fn is_void(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn index<'v>(elements: Elements<'_>, list: &'v [Value]) -> Option<Index<'v>> {
    let mut index = Index::new();
    for item in list {
        index.entry(element::of_item(elements, item).ok()?).or_default().push(item);
    }
    Some(index)
}

/// The entries of a map; none for null.
fn entries(value: &Value) -> Cow<'_, Map<String, Value>> {
    match value {
        Value::Object(map) => Cow::Borrowed(map),
        _ => Cow::Owned(Map::new()),
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether two values without parts are the same. `1` and `1.0` are, as in Kubernetes.
pub(super) fn same_leaf(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() != b.is_f64() && a.as_f64() == b.as_f64())
        }
        _ => one == other,
    }
}
