//! A place for a story: a cloud, simulated or real, and a project in it that is the story's own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kaasboard::api::names::Tag;
use kaasboard::cloud::errors::CloudErrorKind;
use kaasboard::cloud::openstack::entry::Entry;
use kaasboard::cloud::provider::{Answer, Cloud};
use kaasboard::cloud::types::compute::{Flavor, NewServer, Server, ServerId, ServerStatus};
use kaasboard::cloud::types::identity::{NewProject, ProjectId, Quota};
use kaasboard::cloud::types::network::{NewPort, Port};
use kaasboard::simulation::cloud::SimulatedCloud;
use kaasboard::simulation::site::Site;
use kaasboard::simulation::world::state::World;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::sleep;

use super::proxy::Proxy;

/// What both clouds have.
pub const IMAGE: &str = "ubuntu-24.04-kube";
pub const FLAVOR: &str = "m1.kube.small";
/// A flavor that fits no hypervisor.
pub const HUGE: &str = "m1.kube.huge";
pub const FRONTEND: &str = "frontend";
pub const BACKEND: &str = "backend";
/// A zone that a story's names may lie in; the real one is made beforehand.
pub const ZONE: &str = "contract.devcloud.test.";
/// How often, and how many times, something is looked at that is to come.
const PAUSE: Duration = Duration::from_millis(500);
const LOOKS: u32 = 240;

/// The real services of a small machine bear so many stories at a time.
const STORIES: u32 = 4;
static AT_A_TIME: Semaphore = Semaphore::const_new(STORIES as usize);
/// Stories of one run have numbers, so that none sees what another made.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A place for a story.
pub struct Stage {
    pub cloud: Arc<dyn Cloud>,
    /// The simulated world, where it is one.
    pub world: Option<SimulatedCloud>,
    /// What stands before the services, where they are real.
    pub proxy: Option<Proxy>,
    pub project: ProjectId,
    /// Whether the project is the story's own, and will be deleted.
    pub own: bool,
    /// In all names and tags of the story.
    pub mark: String,
}

/// A story.
pub type Story = for<'a> fn(&'a Stage) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Tells a story on the simulated cloud, and on the real one if there is one.
pub fn tell(name: &str, story: Story) {
    let paused = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    paused.block_on(async {
        let stage = Stage::simulated().await;
        story(&stage).await;
        stage.end().await;
    });
    tell_real(name, story);
}

/// Tells a story on the real cloud only.
pub fn tell_real(name: &str, story: Story) {
    let Some((home, admin)) = entries() else {
        eprintln!("NOT RUN: {name} on real OpenStack: OS_CLIENT_CONFIG_FILE and OS_CLOUD name none");
        return;
    };
    let real = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    real.block_on(async {
        let _turn = AT_A_TIME.acquire().await.unwrap();
        let stage = Stage::real(home, admin).await;
        story(&stage).await;
        stage.end().await;
    });
}

/// The names of the entries of the real cloud.
pub fn entries() -> Option<(String, Option<String>)> {
    std::env::var_os("OS_CLIENT_CONFIG_FILE")?;
    let home = std::env::var("OS_CLOUD").ok()?;
    let admin = format!("{home}-admin");
    let is_there = Entry::find(&admin, &|name| std::env::var(name).ok(), false).is_ok();
    Some((home, is_there.then_some(admin)))
}

/// Lets no other story be told on the real cloud meanwhile.
pub async fn alone() -> SemaphorePermit<'static> {
    AT_A_TIME.acquire_many(STORIES).await.unwrap()
}

impl Stage {
    async fn simulated() -> Self {
        let mut site = Site::new(3, 3, &[IMAGE]);
        site.flavors.push(Flavor { name: HUGE.into(), cores: 2000, memory_mib: 4096, disk_gib: 20 });
        let world = SimulatedCloud::new(World::new(site, 7));
        Self::set(Arc::new(world.clone()), Some(world), None, None).await
    }

    async fn real(home: String, admin: Option<String>) -> Self {
        let proxy = Proxy::start(&home, admin.as_deref()).await;
        let cloud = Arc::new(proxy.cloud(admin.is_some()));
        let shared = match admin {
            Some(_) => None,
            None => Some(cloud.home_project().await.unwrap()),
        };
        Self::set(cloud, None, Some(proxy), shared).await
    }

    async fn set(
        cloud: Arc<dyn Cloud>,
        world: Option<SimulatedCloud>,
        proxy: Option<Proxy>,
        shared: Option<ProjectId>,
    ) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mark = format!("contract-{}-{number}x", std::process::id());
        let own = shared.is_none();
        let project = match shared {
            Some(project) => project,
            None => {
                let tags = vec![Tag::ClusterUid(mark.clone()).to_string()];
                let wanted = NewProject { name: mark.clone(), description: "a test".into(), tags };
                let project = cloud.create_project(&wanted).await.unwrap().id;
                // What projects have by default is plenty in the development cloud.
                if world.is_some() {
                    cloud.set_quota(&project, &plenty()).await.unwrap();
                }
                project
            }
        };
        Self { cloud, world, proxy, project, own, mark }
    }

    async fn end(self) {
        if self.own {
            self.cloud.delete_project(&self.project).await.unwrap();
            assert_eq!(self.cloud.project_named(&self.mark).await.unwrap(), None);
        }
    }

    /// The tag of a machine of the story.
    pub fn tag(&self, number: u32) -> String {
        Tag::MachineUid(format!("{}-{number}", self.mark)).to_string()
    }

    pub async fn port(&self, number: u32) -> Port {
        self.cloud.create_port(&self.new_port(number)).await.unwrap()
    }

    pub fn new_port(&self, number: u32) -> NewPort {
        NewPort {
            project: self.project.clone(),
            name: format!("{}-port", self.mark),
            network: BACKEND.into(),
            security_groups: Vec::new(),
            tags: vec![self.tag(number)],
        }
    }

    /// A server like all of the story; names need not be unique.
    pub fn new_server(&self, port: &Port, number: u32) -> NewServer {
        NewServer {
            project: self.project.clone(),
            name: format!("{}-server", self.mark),
            flavor: FLAVOR.into(),
            image: IMAGE.into(),
            port: port.id.clone(),
            zone: None,
            group: None,
            user_data: b"#cloud-config\n".to_vec(),
            tags: vec![self.tag(number)],
        }
    }

    pub async fn server(&self, number: u32) -> (Port, ServerId) {
        let port = self.port(number).await;
        let id = self.cloud.create_server(&self.new_server(&port, number)).await.unwrap();
        (port, id)
    }

    /// A server as it is when nothing more is under way on it.
    pub async fn settled(&self, id: &ServerId) -> Server {
        self.until("a server settles", async || {
            let server = self.cloud.server(&self.project, id).await.unwrap();
            (server.status != ServerStatus::Build && server.task.is_none()).then_some(server)
        })
        .await
    }

    /// Deletes a server, and waits until it is gone.
    pub async fn delete(&self, id: &ServerId) {
        self.cloud.delete_server(&self.project, id).await.unwrap();
        self.gone("a server", async || self.cloud.server(&self.project, id).await).await;
    }

    /// Deletes servers and ports of these numbers.
    pub async fn clear(&self, numbers: std::ops::Range<u32>) {
        for number in numbers {
            for server in self.cloud.servers_tagged(&self.project, &self.tag(number)).await.unwrap() {
                self.delete(&server.id).await;
            }
            for port in self.cloud.ports_tagged(&self.project, &self.tag(number)).await.unwrap() {
                self.cloud.delete_port(&self.project, &port.id).await.unwrap();
            }
        }
    }

    /// Waits until something comes about.
    pub async fn until<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        for _ in 0..LOOKS {
            if let Some(found) = look().await {
                return found;
            }
            sleep(PAUSE).await;
        }
        panic!("in vain: {what}");
    }

    /// Waits until something is not there any more.
    pub async fn gone<T>(&self, what: &str, look: impl AsyncFn() -> Answer<T>) {
        self.until(&format!("{what} goes"), async || match look().await {
            Err(error) if error.is_not_found() => Some(()),
            Err(error) => panic!("{error}"),
            Ok(_) => None,
        })
        .await;
    }
}

/// What a story's project may use, where it says anything about it.
pub fn plenty() -> Quota {
    Quota {
        servers: 40,
        cores: 5000,
        memory_mib: 4_000_000,
        ports: 60,
        balancers: 4,
        volumes: 10,
        volume_gib: 100,
    }
}

/// What a call that must fail failed with.
pub fn kind<T: std::fmt::Debug>(answer: Answer<T>) -> CloudErrorKind {
    answer.unwrap_err().kind
}
