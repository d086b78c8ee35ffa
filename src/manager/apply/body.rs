//! The body of an apply patch: YAML, of which JSON is a part.

use serde_json::Value;

use super::error::ApplyError;

/// Reads the body of an apply patch. JSON, which most clients send, is read as such.
///
/// # Errors
/// If it is neither.
pub fn parse(body: &[u8]) -> Result<Value, ApplyError> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    serde_saphyr::from_slice(body).map_err(|error| ApplyError::Yaml(error.to_string()))
}
