//! Those before whom a story is played: a log, a program that rehearses it, people at a screen.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

use crate::console::key::Key;
use crate::console::message::Message;
use crate::console::snapshot::Snapshot;
use crate::console::still;
use crate::console::story::Narration;

/// How long people read at least, and how long a letter.
const READING: Duration = Duration::from_millis(1500);
const LETTER: Duration = Duration::from_millis(45);
/// How long a key is left to be seen.
const KEY: Duration = Duration::from_millis(350);

/// Those before whom a story is played.
#[async_trait]
pub trait Audience: Send {
    /// Tells what happens behind the scenes.
    fn tell(&mut self, line: &str);
    /// Tells what a presenter says, and what is pointed at.
    async fn narrate(&mut self, text: &str, point: Option<&str>);
    /// Presses keys.
    async fn press(&mut self, keys: &[Key]);
    /// What is on the screen; nothing where there is none.
    async fn look(&mut self) -> Option<String>;
}

/// Those who only listen.
pub struct Listeners<F>(pub F);

#[async_trait]
impl<F: Fn(&str) + Send + Sync> Audience for Listeners<F> {
    fn tell(&mut self, line: &str) {
        (self.0)(line);
    }

    async fn narrate(&mut self, text: &str, _point: Option<&str>) {
        (self.0)(text);
    }

    async fn press(&mut self, _keys: &[Key]) {}

    async fn look(&mut self) -> Option<String> {
        None
    }
}

/// A rehearsal: a screen that nobody sits at.
pub struct Rehearsal<F> {
    /// The screen.
    pub console: Snapshot,
    /// Who takes notes.
    pub notes: F,
}

#[async_trait]
impl<F: Fn(&str) + Send + Sync> Audience for Rehearsal<F> {
    fn tell(&mut self, line: &str) {
        (self.notes)(line);
    }

    async fn narrate(&mut self, text: &str, point: Option<&str>) {
        (self.notes)(text);
        let narration = Narration { text: text.to_owned(), point: point.map(str::to_owned) };
        self.console.tell(Message::Narrate(narration)).await;
    }

    async fn press(&mut self, keys: &[Key]) {
        for key in keys {
            self.console.press(key.event()).await;
        }
        self.console.hear().await;
    }

    async fn look(&mut self) -> Option<String> {
        self.console.take_answers().await;
        self.console.hear().await;
        Some(still::text(&self.console.draw()))
    }
}

/// People at the screen of a console that runs.
pub struct People {
    /// What happens to the console.
    pub messages: Sender<Message>,
    /// What it shows.
    pub shown: watch::Receiver<String>,
}

#[async_trait]
impl Audience for People {
    fn tell(&mut self, line: &str) {
        tracing::info!("{line}");
    }

    async fn narrate(&mut self, text: &str, point: Option<&str>) {
        let narration = Narration { text: text.to_owned(), point: point.map(str::to_owned) };
        // Nobody listens any more when the console was left.
        let _ = self.messages.send(Message::Narrate(narration)).await;
        tokio::time::sleep(READING + LETTER * u32::try_from(text.chars().count()).unwrap_or(0)).await;
    }

    async fn press(&mut self, keys: &[Key]) {
        for key in keys {
            let _ = self.messages.send(Message::Key(key.event())).await;
            tokio::time::sleep(KEY).await;
        }
    }

    async fn look(&mut self) -> Option<String> {
        Some(self.shown.borrow().clone())
    }
}
