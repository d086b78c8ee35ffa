//! A pool: healed with breakers and vetoes, scaled with the right victims.

use kaasboard::api::conditions::AVAILABLE;
use kaasboard::planning::step::Step;
use kaasboard::planning::step_record::{RecordStep, Status};

use crate::scene::{plan_pool, read, show};

/// Two machines that serve, before those of the scene.
const TWO: &str = "machine one zone=a\nmachine two zone=b\n";

/// A node that was silent for long enough.
const DEAD: &str = "node=Unknown since=400 lease=400";

fn check(scenes: &[String]) -> String {
    let tell =
        |scene: &String| format!("# {}\n{}", scene.replace('\n', "\n# "), show(&plan_pool(&read(scene))));
    scenes.iter().map(tell).collect::<Vec<_>>().join("\n")
}

/// That a machine of such a zone looks well says only that it was not looked at since: found by a seed (I8).
#[test]
fn in_a_zone_that_is_out_nothing_is_replaced_though_a_person_asks_and_it_looks_well() {
    let asked = |zone: &str| {
        let zone = format!("zone a machines=600 broken=0{zone}");
        check(&[format!("pool 3\n{zone}\nmachine one zone=a\nmachine two zone=b\nmachine old asked zone=a")])
    };
    assert!(asked("").contains("do: begin to replace machine old"), "{}", asked(""));
    let out = asked(" is=out");
    assert!(!out.contains("do: begin"), "{out}");
    assert!(out.contains("waits: machine/shop/old: zone a seems to be out"), "{out}");
}

/// A pool that was told to grow misses nothing; one that lost a machine does, though it grows as well.
#[test]
fn a_pool_that_grows_says_so_and_one_that_lost_a_machine_says_that() {
    let why = |scene: &str| {
        let plan = plan_pool(&read(&format!("pool 4\n{TWO}{scene}")));
        plan.steps.iter().find_map(|step| match step {
            Step::Record(step) => match step.as_ref() {
                RecordStep::SetStatus { status: Status::Deployment(status), .. } => {
                    status.conditions.get(AVAILABLE).map(|condition| condition.reason.clone())
                }
                _ => None,
            },
            _ => None,
        })
    };
    assert_eq!(why("machine three\nmachine four").as_deref(), Some("AsWanted"));
    assert_eq!(why("machine three").as_deref(), Some("ScalingUp"), "the fourth is not made yet");
    assert_eq!(why("machine three\nmachine four new node=none").as_deref(), Some("ScalingUp"), "it boots");
    let gone = "machine four deleting=60";
    for lost in ["machine four node=False since=10 lease=5", &format!("machine four {DEAD}"), gone] {
        assert_eq!(why(&format!("machine three\n{lost}")).as_deref(), Some("TooFewServe"), "{lost}");
        assert_eq!(why(lost).as_deref(), Some("TooFewServe"), "{lost}, and the third is not made yet");
    }
}

/// While nobody can look, a machine is as it was left: found by a seed (I7).
#[test]
fn where_nobody_can_look_the_only_machine_does_not_go_to_make_room() {
    let asked = |words: &str| check(&[format!("pool 1 surge=0\nmachine old asked replaced-by=gone {words}")]);
    assert!(asked("node=silent-api").contains("do: keep machine old"), "{}", asked("node=silent-api"));
    assert!(asked("").contains("do: keep machine old"), "{}", asked(""));
    let dead = asked(DEAD);
    assert!(dead.contains("do: begin to replace machine old"), "{dead}");
}

/// Somebody took a third away meanwhile: found by a seed (I7).
#[test]
fn a_replacement_stays_where_it_is_not_one_too_many() {
    let pool = |count| format!("pool {count}\nmachine old replaced-by=new since=61\nmachine new");
    let told = check(&[pool(1)]);
    assert!(told.contains("do: remove machine new: the machine it was to replace works again"), "{told}");
    let told = check(&[pool(2)]);
    assert!(told.contains("do: keep machine old") && !told.contains("remove machine new"), "{told}");
}

#[test]
fn evidence_decides_what_is_broken() {
    let three = |words: &str| format!("pool 3\n{TWO}machine old {words}");
    insta::assert_snapshot!(check(&[
        three(""),
        three("node=Unknown since=200 lease=200"),
        three("node=False since=400 lease=5"),
        three("node=Unknown since=400 lease-unread"),
        three(DEAD),
        three("node=silent-api"),
        three("node=silent-api server=ERROR"),
        three("server=SHUTOFF"),
        three("server=none missing=30"),
        three("server=none missing=61"),
        three("new server=ACTIVE age=599"),
        three("new server=ACTIVE age=601"),
        three("asked"),
    ]));
}

#[test]
fn every_veto_is_said() {
    let dead = |before: &str, words: &str| format!("{before}\n{TWO}machine old {DEAD} {words}");
    insta::assert_snapshot!(check(&[
        dead("pool 3", "skip"),
        dead("pool 3 no-healing", ""),
        dead("pool 3 no-healing", "asked"),
        dead("pool 3\nfleet 1000 broken=21", ""),
        dead("pool 3\nfleet 1000 broken=20", ""),
        dead("pool 3\nzone a machines=6 broken=3", "zone=a"),
        dead("pool 3\nzone a machines=6 broken=2", "zone=a"),
        dead("pool 3\nzone a machines=600 broken=1 is=closed", "zone=a"),
        dead("pool 3\nzone a machines=600 broken=1 is=out", "zone=a"),
        dead("pool 3\nzone a machines=600 broken=1 is=out", "zone=a server=none missing=61"),
        dead("pool 3\nzone a machines=600 broken=1 is=braked", "zone=a server=none missing=61"),
        dead("pool 3\nnetwork backend machines=6 broken=4", ""),
        dead("pool 3\nblind now", ""),
        dead("pool 3 surge=0", ""),
        dead("pool 3 surge=0 unavailable=1", ""),
        dead("pool 3 surge=0 unavailable=1\nmachine weak node=False", ""),
        dead("pool 3\nfull quota", ""),
        dead("pool 3\npaused now", ""),
        dead("pool 3\nbrake op-7", ""),
        dead("pool 4", &format!("\nmachine older {DEAD} since=500")),
        // What somebody asked for counts as no failure: one of three may be broken, and is healed.
        dead("pool 4", "\nmachine older asked"),
        dead("pool 4", &format!("\nmachine older {DEAD} replaced-by=new")),
        dead("pool 3\nhost h down", "host=h"),
    ]));
}

#[test]
fn a_replacement_goes_on_step_by_step() {
    let marked = |words: &str| format!("pool 3\n{TWO}machine old {words}");
    insta::assert_snapshot!(check(&[
        marked(&format!("{DEAD} replaced-by=web-worker-new")),
        marked(&format!("{DEAD} replaced-by=new\nmachine new new")),
        marked(&format!("{DEAD} replaced-by=new\nmachine new starting")),
        marked(&format!("{DEAD} replaced-by=new\nmachine new")),
        marked("replaced-by=new since=61\nmachine new"),
        // Another one is still to come up: it goes, and not one that serves.
        "pool 3\nmachine one\nmachine two new\nmachine old replaced-by=new since=61\nmachine new".to_owned(),
        marked("replaced-by=new since=30\nmachine new new"),
        marked(&format!("{DEAD} replaced-by=nobody")),
        marked(&format!("{DEAD} deleting=60 replaced-by=nobody")),
        marked(&format!("{DEAD} replaced-by=new\nmachine new new server=ACTIVE age=700")),
        // That somebody wants the replacement replaced makes it no failure.
        marked(&format!("{DEAD} replaced-by=new\nmachine new new asked")),
        marked(&format!("{DEAD} replaced-by=new tries=3\nmachine new new server=ACTIVE age=700")),
        format!("host h down\n{}", marked(&format!("{DEAD} host=h replaced-by=new\nmachine new"))),
        format!("host h down\n{}", marked(&format!("{DEAD} host=h replaced-by=new"))),
        format!(
            "zone c machines=3 broken=3\n{}",
            marked(&format!("{DEAD} zone=c replaced-by=new\nmachine new"))
        ),
        format!("pool 2\n{TWO}machine old {DEAD} replaced-by=new"),
        // Its node was left as it is by an API that was silent: it may work, and only two others of three do.
        "pool 3\nmachine one\nmachine two new\nmachine old node=Unknown since=200 lease=200 replaced-by=new\nmachine new".to_owned(),
        // There is one too many; this one works, and another does not: that one is replaced first.
        format!("pool 2\nmachine one\nmachine two {DEAD}\nmachine old asked replaced-by=new"),
    ]));
}

#[test]
fn a_pool_grows_over_zones_and_shrinks_by_rank() {
    let zones = "zone a machines=9\nzone b machines=9\nzone c machines=9 is=closed\n";
    let four = format!("{TWO}machine three zone=a\nmachine four zone=a\n");
    insta::assert_snapshot!(check(&[
        "pool 3 no-control-plane".to_owned(),
        format!("pool 5\n{zones}{TWO}"),
        format!("pool 1\n{TWO}"),
        format!("pool 3 victims=two,gone\n{four}"),
        format!("pool 3\n{four}machine old hash=other zone=b\n"),
        format!("pool 4\n{four}machine old {DEAD} zone=b\n"),
        // While nobody knows who works, nobody goes but those that are named.
        "pool 1\nmachine one node=silent-api\nmachine two node=silent-api".to_owned(),
        "pool 1 victims=two\nmachine one node=silent-api\nmachine two node=silent-api".to_owned(),
        // That somebody wants one of them replaced says nothing of whether it works.
        "pool 1\nmachine one asked node=silent-api\nmachine two node=silent-api".to_owned(),
        // One that works goes after one that does not, although somebody wants it replaced.
        "pool 1\nmachine one new\nmachine two asked".to_owned(),
        // One that is ready and in no balancer yet stays longer than one without a node.
        "pool 1 ingress\nmachine one pooled=no asked\nmachine two new".to_owned(),
        format!("pool 0\n{TWO}machine away deleting=60"),
        format!("pool 3 deleting=60\n{TWO}"),
        "pool 3 deleting=60".to_owned(),
    ]));
}
