//! What there is to choose from by name: flavors, images, networks and zones of names, and the ids behind the names.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use reqwest::Method;
use serde::Deserialize;

use super::call::{Call, Service};
use super::cloud::{As, OpenStack};
use super::pages::{Listed, Paging};
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::provider::Answer;
use crate::cloud::types::compute::{Flavor, Image};
use crate::cloud::types::network::Network;

/// Glance's word for an image that can be used.
const USABLE: &str = "active";

/// A sort of things that have names for people and ids for the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Choice {
    Flavor,
    Image,
    Network,
    BalancerFlavor,
    Zone,
}

impl Choice {
    fn word(self) -> &'static str {
        match self {
            Self::Flavor => "flavor",
            Self::Image => "image",
            Self::Network => "network",
            Self::BalancerFlavor => "balancer flavor",
            Self::Zone => "zone",
        }
    }
}

/// The ids behind names, as they were last listed.
#[derive(Debug, Default)]
pub(super) struct Choices(RwLock<HashMap<Choice, HashMap<String, String>>>);

impl Choices {
    /// What was known is listed anew by the next who asks.
    pub(super) fn forget(&self, choice: Choice) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&choice);
    }

    /// The zone that a name lies in: the longest of those known that are its end.
    pub(super) fn zone_around(&self, name: &str) -> Option<String> {
        let is_around =
            |zone: &str| name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let around = all.get(&Choice::Zone)?.iter().filter(|(zone, _)| is_around(zone));
        around.max_by_key(|(zone, _)| zone.len()).map(|(_, id)| id.clone())
    }

    pub(super) fn keep(&self, choice: Choice, ids: HashMap<String, String>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(choice, ids);
    }

    fn id(&self, choice: Choice, name: &str) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&choice)?.get(name).cloned()
    }

    /// The name behind an id.
    pub(super) fn name(&self, choice: Choice, id: &str) -> Option<String> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(&choice)?.iter().find(|(_, known)| *known == id).map(|(name, _)| name.clone())
    }
}

#[derive(Deserialize)]
struct ShownFlavor {
    id: String,
    name: String,
    vcpus: u32,
    ram: u64,
    disk: u32,
}

#[derive(Deserialize)]
struct ShownImage {
    id: String,
    name: Option<String>,
    status: String,
    #[serde(default)]
    min_disk: u32,
    #[serde(default)]
    min_ram: u64,
}

#[derive(Deserialize)]
struct ShownNetwork {
    id: String,
    name: String,
    #[serde(default)]
    shared: bool,
}

#[derive(Deserialize)]
struct ShownSubnet {
    id: String,
    network_id: String,
    cidr: String,
}

#[derive(Deserialize)]
struct ShownBalancerFlavor {
    id: String,
    name: String,
}

impl Listed for ShownFlavor {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for ShownImage {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for ShownNetwork {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for ShownSubnet {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for ShownBalancerFlavor {
    fn id(&self) -> &str {
        &self.id
    }
}

impl OpenStack {
    pub(super) async fn list_flavors(&self) -> Answer<Vec<Flavor>> {
        let call =
            Call::new(("list flavors", "all"), (Service::Compute, Method::GET), &["flavors", "detail"]);
        let found = self.all::<ShownFlavor>(As::Home, call, "flavors", Paging::Marker).await?;
        let ids = found.iter().map(|flavor| (flavor.name.clone(), flavor.id.clone()));
        self.choices.keep(Choice::Flavor, ids.collect());
        let flavors = found.into_iter().map(|flavor| Flavor {
            name: flavor.name,
            cores: flavor.vcpus,
            memory_mib: flavor.ram,
            disk_gib: flavor.disk,
        });
        Ok(flavors.collect())
    }

    /// Names of images need not be unique: the newest that can be used is meant.
    pub(super) async fn list_images(&self) -> Answer<Vec<Image>> {
        let call = Call::new(("list images", "all"), (Service::Image, Method::GET), &["images"]);
        let call = call.query("sort", "created_at:asc");
        let mut found = self.all::<ShownImage>(As::Home, call, "images", Paging::Marker).await?;
        found.sort_by_key(|image| image.status == USABLE);
        let ids = found.iter().filter_map(|image| Some((image.name.clone()?, image.id.clone())));
        self.choices.keep(Choice::Image, ids.collect());
        let mut images: HashMap<String, Image> = HashMap::new();
        for image in found {
            let Some(name) = image.name else { continue };
            let one = Image {
                name: name.clone(),
                active: image.status == USABLE,
                min_disk_gib: image.min_disk,
                min_memory_mib: image.min_ram,
            };
            images.insert(name, one);
        }
        let mut images: Vec<Image> = images.into_values().collect();
        images.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(images)
    }

    pub(super) async fn list_networks(&self) -> Answer<Vec<Network>> {
        let call = Call::new(("list networks", "all"), (Service::Network, Method::GET), &["networks"]);
        let found = self.all::<ShownNetwork>(As::Home, call, "networks", Paging::Marker).await?;
        let call = Call::new(("list subnets", "all"), (Service::Network, Method::GET), &["subnets"]);
        let subnets = self.all::<ShownSubnet>(As::Home, call, "subnets", Paging::Marker).await?;
        let ids = found.iter().map(|network| (network.name.clone(), network.id.clone()));
        self.choices.keep(Choice::Network, ids.collect());
        let ranges = |id: &str| {
            let own = subnets.iter().filter(|subnet| subnet.network_id == id);
            own.map(|subnet| subnet.cidr.clone()).collect()
        };
        let networks = found.into_iter().map(|network| Network {
            ranges: ranges(&network.id),
            name: network.name,
            shared: network.shared,
        });
        Ok(networks.collect())
    }

    async fn list_balancer_flavors(&self) -> Answer<()> {
        let about = ("list balancer flavors", "all");
        let call = Call::new(about, (Service::Balancer, Method::GET), &["lbaas", "flavors"]);
        let found = self.all::<ShownBalancerFlavor>(As::Home, call, "flavors", Paging::Marker).await?;
        let ids = found.into_iter().map(|flavor| (flavor.name, flavor.id));
        self.choices.keep(Choice::BalancerFlavor, ids.collect());
        Ok(())
    }

    /// The id behind a name. One that is not known is looked for once more, and then refused as a mistake of `call`.
    pub(super) async fn id_of(&self, call: &Call, choice: Choice, name: &str) -> Answer<String> {
        if let Some(id) = self.choices.id(choice, name) {
            return Ok(id);
        }
        self.look_at(choice).await?;
        let word = choice.word();
        let unknown = || CloudErrorKind::Invalid(format!("the {word} {name} could not be found"));
        self.choices.id(choice, name).ok_or_else(|| call.failed(unknown()))
    }

    /// Lists a sort of things anew.
    pub(super) async fn look_at(&self, choice: Choice) -> Answer<()> {
        match choice {
            Choice::Flavor => self.list_flavors().await.map(|_| ()),
            Choice::Image => self.list_images().await.map(|_| ()),
            Choice::Network => self.list_networks().await.map(|_| ()),
            Choice::BalancerFlavor => self.list_balancer_flavors().await,
            Choice::Zone => self.dns_zones().await.map(|_| ()),
        }
    }
}
