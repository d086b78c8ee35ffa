//! What the API server says to people and to the tools in their hands: kubectl, consoles, code generators.
//!
//! - [`discovery`]: which groups, versions and types there are.
//! - [`openapi`]: what the objects of a type look like, for `kubectl explain` and for clients that check first.
//! - [`table`]: objects as rows of text, as `kubectl get` shows them.
//! - [`negotiate`]: which form of a document is wanted, and whether the client has it already.
//!
//! Everything here reads the registry and writes documents; nothing here changes anything.

pub mod discovery;
pub mod negotiate;
pub mod openapi;
pub mod table;
