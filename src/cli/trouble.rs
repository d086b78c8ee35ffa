//! What goes wrong between us and the manager, told for people.
//!
//! The client's own words repeat themselves, and hold whole objects as Rust prints them. Here they become one short
//! sentence, and what can be done about it.

use std::error::Error;
use std::io;
use std::iter::successors;

use kube::core::Status;
use kube::runtime::watcher;

use super::connect;
use super::failure::{Exit, Failure};
use crate::settings::words::printable;

/// The longest reason that is told, in characters. A proxy answers with whole pages.
const LONGEST: usize = 300;
/// What ends a reason that was cut.
const CUT: char = '…';

/// How the HTTP client says that there was no connection.
const NO_CONNECTION: &str = "client error (Connect)";
/// What the client's layers add to a cause, and what tells nobody anything.
const WRAPPINGS: &[&str] = &[
    "ServiceError",
    "HyperError",
    "Error reading events stream",
    "client error (SendRequest)",
    "tcp connect error",
    "error reading a body from connection",
    "failed to perform initial object list",
    "failed to start watching object",
    "watch stream failed",
];

/// What kind of trouble it is: each has its own way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It does not know who we are.
    Credentials,
    /// We may not do this.
    Forbidden,
    /// It does not know the kind.
    Unknown,
    /// There is no way to it.
    Unreachable,
    /// Anything else.
    Other,
}

/// A failure of a command, because the manager did not answer as it should.
pub fn failure(error: &(dyn Error + 'static)) -> Failure {
    let kind = kind(error);
    let what = match kind {
        Kind::Credentials => "the manager refuses the credentials",
        Kind::Forbidden => "the manager does not allow this",
        Kind::Unreachable => "the manager cannot be reached",
        Kind::Unknown | Kind::Other => "the manager does not answer as it should",
    };
    let why = match connect::server() {
        Some(server) => format!("{server}: {}", why(error)),
        None => why(error),
    };
    Failure::new(Exit::Failed, what).because(color_eyre::Report::msg(why)).remedy(remedy(kind))
}

/// Why the manager did not answer as it should, in one short sentence.
pub fn why(error: &(dyn Error + 'static)) -> String {
    if let Some(status) = status(error) {
        let message = if status.message.is_empty() { &status.reason } else { &status.message };
        return short(&format!("HTTP {}: {message}", status.code));
    }
    let texts: Vec<String> = chain(error).map(ToString::to_string).collect();
    let mut told: Vec<String> = Vec::new();
    for (index, cause) in chain(error).enumerate() {
        let below = texts.get(index + 1..).unwrap_or_default();
        let own = words(cause, below);
        if !own.is_empty() && !told.contains(&own) {
            told.push(own);
        }
    }
    short(&told.join(": "))
}

/// What can be done about it.
fn remedy(kind: Kind) -> &'static str {
    match kind {
        Kind::Credentials => {
            "the credentials of the kubeconfig were refused: log in again, or use another kubeconfig"
        }
        Kind::Forbidden => "ask for the right to do this, or use another kubeconfig",
        Kind::Unknown => "teach it the kinds: `kaasboard crds | kubectl apply --server-side -f -`",
        Kind::Unreachable => {
            "see whether it runs, and whether KUBECONFIG, --kubeconfig or the context leads to it: `kaasboard doctor` \
             tells"
        }
        Kind::Other => "try again; `kaasboard doctor` tells what is wrong with it",
    }
}

fn kind(error: &(dyn Error + 'static)) -> Kind {
    match status(error).map(|status| status.code) {
        Some(401) => return Kind::Credentials,
        Some(403) => return Kind::Forbidden,
        Some(404) => return Kind::Unknown,
        Some(_) => return Kind::Other,
        None => {}
    }
    let is_login = |cause| matches!(asked(cause), Some(kube::Error::Auth(_)));
    if chain(error).any(is_login) {
        return Kind::Credentials;
    }
    if chain(error).any(is_unreachable) { Kind::Unreachable } else { Kind::Other }
}

/// An error and what caused it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |cause| (*cause).source())
}

/// An error of a request. Large ones are kept in a box.
fn asked<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a kube::Error> {
    error.downcast_ref().or_else(|| error.downcast_ref::<Box<kube::Error>>().map(|error| &**error))
}

/// What the manager itself answered, if it did.
fn status<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Status> {
    chain(error).find_map(|cause| match (asked(cause), cause.downcast_ref()) {
        (Some(kube::Error::Api(status)), _) | (_, Some(watcher::Error::WatchError(status))) => {
            Some(&**status)
        }
        _ => None,
    })
}

/// Whether the way to the manager is what is wrong, and not its answer.
fn is_unreachable(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable,
        NetworkUnreachable, NotConnected, TimedOut, UnexpectedEof,
    };
    let is_way = |kind| {
        matches!(kind, BrokenPipe | ConnectionAborted | ConnectionRefused | ConnectionReset | HostUnreachable)
            || matches!(kind, NetworkUnreachable | NotConnected | TimedOut | UnexpectedEof)
    };
    error.downcast_ref().is_some_and(|error: &io::Error| is_way(error.kind()))
        || error.to_string().starts_with(NO_CONNECTION)
        || error.to_string().starts_with("no answer within")
}

/// What an error says beyond what those below it say: most say their causes as well. Empty if that is nothing for
/// people.
fn words(error: &(dyn Error + 'static), below: &[String]) -> String {
    match error.downcast_ref::<io::Error>() {
        // Without the number that the system has for it.
        Some(system) if system.raw_os_error().is_some() => return system.kind().to_string(),
        // TLS explains here at length what a connection that just ended might mean.
        Some(end) if end.kind() == io::ErrorKind::UnexpectedEof => {
            return "the connection was cut".to_owned();
        }
        _ => {}
    }
    let whole = error.to_string();
    let cut = |text: &'_ str, cause: &String| text.strip_suffix(cause.as_str()).unwrap_or(text).len();
    let own =
        below.iter().fold(whole.len(), |end, cause| whole.get(..end).map_or(end, |text| cut(text, cause)));
    let own = whole.get(..own).unwrap_or_default().trim_end_matches([':', ' ']);
    match own {
        NO_CONNECTION => "cannot connect".to_owned(),
        own if !below.is_empty() && WRAPPINGS.contains(&own) => String::new(),
        own => own.to_owned(),
    }
}

/// One line that is short and acts on no terminal.
fn short(text: &str) -> String {
    // What comes in lines is told in one.
    let line = printable(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => line.get(..end).unwrap_or_default().chars().chain([CUT]).collect(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(code: u16, message: &str) -> kube::Error {
        let status =
            Status { message: message.to_owned(), reason: "Reason".to_owned(), code, ..Status::default() };
        kube::Error::Api(Box::new(status))
    }

    #[derive(Debug, thiserror::Error)]
    #[error("client error (Connect)")]
    struct Connect(#[source] io::Error);

    fn unreachable() -> kube::Error {
        kube::Error::Service(Box::new(Connect(io::Error::from_raw_os_error(111))))
    }

    #[test]
    fn what_the_manager_answered_is_told_in_its_own_words() {
        assert_eq!(why(&answered(401, "Unauthorized")), "HTTP 401: Unauthorized");
        assert_eq!(why(&answered(503, "")), "HTTP 503: Reason");
        assert_eq!(why(&answered(500, "a\n\u{1b}[31mb")), "HTTP 500: a \\u{1b}[31mb");
        let long = why(&answered(500, &"x".repeat(60_000)));
        assert!(long.ends_with("xx…") && long.chars().count() == LONGEST + 1, "{long}");
    }

    #[test]
    fn each_cause_is_told_once() {
        assert_eq!(why(&unreachable()), "cannot connect: connection refused");
        let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "no close_notify: https://docs.rs/rustls");
        assert_eq!(why(&kube::Error::ReadEvents(cut)), "the connection was cut");
        assert_eq!(
            why(&watcher::Error::WatchStartFailed(unreachable())),
            "cannot connect: connection refused"
        );
    }

    #[test]
    fn each_kind_of_trouble_has_its_way_out() {
        assert_eq!(kind(&answered(401, "")), Kind::Credentials);
        assert_eq!(kind(&answered(403, "")), Kind::Forbidden);
        assert_eq!(kind(&answered(500, "")), Kind::Other);
        assert_eq!(kind(&Box::new(unreachable())), Kind::Unreachable);
        assert_eq!(kind(&watcher::Error::InitialListFailed(answered(401, ""))), Kind::Credentials);
    }
}
