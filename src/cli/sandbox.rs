//! `kaasboard sandbox`: a living fleet in one process, on an embedded manager and a simulated cloud.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::SignalKind;
use tokio::time::interval;

use super::console;
use super::door::Door;
use super::engine::facts;
use super::failure::{Exit, Failure};
use super::manager::{address, either, for_shell, listen_for};
use super::{output, player};
use crate::api::conditions::AVAILABLE;
use crate::api::text::CloudName;
use crate::engine::context::Engine;
use crate::logging::start::Log;
use crate::settings::places::Places;
use crate::settings::words::printable;
use crate::simulation::fleet::Fleet;
use crate::simulation::scenario::Scenario;
use crate::startup::keep::Keep;
use crate::startup::pace::{self, Speed};
use crate::startup::real_cloud::{self, Servers};
use crate::startup::{self, Sandbox, Seeds};

/// How often the progress is told.
const PROGRESS: Duration = Duration::from_secs(2);

/// The arguments of `kaasboard sandbox`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard sandbox                                    the console on a fleet that serves after some seconds
  kaasboard sandbox --speed 20                         the same on a fleet that comes up while you look
  kaasboard sandbox --headless --speed 10 --serve 127.0.0.1:7443 --kubeconfig /tmp/kubeconfig

and then, in another terminal:
  export KUBECONFIG=/tmp/kubeconfig
  kubectl get kubernetesclusters --all-namespaces --watch
  kaasboard scale pool/c0001-general --replicas 5
  kaasboard fault server-dies worker/team-001/c0001
  kubectl delete kubernetescluster c0001 -n team-001

Everything is in memory and gone when it ends, but for --keep. With --speed above 1 its clock runs ahead of the wall \
clock.")]
pub struct Arguments {
    /// Which fleet: `small`, or a fleet file
    #[arg(long, value_name = "small|FILE", default_value = "small")]
    fleet: FleetAt,
    /// What the fleet and the faults are drawn from, in place of the fleet file's seed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many times as fast as the wall clock time goes, from 1 to 1000; `max`: as the engine keeps up, for large fleets.
    /// Without it the fleet comes up within seconds and time goes as the wall clock then; with a scenario, from the start
    #[arg(long, value_name = "N|max", value_parser = pace::speed)]
    speed: Option<Speed>,
    /// A story to play: faults, changes, what has to come of them, and what is told
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Without a screen: tell the progress in lines, until SIGINT (Ctrl-C) or SIGTERM
    #[arg(long)]
    headless: bool,
    /// Where the engine tells of itself: /metrics, /healthz, /readyz, /loops, and more; a loopback address
    #[arg(long, value_name = "ADDR", value_parser = address, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Serve the manager's API on this loopback address, over TLS; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", value_parser = address, requires = "kubeconfig")]
    serve: Option<SocketAddr>,
    /// Where to write the kubeconfig that leads to the manager; readable by its owner alone
    #[arg(long, value_name = "FILE", requires = "serve")]
    kubeconfig: Option<PathBuf>,
    #[command(flatten)]
    servers: RealServers,
}

/// Where real servers come from.
#[derive(Debug, Args)]
struct RealServers {
    /// Make real servers in the cloud of this entry of clouds.yaml; only what runs on them is simulated
    #[arg(long, value_name = "NAME", conflicts_with = "speed")]
    cloud: Option<String>,
    /// Give each cluster a project of its own, made with this entry of clouds.yaml
    #[arg(long, value_name = "NAME", requires = "cloud")]
    admin: Option<String>,
    /// The image that real servers boot; with none named, the cloud has to have one only
    #[arg(long, value_name = "NAME", requires = "cloud")]
    image: Option<String>,
    /// The DNS zone of the clusters' names; with none named, the only one that there is
    #[arg(long, value_name = "NAME", requires = "cloud")]
    zone: Option<String>,
    /// Let all real servers have this flavor, whatever the fleet says
    #[arg(long, value_name = "NAME", requires = "cloud", value_parser = flavor)]
    flavor: Option<CloudName>,
    /// Keep records and insides in this directory: started again with it after a crash, it goes on where it was
    #[arg(long, value_name = "DIR", requires = "cloud")]
    keep: Option<PathBuf>,
}

impl Arguments {
    fn speed(&self) -> Speed {
        // Who plays a story wants to see it, and real servers take their time.
        let is_watched = self.scenario.is_some() || self.servers.cloud.is_some();
        self.speed.unwrap_or(if is_watched { Speed::Times(1.0) } else { Speed::CatchUp })
    }
}

impl RealServers {
    fn wanted(&self) -> Option<Servers> {
        let entry = self.cloud.clone()?;
        Some(Servers { entry, admin: self.admin.clone(), zone: self.zone.clone(), ..Servers::default() })
    }

    /// A sandbox on real servers, if they are asked for; else on simulated ones.
    async fn sandbox(&self, fleet: &Fleet, speed: Speed) -> Result<Sandbox, Failure> {
        let Some(servers) = self.wanted() else {
            return startup::sandbox(fleet, speed, Seeds::random()?).await;
        };
        let real = real_cloud::open(&servers).await?;
        let image = real.image(self.image.as_deref()).await?;
        let mut drawn = startup::on_image(fleet, &image)?;
        if let Some(flavor) = &self.flavor {
            startup::of_flavor(&mut drawn, flavor);
        }
        let keep = self.keep.as_deref().map(Keep::open).transpose()?;
        startup::sandbox_on_servers(&drawn, real, keep.as_ref()).await
    }

    /// Where the records are.
    fn kept(&self) -> String {
        self.keep
            .as_ref()
            .map_or_else(|| "in memory".to_owned(), |keep| format!("kept in {}", keep.display()))
    }

    /// Leaves nothing in the real cloud, if there is one.
    async fn leave(&self, sandbox: &Sandbox) -> Result<(), Failure> {
        if self.cloud.is_some() { clear(sandbox).await } else { Ok(()) }
    }
}

/// Which fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
enum FleetAt {
    Small,
    File(PathBuf),
}

impl FromStr for FleetAt {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Err("write `small`, or the name of a fleet file"),
            "small" => Ok(Self::Small),
            file => Ok(Self::File(PathBuf::from(file))),
        }
    }
}

impl fmt::Display for FleetAt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Small => out.write_str("small"),
            Self::File(file) => write!(out, "{}", file.display()),
        }
    }
}

fn flavor(text: &str) -> Result<CloudName, String> {
    CloudName::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// Does what was asked.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(listen) = [arguments.serve, Some(arguments.listen)]
        .into_iter()
        .flatten()
        .find(|listen| !listen.ip().is_loopback())
    {
        return Err(Failure::new(Exit::Refused, "the sandbox is served on loopback only")
            .on(listen)
            .remedy("listen on 127.0.0.1"));
    }
    if !arguments.headless {
        console::needs_terminal()?;
    }
    let fleet = fleet(arguments)?;
    let scenario = arguments.scenario.as_deref().map(scenario).transpose()?;
    let places = Places::find()?;
    let log = startup::log(&places)?;
    if arguments.headless {
        return startup::runtime()?.block_on(live(arguments, fleet, scenario, &log));
    }
    startup::runtime()?.block_on(shown(arguments, &fleet, scenario, &places))
}

/// The sandbox with a screen, and served beside it if that is asked for.
async fn shown(
    arguments: &Arguments,
    fleet: &Fleet,
    scenario: Option<Scenario>,
    places: &Places,
) -> Result<(), Failure> {
    let settings = startup::settings(places)?;
    let facts = facts(arguments.listen).await?;
    let door = Door::take(arguments.serve, arguments.kubeconfig.as_deref()).await?;
    let sandbox = arguments.servers.sandbox(fleet, arguments.speed()).await?;
    let engine = &sandbox.working.engine;
    engine.leadership.tells_at(format!("http://{}", facts.address()));
    let facts = tokio::spawn(facts.serve(engine.clone(), sandbox.working.identity().to_owned()));
    let listener = door.map(Door::open).transpose()?;
    let served = listener.map(|listener| {
        let remote = sandbox.manager.remote();
        tokio::spawn(async move { listener.serve(remote, std::future::pending()).await })
    });
    let client = sandbox.manager.client("default");
    let story = scenario.map(|scenario| {
        tokio::spawn(async move {
            let told = player::play(&client, &scenario, |line| tracing::info!("{line}")).await;
            if let Err(failure) = told {
                tracing::warn!("{failure}");
            }
        })
    });
    let outcome = console::in_sandbox(places, &settings, &sandbox).await;
    served.into_iter().chain(story).chain([facts]).for_each(|task| task.abort());
    arguments.servers.leave(&sandbox).await?;
    outcome
}

fn fleet(arguments: &Arguments) -> Result<Fleet, Failure> {
    let on = &arguments.fleet;
    let wrong = |error| {
        Failure::new(Exit::Usage, "the fleet cannot be drawn")
            .on(on)
            .because(error)
            .remedy("correct the fleet file")
    };
    let fleet = match on {
        FleetAt::Small => Fleet::small().map_err(wrong)?,
        FleetAt::File(file) => {
            let text = fs::read_to_string(file).map_err(|error| {
                Failure::new(Exit::NotFound, "the fleet file cannot be read").on(on).because(error)
            })?;
            Fleet::parse(&text).map_err(wrong)?
        }
    };
    Ok(Fleet { seed: arguments.seed.unwrap_or(fleet.seed), ..fleet })
}

/// The story in a file.
pub(super) fn scenario(file: &Path) -> Result<Scenario, Failure> {
    let on = file.display();
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::new(Exit::NotFound, "the scenario cannot be read").on(&on).because(error)
    })?;
    Scenario::parse(&text)
        .map_err(|error| Failure::new(Exit::Usage, "the scenario cannot be played").on(&on).because(error))
}

async fn live(
    arguments: &Arguments,
    fleet: Fleet,
    scenario: Option<Scenario>,
    log: &Log,
) -> Result<(), Failure> {
    let (interrupt, terminate) = (listen_for(SignalKind::interrupt())?, listen_for(SignalKind::terminate())?);
    let facts = facts(arguments.listen).await?;
    let door = Door::take(arguments.serve, arguments.kubeconfig.as_deref()).await?;
    let sandbox = arguments.servers.sandbox(&fleet, arguments.speed()).await?;
    sandbox.working.engine.leadership.tells_at(format!("http://{}", facts.address()));
    let clusters = fleet.clusters;
    output::result(&format!(
        "a sandbox: {clusters} clusters with {} machines, {}, time goes {}\n\
         the engine tells of itself at http://{} (/metrics, /healthz, /readyz, /loops, /leaks, /volumes, /glance)\nlog: {}\n",
        fleet.machines,
        arguments.servers.kept(),
        arguments.speed(),
        facts.address(),
        log.path().display(),
    ))?;
    let stop = either(interrupt, terminate);
    let facts = facts.serve(sandbox.working.engine.clone(), sandbox.working.identity().to_owned());
    let client = sandbox.manager.client("default");
    let story = async {
        if let Some(scenario) = &scenario {
            let told = player::play(&client, scenario, tell_line).await;
            if let Err(failure) = told {
                output::note(&failure.to_string());
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = story => {}
        served = serve(arguments, door, &sandbox, stop) => served?,
        () = facts => {}
    }
    arguments.servers.leave(&sandbox).await?;
    output::note("stopped");
    Ok(())
}

/// Takes real servers down with all that belongs to them: nobody else has a record of them.
async fn clear(sandbox: &Sandbox) -> Result<(), Failure> {
    output::note("the clusters are deleted, so that no real server stays; SIGINT (Ctrl-C) leaves them");
    let (interrupt, terminate) = (listen_for(SignalKind::interrupt())?, listen_for(SignalKind::terminate())?);
    tokio::select! {
        cleared = sandbox.clear() => cleared,
        () = tell(&sandbox.working.engine) => Ok(()),
        () = either(interrupt, terminate) => {
            output::note("servers stay; they have tags that begin with kaasboard:cluster-uid");
            Ok(())
        }
    }
}

/// Serves the manager, if that was asked for, and tells the progress, until it is to stop.
async fn serve(
    arguments: &Arguments,
    door: Option<Door>,
    sandbox: &Sandbox,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    match (door, &arguments.kubeconfig) {
        (Some(door), Some(file)) => {
            let listener = door.open()?;
            let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            output::result(&format!(
                "serving at https://{}\n\nIn another terminal:\n  export KUBECONFIG={}\n  kubectl get kubernetesclusters -A\n\n",
                listener.address(),
                for_shell(&file),
            ))?;
            tokio::select! {
                () = listener.serve(sandbox.manager.remote(), stop) => {}
                () = tell(&sandbox.working.engine) => {}
            }
        }
        _ => tokio::select! {
            () = stop => {}
            () = tell(&sandbox.working.engine) => {}
        },
    }
    Ok(())
}

/// Tells the progress whenever it changes, for ever.
pub(super) async fn tell(engine: &Engine) {
    let mut ticks = interval(PROGRESS);
    let mut last = String::new();
    loop {
        ticks.tick().await;
        let now = progress(engine);
        if now != last {
            tell_line(&now);
            last = now;
        }
    }
}

/// Tells a line with the time. A reader who has left has seen enough; the fleet lives on.
fn tell_line(line: &str) {
    let _ = output::result(&format!("{} {}\n", crate::clock::now().format("%H:%M:%S"), printable(line)));
}

fn progress(engine: &Engine) -> String {
    let clusters = engine.records.clusters.all();
    let is_available = |cluster: &&std::sync::Arc<crate::api::cluster::KubernetesCluster>| {
        cluster.status.as_ref().is_some_and(|status| status.conditions.is_true(AVAILABLE))
    };
    let available = clusters.iter().filter(is_available).count();
    let (servers, ports, balancers) = engine.inventory.counts();
    let incidents = engine.records.incidents.all();
    let open = incidents
        .iter()
        .filter(|incident| incident.status.as_ref().is_none_or(|status| status.until.is_none()))
        .count();
    format!(
        "clusters {available}/{} available, machines {}, servers {servers}, ports {ports}, balancers {balancers}, \
         incidents {open}",
        clusters.len(),
        engine.records.machines.count(),
    )
}
