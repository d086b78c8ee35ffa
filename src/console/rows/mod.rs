//! What tables show: one row for each object, projected once from the object and kept small.
//!
//! [`cell`] is a value, [`subject`] says which columns the rows of a kind have, [`row`] is a row. [`objects`] makes rows
//! of the manager's objects, `verdict` says how these are, [`facts`] of what the engine knows beside them. [`shelf`]
//! keeps the rows of one subject, [`words`] the texts that many of them share.

pub mod cell;
pub mod facts;
pub mod objects;
pub mod row;
pub mod shelf;
pub mod subject;
mod verdict;
pub mod words;
