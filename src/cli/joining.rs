//! The engine in the process of a console that looks at a context: it takes the Lease if that is free.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use kube::Client;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::engine::facts;
use super::failure::Failure;
use crate::console::seat::Seat;
use crate::startup::real_cloud::Servers;
use crate::startup::working::Working;

/// How long until an engine that could not begin tries again: whoever looks at the screen sees that it goes on.
const AGAIN: Duration = Duration::from_secs(15);
/// Where it tells of itself: the bastion's own people ask it there.
const FACTS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// An engine that begins beside a console. The console never waits for it: a cloud that does not answer is what people
/// open a console for.
#[derive(Debug)]
pub struct Joining {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// What an engine that begins beside a console has to say.
type Words = mpsc::Sender<Result<String, String>>;

impl Joining {
    /// Lets an engine begin, which takes the seat once it is there.
    pub fn begin(client: Client, servers: Servers, seat: Seat, words: Words) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut stopped = stopped;
            let mut begun = None;
            tokio::select! {
                _ = &mut stopped => {}
                working = begin(&client, &servers, &words) => begun = Some(working),
            }
            if let Some(working) = begun {
                keep(working, &seat, &words, stopped).await;
            }
        });
        Self { stop, task }
    }

    /// Ends it, and gives the Lease up.
    pub async fn end(self) {
        // It may have ended by itself.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the engine beside the console broke");
        }
    }
}

/// Tries until it works.
async fn begin(client: &Client, servers: &Servers, words: &Words) -> Working {
    loop {
        match Working::on_openstack(client.clone(), servers).await {
            Ok(working) => return working,
            Err(failure) => tell(words, Err(told(&failure))).await,
        }
        sleep(AGAIN).await;
    }
}

async fn keep(mut working: Working, seat: &Seat, words: &Words, stopped: oneshot::Receiver<()>) {
    let engine = working.engine.clone();
    let facts = match facts(FACTS).await {
        Ok(facts) => facts,
        Err(failure) => {
            working.resign().await;
            return tell(words, Err(told(&failure))).await;
        }
    };
    engine.leadership.tells_at(format!("http://{}", facts.address()));
    seat.take(engine.clone());
    let broke = tokio::select! {
        _ = stopped => None,
        () = facts.serve(engine, working.identity().to_owned()) => Some("the engine tells nothing of itself any more"),
        () = working.broken() => Some("a part of the engine broke; it acts no more. Start the console again"),
    };
    working.resign().await;
    if let Some(what) = broke {
        tell(words, Err(what.to_owned())).await;
    }
}

async fn tell(words: &Words, word: Result<String, String>) {
    // A console that is closed hears nothing any more.
    let _ = words.send(word).await;
}

fn told(failure: &Failure) -> String {
    format!("the engine does not begin yet: {}", failure.to_string().replace('\n', " "))
}
