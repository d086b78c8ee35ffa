//! The last line: a message, the filter, or the keys that matter here.

use ratatui::layout::Rect;

use crate::api::operation::Verb;
use crate::console::action::{Act, Action, Tab};
use crate::console::key;
use crate::console::keymap::Meaning;
use crate::console::model::{Model, Tone};
use crate::console::overlay::Overlay;
use crate::console::rows::subject::Subject;
use crate::console::text;
use crate::console::theme::Role;
use crate::console::update::keys;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::input;

/// Draws the footer.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    if let Some(Overlay::Filter { input, mistake, .. }) = &model.overlay {
        return filter(canvas, area, input, mistake.as_deref());
    }
    if let Some(Overlay::Sure(sure)) = &model.overlay {
        let answers = " y does it, any other key leaves it";
        let room = area.width.saturating_sub(answers.len() as u16 + 1);
        let style = canvas.style(Role::Strong);
        let used = canvas.put(area.x + 1, area.y, &text::clean(&sure.question), room, style);
        let style = canvas.style(Role::Key);
        canvas.put(area.x + 1 + used, area.y, answers, area.width.saturating_sub(used + 1), style);
        return;
    }
    if !model.pressed.is_empty()
        && let Meaning::More(next) = model.keymap.meaning(keys::scopes(model), &model.pressed)
    {
        let hints: Vec<(String, String)> =
            next.into_iter().map(|(key, told)| (key.to_string(), told)).collect();
        let style = canvas.style(Role::Strong);
        let used =
            canvas.put(area.x, area.y, &format!(" {} … ", key::written(&model.pressed)), area.width, style);
        return hints_from(canvas, area, used, &hints);
    }
    if let Some(notice) = &model.notice {
        let role = match notice.tone {
            Tone::Note => Role::Strong,
            Tone::Good => Role::Ok,
            Tone::Bad => Role::Error,
        };
        let style = canvas.style(role);
        let used = canvas.put(area.x + 1, area.y, &notice.text, area.width.saturating_sub(1), style);
        return hints_from(canvas, area, used + 4, &hints(model));
    }
    hints_from(canvas, area, 0, &hints(model));
}

fn filter(canvas: &mut Canvas<'_>, area: Rect, written: &tui_input::Input, mistake: Option<&str>) {
    let style = canvas.style(Role::Key);
    canvas.put(area.x, area.y, " /", 2, style);
    let room = match mistake {
        Some(mistake) => {
            let width = (text::width(mistake) as u16 + 2).min(area.width / 2);
            let error = canvas.style(Role::Error);
            canvas.put_right(area.right() - width, area.y, mistake, width, error);
            area.width.saturating_sub(width + 3)
        }
        None => area.width.saturating_sub(3),
    };
    input::draw(canvas, area.x + 2, area.y, room, written);
}

/// What is worth a hint on a screen, most important first.
fn worth(model: &Model) -> &'static [(Action, &'static str)] {
    match (&model.view.detail, model.focus()) {
        (Some(_), _) => &[
            (Action::Back, "back"),
            (Action::TabNext, "next tab"),
            (Action::RowOpen, "go to"),
            (Action::CopyName, "copy"),
            (Action::OpenPalette, "palette"),
            (Action::OpenHelp, "help"),
            (Action::Quit, "leave"),
        ],
        (None, Subject::Operation) => &[
            (Action::RowOpen, "open"),
            (Action::Act(Act::ApproveOperation), "approve"),
            (Action::Act(Act::CancelOperation), "cancel"),
            (Action::CopyCommand, "copy command"),
            (Action::Filter, "filter"),
            (Action::OpenHelp, "help"),
            (Action::Quit, "leave"),
        ],
        (None, Subject::Incident) => &[
            (Action::RowOpen, "its objects"),
            (Action::Act(Act::Acknowledge), "I am on it"),
            (Action::Detail(Tab::Overview), "details"),
            (Action::Filter, "filter"),
            (Action::OpenPalette, "palette"),
            (Action::OpenHelp, "help"),
            (Action::Quit, "leave"),
        ],
        (None, Subject::Leak) => &[
            (Action::RowOpen, "open"),
            (Action::Act(Act::Ask(Verb::Delete)), "delete"),
            (Action::CopyCommand, "copy command"),
            (Action::Filter, "filter"),
            (Action::SortNext, "sort"),
            (Action::Mark, "mark"),
            (Action::OpenHelp, "help"),
            (Action::Quit, "leave"),
        ],
        (None, Subject::Service) => &[
            (Action::Filter, "filter"),
            (Action::SortNext, "sort"),
            (Action::OpenPalette, "palette"),
            (Action::OpenHelp, "help"),
            (Action::Quit, "leave"),
        ],
        (None, _) => &[
            (Action::RowOpen, "open"),
            (Action::Detail(Tab::Explain), "explain"),
            (Action::Detail(Tab::Timeline), "timeline"),
            (Action::Filter, "filter"),
            (Action::SortNext, "sort"),
            (Action::Mark, "mark"),
            (Action::OpenPalette, "palette"),
            (Action::OpenHelp, "help"),
            (Action::Quit, "leave"),
        ],
    }
}

/// The keys that matter here, from the live keymap.
fn hints(model: &Model) -> Vec<(String, String)> {
    let scopes = keys::scopes(model);
    let has_rows = model.view.detail.is_some()
        || model.table(model.focus()).is_some_and(|table| !table.visible().is_empty());
    let mut hints: Vec<(String, String)> = worth(model)
        .iter()
        .filter(|(action, _)| has_rows || !is_about_rows(*action))
        .filter_map(|(action, word)| Some((model.keymap.keys_of(scopes, *action)?, (*word).to_owned())))
        .collect();
    let verbs: &[(Verb, &str)] = match model.focus() {
        Subject::Node => &[(Verb::Heal, "heal"), (Verb::Drain, "drain")],
        Subject::Pool => &[(Verb::Scale, "scale")],
        Subject::Cluster => &[(Verb::Scale, "scale"), (Verb::Pause, "pause")],
        _ => &[],
    };
    if has_rows && model.gate.check(model.now).is_ok() {
        for (verb, word) in verbs.iter().rev() {
            if let Some(keys) = model.keymap.keys_of(scopes, Action::Act(Act::Ask(*verb))) {
                hints.insert(1, (keys, (*word).to_owned()));
            }
        }
    }
    hints
}

/// Whether an action needs a row to be about.
fn is_about_rows(action: Action) -> bool {
    matches!(
        action,
        Action::RowOpen
            | Action::Act(_)
            | Action::Detail(_)
            | Action::CopyCommand
            | Action::SortNext
            | Action::Mark
    )
}

/// Draws keys with what they do, as many as there is room for.
fn hints_from(canvas: &mut Canvas<'_>, area: Rect, used: u16, hints: &[(String, String)]) {
    let (key_style, word_style) = (canvas.style(Role::Key), canvas.style(Role::Dim));
    let mut x = area.x + used + u16::from(used == 0);
    for (keys, word) in hints {
        let width = (text::width(keys) + text::width(word) + 3) as u16;
        if x + width > area.right() {
            break;
        }
        x += canvas.put(x, area.y, keys, width, key_style) + 1;
        x += canvas.put(x, area.y, word, width, word_style) + 2;
    }
}
