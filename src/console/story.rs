//! A story that is played on the screen: what is told beside it, and who tells it.

use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;

use super::message::Message;

/// What is told beside the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narration {
    /// The words.
    pub text: String,
    /// The pane that is pointed at.
    pub point: Option<String>,
}

/// Somebody else's hands on the keys: a story that plays.
#[derive(Debug)]
pub struct Story {
    /// What it lets happen.
    pub messages: Receiver<Message>,
    /// What the screen shows, for the story to wait for.
    pub shown: watch::Sender<String>,
}
