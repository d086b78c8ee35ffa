//! From row to row, from pane to pane, from screen to screen.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::console::action::{Action, Place, Tab};
use crate::console::effect::Effect;
use crate::console::layout::{LINKED, Layout};
use crate::console::model::{Model, Tone, View};
use crate::console::overlay::Overlay;
use crate::console::rows::row::{Row, Target};
use crate::console::rows::subject::Subject;
use crate::console::table::Narrowing;

/// How many screens are remembered to go back to.
const REMEMBERED: usize = 50;

/// Moves, sorts, marks: what changes only what is looked at.
pub fn run(model: &mut Model, action: Action) -> Vec<Effect> {
    let page = isize::try_from(page(model)).unwrap_or(isize::MAX).max(1);
    match action {
        Action::RowNext => by(model, 1),
        Action::RowPrevious => by(model, -1),
        Action::RowFirst => by(model, isize::MIN / 2),
        Action::RowLast => by(model, isize::MAX / 2),
        Action::PageNext => by(model, page),
        Action::PagePrevious => by(model, -page),
        Action::HalfNext => by(model, (page / 2).max(1)),
        Action::HalfPrevious => by(model, -(page / 2).max(1)),
        Action::RowOpen => return enter(model),
        Action::Back => back(model),
        Action::Forward => forward(model),
        Action::PaneNext => pane(model, 1),
        Action::PanePrevious => pane(model, LINKED.len() - 1),
        Action::Open(place) => open(model, place),
        Action::Detail(tab) => detail(model, tab),
        Action::TabNext => tab(model, true),
        Action::TabPrevious => tab(model, false),
        Action::Filter => open_filter(model),
        _ => table(model, action),
    }
    Vec::new()
}

/// What concerns the table alone.
fn table(model: &mut Model, action: Action) {
    let subject = model.focus();
    let shelf = model.fleet.shelf(subject);
    let Some(table) = model.tables.get_mut(&subject) else { return };
    match action {
        Action::Mark => {
            table.toggle_mark();
            table.go_by(1, shelf);
        }
        Action::MarkAll => table.mark_visible(shelf),
        Action::Unmark => table.marks.clear(),
        Action::SortNext => {
            let shown = |index: &usize| !table.hidden.contains(index);
            let columns = subject.columns().len();
            let next = (1..=columns).map(|step| (table.sort.0 + step) % columns).find(shown);
            table.sort = (next.unwrap_or(0), false);
        }
        Action::SortReverse => table.sort.1 = !table.sort.1,
        Action::ColumnHide => {
            let at = table.sort.0;
            toggle_column(model, at);
        }
        Action::ColumnsAll => table.hidden.clear(),
        Action::ColumnsChoose => model.overlay = Some(Overlay::Columns { at: 0 }),
        Action::FilterClear => {
            // The empty filter is always right.
            let _ = table.set_filter("");
        }
        _ => {}
    }
}

/// Hides a column of the table, or shows it again. Without some of them a row says nothing, and those stay.
pub fn toggle_column(model: &mut Model, at: usize) {
    let subject = model.focus();
    let Some(column) = subject.columns().get(at) else { return };
    if column.expendable == 0 {
        return model.tell(Tone::Note, format!("{} always stays", column.title));
    }
    if let Some(table) = model.tables.get_mut(&subject)
        && !table.hidden.remove(&at)
    {
        table.hidden.insert(at);
    }
}

/// Moves the cursor, in the table or in the document.
pub fn by(model: &mut Model, rows: isize) {
    if model.view.detail.is_some() {
        let last = model.document.lines.len().saturating_sub(1);
        model.document.at = model.document.at.saturating_add_signed(rows).min(last);
        return;
    }
    let subject = model.focus();
    let shelf = model.fleet.shelf(subject);
    if let Some(table) = model.tables.get_mut(&subject) {
        table.go_by(rows, shelf);
    }
}

fn page(model: &Model) -> usize {
    let layout = Layout::of(model).unwrap_or_default();
    match (&model.view.detail, layout.document, layout.focused()) {
        (Some(_), Some(area), _) => usize::from(area.height.saturating_sub(3)),
        (_, _, Some(area)) => Layout::rows_of(area),
        _ => 1,
    }
}

/// Goes to a screen, without what was chosen before.
pub fn open(model: &mut Model, place: Place) {
    go(model, View::of(place));
}

/// Goes somewhere, and remembers where one was.
pub fn go(model: &mut Model, view: View) {
    if view == model.view {
        return;
    }
    let before = std::mem::replace(&mut model.view, view);
    model.history.0.push(before);
    if model.history.0.len() > REMEMBERED {
        model.history.0.remove(0);
    }
    model.history.1.clear();
    model.document = Default::default();
    model.overlay = None;
}

/// A filter goes first: who leaves a screen means all that hides something there.
fn back(model: &mut Model) {
    let subject = model.focus();
    let is_table = model.view.detail.is_none();
    if let Some(table) = model.tables.get_mut(&subject).filter(|table| is_table && !table.filter().is_empty())
    {
        // The empty filter is always right.
        let _ = table.set_filter("");
        return;
    }
    if let Some(before) = model.history.0.pop() {
        let here = std::mem::replace(&mut model.view, before);
        model.history.1.push(here);
        model.document = Default::default();
    } else if model.view.place != Place::Triage || model.view.detail.is_some() {
        model.view = View::of(Place::Triage);
    } else {
        model.tell(Tone::Note, "this is the first screen; q leaves");
    }
}

fn forward(model: &mut Model) {
    if let Some(next) = model.history.1.pop() {
        let here = std::mem::replace(&mut model.view, next);
        model.history.0.push(here);
        model.document = Default::default();
    }
}

/// The next of the linked panes, narrowed by what is selected in this one.
fn pane(model: &mut Model, steps: usize) {
    let Place::Pane(subject) = model.view.place else {
        return open(model, Place::Pane(LINKED[0]));
    };
    let at = LINKED.iter().position(|linked| *linked == subject).unwrap_or(0);
    let next = (at + steps) % LINKED.len();
    let place = Place::Pane(LINKED[next]);
    // Forward keeps what was chosen; round the corner and backwards begins anew.
    let view = if next > at && steps == 1 { View { place, ..model.view.clone() } } else { View::of(place) };
    go(model, view);
}

/// The screen on which a subject's table has the focus.
pub fn place_of(subject: Subject) -> Option<Place> {
    match subject {
        Subject::Incident => Some(Place::Triage),
        Subject::Loop => Some(Place::Loops),
        Subject::Operation => Some(Place::Journal),
        Subject::Service => Some(Place::Budget),
        _ => Some(Place::Pane(subject)),
    }
}

/// Goes into what is under the cursor: what belongs to it, or all that is known of it.
pub fn enter(model: &mut Model) -> Vec<Effect> {
    if model.view.detail.is_some() {
        let leads = model.document.lines.get(model.document.at).and_then(|line| line.leads.clone());
        if let Some(target) = leads {
            show(model, target, Tab::Overview);
        }
        return Vec::new();
    }
    let Some(row) = model.current().cloned() else { return Vec::new() };
    match row.subject {
        Subject::Incident => incident(model, &row),
        Subject::Tenant => narrow(model, &row, Subject::Cluster),
        Subject::Cluster | Subject::Pool => narrow(model, &row, Subject::Node),
        Subject::Loop => {
            if let Some(target) = row.target {
                show(model, target, Tab::Loop);
            }
        }
        Subject::Node | Subject::Balancer | Subject::Operation | Subject::Leak => {
            if let Some(target) = row.target {
                show(model, target, Tab::Overview);
            }
        }
        Subject::Volume => {
            let owner = model
                .fleet
                .shelf(Subject::Node)
                .rows()
                .find(|node| row.links.server.is_some() && node.links.server == row.links.server);
            if let Some(target) = owner.and_then(|owner| owner.target.clone()) {
                show(model, target, Tab::Overview);
            }
        }
        Subject::Service => {}
    }
    Vec::new()
}

/// The table of what belongs to a row.
fn narrow(model: &mut Model, row: &Row, to: Subject) {
    let mut links = row.links.clone();
    links.server = None;
    let mut view = View { narrowing: Narrowing { links, only: None }, ..model.view.clone() };
    view.place = Place::Pane(to);
    view.crumbs.push(row.name().to_owned());
    unfilter(model, to);
    go(model, view);
}

/// Who goes to the objects of something wants all of them, whatever was looked for before.
fn unfilter(model: &mut Model, subject: Subject) {
    if let Some(table) = model.tables.get_mut(&subject) {
        // The empty filter is always right.
        let _ = table.set_filter("");
    }
}

/// The objects that an Incident names.
fn incident(model: &mut Model, row: &Row) {
    let Some(target) = row.target.clone() else { return };
    let loaded = model.loaded.as_ref().filter(|loaded| loaded.target == target);
    let objects = loaded.and_then(|loaded| loaded.value.as_ref()?.as_ref().ok()).and_then(|value| {
        let named = value.pointer("/status/objects")?.as_array()?;
        let uids = |kind: &str| -> BTreeSet<Arc<str>> {
            let of_kind = named.iter().filter(|object| object["kind"] == kind);
            of_kind.filter_map(|object| object["uid"].as_str().map(Into::into)).collect()
        };
        let subjects = [
            (Subject::Node, "Machine"),
            (Subject::Balancer, "LoadBalancer"),
            (Subject::Pool, "MachineDeployment"),
            (Subject::Cluster, "KubernetesCluster"),
        ];
        let direct = subjects
            .into_iter()
            .map(|(subject, kind)| (subject, uids(kind)))
            .find(|(_, uids)| !uids.is_empty());
        direct.or_else(|| clusters_of(model, named).map(|uids| (Subject::Cluster, uids)))
    });
    let Some((subject, only)) = objects else {
        return show(model, target, Tab::Overview);
    };
    let narrowing = Narrowing { only: Some(Arc::new(only)), ..Narrowing::default() };
    let crumbs = vec![format!("incident {}", row.cell("what").text())];
    unfilter(model, subject);
    go(model, View { place: Place::Pane(subject), detail: None, narrowing, crumbs });
}

/// Whether an object is a part of a cluster: those that have no table of their own are named after it.
pub fn is_part_of(cluster: &Row, namespace: Option<&str>, name: &str) -> bool {
    let rest = name.strip_prefix(cluster.name());
    namespace == cluster.links.tenant.as_deref()
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The clusters of objects that have no table of their own.
fn clusters_of(model: &Model, named: &[serde_json::Value]) -> Option<BTreeSet<Arc<str>>> {
    let clusters = model.fleet.shelf(Subject::Cluster).rows();
    let is_named = |row: &&Row| {
        named.iter().any(|object| {
            is_part_of(row, object["namespace"].as_str(), object["name"].as_str().unwrap_or_default())
        })
    };
    let uids: BTreeSet<Arc<str>> = clusters.filter(is_named).map(|row| row.id.clone()).collect();
    (!uids.is_empty()).then_some(uids)
}

/// All that is known of one object.
pub fn show(model: &mut Model, target: Target, tab: Tab) {
    let mut view = View { detail: Some((target.clone(), tab)), ..model.view.clone() };
    if view.crumbs.last().map(String::as_str) != Some(&*target.name) {
        view.crumbs.push(target.name.to_string());
    }
    go(model, view);
}

fn detail(model: &mut Model, tab: Tab) {
    match model.target() {
        Some(target) if !Tab::of(target.kind).any(|known| known == tab) => {
            let what = format!("there is no {} of {}", tab.title(), target.path());
            model.tell(Tone::Note, what);
        }
        Some(target) => match &mut model.view.detail {
            Some((_, now)) => {
                *now = tab;
                model.document = Default::default();
            }
            None => show(model, target, tab),
        },
        None => model.tell(Tone::Note, "there is nothing under the cursor"),
    }
}

fn tab(model: &mut Model, forward: bool) {
    if let Some((target, tab)) = &mut model.view.detail {
        let all: Vec<Tab> = Tab::of(target.kind).collect();
        let at = all.iter().position(|known| known == tab).unwrap_or(0);
        let steps = if forward { 1 } else { all.len() - 1 };
        *tab = all.get((at + steps) % all.len()).copied().unwrap_or_default();
        model.document = Default::default();
    }
}

fn open_filter(model: &mut Model) {
    let Some(table) = model.table(model.focus()) else { return };
    let before = table.filter().to_owned();
    let input = tui_input::Input::new(before.clone());
    model.overlay = Some(Overlay::Filter { input, before, mistake: None });
}
