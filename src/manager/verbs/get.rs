//! Get: one object.

use super::answer::Answer;
use super::present::{self, Change, store_failed};
use super::target::Target;
use crate::manager::kernel::Kernel;
use crate::manager::request::accept::{Encoding, Form, View};
use crate::manager::request::list_options::parse_version;
use crate::manager::status::{ApiError, Cause, CauseReason, Reason};

/// Answers a get. `version` is the `resourceVersion` that the answer must not be older than, or empty.
///
/// # Errors
/// 404 if there is no such object, 504 if the version is yet to come.
pub fn get(kernel: &Kernel, target: &Target, form: Form, version: &str) -> Result<Answer, ApiError> {
    if !version.is_empty() {
        not_newer(parse_version(version)?, kernel.store.revision())?;
    }
    let entry = kernel.store.get(&target.key()).ok_or_else(|| target.not_found())?;
    if form.encoding == Encoding::Json && form.view != View::Table {
        let change = Change::new(target, form, false);
        let stored = entry.json().map_err(|error| store_failed(&error))?;
        return Ok(Answer::json(200, change.apply(entry.revision(), stored, true)?));
    }
    let stored = entry.value().map_err(|error| store_failed(&error))?;
    let shown = present::shown(target, stored);
    let body = present::object(target, form, &shown)?;
    Ok(Answer { content_type: form.content_type(), ..Answer::json(200, body) })
}

/// Refuses a version that is yet to come.
///
/// # Errors
/// 504, with the advice to ask again: the client may have seen it elsewhere.
pub fn not_newer(wanted: u64, current: u64) -> Result<(), ApiError> {
    if wanted <= current {
        return Ok(());
    }
    let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
    let why = "Too large resource version";
    let cause = Cause::new(CauseReason::ResourceVersionTooLarge, "", why);
    Err(ApiError::new(Reason::Timeout, message).because(vec![cause]).retry_after(1))
}
