//! `x-kubernetes-validations`: rules in the Common Expression Language (CEL) that cross fields or compare with the
//! old object.
//!
//! The `cel` crate parses and runs expressions. What it does not do is here:
//!
//! | what | file |
//! |---|---|
//! | refuse what is wrong with a rule's texts | [`accept`], [`fieldpath`] |
//! | check names, fields, functions and types before anything runs | [`check`], [`types`], [`signatures`] |
//! | bound what a rule may cost | [`budget`], [`prepare`] |
//! | make an object into values, as far as rules look at it | [`convert`], [`need`], [`escape`] |
//! | Kubernetes' own functions | [`library`] |
//! | run the rules of an object and word what is broken | [`run`], [`failure`] |

pub mod accept;
pub mod budget;
pub mod check;
pub mod compile;
pub mod convert;
pub mod escape;
pub mod failure;
pub mod fieldpath;
pub mod library;
pub mod need;
pub mod prepare;
pub mod rule;
pub mod run;
pub mod signatures;
pub mod types;
