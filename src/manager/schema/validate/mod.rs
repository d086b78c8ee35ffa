//! Checks a value against a compiled schema, in the words of `k8s.io/kube-openapi/pkg/validation`.

pub mod embedded;
pub mod junctors;
pub mod lists;
pub mod numbers;
pub mod types;
pub mod values;
