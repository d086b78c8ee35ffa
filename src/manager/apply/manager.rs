//! Who writes: the field manager that a request names.

use crate::manager::status::{ApiError, Cause, CauseReason};

/// Kubernetes' limit for the name of a field manager, in bytes.
const LONGEST_NAME: usize = 128;

/// Who writes, and through which door.
#[derive(Clone, Copy, Debug)]
pub struct FieldManager<'a> {
    /// `fieldManager` of the request, or the first part of its user agent.
    pub name: &'a str,
    /// The version through which the object is written, for example `apps/v1`.
    pub api_version: &'a str,
    /// The subresource, for example `status`; empty for the object itself.
    pub subresource: &'a str,
    /// The part of the object that a write through this door can change.
    pub part: Part,
}

/// The part of an object that a write can change. The rest of what a configuration says is not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// All but `status`, because the kind has a status subresource.
    AllButStatus,
    /// Only `status`.
    StatusOnly,
}

/// Checks the name of a field manager as the options of a request give it.
///
/// # Errors
/// 422 in Kubernetes' words, if the name is too long or not printable, or if it is missing and the request is an
/// apply patch. `options` is the kind of the request's options, for example `PatchOptions`.
pub fn check_name(name: &str, options: &str, is_apply: bool) -> Result<(), ApiError> {
    let refuse = |reason, message: String| {
        let cause = Cause::new(reason, "fieldManager", message);
        Err(ApiError::invalid(options, "meta.k8s.io", "", vec![cause]))
    };
    if is_apply && name.is_empty() {
        let why = "Required value: is required for apply patch";
        return refuse(CauseReason::FieldValueRequired, why.to_owned());
    }
    if name.len() > LONGEST_NAME {
        let why = format!("Too long: may not be more than {LONGEST_NAME} bytes");
        return refuse(CauseReason::FieldValueTooLong, why);
    }
    // Kubernetes prints what Go's unicode.IsPrint accepts: of white space only the plain blank.
    match name.char_indices().find(|(_, char)| char.is_control() || (char.is_whitespace() && *char != ' ')) {
        None => Ok(()),
        Some((at, char)) => {
            let code = u32::from(char);
            let why = format!("Invalid value: {name:?}: invalid character U+{code:04X} (at position {at})");
            refuse(CauseReason::FieldValueInvalid, why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, is_apply: bool) -> String {
        check_name(name, "PatchOptions", is_apply)
            .map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn names_of_managers() {
        let cases = [("kubectl", true), ("", false), ("", true), ("a b/ü", true), ("a\u{7}", false)];
        let said: Vec<String> = cases.iter().map(|(name, is_apply)| check(name, *is_apply)).collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        fine
        fine
        PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch
        fine
        PatchOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\u{7}": invalid character U+0007 (at position 1)
        "#);
        insta::assert_snapshot!(check(&"x".repeat(129), true), @r#"
        PatchOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes
        "#);
    }
}
