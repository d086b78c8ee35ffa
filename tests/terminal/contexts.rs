//! The console in a context: it shows what the manager holds, whatever becomes of the cloud.

use std::fs;

use tempfile::TempDir;

use crate::screen::Screen;

const CONFIGURATION: &str = "[contexts.prod]\nmanager = { embedded = \"~/manager.redb\" }\n\
    cloud = { openstack = \"prod\" }\n";
/// Nobody listens there.
const CLOUDS: &str = "clouds:\n  prod:\n    auth:\n      auth_url: http://127.0.0.1:1/v3\n      username: mia\n      \
    password: secret\n      project_name: kaas\n      user_domain_name: Default\n      project_domain_name: Default\n";

#[test]
fn a_cloud_that_is_silent_keeps_nobody_from_looking() {
    let home = TempDir::new().unwrap();
    for (directory, file, text) in
        [("kaasboard", "config.toml", CONFIGURATION), ("openstack", "clouds.yaml", CLOUDS)]
    {
        let directory = home.path().join(".config").join(directory);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(file), text).unwrap();
    }
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
