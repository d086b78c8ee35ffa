//! What people do with kubectl, against the served embedded manager: each script of `tests/kubectl` is run by a shell,
//! and what it prints is compared with the text beside it.
//!
//! A script is a list of commands, one a line; a line that begins with `#` is a heading. `$KAASBOARD` is the program,
//! and the directory it starts in holds the files of `tests/kubectl/files`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on is a failed test")]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use regex::{Captures, Regex};
use tempfile::TempDir;

/// The oldest kubectl that people are promised.
const MINOR: u32 = 32;

/// A served manager with nothing in it, and a place for files.
struct Scene {
    server: Child,
    home: TempDir,
}

impl Scene {
    fn start() -> Self {
        let home = TempDir::new().unwrap();
        for file in fs::read_dir(data("files")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), home.path().join(file.file_name())).unwrap();
        }
        let kubeconfig = home.path().join("kubeconfig");
        let mut server = Command::new(env!("CARGO_BIN_EXE_kaasboard"))
            .args(["manager", "serve", "--listen", "127.0.0.1:0", "--kubeconfig"])
            .arg(&kubeconfig)
            .env("HOME", home.path())
            .env("XDG_STATE_HOME", home.path().join("state"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The first line says that it serves; it comes after the kubeconfig was written.
        let mut first = String::new();
        BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
        assert!(first.starts_with("serving"), "{first}");
        Self { server, home }
    }

    /// Runs one command and gives its transcript.
    fn run(&self, command: &str) -> String {
        let output = Command::new("sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("KUBECONFIG", self.home.path().join("kubeconfig"))
            .env("KAASBOARD", env!("CARGO_BIN_EXE_kaasboard"))
            .env("TMPDIR", self.home.path())
            .env("LC_ALL", "C")
            .output()
            .unwrap();
        let mut said =
            format!("$ {command}\n{}", regular(&String::from_utf8_lossy(&output.stdout), self.home.path()));
        if !output.status.success() {
            writeln!(said, "[exit code {}]", output.status.code().unwrap_or(-1)).unwrap();
        }
        said
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kubectl").join(name)
}

/// What differs from run to run, replaced by what it is.
fn regular(text: &str, home: &Path) -> String {
    const RULES: [(&str, &str); 6] = [
        ("kubectl-edit-[0-9]+", "kubectl-edit-N"),
        ("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
        (r"(127\.0\.0\.1):[0-9]+", "$1:PORT"),
        (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z", "TIME"),
        (r"(resourceVersion: |[Rr]esource [Vv]ersion: +|resourceVersion=)[^ \n,]+", "${1}N"),
        (r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [+-][0-9]{4}", "TIME"),
    ];
    let text = RULES.iter().fold(text.replace(&home.display().to_string(), "HOME"), |text, (pattern, by)| {
        Regex::new(pattern).unwrap().replace_all(&text, *by).into_owned()
    });
    // An age may have a digit more or less; what stands to its right stays where it is.
    let age = Regex::new("(?m)(?<before>[ =>])(?<age>[0-9]{1,3}s)(?<ago> ago)?(?<gap> +|$)").unwrap();
    let replaced = age.replace_all(&text, |found: &Captures<'_>| {
        let gap = match &found["gap"] {
            "" => 0,
            gap => (found["age"].len() + gap.len()).saturating_sub("AGE".len()).max(1),
        };
        let ago = found.name("ago").map_or("", |ago| ago.as_str());
        format!("{}AGE{ago}{:gap$}", &found["before"], "")
    });
    replaced.into_owned()
}

/// Whether there is a kubectl to test with. Where there is none, that is said past the capture of tests' output.
fn has_kubectl() -> bool {
    let output = Command::new("kubectl").args(["version", "--client", "-o", "json"]).output();
    let version =
        output.ok().and_then(|output| serde_json::from_slice::<serde_json::Value>(&output.stdout).ok());
    let minor = version.and_then(|version| {
        let minor = version["clientVersion"]["minor"].as_str()?;
        minor.trim_end_matches('+').parse::<u32>().ok()
    });
    let enough = minor.is_some_and(|minor| minor >= MINOR);
    if !enough {
        let said = format!("NOT RUN: kubectl 1.{MINOR} or newer is not installed\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    enough
}

fn check(name: &str) {
    if !has_kubectl() {
        return;
    }
    let scene = Scene::start();
    let script = fs::read_to_string(data(&format!("{name}.sh"))).unwrap();
    let mut said = String::new();
    for line in script.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix('#') {
            Some(heading) => writeln!(said, "#{heading}").unwrap(),
            None => writeln!(said, "{}", scene.run(line)).unwrap(),
        }
    }
    insta::with_settings!({ snapshot_path => "kubectl", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, said);
    });
}

#[test]
fn objects_are_read() {
    check("reading");
}

#[test]
fn objects_are_changed() {
    check("changing");
}

#[test]
fn objects_are_deleted() {
    check("deleting");
}

#[test]
fn changes_are_waited_for() {
    check("waiting");
}

#[test]
fn plain_kinds_are_made_by_their_own_commands() {
    check("plain");
}

#[test]
fn workloads_are_kept_as_kubernetes_keeps_them() {
    check("workloads");
}

#[test]
fn custom_resources_are_worked_with() {
    check("custom");
}

#[test]
fn files_and_raw_requests_are_answered() {
    check("files_and_raw");
}

#[test]
fn mistakes_are_told() {
    check("mistakes");
}
