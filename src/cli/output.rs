//! The two ways out: results to stdout, everything else to stderr.

use std::io::{self, Write};

use super::failure::{Exit, Failure};

/// Writes a result to stdout. A reader who has left has seen enough, so that is no failure.
pub fn result(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Failed, "cannot write the result").on("stdout").because(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Tells a person something that is not the result. Nobody listening is nobody's mistake.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
