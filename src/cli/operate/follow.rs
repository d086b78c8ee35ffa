//! Progress: what becomes of Operations, told as it changes.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt;
use futures::stream::select_all;
use tokio::time::{Instant, interval, sleep_until};

use super::journal::Filed;
use super::signals::Signals;
use crate::api::operation::Verb;
use crate::api::operation_status::OperationPhase;
use crate::cli::trouble;
use crate::manager::people::table::duration::human;
use crate::settings::words::printable;

/// How often the age of what is waited for is shown anew.
const TICK: Duration = Duration::from_secs(1);
/// How long the manager may be silent before we stop to wait.
const SILENCE: Duration = Duration::from_secs(60);

/// After so long without an error, the next one is another trouble: the watch was open meanwhile.
const APART: Duration = Duration::from_secs(120);

/// How far Operations are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until the engine has begun.
    Begun,
    /// Until they ended. A brake never does: it holds.
    Ended,
}

/// Why following ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All are as far as they were to be followed.
    Reached,
    /// The time was over.
    TimedOut,
    /// A person ended it.
    Stopped,
    /// The manager was silent for too long.
    Silent,
}

/// Follows Operations, and keeps each as it was seen last.
pub async fn follow(
    filed: &mut [Filed],
    until: Until,
    limit: Option<Duration>,
    signals: &mut Signals,
    told: &mut Told,
) -> End {
    let begun = Instant::now();
    let far = Duration::from_secs(u64::from(u32::MAX));
    let end = begun + limit.unwrap_or(far);
    let streams =
        filed.iter().enumerate().map(|(index, one)| one.changes().map(move |seen| (index, seen)).boxed());
    let mut changes = select_all(streams);
    let mut ticks = interval(TICK);
    loop {
        if filed.iter().all(|one| has_reached(one, until)) {
            told.finish();
            return End::Reached;
        }
        tokio::select! {
            change = changes.next() => match change {
                Some((index, Ok(Some(operation)))) => {
                    told.silence = None;
                    if let Some(one) = filed.get_mut(index) {
                        one.operation = operation;
                    }
                }
                Some((_, Ok(None))) => told.silence = None,
                // The watch is opened again after a pause.
                Some((_, Err(error))) => {
                    told.silent(trouble::why(&error));
                    if told.silence_lasts() && !answers(filed, until, told).await {
                        told.finish();
                        return End::Silent;
                    }
                }
                None => {
                    told.silent("the watch ended".to_owned());
                    told.finish();
                    return End::Silent;
                }
            },
            _ = ticks.tick() => {}
            () = sleep_until(end) => {
                // Whether it is slow, or nobody can know how far it is, is another story.
                answers(filed, until, told).await;
                told.finish();
                let is_done = filed.iter().all(|one| has_reached(one, until));
                return if is_done { End::Reached } else { End::TimedOut };
            }
            () = signals.any() => {
                told.finish();
                return End::Stopped;
            }
        }
        told.tell(filed);
    }
}

/// Whether the manager answers when it is asked for the first that is not as far yet. A watch tells only of changes: it
/// may be open again, and nothing happens.
async fn answers(filed: &mut [Filed], until: Until, told: &mut Told) -> bool {
    let Some(one) = filed.iter_mut().find(|one| !has_reached(one, until)) else { return true };
    match one.look().await {
        Ok(()) => told.silence = None,
        Err(why) => told.silent(why),
    }
    told.silence.is_none()
}

fn has_reached(one: &Filed, until: Until) -> bool {
    let phase = one.phase();
    let holds = one.request.verb == Verb::Brake && phase == OperationPhase::Running;
    match until {
        Until::Begun => phase.is_final() || phase == OperationPhase::Running,
        Until::Ended => phase.is_final() || holds,
    }
}

/// A manager that does not answer.
#[derive(Clone, Debug)]
pub struct Silence {
    since: Instant,
    last: Instant,
    /// Why it did not answer last.
    pub why: String,
}

impl Silence {
    /// For how long, for people.
    pub fn age(&self) -> String {
        human(TimeDelta::from_std(self.since.elapsed()).unwrap_or_default())
    }
}

/// What was told last: one line that is written over on a terminal, one line for each change elsewhere.
#[derive(Debug)]
pub struct Told {
    live: bool,
    quiet: bool,
    last: Vec<String>,
    since: Vec<Instant>,
    shown: bool,
    /// The silence of the manager, while it lasts.
    pub silence: Option<Silence>,
}

impl Told {
    /// Nothing was told. A quiet one never tells anything.
    pub fn new(count: usize, quiet: bool) -> Self {
        let live = io::stderr().is_terminal();
        Self {
            live,
            quiet,
            last: vec![String::new(); count],
            since: vec![Instant::now(); count],
            shown: false,
            silence: None,
        }
    }

    fn tell(&mut self, filed: &[Filed]) {
        let mut changed = Vec::new();
        for (index, one) in filed.iter().enumerate() {
            let state = state(one);
            let (Some(last), Some(since)) = (self.last.get_mut(index), self.since.get_mut(index)) else {
                continue;
            };
            if *last != state {
                *last = state;
                *since = Instant::now();
                changed.push(index);
            }
        }
        if self.quiet {
            return;
        }
        if self.live {
            self.over(filed);
            return;
        }
        for index in changed {
            if let (Some(one), Some(last)) = (filed.get(index), self.last.get(index)) {
                write(&format!("{}: {last}\n", one.name()));
            }
        }
    }

    /// Writes the line over: of the Operation that is under way, and how many there are.
    fn over(&mut self, filed: &[Filed]) {
        let ended = filed.iter().filter(|one| one.phase().is_final()).count();
        let going = filed.iter().position(|one| !one.phase().is_final()).unwrap_or(0);
        let (Some(one), Some(last), Some(since)) =
            (filed.get(going), self.last.get(going), self.since.get(going))
        else {
            return;
        };
        let count =
            if filed.len() > 1 { format!("{ended} of {} ended; ", filed.len()) } else { String::new() };
        let age = human(TimeDelta::from_std(since.elapsed()).unwrap_or_default());
        let line = format!("{count}{}: {last} (for {age})", one.name());
        self.shown = true;
        write(&format!("\r\x1b[K{}", clipped(&printable(&line))));
    }

    fn silent(&mut self, why: String) {
        let line = format!("the manager does not answer: {why}; asking again");
        let now = Instant::now();
        let begun = self.silence.as_ref().filter(|silence| silence.last.elapsed() < APART);
        self.silence = Some(Silence { since: begun.map_or(now, |silence| silence.since), last: now, why });
        match (self.quiet, self.live) {
            (true, _) => {}
            (false, true) => {
                self.shown = true;
                write(&format!("\r\x1b[K{}", clipped(&printable(&line))));
            }
            (false, false) => write(&format!("{}\n", printable(&line))),
        }
    }

    fn silence_lasts(&self) -> bool {
        self.silence.as_ref().is_some_and(|silence| silence.since.elapsed() > SILENCE)
    }

    /// Leaves the line that is written over empty.
    fn finish(&mut self) {
        if std::mem::take(&mut self.shown) {
            write("\r\x1b[K");
        }
    }
}

/// Where an Operation is, in a few words.
fn state(one: &Filed) -> String {
    let status = one.operation.status.as_ref();
    let progress = status.and_then(|status| status.progress.as_ref());
    let veto = one.plan().and_then(|plan| plan.vetoes.first());
    let phase = one.phase();
    match (phase, progress, veto) {
        (OperationPhase::Running, Some(progress), _) => {
            let now = progress.now.as_deref().unwrap_or("under way");
            format!("{} {now}", progress.summary)
        }
        (OperationPhase::Planned, _, Some(veto)) => format!("held by a veto: {}", veto.message),
        (OperationPhase::Proposed, ..) => "waits for an engine".to_owned(),
        (OperationPhase::Planned, ..) => "is about to begin".to_owned(),
        (OperationPhase::Approved, ..) | (OperationPhase::Running, None, _) => "begins".to_owned(),
        (OperationPhase::Done, ..) => "done".to_owned(),
        (OperationPhase::Failed, ..) => "failed".to_owned(),
        (OperationPhase::Cancelled, ..) => "cancelled".to_owned(),
    }
}

/// A line that is written over must not be broken by the terminal.
fn clipped(line: &str) -> String {
    let width = rustix::termios::tcgetwinsize(io::stderr()).map_or(80, |size| usize::from(size.ws_col));
    line.chars().take(width.max(20) - 1).collect()
}

fn write(text: &str) {
    let mut out = io::stderr().lock();
    // Nobody looking is nobody's mistake.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
