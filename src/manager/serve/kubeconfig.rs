//! The kubeconfig that leads a client to the served API.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use k8s_openapi::ByteString;
use serde_json::json;

use super::error::ServeError;
use super::token::Token;

/// The first line of every file that we write, by which we know that we may write it again.
const OURS: &str = "# Written by an embedded Kubernetes API, which writes it anew at each start.\n";

/// What the cluster, the user and the context are called.
const NAME: &str = "kaasboard";

/// The kubeconfig for a server at `address` with this certificate authority (PEM) and token.
pub fn text(address: SocketAddr, authority: &str, token: &Token) -> Result<String, ServeError> {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": NAME,
        "clusters": [{ "name": NAME, "cluster": {
            "server": format!("https://{address}"),
            "certificate-authority-data": ByteString(authority.as_bytes().to_vec()),
        }}],
        "users": [{ "name": NAME, "user": { "token": token.reveal() } }],
        "contexts": [{ "name": NAME, "context": { "cluster": NAME, "user": NAME } }],
    });
    Ok(format!("{OURS}{}", serde_saphyr::to_string(&config)?))
}

/// Writes a kubeconfig to `path`, readable by its owner alone, all of it or nothing.
///
/// A file that somebody else wrote is refused: it may hold the only copy of another cluster's credentials.
pub fn write(path: &Path, text: &str) -> Result<(), ServeError> {
    let failed = |source| ServeError::Write { path: path.to_owned(), source };
    let (mut file, beside) = draft(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}

/// Whether a kubeconfig could be written to `path`, for those who have much to do before they write it. Leaves nothing there.
pub fn check(path: &Path) -> Result<(), ServeError> {
    let (_, beside) = draft(path)?;
    fs::remove_file(beside).map_err(|source| ServeError::Write { path: path.to_owned(), source })
}

/// A new file beside one that it may replace.
fn draft(path: &Path) -> Result<(File, PathBuf), ServeError> {
    let failed = |source| ServeError::Write { path: path.to_owned(), source };
    if !may_replace(path).map_err(failed)? {
        return Err(ServeError::Foreign { path: path.to_owned() });
    }
    let beside = beside(path);
    // What an earlier process left half-written must not lend its permissions to the new one.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&beside).map_err(failed)?;
    Ok((file, beside))
}

/// Whether nothing is lost by replacing the file: there is none, it is empty, or it is ours.
fn may_replace(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(OURS.len() as u64).read_to_end(&mut start)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    Ok(start.is_empty() || start == OURS.as_bytes())
}

/// A name in the same directory, so that the rename at the end cannot fail half-way.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_file_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kubeconfig");
        check(&path).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "a check leaves nothing");
        let text = text(([127, 0, 0, 1], 6443).into(), "PEM", &Token::new([0; 32])).unwrap();
        write(&path, &text).unwrap();
        write(&path, &text).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        fs::write(&path, "").unwrap();
        write(&path, &text).unwrap();
        fs::write(&path, "apiVersion: v1\n").unwrap();
        assert!(matches!(write(&path, &text), Err(ServeError::Foreign { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "apiVersion: v1\n");
        let nowhere = directory.path().join("missing/kubeconfig");
        assert!(matches!(write(&nowhere, &text), Err(ServeError::Write { .. })));
        assert!(matches!(check(&path), Err(ServeError::Foreign { .. })));
        assert!(matches!(check(&nowhere), Err(ServeError::Write { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kubeconfig");
        fs::write(&path, "").unwrap();
        write(&path, OURS).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
