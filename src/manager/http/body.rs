//! What answers are sent as: bytes that are there, a list written while it is sent, or changes as they come.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use http_body::{Body, Frame, SizeHint};

use crate::manager::verbs::answer::Content;
use crate::manager::verbs::list::Listing;
use crate::manager::verbs::watch::Watching;

/// The body of an answer.
pub enum AnswerBody {
    /// Bytes that are there.
    Whole(Option<Bytes>),
    /// A list.
    List(Listing),
    /// A watch.
    Watch(BoxStream<'static, Bytes>),
}

impl AnswerBody {
    /// The body that sends a verb's answer.
    pub fn new(content: Content) -> Self {
        match content {
            Content::Whole(bytes) => Self::whole(bytes),
            Content::List(listing) => Self::List(listing),
            Content::Watch(watching) => Self::Watch(stream::unfold(watching, next).boxed()),
        }
    }

    /// Bytes that are there.
    pub fn whole(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

async fn next(mut watching: Box<Watching>) -> Option<(Bytes, Box<Watching>)> {
    let piece = watching.next_piece().await?;
    Some((piece, watching))
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Whole(_) => "AnswerBody::Whole",
            Self::List(_) => "AnswerBody::List",
            Self::Watch(_) => "AnswerBody::Watch",
        })
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match &mut *self {
            Self::Whole(bytes) => bytes.take(),
            Self::List(listing) => listing.next_piece(),
            Self::Watch(changes) => return changes.poll_next_unpin(context).map(|piece| piece.map(frame)),
        };
        Poll::Ready(piece.map(frame))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(Some(bytes)) => SizeHint::with_exact(bytes.len() as u64),
            Self::Whole(None) => SizeHint::with_exact(0),
            Self::List(_) | Self::Watch(_) => SizeHint::default(),
        }
    }
}

fn frame(bytes: Bytes) -> Result<Frame<Bytes>, Infallible> {
    Ok(Frame::data(bytes))
}
