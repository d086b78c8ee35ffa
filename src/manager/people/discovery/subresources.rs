//! What a type has below its objects, as discovery tells it.

use crate::manager::registry::resource::{Action, Resource};

const READ_AND_WRITE: &[&str] = &["get", "patch", "update"];

/// One subresource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subresource<'a> {
    /// Its name in paths.
    pub name: &'static str,
    /// The group and version of its kind, if they are not those of the type.
    pub of: Option<(&'static str, &'static str)>,
    /// The kind that is sent and received.
    pub kind: &'a str,
    /// What can be done with it.
    pub verbs: &'static [&'static str],
}

/// The subresources of a type by name. Those that are only there to be refused in a sentence are not told.
pub fn of(resource: &Resource) -> Vec<Subresource<'_>> {
    let acting = resource.actions.iter().filter_map(|action| acting(resource, *action));
    let status = Subresource { name: "status", of: None, kind: &resource.kind, verbs: READ_AND_WRITE };
    let scale =
        Subresource { name: "scale", of: Some(("autoscaling", "v1")), kind: "Scale", verbs: READ_AND_WRITE };
    let mut all: Vec<_> = acting
        .chain(resource.has_status.then_some(status))
        .chain(resource.scale.is_some().then_some(scale))
        .collect();
    all.sort_unstable_by_key(|subresource| subresource.name);
    all
}

fn acting(resource: &Resource, action: Action) -> Option<Subresource<'_>> {
    let create: &[&str] = &["create"];
    let (of, kind, verbs): (_, &str, _) = match action {
        Action::Eviction => (Some(("policy", "v1")), "Eviction", create),
        Action::Binding => (None, "Binding", create),
        Action::Finalize => (None, &resource.kind, &["update"]),
        Action::Token | Action::Log | Action::Exec | Action::Attach | Action::PortForward => return None,
    };
    Some(Subresource { name: action.name(), of, kind, verbs })
}
