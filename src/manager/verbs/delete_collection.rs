//! Delete of all objects that a list would show.

use serde_json::{Value, json};

use super::answer::Answer;
use super::delete::remove;
use super::filter::Filter;
use super::list::page;
use super::present::{self, store_failed};
use super::target::Target;
use crate::manager::kernel::Kernel;
use crate::manager::request::accept::Form;
use crate::manager::request::delete_options::DeleteOptions;
use crate::manager::request::list_options::ListOptions;
use crate::manager::status::{ApiError, Reason};

/// Answers a deletion of many with the list of what was there.
///
/// # Errors
/// Those of a list, and the first of a deletion that is not "it is gone already".
pub async fn delete_collection(
    kernel: &Kernel,
    target: &Target,
    form: Form,
    list: &ListOptions,
    options: &DeleteOptions,
) -> Result<Answer, ApiError> {
    let filter = Filter::new(target, list)?;
    let (page, next) = page(kernel, target, list, &filter)?;
    let mut items: Vec<Value> = Vec::with_capacity(page.entries.len());
    for entry in &page.entries {
        let stored = entry.value().map_err(|error| store_failed(&error))?;
        match remove(kernel, &target.resource, entry.key(), options).await {
            Ok(_) => items.push(present::shown(target, stored)),
            Err(error) if error.reason == Reason::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let mut metadata = json!({ "resourceVersion": page.revision.to_string() });
    if let Some(next) = next {
        metadata["continue"] = Value::from(next.encode());
    }
    let shown = json!({
        "kind": target.resource.list_kind, "apiVersion": target.api_version(), "metadata": metadata,
        "items": items,
    });
    let body = present::encode(form.encoding, &shown)?;
    Ok(Answer { content_type: form.content_type(), ..Answer::json(200, body) })
}
