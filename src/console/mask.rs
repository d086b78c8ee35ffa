//! Hiding what belongs to other teams, while one of them looks on.

use ratatui::buffer::{Buffer, Cell as Shown};

use super::model::Model;
use super::piece::Line;
use super::rows::subject::Subject;
use super::text;

/// What stands in place of a letter.
const MASK: &str = "•";

/// Hides the names of all other teams and of their clusters, wherever on the screen they are.
///
/// It is done to the finished frame: whatever is drawn, nothing gets past.
pub fn others(buffer: &mut Buffer, model: &Model) {
    let Some(tenant) = &model.surroundings.tenant else { return };
    let names = names(model, tenant);
    let own = own(model, tenant);
    let width = usize::from(buffer.area.width.max(1));
    for row in buffer.content.chunks_mut(width) {
        for name in &names {
            hide(row, name);
        }
        hide_cut(row, &names, &own);
    }
}

/// Hides them in lines that will be broken where they are too long: of a name that is broken, no row has the whole.
pub fn in_lines(lines: &mut [Line], model: &Model) {
    let Some(tenant) = &model.surroundings.tenant else { return };
    let names = names(model, tenant);
    for piece in lines.iter_mut().flat_map(|line| &mut line.pieces) {
        names.iter().for_each(|name| hide_in(&mut piece.text, name));
    }
}

fn hide_in(text: &mut String, name: &[char]) {
    let wanted: String = name.iter().collect();
    let is_edge = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(&wanted)).map(|at| from + at) {
        let end = at + wanted.len();
        let (before, after) = (text[..at].chars().next_back(), text[end..].chars().next());
        from = end;
        if is_edge(before) && is_edge(after) {
            let cover = MASK.repeat(text::width(&wanted));
            text.replace_range(at..end, &cover);
            from = at + cover.len();
        }
    }
}

/// What the team that looks on may see: where a cut name could be one of these, it says nothing of others.
fn own(model: &Model, tenant: &str) -> Vec<Vec<char>> {
    let teams = model.fleet.shelf(Subject::Tenant).rows().filter(|row| row.name() == tenant);
    let mut own: Vec<String> = vec![tenant.to_owned()];
    own.extend(teams.map(|row| row.cell("display").text().to_owned()));
    let clusters = model.fleet.shelf(Subject::Cluster).rows();
    let ours = clusters.filter(|row| row.links.tenant.as_deref() == Some(tenant));
    own.extend(ours.map(|row| row.name().to_owned()));
    own.into_iter().map(|name| name.chars().collect()).collect()
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

/// A letter on the screen, and the cells that it takes: a wide one has two, of which the second is empty.
type Letter = (char, usize, usize);

/// The letters of a row.
fn letters(row: &[Shown]) -> Vec<Letter> {
    let mut letters = Vec::with_capacity(row.len());
    let mut at = 0;
    while let Some(cell) = row.get(at) {
        let wide = text::width(cell.symbol()).max(1);
        letters.push((cell.symbol().chars().next().unwrap_or(' '), at, wide));
        at += wide;
    }
    letters
}

/// Whether a name may begin, or have ended, beside this letter.
fn is_edge(letter: Option<&Letter>) -> bool {
    letter.is_none_or(|(letter, ..)| !letter.is_alphanumeric())
}

fn cover(row: &mut [Shown], letters: &[Letter]) {
    for (_, at, wide) in letters {
        for cell in row.iter_mut().skip(*at).take(*wide) {
            cell.set_symbol(MASK);
        }
    }
}

/// Hides a name in a row, where it is a word or the beginning of one that goes on with a dash.
fn hide(row: &mut [Shown], name: &[char]) {
    let letters = letters(row);
    let mut at = 0;
    while at + name.len() <= letters.len() {
        let end = at + name.len();
        let same = letters[at..end].iter().zip(name).all(|((letter, ..), wanted)| letter == wanted);
        if same
            && is_edge(at.checked_sub(1).and_then(|before| letters.get(before)))
            && is_edge(letters.get(end))
        {
            cover(row, &letters[at..end]);
            at = end;
        } else {
            at += 1;
        }
    }
}

/// Hides what is left of names that were cut, unless it may as well be left of one that is shown.
fn hide_cut(row: &mut [Shown], names: &[Vec<char>], own: &[Vec<char>]) {
    let letters = letters(row);
    let longest = names.iter().map(Vec::len).max().unwrap_or(0);
    for end in (0..letters.len()).filter(|at| text::CUT.starts_with(letters[*at].0)) {
        let begins_name = |from: &usize| {
            let left = || letters[*from..end].iter().map(|(letter, ..)| letter);
            let begins = |name: &Vec<char>| {
                name.len() >= end - from && left().zip(name).all(|(one, other)| one == other)
            };
            is_edge(from.checked_sub(1).and_then(|before| letters.get(before)))
                && names.iter().any(begins)
                && !own.iter().any(begins)
        };
        if let Some(from) = (end.saturating_sub(longest)..end).find(begins_name) {
            cover(row, &letters[from..end]);
        }
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

    #[test]
    fn names_are_hidden_before_lines_are_broken() {
        let mut text = "machine/team-002/c2-worker-x, c20 and 東京/c2".to_owned();
        for name in ["team-002", "東京", "c2"] {
            hide_in(&mut text, &name.chars().collect::<Vec<_>>());
        }
        assert_eq!(text, "machine/••••••••/••-worker-x, c20 and ••••/••");
    }

    #[test]
    fn wide_names_and_what_is_left_of_cut_ones_are_hidden_too() {
        let names: Vec<Vec<char>> = ["payments-東京", "team-002"].map(|name| name.chars().collect()).into();
        let own: Vec<Vec<char>> = ["team-001".chars().collect()].into();
        for (before, after) in [
            ("of payments-東京: down", "of •••••••••••••: down"),
            ("of payments-東…", "of •••••••••••…"),
            ("paym… and pay", "••••… and pay"),
            ("team-00… may be ours", "team-00… may be ours"),
            ("team-002…", "••••••••…"),
            ("unpaym…", "unpaym…"),
        ] {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 1));
            buffer.set_string(0, 0, before, Style::default());
            names.iter().for_each(|name| hide(&mut buffer.content, name));
            hide_cut(&mut buffer.content, &names, &own);
            let shown: String = buffer.content.iter().map(Shown::symbol).collect();
            assert_eq!(shown.trim_end(), after);
        }
    }
}
