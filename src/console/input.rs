//! What comes from the terminal: keys, pasted text, clicks and new sizes.
//!
//! A thread of its own waits for them with crossterm's blocking reader, over descriptors that are asked each time whether
//! something is there. Its stream reader is told of changes once: it forgets a new size that comes together with a key,
//! and never ends on a terminal that is gone.

use std::io;
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::terminal;

/// How many events wait at most; the terminal keeps what comes after them.
const WAITING: usize = 256;
/// How often is looked whether the terminal is still there, should nobody tell by a signal. Crossterm spends the last millisecond
/// of a wait asking again and again, so that short ones are felt on a screen on which nothing happens.
const LOOK: Duration = Duration::from_secs(10);

/// Everything that comes from the terminal, in its order. The channel is closed when the terminal is gone.
///
/// Whoever asks for the size after this is told of every later one: the first look listens for the signal, and what came
/// before a thread began to look would be lost.
///
/// # Errors
/// When there is no terminal, or no thread can be had.
pub fn events() -> io::Result<Receiver<Event>> {
    event::poll(Duration::ZERO)?;
    let (sender, receiver) = channel(WAITING);
    thread::Builder::new().name("terminal input".to_owned()).spawn(move || forward(&sender))?;
    Ok(receiver)
}

fn forward(sender: &Sender<Event>) {
    loop {
        match event::poll(LOOK) {
            Ok(true) => {
                let Ok(event) = event::read() else { return };
                if sender.blocking_send(event).is_err() {
                    return;
                }
            }
            Ok(false) if terminal::is_there() => {}
            Ok(false) | Err(_) => return,
        }
    }
}
