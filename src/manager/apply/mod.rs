//! Structured merge: who owns which field of an object, and server-side apply.
//!
//! A write goes one of two ways. Create, update, patch and status writes make the object that is to be stored and then
//! call [`update::record`], which compares it with the stored one and moves ownership. An apply patch calls
//! [`server_side::apply`], which merges, finds conflicts, and brings the managedFields along.
//!
//! - [`shape`]: how each part of a kind is merged; `openapi` reads it from a schema, `builtin` from a table.
//! - [`manager`]: who writes, and through which door.
//! - `fields` and `element`: sets of fields, in the form in which managedFields stores them; `managed`: its entries.
//! - `compare`: the difference between two states of an object, as such sets.
//! - [`update`]: ownership after everything that is no apply.
//! - [`server_side`]: apply. [`body`] reads the configuration, `check` refuses what the kind does not know, `merge` and
//!   `removal` make the object, `reconcile` and `migration` take over what an older schema or client left behind;
//!   [`conflict`] and [`error`] say why not, with `go` for the words.

pub mod body;
mod builtin;
mod check;
mod compare;
pub mod conflict;
mod element;
pub mod error;
mod fields;
pub(in crate::manager) mod go;
mod managed;
pub mod manager;
mod merge;
mod migration;
mod openapi;
mod reconcile;
mod removal;
pub mod server_side;
pub mod shape;
pub mod update;
