//! Screens of a fleet whose engine runs in another process.

use std::fs;

use crate::stage::{self, Stage, without_engine};

/// Two contexts, of which the second is not the current one and leads to the sandbox that is served. No engine is wanted here.
fn configure(served: &stage::Served) {
    let directory = served.file(".config/kaasboard");
    fs::create_dir_all(&directory).unwrap();
    let text = "current = \"here\"\n[contexts.here]\nmanager = { embedded = \"memory\" }\n\
        [contexts.far]\nmanager = { kubeconfig = \"~/kubeconfig\" }\nengine = \"never\"\n";
    fs::write(directory.join("config.toml"), text).unwrap();
}

#[test]
fn what_the_engine_knows_is_on_the_screen_of_another_process() {
    stage::play(async |stage: &Stage| {
        configure(&stage.served);
        let loops = stage.run("screen loops --context far").await;
        let leader = stage.sandbox.working.identity();
        let short: String = leader.chars().take(16).collect();
        assert_eq!(loops.exit, 0, "{loops:?}");
        for told in [&format!("engine {short}"), " leads", "turns taken", "KIND", "acted"] {
            assert!(loops.out.contains(told), "{told}\n{}", loops.out);
        }
        assert!(!loops.out.contains("out of reach"), "{}", loops.out);
        let budget = stage.run("screen budget --context far").await;
        assert!(budget.out.contains("Compute") && budget.out.contains("open"), "{}", budget.out);
        let explain = stage.run("screen loop --context far --select c0001-etcd").await;
        assert!(!explain.out.contains("out of reach"), "{}", explain.out);
        let leaks = stage.run("screen leaks --context far").await;
        assert!(leaks.out.contains("has a record here"), "{}", leaks.out);
    });
}

#[test]
fn a_screen_says_who_leads_and_why_it_cannot_be_asked() {
    stage::alone(async {
        let (_manager, served) = without_engine().await;
        configure(&served);
        let loops = served.run("screen loops --context far").await;
        assert!(loops.out.contains("no engine leads"), "{loops:?}");
        assert!(loops.out.contains("no engine holds the Lease"), "{loops:?}");
        let other = served.run("screen loops --context fra").await;
        assert_eq!(other.exit, 4, "{other:?}");
        assert!(other.err.contains("far"), "{other:?}");
    });
}
