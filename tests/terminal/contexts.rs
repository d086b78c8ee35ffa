//! The console in a context: it shows what the manager holds, whatever becomes of the cloud.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tempfile::TempDir;

use crate::screen::Screen;

const CONFIGURATION: &str = "[contexts.prod]\nmanager = { embedded = \"~/manager.redb\" }\n\
    cloud = { openstack = \"prod\" }\n";
/// Nobody listens there.
const CLOUDS: &str = "clouds:\n  prod:\n    auth:\n      auth_url: http://127.0.0.1:1/v3\n      username: mia\n      \
    password: secret\n      project_name: kaas\n      user_domain_name: Default\n      project_domain_name: Default\n";

/// Nobody acts there, so that nothing changes.
const QUIET: &str = "[contexts.quiet]\nmanager = { embedded = \"~/manager.redb\" }\n\
    cloud = { openstack = \"prod\" }\nengine = \"never\"\n";

/// A home directory with these files of configuration.
fn home(files: &[(&str, &str, &str)]) -> TempDir {
    let home = TempDir::new().unwrap();
    for (directory, file, text) in files {
        let directory = home.path().join(".config").join(directory);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(file), text).unwrap();
    }
    home
}

#[test]
fn a_cloud_that_is_silent_keeps_nobody_from_looking() {
    let home = home(&[("kaasboard", "config.toml", CONFIGURATION), ("openstack", "clouds.yaml", CLOUDS)]);
    let mut screen = Screen::start_in(home, &[], 160, 30);
    screen.shows("1 triage");
    screen.shows("prod");
    screen.shows("the engine does not begin yet");
    screen.press("2");
    screen.shows("tenants");
    assert!(!screen.text().contains("secret"), "{}", screen.text());
    assert!(screen.home().join("manager.redb").exists(), "the manager is in its file");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

/// A terminal that can shows a large frame as a whole, and is never left waiting for the rest of one.
#[test]
fn large_frames_are_shown_as_a_whole_and_a_frame_without_changes_is_no_byte() {
    let mut screen = Screen::start_in(home(&[("kaasboard", "config.toml", QUIET)]), &[], 160, 30);
    screen.shows("1 triage");
    screen.shows("no incidents");
    screen.rest(Duration::from_secs(1));
    let (begun, ended) = screen.wholes();
    assert!(begun > 0 && begun == ended, "{begun} begun, {ended} ended");
    let before = screen.bytes.load(Ordering::SeqCst);
    screen.rest(Duration::from_secs(3));
    assert_eq!(screen.bytes.load(Ordering::SeqCst), before, "{}", screen.text());
    screen.press("?");
    screen.shows("keys that work here");
    screen.press("\u{1b}");
    screen.until("help is closed", |screen| !screen.text().contains("keys that work here"));
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    let (begun, ended) = screen.wholes();
    assert!(begun > 1 && ended > begun, "{begun} begun, {ended} ended: the last one whatever was under way");
}
