//! A real cloud by the entries of clouds.yaml, and what has to be decided about it before an engine can work on it.

use std::collections::HashMap;
use std::env;

use crate::api::load_balancer::Provider;
use crate::api::text::CloudName;
use crate::cli::failure::{Exit, Failure};
use crate::cloud::errors::{CloudError, CloudErrorKind};
use crate::cloud::openstack::cloud::OpenStack;
use crate::cloud::openstack::entry::{Entry, EntryError};
use crate::cloud::provider::Cloud;
use crate::engine::site::{Carrier, Projects, Site};
use crate::settings::context::{self, OpenStackAt};

/// The network of balancers' addresses, where no other is named.
const FRONTEND: &str = "frontend";

/// Where real servers come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Servers {
    /// The entry of clouds.yaml in whose name they are made.
    pub entry: String,
    /// The entry that may make projects, so that each cluster gets one of its own.
    pub admin: Option<String>,
    /// The network of balancers' addresses; with none named, the one called `frontend`.
    pub frontend: Option<String>,
    /// The DNS zone of clusters' names; with none named, the only one that there is.
    pub zone: Option<String>,
    /// Whether entries are taken that do not look at certificates.
    pub unchecked: bool,
    /// What carries balancers.
    pub carriers: HashMap<Provider, Carrier>,
}

impl Servers {
    /// The name of the network of balancers' addresses.
    pub fn frontend(&self) -> &str {
        self.frontend.as_deref().unwrap_or(FRONTEND)
    }
}

impl From<OpenStackAt> for Servers {
    fn from(at: OpenStackAt) -> Self {
        let carriers = [(Provider::Software, at.software), (Provider::Hardware, at.hardware)];
        let carrier = |it: context::Carrier| Carrier { provider: it.provider, flavor: it.flavor };
        Self {
            entry: at.name,
            admin: at.admin,
            frontend: at.frontend,
            zone: at.zone,
            unchecked: at.unchecked,
            carriers: carriers.into_iter().filter_map(|(kind, it)| Some((kind, carrier(it?)))).collect(),
        }
    }
}

/// A real cloud that can be worked on.
#[derive(Debug)]
pub struct Real {
    /// The cloud.
    pub cloud: OpenStack,
    /// What is decided about it.
    pub site: Site,
}

impl Real {
    /// The image that all servers of a sandbox boot: the named one, or the only one that there is.
    ///
    /// # Errors
    /// When the cloud does not answer, has no such image, or has several and none is named.
    pub async fn image(&self, named: Option<&str>) -> Result<CloudName, Failure> {
        let images = self.cloud.images().await;
        let images = images.map_err(|error| silent("images", error))?;
        let usable: Vec<&str> =
            images.iter().filter(|image| image.active).map(|image| image.name.as_str()).collect();
        let missing = |why: String| {
            Failure::new(Exit::NotFound, why)
                .remedy(format!("add --image with one of: {}", usable.join(", ")))
        };
        let name = match (named, usable.as_slice()) {
            (Some(name), usable) if usable.contains(&name) => name.to_owned(),
            (Some(name), _) => return Err(missing(format!("the cloud has no image {name}"))),
            (None, [only]) => (*only).to_owned(),
            (None, _) => return Err(missing("which image servers boot is not said".to_owned())),
        };
        CloudName::try_from(name)
            .map_err(|error| missing(format!("the image cannot be named in a Release: {error}")))
    }
}

/// Logs in, and looks at what there is.
///
/// # Errors
/// When an entry is of no use, the cloud does not answer, or it lacks something.
pub async fn open(at: &Servers) -> Result<Real, Failure> {
    survey(connect(at)?, at).await
}

/// The cloud of these entries. Nobody is asked yet.
///
/// # Errors
/// When an entry is of no use.
pub fn connect(at: &Servers) -> Result<OpenStack, Failure> {
    let entry = |name: &str| entry(name, at.unchecked);
    let cloud = OpenStack::new(entry(&at.entry)?, at.admin.as_deref().map(entry).transpose()?);
    cloud.map_err(|error| {
        Failure::new(Exit::Usage, "the cloud cannot be reached as its entry says")
            .on(&at.entry)
            .because(error)
            .remedy("correct the entry in clouds.yaml")
    })
}

/// Looks at what there is in a cloud, and decides what is to be decided.
///
/// # Errors
/// When the cloud does not answer, or lacks something.
pub async fn survey(cloud: OpenStack, at: &Servers) -> Result<Real, Failure> {
    let silent = |error| silent(&at.entry, error);
    let home = cloud.home_project().await.map_err(silent)?;
    let site = Site {
        projects: if at.admin.is_some() { Projects::Own } else { Projects::Shared(home) },
        frontend: at.frontend().to_owned(),
        zone: zone(&cloud, at).await?,
        carriers: at.carriers.clone(),
    };
    Ok(Real { cloud, site })
}

fn entry(name: &str, unchecked: bool) -> Result<Entry, Failure> {
    Entry::find(name, &|variable| env::var(variable).ok(), unchecked).map_err(|error| {
        let exit = match &error {
            EntryError::NoFile { .. } | EntryError::Unknown { .. } => Exit::NotFound,
            EntryError::Unverified { .. } => Exit::Refused,
            _ => Exit::Usage,
        };
        let remedy = match &error {
            EntryError::Unverified { .. } => {
                "name the authority that vouches for the cloud: `cacert: FILE`; or write `certificates = \"unchecked\"` into the context's cloud, if nobody else can answer there"
            }
            _ => "correct it; OS_CLIENT_CONFIG_FILE names another file",
        };
        Failure::new(exit, "the entry of clouds.yaml cannot be used").on(name).because(error).remedy(remedy)
    })
}

/// The DNS zone of clusters' names. With none or several, and none named, clusters have addresses alone.
async fn zone(cloud: &OpenStack, at: &Servers) -> Result<Option<String>, Failure> {
    let zones = match cloud.dns_zones().await {
        Ok(zones) => zones,
        // Not every cloud has the service.
        Err(error) if matches!(error.kind, CloudErrorKind::Invalid(_)) => Vec::new(),
        Err(error) => return Err(silent(&at.entry, error)),
    };
    let Some(name) = &at.zone else { return Ok(<[String; 1]>::try_from(zones).ok().map(|[only]| only)) };
    let name = format!("{}.", name.trim_end_matches('.'));
    if zones.contains(&name) {
        return Ok(Some(name));
    }
    Err(Failure::new(Exit::NotFound, format!("the cloud has no DNS zone {name}"))
        .on(&at.entry)
        .remedy(format!("name one of: {}", zones.join(", "))))
}

fn silent(entry: &str, error: CloudError) -> Failure {
    let exit = if matches!(error.kind, CloudErrorKind::Denied(_)) { Exit::Refused } else { Exit::Failed };
    Failure::new(exit, "the cloud does not answer as it should")
        .on(entry)
        .because(error)
        .remedy("try the same entry with OpenStack's own client: openstack --os-cloud NAME token issue")
}
