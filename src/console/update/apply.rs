//! One message in, effects out.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::{bulk, dialogs, faults, keys, moves, plans, prepare};
use crate::console::effect::Effect;
use crate::console::elsewhere::{Answer, Elsewhere};
use crate::console::fleet::News;
use crate::console::layout::Layout;
use crate::console::message::{Message, Reload};
use crate::console::model::{Model, Tone};
use crate::console::overlay::Overlay;
use crate::console::rows::facts as rows;
use crate::console::rows::row::Row;
use crate::console::rows::shelf::Freshness;
use crate::console::rows::subject::Subject;
use crate::console::text;
use crate::engine::glance::Facts;

/// How many rows the wheel of the mouse moves at a time.
const WHEEL: isize = 3;

/// Changes the state by what happened, and says what is to be done outside.
pub fn update(model: &mut Model, message: Message, now: DateTime<Utc>) -> Vec<Effect> {
    model.now = now;
    let mut effects = match message {
        Message::Key(key) => keys::pressed(model, &key),
        Message::Mouse(event) => mouse(model, event),
        Message::Suspend => vec![Effect::Suspend],
        Message::Resize(width, height) => {
            model.size = (width, height);
            vec![Effect::Redraw]
        }
        Message::News(news) => {
            for item in news {
                model.fleet.learn(item, now);
            }
            bulk::follow(model)
        }
        Message::Planned(request, proposals) => plans::planned(model, request, proposals),
        Message::Approved(names, Err(why)) => bulk::refused(model, &names, &why),
        other => {
            learn(model, other);
            Vec::new()
        }
    };
    if model.notice.as_ref().is_some_and(|notice| notice.until <= now) {
        model.notice = None;
    }
    effects.extend(prepare::prepare(model));
    effects
}

/// Takes in what asks for nothing to be done.
fn learn(model: &mut Model, message: Message) {
    match message {
        Message::Paste(pasted) => dialogs::paste(model, &pasted),
        Message::Facts(facts) => own_facts(model, *facts),
        Message::Elsewhere(answer) => others_facts(model, *answer),
        Message::Loaded(target, value) => {
            if let Some(loaded) = model.loaded.as_mut().filter(|loaded| loaded.target == target) {
                loaded.value = Some(value);
            }
        }
        Message::ConsoleLog(target, log) => {
            if let Some(loaded) = model.loaded.as_mut().filter(|loaded| loaded.target == target) {
                loaded.log = Some(log.map(|log| text::clean_lines(&log)));
            }
        }
        Message::Lab(found) => faults::found(model, found),
        Message::Done(Ok(told)) | Message::Approved(_, Ok(told)) => model.tell_done(told),
        Message::Done(Err(told)) => model.tell(Tone::Bad, told),
        Message::Reloaded(reload) => reloaded(model, reload),
        Message::Narrate(narration) => model.narration = Some(narration),
        Message::Key(_) | Message::Mouse(_) | Message::Resize(..) | Message::News(_) | Message::Tick => {}
        Message::Planned(..) | Message::Approved(_, Err(_)) | Message::Suspend => {}
    }
}

fn reloaded(model: &mut Model, reload: Reload) {
    match reload {
        Reload::Keymap(keymap) => {
            model.keymap = *keymap;
            model.tell(Tone::Good, "the keymap was read again");
        }
        Reload::Theme(theme) => {
            model.tell(Tone::Good, format!("theme {}", theme.name));
            model.theme = *theme;
        }
        Reload::Mistake(mistake) => model.tell(Tone::Bad, format!("{mistake} (what was before stays)")),
    }
}

/// What the engine in this process knows counts as long as nobody who leads elsewhere knows better.
fn own_facts(model: &mut Model, facts: Facts) {
    if facts.leads {
        model.elsewhere = None;
    }
    if model.elsewhere.as_ref().is_none_or(|elsewhere| elsewhere.why.is_some()) {
        take_facts(model, facts);
    }
}

/// What an engine elsewhere knows. Once it cannot be asked any more, what is there is old.
fn others_facts(model: &mut Model, answer: Answer) {
    let was_reached = model.elsewhere.as_ref().is_some_and(|elsewhere| elsewhere.why.is_none());
    let why = answer.facts.as_ref().err().cloned();
    model.elsewhere = Some(Elsewhere { leader: answer.leader, why });
    match answer.facts {
        Ok(facts) => take_facts(model, facts),
        Err(why) if was_reached => {
            model.facts = None;
            let since = model.now;
            for subject in [Subject::Loop, Subject::Service, Subject::Volume, Subject::Leak] {
                let freshness = Freshness::Stale { since, why: why.clone() };
                model.fleet.learn(News::Freshness(subject, freshness), model.now);
            }
        }
        Err(_) => {}
    }
}

/// Makes rows of what the engine knows.
fn take_facts(model: &mut Model, facts: Facts) {
    let now = model.now;
    let words = &mut model.words;
    let services: Vec<Row> =
        facts.services.iter().map(|(service, spent)| rows::service(*service, spent, now, words)).collect();
    let turns: Vec<Row> =
        facts.turns.iter().map(|turn| rows::turn(&turn.record, turn.failures, words)).collect();
    model.fleet.learn(News::All(Subject::Service, services), now);
    if !turns.is_empty() {
        model.fleet.learn(News::All(Subject::Loop, turns), now);
    }
    match &facts.volumes {
        Some(Ok(volumes)) => {
            let owners = owners(model);
            let words = &mut model.words;
            let shelf = model.fleet.shelf(Subject::Node);
            let owner = |server: &Option<String>| {
                server.as_ref().and_then(|server| shelf.get(owners.get(server.as_str())?))
            };
            let rows: Vec<Row> =
                volumes.iter().map(|volume| rows::volume(volume, owner(&volume.server), words)).collect();
            model.fleet.learn(News::All(Subject::Volume, rows), now);
        }
        Some(Err(why)) => {
            let freshness = Freshness::Absent { why: text::clean(why) };
            model.fleet.learn(News::Freshness(Subject::Volume, freshness), now);
        }
        None => {}
    }
    match &facts.leaks {
        Some(Ok(leaks)) => {
            let leaks = leaks.iter().map(|leak| rows::leak(leak, &mut model.words)).collect();
            model.fleet.learn(News::All(Subject::Leak, leaks), now);
        }
        Some(Err(why)) => {
            let freshness = Freshness::Absent { why: text::clean(why) };
            model.fleet.learn(News::Freshness(Subject::Leak, freshness), now);
        }
        None => {}
    }
    model.facts = Some(facts);
}

/// The machines by their servers.
fn owners(model: &Model) -> std::collections::HashMap<Arc<str>, Arc<str>> {
    let nodes = model.fleet.shelf(Subject::Node).rows();
    nodes.filter_map(|row| Some((row.links.server.clone()?, row.id.clone()))).collect()
}

fn mouse(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    let Some(layout) = Layout::of(model) else { return Vec::new() };
    let rows = match event.kind {
        MouseEventKind::ScrollDown => WHEEL,
        MouseEventKind::ScrollUp => -WHEEL,
        MouseEventKind::Down(MouseButton::Left) => {
            return click(model, &layout, event.column, event.row);
        }
        _ => return Vec::new(),
    };
    if model.overlay.is_none() {
        moves::by(model, rows);
    }
    Vec::new()
}

/// A click chooses: a screen, a row, a pane. It never confirms anything.
fn click(model: &mut Model, layout: &Layout, column: u16, row: u16) -> Vec<Effect> {
    let at = ratatui::layout::Position::new(column, row);
    if matches!(model.overlay, Some(Overlay::Plan(_) | Overlay::Question(_))) {
        return Vec::new();
    }
    model.overlay = None;
    if layout.tabs.contains(at) {
        if let Some(place) = super::super::screens::tabs::at(model, column) {
            moves::open(model, place);
        }
        return Vec::new();
    }
    if let Some(area) = layout.document.filter(|area| area.contains(at) && model.view.detail.is_some()) {
        let line = usize::from(row.saturating_sub(area.y + 1)) + model.document.offset;
        model.document.at = line.min(model.document.lines.len().saturating_sub(1));
        return Vec::new();
    }
    let Some((subject, area)) = layout.tables.iter().find(|(_, area)| area.contains(at)) else {
        return Vec::new();
    };
    if *subject != model.focus() {
        if let Some(place) = moves::place_of(*subject) {
            moves::open(model, place);
        }
        return Vec::new();
    }
    // The frame and the headings come before the first row.
    let Some(line) = row.checked_sub(area.y + 2) else { return Vec::new() };
    let shelf = model.fleet.shelf(*subject);
    if let Some(table) = model.tables.get_mut(subject) {
        let wanted = table.offset + usize::from(line);
        if wanted < table.visible().len() {
            let again = table.position() == wanted;
            table.go_to(wanted, shelf);
            if again {
                return moves::enter(model);
            }
        }
    }
    Vec::new()
}
