//! Settings: a `config.toml` in, the settings with everything written out, or everything that is wrong, out.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use kaasboard::settings::error::SettingsError;
use kaasboard::settings::load::{MAX_FILE_BYTES, Words, load};
use kaasboard::settings::places::Places;
use kaasboard::settings::show::to_toml;

const WORDS: Words<'static> =
    Words { themes: &["default", "light", "production"], keymaps: &["default", "vim"] };

/// What `config.toml` with this content says. Paths in the answer that depend on the test are shortened.
fn said(content: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let places = places(&directory);
    fs::write(&places.config_file, content).unwrap();
    let text = match load(&places, WORDS) {
        Ok(settings) => to_toml(&settings),
        Err(error) => error.to_string(),
    };
    text.replace(directory.path().to_str().unwrap(), "DIR")
}

fn places(directory: &tempfile::TempDir) -> Places {
    Places {
        config_file: directory.path().join("config.toml"),
        named: true,
        state_dir: directory.path().join("state"),
        home: PathBuf::from("/home/ann"),
    }
}

/// Compares what each content is answered with.
fn check(cases: &[(&str, &str)]) {
    for (content, expected) in cases {
        assert_eq!(said(content.as_bytes()).trim_end(), expected.trim(), "\nfor\n{content}");
    }
}

const ONE: &str = "[contexts.a]\nmanager = { kubeconfig = \"k\" }\ncloud = { openstack = \"c\" }\n";

#[test]
fn empty_means_the_sandbox() {
    insta::assert_snapshot!(said(b""), @r#"
    current = "sandbox"

    [contexts.sandbox]
    manager = { embedded = "memory" }
    # no cloud named: the simulated one
    engine = "auto"
    write = "always"
    confirm = "ask"
    "#);
    assert_eq!(said(b"# nothing yet\n"), said(b""));
    assert_eq!(said(b"[contexts]\n"), said(b""));
}

#[test]
fn defaults_are_filled_in_and_paths_resolved() {
    insta::assert_snapshot!(said(br#"
        current = "prod"
        [contexts.prod]
        manager = { kubeconfig = "~/.kube/config", context = "manager" }
        cloud = { openstack = "prod", admin = "prod-admin" }
        engine = "auto"
        theme = "production"
        keymap = "vim"
        write = "never"
        confirm = "type-name"
        [contexts.cradle]
        manager = { embedded = "first.db" }
        cloud = { openstack = "bare", frontend = "vips", zone = "k8s.example.net.", certificates = "unchecked", software = { provider = "ovn" }, hardware = { provider = "f5", flavor = "large" } }
        [contexts."just looking"]
        manager = { context = "manager" }
        engine = "never"
        [contexts.play]
        manager = { embedded = "memory" }
    "#), @r#"
    current = "prod"

    [contexts.cradle]
    manager = { embedded = "DIR/first.db" }
    cloud = { openstack = "bare", frontend = "vips", zone = "k8s.example.net.", certificates = "unchecked", software = { provider = "ovn" }, hardware = { provider = "f5", flavor = "large" } }
    engine = "auto"
    write = "armed"
    confirm = "ask"

    [contexts."just looking"]
    manager = { context = "manager" }
    # no cloud: this context only looks
    engine = "never"
    write = "armed"
    confirm = "ask"

    [contexts.play]
    manager = { embedded = "memory" }
    # no cloud named: the simulated one
    engine = "auto"
    write = "armed"
    confirm = "ask"

    [contexts.prod]
    manager = { kubeconfig = "/home/ann/.kube/config", context = "manager" }
    cloud = { openstack = "prod", admin = "prod-admin" }
    engine = "auto"
    theme = "production"
    keymap = "vim"
    write = "never"
    confirm = "type-name"
    "#);
}

#[test]
fn what_is_shown_means_the_same() {
    let shown = said(ONE.replace("= \"k", "= \"/k").as_bytes());
    assert_eq!(said(shown.as_bytes()), shown);
}

#[test]
fn everything_wrong_is_told_at_once() {
    insta::assert_snapshot!(said(br#"curent = "prod"
[contexts.prod]
manager = { kubecfg = "~/.kube/config" }
cloud = "prod"
engine = "atuo"
theme = "prodution"
write = true
confirm = ""
[contexts.dev]
manger = {}
"#), @r#"
    1:1: "curent" is no setting
      1 | curent = "prod"
        | ^^^^^^
        = did you mean "current"? valid: contexts, current
    3:13: "kubecfg" is no setting of a manager
      3 | manager = { kubecfg = "~/.kube/config" }
        |             ^^^^^^^
        = did you mean "kubeconfig"? valid: kubeconfig, context, embedded
    4:9: `cloud` is text, and has to be a table like { openstack = "prod" }
      4 | cloud = "prod"
        |         ^^^^^^
    5:10: "atuo" is no value of `engine`
      5 | engine = "atuo"
        |          ^^^^^^
        = did you mean "auto"? valid: auto, never
    6:9: "prodution" is no value of `theme`
      6 | theme = "prodution"
        |         ^^^^^^^^^^^
        = did you mean "production"? valid: default, light, production
    7:9: `write` is true or false, and has to be text in quotes
      7 | write = true
        |         ^^^^
    8:11: `confirm` is empty
      8 | confirm = ""
        |           ^^
    10:1: "manger" is no setting of a context
      10 | manger = {}
         | ^^^^^^
         = did you mean "manager"? valid: manager, cloud, engine, theme, keymap, write, confirm
    "#);
}

#[test]
fn impossible_combinations_are_refused_with_the_reason() {
    insta::assert_snapshot!(said(br#"current = "a"
[contexts.a]
manager = { embedded = "~/manager.db" }
[contexts.b]
manager = { kubeconfig = "~/.kube/config" }
[contexts.c]
manager = { embedded = "memory" }
cloud = { openstack = "prod" }
[contexts.d]
manager = { embedded = "x", kubeconfig = "y" }
cloud = { admin = "x" }
"#), @r#"
    3:11: an embedded manager on disk cannot go with the simulated cloud: that cloud lives in memory, so at the next start the file would tell of servers that are gone
      3 | manager = { embedded = "~/manager.db" }
        |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        = add `cloud = { openstack = "prod" }`, or write `embedded = "memory"` for a sandbox
    5:11: without a cloud the engine has nothing to act on
      5 | manager = { kubeconfig = "~/.kube/config" }
        |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        = add `cloud = { openstack = "prod" }`, or `engine = "never"` to only look
    8:9: an embedded manager in memory cannot go with OpenStack: at the end of the process the servers would stay, and the only record of them would be gone
      8 | cloud = { openstack = "prod" }
        |         ^^^^^^^^^^^^^^^^^^^^^^
        = write `manager = { embedded = "FILE" }` to keep the record on disk
    10:11: a manager is either embedded or named by a kubeconfig, not both
      10 | manager = { embedded = "x", kubeconfig = "y" }
         |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    11:9: the cloud is not named
      11 | cloud = { admin = "x" }
         |         ^^^^^^^^^^^^^^^
         = write `{ openstack = "prod" }` with the name of an entry of clouds.yaml
    "#);
}

#[test]
fn the_current_context_exists() {
    check(&[
        (
            &format!("current = \"A\"\n{ONE}"),
            "\
1:11: \"A\" is no context
  1 | current = \"A\"
    |           ^^^
    = did you mean \"a\"? valid: a",
        ),
        (
            "current = \"prod\"",
            "\
1:11: \"prod\" is no context: there are none
  1 | current = \"prod\"
    |           ^^^^^^
    = write a [contexts.prod] table, or leave `current` out for the sandbox",
        ),
        (
            "[contexts.a]\n[contexts.b]\n",
            "\
1:2: several contexts, and none of them is the current one
  1 | [contexts.a]
    |  ^
    = write `current = \"…\"` with one of: a, b",
        ),
    ]);
}

#[test]
fn what_is_no_toml_is_shown_where_it_stops_being_it() {
    insta::assert_snapshot!(said(b"[contexts.a\nengine = \"auto\"\n"), @r#"
    1:12: not TOML: unclosed table, expected `]`
      1 | [contexts.a
        |            ^
    "#);
    insta::assert_snapshot!(said(b"current = prod\n[contexts.a]\nengine = 'x\n"), @r#"
    1:11: not TOML: string values must be quoted, expected literal string
      1 | current = prod
        |           ^^^^
    3:12: not TOML: invalid literal string, expected `'`
      3 | engine = 'x
        |            ^
    "#);
    insta::assert_snapshot!(said(b"[contexts.a]\nengine = \"never\"\nengine = \"auto\"\n"), @r#"
    3:1: not TOML: duplicate key
      3 | engine = "auto"
        | ^^^^^^
    "#);
}

#[test]
fn foreign_text_is_escaped_and_long_lines_are_cut() {
    insta::assert_snapshot!(said("current = \"\\u001b[2Jx\"\n".as_bytes()), @r#"
    1:11: "\u{1b}[2Jx" is no context: there are none
      1 | current = "\u001b[2Jx"
        |           ^^^^^^^^^^^^
        = write a [contexts.\u{1b}[2Jx] table, or leave `current` out for the sandbox
    "#);
    let long = format!("{} current = 7", "\"k\" = \"v\"".replace('v', &"v".repeat(200)));
    insta::assert_snapshot!(said(long.as_bytes()), @r#"
    1:210: not TOML: unexpected key or value, expected newline, `#`
      1 | vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv" c
        |                                                                    ^
    "#);
    insta::assert_snapshot!(said("\"schlüssel\" = 1\n\"\u{202e}\" = 1".as_bytes()), @r#"
    1:1: "schlüssel" is no setting
      1 | "schlüssel" = 1
        | ^^^^^^^^^^^
        = valid: contexts, current
    2:1: "\u{202e}" is no setting
      2 | "\u{202e}" = 1
        | ^^^
        = valid: contexts, current
    "#);
}

#[test]
fn files_that_are_none_are_refused() {
    check(&[("", &said(b""))]);
    assert_eq!(said(b"current = \"a\"\n\xff"), "DIR/config.toml: line 2 is not UTF-8 text");
    let large = vec![b'#'; MAX_FILE_BYTES as usize + 1];
    assert_eq!(said(&large), "DIR/config.toml is larger than 1048576 bytes");
}

#[test]
fn a_file_that_nobody_named_may_be_missing() {
    let directory = tempfile::tempdir().unwrap();
    let named = places(&directory);
    assert!(matches!(load(&named, WORDS), Err(SettingsError::Read { .. })));
    let platforms = Places { named: false, ..named };
    assert_eq!(to_toml(&load(&platforms, WORDS).unwrap()), said(b""));
}

#[test]
fn a_context_is_found_by_name_or_those_that_exist_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let places = places(&directory);
    fs::write(&places.config_file, format!("current = \"a\"\n{ONE}{}", ONE.replace(".a]", ".prod]")))
        .unwrap();
    let settings = load(&places, WORDS).unwrap();
    assert_eq!(settings.context(None).unwrap(), &settings.contexts["a"]);
    assert_eq!(settings.context(Some("prod")).unwrap(), &settings.contexts["prod"]);
    let error = settings.context(Some("prdo")).unwrap_err().to_string();
    assert_eq!(error, "there is no context \"prdo\" (did you mean \"prod\"?); there are \"a\", \"prod\"");
}

#[test]
fn what_carries_balancers_needs_a_provider() {
    let text =
        ONE.replace("\"c\"", "\"c\", hardware = { flavour = \"x\" }, software = { flavor = \"large\" }");
    insta::assert_snapshot!(said(text.as_bytes()), @r#"
    3:41: "flavour" is no setting of what carries balancers
      3 | cloud = { openstack = "c", hardware = { flavour = "x" }, software = 
        |                                         ^^^^^^^
        = did you mean "flavor"? valid: provider, flavor
    3:69: Octavia's provider is not named
      3 | = "c", hardware = { flavour = "x" }, software = { flavor = "large" }
        |                                                 ^^^^^^^^^^^^^^^^^^^^
        = write `{ provider = "amphora", flavor = "large" }`
    "#);
}
