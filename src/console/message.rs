//! What can happen to the console.

use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};
use serde_json::Value;

use super::effect::Name;
use super::elsewhere::Answer;
use super::fleet::News;
use super::keymap::Keymap;
use super::rows::row::Target;
use super::story::Narration;
use super::theme::Theme;
use crate::api::operation::Operation;
use crate::engine::glance::Facts;

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted. It never counts as keys.
    Paste(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// Rows changed.
    News(Vec<News>),
    /// What the engine in this process knows beside objects.
    Facts(Box<Facts>),
    /// What came of asking the engine that leads in another process.
    Elsewhere(Box<Answer>),
    /// An object was read, or could not be.
    Loaded(Target, Result<Arc<Value>, String>),
    /// What a server wrote to its console, or why that cannot be had.
    ConsoleLog(Target, Result<String, String>),
    /// Whether a sandbox in another process takes faults, or why that is not known.
    Lab(Result<bool, String>),
    /// Operations were planned, or could not be: the answer to the request of this number.
    Planned(u64, Vec<Proposal>),
    /// Plans of these Operations were approved, or could not be.
    Approved(Vec<Name>, Result<String, String>),
    /// Something was done, or could not be.
    Done(Result<String, String>),
    /// The files of keymap and theme were read again.
    Reloaded(Reload),
    /// A story tells something beside the screen.
    Narrate(Narration),
    /// Somebody asks the console to suspend, by a signal.
    Suspend,
    /// Time went on.
    Tick,
}

/// One proposed Operation, as far as it came.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What it is about, for people.
    pub about: String,
    /// The Operation with its plan, or why there is none.
    pub planned: Result<Box<Operation>, String>,
}

/// What became of a file that changed.
#[derive(Debug)]
pub enum Reload {
    /// A new keymap.
    Keymap(Box<Keymap>),
    /// A new theme.
    Theme(Box<Theme>),
    /// A mistake; what was before stays.
    Mistake(String),
}
