//! Putting a table together.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::columns::{self, AGE, Column, NAME};
use super::custom;
use super::look::Look;
use super::pod;
use crate::manager::registry::crd::columns::Column as CustomColumn;
use crate::manager::registry::events;
use crate::manager::registry::resource::Resource;
use crate::manager::status::ApiError;

/// What comes with each row beside its cells (`includeObject`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Include {
    /// Nothing.
    Nothing,
    /// The object's metadata.
    Metadata,
    /// The whole object.
    Object,
}

/// The columns of a type in a version, with which rows are made.
#[derive(Debug)]
pub struct Renderer<'a> {
    resource: &'a Resource,
    columns: Columns<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Columns<'a> {
    /// Those of the program itself.
    Known(&'static [Column]),
    /// The name, and those of a CustomResourceDefinition.
    Custom(&'a [CustomColumn]),
}

/// The columns of a CustomResourceDefinition without columns.
const PLAIN: &[Column] = &[NAME, Column { kind: "date", ..AGE }];

impl Include {
    /// Reads the query's `includeObject`; nothing given means the metadata.
    ///
    /// # Errors
    /// 400 for a word that is none of the three.
    pub fn parse(given: Option<&str>) -> Result<Self, ApiError> {
        match given {
            None | Some("" | "Metadata") => Ok(Self::Metadata),
            Some("None") => Ok(Self::Nothing),
            Some("Object") => Ok(Self::Object),
            Some(other) => Err(ApiError::bad_request(format!(
                "Unable to convert to Table as requested: includeObject: Invalid value: {other:?}: must be \
                 'Metadata', 'Object', 'None', or empty"
            ))),
        }
    }
}

impl<'a> Renderer<'a> {
    /// The columns of a type in a version.
    pub fn of(resource: &'a Resource, version: &str) -> Self {
        let custom = resource.custom_version(version).map(|version| version.columns.as_slice());
        let columns = match (resource.built_in, custom) {
            (Some(built_in), _) => Columns::Known(columns::of(built_in.group, built_in.kind)),
            (None, None | Some([])) => Columns::Known(PLAIN),
            (None, Some(custom)) => Columns::Custom(custom),
        };
        Self { resource, columns }
    }

    /// The columns of the Scales of a type.
    pub fn of_scale(resource: &'a Resource) -> Self {
        Self { resource, columns: Columns::Known(columns::SCALE) }
    }

    /// The document around the rows. `list_meta` is the metadata of the list that the rows are of; with
    /// `headers`, it says what the columns are, which a watch does only once.
    pub fn table(&self, list_meta: Value, rows: Vec<Value>, headers: bool) -> Value {
        let definitions = if headers { Value::Array(self.definitions()) } else { Value::Null };
        json!({
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": list_meta,
            "columnDefinitions": definitions,
            "rows": rows,
        })
    }

    /// The row of one object, as it is served.
    pub fn row(&self, object: &Value, include: Include, now: DateTime<Utc>) -> Value {
        let stored;
        let look = if self.resource.group == "events.k8s.io" {
            stored = events::stored(object.clone());
            Look { object: &stored, now }
        } else {
            Look { object, now }
        };
        let mut row = json!({ "cells": self.cells(&look), "object": included(object, include) });
        if self.resource.built_in.is_some_and(|known| (known.group, known.kind) == ("", "Pod"))
            && let Some(conditions) = pod::row_conditions(&look)
        {
            row["conditions"] = conditions;
        }
        row
    }

    fn cells(&self, look: &Look<'_>) -> Vec<Value> {
        match self.columns {
            Columns::Known(columns) => columns.iter().map(|column| column.cell.read(look)).collect(),
            Columns::Custom(columns) => {
                let name = NAME.cell.read(look);
                std::iter::once(name).chain(columns.iter().map(|column| custom::read(column, look))).collect()
            }
        }
    }

    fn definitions(&self) -> Vec<Value> {
        match self.columns {
            Columns::Known(columns) => columns.iter().map(definition).collect(),
            Columns::Custom(columns) => {
                let name = definition(&NAME);
                std::iter::once(name).chain(columns.iter().map(custom::definition)).collect()
            }
        }
    }
}

fn definition(column: &Column) -> Value {
    let Column { name, kind, format, priority, cell: _ } = column;
    json!({ "name": name, "type": kind, "format": format, "description": "", "priority": priority })
}

fn included(object: &Value, include: Include) -> Value {
    match include {
        Include::Nothing => Value::Null,
        Include::Metadata => json!({
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": object.get("metadata").cloned().unwrap_or_default(),
        }),
        Include::Object => object.clone(),
    }
}
