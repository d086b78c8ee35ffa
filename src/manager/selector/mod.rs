//! Which objects a request means: label selectors and field selectors.

pub mod field;
pub mod label;
mod lexer;
