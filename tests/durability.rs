//! A store file against `kill -9` at any moment, and against a file that is not what it should be.
//!
//! A child process writes from many tasks at once and says on its standard output what was acknowledged. It is killed
//! at a moment that the seed decides, from before it has made its file to deep in its work; then the file is opened
//! and compared with what the child had said. `KAASBOARD_KILLS` sets how often.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so by panicking")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use kaasboard::manager::resource::{Key, ResourceId};
use kaasboard::manager::store::entry::{Entry, Indexed};
use kaasboard::manager::store::errors::StoreError;
use kaasboard::manager::store::handle::{Expect, Store};
use kaasboard::manager::store::limits::Limits;
use kaasboard::manager::store::query::ListQuery;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// How often the child is killed in a usual run of the tests.
const KILLS: u64 = 20;
/// After so many kills a new file is begun, so that the making of files is killed as well.
const KILLS_PER_FILE: u64 = 4;
/// How many tasks write at once, each to objects of its own.
const WRITERS: u64 = 16;
/// To how many objects each of them writes, over and over.
const OBJECTS: u64 = 12;
/// So many turns of an idle loop take about as long as a child needs to start and make its file.
const LONGEST_START: u64 = 600_000;
/// So many turns take about as long as a group of writes, so that kills hit every part of one.
const LONGEST_GROUP: u64 = 100_000;

/// What the child is to do: its file, and which of each writer's steps comes first.
const FILE: &str = "KAASBOARD_KILLED_FILE";
const FIRST_STEPS: &str = "KAASBOARD_KILLED_STEPS";

/// One write. Parent and child work it out alike from the writer and the number of the step.
struct Step {
    key: Key,
    /// Nothing: the object is removed.
    object: Option<Value>,
    index: Indexed,
}

impl Step {
    fn of(writer: u64, number: u64) -> Self {
        let mut random = StdRng::seed_from_u64(writer << 40 | number);
        let name = format!("w{writer}-{}", random.random_range(0..OBJECTS));
        let text: String =
            (0..random.random_range(0..600)).map(|_| format!("{:08x}", random.random::<u32>())).collect();
        let labels = vec![("step".to_owned(), number.to_string())];
        let object =
            json!({ "metadata": { "name": name, "labels": { "step": number.to_string() } }, "text": text });
        let removed = random.random_range(0..5) == 0;
        Self {
            key: Key::new(ResourceId::new("machines", "kaasboard.dev"), "a", &name),
            object: (!removed).then_some(object),
            index: Indexed { labels, owners: vec![format!("owner-{writer}")], ..Indexed::default() },
        }
    }

    /// Takes the step. Removing what is not there is a step as well, which changes nothing.
    async fn take(self, store: &Store) -> Option<u64> {
        let done = match self.object {
            Some(object) => store.put(&self.key, Expect::Any, object, self.index).await,
            None => store.remove(&self.key, Expect::Any, json!({ "metadata": {} }), self.index).await,
        };
        match done {
            Ok(entry) => Some(entry.revision()),
            Err(StoreError::NotFound) => None,
            Err(other) => panic!("{other}"),
        }
    }
}

/// The child's part. It never ends by itself, unless its parent has gone.
fn write_until_killed(file: &str) {
    let first: Vec<u64> = serde_json::from_str(&std::env::var(FIRST_STEPS).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let store = Store::open_file(Path::new(file), Limits::default()).unwrap();
        let writers = (0..WRITERS).zip(first).map(|(writer, first)| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in first.. {
                    let revision = Step::of(writer, number).take(&store).await.unwrap_or_default();
                    // One call for one line: a line is said as a whole, or cut short where the kill hit.
                    let line = format!("\nacknowledged {writer} {number} {revision}.\n");
                    if std::io::stdout().write_all(line.as_bytes()).is_err() {
                        return;
                    }
                }
            })
        });
        futures::future::join_all(writers).await;
    });
}

/// What opening a file after a kill brought to light, in numbers.
#[derive(Debug, Default)]
struct Findings {
    /// Objects that are not as acknowledged: gone, back again, or older.
    lost: usize,
    /// Objects that no step made like this.
    half: usize,
    /// Writers whose next step is there, whole, though the child had not come to say so.
    unheard: usize,
}

/// What the parent knows of a file.
#[derive(Default)]
struct Known {
    /// How many steps of each writer are acknowledged.
    steps: Vec<u64>,
    /// Which step made the objects that are there.
    objects: BTreeMap<String, u64>,
    /// The newest revision that anybody was told.
    revision: u64,
}

impl Known {
    fn new() -> Self {
        Self { steps: vec![0; WRITERS as usize], ..Self::default() }
    }

    fn advance(&mut self, writer: u64, number: u64) {
        let step = Step::of(writer, number);
        match step.object {
            Some(_) => self.objects.insert(step.key.name.to_string(), number),
            None => self.objects.remove(&*step.key.name),
        };
        self.steps[writer as usize] = number + 1;
    }

    /// Reads what the child says until it has said `lines` lines, kills it, and takes in what else it has said.
    fn kill_after(&mut self, path: &Path, lines: u64, spins: u64) -> u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "what_was_acknowledged_survives_kill_9_at_any_moment", "--nocapture"])
            .env(FILE, path)
            .env(FIRST_STEPS, serde_json::to_string(&self.steps).unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = 0;
        while acknowledged < lines {
            acknowledged += self.hear(&said.next().unwrap().unwrap());
        }
        for _ in 0..spins {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        for line in said {
            acknowledged += self.hear(&line.unwrap());
        }
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()), Some(9));
        acknowledged
    }

    fn hear(&mut self, line: &str) -> u64 {
        let Some(said) = line.strip_prefix("acknowledged ").and_then(|rest| rest.strip_suffix('.')) else {
            return 0;
        };
        let numbers: Vec<u64> = said.split(' ').map(|number| number.parse().unwrap()).collect();
        self.advance(numbers[0], numbers[1]);
        self.revision = self.revision.max(numbers[2]);
        1
    }

    /// Compares the file with what is known.
    fn check(&mut self, path: &Path, findings: &mut Findings) {
        if !path.exists() {
            assert!(self.steps.iter().all(|steps| *steps == 0), "a file that was written to is there");
        }
        let store = Store::open_file(path, Limits::default()).unwrap();
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(store.revision() >= self.revision, "revisions never go back");
        self.revision = store.revision();
        let resource = ResourceId::new("machines", "kaasboard.dev");
        let query = ListQuery {
            resource: &resource,
            namespace: None,
            after: None,
            limit: None,
            at: None,
            filter: None,
        };
        let mut found = BTreeMap::new();
        for entry in store.list(&query).unwrap().entries {
            let number: u64 = entry.label("step").and_then(|step| step.parse().ok()).unwrap_or(u64::MAX);
            let owned = store.dependents(entry.owners().next().unwrap_or_default());
            let is_whole =
                is_made_by_step(&entry, number) && owned.iter().any(|other| other.key() == entry.key());
            findings.half += usize::from(!is_whole);
            found.insert(entry.key().name.to_string(), number);
        }
        for writer in 0..WRITERS {
            if of(writer, &found) == of(writer, &self.objects) {
                continue;
            }
            // The step after the last one acknowledged was on its way, and may be there as well.
            let mut next = Self { objects: self.objects.clone(), ..Self::new() };
            next.advance(writer, self.steps[writer as usize]);
            if of(writer, &found) == of(writer, &next.objects) {
                self.advance(writer, self.steps[writer as usize]);
                findings.unheard += 1;
            } else {
                findings.lost += 1;
            }
        }
    }
}

/// The objects of one writer, and the steps that made them.
fn of(writer: u64, objects: &BTreeMap<String, u64>) -> Vec<(&String, &u64)> {
    let prefix = format!("w{writer}-");
    objects.iter().filter(|(name, _)| name.starts_with(&prefix)).collect()
}

fn is_made_by_step(entry: &Entry, number: u64) -> bool {
    let writer = entry.key().name[1..].split('-').next().unwrap().parse().unwrap();
    let Some(mut expected) = Step::of(writer, number).object else { return false };
    expected["metadata"]["resourceVersion"] = entry.revision().to_string().into();
    entry.value().unwrap() == expected
}

#[test]
fn what_was_acknowledged_survives_kill_9_at_any_moment() {
    // The child is this same test, told by its parent which file it is to write.
    if let Ok(file) = std::env::var(FILE) {
        return write_until_killed(&file);
    }
    let kills = std::env::var("KAASBOARD_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut random = StdRng::seed_from_u64(9);
    let directory = tempfile::tempdir().unwrap();
    let (mut acknowledged, mut early, mut findings) = (0, 0, Findings::default());
    let mut known = Known::new();
    for kill in 0..kills {
        if kill % KILLS_PER_FILE == 0 {
            known = Known::new();
        }
        let path = directory.path().join(format!("store-{}", kill / KILLS_PER_FILE));
        // Some are killed while they make or open their file, the others in the middle of their work.
        let is_early = kill % KILLS_PER_FILE == 0 || random.random_range(0..4) == 0;
        let lines = if is_early { 0 } else { random.random_range(1..1000) };
        let spins = random.random_range(0..if is_early { LONGEST_START } else { LONGEST_GROUP });
        let heard = known.kill_after(&path, lines, spins);
        acknowledged += heard;
        early += u64::from(heard == 0);
        known.check(&path, &mut findings);
    }
    let Findings { lost, half, unheard } = findings;
    let table = format!(
        "| kills | before the first write | acknowledged writes | lost | half there | whole but unheard of |\n\
         |---|---|---|---|---|---|\n| {kills} | {early} | {acknowledged} | {lost} | {half} | {unheard} |\n"
    );
    std::io::stdout().write_all(table.as_bytes()).unwrap();
    assert_eq!((lost, half), (0, 0));
    assert!(acknowledged > kills, "the child was killed at work");
}

#[tokio::test]
async fn a_broken_file_is_refused_with_its_name_or_read_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let whole = directory.path().join("whole");
    let store = Store::open_file(&whole, Limits::default()).unwrap();
    for number in 0..200 {
        Step::of(number % WRITERS, number).take(&store).await;
    }
    let state = |store: &Store| -> Vec<(Key, u64, Value)> {
        let resource = ResourceId::new("machines", "kaasboard.dev");
        let query = ListQuery {
            resource: &resource,
            namespace: None,
            after: None,
            limit: None,
            at: None,
            filter: None,
        };
        let row = |entry: &Arc<Entry>| (entry.key().clone(), entry.revision(), entry.value().unwrap());
        store.list(&query).unwrap().entries.iter().map(row).collect()
    };
    let expected = state(&store);
    drop(store);
    let bytes = std::fs::read(&whole).unwrap();
    let mut random = StdRng::seed_from_u64(7);
    let mut refused = 0;
    for number in 0..60 {
        let path = directory.path().join(format!("broken-{number}"));
        let mut broken = bytes.clone();
        match number % 3 {
            0 => broken.truncate(random.random_range(1..bytes.len())),
            1 => (0..20)
                .for_each(|_| broken[random.random_range(0..bytes.len())] ^= 1 << random.random_range(0..8)),
            _ => {
                let from = random.random_range(0..bytes.len());
                let to = bytes.len().min(from + random.random_range(1..20_000));
                broken[from..to].fill(random.random());
            }
        }
        std::fs::write(&path, broken).unwrap();
        match Store::open_file(&path, Limits::default()) {
            Ok(store) => assert_eq!(state(&store), expected, "broken-{number}"),
            Err(error @ (StoreError::Damaged { .. } | StoreError::Open { .. })) => {
                assert!(error.to_string().contains(&format!("broken-{number}")), "{error}");
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(refused > 20, "{refused} of 60 broken files were refused");
}
