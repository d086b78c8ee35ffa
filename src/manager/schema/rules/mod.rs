//! `x-kubernetes-validations`: rules in the Common Expression Language that cross fields or compare with the old
//! object.

pub mod accept;
pub mod compile;
pub mod fieldpath;
pub mod rule;
