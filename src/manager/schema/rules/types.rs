//! The types of expressions, as far as they are known before any object is seen.

use std::fmt;
use std::rc::Rc;

use super::escape::escape;
use crate::manager::schema::formats::Kind;
use crate::manager::schema::node::{Node, Type, Types};

/// The type of an expression.
#[derive(Clone, Debug)]
pub enum Ty<'a> {
    /// Known only when the rule runs.
    Dyn,
    /// Not known yet: the items of `[]`. It becomes whatever it meets.
    Free,
    /// `null`
    Null,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint`
    Uint,
    /// `double`
    Double,
    /// `string`
    Text,
    /// `bytes`
    Bytes,
    /// `duration`
    Duration,
    /// `timestamp`
    Timestamp,
    /// A type as a value.
    Type,
    /// A type of Kubernetes' own: a quantity, an address, a range of addresses.
    Named(&'static str),
    /// `list(T)`
    List(Rc<Ty<'a>>),
    /// `map(K, V)`
    Map(Rc<Ty<'a>>, Rc<Ty<'a>>),
    /// `optional_type(T)`
    Optional(Rc<Ty<'a>>),
    /// An object with named fields. `is_root` says whether it has the fields that every Kubernetes object has.
    Object(&'a Node, bool),
    /// `metadata` of an object, of which rules see the name only.
    Meta,
    /// A parameter of a signature.
    Parameter(usize),
}

impl<'a> Ty<'a> {
    /// The type of what a schema describes; nothing if expressions cannot see it.
    pub fn of(node: &'a Node, is_root: bool) -> Option<Self> {
        let one = match node.types {
            Types::IntOrString => return Some(Self::Dyn),
            Types::Any => return None,
            Types::One(one) => one,
        };
        let format = node.checks.as_ref().and_then(|checks| checks.format.as_ref()).map(|format| format.kind);
        Some(match (one, format) {
            (Type::Boolean, _) => Self::Bool,
            (Type::Integer, _) => Self::Int,
            (Type::Number, _) => Self::Double,
            (Type::String, Some(Kind::Byte)) => Self::Bytes,
            (Type::String, Some(Kind::Date | Kind::DateTime)) => Self::Timestamp,
            (Type::String, Some(Kind::Duration)) => Self::Duration,
            (Type::String, _) => Self::Text,
            (Type::Array, _) => {
                let items = node.items.as_deref()?;
                Self::List(Rc::new(Self::of(items, items.embedded)?))
            }
            (Type::Object, _) => match node.additional.schema() {
                Some(values) => Self::Map(Rc::new(Self::Text), Rc::new(Self::of(values, values.embedded)?)),
                None => Self::Object(node, is_root),
            },
        })
    }

    /// The type of a field of an object, by the name that expressions use.
    pub fn field(&self, name: &str) -> Option<Self> {
        match self {
            Self::Meta => matches!(name, "name" | "generateName").then_some(Self::Text),
            Self::Object(_, true) if name == "metadata" => Some(Self::Meta),
            Self::Object(_, true) if matches!(name, "apiVersion" | "kind") => Some(Self::Text),
            Self::Object(node, _) => {
                let (_, child) = property(node, name)?;
                Self::of(child, child.embedded)
            }
            _ => None,
        }
    }

    /// The type that both can be, if there is one.
    pub fn join(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Free, other) | (other, Self::Free) => Some(other.clone()),
            (Self::Dyn, _) | (_, Self::Dyn) => Some(Self::Dyn),
            (Self::List(one), Self::List(other)) => Some(Self::List(Rc::new(one.join(other)?))),
            (Self::Map(key, value), Self::Map(other_key, other_value)) => {
                Some(Self::Map(Rc::new(key.join(other_key)?), Rc::new(value.join(other_value)?)))
            }
            (Self::Optional(one), Self::Optional(other)) => Some(Self::Optional(Rc::new(one.join(other)?))),
            (Self::Null, other) | (other, Self::Null) if other.is_nullable() => Some(other.clone()),
            _ => self.is_same(other).then(|| self.clone()),
        }
    }

    fn is_nullable(&self) -> bool {
        matches!(
            self,
            Self::Null | Self::Duration | Self::Timestamp | Self::Named(_) | Self::Object(..) | Self::Meta
        )
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Named(one), Self::Named(other)) => one == other,
            (Self::Object(one, _), Self::Object(other, _)) => std::ptr::eq(*one, *other),
            (Self::Parameter(one), Self::Parameter(other)) => one == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// The property that expressions call by a name.
pub fn property<'a>(node: &'a Node, name: &str) -> Option<(&'a str, &'a Node)> {
    // Most names are written as they are.
    if let Some((own, child)) = node.properties.get_key_value(name)
        && escape(own).as_deref() == Some(name)
    {
        return Some((own, child));
    }
    let found = node.properties.iter().find(|(own, _)| escape(own).as_deref() == Some(name));
    found.map(|(own, child)| (own.as_str(), child))
}

impl fmt::Display for Ty<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn | Self::Free => write!(out, "dyn"),
            Self::Null => write!(out, "null"),
            Self::Bool => write!(out, "bool"),
            Self::Int => write!(out, "int"),
            Self::Uint => write!(out, "uint"),
            Self::Double => write!(out, "double"),
            Self::Text => write!(out, "string"),
            Self::Bytes => write!(out, "bytes"),
            Self::Duration => write!(out, "duration"),
            Self::Timestamp => write!(out, "timestamp"),
            Self::Type => write!(out, "type"),
            Self::Named(name) => write!(out, "{name}"),
            Self::List(items) => write!(out, "list({items})"),
            Self::Map(keys, values) => write!(out, "map({keys}, {values})"),
            Self::Optional(inner) => write!(out, "optional_type({inner})"),
            Self::Object(..) | Self::Meta => write!(out, "object"),
            Self::Parameter(number) => write!(out, "T{number}"),
        }
    }
}
