//! The cloud: are both entries let in, and does each service answer.

use crate::cli::failure::Failure;
use crate::cloud::errors::{CloudError, CloudErrorKind};
use crate::cloud::openstack::cloud::OpenStack;
use crate::cloud::openstack::examine::{Examined, Standing, Which};
use crate::cloud::provider::Cloud;
use crate::startup::real_cloud::{self, Servers};

use super::manager::chain;
use super::report::{Check, Verdict, clock};

/// So many zones an etcd needs to live through the loss of one.
const ZONES: usize = 3;

/// Looks at a cloud. It is given back if it lets us in.
pub async fn checks(at: &Servers) -> (Vec<Check>, Option<OpenStack>) {
    let cloud = match real_cloud::connect(at) {
        Ok(cloud) => cloud,
        Err(failure) => return (vec![unusable(at, &failure)], None),
    };
    let home = match cloud.standing(Which::Home).await {
        Ok(Some(standing)) => standing,
        Ok(None) => return (Vec::new(), None),
        Err(error) => return (vec![refused(&at.entry, error)], None),
    };
    let mut all = vec![member(&at.entry, &home), clock("Keystone", home.ahead), admin(&cloud, at).await];
    for service in cloud.services().await {
        all.extend(of_service(service));
    }
    all.push(zones(&cloud).await);
    (all, Some(cloud))
}

fn subject(entry: &str) -> String {
    format!("entry {entry}")
}

fn unusable(at: &Servers, failure: &Failure) -> Check {
    let told = failure.to_string();
    let part = |word: &str| {
        let line = told.lines().find_map(|line| line.trim_start().strip_prefix(word));
        line.map(|line| line.trim_start_matches(':').trim().to_owned())
    };
    let found = part("why").or_else(|| part("error")).unwrap_or_else(|| told.replace('\n', " "));
    Check::failed(subject(&at.entry), found, part("do").unwrap_or_default())
}

fn refused(entry: &str, error: CloudError) -> Check {
    let fix = match &error.kind {
        CloudErrorKind::Denied(_) => {
            "correct user, password, project and domain in clouds.yaml or secure.yaml"
        }
        _ => "is auth_url right, is Keystone up, does a firewall let us through",
    };
    Check::failed(subject(entry), chain(error.into()), fix)
}

fn member(entry: &str, standing: &Standing) -> Check {
    let roles = standing.roles.join(", ");
    let Some(project) = &standing.project else {
        let fix = "add project_name and project_domain_name to the entry";
        return Check::failed(subject(entry), "its token is for no project", fix);
    };
    let found = format!(
        "let in until {} with {roles} in project {project}",
        standing.expires.format("%Y-%m-%dT%H:%M:%SZ")
    );
    let acts = standing.roles.iter().any(|role| matches!(role.as_str(), "member" | "admin" | "_member_"));
    if acts {
        Check::ok(subject(entry), found)
    } else {
        Check::warning(
            subject(entry),
            format!("{found}: not `member`"),
            "openstack role add --user USER --project PROJECT member, if the services refuse to create",
        )
    }
}

async fn admin(cloud: &OpenStack, at: &Servers) -> Check {
    let Some(entry) = &at.admin else {
        return Check::ok(
            "entry of an administrator",
            "none is named: all clusters share one project, hypervisors have no names",
        );
    };
    if let Err(error) = cloud.standing(Which::Admin).await {
        return refused(entry, error);
    }
    match cloud.sees_everything().await {
        Ok(_) => Check::ok(subject(entry), "let in, sees the servers of all projects"),
        Err(error) => Check::failed(
            subject(entry),
            chain(error.into()),
            "openstack role add --user USER --system all admin, and on its project, or leave `admin` out",
        ),
    }
}

/// Whether a service answers, and what its clock says.
fn of_service(service: Examined) -> Vec<Check> {
    let subject = format!("service {}", service.kind);
    let (absent, kind) = (service.is_absent(), service.kind);
    match (service.answer, service.optional_for) {
        (Ok(ahead), _) => {
            let mut all = vec![Check::ok(subject, "answers")];
            let check = clock(kind, ahead);
            // Few say what time it is: only who is wrong is worth a line.
            all.extend(matches!(check.verdict, Verdict::Warning | Verdict::Failed).then_some(check));
            all
        }
        (Err(_), Some(lost)) if absent => {
            let fix = "ask the cloud's operators, if that is needed";
            vec![Check::warning(subject, format!("not in the catalog: no {lost}"), fix)]
        }
        (Err(error), _) if absent => {
            let fix = "without it there are no clusters: is region_name right, openstack catalog list";
            vec![Check::failed(subject, chain(error.into()), fix)]
        }
        (Err(error), _) => {
            let fix = match &error.kind {
                CloudErrorKind::Denied(_) => "give the user the role that this service's policy asks for",
                _ => "tell the cloud's operators, with the id of the request if there is one",
            };
            vec![Check::failed(subject, chain(error.into()), fix)]
        }
    }
}

async fn zones(cloud: &OpenStack) -> Check {
    match cloud.zones().await {
        Ok(zones) => {
            let up = zones.iter().filter(|zone| zone.available).count();
            let names: Vec<&str> = zones.iter().map(|zone| zone.name.as_str()).collect();
            let found = format!("{up} of {} up: {}", zones.len(), names.join(", "));
            if up < ZONES {
                let fix = "with fewer than three zones the loss of one can take an etcd's majority";
                return Check::warning("zones", found, fix);
            }
            Check::ok("zones", found)
        }
        Err(error) => Check::failed("zones", chain(error.into()), "tell the cloud's operators"),
    }
}
