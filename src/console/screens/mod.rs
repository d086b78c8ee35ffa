//! The screens, one file for each area. Each is drawn from the state, which it never changes.

pub mod columns;
pub mod fault_lab;
pub mod footer;
pub mod header;
pub mod help;
pub mod object;
pub mod palette;
pub mod panes;
pub mod plan;
pub mod question;
pub mod story;
pub mod summary;
pub mod tabs;
