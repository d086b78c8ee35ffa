//! What all verbs share: the store, the known types, the seeded chance, and the queue of the keeper.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::lifecycle::queue::Queue;
use super::registry::index::Registry;
use super::resource::Key;
use super::store::handle::Store;

/// The parts that every request works with.
#[derive(Debug)]
pub struct Kernel {
    /// The objects.
    pub store: Store,
    /// The types.
    pub registry: Registry,
    /// What the keeper has to look at.
    pub queue: Queue,
    chance: Mutex<StdRng>,
    /// The objects whose deletion waits for what they own.
    waiting_owners: Mutex<BTreeSet<Key>>,
    defining: Mutex<()>,
}

/// The letters of generated names. Kubernetes leaves out vowels, and what looks like them.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// How many letters a generated name gets.
const SUFFIX_LENGTH: usize = 5;

impl Kernel {
    /// A kernel around a store. The same seed gives the same uids and generated names.
    pub fn new(store: Store, seed: u64) -> Self {
        Self {
            store,
            registry: Registry::new(),
            queue: Queue::default(),
            chance: Mutex::new(StdRng::seed_from_u64(seed)),
            waiting_owners: Mutex::default(),
            defining: Mutex::default(),
        }
    }

    /// Held while the served types follow the stored definitions.
    pub fn defining(&self) -> MutexGuard<'_, ()> {
        self.defining.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The objects whose deletion waits for what they own.
    pub fn waiting_owners(&self) -> Vec<Key> {
        self.waiting_owners.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Notes whether an object's deletion waits for what it owns.
    pub fn note_waiting_owner(&self, key: &Key, waits: bool) {
        let mut waiting = self.waiting_owners.lock().unwrap_or_else(PoisonError::into_inner);
        if waits {
            waiting.insert(key.clone());
        } else {
            waiting.remove(key);
        }
    }

    /// A new uid: a random (version 4) UUID.
    pub fn new_uid(&self) -> String {
        let mut bytes = [0; 16];
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        let [.., sixth, _, eighth, _, _, _, _, _, _, _] = &mut bytes;
        *sixth = (*sixth & 0x0f) | 0x40;
        *eighth = (*eighth & 0x3f) | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
    }

    /// The end of a generated name.
    pub fn new_suffix(&self) -> String {
        let mut bytes = [0; SUFFIX_LENGTH];
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        let letter = |byte: u8| ALPHABET.get(usize::from(byte) % ALPHABET.len()).copied().unwrap_or(b'x');
        bytes.into_iter().map(|byte| char::from(letter(byte))).collect()
    }
}
