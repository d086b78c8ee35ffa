//! Which types of objects there are, and what is known of each.
//!
//! [`index`] finds a type by its path; [`resource`] is what is known of one. The built-in types stand in
//! [`table`], described by [`builtin`]; [`typed`] reads their objects strictly, [`defaults`] fills in what Kubernetes
//! fills in, [`checks`] refuses what Kubernetes refuses beyond types, [`changes`] what may not change, [`events`] converts between the two shapes
//! of an Event. [`crd`] makes types from CustomResourceDefinitions.

pub mod builtin;
pub mod changes;
pub mod checks;
pub mod crd;
pub mod defaults;
pub mod events;
pub mod index;
pub mod resource;
pub mod table;
pub mod typed;
