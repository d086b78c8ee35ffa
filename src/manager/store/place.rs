//! Where a store is, by the name that somebody gave it: only a regular file can be one.

use std::fs::{self, FileType};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::errors::StoreError;

/// The file that a name leads to. A new store takes its name from whatever has it, and an empty device looks like a new
/// store: so nothing but a regular file, or a name that nothing has yet, is gone on with.
///
/// A symlink is followed here, once: the file beside the store, the lock's, is then beside the file itself, and two names of
/// one store share it.
pub(super) fn find(path: &Path) -> Result<PathBuf, StoreError> {
    let failed = |source: io::Error| StoreError::Open { path: path.to_owned(), source: source.into() };
    let refused = |what| StoreError::NoFile { path: path.to_owned(), what };
    let is_link = match fs::symlink_metadata(path) {
        Ok(known) => known.is_symlink(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path.to_owned()),
        Err(error) => return Err(failed(error)),
    };
    let file = if is_link { fs::canonicalize(path) } else { Ok(path.to_owned()) };
    let file = file.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => refused("a symlink that leads to nothing"),
        _ => failed(error),
    })?;
    let known = fs::metadata(&file).map_err(failed)?;
    if known.is_file() { Ok(file) } else { Err(refused(named(known.file_type()))) }
}

fn named(kind: FileType) -> &'static str {
    if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::super::handle::Store;
    use super::super::limits::Limits;
    use super::*;

    #[test]
    fn what_is_no_regular_file_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let _socket = UnixListener::bind(at("socket")).unwrap();
        fs::create_dir(at("directory")).unwrap();
        symlink(at("nothing"), at("dangling")).unwrap();
        symlink("/dev/full", at("full")).unwrap();
        let told = [
            ("socket", "is a socket"),
            ("directory", "is a directory"),
            ("dangling", "is a symlink that leads to nothing"),
            ("full", "is a device"),
        ];
        for (name, told) in told {
            let before = fs::symlink_metadata(at(name)).unwrap().file_type();
            let error = Store::open_file(&at(name), Limits::default()).unwrap_err().to_string();
            assert!(error.contains(told) && error.contains("name a regular file"), "{error}");
            assert_eq!(fs::symlink_metadata(at(name)).unwrap().file_type(), before);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 4, "no lock is left either");
    }

    #[test]
    fn a_symlink_stays_and_the_file_behind_it_is_the_store() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("store"), directory.path().join("link"));
        fs::write(&file, "").unwrap();
        symlink("store", &link).unwrap();
        let store = Store::open_file(&link, Limits::default()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::symlink_metadata(&file).unwrap().is_file() && fs::metadata(&file).unwrap().len() > 0);
        let again = Store::open_file(&file, Limits::default()).unwrap_err();
        assert!(matches!(again, StoreError::InUse { .. }), "{again}");
        drop(store);
        Store::open_file(&link, Limits::default()).unwrap();
    }
}
