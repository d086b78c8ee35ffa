//! Screens of clusters on real servers, as the program itself draws them for whoever reaches the manager.

use std::path::Path;
use std::process::Stdio;

use kaasboard::engine::facts::serve::Facts;
use kaasboard::manager::serve::kubeconfig;
use kaasboard::manager::serve::listener::Listener;
use kaasboard::manager::serve::token::Token;
use kaasboard::startup::Sandbox;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::task::JoinSet;

/// The context in which they are drawn: it only looks.
const CONFIG: &str = "current = \"devstack\"\n[contexts.devstack]\nmanager = { kubeconfig = \"kubeconfig\" }\n\
    engine = \"never\"\nwrite = \"never\"\n";

/// A sandbox that is served, with a home for those who look at it.
pub struct Screens {
    home: TempDir,
    _serving: JoinSet<()>,
}

impl Screens {
    pub async fn of(sandbox: &Sandbox) -> Self {
        let home = TempDir::new().unwrap();
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Token::new([3; 32])).await.unwrap();
        kubeconfig::write(&home.path().join("kubeconfig"), &listener.kubeconfig().unwrap()).unwrap();
        std::fs::write(home.path().join("config.toml"), CONFIG).unwrap();
        let facts = Facts::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let working = &sandbox.working;
        working.engine.leadership.tells_at(format!("http://{}", facts.address()));
        let remote = sandbox.manager.remote();
        let mut serving = JoinSet::new();
        serving.spawn(async move { listener.serve(remote, std::future::pending()).await });
        serving.spawn(facts.serve(working.engine.clone(), working.identity().to_owned()));
        Self { home, _serving: serving }
    }

    /// Looks at a screen, on which all these words have to be. It becomes a picture of `screenshots/` with
    /// `KAASBOARD_SCREENSHOTS=write`.
    pub async fn show(&self, screen: &str, words: &[String]) {
        let text = self.text(screen).await;
        for word in words {
            assert!(text.contains(word.as_str()), "{screen} does not show {word}:\n{text}");
        }
        let picture = self.draw(screen, "svg").await;
        assert!(picture.starts_with("<svg"), "{picture}");
        if std::env::var("KAASBOARD_SCREENSHOTS").is_ok_and(|wish| wish == "write") {
            let album = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
            std::fs::write(album.join(format!("openstack-{screen}.svg")), picture).unwrap();
        }
    }

    pub async fn text(&self, screen: &str) -> String {
        self.draw(screen, "text").await
    }

    async fn draw(&self, screen: &str, format: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaasboard"));
        command.args(["screen", screen, "--format", format]).current_dir(self.home.path());
        command.env_clear().env("HOME", self.home.path()).stdin(Stdio::null());
        command.env("KAASBOARD_CONFIG", self.home.path().join("config.toml"));
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
