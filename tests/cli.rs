//! The program as a shell sees it: arguments and files in, exit code, stdout and stderr out.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A home directory of its own, so that nothing of this machine's user is read or written.
struct Home {
    directory: TempDir,
}

impl Home {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn with_config(config: &str) -> Self {
        let home = Self::new();
        fs::create_dir_all(home.directory.path().join(".config/kaasboard")).unwrap();
        fs::write(home.directory.path().join(".config/kaasboard/config.toml"), config).unwrap();
        home
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaasboard"));
        command.args(arguments).env_clear().env("HOME", self.directory.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a run leaves: the exit code, and everything it said. The home directory is called `HOME`.
    fn told(&self, arguments: &[&str]) -> String {
        self.describe(&self.run(arguments))
    }

    fn describe(&self, output: &Output) -> String {
        let home = self.directory.path().to_str().unwrap();
        let mut text =
            format!("exit {}\n", output.status.code().map_or("by signal".into(), |code| code.to_string()));
        for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if !bytes.is_empty() {
                let said = String::from_utf8_lossy(bytes).replace(home, "HOME");
                text += &format!("--- {name}\n{}\n", said.trim_end());
            }
        }
        text
    }
}

#[test]
fn the_version_is_that_of_the_crate() {
    let expected = format!("exit 0\n--- stdout\nkaasboard {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(Home::new().told(&["--version"]), expected);
}

#[test]
fn help_lists_what_exists() {
    insta::assert_snapshot!("help", Home::new().told(&["--help"]));
}

#[test]
fn without_a_subcommand_and_without_a_terminal_there_is_no_console() {
    insta::assert_snapshot!(Home::new().told(&[]), @r#"
    exit 2
    --- stderr
    error: the console needs a terminal
      why: standard input and output lead somewhere else
       do: run it in a terminal; for scripts there is `kaasboard get`, and `kaasboard sandbox --headless`
    "#);
}

#[test]
fn a_command_line_that_makes_no_sense_is_usage() {
    insta::assert_snapshot!(Home::new().told(&["sandbx"]), @r#"
    exit 2
    --- stderr
    error: unrecognized subcommand 'sandbx'

      tip: a similar subcommand exists: 'sandbox'

    Usage: kaasboard [OPTIONS]
           kaasboard <COMMAND>

    For more information, try '--help'.
    "#);
    assert_eq!(Home::new().run(&["config", "check", "twice"]).status.code(), Some(2));
    assert_eq!(Home::new().run(&["completions", "cobol"]).status.code(), Some(2));
}

#[test]
fn without_a_file_the_sandbox_is_meant() {
    insta::assert_snapshot!(Home::new().told(&["config", "check"]), @r#"
    exit 0
    --- stdout
    HOME/.config/kaasboard/config.toml: does not exist, and does not have to
    contexts: "sandbox"; current: "sandbox"
    "#);
    insta::assert_snapshot!(Home::new().told(&["config", "path"]), @r#"
    exit 0
    --- stdout
    HOME/.config/kaasboard/config.toml
    "#);
}

#[test]
fn a_wrong_file_is_told_with_line_and_nearest_word() {
    let config = "current = \"prod\"\n[contexts.prod]\nmanager = { kubeconfig = \"~/.kube/config\" }\n\
                  cloud = { openstack = \"prod\" }\nthem = \"production\"\nwrite = \"amred\"\n";
    insta::assert_snapshot!(Home::with_config(config).told(&["config", "check"]), @r#"
    exit 1
    --- stderr
    error: the settings are not valid
       on: HOME/.config/kaasboard/config.toml
      why: 5:1: "them" is no setting of a context
             5 | them = "production"
               | ^^^^
               = did you mean "theme"? valid: manager, cloud, engine, theme, keymap, write, confirm
           6:9: "amred" is no value of `write`
             6 | write = "amred"
               |         ^^^^^^^
               = did you mean "armed"? valid: never, armed, always
       do: correct the file, then run `kaasboard config check` again
    "#);
    let shown = Home::with_config(config).told(&["config", "show"]);
    assert_eq!(shown, Home::with_config(config).told(&["config", "check"]));
}

#[test]
fn the_variable_names_another_file_which_then_has_to_exist() {
    let home = Home::new();
    let other = home.directory.path().join("other.toml");
    let run =
        |home: &Home| home.command(&["config", "show"]).env("KAASBOARD_CONFIG", &other).output().unwrap();
    insta::assert_snapshot!(home.describe(&run(&home)), @r#"
    exit 1
    --- stderr
    error: cannot read the settings
       on: HOME/other.toml
      why: cannot read HOME/other.toml: No such file or directory (os error 2)
       do: make the file readable, or point KAASBOARD_CONFIG at one
    "#);
    fs::write(
        &other,
        "[contexts.here]\nmanager = { embedded = \"~/m.db\" }\ncloud = { openstack = \"c\" }\n",
    )
    .unwrap();
    insta::assert_snapshot!(home.describe(&run(&home)), @r#"
    exit 0
    --- stdout
    current = "here"

    [contexts.here]
    manager = { embedded = "HOME/m.db" }
    cloud = { openstack = "c" }
    engine = "auto"
    write = "armed"
    confirm = "ask"
    "#);
}

#[test]
fn crds_are_one_definition_a_document() {
    let output = Home::new().run(&["crds"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let documents = text.matches("---\n").count();
    assert_eq!(text.matches("\nkind: CustomResourceDefinition\n").count(), documents);
    for kind in ["KubernetesCluster", "Machine", "Operation"] {
        assert!(text.contains(&format!("\n    kind: {kind}\n")), "{kind}");
    }
}

#[test]
fn completions_complete_our_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = Home::new().run(&["completions", shell]);
        assert!(output.status.success(), "{shell}");
        assert!(String::from_utf8(output.stdout).unwrap().contains("completions"), "{shell}");
    }
}

#[test]
fn a_reader_who_has_left_is_no_failure() {
    for line in ["--help", "--version", "completions zsh", "config show", "crds"] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let home = Home::new();
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = home.command(&arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(home.describe(&output), "exit 0\n", "{line}");
    }
}

#[test]
fn nothing_is_written_by_looking() {
    let home = Home::new();
    home.run(&["config", "show"]);
    home.run(&["--help"]);
    assert_eq!(fs::read_dir(home.directory.path()).unwrap().count(), 0);
}
