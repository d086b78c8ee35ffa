//! Where everything is on the screen, by its size.

use ratatui::layout::{Constraint, Layout as Split, Rect};

use super::action::Place;
use super::model::{Model, View};
use super::rows::subject::Subject;

/// Below these the console says that it needs more room.
pub const LEAST: (u16, u16) = (40, 10);

/// From how many columns on there is room beside the table for what is known of its row.
const BESIDE: u16 = 110;
/// From how many rows on there is room below the incidents for what is known of the one that is selected.
const UNDER: u16 = 22;
/// How many rows a story tells in.
const STORY: u16 = 4;
/// From how many rows on there is room below the table for the panes that follow it.
const BELOW: u16 = 32;
/// From how many rows on there is room for two of them.
const FAR_BELOW: u16 = 46;

/// The panes that are linked: what is selected in one narrows those after it.
pub const LINKED: [Subject; 5] =
    [Subject::Tenant, Subject::Cluster, Subject::Node, Subject::Volume, Subject::Balancer];

/// Where everything is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The first line: where one is, and whether one may change anything.
    pub header: Rect,
    /// The second line: the screens.
    pub tabs: Rect,
    /// Counts, above the incidents; queues, above the loops.
    pub summary: Option<Rect>,
    /// The tables, that with the focus first.
    pub tables: Vec<(Subject, Rect)>,
    /// What is known of one object.
    pub document: Option<Rect>,
    /// What its loop did.
    pub aside: Option<Rect>,
    /// What a story tells.
    pub story: Option<Rect>,
    /// The last line: keys, messages, the filter.
    pub footer: Rect,
}

impl Layout {
    /// The layout of a state; nothing if the terminal is too small.
    pub fn of(model: &Model) -> Option<Self> {
        let told = if model.narration.is_some() && model.size.1 >= UNDER { STORY } else { 0 };
        let mut layout = Self::at((model.size.0, model.size.1 - told), &model.view, model.zoomed)?;
        if told > 0 {
            layout.story = Some(Rect { height: told, ..layout.footer });
            layout.footer.y += told;
        }
        Some(layout)
    }

    fn at((width, height): (u16, u16), view: &View, zoomed: bool) -> Option<Self> {
        if width < LEAST.0 || height < LEAST.1 {
            return None;
        }
        let area = Rect::new(0, 0, width, height);
        let [header, tabs, body, footer] = Split::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Min(1),
            Constraint::Length(1),
        ])
        .areas(area);
        let mut layout = Self { header, tabs, footer, ..Self::default() };
        if view.detail.is_some() {
            layout.document = Some(body);
            return Some(layout);
        }
        let mut main = body;
        if view.place == Place::Triage && !zoomed && height >= UNDER {
            let share = (height / 3).min(16);
            let [upper, lower] =
                Split::vertical([Constraint::Fill(1), Constraint::Length(share)]).areas(body);
            (main, layout.document) = (upper, Some(lower));
        } else if width >= BESIDE && !zoomed && view.place != Place::Budget && view.place != Place::Triage {
            let [left, right] = Split::horizontal([Constraint::Fill(62), Constraint::Fill(38)]).areas(body);
            main = left;
            layout.document = Some(right);
            if height >= BELOW + 4 {
                let [upper, lower] =
                    Split::vertical([Constraint::Fill(1), Constraint::Length(height / 4)]).areas(right);
                (layout.document, layout.aside) = (Some(upper), Some(lower));
            }
        }
        layout.place(view.place, main, height, zoomed);
        Some(layout)
    }

    /// The tables, and what stands above them.
    fn place(&mut self, place: Place, main: Rect, height: u16, zoomed: bool) {
        let above = match place {
            _ if zoomed => 0,
            Place::Triage if height < 20 => 1,
            Place::Triage => 4,
            Place::Loops if height < 30 => 4,
            Place::Loops => 8,
            Place::Budget => 2,
            Place::Pane(_) | Place::Journal | Place::Faults => 0,
        };
        let [summary, rest] = Split::vertical([Constraint::Length(above), Constraint::Fill(1)]).areas(main);
        self.summary = (above > 0).then_some(summary);
        let subject = super::model::subject_of(place);
        let follows = if zoomed { Vec::new() } else { followers(place, height) };
        let mut constraints = vec![Constraint::Fill(3)];
        constraints.extend(follows.iter().map(|_| Constraint::Fill(2)));
        let areas = Split::vertical(constraints).split(rest);
        self.tables = std::iter::once(subject).chain(follows).zip(areas.iter().copied()).collect();
    }

    /// The rows of a table that fit into its area, below its frame and headings.
    pub fn rows_of(area: Rect) -> usize {
        usize::from(area.height.saturating_sub(2))
    }

    /// The area of the table with the focus.
    pub fn focused(&self) -> Option<Rect> {
        self.tables.first().map(|(_, area)| *area)
    }
}

/// The tables below the one with the focus.
fn followers(place: Place, height: u16) -> Vec<Subject> {
    let room = if height >= FAR_BELOW { 2 } else { usize::from(height >= BELOW) };
    match place {
        Place::Pane(subject) => {
            let after = LINKED.iter().skip_while(|linked| **linked != subject).skip(1);
            after.copied().take(room).collect()
        }
        Place::Triage if height >= FAR_BELOW => vec![Subject::Loop],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_a_layout_in_which_nothing_overlaps() {
        let places = [
            Place::Triage,
            Place::Pane(Subject::Tenant),
            Place::Pane(Subject::Balancer),
            Place::Pane(Subject::Pool),
            Place::Loops,
            Place::Journal,
            Place::Budget,
            Place::Faults,
        ];
        for place in places {
            for (width, height) in [(40, 10), (80, 24), (109, 31), (120, 40), (200, 60), (300, 100)] {
                for zoomed in [false, true] {
                    let layout = Layout::at((width, height), &View::of(place), zoomed).unwrap();
                    let mut areas = vec![layout.header, layout.tabs, layout.footer];
                    areas.extend(layout.tables.iter().map(|(_, area)| *area));
                    areas.extend([layout.document, layout.aside, layout.summary].into_iter().flatten());
                    let total: u32 = areas.iter().map(|area| area.area()).sum();
                    assert_eq!(total, u32::from(width) * u32::from(height), "{place:?} {width}x{height}");
                    for (index, one) in areas.iter().enumerate() {
                        assert!(areas[index + 1..].iter().all(|other| !one.intersects(*other)), "{place:?}");
                    }
                    assert!(Layout::rows_of(layout.focused().unwrap()) >= 1, "{place:?} {width}x{height}");
                }
            }
        }
        assert_eq!(Layout::at((39, 10), &View::of(Place::Triage), false), None);
        assert_eq!(Layout::at((1, 1), &View::of(Place::Triage), false), None);
    }
}
