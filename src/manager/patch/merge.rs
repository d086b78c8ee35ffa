//! Merge patch (RFC 7386).

use serde_json::Value;

use super::error::PatchError;

/// The object with a merge patch applied: null removes, maps are merged, all else is replaced.
///
/// # Errors
/// If the patch is no JSON object.
pub fn apply(object: &Value, patch: &[u8]) -> Result<Value, PatchError> {
    let patch: Value = serde_json::from_slice(patch).map_err(PatchError::NotJson)?;
    if !patch.is_object() {
        return Err(PatchError::NotAnObject);
    }
    let mut patched = object.clone();
    json_patch::merge(&mut patched, &patch);
    Ok(patched)
}
