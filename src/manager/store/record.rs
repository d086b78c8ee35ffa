//! One object as the file holds it: its key as text, its index as JSON, its JSON packed for itself, and a checksum
//! of these. The database has checksums of its own, but looks at them only after a crash.

use bytes::Bytes;
use lz4_flex::block;
use serde::Deserialize;

use super::entry::Indexed;
use crate::manager::resource::{Key, ResourceId};

/// No LZ4 block unpacks to more than this many times its length, so a length that says otherwise is a lie, and
/// no memory is set aside for it.
const LARGEST_RATIO: usize = 256;

/// An object that was read from a file.
pub(super) struct Record {
    /// Which object.
    pub(super) key: Key,
    /// Its revision.
    pub(super) revision: u64,
    /// Its JSON.
    pub(super) plain: Bytes,
    /// What can be searched of it.
    pub(super) index: Indexed,
}

/// Why a row of the file is not an object.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    /// The row was changed by something else than this program.
    #[error("the checksum of {key:?} does not match")]
    Checksum {
        /// Whose.
        key: String,
    },
    /// The key is not three parts.
    #[error("an object has the key {key:?}")]
    Key {
        /// What it is.
        key: String,
    },
    /// The index is not what we write.
    #[error("the index of {key:?} does not read")]
    Index {
        /// Whose.
        key: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The object does not unpack.
    #[error("the object {key:?} does not unpack")]
    Unpack {
        /// Which.
        key: String,
        /// Why.
        source: block::DecompressError,
    },
    /// The object is not JSON with a revision.
    #[error("the object {key:?} does not read")]
    Json {
        /// Which.
        key: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The revision is not a number.
    #[error("the object {key:?} has the revision {revision:?}")]
    Revision {
        /// Which.
        key: String,
        /// What it is.
        revision: String,
    },
}

/// Type, namespace and name, separated by a zero byte, which none of them may contain: rows are in order of these.
pub(super) fn key(key: &Key) -> String {
    format!("{}\0{}\0{}", key.resource.as_str(), key.namespace, key.name)
}

/// The index of an object.
pub(super) fn index(index: &Indexed) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(index)
}

/// The JSON of an object. It needs no dictionary to be read, so that no row depends on another.
pub(super) fn object(plain: &[u8]) -> Vec<u8> {
    block::compress_prepend_size(plain)
}

/// The checksum of a row: 64-bit FNV-1a over its parts, each ended by its length. It is there for damage, not for
/// malice, and any single byte that differs makes it differ.
pub(super) fn checksum(key: &str, index: &[u8], packed: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let add = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(PRIME);
    [key.as_bytes(), index, packed]
        .into_iter()
        .fold(OFFSET, |sum, part| part.len().to_le_bytes().iter().fold(part.iter().fold(sum, add), add))
}

/// Reads a row back.
pub(super) fn read(key: &str, index: &[u8], packed: &[u8], sum: u64) -> Result<Record, RecordError> {
    let text = || key.to_owned();
    if checksum(key, index, packed) != sum {
        return Err(RecordError::Checksum { key: text() });
    }
    let mut parts = key.split('\0');
    let (Some(resource), Some(namespace), Some(name), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(RecordError::Key { key: text() });
    };
    let index = serde_json::from_slice(index).map_err(|source| RecordError::Index { key: text(), source })?;
    let plain = unpack(packed).map_err(|source| RecordError::Unpack { key: text(), source })?;
    let revision = revision(&plain).map_err(|source| RecordError::Json { key: text(), source })?;
    let revision = revision.parse().map_err(|_| RecordError::Revision { key: text(), revision })?;
    let key = Key::new(ResourceId::from(resource), namespace, name);
    Ok(Record { key, revision, plain: plain.into(), index })
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, block::DecompressError> {
    let (length, block) = block::uncompressed_size(packed)?;
    if length / LARGEST_RATIO > block.len() {
        return Err(block::DecompressError::OutputTooSmall { expected: length, actual: block.len() });
    }
    block::decompress(block, length)
}

/// The revision of an object. The rest of it is gone through, so that what is no JSON is noticed here.
fn revision(plain: &[u8]) -> Result<String, serde_json::Error> {
    #[derive(Deserialize)]
    struct Object {
        metadata: Meta,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Meta {
        resource_version: String,
    }
    let object: Object = serde_json::from_slice(plain)?;
    Ok(object.metadata.resource_version)
}
