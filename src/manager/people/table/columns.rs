//! Which columns a type has.

use serde_json::Value;

use super::look::{Look, NONE};
use super::{core_types, governance, plumbing, workloads};

/// A column of a built-in type.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// What stands above it.
    pub name: &'static str,
    /// The type of its cells: `string`, `integer`, `boolean` or `date`.
    pub kind: &'static str,
    /// `name` in the column that names the object.
    pub format: &'static str,
    /// 0: always shown; 1: shown by `-o wide`.
    pub priority: u8,
    /// Where its cells come from.
    pub cell: Cell,
}

/// Where a cell comes from. Paths are JSON pointers.
#[derive(Clone, Copy, Debug)]
pub enum Cell {
    /// The object's name.
    Name,
    /// How old the object is.
    Age,
    /// The text at a path, or this if there is none.
    Text(&'static str, &'static str),
    /// The number at a path, or 0.
    Count(&'static str),
    /// The truth at a path, or this if there is none.
    Truth(&'static str, bool),
    /// The number of entries at a path.
    Entries(&'static str),
    /// The number that this finds in the object.
    Counted(fn(&Look<'_>) -> i64),
    /// The text that this makes of the object.
    Made(fn(&Look<'_>) -> String),
}

/// The column of every table that names the object.
pub const NAME: Column =
    Column { name: "Name", kind: "string", format: "name", priority: 0, cell: Cell::Name };

/// The column that says how old the object is.
pub const AGE: Column = text("Age", Cell::Age);

/// The column of types that have no columns of their own.
const CREATED: Column =
    Column { kind: "date", ..text("Created At", Cell::Text("/metadata/creationTimestamp", NONE)) };

/// The columns of a Scale, of whatever type it is.
pub const SCALE: &[Column] = &[
    Column { format: "", ..NAME },
    number("Desired", Cell::Count("/spec/replicas")),
    number("Available", Cell::Count("/status/replicas")),
    AGE,
];

/// A column of texts.
pub const fn text(name: &'static str, cell: Cell) -> Column {
    Column { name, kind: "string", format: "", priority: 0, cell }
}

/// A column of texts that is only shown by `-o wide`.
pub const fn wide(name: &'static str, cell: Cell) -> Column {
    Column { priority: 1, ..text(name, cell) }
}

/// A column of numbers.
pub const fn number(name: &'static str, cell: Cell) -> Column {
    Column { kind: "integer", ..text(name, cell) }
}

/// A column of truths.
pub const fn truth(name: &'static str, cell: Cell) -> Column {
    Column { kind: "boolean", ..text(name, cell) }
}

/// The columns of a built-in type.
pub fn of(group: &str, kind: &str) -> &'static [Column] {
    let known = core_types::of(group, kind)
        .or_else(|| workloads::of(group, kind))
        .or_else(|| plumbing::of(group, kind))
        .or_else(|| governance::of(group, kind));
    known.unwrap_or(&[NAME, CREATED])
}

impl Cell {
    /// The cell of an object.
    pub fn read(self, look: &Look<'_>) -> Value {
        match self {
            Self::Name => Value::from(look.text("/metadata/name").unwrap_or_default()),
            Self::Age => Value::from(look.since("/metadata/creationTimestamp")),
            Self::Text(path, otherwise) => Value::from(look.text(path).unwrap_or(otherwise)),
            Self::Count(path) => Value::from(look.count(path)),
            Self::Truth(path, otherwise) => {
                Value::from(look.object.pointer(path).and_then(Value::as_bool).unwrap_or(otherwise))
            }
            Self::Entries(path) => {
                let many = look.map(path).map_or_else(|| look.items(path).len(), serde_json::Map::len);
                Value::from(many)
            }
            Self::Counted(count) => Value::from(count(look)),
            Self::Made(make) => Value::from(make(look)),
        }
    }
}
