//! The compiled schema: a tree that is walked beside the object.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use super::formats::Format;
use super::patterns::Pattern;
use super::rules::need::Need;
use super::rules::rule::Rule;

/// One place of a schema: the schema of an object, of a field, of a list's items or of a map's values.
#[derive(Debug, Default)]
pub struct Node {
    /// Which JSON types are allowed.
    pub types: Types,
    /// Whether `null` is allowed.
    pub nullable: bool,
    /// What the field is set to where it is missing.
    pub default: Option<Value>,
    /// The named fields of an object.
    pub properties: BTreeMap<String, Node>,
    /// What an object's other fields may be.
    pub additional: Additional,
    /// The schema of a list's items.
    pub items: Option<Box<Node>>,
    /// `x-kubernetes-preserve-unknown-fields`.
    pub preserve_unknown: bool,
    /// `x-kubernetes-embedded-resource`.
    pub embedded: bool,
    /// `x-kubernetes-list-type` with its keys.
    pub list: ListKind,
    /// The checks of values. Boxed, since most places have none.
    pub checks: Option<Box<Checks>>,
    /// `x-kubernetes-validations`.
    pub rules: Option<Box<PlaceRules>>,
    /// What there is to do at this place or below it, so that walks skip the rest.
    pub below: Below,
}

/// The rules of one place.
#[derive(Debug)]
pub struct PlaceRules {
    /// In the order of the schema.
    pub rules: Vec<Rule>,
    /// What they look at in the value.
    pub need: Need,
    /// What they look at in the old value.
    pub old_need: Need,
}

/// What a walk would find at a place or below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Below {
    /// A default.
    pub defaults: bool,
    /// A list of type set or map.
    pub lists: bool,
    /// An embedded object.
    pub embedded: bool,
    /// A rule of `x-kubernetes-validations`.
    pub rules: bool,
}

/// The JSON types that a place allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Types {
    /// All: the schema names no type.
    #[default]
    Any,
    /// `x-kubernetes-int-or-string`.
    IntOrString,
    /// One type.
    One(Type),
}

/// A type of OpenAPI v3.
#[allow(missing_docs, reason = "the names are OpenAPI's own")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}

impl Type {
    /// The type of a name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "object" => Self::Object,
            "array" => Self::Array,
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            _ => return None,
        })
    }

    /// The type's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }
}

impl Types {
    /// Whether the type is one of these by name; `Any` has no names.
    pub fn names(self, name: Type) -> bool {
        match self {
            Self::Any => false,
            Self::IntOrString => matches!(name, Type::Integer | Type::String),
            Self::One(one) => one == name,
        }
    }

    /// The types as a message lists them.
    pub fn listed(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::IntOrString => "integer,string",
            Self::One(one) => one.name(),
        }
    }
}

/// `additionalProperties`.
#[derive(Debug, Default)]
pub enum Additional {
    /// Not given.
    #[default]
    Unset,
    /// `true` or `false`.
    Allowed(bool),
    /// A schema.
    Schema(Box<Node>),
}

/// `x-kubernetes-list-type`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ListKind {
    /// One value, replaced as a whole.
    #[default]
    Atomic,
    /// No value twice.
    Set,
    /// Items told apart by these fields.
    Map(Vec<String>),
}

/// The checks of values at one place.
#[derive(Debug, Default)]
pub struct Checks {
    /// `required`.
    pub required: Vec<String>,
    /// `enum`.
    pub allowed: Vec<Value>,
    /// `format`, if it is one that Kubernetes knows for the type.
    pub format: Option<Format>,
    /// `multipleOf`.
    pub multiple_of: Option<Number>,
    /// `minimum` with `exclusiveMinimum`.
    pub minimum: Option<Bound>,
    /// `maximum` with `exclusiveMaximum`.
    pub maximum: Option<Bound>,
    /// `minLength` and `maxLength`, in characters.
    pub length: Range,
    /// `pattern`.
    pub pattern: Option<Pattern>,
    /// `minItems` and `maxItems`.
    pub items: Range,
    /// `minProperties` and `maxProperties`.
    pub properties: Range,
    /// `allOf`.
    pub all_of: Vec<Node>,
    /// `anyOf`.
    pub any_of: Vec<Node>,
    /// `oneOf`.
    pub one_of: Vec<Node>,
    /// `not`.
    pub not: Option<Node>,
}

/// An end of the numbers that are allowed.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The number.
    pub at: Number,
    /// Whether the number itself is outside.
    pub exclusive: bool,
}

/// How many there may be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Range {
    /// At least.
    pub least: Option<u64>,
    /// At most.
    pub most: Option<u64>,
}

impl Node {
    /// The schema of a field: its own, else that of all other fields.
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.properties.get(name).or_else(|| self.additional.schema())
    }

    /// Sets [`Below`] from this place and its children, which must be set already.
    pub fn sum_up(&mut self) {
        let mut below = Below {
            defaults: false,
            lists: self.list != ListKind::Atomic,
            embedded: self.embedded,
            rules: self.rules.is_some(),
        };
        for child in self.properties.values().chain(self.additional.schema()).chain(self.items.as_deref()) {
            below.defaults |= child.below.defaults || child.default.is_some();
            below.lists |= child.below.lists;
            below.embedded |= child.below.embedded;
            below.rules |= child.below.rules;
        }
        self.below = below;
    }
}

impl Checks {
    /// Whether there is anything to check.
    pub fn is_needed(&self) -> bool {
        let counts = [self.length, self.items, self.properties];
        let combined = [&self.all_of, &self.any_of, &self.one_of];
        !self.required.is_empty()
            || !self.allowed.is_empty()
            || self.format.is_some()
            || self.multiple_of.is_some()
            || self.minimum.is_some()
            || self.maximum.is_some()
            || self.pattern.is_some()
            || self.not.is_some()
            || counts.iter().any(|range| range.least.is_some() || range.most.is_some())
            || combined.iter().any(|schemas| !schemas.is_empty())
    }
}

impl Additional {
    /// The schema, if there is one.
    pub fn schema(&self) -> Option<&Node> {
        match self {
            Self::Schema(node) => Some(node),
            Self::Unset | Self::Allowed(_) => None,
        }
    }

    /// The schema, if there is one, to be changed.
    pub fn schema_mut(&mut self) -> Option<&mut Node> {
        match self {
            Self::Schema(node) => Some(node),
            Self::Unset | Self::Allowed(_) => None,
        }
    }
}
