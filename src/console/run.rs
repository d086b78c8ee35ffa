//! The loop: what happens becomes messages, messages change the state, the state becomes a frame.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::Event;
use kube::Client;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Instant, Interval, interval, sleep_until};

use super::age;
use super::effect::Effect;
use super::feed::{self, Inbox};
use super::files::Files;
use super::gate::Gate;
use super::input;
use super::keymap::Keymap;
use super::layout::Layout;
use super::message::Message;
use super::model::{Model, Surroundings};
use super::palette::Depth;
use super::perform::Hands;
use super::rows::cell::Cell;
use super::seat::Seat;
use super::still;
use super::story::Story;
use super::stuck;
use super::terminal::{self, Terminal};
use super::theme::Theme;
use super::update::{apply, prepare};
use super::view::{self, Look};
use crate::clock;
use crate::engine::glance::Facts;

/// How often what changes is shown: often enough to watch, and little enough for a slow link.
const LIVE: Duration = Duration::from_millis(500);
/// The same while the first listing is under way.
const FILLING: Duration = Duration::from_millis(50);
/// How often the person's files are looked at.
const FILES: Duration = Duration::from_secs(2);
/// How many keys are taken at a time before a frame is drawn.
const KEYS: usize = 64;
/// How many answers wait at most.
const ANSWERS: usize = 256;
/// The longest time without looking whether an age changed.
const LONGEST: TimeDelta = TimeDelta::seconds(60);

/// Why the console ended before somebody left it.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// There is no terminal, or it is gone.
    #[error("the terminal cannot be used")]
    Terminal(#[source] std::io::Error),
    /// The operating system does not tell of signals.
    #[error("signals cannot be listened for")]
    Signals(#[source] std::io::Error),
    /// Another part of the program broke. It was told where it happened.
    #[error("another part of the program broke")]
    Broken,
}

/// What a console is made of.
pub struct Parts {
    /// The manager.
    pub client: Client,
    /// The engine in this process.
    pub engine: Seat,
    /// What this process has to tell beside what the console does: what was done, or what failed.
    pub notices: Option<Receiver<Result<String, String>>>,
    /// Where the console looks.
    pub surroundings: Surroundings,
    /// Whether changes are allowed.
    pub gate: Gate,
    /// What keys mean.
    pub keymap: Keymap,
    /// How things look.
    pub theme: Theme,
    /// How many colours the terminal shows.
    pub depth: Depth,
    /// Whether only ASCII may be shown.
    pub ascii: bool,
    /// The person's own files.
    pub files: Files,
    /// A story that is played on the screen.
    pub story: Option<Story>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Parts").field("surroundings", &self.surroundings).finish_non_exhaustive()
    }
}

/// Everything that the loop waits for.
struct Sources {
    keys: Receiver<Event>,
    inbox: Arc<Inbox>,
    answers: Receiver<Message>,
    facts: Interval,
    files: Interval,
    ends: [Signal; 3],
    stops: Signal,
    story: Option<Story>,
    notices: Option<Receiver<Result<String, String>>>,
    /// Whether rows wait in the inbox, and when they were taken last.
    waiting: bool,
    taken: Instant,
    /// When what is shown changes by itself.
    wake: Instant,
}

fn listen(kind: SignalKind) -> Result<Signal, ConsoleError> {
    signal(kind).map_err(ConsoleError::Signals)
}

/// The signals that end it.
fn ends() -> Result<[Signal; 3], ConsoleError> {
    Ok([listen(SignalKind::terminate())?, listen(SignalKind::hangup())?, listen(SignalKind::interrupt())?])
}

/// Runs the console until somebody leaves it, or its terminal is gone.
///
/// # Errors
/// When there is no terminal.
pub async fn run(parts: Parts) -> Result<(), ConsoleError> {
    let (ends, _last_resort) = (ends()?, stuck::end_in_time(ends()?));
    let stops = listen(SignalKind::from_raw(signal_hook::consts::SIGTSTP))?;
    let mut terminal = Terminal::take().map_err(ConsoleError::Terminal)?;
    let (sender, answers) = channel(ANSWERS);
    let inbox = Arc::new(Inbox::default());
    let _following = feed::follow_all(&parts.client, &inbox);
    let mut sources = Sources {
        keys: input::events().map_err(ConsoleError::Terminal)?,
        inbox,
        answers,
        facts: interval(LIVE),
        files: interval(FILES),
        ends,
        stops,
        story: parts.story,
        notices: parts.notices,
        waiting: false,
        taken: Instant::now() - LIVE,
        wake: Instant::now(),
    };
    let Parts { client, engine, surroundings, gate, keymap, theme, depth, ascii, mut files, .. } = parts;
    let hands = Hands { client, engine, answers: sender, asking: Arc::default() };
    let mut model = Model::new(surroundings, gate, keymap, theme, clock::now());
    let size = terminal.size().map_err(ConsoleError::Terminal)?;
    let first = apply::update(&mut model, Message::Resize(size.0, size.1), clock::now());
    act(&mut model, &mut terminal, &hands, first);
    let mut looked = (String::new(), None::<Look>);
    let mut happened = true;
    loop {
        if looked.0 != model.theme.name || looked.1.is_none() {
            let styles = model.theme.styles(depth);
            looked = (model.theme.name.clone(), Some(Look { styles, ascii }));
        }
        if let (true, Some(look)) = (happened, &looked.1) {
            let frame = view::draw(&model, look);
            if let Some(story) = &sources.story {
                story.shown.send_replace(still::text(&frame));
            }
            terminal.show(frame).map_err(ConsoleError::Terminal)?;
            sources.wake = wake(&mut model);
        }
        if model.ended {
            return Ok(());
        }
        let Some(messages) = next(&mut sources, &mut model, &hands, &mut files).await else {
            return if terminal::is_broken_off() { Err(ConsoleError::Broken) } else { Ok(()) };
        };
        happened = !messages.is_empty();
        for message in messages {
            if matches!(message, Message::Reloaded(_)) {
                looked.1 = None;
            }
            let effects = apply::update(&mut model, message, clock::now());
            act(&mut model, &mut terminal, &hands, effects);
        }
    }
}

/// Waits for what happens next. Nothing means that it is over.
async fn next(
    sources: &mut Sources,
    model: &mut Model,
    hands: &Hands,
    files: &mut Files,
) -> Option<Vec<Message>> {
    let pause = if model.fleet.is_complete() { LIVE } else { FILLING };
    let Sources {
        keys,
        inbox,
        answers,
        facts,
        files: look,
        ends: [terminate, hangup, interrupt],
        stops,
        story,
        notices,
        waiting,
        taken,
        wake,
    } = sources;
    let ready = *taken + pause;
    let frozen = model.frozen.is_some();
    tokio::select! {
        biased;
        event = keys.recv() => Some(pressed(event?, keys)),
        () = terminal::broken_off() => None,
        _ = terminate.recv() => None,
        _ = hangup.recv() => None,
        _ = interrupt.recv() => None,
        _ = stops.recv() => Some(vec![Message::Suspend]),
        answer = answers.recv() => answer.map(|message| vec![message]),
        told = heard(story.as_mut().map(|story| &mut story.messages)) => {
            // A story that is over leaves the console to the person.
            Some(passed_on(story, told))
        }
        () = inbox.arrived(), if !*waiting => {
            *waiting = true;
            Some(Vec::new())
        }
        () = sleep_until(ready), if *waiting && !frozen => {
            (*waiting, *taken) = (false, Instant::now());
            Some(vec![Message::News(inbox.take())])
        }
        notice = heard(notices.as_mut()) => Some(passed_on(notices, notice.map(Message::Done))),
        _ = facts.tick(), if !frozen => Some(known(model, hands)),
        _ = look.tick() => Some(files.changed().into_iter().map(Message::Reloaded).collect()),
        () = sleep_until(*wake) => {
            model.fleet.unmark(clock::now());
            Some(vec![Message::Tick])
        }
    }
}

/// What the engine in this process knows. Unless it leads, whoever does is asked too, beside all else.
fn known(model: &Model, hands: &Hands) -> Vec<Message> {
    if hands.engine.get().is_none() && hands.is_asking() {
        return Vec::new();
    }
    let question = prepare::question(model);
    let facts = hands.engine.get().map(|engine| Facts::read(engine, &question));
    if !facts.as_ref().is_some_and(|facts| facts.leads) {
        hands.ask_elsewhere(question);
    }
    facts.map(|facts| Message::Facts(Box::new(facts))).into_iter().collect()
}

/// An event, and those that came with it.
fn pressed(first: Event, keys: &mut Receiver<Event>) -> Vec<Message> {
    let mut messages = vec![message_of(first)];
    while messages.len() < KEYS
        && let Ok(event) = keys.try_recv()
    {
        messages.push(message_of(event));
    }
    messages
}

/// What a source said; one that said that it is over is forgotten.
fn passed_on<T>(source: &mut Option<T>, said: Option<Message>) -> Vec<Message> {
    if said.is_none() {
        *source = None;
    }
    said.into_iter().collect()
}

/// What comes through a channel; without one, nothing ever.
async fn heard<T>(from: Option<&mut Receiver<T>>) -> Option<T> {
    match from {
        Some(from) => from.recv().await,
        None => std::future::pending().await,
    }
}

fn message_of(event: Event) -> Message {
    match event {
        Event::Key(key) => Message::Key(key),
        Event::Paste(text) => Message::Paste(text),
        Event::Mouse(event) => Message::Mouse(event),
        Event::Resize(width, height) => Message::Resize(width, height),
        Event::FocusGained | Event::FocusLost => Message::Tick,
    }
}

/// Carries effects out.
fn act(model: &mut Model, terminal: &mut Terminal, hands: &Hands, effects: Vec<Effect>) {
    for effect in effects {
        let done = match effect {
            Effect::Write(permitted) => {
                hands.write(permitted.into_write());
                Ok(())
            }
            Effect::Load(target) => {
                hands.load(target);
                Ok(())
            }
            Effect::LoadConsoleLog(target) => {
                hands.load_console_log(target);
                Ok(())
            }
            Effect::LookForLab => {
                hands.look_for_lab();
                Ok(())
            }
            Effect::Copy(text) => terminal.copy(&text),
            Effect::Mouse(on) => terminal.mouse(on),
            Effect::Redraw => {
                terminal.forget();
                Ok(())
            }
            Effect::Suspend => terminal.suspend().inspect(|()| {
                if let Ok(size) = terminal.size() {
                    model.size = size;
                }
            }),
            Effect::Quit => Ok(()),
        };
        // The next frame will say so if the terminal is gone.
        if let Err(error) = done {
            tracing::warn!(%error, "the terminal does not do what it is asked");
        }
    }
}

/// When something on the screen changes although nothing happens: an age, a countdown, a mark, a message.
fn wake(model: &mut Model) -> Instant {
    let now = model.now;
    let mut times: Vec<DateTime<Utc>> = vec![now + LONGEST];
    times.extend(model.notice.as_ref().map(|notice| notice.until));
    times.extend(model.fleet.unmark(now));
    if model.gate.armed.as_ref().is_some_and(|armed| armed.until > now) {
        times.push(now + TimeDelta::seconds(1));
    }
    times.extend(model.frozen.map(|since| age::next_change(since, now)));
    for (subject, area) in Layout::of(model).unwrap_or_default().tables {
        let Some(table) = model.table(subject) else { continue };
        let shelf = model.fleet.shelf(subject);
        let rows = table.visible().iter().skip(table.offset).take(Layout::rows_of(area));
        for row in rows.filter_map(|slot| shelf.at(*slot)) {
            times.extend(row.cells.iter().filter_map(|cell| match cell {
                Cell::Since(since) => Some(age::next_change(*since, now)),
                _ => None,
            }));
        }
    }
    let next = times.into_iter().min().unwrap_or(now + LONGEST);
    let real = clock::real((next - clock::now()).max(TimeDelta::milliseconds(10)));
    // Where time goes fast, ages change faster than anybody reads.
    Instant::now() + real.max(Duration::from_millis(200))
}
