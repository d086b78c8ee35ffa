//! The log: what reaches the file, and what never does. One test, because a process has one log.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use kaasboard::logging::level;
use kaasboard::logging::start::{FILE_NAME, Log, LogError};

#[test]
fn lines_reach_a_private_file_and_headers_never_do() {
    let state = tempfile::tempdir().unwrap();
    let directory = state.path().join("made/when/needed");
    let log = Log::start(&directory, level::filter("trace,kaasboard=debug,h2=trace").unwrap()).unwrap();
    assert_eq!(log.path(), directory.join(FILE_NAME));

    tracing::info!(target: "kaasboard::manager", count = 3, "served");
    tracing::trace!(target: "kaasboard::manager", "too much");
    tracing::trace!(target: "h2::codec", "authorization: Bearer secret");
    tracing::debug!(target: "hyper::proto", "authorization: Bearer secret");
    tracing::warn!(target: "h2::codec", "connection lost");

    let twice = Log::start(&directory, level::filter("info").unwrap());
    assert!(matches!(twice, Err(LogError::Twice(_))), "{twice:?}");
    assert_eq!(log.lost_lines(), 0);
    let path = log.path().to_owned();
    drop(log);

    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().map(|line| &line["2026-11-20T21:30:00.000Z ".len()..]).collect();
    assert_eq!(lines, [" INFO kaasboard::manager: served count=3", " WARN h2::codec: connection lost"]);
    assert!(text.lines().all(|line| line.chars().nth(23) == Some('Z')), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory), mode(&path)), (0o700, 0o600));
    }
}
