//! What is known of something outside, and since when; or why it is not known.

use chrono::{DateTime, Utc};

/// Something read from outside. What could not be read is `Unknown`, never absent: absence of an answer
/// must not be taken for absence of the thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed<T> {
    /// It was read at `at`.
    Known {
        /// What was read.
        value: T,
        /// When.
        at: DateTime<Utc>,
    },
    /// It could not be read.
    Unknown {
        /// Why, in words for a person.
        why: String,
    },
}

impl<T> Observed<T> {
    /// Something read at a time.
    pub fn known(value: T, at: DateTime<Utc>) -> Self {
        Self::Known { value, at }
    }

    /// Something that could not be read.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into() }
    }

    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// The same observation of another shape.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Known { value, at } => Observed::Known { value: change(value), at },
            Self::Unknown { why } => Observed::Unknown { why },
        }
    }

    /// The observation without its value owned.
    pub fn as_ref(&self) -> Observed<&T> {
        match self {
            Self::Known { value, at } => Observed::Known { value, at: *at },
            Self::Unknown { why } => Observed::Unknown { why: why.clone() },
        }
    }
}

/// All objects of one service, or those that changed since an earlier listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// The objects.
    pub items: Vec<T>,
    /// The service's time at which the listing began: what to ask `changes since` from, next time.
    pub as_of: DateTime<Utc>,
}
