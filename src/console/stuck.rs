//! The end for a terminal that takes nothing any more: over a connection that stands still, whoever writes waits for ever, and
//! a signal must end the program all the same.

use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::task::JoinSet;

use super::terminal;

/// How long something may be on its way to the terminal until nobody believes that it arrives.
const GRACE: Duration = Duration::from_millis(400);

/// Ends the process if the console cannot end after one of these signals, since it waits for the terminal. Nothing comes of it
/// once this is dropped.
///
/// The Lease of an engine in this process is not given up then: it ends by itself, as after a crash.
pub fn end_in_time(ends: [Signal; 3]) -> JoinSet<()> {
    let mut waiting = JoinSet::new();
    for mut end in ends {
        waiting.spawn(async move {
            if end.recv().await.is_none() {
                return;
            }
            let mut last = None;
            loop {
                tokio::time::sleep(GRACE).await;
                let under_way = terminal::under_way();
                if under_way.is_some() && under_way == last {
                    tracing::warn!("the terminal takes nothing any more: the end does not wait for it");
                    if let Err(error) = terminal::abandon() {
                        tracing::error!(%error, "the program cannot end itself");
                    }
                }
                last = under_way;
            }
        });
    }
    waiting
}
