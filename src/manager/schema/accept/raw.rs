//! A schema as it was written, read keyword by keyword. Keywords of a wrong type read as absent: they were
//! refused by [`super::shape`] before anything else looks.

use serde_json::{Map, Value};

/// One schema object.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a>(pub &'a Map<String, Value>);

impl<'a> Raw<'a> {
    /// The schema that a value is, if it is an object.
    pub fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// The value of a keyword, null counting as absent.
    pub fn get(self, keyword: &str) -> Option<&'a Value> {
        self.0.get(keyword).filter(|value| !value.is_null())
    }

    /// The text of a keyword, empty where it is absent.
    pub fn text(self, keyword: &str) -> &'a str {
        self.get(keyword).and_then(Value::as_str).unwrap_or_default()
    }

    /// `type`, empty where it is absent.
    pub fn type_name(self) -> &'a str {
        self.text("type")
    }

    /// Whether a keyword is `true`.
    pub fn flag(self, keyword: &str) -> bool {
        self.get(keyword).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A count, such as `maxItems`. Negative ones count as absent for a minimum, and are zero for a maximum.
    pub fn count(self, keyword: &str) -> Option<i64> {
        self.get(keyword).and_then(Value::as_i64)
    }

    /// The texts of a list, such as `required`.
    pub fn texts(self, keyword: &str) -> Vec<&'a str> {
        let list = self.get(keyword).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The schema of a keyword, such as `not` or `items`.
    pub fn schema(self, keyword: &str) -> Option<Raw<'a>> {
        self.get(keyword).and_then(Raw::of)
    }

    /// The schemas of a list, such as `allOf`.
    pub fn schemas(self, keyword: &str) -> Vec<Raw<'a>> {
        let list = self.get(keyword).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Raw::of).collect()
    }

    /// The named schemas of `properties`.
    pub fn properties(self) -> Vec<(&'a str, Raw<'a>)> {
        let fields = self.get("properties").and_then(Value::as_object);
        fields
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.as_str(), Raw::of(value)?)))
            .collect()
    }

    /// The schema of one of `properties`.
    pub fn property(self, name: &str) -> Option<Raw<'a>> {
        self.get("properties")?.get(name).and_then(Raw::of)
    }

    /// `additionalProperties`, as a schema or as a yes or no.
    pub fn additional(self) -> Option<RawAdditional<'a>> {
        match self.get("additionalProperties")? {
            Value::Bool(allowed) => Some(RawAdditional::Allowed(*allowed)),
            other => Raw::of(other).map(RawAdditional::Schema),
        }
    }
}

/// `additionalProperties` as it was written.
#[derive(Clone, Copy, Debug)]
pub enum RawAdditional<'a> {
    /// `true` or `false`.
    Allowed(bool),
    /// A schema.
    Schema(Raw<'a>),
}

impl<'a> RawAdditional<'a> {
    /// The schema, if it is one.
    pub fn schema(self) -> Option<Raw<'a>> {
        match self {
            Self::Schema(schema) => Some(schema),
            Self::Allowed(_) => None,
        }
    }
}

/// The path of a child field: `a.b`.
pub fn child(path: &str, name: &str) -> String {
    format!("{path}.{name}")
}

/// The path of a map's entry: `a[b]`.
pub fn key(path: &str, key: &str) -> String {
    format!("{path}[{key}]")
}

/// The path of an entry of a list: `a.b[0]`.
pub fn entry(path: &str, list: &str, at: usize) -> String {
    format!("{path}.{list}[{at}]")
}

/// The path of a named property: `a.properties[b]`.
pub fn property(path: &str, name: &str) -> String {
    format!("{path}.properties[{name}]")
}
