//! JSON patch (RFC 6902), with what Kubernetes adds to it.

use json_patch::jsonptr::PointerBuf;
use json_patch::{PatchErrorKind, PatchOperation, TestOperation, patch_unsafe};
use serde_json::Value;

use super::error::PatchError;

/// What an operation can be.
const KINDS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];

/// Kubernetes' limit for the operations of one patch.
const MOST_OPERATIONS: usize = 10_000;

/// How many bytes of values the copy and move operations of one patch may put somewhere. A few copies of an object
/// into itself would otherwise double it without end. Kubernetes has the same limit for copies: that of a
/// request's body.
const MOST_PUT: usize = 3 * 1024 * 1024;

/// How deep a patched object may be. A patch can nest deeper than any body that is parsed could be, and what walks
/// over objects uses a stack frame a level. The parser's limit of 128 must also hold for the object with its
/// managedFields, which mirror it a few levels below the root.
const DEEPEST: usize = 100;

/// The object with a JSON patch applied. A `test` for null passes on a path whose last element is missing, as it
/// does in Kubernetes; controllers rely on it to set a field that is not there yet.
///
/// # Errors
/// If the patch is no list of operations, has too many, or one of them does not apply or makes the object too large.
pub fn apply(object: &Value, patch: &[u8]) -> Result<Value, PatchError> {
    let operations: Vec<Value> = serde_json::from_slice(patch).map_err(PatchError::NotJson)?;
    if operations.len() > MOST_OPERATIONS {
        return Err(PatchError::TooManyOperations { most: MOST_OPERATIONS, got: operations.len() });
    }
    let mut patched = object.clone();
    let mut left = MOST_PUT;
    for operation in operations {
        if let Some(kind) = operation.get("op").and_then(Value::as_str).filter(|kind| !KINDS.contains(kind)) {
            return Err(PatchError::Operation(format!("Unexpected kind: {kind}")));
        }
        let operation = serde_json::from_value(operation).map_err(PatchError::NotJson)?;
        if let Some(test) = test_of_missing(&patched, &operation) {
            if !test.value.is_null() {
                return Err(failed(&operation, &PatchErrorKind::TestFailed));
            }
            continue;
        }
        check_growth(&patched, &operation, &mut left)?;
        let one = std::slice::from_ref(&operation);
        patch_unsafe(&mut patched, one).map_err(|error| failed(&operation, &error.kind))?;
    }
    if patched.is_object() { Ok(patched) } else { Err(PatchError::NotAnObject) }
}

/// Refuses an operation that would make the object too deep, or use up what may be copied and moved.
fn check_growth(object: &Value, operation: &PatchOperation, left: &mut usize) -> Result<(), PatchError> {
    let at = |from: &PointerBuf| object.pointer(from.as_str());
    let (path, value, counts) = match operation {
        PatchOperation::Add(op) => (&op.path, Some(&op.value), false),
        PatchOperation::Replace(op) => (&op.path, Some(&op.value), false),
        PatchOperation::Move(op) => (&op.path, at(&op.from), true),
        PatchOperation::Copy(op) => (&op.path, at(&op.from), true),
        PatchOperation::Remove(_) | PatchOperation::Test(_) => return Ok(()),
    };
    let Some(value) = value else { return Ok(()) };
    let size = Size::of(value);
    if path.count() + size.depth > DEEPEST {
        return Err(PatchError::TooDeep(DEEPEST));
    }
    if counts {
        *left = left.checked_sub(size.bytes).ok_or(PatchError::TooLarge(MOST_PUT))?;
    }
    Ok(())
}

/// How deep a value is, and about how many bytes it has.
struct Size {
    depth: usize,
    bytes: usize,
}

impl Size {
    fn of(value: &Value) -> Self {
        /// What a scalar, a comma and the like count.
        const LEAST: usize = 8;
        match value {
            Value::String(text) => Self { depth: 0, bytes: LEAST + text.len() },
            Value::Array(list) => Self::around(list.iter().map(Self::of)),
            Value::Object(map) => Self::around(map.iter().map(|(key, value)| {
                let size = Self::of(value);
                Self { bytes: size.bytes + key.len(), ..size }
            })),
            _ => Self { depth: 0, bytes: LEAST },
        }
    }

    fn around(parts: impl Iterator<Item = Self>) -> Self {
        let empty = Self { depth: 1, bytes: 2 };
        parts.fold(empty, |all, part| Self {
            depth: all.depth.max(part.depth + 1),
            bytes: all.bytes.saturating_add(part.bytes),
        })
    }
}

/// The operation, if it is a test of a key that its map does not have, which counts as null.
fn test_of_missing<'o>(object: &Value, operation: &'o PatchOperation) -> Option<&'o TestOperation> {
    let PatchOperation::Test(test) = operation else { return None };
    let (parent, last) = test.path.split_back()?;
    let parent = object.pointer(parent.as_str())?.as_object()?;
    (!parent.contains_key(last.decoded().as_ref())).then_some(test)
}

/// The failure of one operation, worded like the library that Kubernetes uses.
fn failed(operation: &PatchOperation, kind: &PatchErrorKind) -> PatchError {
    use PatchErrorKind::{CannotMoveInsideItself, InvalidFromPointer, TestFailed};
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
        _ => {
            let path = path.as_str();
            format!("{name} operation does not apply: doc is missing path: {path:?}: missing value")
        }
    })
}
