//! What is known of one object, as lines. No colours here; lines that are about another object lead to it.

pub mod all;
pub mod explain;
pub mod incident;
pub mod operation;
pub mod overview;
pub mod timeline;
pub mod tree;
pub mod turn;
pub mod yaml;
