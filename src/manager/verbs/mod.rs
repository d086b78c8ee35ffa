//! What the API server does: one file a verb.
//!
//! - [`dispatch`] sends a request to its verb; [`target`] is what it is about, [`answer`] what comes back.
//! - Reading: [`get`], [`list`] with [`filter`] and [`token`], [`watch`].
//! - Writing: [`create`], [`update`], [`patch`], [`delete`], [`delete_collection`]; [`kind`] reads and checks
//!   objects as their type wants it, [`strategy`] is what each type does at its writes, [`stored`] the way to the store.
//! - Subresources: [`scale`], [`eviction`], [`binding`]; [`review`] answers questions.
//! - [`present`] turns stored objects into what the client asked for.

pub mod answer;
pub mod binding;
pub mod create;
pub mod delete;
pub mod delete_collection;
pub mod dispatch;
pub mod eviction;
pub mod filter;
pub mod get;
pub mod kind;
pub mod list;
pub mod patch;
pub mod present;
pub mod review;
pub mod scale;
pub mod stored;
pub mod strategy;
pub mod target;
pub mod token;
pub mod update;
pub mod watch;
