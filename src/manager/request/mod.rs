//! A request, checked once: path, options and headers become types that cannot be wrong any more.
//!
//! - [`path`]: which resource, object and subresource a URL names.
//! - [`parameters`]: the query, parsed as Go's API server parses it.
//! - [`list_options`], [`write_options`], [`delete_options`]: what each kind of verb takes.
//! - [`accept`]: in which form the answer is wanted; [`content`]: how a body is read, [`protobuf`] as one of its forms.

pub mod accept;
pub mod content;
pub mod delete_options;
pub mod list_options;
pub mod parameters;
pub mod path;
pub mod protobuf;
pub mod write_options;
