//! Names of new objects, and numbers in place of randomness, made from what identifies them.
//!
//! A name that follows from its owner and its place makes a creation repeatable: the second one is refused because the first
//! has the name.

use sha2::{Digest, Sha256};

/// How many characters of a hash go into a name: enough that the machines of one pool rarely collide, and where they do, the
/// next number is tried.
const SUFFIX_LENGTH: usize = 8;

/// The letters of a suffix: no vowels and nothing that looks like another, so that no words come out.
const LETTERS: &[u8; 16] = b"bcdfghjklmnpqrst";

/// The end of a name, made from the parts that identify the object.
pub fn suffix(parts: &[&str]) -> String {
    let digest = digest(parts);
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte & 0x0f)]);
    digest.iter().take(SUFFIX_LENGTH).map(letter).collect()
}

/// A number made from parts, in place of a random one.
pub fn number(parts: &[&str]) -> u64 {
    digest(parts).iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The hash of parts in hexadecimal digits.
pub fn hash(parts: &[&str]) -> String {
    use std::fmt::Write;
    digest(parts).iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn digest(parts: &[&str]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_vec()
}
