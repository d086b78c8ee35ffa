//! What is in the cloud without a record.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::cloud::types::belonging::BelongingSort;
use kaasboard::planning::leak::{CONFIRMED_AFTER, Known, Missing, Sort, Suspect, Thing, audit};

type Suspects = BTreeMap<(Sort, String), Suspect>;

fn thing(sort: Sort, id: &str, project: &str, tags: &[&str]) -> Thing {
    Thing {
        sort,
        id: id.to_owned(),
        name: format!("name-of-{id}"),
        project: project.to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    }
}

fn set(all: &[&str]) -> HashSet<String> {
    all.iter().map(|one| (*one).to_owned()).collect()
}

fn known(own_projects: bool) -> Known {
    Known {
        clusters: set(&["c1"]),
        machines: set(&["m1"]),
        manager: "ours".to_owned(),
        projects: set(&["p1"]),
        own_projects,
    }
}

fn start() -> DateTime<Utc> {
    "2026-01-05T03:00:00Z".parse().unwrap()
}

const C1: &str = "kaasboard:cluster-uid=c1";
const M1: &str = "kaasboard:machine-uid=m1";
const OURS: &str = "kaasboard:manager-uid=ours";

/// What misses what, by id.
fn missing(suspects: &Suspects) -> Vec<(&str, &Missing)> {
    suspects.values().map(|suspect| (suspect.thing.id.as_str(), &suspect.missing)).collect()
}

#[test]
fn what_has_records_and_what_is_not_ours_is_no_leak() {
    let things = vec![
        thing(Sort::Server, "of-machine", "p1", &[C1, M1]),
        thing(Sort::Port, "of-slot", "p1", &[C1, "kaasboard:slot=0"]),
        thing(Sort::Balancer, "of-cluster", "p1", &[C1]),
        // The cluster's own controllers make these.
        thing(Sort::Balancer, "of-a-service", "p1", &["someone:else=1"]),
        thing(Sort::Volume, "of-a-claim", "p1", &[]),
        thing(Sort::Server, "a-strangers", "p9", &["kaasboard:cluster-uid="]),
        thing(
            Sort::Server,
            "of-another-manager",
            "p8",
            &["kaasboard:cluster-uid=c8", "kaasboard:manager-uid=theirs"],
        ),
        thing(Sort::Volume, "beside-it", "p8", &[]),
    ];
    assert_eq!(missing(&audit(&Suspects::new(), things, &known(true), start())), []);
}

#[test]
fn what_has_no_record_is_told_with_the_record_that_is_missing() {
    let things = || {
        vec![
            thing(Sort::Server, "no-machine", "p1", &[C1, "kaasboard:machine-uid=m2", OURS]),
            thing(Sort::Server, "no-cluster", "p2", &["kaasboard:cluster-uid=c2", M1, OURS]),
            thing(Sort::Port, "of-an-unknown-manager", "p2", &["kaasboard:cluster-uid=c2"]),
            thing(Sort::Volume, "beside-it", "p2", &[]),
            thing(Sort::Volume, "elsewhere", "p3", &[]),
        ]
    };
    let told = audit(&Suspects::new(), things(), &known(true), start());
    let (machine, cluster) = (Missing::Machine("m2".to_owned()), Missing::Cluster("c2".to_owned()));
    let unsigned = Missing::Unsigned("c2".to_owned());
    assert_eq!(
        missing(&told),
        [
            ("no-cluster", &cluster),
            ("no-machine", &machine),
            ("of-an-unknown-manager", &unsigned),
            ("beside-it", &Missing::Project)
        ]
    );
    // In a project that clusters share with others, what bears no tag may be anybody's.
    let told = audit(&Suspects::new(), things(), &known(false), start());
    assert_eq!(
        missing(&told),
        [("no-cluster", &cluster), ("no-machine", &machine), ("of-an-unknown-manager", &unsigned)]
    );
}

#[test]
fn only_what_stays_without_a_record_is_a_leak() {
    let things = || vec![thing(Sort::Server, "late", "p1", &[C1, "kaasboard:machine-uid=m2"])];
    let first = audit(&Suspects::new(), things(), &known(true), start());
    let confirmed = |suspects: &Suspects| suspects.values().map(Suspect::is_confirmed).collect::<Vec<_>>();
    assert_eq!(confirmed(&first), [false]);
    let almost = start() + CONFIRMED_AFTER - TimeDelta::seconds(1);
    assert_eq!(confirmed(&audit(&first, things(), &known(true), almost)), [false]);
    let second = audit(&first, things(), &known(true), start() + CONFIRMED_AFTER);
    assert_eq!(confirmed(&second), [true]);
    assert!(audit(&second, Vec::new(), &known(true), start() + CONFIRMED_AFTER * 2).is_empty());
    // A record that came meanwhile ends it, and the time begins anew should it go again.
    let mut found = known(true);
    found.machines.insert("m2".to_owned());
    assert!(audit(&second, things(), &found, start() + CONFIRMED_AFTER * 2).is_empty());
}

#[test]
fn what_bears_no_tags_is_judged_by_its_project_and_a_name_by_whether_there_is_one() {
    let sort = Sort::Belonging;
    let things = vec![
        thing(sort(BelongingSort::Project), "p1", "p1", &[C1, OURS]),
        thing(sort(BelongingSort::Project), "p2", "p2", &["kaasboard:cluster-uid=c2", OURS]),
        thing(
            sort(BelongingSort::Project),
            "p3",
            "p3",
            &["kaasboard:cluster-uid=c3", "kaasboard:manager-uid=theirs"],
        ),
        thing(sort(BelongingSort::Project), "p4", "p4", &["a-strangers"]),
        thing(sort(BelongingSort::SecurityGroup), "of-ours", "p1", &[]),
        thing(sort(BelongingSort::SecurityGroup), "left", "p2", &[]),
        thing(sort(BelongingSort::ServerGroup), "left", "p2", &[]),
        thing(sort(BelongingSort::Record), "theirs", "p3", &[]),
        thing(sort(BelongingSort::Record), "of-a-project-that-is-gone", "p5", &[]),
        thing(sort(BelongingSort::Credential), "theirs", "p3", &[]),
        thing(sort(BelongingSort::SecurityGroup), "a-strangers", "p4", &[]),
        thing(sort(BelongingSort::SecurityGroup), "of-a-project-that-is-gone", "p5", &[]),
    ];
    let told = audit(&Suspects::new(), things, &known(true), start());
    let cluster = Missing::Cluster("c2".to_owned());
    assert_eq!(
        missing(&told),
        [
            ("p2", &cluster),
            ("left", &cluster),
            ("left", &cluster),
            ("of-a-project-that-is-gone", &Missing::Nowhere)
        ]
    );
    let project = &told[&(sort(BelongingSort::Project), "p2".to_owned())];
    assert_eq!(project.holds, 2, "it cannot go before what lies in it");
    // What destroys them asks for the sign of this manager.
    assert!(told.values().take(3).all(|one| one.thing.tags.contains(&OURS.to_owned())), "{told:?}");
}
