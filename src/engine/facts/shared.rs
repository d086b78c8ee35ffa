//! Turns that are shared within a process, as they are written for another one.

/// One of them.
pub mod one {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::engine::trace::LoopRecord;

    /// Writes it.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<S: Serializer>(record: &Arc<LoopRecord>, format: S) -> Result<S::Ok, S::Error> {
        record.as_ref().serialize(format)
    }

    /// Reads it.
    ///
    /// # Errors
    /// When it is none.
    pub fn deserialize<'de, D: Deserializer<'de>>(format: D) -> Result<Arc<LoopRecord>, D::Error> {
        LoopRecord::deserialize(format).map(Arc::new)
    }
}

/// Many of them.
pub mod all {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::engine::trace::LoopRecord;

    /// Writes them.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<S: Serializer>(records: &[Arc<LoopRecord>], format: S) -> Result<S::Ok, S::Error> {
        format.collect_seq(records.iter().map(|record| &**record))
    }

    /// Reads them.
    ///
    /// # Errors
    /// When one is none.
    pub fn deserialize<'de, D: Deserializer<'de>>(format: D) -> Result<Vec<Arc<LoopRecord>>, D::Error> {
        let records = Vec::<LoopRecord>::deserialize(format)?;
        Ok(records.into_iter().map(Arc::new).collect())
    }
}
