//! Bodies in Kubernetes' protobuf, which kubectl and other clients of Kubernetes' own types send.
//!
//! Answers are never in protobuf: all these clients read JSON as well. A body is turned into the JSON value that says the
//! same, before anything else sees it.
//!
//! [`decode`] reads a body; [`table`] is how the types are written, from `types.txt`; [`wire`] is protobuf itself.

pub mod decode;
pub mod table;
pub mod wire;
