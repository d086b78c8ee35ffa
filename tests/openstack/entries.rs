//! Entries of clouds.yaml: found, merged, checked, and never shown.

use std::collections::HashMap;
use std::path::Path;

use kaasboard::cloud::openstack::cloud::OpenStack;
use kaasboard::cloud::openstack::entry::{Entry, EntryError};

const CLOUDS: &str = "
clouds:
  prod:
    auth: { auth_url: 'https://keystone.example.net', username: kaas, project_name: kaas, user_domain_id: default }
    region_name: R1
    interface: internal
    a_key_of_tomorrow: [1, 2]
  unsafe:
    auth: { auth_url: 'https://keystone.example.net', username: kaas, password: secret-word }
    verify: false
  number:
    auth: { auth_url: 'https://keystone.example.net', username: kaas, password: 424242 }
  kerberos:
    auth_type: v3kerberos
    auth: { auth_url: 'https://keystone.example.net' }
";

fn find(name: &str, more: &[(&str, &str)]) -> Result<Entry, EntryError> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("clouds.yaml");
    std::fs::write(&file, CLOUDS).unwrap();
    let secrets = "clouds: { prod: { auth: { password: secret-word } } }";
    std::fs::write(directory.path().join("secure.yaml"), secrets).unwrap();
    let mut variables: HashMap<&str, String> =
        more.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    variables.insert("OS_CLIENT_CONFIG_FILE", file.display().to_string());
    Entry::find(name, &|key| variables.get(key).cloned(), false)
        .map_err(|error| told(error, directory.path()))
}

/// Errors name files, which here lie in a directory of the moment.
fn told(error: EntryError, directory: &Path) -> EntryError {
    match error {
        EntryError::Unknown { file, name, known } => {
            EntryError::Unknown { file: file.strip_prefix(directory).unwrap().to_owned(), name, known }
        }
        other => other,
    }
}

fn refused(name: &str) -> String {
    let error = find(name, &[]).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("secret-word") && !shown.contains("424242"), "{shown}");
    error.to_string()
}

#[test]
fn an_entry_is_found_with_its_secret_beside_it_and_shows_neither() {
    let entry = find("prod", &[]).unwrap();
    assert_eq!(entry.name(), "prod");
    assert_eq!(format!("{entry:?}"), "Entry { name: \"prod\", .. }");
    let cloud = OpenStack::new(entry.clone(), Some(entry)).unwrap();
    assert_eq!(format!("{cloud:?}"), "OpenStack { .. }");
}

#[test]
fn an_entry_that_is_of_no_use_says_what_is_wrong_without_its_secrets() {
    let all = ["nobody", "unsafe", "number", "kerberos"].map(refused).join("\n");
    insta::assert_snapshot!(all, @r#"
    clouds.yaml has no entry "nobody"; it has kerberos, number, prod, unsafe
    the entry "unsafe" says `verify: false`: whoever answers would get its password
    password of the entry "number" is not text; write it in quotes
    auth_type of the entry "kerberos" is not one of password, token, v3applicationcredential
    "#);
}

#[test]
fn the_environment_is_an_entry_of_its_own() {
    let told = [("OS_AUTH_URL", "https://keystone.example.net"), ("OS_TOKEN", "secret-word")];
    let entry = find("envvars", &told).unwrap();
    assert_eq!(format!("{entry:?}"), "Entry { name: \"envvars\", .. }");
    assert!(matches!(find("envvars", &[]), Err(EntryError::Unknown { .. })));
}
