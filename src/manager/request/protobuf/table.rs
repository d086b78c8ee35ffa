//! How the built-in types are written in protobuf, from `types.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// All types.
pub static TYPES: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("types.txt")));

/// The types by name: `core.Pod`.
#[derive(Debug, Default)]
pub struct Table {
    types: HashMap<String, HashMap<u64, Field>>,
    /// Lines that could not be read. A test holds that there are none.
    unread: Vec<String>,
}

/// A field of a type.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in JSON; nothing if its own fields stand in its place.
    pub name: Option<String>,
    /// Whether zero is something else than absence.
    pub optional: bool,
    /// How many there are.
    pub many: Many,
    /// What it is.
    pub kind: Kind,
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// One.
    One,
    /// A list.
    List,
    /// A map from names.
    Map,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Bytes, in JSON as base64.
    Bytes,
    /// An integer.
    Integer,
    /// True or false.
    Truth,
    /// A float.
    Float,
    /// An amount with a unit.
    Quantity,
    /// A time in seconds.
    Time,
    /// A time with microseconds.
    MicroTime,
    /// An integer or text.
    IntOrText,
    /// JSON as bytes.
    Raw,
    /// Texts in a message of their own.
    Texts,
    /// A message of the type of this name.
    Message(String),
}

impl Table {
    /// The fields of a type by their numbers.
    pub fn find(&self, name: &str) -> Option<&HashMap<u64, Field>> {
        self.types.get(name)
    }

    fn read(text: &str) -> Self {
        let mut table = Self::default();
        let mut package = "";
        let mut current = String::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix("= ") {
                package = name;
            } else if let Some(fields) = line.strip_prefix("  ") {
                for field in fields.split(',').map(str::trim).filter(|field| !field.is_empty()) {
                    match parse(package, field) {
                        Some((number, field)) => {
                            table.types.entry(current.clone()).or_default().insert(number, field);
                        }
                        None => table.unread.push(field.to_owned()),
                    }
                }
            } else {
                current = format!("{package}.{line}");
                table.types.entry(current.clone()).or_default();
            }
        }
        table
    }
}

/// `5 volumeAttributes {}s`
fn parse(package: &str, text: &str) -> Option<(u64, Field)> {
    let mut words = text.split(' ');
    let (number, name, kind) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
    let (optional, kind) = kind.strip_prefix('*').map_or((false, kind), |rest| (true, rest));
    let (many, kind) = match (kind.strip_prefix("[]"), kind.strip_prefix("{}")) {
        (Some(rest), _) => (Many::List, rest),
        (None, Some(rest)) => (Many::Map, rest),
        (None, None) => (Many::One, kind),
    };
    let kind = match kind {
        "s" => Kind::Text,
        "y" => Kind::Bytes,
        "i" => Kind::Integer,
        "b" => Kind::Truth,
        "f" => Kind::Float,
        "q" => Kind::Quantity,
        "t" => Kind::Time,
        "u" => Kind::MicroTime,
        "o" => Kind::IntOrText,
        "r" => Kind::Raw,
        "l" => Kind::Texts,
        name if name.contains('.') => Kind::Message(name.to_owned()),
        name => Kind::Message(format!("{package}.{name}")),
    };
    let name = (name != ".").then(|| name.to_owned());
    Some((number, Field { name, optional, many, kind }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_in_full_and_refers_to_itself_alone() {
        assert_eq!(TYPES.unread, Vec::<String>::new());
        for (name, fields) in &TYPES.types {
            for field in fields.values() {
                if let Kind::Message(inner) = &field.kind {
                    assert!(TYPES.types.contains_key(inner), "{name} refers to {inner}");
                }
            }
        }
    }
}
