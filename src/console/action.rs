//! Everything that a person can ask the console for, by a key, the mouse or the palette.

use super::rows::subject::Subject;
use crate::api::operation::Verb;

/// Something that a person can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "ALL says of each what it does")]
pub enum Action {
    Quit,
    Suspend,
    Redraw,
    OpenPalette,
    OpenHelp,
    Open(Place),
    Back,
    Forward,
    PaneNext,
    PanePrevious,
    Zoom,
    Freeze,
    Filter,
    FilterClear,
    ThemeNext,
    MouseToggle,
    Arm,
    Disarm,
    RowNext,
    RowPrevious,
    RowFirst,
    RowLast,
    PageNext,
    PagePrevious,
    HalfNext,
    HalfPrevious,
    RowOpen,
    Mark,
    MarkAll,
    Unmark,
    SortNext,
    SortReverse,
    ColumnHide,
    ColumnsAll,
    ColumnsChoose,
    Detail(Tab),
    TabNext,
    TabPrevious,
    CopyName,
    CopyCommand,
    Act(Act),
    Confirm,
    Cancel,
    Choose,
}

/// A screen that can be gone to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The incidents: the first screen.
    Triage,
    /// One of the linked panes.
    Pane(Subject),
    /// The loops at work.
    Loops,
    /// What people asked for.
    Journal,
    /// What the cloud was asked.
    Budget,
    /// The faults of a sandbox.
    Faults,
}

/// A part of what is known of one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tab {
    /// Conditions and the most important values.
    #[default]
    Overview,
    /// What it belongs to and what belongs to it.
    Tree,
    /// What happened, newest first.
    Timeline,
    /// Why the engine does what it does.
    Explain,
    /// Observe, difference, act.
    Loop,
    /// What its server wrote to its console.
    Console,
    /// The object itself.
    Yaml,
}

impl Tab {
    /// All of them, in their order.
    pub const ALL: [Self; 7] =
        [Self::Overview, Self::Tree, Self::Timeline, Self::Explain, Self::Loop, Self::Console, Self::Yaml];

    /// Those that there are of an object of a kind: only a machine has a console, and an Incident is no part of a tree and has
    /// no loop of its own.
    pub fn of(kind: &str) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |tab| match tab {
            Self::Console => kind == "Machine",
            Self::Tree | Self::Loop => kind != "Incident",
            Self::Overview | Self::Timeline | Self::Explain | Self::Yaml => true,
        })
    }

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Tree => "tree",
            Self::Timeline => "timeline",
            Self::Explain => "explain",
            Self::Loop => "loop",
            Self::Console => "console",
            Self::Yaml => "yaml",
        }
    }
}

/// What changes something. Each goes through the gate, and shows its plan before anything is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    /// An Operation on the chosen objects.
    Ask(Verb),
    /// A brake on the selected cluster.
    BrakeCluster,
    /// A brake on the selected tenant.
    BrakeTenant,
    /// A brake on the zone of the selected node.
    BrakeZone,
    /// A brake on everything.
    BrakeAll,
    /// Releases the brake under the cursor, or stops another Operation.
    CancelOperation,
    /// Approves the planned Operation under the cursor.
    ApproveOperation,
    /// Says that one is on the incident under the cursor.
    Acknowledge,
}

const fn ask(verb: Verb) -> Action {
    Action::Act(Act::Ask(verb))
}

const fn pane(subject: Subject) -> Action {
    Action::Open(Place::Pane(subject))
}

/// Every action with its name in keymaps and what it does.
pub const ALL: &[(Action, &str, &str)] = &[
    (Action::Quit, "app.quit", "leave"),
    (Action::Suspend, "app.suspend", "suspend to the shell (fg comes back)"),
    (Action::Redraw, "app.redraw", "draw the whole screen anew"),
    (Action::OpenPalette, "palette.open", "every action and every object, by name"),
    (Action::OpenHelp, "help.open", "the keys that work here"),
    (Action::Open(Place::Triage), "go.triage", "incidents, worst first"),
    (pane(Subject::Tenant), "go.tenants", "tenants"),
    (pane(Subject::Cluster), "go.clusters", "clusters"),
    (pane(Subject::Node), "go.nodes", "nodes"),
    (pane(Subject::Volume), "go.volumes", "volumes"),
    (pane(Subject::Balancer), "go.balancers", "load balancers"),
    (pane(Subject::Pool), "go.pools", "pools of machines"),
    (pane(Subject::Leak), "go.leaks", "what in the cloud belongs to nobody"),
    (Action::Open(Place::Loops), "go.loops", "the engine's loops"),
    (Action::Open(Place::Journal), "go.journal", "what people asked for"),
    (Action::Open(Place::Budget), "go.budget", "what the cloud is asked, and its limits"),
    (Action::Open(Place::Faults), "go.faults", "fault lab (sandbox only)"),
    (Action::Back, "history.back", "back to the screen before"),
    (Action::Forward, "history.forward", "forward again"),
    (Action::PaneNext, "pane.next", "next pane"),
    (Action::PanePrevious, "pane.previous", "pane before"),
    (Action::Zoom, "pane.zoom", "pane on the full screen, and back"),
    (Action::Freeze, "view.freeze", "freeze what is shown, and go on"),
    (Action::Filter, "filter.open", "filter the rows while typing"),
    (Action::FilterClear, "filter.clear", "show all rows again"),
    (Action::ThemeNext, "theme.next", "next theme"),
    (Action::MouseToggle, "mouse.toggle", "mouse on or off"),
    (Action::Arm, "write.arm", "allow changes for some minutes"),
    (Action::Disarm, "write.disarm", "read-only again"),
    (Action::RowNext, "row.next", "down"),
    (Action::RowPrevious, "row.previous", "up"),
    (Action::RowFirst, "row.first", "first"),
    (Action::RowLast, "row.last", "last"),
    (Action::PageNext, "page.next", "page down"),
    (Action::PagePrevious, "page.previous", "page up"),
    (Action::HalfNext, "page.half-next", "half a page down"),
    (Action::HalfPrevious, "page.half-previous", "half a page up"),
    (Action::RowOpen, "row.open", "go into it"),
    (Action::Mark, "row.mark", "mark or unmark"),
    (Action::MarkAll, "row.mark-all", "mark all rows of the filter"),
    (Action::Unmark, "row.unmark", "take all marks away"),
    (Action::SortNext, "sort.next", "sort by the next column"),
    (Action::SortReverse, "sort.reverse", "sort backwards"),
    (Action::ColumnHide, "column.hide", "hide the sorted column"),
    (Action::ColumnsAll, "column.all", "show all columns again"),
    (Action::ColumnsChoose, "column.choose", "choose columns"),
    (Action::Detail(Tab::Overview), "detail.overview", "conditions and values"),
    (Action::Detail(Tab::Tree), "detail.tree", "what belongs to it"),
    (Action::Detail(Tab::Timeline), "detail.timeline", "what happened"),
    (Action::Detail(Tab::Explain), "detail.explain", "why the engine does what it does"),
    (Action::Detail(Tab::Loop), "detail.loop", "observe, difference, act"),
    (Action::Detail(Tab::Console), "detail.console", "console log of its server"),
    (Action::Detail(Tab::Yaml), "detail.yaml", "the object as YAML"),
    (Action::TabNext, "tab.next", "next tab"),
    (Action::TabPrevious, "tab.previous", "tab before"),
    (Action::CopyName, "copy.name", "copy its name"),
    (Action::CopyCommand, "copy.command", "copy the command that does or shows it"),
    (ask(Verb::Heal), "act.heal", "replace a machine"),
    (ask(Verb::Scale), "act.scale", "change the count of a pool"),
    (ask(Verb::Drain), "act.drain", "move the pods away from a node"),
    (ask(Verb::Uncordon), "act.uncordon", "let pods come to a node again"),
    (ask(Verb::Pause), "act.pause", "observe an object, but do not act on it"),
    (ask(Verb::Resume), "act.resume", "act on an object again"),
    (ask(Verb::Retry), "act.retry", "try at once what failed or waits"),
    (ask(Verb::Fence), "act.fence", "declare that a machine no longer writes"),
    (ask(Verb::Delete), "act.delete", "take an object and all of it down"),
    (Action::Act(Act::CancelOperation), "act.cancel", "stop an Operation, or release a brake"),
    (Action::Act(Act::ApproveOperation), "act.approve", "approve a planned Operation"),
    (Action::Act(Act::Acknowledge), "act.acknowledge", "say that you are on it"),
    (Action::Act(Act::BrakeCluster), "brake.cluster", "stop all acts on the selected cluster"),
    (Action::Act(Act::BrakeTenant), "brake.tenant", "stop all acts on the selected tenant"),
    (Action::Act(Act::BrakeZone), "brake.zone", "stop all acts in the selected node's zone"),
    (Action::Act(Act::BrakeAll), "brake.all", "stop all acts of the engine"),
    (Action::Confirm, "dialog.confirm", "do what the chosen button says"),
    (Action::Cancel, "dialog.cancel", "leave it"),
    (Action::Choose, "dialog.choose", "other button"),
];

impl Action {
    /// The action of a name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known, _)| *known == name).map(|(action, ..)| *action)
    }

    /// Its name in keymaps.
    pub fn name(self) -> &'static str {
        ALL.iter().find(|(action, ..)| *action == self).map_or("", |(_, name, _)| name)
    }

    /// What it does, for help and palette.
    pub fn description(self) -> &'static str {
        ALL.iter().find(|(action, ..)| *action == self).map_or("", |(.., description)| description)
    }

    /// Whether it changes something outside the console.
    pub fn writes(self) -> bool {
        matches!(self, Self::Act(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_means_one_action_and_back() {
        for (action, name, description) in ALL {
            assert_eq!(Action::named(name), Some(*action), "{name}");
            assert_eq!(action.name(), *name);
            assert!(!description.is_empty(), "{name}");
        }
    }
}
