//! Questions to the person at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};
use std::thread;

use tokio::sync::oneshot;

use crate::settings::words::printable;

/// Whether there is somebody to ask.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks, and answers whether the answer is yes. Nothing said is no.
pub async fn yes(question: &str) -> bool {
    let answer = answer(&format!("{question} [y/N] ")).await;
    matches!(answer.to_lowercase().as_str(), "y" | "yes")
}

/// Asks for a name to be typed, and answers whether it was.
pub async fn typed(question: &str, name: &str) -> bool {
    answer(&format!("{question}: type {name} to go on: ")).await == name
}

/// The line that is typed. It is read by a thread of its own, which a signal need not wait for.
async fn answer(prompt: &str) -> String {
    let mut out = io::stderr().lock();
    // Who does not see the question does not answer it.
    let _ = write!(out, "{}", printable(prompt)).and_then(|()| out.flush());
    drop(out);
    let (tell, told) = oneshot::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        // Nobody listens any more after a signal.
        let _ = tell.send(read.map(|_| line.trim().to_owned()).unwrap_or_default());
    });
    told.await.unwrap_or_default()
}
