//! Which document is shown.

use super::{explain, overview, timeline, tree, turn, yaml};
use crate::console::action::Tab;
use crate::console::model::{Loaded, Model};
use crate::console::piece::{Line, Sense};

/// The lines of the document that the screen shows.
pub fn lines(model: &Model) -> Vec<Line> {
    let Some(target) = model.target() else {
        // A volume is no object of the manager, and its row is all that is known.
        return match model.current() {
            Some(row) => overview::of_row(model, row),
            None => vec![Line::of(Sense::Dim, "nothing is selected")],
        };
    };
    let tab = model.view.detail.as_ref().map_or(Tab::Overview, |(_, tab)| *tab);
    match tab {
        Tab::Overview => overview::lines(model, &target),
        Tab::Tree => tree::lines(model, &target),
        Tab::Timeline => timeline::lines(model, &target),
        Tab::Explain => explain::lines(model, &target),
        Tab::Loop => turn::lines(model, &target),
        Tab::Console => console(model.loaded.as_ref()),
        Tab::Yaml => yaml::lines(model.loaded.as_ref()),
    }
}

/// What the server wrote to its console.
fn console(loaded: Option<&Loaded>) -> Vec<Line> {
    match loaded.and_then(|loaded| loaded.log.as_ref()) {
        Some(Ok(lines)) if lines.is_empty() => vec![Line::of(Sense::Dim, "the console is empty")],
        Some(Ok(lines)) => lines.iter().map(|line| Line::of(Sense::Plain, line)).collect(),
        Some(Err(why)) => vec![Line::of(Sense::Dim, why)],
        None => vec![Line::of(Sense::Dim, "it is being read")],
    }
}

/// The object that was read, or a line that says why there is none.
///
/// # Errors
/// The line.
pub fn value(loaded: Option<&Loaded>) -> Result<&serde_json::Value, Line> {
    match loaded.and_then(|loaded| loaded.value.as_ref()) {
        Some(Ok(value)) => Ok(value),
        Some(Err(why)) => Err(Line::of(Sense::Removed, format!("it cannot be read: {why}"))),
        None => Err(Line::of(Sense::Dim, "it is being read")),
    }
}
