//! The fleet as the console knows it: the rows of all subjects, and what is counted over them.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::rows::cell::{Cell, State};
use super::rows::row::{Row, Target};
use super::rows::shelf::{Freshness, Shelf};
use super::rows::subject::Subject;

/// Something that became known.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A row is new or changed.
    Put(Box<Row>),
    /// A row is gone.
    Gone(Subject, Arc<str>),
    /// All rows of a subject.
    All(Subject, Vec<Row>),
    /// Whether what is known of a subject is all, and true.
    Freshness(Subject, Freshness),
}

/// The fleet.
#[derive(Debug, Default)]
pub struct Fleet {
    shelves: [Shelf; Subject::ALL.len()],
}

/// How many are how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub total: usize,
    /// By state, worst first.
    pub states: [usize; State::ALL.len()],
}

impl Tally {
    /// How many are in a state.
    pub fn of(&self, state: State) -> usize {
        self.states.get(state as usize).copied().unwrap_or(0)
    }
}

impl Fleet {
    /// The rows of a subject.
    pub fn shelf(&self, subject: Subject) -> &Shelf {
        &self.shelves[subject as usize]
    }

    /// Learns something.
    pub fn learn(&mut self, news: News, now: DateTime<Utc>) {
        match news {
            News::Put(row) => {
                let row = self.complete(*row);
                self.shelf_mut(row.subject).put(row, now);
            }
            News::Gone(subject, id) => self.shelf_mut(subject).drop_row(&id),
            News::All(subject, rows) => {
                self.shelf_mut(subject).replace(rows, now);
                self.shelf_mut(subject).freshness = Freshness::Live;
            }
            News::Freshness(subject, freshness) => {
                self.shelf_mut(subject).freshness = freshness;
                if subject == Subject::Node {
                    // How much of the fleet an Incident reaches is known only now.
                    let incidents: Vec<Row> = self.shelf(Subject::Incident).rows().cloned().collect();
                    for row in incidents {
                        let row = self.complete(row);
                        self.shelf_mut(Subject::Incident).put(row, now);
                    }
                }
            }
        }
    }

    /// Adds to a row what only the whole fleet tells: how much of it an Incident reaches. Of a part of the fleet it would be
    /// wrong.
    fn complete(&self, mut row: Row) -> Row {
        let nodes = self.shelf(Subject::Node).len();
        if row.subject == Subject::Incident
            && self.shelf(Subject::Node).freshness != Freshness::Listing
            && let (Some(share), Cell::Number(reached)) =
                (Subject::Incident.column("share"), row.cell("nodes"))
            && nodes > 0
            && *reached > 0
        {
            let percent = 100.0 * *reached as f64 / nodes as f64;
            let text = if percent < 0.1 { "<0.1%".to_owned() } else { format!("{percent:.1}%") };
            row.cells[share] = Cell::Text(text.into());
        }
        row
    }

    /// Takes old marks away; answers when the next one is due.
    pub fn unmark(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.shelves.iter_mut().filter_map(|shelf| shelf.unmark(now)).min()
    }

    /// How many of a subject are how.
    pub fn tally(&self, subject: Subject) -> Tally {
        let shelf = self.shelf(subject);
        Tally { total: shelf.len(), states: shelf.states() }
    }

    /// The row of an object.
    pub fn find(&self, target: &Target) -> Option<&Row> {
        let subject = Subject::ALL
            .into_iter()
            .find(|subject| super::rows::objects::kind_of(*subject) == target.kind)?;
        self.shelf(subject).named(&target.namespace, &target.name)
    }

    /// Whether everything that the manager holds was listed once.
    pub fn is_complete(&self) -> bool {
        let watched = [
            Subject::Incident,
            Subject::Tenant,
            Subject::Cluster,
            Subject::Pool,
            Subject::Node,
            Subject::Balancer,
            Subject::Operation,
        ];
        watched.iter().all(|subject| self.shelf(*subject).freshness != Freshness::Listing)
    }

    fn shelf_mut(&mut self, subject: Subject) -> &mut Shelf {
        &mut self.shelves[subject as usize]
    }
}
