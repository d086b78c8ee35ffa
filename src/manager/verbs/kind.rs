//! Reads objects as their type wants it: known fields, right types, defaults, checks.

use serde_json::Value;

use super::target::Target;
use crate::manager::apply::shape::Shape;
use crate::manager::lifecycle::definitions::is_definition;
use crate::manager::object;
use crate::manager::registry::crd::definition::Definition;
use crate::manager::registry::crd::versions::Version;
use crate::manager::registry::{changes, checks, crd, defaults, typed};
use crate::manager::request::content::Decoded;
use crate::manager::request::write_options::FieldValidation;
use crate::manager::rules::types::regular_metadata;
use crate::manager::status::{ApiError, Cause, CauseReason};

/// A type in the version in which the client speaks.
#[derive(Debug)]
pub struct Kind<'a> {
    target: &'a Target,
    custom: Option<&'a Version>,
}

impl<'a> Kind<'a> {
    /// The type that a request is about.
    pub fn new(target: &'a Target) -> Self {
        Self { target, custom: target.resource.custom_version(&target.version) }
    }

    /// How its objects are merged.
    pub fn shape(&self) -> Shape {
        match self.custom {
            Some(custom) => custom.shape.clone(),
            None if self.target.resource.built_in.is_some() => Shape::builtin(&self.target.resource.kind),
            None => Shape::unknown(),
        }
    }

    /// Reads an object, fills in its defaults, and says what the client is to be warned of.
    ///
    /// # Errors
    /// 400 or 422 in Kubernetes' words: another kind or version, wrong types, or with strict validation unknown
    /// fields and fields that come twice.
    pub fn read(
        &self,
        decoded: Decoded,
        validation: FieldValidation,
    ) -> Result<(Value, Vec<String>), ApiError> {
        let Decoded { mut value, duplicates } = decoded;
        self.check_type(&mut value)?;
        let (kind, version) = (&self.target.resource.kind, &self.target.version);
        let mut unknown = regular_metadata(&mut value, kind, version)?;
        match (self.target.resource.built_in, self.custom) {
            (Some(built_in), _) => {
                let before = value.clone();
                value = (built_in.decode)(value).map_err(|why| self.cannot_be_handled(&why))?;
                unknown.extend(typed::left_out(&before, &value));
                if self.target.resource.kind == "Secret" {
                    merge_string_data(&mut value);
                }
                if is_definition(&self.target.resource) {
                    crd::defaults::fill(&mut value);
                }
                defaults::fill(&self.target.resource.group, kind, &mut value);
            }
            (None, Some(custom)) => {
                unknown.extend(custom.schema.prune(&mut value));
                custom.schema.default(&mut value);
            }
            (None, None) => {}
        }
        unknown.sort();
        let duplicates = duplicates.into_iter().map(|path| format!("duplicate field {path:?}"));
        let mut found: Vec<String> = duplicates.collect();
        found.extend(unknown.into_iter().map(|path| format!("unknown field {path:?}")));
        match validation {
            FieldValidation::Ignore => Ok((value, Vec::new())),
            FieldValidation::Strict if !found.is_empty() => {
                Err(self.cannot_be_handled(&format!("strict decoding error: {}", found.join(", "))))
            }
            FieldValidation::Warn | FieldValidation::Strict => Ok((value, found)),
        }
    }

    /// What clients are warned of whatever they do with this version.
    pub fn deprecation(&self) -> Option<String> {
        self.target.resource.custom.as_ref()?.deprecation(self.custom?)
    }

    /// What is wrong with an object beyond types and metadata; `old` is its state before.
    pub fn faults(&self, new: &Value, old: Option<&Value>) -> Vec<Cause> {
        let resource = &self.target.resource;
        match self.custom {
            Some(custom) => custom.schema.validate(new, old),
            None if is_definition(resource) => Definition::read(new, old).err().unwrap_or_default(),
            None => {
                let mut causes = checks::check(&resource.group, &resource.kind, new);
                if let Some(old) = old {
                    causes.extend(changes::check(&resource.group, &resource.kind, old, new));
                }
                causes
            }
        }
    }

    /// 422 with causes.
    pub fn invalid(&self, name: &str, causes: Vec<Cause>) -> ApiError {
        ApiError::invalid(&self.target.resource.kind, &self.target.resource.group, name, causes)
    }

    fn check_type(&self, value: &mut Value) -> Result<(), ApiError> {
        let resource = &self.target.resource;
        let expected = self.target.api_version();
        if value.is_null() && resource.built_in.is_some() {
            // Go reads null into an empty object.
            *value = Value::Object(serde_json::Map::new());
        }
        let is_map = value.is_object();
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, api_version) = (text("kind"), text("apiVersion"));
        let unrecognized = |why: &str| {
            let message =
                format!("the object provided is unrecognized (must be of type {}): {why}", resource.kind);
            Err(ApiError::bad_request(message))
        };
        if !is_map {
            return unrecognized("couldn't get version/kind; json parse error: the body is no JSON object");
        }
        if resource.built_in.is_none() {
            if kind.is_empty() {
                let shown = shortened(value);
                return unrecognized(&format!("Object 'Kind' is missing in '{shown}' ({shown})"));
            }
            if api_version.is_empty() {
                let shown = shortened(value);
                return unrecognized(&format!("Object 'apiVersion' is missing in '{shown}' ({shown})"));
            }
            if api_version != expected {
                return Err(ApiError::bad_request(format!(
                    "the API version in the data ({api_version}) does not match the expected API version ({expected})"
                )));
            }
            if kind != resource.kind {
                let message = format!("Invalid value: {kind:?}: must be {}", resource.kind);
                let cause = Cause::new(CauseReason::FieldValueInvalid, "kind", message);
                return Err(ApiError::invalid(&kind, &resource.group, object::name(value), vec![cause]));
            }
            return Ok(());
        }
        let same =
            (kind.is_empty() || kind == resource.kind) && (api_version.is_empty() || api_version == expected);
        if !same {
            let (kind, version) = (if kind.is_empty() { &resource.kind } else { &kind }, api_version);
            return Err(ApiError::bad_request(format!(
                "{kind} in version {version:?} cannot be handled as a {}: no kind {kind:?} is registered for version {version:?} here",
                resource.kind
            )));
        }
        if let Some(map) = value.as_object_mut() {
            map.insert("kind".to_owned(), Value::from(resource.kind.as_str()));
            map.insert("apiVersion".to_owned(), Value::from(expected));
        }
        Ok(())
    }

    fn cannot_be_handled(&self, why: &str) -> ApiError {
        let (kind, version) = (&self.target.resource.kind, &self.target.version);
        ApiError::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
    }
}

/// The most of a body that is shown back to its sender.
const MOST_SHOWN: usize = 256;

fn shortened(value: &Value) -> String {
    value.to_string().chars().take(MOST_SHOWN).collect()
}

/// Moves `stringData` into `data`, where it wins.
fn merge_string_data(secret: &mut Value) {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let Some(map) = secret.as_object_mut() else { return };
    let Some(Value::Object(texts)) = map.remove("stringData") else { return };
    let data = map.entry("data").or_insert_with(|| Value::Object(serde_json::Map::new()));
    let Some(data) = data.as_object_mut() else { return };
    for (key, text) in texts {
        let bytes = text.as_str().unwrap_or_default().as_bytes();
        data.insert(key, Value::from(STANDARD.encode(bytes)));
    }
}
