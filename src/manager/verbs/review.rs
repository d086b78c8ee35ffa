//! Questions about who may do what. Whoever is in may do everything here, so the answer is always yes.

use serde_json::{Value, json};

use super::answer::Answer;
use super::kind::Kind;
use super::present;
use super::target::Target;
use crate::manager::object;
use crate::manager::request::accept::Form;
use crate::manager::request::content::Decoded;
use crate::manager::request::write_options::WriteOptions;
use crate::manager::status::{ApiError, Reason};

/// Who everybody is who has the token.
const USER: &str = "admin";

/// The group that a real API server never refuses anything to.
const GROUP: &str = "system:masters";

/// Answers a question.
///
/// # Errors
/// If it cannot be read, or is one that cannot be answered here.
pub fn review(
    target: &Target,
    form: Form,
    options: &WriteOptions,
    body: Decoded,
) -> Result<Answer, ApiError> {
    let (mut question, warnings) = Kind::new(target).read(body, options.validation)?;
    let groups = json!([GROUP, "system:authenticated"]);
    question["status"] = match target.resource.kind.as_str() {
        "SelfSubjectReview" => json!({ "userInfo": { "username": USER, "groups": groups } }),
        "SelfSubjectRulesReview" => {
            let resources = json!([{ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }]);
            let others = json!([{ "verbs": ["*"], "nonResourceURLs": ["*"] }]);
            json!({ "resourceRules": resources, "nonResourceRules": others, "incomplete": false })
        }
        "TokenReview" => {
            let message = "this API server has one token and no users; it does not review tokens";
            return Err(ApiError::new(Reason::MethodNotAllowed, message));
        }
        _ => json!({ "allowed": true }),
    };
    if target.resource.kind == "SelfSubjectReview"
        && let Some(meta) = object::meta_mut(&mut question)
    {
        meta.insert("creationTimestamp".to_owned(), Value::from(super::create::now()));
    }
    let body = present::object(target, form, &question)?;
    Ok(Answer { content_type: form.content_type(), warnings, ..Answer::json(201, body) })
}
