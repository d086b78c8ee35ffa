//! Hiding what belongs to other teams, while one of them looks on.

use ratatui::buffer::{Buffer, Cell as Shown};

use super::model::Model;
use super::rows::subject::Subject;

/// What stands in place of a letter.
const MASK: &str = "•";

/// Hides the names of all other teams and of their clusters, wherever on the screen they are.
///
/// It is done to the finished frame: whatever is drawn, nothing gets past.
pub fn others(buffer: &mut Buffer, model: &Model) {
    let Some(tenant) = &model.surroundings.tenant else { return };
    let names = names(model, tenant);
    let width = usize::from(buffer.area.width.max(1));
    for row in buffer.content.chunks_mut(width) {
        for name in &names {
            hide(row, name);
        }
    }
}

/// What has to be hidden: longer names first, so that no part of one is left.
fn names(model: &Model, tenant: &str) -> Vec<Vec<char>> {
    let teams = model.fleet.shelf(Subject::Tenant).rows().filter(|row| row.name() != tenant);
    let mut names: Vec<String> = teams
        .flat_map(|row| [row.name().to_owned(), row.cell("display").text().to_owned()])
        .filter(|name| !name.is_empty())
        .collect();
    let clusters = model.fleet.shelf(Subject::Cluster).rows();
    let theirs = clusters.filter(|row| row.links.tenant.as_deref() != Some(tenant));
    names.extend(theirs.map(|row| row.name().to_owned()));
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    names.into_iter().map(|name| name.chars().collect()).collect()
}

/// Hides a name in a row, where it is a word or the beginning of one that goes on with a dash.
fn hide(row: &mut [Shown], name: &[char]) {
    let letter = |row: &[Shown], index: usize| row.get(index).and_then(|cell| cell.symbol().chars().next());
    let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let mut at = 0;
    while at + name.len() <= row.len() {
        let found = name.iter().enumerate().all(|(offset, wanted)| letter(row, at + offset) == Some(*wanted))
            && !is_word(at.checked_sub(1).and_then(|before| letter(row, before)))
            && !is_word(letter(row, at + name.len()));
        if !found {
            at += 1;
            continue;
        }
        for cell in &mut row[at..at + name.len()] {
            cell.set_symbol(MASK);
        }
        at += name.len();
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn names_are_hidden_where_they_are_words() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 1));
        buffer.set_string(0, 0, "c2-worker-x of team-002/c2, c20 stays", Style::default());
        for name in ["team-002", "c2"] {
            hide(&mut buffer.content, &name.chars().collect::<Vec<_>>());
        }
        let shown: String = buffer.content.iter().map(Shown::symbol).collect();
        assert_eq!(shown.trim_end(), "••-worker-x of ••••••••/••, c20 stays");
    }
}
