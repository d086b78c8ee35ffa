//! The checker itself: small bad sources in, what it says about them out.

use crate::check::check;
use crate::source::{Source, mark_test_modules};

/// What is said about a file: `line: rule`, one a line.
fn said(path: &str, text: &str) -> String {
    let found = check(&Source::parse(path, &format!("//! Subject.\n{text}")));
    found.iter().map(|found| format!("{}: {}", found.line, found.rule)).collect::<Vec<_>>().join("\n")
}

/// Checks what is said about each (path, text). Line 1 is the heading, so the text begins on line 2.
fn check_all(cases: &[(&str, &str, &str)]) {
    for (path, text, expected) in cases {
        assert_eq!(said(path, text), *expected, "\n{path}:\n{text}");
    }
}

#[test]
fn imports_in_all_their_forms() {
    check_all(&[
        ("src/api/machine.rs", "use crate::clock;", ""),
        ("src/api/machine.rs", "use crate::manager::status::Reason;", "2: imports"),
        ("src/api/machine.rs", "use crate::{clock, manager::{status, object}};", "2: imports"),
        ("src/api/machine.rs", "use super::super::manager;", "2: imports"),
        ("src/api/deep/machine.rs", "use super::names;", ""),
        ("src/api/machine.rs", "fn f() { crate::settings::load(); }", "2: imports"),
        ("src/api/machine.rs", "fn f() { super::super::settings::load(); }", "2: imports"),
        ("src/api/machine.rs", "fn f(a: Vec<crate::settings::Context>) {}", "2: imports"),
        ("src/api/machine.rs", "fn f() { format!(\"{}\", crate::settings::NAME); }", "2: imports"),
        ("src/api/machine.rs", "fn f() { odd!(a => crate::settings::NAME; b); }", "2: imports"),
        ("src/api/machine.rs", "mod inner { use super::super::super::manager; }", "2: imports"),
        ("src/api/machine.rs", "use crate as ours;\nfn f() { ours::manager::f(); }", "3: imports"),
        ("src/manager/store.rs", "use crate::api::machine;\nuse crate::clock;", "2: imports"),
        ("src/settings/load.rs", "use crate::clock;", "2: imports"),
        ("src/planning/node.rs", "use crate::cloud::types::Server;", ""),
        ("src/planning/node.rs", "use crate::cloud::error::CloudError;", "2: imports"),
        ("src/engine/act.rs", "use crate::cloud::Cloud;", ""),
        ("src/engine/act.rs", "use crate::cloud::openstack::nova;", "2: imports"),
        ("src/cloud/openstack/nova.rs", "use crate::cloud::types::Server;", ""),
        ("src/cloud/types.rs", "use crate::cloud::openstack::nova;", "2: imports"),
        ("src/console/view.rs", "use crate::simulation::fault;", "2: imports"),
        ("src/console/screens/fault_lab.rs", "use crate::simulation::fault;", ""),
        ("src/startup.rs", "use crate::manager::store;", ""),
        ("src/main.rs", "use kaasboard::manager::store;", ""),
        ("src/plugins/mod.rs", "use crate::clock;", "2: imports"),
    ]);
}

#[test]
fn calls_that_have_no_place() {
    check_all(&[
        ("src/api/a.rs", "fn f() { g().unwrap(); }", "2: no panics"),
        ("src/api/a.rs", "fn f() { g()\n    .expect(\"x\"); }", "3: no panics"),
        ("src/api/a.rs", "fn f() { format!(\"{}\", g().unwrap()); }", "2: no panics"),
        ("src/api/a.rs", "fn f() { select! { x = g() => x.unwrap(), } }", "2: no panics"),
        ("src/api/a.rs", "fn f() { panic!() }\nfn g() { todo!() }", "2: no panics\n3: no panics"),
        ("src/api/a.rs", "#[cfg(test)]\nmod tests { fn f() { g().unwrap(); } }", ""),
        ("src/api/a.rs", "#[test]\nfn f() { g().unwrap(); }", ""),
        ("src/api/a.rs", "#[tokio::test(start_paused = true)]\nasync fn f() { g().unwrap(); }", ""),
        ("src/api/a.rs", "use std::time::Instant;\nfn f() { Instant::now(); }", "3: one clock"),
        ("src/api/a.rs", "use std::time as t;\nfn f() { t::SystemTime::now(); }", "3: one clock"),
        ("src/api/a.rs", "use tokio::time::Instant;\nfn f() { Instant::now(); }", ""),
        ("src/api/a.rs", "fn f() { chrono::Utc::now(); }", "2: one clock"),
        ("src/api/a.rs", "use chrono::Utc;\nconst F: fn() = Utc::now;", "3: one clock"),
        ("src/clock.rs", "use chrono::Utc;\nfn f() { Utc::now(); }", ""),
        (
            "src/manager/a.rs",
            "use tokio::sync::mpsc;\nfn f() { mpsc::unbounded_channel(); }",
            "3: bounded channels",
        ),
        ("src/manager/a.rs", "use std::sync::mpsc::channel;", "2: bounded channels"),
        ("src/manager/a.rs", "fn f() { rand::random::<u64>(); }", "2: seeded randomness"),
        ("src/startup.rs", "fn f() { rand::random::<u64>(); }", ""),
        ("src/manager/a.rs", "fn f() { println!(\"x\"); }", "2: the terminal belongs to the command line"),
        ("src/cli/a.rs", "fn f() { println!(\"x\"); std::process::exit(1); }", "2: one exit"),
        ("src/main.rs", "fn f() { std::process::exit(1); }", ""),
        ("src/engine/a.rs", "use openstack::Cloud;", "2: OpenStack has one user"),
        ("src/cloud/openstack/a.rs", "use openstack::Cloud;", ""),
        ("src/engine/a.rs", "fn f(frame: &ratatui::Frame) {}", "2: the screen has one user"),
        ("src/planning/a.rs", "use kube::{Client, ResourceExt};", "2: planning is pure"),
        ("src/planning/a.rs", "#[tokio::test]\nasync fn f() {}", "2: planning is pure"),
        ("src/manager/a.rs", "use color_eyre::Report;", "2: reports are for people"),
        ("tests/a.rs", "fn f() { std::thread::sleep(x); }", "2: no sleeping threads"),
        ("src/api/a.rs", "macro_rules! m { () => {} }", "2: no own macros"),
        ("src/api/a.rs", "pub use crate::clock::now;", "2: one way to name a thing"),
    ]);
}

#[test]
fn shapes() {
    let long = format!("fn f() {{\n{}}}", "    g();\n".repeat(59));
    let method = format!("impl X {{\n    fn f() {{\n{}    }}\n}}", "g();\n".repeat(59));
    let fits = format!("fn f() {{\n{}}}", "    g();\n".repeat(58));
    check_all(&[
        ("src/api/a.rs", &long, "2: function length"),
        ("src/api/a.rs", &method, "3: function length"),
        ("tests/a.rs", &long, "2: function length"),
        ("src/api/a.rs", &fits, ""),
        ("src/api/a.rs", &"\n".repeat(399), ""),
        ("src/api/a.rs", &"\n".repeat(400), "401: file length"),
        ("src/api/mod.rs", "pub mod a;\nuse x::Y;\n/// A table.\npub struct Z;", ""),
        ("src/api/mod.rs", "pub fn f() {}", "2: mod.rs declares and documents"),
        (
            "src/api/mod.rs",
            "impl X {}\nmod b {}",
            "2: mod.rs declares and documents\n3: mod.rs declares and documents",
        ),
        ("src/api/a.rs", "#[allow(dead_code)]\nfn f() {}", "2: excuses"),
        ("src/api/a.rs", "#[expect(dead_code, reason = \"until step 2\")]\nfn f() {}", ""),
        ("tests/a.rs", "#[test]\n#[ignore]\nfn f() {}", "3: excuses"),
    ]);
    let headless = check(&Source::parse("src/api/a.rs", "fn f() {}"));
    assert_eq!(
        headless[0].to_string(),
        "src/api/a.rs:1: heading: begin the file with a `//!` sentence that names its subject"
    );
}

#[test]
fn a_violation_says_where_what_and_what_to_do() {
    let found = check(&Source::parse("src/api/a.rs", "//! Subject.\nuse crate::engine::Handle;"));
    assert_eq!(
        found[0].to_string(),
        "src/api/a.rs:2: imports: `api` may import clock, not `engine::Handle`; hand in what is needed, or move the \
         code to who may"
    );
}

#[test]
fn a_file_that_is_declared_for_tests_is_test_code() {
    let parent = "//! Parent.\n#[cfg(test)]\nmod scenarios;";
    let child = "//! Child.\nfn f() { g().unwrap(); }";
    let mut sources = [Source::parse("src/api/mod.rs", parent), Source::parse("src/api/scenarios.rs", child)];
    mark_test_modules(&mut sources);
    assert!(check(&sources[1]).is_empty());
    assert_eq!(check(&Source::parse("src/api/scenarios.rs", child)).len(), 1);
}
