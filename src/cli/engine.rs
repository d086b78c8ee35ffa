//! `kaasboard engine`: the engine alone, on a manager that lives elsewhere.

use std::net::SocketAddr;

use clap::Args;
use rustix::system::uname;
use tokio::signal::unix::SignalKind;

use super::connect::Manager;
use super::failure::{Exit, Failure};
use super::manager::{address, either, listen_for};
use super::output;
use super::sandbox::tell;
use crate::engine::facts::serve::Facts;
use crate::settings::context::CloudAt;
use crate::settings::places::Places;
use crate::startup;
use crate::startup::real_cloud::Servers;
use crate::startup::working::Working;

/// The arguments of `kaasboard engine`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard manager serve --listen 127.0.0.1:7443 --kubeconfig /tmp/kubeconfig
  export KUBECONFIG=/tmp/kubeconfig
  kaasboard crds | kubectl apply --server-side -f -
  kaasboard engine --simulate --listen 127.0.0.1:9464    # on a cloud that lives in this process
  kaasboard engine --context prod --listen 127.0.0.1:9464  # on manager and cloud of a context
  kaasboard engine --cloud prod --admin prod-admin       # on KUBECONFIG's manager, and clouds.yaml
  curl http://127.0.0.1:9464/metrics
  kaasboard get loops

One engine at a time acts: the one that holds the Lease kaasboard-system/kaasboard-engine. Others are ready to take over. \
SIGINT (Ctrl-C) and SIGTERM end it, and give the Lease up.

It serves /metrics, /healthz, /readyz, /loops, /volumes and /leaks, and /glance for a console elsewhere. The Lease says \
where: `kaasboard get loops` and consoles find it there.")]
pub struct Arguments {
    /// Where it tells of itself; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", value_parser = address, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Listen on an address that other machines can reach: whoever reaches it can read all that it tells
    #[arg(long)]
    allow_remote: bool,
    /// Act on a simulated cloud, which lives in this process and is gone when it ends
    #[arg(long, conflicts_with = "cloud")]
    simulate: bool,
    /// Act on the OpenStack of this entry of clouds.yaml, instead of that of the context
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
    /// Give each cluster a project of its own, made with this entry of clouds.yaml
    #[arg(long, value_name = "NAME", requires = "cloud")]
    admin: Option<String>,
    #[command(flatten)]
    manager: Manager,
}

/// How others reach what listens at an address: one that stands for all of this machine leads elsewhere from elsewhere.
fn reached_at(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("{}:{}", uname().nodename().to_string_lossy(), address.port())
    } else {
        address.to_string()
    }
}

/// Does what was asked.
///
/// # Errors
/// When there is no cloud, the manager does not answer, or a part of the engine breaks.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if !arguments.listen.ip().is_loopback() && !arguments.allow_remote {
        return Err(Failure::new(Exit::Refused, "other machines could reach this address")
            .on(arguments.listen)
            .remedy("listen on 127.0.0.1 or [::1]; or add --allow-remote, if whoever reaches it may read the loops"));
    }
    let cloud = cloud(arguments)?;
    let log = startup::log(&Places::find()?)?;
    startup::runtime()?.block_on(async {
        let (interrupt, terminate) = (listen_for(SignalKind::interrupt())?, listen_for(SignalKind::terminate())?);
        let facts = facts(arguments.listen).await?;
        let client = arguments.manager.client().await?;
        let (mut working, on) = match &cloud {
            Some(servers) => (Working::on_openstack(client, servers).await?, servers.entry.as_str()),
            None => (Working::on_simulated_servers(client).await?, "a simulated cloud"),
        };
        working.engine.leadership.tells_at(format!("http://{}", reached_at(facts.address())));
        output::result(&format!(
            "an engine on {on}: {}\nit tells of itself at http://{} (/metrics, /healthz, /readyz, /loops, /leaks, /volumes, /glance)\n\
             log: {}\n",
            working.identity(),
            facts.address(),
            log.path().display(),
        ))?;
        let (engine, identity) = (working.engine.clone(), working.identity().to_owned());
        let ended = tokio::select! {
            () = facts.serve(engine.clone(), identity) => true,
            () = working.broken() => true,
            () = tell(&engine) => true,
            () = either(interrupt, terminate) => false,
        };
        working.resign().await;
        if ended {
            return Err(Failure::new(Exit::Failed, "a part of the engine broke")
                .on(log.path().display())
                .remedy("start it again, and report it with the end of the log"));
        }
        output::note("stopped; the Lease is given up");
        Ok(())
    })
}

/// Where the engine acts: nothing stands for the simulated cloud.
fn cloud(arguments: &Arguments) -> Result<Option<Servers>, Failure> {
    if arguments.simulate {
        return Ok(None);
    }
    if let Some(entry) = &arguments.cloud {
        let (entry, admin) = (entry.clone(), arguments.admin.clone());
        return Ok(Some(Servers { entry, admin, ..Servers::default() }));
    }
    match arguments.manager.cloud()? {
        CloudAt::OpenStack(at) => Ok(Some(at.into())),
        CloudAt::Nothing | CloudAt::Simulated => {
            Err(Failure::new(Exit::Usage, "without a cloud the engine has nothing to act on").remedy(
                "name an entry of clouds.yaml with --cloud; or --simulate lets it act on a simulated cloud, which is \
                 gone when the process ends",
            ))
        }
    }
}

/// Listens for those who ask the engine about itself.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn facts(listen: SocketAddr) -> Result<Facts, Failure> {
    Facts::bind(listen).await.map_err(|error| {
        Failure::new(Exit::Failed, "cannot listen")
            .on(listen)
            .because(error)
            .remedy("end who listens there, or listen on another port; port 0 lets the system choose")
    })
}
