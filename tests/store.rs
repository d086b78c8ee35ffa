//! The store against a naive model of it, and what it promises to watchers, to writers and about its file.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;

use kaasboard::manager::resource::{Key, ResourceId};
use kaasboard::manager::store::entry::{Entry, Indexed};
use kaasboard::manager::store::errors::StoreError;
use kaasboard::manager::store::handle::{Expect, Store};
use kaasboard::manager::store::limits::Limits;
use kaasboard::manager::store::query::{ListQuery, Page};
use proptest::prelude::*;
use serde_json::{Value, json};

fn key(name: &str) -> Key {
    let (namespace, name) = name.split_once('/').unwrap_or(("", name));
    Key::new(ResourceId::new("machines", "kaasboard.dev"), namespace, name)
}

fn object(name: &str, note: u64) -> Value {
    json!({ "metadata": { "name": name }, "note": note, "padding": "padding ".repeat(40) })
}

fn labelled(note: u64) -> Indexed {
    Indexed { labels: vec![("parity".into(), (note % 2).to_string())], ..Indexed::default() }
}

async fn put(store: &Store, name: &str, expect: Expect, note: u64) -> Result<Arc<Entry>, StoreError> {
    store.put(&key(name), expect, object(name, note), labelled(note)).await
}

async fn remove(store: &Store, name: &str) -> Result<Arc<Entry>, StoreError> {
    store.remove(&key(name), Expect::Any, object(name, 0), Indexed::default()).await
}

fn list(
    store: &Store,
    at: Option<u64>,
    after: Option<(&str, &str)>,
    limit: Option<usize>,
) -> Result<Page, StoreError> {
    let resource = ResourceId::new("machines", "kaasboard.dev");
    store.list(&ListQuery { resource: &resource, namespace: None, after, limit, at, filter: None })
}

fn notes(page: &Page) -> BTreeMap<String, u64> {
    let note = |entry: &Arc<Entry>| {
        let value = entry.value().unwrap();
        assert_eq!(value["metadata"]["resourceVersion"], entry.revision().to_string());
        (format!("{}/{}", entry.key().namespace, entry.key().name), value["note"].as_u64().unwrap())
    };
    page.entries.iter().map(note).collect()
}

#[tokio::test]
async fn a_write_is_checked_against_what_is_there() {
    let store = Store::in_memory(Limits::default());
    let first = put(&store, "a/x", Expect::Absent, 1).await.unwrap();
    let again = put(&store, "a/x", Expect::Absent, 2).await.unwrap_err();
    assert!(matches!(again, StoreError::AlreadyExists));
    let second = put(&store, "a/x", Expect::Revision(first.revision()), 2).await.unwrap();
    assert!(second.revision() > first.revision());
    let stale = put(&store, "a/x", Expect::Revision(first.revision()), 3).await.unwrap_err();
    assert!(matches!(stale, StoreError::Conflict { current } if current == second.revision()));
    let missing = remove(&store, "a/y").await.unwrap_err();
    assert!(matches!(missing, StoreError::NotFound));
    let gone = remove(&store, "a/x").await.unwrap();
    assert_eq!(gone.value().unwrap()["metadata"]["resourceVersion"], gone.revision().to_string());
    assert!(store.get(&key("a/x")).is_none());
}

#[tokio::test]
async fn pages_of_one_list_show_one_revision_whatever_happens_meanwhile() {
    let store = Store::in_memory(Limits::default());
    for name in ["a/1", "a/2", "b/1", "b/2", "c/1"] {
        put(&store, name, Expect::Absent, 1).await.unwrap();
    }
    let first = list(&store, None, None, Some(2)).unwrap();
    assert_eq!((first.entries.len(), first.more, first.remaining), (2, true, Some(3)));
    remove(&store, "b/1").await.unwrap();
    put(&store, "b/0", Expect::Absent, 9).await.unwrap();
    put(&store, "c/1", Expect::Any, 9).await.unwrap();
    let rest = list(&store, Some(first.revision), Some(("a", "2")), None).unwrap();
    let expected = [("b/1", 1), ("b/2", 1), ("c/1", 1)].map(|(name, note)| (name.to_owned(), note));
    assert_eq!(notes(&rest), expected.into());
    let now = list(&store, None, Some(("a", "2")), None).unwrap();
    let expected = [("b/0", 9), ("b/2", 1), ("c/1", 9)].map(|(name, note)| (name.to_owned(), note));
    assert_eq!(notes(&now), expected.into());
}

#[tokio::test(start_paused = true)]
async fn what_is_too_old_is_refused_and_so_is_what_is_yet_to_come() {
    let limits = Limits { history_changes: 3, ..Limits::default() };
    let store = Store::in_memory(limits);
    let first = put(&store, "a/x", Expect::Absent, 0).await.unwrap().revision();
    let resource = ResourceId::new("machines", "kaasboard.dev");
    let mut slow = store.watch(&resource, first).unwrap();
    for note in 1..9 {
        put(&store, "a/x", Expect::Any, note).await.unwrap();
    }
    assert!(
        matches!(slow.next().await.unwrap_err(), StoreError::Compacted { .. }),
        "a slow watcher is cut off"
    );
    assert!(matches!(store.watch(&resource, first).unwrap_err(), StoreError::Compacted { .. }));
    assert!(matches!(list(&store, Some(first), None, None).unwrap_err(), StoreError::Compacted { .. }));
    assert!(matches!(store.watch(&resource, 999).unwrap_err(), StoreError::Future { .. }));
    let latest = store.revision() - 1;
    assert!(list(&store, Some(latest), None, None).is_ok());
    tokio::time::advance(limits.history_time * 2).await;
    let late = list(&store, Some(latest), None, None).unwrap_err();
    assert!(matches!(late, StoreError::Compacted { .. }), "time alone makes a revision too old");
    let other = ResourceId::new("pods", "");
    let pod = Key::new(other.clone(), "a", "p");
    let quiet = store.revision();
    store.put(&pod, Expect::Absent, object("p", 1), Indexed::default()).await.unwrap();
    assert!(matches!(store.watch(&resource, quiet - 1).unwrap_err(), StoreError::Compacted { .. }));
    assert!(store.watch(&other, quiet).is_ok(), "changes of one type do not age the watchers of another");
}

#[tokio::test]
async fn an_owner_finds_what_it_owns() {
    let store = Store::in_memory(Limits::default());
    let owned = |uids: &[&str]| Indexed {
        owners: uids.iter().map(|uid| (*uid).to_owned()).collect(),
        ..Indexed::default()
    };
    store.put(&key("a/x"), Expect::Absent, object("x", 1), owned(&["u1", "u2"])).await.unwrap();
    store.put(&key("a/y"), Expect::Absent, object("y", 1), owned(&["u1"])).await.unwrap();
    assert_eq!((store.dependents("u1").len(), store.dependents("u2").len()), (2, 1));
    store.put(&key("a/x"), Expect::Any, object("x", 2), owned(&["u2"])).await.unwrap();
    assert_eq!((store.dependents("u1").len(), store.dependents("u2").len()), (1, 1));
    remove(&store, "a/x").await.unwrap();
    assert_eq!((store.dependents("u1").len(), store.dependents("u2").len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_watcher_misses_nothing_and_sees_nothing_twice_while_many_write() {
    const WRITERS: u64 = 8;
    const WRITES: u64 = 300;
    let store = Store::in_memory(Limits::default());
    let resource = ResourceId::new("machines", "kaasboard.dev");
    let watchers: Vec<_> = (0..4)
        .map(|_| {
            let mut cursor = store.watch(&resource, store.revision()).unwrap();
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while seen.len() < usize::try_from(WRITERS * WRITES).unwrap() {
                    seen.push(cursor.next().await.unwrap().entry.revision());
                }
                seen
            })
        })
        .collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for note in 0..WRITES {
                    put(&store, &format!("a/{writer}"), Expect::Any, note).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let expected: Vec<u64> = (2..2 + WRITERS * WRITES).collect();
    for watcher in watchers {
        assert_eq!(watcher.await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_file_holds_what_was_written_and_the_revisions_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let (revision, before) = {
        let store = Store::open_file(&path, Limits::default()).unwrap();
        for note in 0..50 {
            put(&store, &format!("a/{note}"), Expect::Absent, note).await.unwrap();
        }
        remove(&store, "a/7").await.unwrap();
        (store.revision(), notes(&list(&store, None, None, None).unwrap()))
    };
    let store = Store::open_file(&path, Limits::default()).unwrap();
    assert_eq!(store.revision(), revision);
    let page = list(&store, None, None, None).unwrap();
    assert_eq!(notes(&page), before);
    assert_eq!(page.entries[0].label("parity"), Some("0"), "labels are there again");
    let resource = ResourceId::new("machines", "kaasboard.dev");
    assert!(matches!(store.watch(&resource, revision - 1).unwrap_err(), StoreError::Compacted { .. }));
    assert!(put(&store, "a/x", Expect::Absent, 1).await.unwrap().revision() > revision);
}

#[tokio::test]
async fn writers_are_checked_against_writes_on_their_way_to_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open_file(&directory.path().join("store"), Limits::default()).unwrap();
    let rivals = (0..40).map(|note| put(&store, "a/x", Expect::Absent, note));
    let outcomes = futures::future::join_all(rivals).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "one of all rivals makes it");
    let first = outcomes.into_iter().find_map(Result::ok).unwrap().revision();
    let rivals = (0..40).map(|note| put(&store, "a/x", Expect::Revision(first), note));
    let outcomes = futures::future::join_all(rivals).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "one of all rivals changes it");
}

#[tokio::test]
async fn a_writer_that_goes_leaves_a_whole_write_and_a_free_place() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { writes_in_flight: 2, ..Limits::default() };
    let store = Store::open_file(&directory.path().join("store"), limits).unwrap();
    for note in 0..20 {
        let name = format!("a/{note}");
        // Polled once: where there was a place, the write is on its way, and nobody waits for it any more.
        let _ = futures::FutureExt::now_or_never(put(&store, &name, Expect::Absent, note));
    }
    put(&store, "a/last", Expect::Absent, 1).await.unwrap();
    let there = notes(&list(&store, None, None, None).unwrap());
    assert!(there.contains_key("a/0") && there.contains_key("a/last"), "{there:?}");
}

#[tokio::test]
async fn a_store_that_closes_tells_its_watchers_after_the_last_write() {
    let directory = tempfile::tempdir().unwrap();
    let durable = Store::open_file(&directory.path().join("store"), Limits::default()).unwrap();
    for store in [Store::in_memory(Limits::default()), durable] {
        let resource = ResourceId::new("machines", "kaasboard.dev");
        let mut cursor = store.watch(&resource, store.revision()).unwrap();
        put(&store, "a/x", Expect::Absent, 1).await.unwrap();
        let watcher = tokio::spawn(async move { (cursor.next().await, cursor.next().await) });
        tokio::task::yield_now().await;
        drop(store);
        let (last, end) = watcher.await.unwrap();
        assert_eq!(&*last.unwrap().entry.key().name, "x");
        assert!(matches!(end.unwrap_err(), StoreError::Closed));
    }
}

#[tokio::test]
async fn a_file_is_private_and_one_process_s_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let _store = Store::open_file(&path, Limits::default()).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    match Store::open_file(&path, Limits::default()).unwrap_err() {
        StoreError::InUse { pid, .. } => assert_eq!(pid, std::process::id().to_string()),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_file_of_something_else_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    let text = "remember the milk\n".repeat(1000);
    std::fs::write(&path, &text).unwrap();
    let refused = Store::open_file(&path, Limits::default()).unwrap_err();
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
    assert!(refused.to_string().contains("notes.txt"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let nowhere = Store::open_file(&directory.path().join("no/such"), Limits::default()).unwrap_err();
    assert!(matches!(nowhere, StoreError::Open { .. }), "{nowhere}");
}

/// One step of a random story.
#[derive(Clone, Debug)]
enum Step {
    Put(u8, u64),
    Remove(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let put = (0..6_u8, 0..100_u64).prop_map(|(name, note)| Step::Put(name, note));
    let remove = (0..6_u8).prop_map(Step::Remove);
    proptest::collection::vec(prop_oneof![3 => put, 1 => remove], 1..60)
}

/// All objects of a namespace at a revision whose notes are of a parity, page by page.
fn paged(
    store: &Store,
    at: u64,
    namespace: Option<&str>,
    parity: Option<&str>,
    limit: usize,
) -> BTreeMap<String, u64> {
    let resource = ResourceId::new("machines", "kaasboard.dev");
    let keep = |entry: &Entry| entry.label("parity") == parity;
    let mut all = BTreeMap::new();
    let mut after: Option<(String, String)> = None;
    loop {
        let query = ListQuery {
            resource: &resource,
            namespace,
            after: after.as_ref().map(|(namespace, name)| (namespace.as_str(), name.as_str())),
            limit: Some(limit),
            at: Some(at),
            filter: parity.is_some().then_some(&keep),
        };
        let page = store.list(&query).unwrap();
        assert!(page.entries.len() == limit || !page.more, "a page is full or the last");
        assert_eq!(page.revision, at);
        all.append(&mut notes(&page));
        let Some(last) = page.entries.last().filter(|_| page.more) else { return all };
        after = Some((last.key().namespace.to_string(), last.key().name.to_string()));
    }
}

/// Tells the story to a store and to a model of it: the states after each step, by revision.
async fn tell(store: &Store, steps: &[Step]) -> Vec<(u64, BTreeMap<String, u64>)> {
    let mut model: BTreeMap<String, u64> = BTreeMap::new();
    let mut states = vec![(store.revision(), model.clone())];
    for step in steps {
        match step {
            Step::Put(name, note) => {
                let name = format!("n{}/{name}", name % 2);
                put(store, &name, Expect::Any, *note).await.unwrap();
                model.insert(name, *note);
            }
            Step::Remove(name) => {
                let name = format!("n{}/{name}", name % 2);
                assert_eq!(remove(store, &name).await.is_ok(), model.remove(&name).is_some());
            }
        }
        states.push((store.revision(), model.clone()));
    }
    states
}

/// Applies what a watch from a revision shows to the state at that revision.
fn replay(store: &Store, from: u64, state: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut replayed = state.clone();
    let mut cursor = store.watch(&ResourceId::new("machines", "kaasboard.dev"), from).unwrap();
    while let Some(event) = cursor.try_next().unwrap() {
        let name = format!("{}/{}", event.entry.key().namespace, event.entry.key().name);
        assert_eq!(event.was.is_some(), replayed.contains_key(&name));
        let value: Value = serde_json::from_slice(&event.json().unwrap()).unwrap();
        match event.removed {
            true => replayed.remove(&name),
            false => replayed.insert(name, value["note"].as_u64().unwrap()),
        };
    }
    assert_eq!(cursor.progress(), store.revision());
    replayed
}

fn run(story: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(story);
}

proptest! {
    #[test]
    fn every_state_that_ever_was_can_be_listed_and_reached_by_watching(steps in steps(), limit in 1..5_usize) {
        run(async {
            let store = Store::in_memory(Limits::default());
            let states = tell(&store, &steps).await;
            for (revision, state) in &states {
                assert_eq!(&notes(&list(&store, Some(*revision), None, None).unwrap()), state);
                assert_eq!(&paged(&store, *revision, None, None, limit), state);
                let mut some = state.clone();
                some.retain(|name, note| name.starts_with("n1/") && *note % 2 == 1);
                assert_eq!(paged(&store, *revision, Some("n1"), Some("1"), limit), some);
                assert_eq!(&replay(&store, *revision, state), &states.last().unwrap().1);
            }
        });
    }

    #[test]
    fn a_short_history_answers_rightly_or_not_at_all(steps in steps(), kept in 0..20_usize, bytes in 0..9_000_usize) {
        run(async {
            let limits =
                Limits { history_changes: kept, history_bytes: bytes, plain_bytes: bytes / 4, ..Limits::default() };
            let store = Store::in_memory(limits);
            let states = tell(&store, &steps).await;
            let size = store.size();
            assert!(size.changes <= kept && size.change_bytes <= bytes + bytes / 4);
            for (revision, state) in &states {
                match list(&store, Some(*revision), None, None) {
                    Ok(page) => {
                        assert_eq!(&notes(&page), state);
                        assert_eq!(&replay(&store, *revision, state), &states.last().unwrap().1);
                    }
                    Err(StoreError::Compacted { oldest, .. }) => assert!(oldest > *revision),
                    Err(other) => panic!("{other}"),
                }
            }
            let newest = states.last().unwrap();
            assert_eq!(&notes(&list(&store, Some(newest.0), None, None).unwrap()), &newest.1, "now is always known");
        });
    }
}
