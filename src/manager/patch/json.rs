//! JSON patch (RFC 6902), with what Kubernetes adds to it.

use json_patch::jsonptr::PointerBuf;
use json_patch::{PatchOperation, patch_unsafe};
use serde_json::Value;

use super::error::PatchError;

/// Kubernetes' limit for the operations of one patch.
const MOST_OPERATIONS: usize = 10_000;

/// How many bytes of values the copy operations of one patch may make. A few copies of an object into itself would
/// otherwise double it without end. Kubernetes has the same limit: that of a request's body.
const MOST_COPIED: usize = 3 * 1024 * 1024;

/// The object with a JSON patch applied. A `test` for null passes on a path whose last element is missing, as it
/// does in Kubernetes; controllers rely on it to set a field that is not there yet.
///
/// # Errors
/// If the patch is no list of operations, has too many, or one of them does not apply.
pub fn apply(object: &Value, patch: &[u8]) -> Result<Value, PatchError> {
    let operations: Vec<Value> = serde_json::from_slice(patch).map_err(PatchError::NotJson)?;
    if operations.len() > MOST_OPERATIONS {
        return Err(PatchError::TooManyOperations { most: MOST_OPERATIONS, got: operations.len() });
    }
    let mut patched = object.clone();
    let mut copied = 0;
    for operation in operations {
        let operation = serde_json::from_value(operation).map_err(PatchError::NotJson)?;
        if let PatchOperation::Copy(copy) = &operation {
            copied += patched.pointer(copy.from.as_str()).map_or(0, |value| value.to_string().len());
            if copied > MOST_COPIED {
                return Err(PatchError::TooLarge(MOST_COPIED));
            }
        }
        if !tests_absence(&patched, &operation) {
            let one = std::slice::from_ref(&operation);
            patch_unsafe(&mut patched, one).map_err(|error| failed(&operation, &error.kind))?;
        }
    }
    Ok(patched)
}

/// Whether the operation asks that something be null which is absent.
fn tests_absence(object: &Value, operation: &PatchOperation) -> bool {
    let PatchOperation::Test(test) = operation else { return false };
    let Some((parent, last)) = test.path.split_back() else { return false };
    let Some(Value::Object(parent)) = object.pointer(parent.as_str()) else { return false };
    test.value.is_null() && !parent.contains_key(last.decoded().as_ref())
}

/// The failure of one operation, worded like the library that Kubernetes uses.
fn failed(operation: &PatchOperation, kind: &json_patch::PatchErrorKind) -> PatchError {
    use json_patch::PatchErrorKind::{CannotMoveInsideItself, InvalidFromPointer, TestFailed};
    let (name, path): (&str, &PointerBuf) = match operation {
        PatchOperation::Add(op) => ("add", &op.path),
        PatchOperation::Remove(op) => ("remove", &op.path),
        PatchOperation::Replace(op) => ("replace", &op.path),
        PatchOperation::Move(op) => ("move", &op.from),
        PatchOperation::Copy(op) => ("copy", &op.from),
        PatchOperation::Test(op) => ("test", &op.path),
    };
    PatchError::Operation(match (name, kind) {
        (_, TestFailed) => format!("testing value {path} failed: test failed"),
        (_, CannotMoveInsideItself) => format!("{name} operation does not apply: {kind}: {path}"),
        (_, InvalidFromPointer) => {
            format!("{name} operation does not apply: doc is missing from path: {path}: missing value")
        }
        ("test", _) => {
            format!("test operation for path {path} does not apply: is missing path: missing value")
        }
        ("replace", _) => {
            format!("replace operation does not apply: doc is missing key: {path}: missing value")
        }
        ("remove", _) => {
            format!("remove operation does not apply: doc is missing path: {path}: missing value")
        }
        _ => format!("{name} operation does not apply: doc is missing path: {path:?}: missing value"),
    })
}
