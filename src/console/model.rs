//! The whole state of the console. It knows no colours, and only `update` changes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::action::{Place, Tab};
use super::effect::Name;
use super::elsewhere::Elsewhere;
use super::fleet::Fleet;
use super::gate::Gate;
use super::key::Key;
use super::keymap::Keymap;
use super::overlay::Overlay;
use super::piece::Line;
use super::rows::row::Target;
use super::rows::subject::Subject;
use super::rows::words::Words;
use super::story::Narration;
use super::table::{Narrowing, Table};
use super::theme::Theme;
use crate::engine::glance::Facts;
use crate::settings::context::Confirm;

/// Where the console looks.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The context's name.
    pub context: String,
    /// Whether everything is simulated, so that faults can be tried.
    pub sandbox: bool,
    /// How a dangerous change is confirmed.
    pub confirm: Confirm,
    /// The person, for Operations: user@host.
    pub person: String,
    /// The team that looks on; what belongs to others is masked then.
    pub tenant: Option<String>,
    /// A line that says how to begin, if there is something to say.
    pub welcome: Option<String>,
}

/// Where a person is.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The screen.
    pub place: Place,
    /// One object on the full screen, and which part of what is known of it.
    pub detail: Option<(Target, Tab)>,
    /// What panes are narrowed to.
    pub narrowing: Narrowing,
    /// The way here, for people.
    pub crumbs: Vec<String>,
}

impl View {
    /// A screen with nothing chosen.
    pub fn of(place: Place) -> Self {
        Self { place, detail: None, narrowing: Narrowing::default(), crumbs: Vec::new() }
    }
}

/// How bad a message to the person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something to know.
    Note,
    /// Something went well.
    Good,
    /// Something went wrong.
    Bad,
}

/// A message to the person, at the foot of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// How bad it is.
    pub tone: Tone,
    /// Until when it stays.
    pub until: DateTime<Utc>,
    /// Whether it says how to take something back, so that mere success does not take its place.
    pub pinned: bool,
}

/// What was read of the object that is looked at.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Which object.
    pub target: Target,
    /// The version of its row when it was asked for.
    pub version: Arc<str>,
    /// When it was asked for.
    pub asked: DateTime<Utc>,
    /// The object, why it cannot be read, or nothing yet.
    pub value: Option<Result<Arc<Value>, String>>,
    /// What its server wrote to its console, if that was asked for.
    pub log: Option<Result<Vec<String>, String>>,
}

/// What is shown of one object, as lines, and where one is in them.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The lines.
    pub lines: Vec<Line>,
    /// The line under the cursor.
    pub at: usize,
    /// The first line on the screen.
    pub offset: usize,
}

/// Operations that are approved wave by wave.
#[derive(Clone, Debug, Default)]
pub struct Bulk {
    /// Those under way.
    pub running: Vec<Name>,
    /// Those still to come, with the hashes of their plans.
    pub waiting: Vec<(Name, String)>,
    /// How many ended well.
    pub done: usize,
    /// How large the next wave is.
    pub wave: usize,
}

/// The whole state.
#[derive(Debug)]
pub struct Model {
    /// The time of what is happening.
    pub now: DateTime<Utc>,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Where the console looks.
    pub surroundings: Surroundings,
    /// Whether changes are allowed.
    pub gate: Gate,
    /// The rows.
    pub fleet: Fleet,
    /// Texts that rows share.
    pub words: Words,
    /// What the engine knows: that of this process, or whoever leads. Nothing if it cannot be asked.
    pub facts: Option<Facts>,
    /// Who leads in another process. Nothing while the engine of this process does, and before anybody looked.
    pub elsewhere: Option<Elsewhere>,
    /// The tables by subject.
    pub tables: BTreeMap<Subject, Table>,
    /// Where one is.
    pub view: View,
    /// Where one was, and where one was before going back.
    pub history: (Vec<View>, Vec<View>),
    /// What stands over the screen.
    pub overlay: Option<Overlay>,
    /// Whether the table has the full screen.
    pub zoomed: bool,
    /// Since when what is shown is frozen.
    pub frozen: Option<DateTime<Utc>>,
    /// The object that is looked at.
    pub loaded: Option<Loaded>,
    /// What is shown of it.
    pub document: Document,
    /// The keys pressed so far of a longer sequence.
    pub pressed: Vec<Key>,
    /// What keys mean.
    pub keymap: Keymap,
    /// How things look. Only its name is of interest here.
    pub theme: Theme,
    /// A message to the person.
    pub notice: Option<Notice>,
    /// What a story tells beside the screen.
    pub narration: Option<Narration>,
    /// Operations approved wave by wave.
    pub bulk: Option<Bulk>,
    /// How many requests were made for plans.
    pub requests: u64,
    /// Whether the mouse is on.
    pub mouse: bool,
    /// When the terminal's title or the like must be told that it ends.
    pub ended: bool,
}

impl Model {
    /// The state at the start.
    pub fn new(
        surroundings: Surroundings,
        gate: Gate,
        keymap: Keymap,
        theme: Theme,
        now: DateTime<Utc>,
    ) -> Self {
        let notice = surroundings.welcome.clone().map(|text| Notice {
            text,
            tone: Tone::Note,
            until: now + chrono::TimeDelta::seconds(60),
            pinned: false,
        });
        Self {
            now,
            size: (80, 24),
            surroundings,
            gate,
            fleet: Fleet::default(),
            words: Words::default(),
            facts: None,
            elsewhere: None,
            tables: Subject::ALL.into_iter().map(|subject| (subject, Table::new(subject))).collect(),
            view: View::of(Place::Triage),
            history: (Vec::new(), Vec::new()),
            overlay: None,
            zoomed: false,
            frozen: None,
            loaded: None,
            document: Document::default(),
            pressed: Vec::new(),
            keymap,
            theme,
            notice,
            narration: None,
            bulk: None,
            requests: 0,
            mouse: false,
            ended: false,
        }
    }

    /// The subject of the table that has the focus.
    pub fn focus(&self) -> Subject {
        subject_of(self.view.place)
    }

    /// The table of a subject.
    pub fn table(&self, subject: Subject) -> Option<&Table> {
        self.tables.get(&subject)
    }

    /// The row under the cursor of the table that has the focus.
    pub fn current(&self) -> Option<&super::rows::row::Row> {
        let subject = self.focus();
        self.table(subject)?.current(self.fleet.shelf(subject))
    }

    /// The object that actions and details are about.
    pub fn target(&self) -> Option<Target> {
        match &self.view.detail {
            Some((target, _)) => Some(target.clone()),
            None => self.current().and_then(|row| row.target.clone()),
        }
    }

    /// Tells the person something for some seconds.
    pub fn tell(&mut self, tone: Tone, text: impl Into<String>) {
        let seconds = if tone == Tone::Bad { 12 } else { 6 };
        let until = self.now + chrono::TimeDelta::seconds(seconds);
        self.notice = Some(Notice { text: super::text::clean(&text.into()), tone, until, pinned: false });
    }

    /// Tells that something is done, unless that would hide what went wrong or how something is taken back.
    pub fn tell_done(&mut self, text: impl Into<String>) {
        let louder = self
            .notice
            .as_ref()
            .is_some_and(|notice| notice.until > self.now && (notice.pinned || notice.tone == Tone::Bad));
        if !louder {
            self.tell(Tone::Good, text);
        }
    }
}

/// The subject of a screen's table.
pub const fn subject_of(place: Place) -> Subject {
    match place {
        Place::Triage => Subject::Incident,
        Place::Pane(subject) => subject,
        Place::Loops => Subject::Loop,
        Place::Journal => Subject::Operation,
        Place::Budget => Subject::Service,
        Place::Faults => Subject::Node,
    }
}
