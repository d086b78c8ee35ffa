//! Events go an hour after they were last written, as with Kubernetes' `--event-ttl`.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::manager::kernel::Kernel;
use crate::manager::resource::Key;
use crate::manager::store::handle::Expect;
use crate::manager::verbs::stored;

/// How long an Event stays.
const TIME_TO_LIVE: Duration = Duration::from_secs(3600);

/// When which Event goes, in order of time. After a restart the hour begins anew.
#[derive(Debug, Default)]
pub(super) struct Expiry {
    waiting: VecDeque<(Instant, Key, u64)>,
}

impl Expiry {
    /// An Event was written.
    pub(super) fn note(&mut self, kernel: &Kernel, key: &Key) {
        if let Some(entry) = kernel.store.get(key) {
            self.waiting.push_back((Instant::now() + TIME_TO_LIVE, entry.key().clone(), entry.revision()));
        }
    }

    /// When the next one goes.
    pub(super) fn next(&self) -> Option<Instant> {
        self.waiting.front().map(|(when, _, _)| *when)
    }

    /// Removes those whose time has come, unless they were written again.
    pub(super) async fn sweep(&mut self, kernel: &Kernel) {
        let picture = kernel.registry.now();
        let Some(resource) = picture.find("", "v1", "events") else { return };
        while let Some((_, key, revision)) = self.waiting.pop_front_if(|(when, _, _)| *when <= Instant::now())
        {
            let Some(entry) = kernel.store.get(&key).filter(|entry| entry.revision() == revision) else {
                continue;
            };
            let Ok(last) = entry.value() else { continue };
            // Whoever wrote it meanwhile has given it another hour.
            let _ = stored::remove(kernel, resource, &key, Expect::Revision(revision), last).await;
            tokio::task::yield_now().await;
        }
    }
}
