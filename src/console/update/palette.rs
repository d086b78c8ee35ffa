//! The palette: every action and every object by its name, and a few commands that take words.

use tui_input::Input;

use super::fits::{Fits, OFFERED, fits, ranked};
use super::{acts, keys, moves};
use crate::console::action::{ALL, Action, Place, Tab};
use crate::console::age;
use crate::console::effect::Effect;
use crate::console::gate::Armed;
use crate::console::model::{Model, Tone, View};
use crate::console::overlay::{Does, Entry, Overlay, Palette};
use crate::console::rows::row::Row;
use crate::console::rows::subject::Subject;
use crate::console::theme;
use crate::settings::context::Writing;

/// The longest time for which changes can be allowed at a time: a shift.
const ARMED_MAX: chrono::TimeDelta = chrono::TimeDelta::hours(8);
/// For how long changes are allowed if nobody says.
const ARMED: chrono::TimeDelta = chrono::TimeDelta::minutes(15);

/// Words that are followed by the name of an object.
const OBJECTS: [(&str, Subject); 9] = [
    ("tenant", Subject::Tenant),
    ("cluster", Subject::Cluster),
    ("node", Subject::Node),
    ("vol", Subject::Volume),
    ("lb", Subject::Balancer),
    ("incident", Subject::Incident),
    ("pool", Subject::Pool),
    ("journal", Subject::Operation),
    ("leak", Subject::Leak),
];

/// Opens the palette with something written already.
pub fn open(model: &mut Model, written: &str) {
    model.overlay =
        Some(Overlay::Palette(Palette { input: Input::new(written.to_owned()), ..Palette::default() }));
    search(model);
}

/// Finds what fits to what is written.
pub fn search(model: &mut Model) {
    let Some(Overlay::Palette(palette)) = &mut model.overlay else { return };
    let written = palette.input.value().to_owned();
    let mut fitted = std::mem::take(&mut palette.fitted);
    let found = match command(model, &written, &mut fitted) {
        Some(found) => found,
        None => actions(model, &written, &mut fitted),
    };
    if let Some(Overlay::Palette(palette)) = &mut model.overlay {
        palette.found = found;
        palette.fitted = fitted;
        palette.at = 0;
    }
}

/// Completes what is written with the chosen entry.
pub fn complete(model: &mut Model) -> Vec<Effect> {
    if let Some(Overlay::Palette(palette)) = &mut model.overlay
        && let Some(entry) = palette.found.get(palette.at)
    {
        let name = match &entry.does {
            Does::Complete(text) => text.clone(),
            Does::Filter(_, text) if text.is_empty() => format!("{} ", entry.name),
            _ => entry.name.clone(),
        };
        palette.input = Input::new(name);
    }
    search(model);
    Vec::new()
}

/// Does what an entry says.
pub fn choose(model: &mut Model, entry: Entry) -> Vec<Effect> {
    if let Some(why) = entry.refused {
        model.tell(Tone::Bad, why);
        return Vec::new();
    }
    model.overlay = None;
    match entry.does {
        Does::Action(action) => return keys::run(model, action),
        Does::Go(subject, target) => {
            if subject == Subject::Volume {
                moves::open(model, Place::Pane(Subject::Volume));
            }
            moves::show(model, target, Tab::Overview);
        }
        Does::Filter(place, text) => {
            moves::go(model, View::of(place));
            let subject = model.focus();
            let table = model.tables.get_mut(&subject).filter(|_| !text.is_empty());
            if let Some(Err(error)) = table.map(|table| table.set_filter(&text)) {
                model.tell(Tone::Bad, error.to_string());
            }
        }
        Does::Arm(span, reason) => arm(model, span, reason),
        Does::Theme(name) => keys::take_theme(model, &name),
        Does::Complete(text) => open(model, &text),
    }
    Vec::new()
}

fn arm(model: &mut Model, span: chrono::TimeDelta, reason: String) {
    if model.gate.writing == Writing::Never {
        return model.tell(Tone::Bad, crate::console::gate::Refusal::Never.to_string());
    }
    model.gate.armed = Some(Armed { until: model.now + span, reason });
    model.tell(Tone::Note, format!("changes are allowed for {}", age::countdown(span)));
}

/// What a word with its object, or `write`, offers; nothing if it is neither.
fn command(model: &Model, written: &str, fitted: &mut Fits) -> Option<Vec<Entry>> {
    let (word, rest) = written.split_once(' ')?;
    let rest = rest.trim();
    if word == "write" {
        return Some(vec![write(model, rest)]);
    }
    if word == "theme" {
        let named = theme::BUILT_IN.iter().filter(|(name, _)| name.starts_with(rest));
        let entry =
            |name: &str| plain(format!("theme {name}"), "take this theme", Does::Theme(name.to_owned()));
        return Some(named.map(|(name, _)| entry(name)).collect());
    }
    let (_, subject) = OBJECTS.iter().find(|(known, _)| *known == word)?;
    let mut found = objects(model, *subject, rest, word, fitted);
    let place = moves::place_of(*subject)?;
    if !rest.is_empty() {
        let told = format!("all {} with {rest}", subject.plural());
        found.push(plain(format!("{word} {rest}"), &told, Does::Filter(place, rest.to_owned())));
    }
    Some(found)
}

fn plain(name: String, told: &str, does: Does) -> Entry {
    Entry { name, told: told.to_owned(), keys: None, refused: None, does }
}

/// `write 15m reason`: allows changes for some time.
fn write(model: &Model, rest: &str) -> Entry {
    let (first, others) = rest.split_once(' ').unwrap_or((rest, ""));
    let (span, reason) = match age::parse(first) {
        Some(span) => (span.min(ARMED_MAX), others),
        None => (ARMED, rest),
    };
    let reason = reason.trim().trim_matches('"').to_owned();
    let refused = if model.gate.writing == Writing::Never {
        Some(crate::console::gate::Refusal::Never.to_string())
    } else if reason.is_empty() {
        Some("say why: the Operations and the journal carry it".to_owned())
    } else {
        None
    };
    let told = format!(
        "allow changes for {}{}",
        age::countdown(span),
        if reason.is_empty() { ", because …" } else { "" }
    );
    Entry { name: format!("write {rest}"), told, keys: None, refused, does: Does::Arm(span, reason) }
}

/// Objects whose names fit, best first.
fn objects(model: &Model, subject: Subject, wanted: &str, word: &str, fitted: &mut Fits) -> Vec<Entry> {
    let entry = |row: &Row| {
        let told = match &row.links.tenant {
            Some(tenant) if subject != Subject::Tenant => format!("{} of {tenant}", word_for(row)),
            _ => word_for(row),
        };
        let name = format!("{word} {}", row.name());
        Some(plain(name, &told, Does::Go(subject, row.target.clone()?)))
    };
    fits(model.fleet.shelf(subject), subject, wanted, fitted).into_iter().filter_map(entry).collect()
}

fn word_for(row: &Row) -> String {
    let state = row.subject.state_column().and_then(|index| row.cells.get(index));
    state.map(|cell| cell.text().to_owned()).unwrap_or_default()
}

/// Actions that fit, then words that lead to objects, then objects themselves.
fn actions(model: &Model, written: &str, fitted: &mut Fits) -> Vec<Entry> {
    let scopes = keys_scopes(model);
    let offered = ALL.iter().filter(|(action, ..)| {
        !matches!(action, Action::Confirm | Action::Cancel | Action::Choose | Action::OpenPalette)
    });
    let mut entries: Vec<Entry> = offered
        .map(|(action, name, told)| Entry {
            name: (*name).to_owned(),
            told: (*told).to_owned(),
            keys: model.keymap.keys_of(scopes, *action),
            refused: match action {
                Action::Act(act) => acts::refusal(model, *act),
                _ => None,
            },
            does: Does::Action(*action),
        })
        .collect();
    let words = OBJECTS.iter().filter_map(|(word, subject)| {
        let told = format!("{}; or one of them: {word} NAME", subject.plural());
        Some(plain((*word).to_owned(), &told, Does::Filter(moves::place_of(*subject)?, String::new())))
    });
    entries.extend(words);
    entries.push(plain(
        "write".to_owned(),
        "allow changes: write 15m REASON",
        Does::Complete("write 15m ".to_owned()),
    ));
    entries.push(plain("theme".to_owned(), "take another theme", Does::Complete("theme ".to_owned())));
    let mut found = ranked(written, entries);
    if !written.is_empty() {
        let rest = OFFERED.saturating_sub(found.len());
        for (word, subject) in
            [("cluster", Subject::Cluster), ("tenant", Subject::Tenant), ("node", Subject::Node)]
        {
            found.extend(objects(model, subject, written, word, fitted).into_iter().take(rest / 3));
        }
    }
    found.truncate(OFFERED);
    found
}

/// Where the keys count that the palette names: not in itself.
fn keys_scopes(model: &Model) -> &'static [crate::console::keymap::Scope] {
    use crate::console::keymap::Scope;
    if model.view.detail.is_some() { &[Scope::Detail, Scope::Global] } else { &[Scope::Table, Scope::Global] }
}
