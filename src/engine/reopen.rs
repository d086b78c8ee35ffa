//! The pauses before a broken watch is opened again.

use std::time::Duration;

use kube::runtime::utils::Backoff;

/// The first pause; it doubles with each further one.
const FIRST: Duration = Duration::from_millis(800);
/// The longest pause: what was missed is known within it.
const LONGEST: Duration = Duration::from_secs(30);

/// The pauses. They are those of Kubernetes' own clients, but nothing of them is drawn at random: one engine has a watch
/// or a dozen on an API server and not thousands, and so a run of a seed can be repeated.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    next: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST);
        Some(pause)
    }
}

impl Backoff for Pauses {
    fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_again() {
        let mut pauses = Pauses::default();
        let millis: Vec<u128> = pauses.by_ref().take(8).map(|pause| pause.as_millis()).collect();
        assert_eq!(millis, [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
        pauses.reset();
        assert_eq!(pauses.next(), Some(FIRST));
    }
}
