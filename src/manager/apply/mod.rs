//! Structured merge: who owns which field of an object, and server-side apply.
//!
//! - [`shape`]: how each part of a kind is merged; [`openapi`] reads it from a schema, [`builtin`] from a table.
//! - [`fields`] and [`element`]: sets of fields, in the form in which managedFields stores them.
//! - [`compare`]: the difference between two states, as such sets.
//! - [`manager`]: who writes; [`managed`]: the entries of managedFields.
//! - [`update`]: ownership after create, update, patch, status. The caller: everything that writes.
//! - [`server_side`]: apply, with [`body`], [`check`], [`merge`], [`reconcile`], [`removal`], [`migration`],
//!   [`conflict`] and [`error`]; [`go`] for the words.

pub mod body;
pub mod builtin;
mod check;
mod compare;
pub mod conflict;
pub mod element;
pub mod error;
mod fields;
pub mod go;
mod managed;
pub mod manager;
mod merge;
mod migration;
pub mod openapi;
mod reconcile;
mod removal;
pub mod server_side;
pub mod shape;
pub mod update;
