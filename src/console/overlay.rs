//! What stands over the screen and takes the keys: help, palette, questions, plans.

use std::collections::BTreeMap;

use tui_input::Input;

use super::action::{Action, Place};
use super::effect::{FaultWish, Write};
use super::message::Proposal;
use super::rows::row::{Row, Target};
use super::rows::subject::Subject;
use crate::api::operation::Verb;

/// What stands over the screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys that work here.
    Help {
        /// The first line shown.
        offset: usize,
    },
    /// Every action and every object, by name.
    Palette(Palette),
    /// The filter of the table, at the foot of the screen.
    Filter {
        /// What is being written.
        input: Input,
        /// What the filter was before.
        before: String,
        /// What is wrong with it.
        mistake: Option<String>,
    },
    /// A question before an Operation is proposed.
    Question(Question),
    /// Plans to be looked at.
    Plan(PlanDialog),
    /// One line before a key changes something.
    Sure(Sure),
    /// The faults that can be tried.
    Faults(FaultMenu),
    /// The columns of the table, to show and to hide.
    Columns {
        /// Which is chosen.
        at: usize,
    },
}

/// The palette.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    /// What is being written.
    pub input: Input,
    /// What fits it, best first.
    pub found: Vec<Entry>,
    /// Which of these is chosen.
    pub at: usize,
    /// The objects that fitted what was written before: what fits more letters is among them.
    pub fitted: BTreeMap<Subject, Fitted>,
}

/// The rows of a subject that fit to some letters.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The letters.
    pub wanted: String,
    /// How many rows had come to the shelf and gone from it.
    pub names: u64,
    /// Where the rows are.
    pub slots: Vec<u32>,
}

/// Something that the palette offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// How it is written.
    pub name: String,
    /// What it does or is.
    pub told: String,
    /// The keys that do the same.
    pub keys: Option<String>,
    /// Why it cannot be used now.
    pub refused: Option<String>,
    /// What choosing it does.
    pub does: Does,
}

/// What choosing an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Does {
    /// An action.
    Action(Action),
    /// Goes to an object.
    Go(Subject, Target),
    /// Goes to a screen with a filter.
    Filter(Place, String),
    /// Allows changes for some time.
    Arm(chrono::TimeDelta, String),
    /// Takes a theme.
    Theme(String),
    /// Completes what is being written.
    Complete(String),
}

/// A question before an Operation is proposed.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is asked of the engine.
    pub verb: Verb,
    /// The objects as they were when it was asked.
    pub rows: Vec<Row>,
    /// Of scale: the count so far.
    pub count: Option<Input>,
    /// Why.
    pub reason: Input,
    /// Whether the reason is being written, rather than the count.
    pub at_reason: bool,
    /// What is wrong with the answers.
    pub mistake: Option<String>,
}

/// The buttons of a dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Button {
    /// Leave it. The default.
    #[default]
    Cancel,
    /// Do it.
    Confirm,
}

/// One line before a key changes something: `y` does it, everything else leaves it.
#[derive(Clone, Debug)]
pub struct Sure {
    /// What is asked.
    pub question: String,
    /// What is done.
    pub write: Write,
    /// What is said then.
    pub told: String,
}

/// Plans to be looked at.
#[derive(Clone, Debug)]
pub struct PlanDialog {
    /// What is asked.
    pub verb: Verb,
    /// The number of the request that proposed them here; nothing if they are somebody else's, which are never taken back.
    pub request: Option<u64>,
    /// The Operations as far as they came; nothing yet means that the engine is planning.
    pub proposals: Option<Vec<Proposal>>,
    /// How many were asked.
    pub asked: usize,
    /// Which button is chosen.
    pub button: Button,
    /// The name that has to be typed, and what was typed.
    pub typed: Option<(String, Input)>,
    /// The first line shown.
    pub offset: usize,
}

/// The faults that can be tried on what is under the cursor.
#[derive(Clone, Debug, Default)]
pub struct FaultMenu {
    /// What can be tried.
    pub offers: Vec<Offer>,
    /// Which is chosen.
    pub at: usize,
    /// Whether it is to end, and not to begin.
    pub ends: bool,
}

/// A fault that can be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it is called.
    pub told: String,
    /// What lets it happen.
    pub begins: FaultWish,
    /// What ends it; nothing ends what happens once.
    pub ends: Option<FaultWish>,
}
