//! One screen as it would be, without a terminal: for scripts, documentation and tests.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use tokio::sync::mpsc::channel;
use tokio::time::{Instant, sleep, timeout};

use super::effect::Effect;
use super::elsewhere;
use super::feed::{self, Inbox};
use super::message::Message;
use super::model::Model;
use super::perform::Hands;
use super::run::Parts;
use super::update::{apply, prepare};
use super::view::{self, Look};
use crate::clock;
use crate::engine::glance::Facts;

/// How long the manager has to list everything.
const LISTING: Duration = Duration::from_secs(60);
/// How long an object has to be read.
const READING: Duration = Duration::from_secs(5);
/// How many answers wait at most.
const ANSWERS: usize = 64;

/// The manager did not list everything in time.
#[derive(Debug, thiserror::Error)]
#[error("the manager did not list everything within {} s", LISTING.as_secs())]
pub struct NotListed;

/// A console that nobody sits at: keys are pressed by a program, and the screen is read by one.
#[derive(Debug)]
pub struct Snapshot {
    /// The state.
    pub model: Model,
    hands: Hands,
    answers: tokio::sync::mpsc::Receiver<Message>,
    inbox: Arc<Inbox>,
    look: Look,
    _following: tokio::task::JoinSet<()>,
}

impl Snapshot {
    /// A console of this size that has read everything.
    ///
    /// # Errors
    /// When the manager does not list everything in time.
    pub async fn begin(parts: Parts, size: (u16, u16)) -> Result<Self, NotListed> {
        let (sender, answers) = channel(ANSWERS);
        let inbox = Arc::new(Inbox::default());
        let following = feed::follow_all(&parts.client, &inbox);
        let Parts { client, engine, surroundings, gate, keymap, theme, depth, ascii, .. } = parts;
        let look = Look { styles: theme.styles(depth), ascii };
        let model = Model::new(surroundings, gate, keymap, theme, clock::now());
        let hands = Hands { client, engine, answers: sender, asking: Arc::default() };
        let mut snapshot = Self { model, hands, answers, inbox, look, _following: following };
        snapshot.model.size = size;
        let until = Instant::now() + LISTING;
        while !snapshot.model.fleet.is_complete() {
            if Instant::now() >= until {
                return Err(NotListed);
            }
            let _ = timeout(READING, snapshot.inbox.arrived()).await;
            snapshot.hear().await;
        }
        snapshot.hear().await;
        Ok(snapshot)
    }

    /// Takes in all that became known, and reads what the screen needs.
    pub async fn hear(&mut self) {
        let news = self.inbox.take();
        self.tell(Message::News(news)).await;
        let question = prepare::question(&self.model);
        let facts = self.hands.engine.get().map(|engine| Facts::read(engine, &question));
        let leads = facts.as_ref().is_some_and(|facts| facts.leads);
        if let Some(facts) = facts {
            self.tell(Message::Facts(Box::new(facts))).await;
        }
        if !leads {
            let answer = elsewhere::ask(&self.hands.client, &question).await;
            self.tell(Message::Elsewhere(Box::new(answer))).await;
        }
        self.model.fleet.unmark(clock::now());
        self.tell(Message::Tick).await;
    }

    /// Takes in the answers that are there.
    pub async fn take_answers(&mut self) {
        while let Ok(answer) = self.answers.try_recv() {
            self.tell(answer).await;
        }
    }

    /// Presses a key.
    pub async fn press(&mut self, key: KeyEvent) {
        self.tell(Message::Key(key)).await;
    }

    /// Lets something happen, and waits for what is read because of it.
    pub async fn tell(&mut self, message: Message) {
        let mut reading = self.update(message);
        while reading > 0 {
            let Ok(Some(answer)) = timeout(READING, self.answers.recv()).await else { return };
            if matches!(answer, Message::Loaded(..) | Message::ConsoleLog(..) | Message::Lab(_)) {
                reading -= 1;
            }
            reading += self.update(answer);
        }
    }

    /// Changes the state; answers how many things are being read because of it.
    fn update(&mut self, message: Message) -> usize {
        let effects = apply::update(&mut self.model, message, clock::now());
        effects.into_iter().filter_map(|effect| self.perform(effect).then_some(())).count()
    }

    /// Waits for an answer that is on its way, as long as it takes.
    pub async fn answer(&mut self) {
        if let Some(answer) = self.answers.recv().await {
            self.tell(answer).await;
        }
    }

    /// Waits, and takes in what became known meanwhile.
    pub async fn rest(&mut self, time: Duration) {
        sleep(time).await;
        self.hear().await;
    }

    /// The screen as it is.
    pub fn draw(&self) -> Buffer {
        view::draw(&self.model, &self.look)
    }

    /// Carries an effect out; answers whether an answer is read at once.
    fn perform(&self, effect: Effect) -> bool {
        match effect {
            Effect::Load(target) => {
                self.hands.load(target);
                true
            }
            Effect::LoadConsoleLog(target) => {
                self.hands.load_console_log(target);
                true
            }
            Effect::LookForLab => {
                self.hands.look_for_lab();
                true
            }
            Effect::Write(permitted) => {
                self.hands.write(permitted.into_write());
                false
            }
            Effect::Copy(_) | Effect::Mouse(_) | Effect::Redraw | Effect::Suspend | Effect::Quit => false,
        }
    }
}
