//! What there are tables of, and the columns of each.

/// What a table is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Incidents.
    Incident,
    /// Teams.
    Tenant,
    /// Clusters of teams.
    Cluster,
    /// Pools of workers and ingress nodes.
    Pool,
    /// Machines, with their servers and nodes.
    Node,
    /// Volumes on the storage.
    Volume,
    /// Balancers and their addresses.
    Balancer,
    /// Turns of the engine's loops.
    Loop,
    /// What people asked for.
    Operation,
    /// Services of the cloud, and what they were asked.
    Service,
    /// What in the cloud belongs to nobody.
    Leak,
}

/// A column of a table.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// Its word in filters and settings.
    pub key: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// How wide it is, in columns of the terminal; the widest that there is room for, if it [`Column::grows`].
    pub width: u16,
    /// Whether it takes what the others leave.
    pub grows: bool,
    /// Whether its values stand at its right edge, as numbers do.
    pub right: bool,
    /// How readily it is left out where there is no room: 0 never.
    pub expendable: u8,
}

const fn column(key: &'static str, title: &'static str, width: u16, expendable: u8) -> Column {
    Column { key, title, width, grows: false, right: false, expendable }
}

const fn number(key: &'static str, title: &'static str, width: u16, expendable: u8) -> Column {
    Column { right: true, ..column(key, title, width, expendable) }
}

const fn wide(key: &'static str, title: &'static str, least: u16, expendable: u8) -> Column {
    Column { grows: true, ..column(key, title, least, expendable) }
}

const INCIDENT: &[Column] = &[
    column("severity", "SEVERITY", 10, 0),
    // The detail below names the cause of the selected one; what happened has to be readable for all.
    wide("what", "WHAT", 40, 0),
    wide("cause", "SHARED CAUSE", 22, 5),
    number("since", "SINCE", 5, 0),
    number("clusters", "CLUSTERS", 8, 2),
    number("tenants", "TENANTS", 7, 5),
    number("nodes", "NODES", 6, 1),
    number("share", "FLEET", 6, 4),
    number("vips", "VIPS", 4, 6),
    column("trend", "TREND", 9, 3),
    column("by", "WHO", 12, 4),
    wide("doing", "DOING", 20, 2),
];

const TENANT: &[Column] = &[
    wide("name", "TENANT", 16, 0),
    column("state", "STATE", 12, 0),
    column("display", "TEAM", 20, 3),
    column("tier", "TIER", 10, 4),
    number("clusters", "CLUSTERS", 9, 1),
    number("machines", "MACHINES", 10, 2),
    number("volumes", "GIB", 12, 5),
    number("age", "AGE", 5, 6),
];

const CLUSTER: &[Column] = &[
    wide("name", "CLUSTER", 14, 0),
    column("tenant", "TENANT", 14, 1),
    column("state", "STATE", 15, 0),
    column("version", "VERSION", 10, 3),
    number("etcd", "ETCD", 6, 2),
    number("control", "CONTROL", 7, 2),
    number("workers", "WORKERS", 8, 1),
    number("ingress", "INGRESS", 7, 3),
    column("why", "WHY", 22, 4),
    column("held", "HELD", 10, 5),
    number("age", "AGE", 5, 6),
];

const POOL: &[Column] = &[
    wide("name", "POOL", 18, 0),
    column("cluster", "CLUSTER", 14, 1),
    column("tenant", "TENANT", 14, 2),
    column("state", "STATE", 14, 0),
    column("role", "ROLE", 8, 3),
    number("ready", "READY", 8, 0),
    number("current", "CURRENT", 8, 4),
    number("updated", "UPDATED", 8, 5),
    column("flavor", "FLAVOR", 16, 4),
    column("version", "RELEASE", 10, 5),
    number("age", "AGE", 5, 6),
];

const NODE: &[Column] = &[
    wide("name", "NODE", 26, 0),
    column("cluster", "CLUSTER", 12, 1),
    column("tenant", "TENANT", 12, 3),
    column("role", "ROLE", 13, 2),
    column("state", "STATE", 14, 0),
    column("server", "SERVER", 8, 4),
    column("version", "VERSION", 10, 5),
    column("ip", "ADDRESS", 15, 4),
    column("zone", "ZONE", 6, 3),
    column("host", "HYPERVISOR", 14, 5),
    column("why", "WHY", 22, 6),
    number("age", "AGE", 5, 1),
];

const VOLUME: &[Column] = &[
    wide("name", "VOLUME", 24, 0),
    column("state", "STATE", 12, 0),
    number("size", "GIB", 6, 1),
    column("claim", "CLAIM", 26, 2),
    column("node", "NODE", 24, 2),
    column("cluster", "CLUSTER", 14, 1),
    column("tenant", "TENANT", 12, 3),
    column("project", "PROJECT", 32, 6),
    number("age", "AGE", 5, 5),
];

const BALANCER: &[Column] = &[
    wide("name", "BALANCER", 18, 0),
    column("cluster", "CLUSTER", 14, 2),
    column("tenant", "TENANT", 12, 4),
    column("state", "STATE", 15, 0),
    column("vip", "ADDRESS", 15, 1),
    number("members", "MEMBERS", 8, 1),
    column("dns", "DNS NAME", 30, 5),
    column("provider", "PROVIDER", 9, 4),
    column("operating", "OPERATING", 10, 3),
    number("age", "AGE", 5, 6),
];

const LOOP: &[Column] = &[
    number("age", "AGO", 5, 0),
    column("kind", "KIND", 9, 0),
    wide("name", "OBJECT", 24, 0),
    column("outcome", "OUTCOME", 12, 0),
    wide("step", "STEP", 16, 1),
    wide("difference", "DIFFERENCE", 20, 3),
    number("took", "TOOK MS", 7, 4),
    number("next", "NEXT", 6, 5),
    number("retries", "RETRIES", 7, 5),
];

const OPERATION: &[Column] = &[
    number("age", "AGO", 5, 0),
    column("verb", "VERB", 9, 0),
    wide("target", "TARGET", 24, 0),
    column("state", "PHASE", 11, 0),
    column("progress", "PROGRESS", 9, 3),
    column("requester", "WHO", 16, 1),
    wide("reason", "WHY", 14, 2),
    wide("outcome", "RESULT", 18, 2),
    column("name", "OPERATION", 22, 6),
    // As it can be typed, for "copy as command line".
    column("command", "COMMAND", 40, 7),
];

const SERVICE: &[Column] = &[
    column("name", "SERVICE", 14, 0),
    column("state", "STATE", 16, 0),
    number("succeeded", "ANSWERED", 10, 0),
    number("throttled", "429", 6, 0),
    number("failed", "FAILED", 8, 0),
    number("flight", "IN FLIGHT", 9, 1),
    number("waiting", "WAITING", 8, 1),
    wide("detail", "FAILURES", 20, 2),
];

const LEAK: &[Column] = &[
    wide("name", "THING", 24, 0),
    column("state", "STATE", 10, 0),
    column("kind", "KIND", 12, 1),
    number("since", "SINCE", 5, 0),
    column("cluster", "CLUSTER", 14, 2),
    column("tenant", "TENANT", 12, 3),
    wide("why", "MISSING RECORD", 24, 1),
    column("project", "PROJECT", 32, 5),
    column("id", "ID", 36, 4),
];

impl Subject {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Incident,
        Self::Tenant,
        Self::Cluster,
        Self::Pool,
        Self::Node,
        Self::Volume,
        Self::Balancer,
        Self::Loop,
        Self::Operation,
        Self::Service,
        Self::Leak,
    ];

    /// Its columns, in their usual order.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Incident => INCIDENT,
            Self::Tenant => TENANT,
            Self::Cluster => CLUSTER,
            Self::Pool => POOL,
            Self::Node => NODE,
            Self::Volume => VOLUME,
            Self::Balancer => BALANCER,
            Self::Loop => LOOP,
            Self::Operation => OPERATION,
            Self::Service => SERVICE,
            Self::Leak => LEAK,
        }
    }

    /// Where a column is, by its word. Words may be cut short as long as they are clear: `ver`.
    pub fn column(self, word: &str) -> Option<usize> {
        let columns = self.columns();
        if let Some(exact) = columns.iter().position(|column| column.key == word) {
            return Some(exact);
        }
        let mut begins = columns.iter().enumerate().filter(|(_, column)| column.key.starts_with(word));
        match (begins.next(), begins.next()) {
            (Some((index, _)), None) if !word.is_empty() => Some(index),
            _ => None,
        }
    }

    /// The column that says how a row is.
    pub fn state_column(self) -> Option<usize> {
        let word = match self {
            Self::Incident => "severity",
            Self::Loop => "outcome",
            _ => "state",
        };
        self.column(word)
    }

    /// The column by which rows are sorted at first, and whether backwards.
    pub fn first_sort(self) -> (usize, bool) {
        let word = match self {
            Self::Incident => "severity",
            Self::Loop | Self::Operation => "age",
            _ => "name",
        };
        (self.column(word).unwrap_or(0), false)
    }

    /// What many of them are called.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Incident => "incidents",
            Self::Tenant => "tenants",
            Self::Cluster => "clusters",
            Self::Pool => "pools",
            Self::Node => "nodes",
            Self::Volume => "volumes",
            Self::Balancer => "load balancers",
            Self::Loop => "loops",
            Self::Operation => "journal",
            Self::Service => "cloud calls",
            Self::Leak => "leaks",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_words_that_are_clear() {
        assert_eq!(Subject::Cluster.column("version"), Subject::Cluster.column("ver"));
        assert!(Subject::Cluster.column("ver").is_some());
        assert_eq!(Subject::Incident.column("c"), None, "clusters or cause");
        assert_eq!(Subject::Node.column(""), None);
        for subject in Subject::ALL {
            assert!(subject.state_column().is_some(), "{subject:?}");
            let mut keys: Vec<&str> = subject.columns().iter().map(|column| column.key).collect();
            keys.sort_unstable();
            let count = keys.len();
            keys.dedup();
            assert_eq!(keys.len(), count, "{subject:?}");
        }
    }
}
