//! Objects kept small: LZ4 with the first object of a type as dictionary.
//!
//! The objects of one type resemble each other far more than one object resembles itself, so an early one
//! makes a good dictionary for all that follow.

use std::sync::Arc;

use bytes::Bytes;

/// Below this, packing saves less than it costs.
const WORTH_PACKING: usize = 128;

/// The most of an object that serves as a dictionary: LZ4 looks back 64 KiB at most.
const DICTIONARY_BYTES: usize = 16 * 1024;

/// A packed object.
#[derive(Debug)]
pub(super) struct Packed {
    bytes: Box<[u8]>,
    plain_length: u32,
    dictionary: Option<Arc<[u8]>>,
}

/// The dictionary of a type: its first object, until one comes that is half as long again. Objects are born small
/// and grow a status, so the first one alone would say too little; and as each is half as long again, a type goes
/// through a few dictionaries only.
#[derive(Debug, Default)]
pub(super) struct Dictionary(Option<Arc<[u8]>>);

impl Dictionary {
    /// Packs an object, which may become the dictionary.
    pub(super) fn pack(&mut self, plain: &[u8]) -> Packed {
        let plain_length = u32::try_from(plain.len()).unwrap_or(u32::MAX);
        if plain.len() < WORTH_PACKING {
            return Packed { bytes: plain.into(), plain_length, dictionary: None };
        }
        let useful = plain.len().min(DICTIONARY_BYTES);
        let dictionary = match self.0.take() {
            Some(known) if useful < known.len() + known.len() / 2 => known,
            _ => plain[..useful].into(),
        };
        let dictionary = self.0.insert(dictionary);
        let bytes = lz4_flex::block::compress_with_dict(plain, dictionary).into_boxed_slice();
        if bytes.len() >= plain.len() {
            return Packed { bytes: plain.into(), plain_length, dictionary: None };
        }
        Packed { bytes, plain_length, dictionary: Some(Arc::clone(dictionary)) }
    }
}

impl Packed {
    /// The object as it was.
    ///
    /// # Errors
    /// When the packed bytes are not what [`Dictionary::pack`] made, which only broken memory can bring about.
    pub(super) fn unpack(&self) -> Result<Bytes, lz4_flex::block::DecompressError> {
        let Some(dictionary) = &self.dictionary else { return Ok(Bytes::copy_from_slice(&self.bytes)) };
        let length = usize::try_from(self.plain_length).unwrap_or(usize::MAX);
        lz4_flex::block::decompress_with_dict(&self.bytes, length, dictionary).map(Bytes::from)
    }

    /// How many bytes it takes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}
