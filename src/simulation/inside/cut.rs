//! Answers that break off when the API server that sends them is no longer there.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::watch;

use crate::manager::http::body::AnswerBody;

/// The body of an answer, as it comes through a connection that can break.
pub(super) struct CutBody {
    body: AnswerBody,
    lost: BoxFuture<'static, ()>,
    is_cut: bool,
}

impl CutBody {
    /// A body that breaks off with the next loss of the API.
    pub(super) fn new(body: AnswerBody, mut losses: watch::Receiver<u64>) -> Self {
        let lost = async move {
            // When nobody counts losses any more, the cluster itself is gone.
            let _ = losses.changed().await;
        };
        Self { body, lost: lost.boxed(), is_cut: false }
    }
}

impl Body for CutBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.is_cut {
            return Poll::Ready(None);
        }
        if self.lost.poll_unpin(context).is_ready() {
            self.is_cut = true;
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
        }
        let frame = Pin::new(&mut self.body).poll_frame(context);
        frame.map(|frame| frame.map(|frame| frame.map_err(|never| match never {})))
    }

    fn is_end_stream(&self) -> bool {
        self.is_cut || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
