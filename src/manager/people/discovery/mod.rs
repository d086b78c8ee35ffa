//! Discovery: which groups, versions and types there are.
//!
//! | path | answer |
//! |---|---|
//! | `/api`, `/apis` | groups, or everything at once if the client accepts `APIGroupDiscoveryList` |
//! | `/apis/GROUP` | one group |
//! | `/api/v1`, `/apis/GROUP/VERSION` | the types of a version |
//!
//! [`answer`] picks; [`catalogue`] puts the registry in the order in which it is told; [`subresources`] says what
//! a type has below its objects; [`legacy`] and [`aggregated`] write the two forms of the documents.

pub mod aggregated;
pub mod answer;
pub mod catalogue;
pub mod legacy;
pub mod subresources;
