//! After each change: what the screen will show is worked out here, so that drawing changes nothing.

use std::sync::Arc;

use crate::console::action::Tab;
use crate::console::documents;
use crate::console::effect::Effect;
use crate::console::layout::{LINKED, Layout};
use crate::console::mask;
use crate::console::model::{Loaded, Model};
use crate::console::rows::row::Links;
use crate::console::rows::subject::Subject;
use crate::console::table::Narrowing;
use crate::console::wrap::wrap;

/// Brings tables and document up to date, and asks for what is not read yet.
pub fn prepare(model: &mut Model) -> Vec<Effect> {
    let Some(layout) = Layout::of(model) else { return Vec::new() };
    let mut narrowing = model.view.narrowing.clone();
    for (index, (subject, area)) in layout.tables.iter().enumerate() {
        let shelf = model.fleet.shelf(*subject);
        let Some(table) = model.tables.get_mut(subject) else { continue };
        table.refresh(shelf, &narrowing, model.now);
        table.scroll(Layout::rows_of(*area));
        if LINKED.contains(subject) {
            // Who looks at one node wants its volumes; who looks at a cluster wants those of all its nodes.
            let next = layout.tables.get(index + 1).map(|(next, _)| *next).filter(|_| index == 0);
            narrowing = following(next, table.current(shelf).map(|row| &row.links), &narrowing);
        } else {
            narrowing = Narrowing::default();
        }
    }
    let effects = load(model, &layout);
    if layout.document.is_some() {
        let mut lines = documents::all::lines(model);
        mask::in_lines(&mut lines, model);
        let area = layout.document.unwrap_or_default();
        if model.view.detail.is_some() {
            // The cursor goes by rows of the screen. Beside a table there is none, and the frame is wrapped as it is drawn.
            lines = wrap(&lines, area.width.saturating_sub(2));
        }
        let rows = usize::from(area.height.saturating_sub(2));
        let document = &mut model.document;
        document.lines = lines;
        document.at = document.at.min(document.lines.len().saturating_sub(1));
        if document.at < document.offset {
            document.offset = document.at;
        } else if rows > 0 && document.at >= document.offset + rows {
            document.offset = document.at + 1 - rows;
        }
    }
    effects
}

/// What the pane after this one is narrowed to: what is selected here. Only volumes belong to a server.
fn following(next: Option<Subject>, selected: Option<&Links>, before: &Narrowing) -> Narrowing {
    match selected {
        Some(links) => {
            let server = links.server.clone().filter(|_| next == Some(Subject::Volume));
            Narrowing { links: Links { pool: None, server, ..links.clone() }, only: None }
        }
        None => before.clone(),
    }
}

/// How often what has no row, and so nothing that tells of a change, is read again while it is looked at.
const REREAD: chrono::TimeDelta = chrono::TimeDelta::seconds(5);

/// Asks for the object that is looked at, if it is not the one that was read.
fn load(model: &mut Model, layout: &Layout) -> Vec<Effect> {
    let Some(target) = model
        .target()
        .filter(|_| layout.document.is_some() || model.view.place == crate::console::action::Place::Triage)
    else {
        return Vec::new();
    };
    let row = model.fleet.find(&target);
    if row.is_some_and(|row| row.subject == Subject::Leak) {
        return Vec::new();
    }
    let (has_row, now) = (row.is_some(), model.now);
    let version: Arc<str> = row.map_or_else(|| "".into(), |row| row.version.clone());
    let tab = model.view.detail.as_ref().map(|(_, tab)| *tab);
    let mut effects = Vec::new();
    let same = model.loaded.as_ref().is_some_and(|loaded| loaded.target == target);
    let is_old = |loaded: &Loaded| !has_row && loaded.value.is_some() && loaded.asked + REREAD <= now;
    let current =
        same && model.loaded.as_ref().is_some_and(|loaded| loaded.version == version && !is_old(loaded));
    if !current {
        effects.push(Effect::Load(target.clone()));
        match &mut model.loaded {
            // What was read of it before is shown until the newer one is there.
            Some(loaded) if same => (loaded.version, loaded.asked) = (version, now),
            _ => {
                let target = target.clone();
                model.loaded = Some(Loaded { target, version, asked: now, value: None, log: None });
            }
        }
    }
    if tab == Some(Tab::Console)
        && let Some(loaded) = &mut model.loaded
        && loaded.log.is_none()
    {
        loaded.log = Some(Err("it is being read".to_owned()));
        effects.push(Effect::LoadConsoleLog(target));
    }
    effects
}

/// What the engine is asked for the screen as it is.
pub fn question(model: &Model) -> crate::engine::glance::Question {
    let layout = Layout::of(model).unwrap_or_default();
    let shows = |subject: Subject| layout.tables.iter().any(|(shown, _)| *shown == subject);
    let about = model.target().filter(|_| layout.document.is_some()).map(|target| {
        let row = model.fleet.find(&target);
        let cluster = row.and_then(|row| row.links.cluster.clone());
        let whole = match cluster {
            Some(cluster) if target.kind != "Operation" => cluster,
            _ => target.name.clone(),
        };
        (target.namespace.to_string(), whole.to_string())
    });
    crate::engine::glance::Question {
        turns: shows(Subject::Loop),
        volumes: shows(Subject::Volume),
        leaks: shows(Subject::Leak),
        about,
    }
}
