//! What comes back from a verb.

use bytes::Bytes;

use super::list::Listing;
use super::watch::Watching;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub code: u16,
    /// What the client is to be warned of.
    pub warnings: Vec<String>,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub content: Content,
}

/// The body of an answer.
#[derive(Debug)]
pub enum Content {
    /// Bytes that are there.
    Whole(Bytes),
    /// A list that is written while it is sent.
    List(Listing),
    /// Changes, as they come.
    Watch(Box<Watching>),
}

impl Answer {
    /// JSON that is there.
    pub fn json(code: u16, body: impl Into<Bytes>) -> Self {
        Self {
            code,
            warnings: Vec::new(),
            content_type: "application/json",
            content: Content::Whole(body.into()),
        }
    }

    /// Plain text.
    pub fn text(body: &'static str) -> Self {
        let content = Content::Whole(Bytes::from_static(body.as_bytes()));
        Self { code: 200, warnings: Vec::new(), content_type: "text/plain; charset=utf-8", content }
    }

    /// Adds warnings.
    pub fn warning(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }
}
