//! How structured merge treats each part of a kind of object: as one value, field by field, as a set, or by keys.
//!
//! Source: the `x-kubernetes-list-type`, `-list-map-keys` and `-map-type` extensions, and what
//! `sigs.k8s.io/structured-merge-diff` makes of them.

use std::sync::Arc;

use serde_json::Value;

/// The structure of one kind, as merging sees it. Cheap to clone.
///
/// It is a graph of nodes in one allocation, because types refer to themselves and to each other.
#[derive(Clone, Debug)]
pub struct Shape {
    nodes: Arc<[Node]>,
    root: Id,
}

/// A node's place in its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(pub(super) u32);

impl Id {
    /// The node that takes its structure from the value: maps by item, lists and scalars whole.
    pub(super) const ANY: Self = Self(0);
    /// The same for fields of built-in types that the table leaves out: maps are structs there.
    pub(super) const OPEN: Self = Self(1);
}

/// How one value is merged.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Whatever the value is: a map is merged by item, all else is replaced whole.
    Any,
    /// The same, but the keys of a map are fields of a struct.
    Open,
    /// One value without parts.
    Scalar(Scalar),
    /// Merged field by field.
    Struct(Struct),
    /// A map that is replaced whole. The node says what is inside, for checking and for strategic merge.
    AtomicMap(Id),
    /// A list that is replaced whole. The node is that of the elements.
    AtomicList(Id),
    /// A list of scalars in which each has its own owner.
    Set,
    /// A list of maps, each known by the values of some of its fields.
    Keyed(Keyed),
}

/// Which scalars a field accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Untyped,
    Text,
    Number,
    Boolean,
}

/// The fields of a map, sorted by name, and what its other keys are.
#[derive(Clone, Debug)]
pub(super) struct Struct {
    pub(super) fields: Vec<Field>,
    pub(super) rest: Rest,
}

/// What a key means that is no declared field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It may not be there.
    Undeclared,
    /// It is an item of a map.
    Items(Id),
    /// It is a field all the same; the table of built-in types lists only what is out of the ordinary.
    Fields,
}

/// One declared field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: Box<str>,
    pub(super) node: Id,
    /// Whether the field exists even in an empty object, as Go structs without a pointer do.
    pub(super) always: bool,
    pub(super) list: ListMerge,
}

/// How strategic merge patch treats a list: Go's `patchStrategy` and `patchMergeKey`.
#[derive(Clone, Debug, Default)]
pub(in crate::manager) enum ListMerge {
    /// The patch's list takes its place.
    #[default]
    Replace,
    /// Scalars are united.
    Values,
    /// Maps are matched by the value of this field.
    Key(Box<str>),
}

/// A list whose elements are known by keys.
#[derive(Clone, Debug)]
pub(super) struct Keyed {
    /// Sorted by name, as they are written in field sets.
    pub(super) keys: Vec<Key>,
    pub(super) item: Id,
}

/// One key of a keyed list, with the value that stands for a missing one.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: Box<str>,
    pub(super) default: Option<Value>,
}

impl Shape {
    pub(super) fn new(nodes: Arc<[Node]>, root: Id) -> Self {
        Self { nodes, root }
    }

    /// Whether this is the shape of a built-in kind, rather than of a custom resource.
    pub(in crate::manager) fn is_builtin(&self) -> bool {
        matches!(self.root().node(), Node::Struct(map) if map.rest == Rest::Fields)
    }

    /// The place at which a walk over an object begins.
    pub(in crate::manager) fn root(&self) -> Spot<'_> {
        Spot { nodes: &self.nodes, id: self.root }
    }
}

/// One node of a shape, while walking along a value.
#[derive(Clone, Copy, Debug)]
pub(in crate::manager) struct Spot<'s> {
    nodes: &'s [Node],
    id: Id,
}

/// What a value is to its node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form<'s> {
    /// It has one owner as a whole.
    Leaf,
    /// Its keys have owners of their own.
    Map,
    /// Its elements have owners of their own.
    List(Elements<'s>),
}

/// How the elements of a list are told apart.
#[derive(Clone, Copy, Debug)]
pub(super) enum Elements<'s> {
    ByValue,
    ByKeys(&'s Keyed),
}

/// A field or item below a map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child<'s> {
    pub(super) spot: Spot<'s>,
    /// Whether it is a field of a struct, rather than an item of a map.
    pub(super) named: bool,
    /// Whether it exists even in an empty object.
    pub(super) always: bool,
}

impl<'s> Spot<'s> {
    pub(super) fn node(self) -> &'s Node {
        self.nodes.get(self.id.0 as usize).unwrap_or(&Node::Any)
    }

    pub(super) fn at(self, id: Id) -> Self {
        Self { nodes: self.nodes, id }
    }

    /// How a value with this node is merged. A value of another type than the node's is a leaf; null is an
    /// empty map or list where the node is one.
    pub(super) fn form(self, value: &Value) -> Form<'s> {
        match (self.node(), value) {
            (Node::Any | Node::Open, Value::Object(_)) => Form::Map,
            (Node::Struct(_), Value::Object(_) | Value::Null) => Form::Map,
            (Node::Set, Value::Array(_) | Value::Null) => Form::List(Elements::ByValue),
            (Node::Keyed(keyed), Value::Array(_) | Value::Null) => Form::List(Elements::ByKeys(keyed)),
            _ => Form::Leaf,
        }
    }

    /// What is below a key; nothing if the key is not declared.
    pub(super) fn declared(self, key: &str) -> Option<Child<'s>> {
        match self.node() {
            Node::Struct(map) => match map.fields.binary_search_by(|field| (*field.name).cmp(key)) {
                Ok(found) => map.fields.get(found).map(|field| self.field(field)),
                Err(_) => match map.rest {
                    Rest::Undeclared => None,
                    Rest::Items(id) => Some(Child { spot: self.at(id), named: false, always: false }),
                    Rest::Fields => Some(Child { spot: self.at(Id::OPEN), named: true, always: false }),
                },
            },
            Node::AtomicMap(inside) => self.at(*inside).declared(key),
            Node::Open => Some(Child { spot: self.at(Id::OPEN), named: true, always: false }),
            _ => Some(Child { spot: self.at(Id::ANY), named: false, always: false }),
        }
    }

    /// What is below a key; an undeclared key is taken as it comes.
    pub(super) fn child(self, key: &str) -> Child<'s> {
        self.declared(key).unwrap_or(Child { spot: self.at(Id::ANY), named: false, always: false })
    }

    /// The node of a list's elements.
    pub(in crate::manager) fn item(self) -> Self {
        match self.node() {
            Node::Keyed(keyed) => self.at(keyed.item),
            Node::AtomicList(item) => self.at(*item),
            Node::Open => self.at(Id::OPEN),
            _ => self.at(Id::ANY),
        }
    }

    /// How strategic merge patch treats the list in a field, and the node of what the field holds.
    pub(in crate::manager) fn patched(self, key: &str) -> (Self, &'s ListMerge) {
        let list = match self.inside().node() {
            Node::Struct(map) => {
                let found = map.fields.binary_search_by(|field| (*field.name).cmp(key)).ok();
                found.and_then(|found| map.fields.get(found)).map(|field| &field.list)
            }
            _ => None,
        };
        (self.child(key).spot, list.unwrap_or(&ListMerge::Replace))
    }

    fn inside(self) -> Self {
        match self.node() {
            Node::AtomicMap(inside) => self.at(*inside),
            _ => self,
        }
    }

    fn field(self, field: &Field) -> Child<'s> {
        Child { spot: self.at(field.node), named: true, always: field.always }
    }
}
