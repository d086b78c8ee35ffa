//! Which stored objects a list, a watch or a deletion of many means.

use super::target::Target;
use crate::manager::request::list_options::ListOptions;
use crate::manager::selector::field::FieldSelector;
use crate::manager::selector::label::LabelSelector;
use crate::manager::status::ApiError;
use crate::manager::store::entry::Entry;

/// Which objects.
#[derive(Clone, Debug)]
pub struct Filter {
    namespace: Option<String>,
    labels: LabelSelector,
    fields: FieldSelector,
}

const NAME: &str = "metadata.name";
const NAMESPACE: &str = "metadata.namespace";

impl Filter {
    /// The objects that a request means.
    ///
    /// # Errors
    /// 400 in Kubernetes' words, if it selects by a field that the type does not know.
    pub fn new(target: &Target, options: &ListOptions) -> Result<Self, ApiError> {
        let resource = &target.resource;
        let known = |path: &str| {
            path == NAME || path == NAMESPACE || resource.selectable.iter().any(|field| field == path)
        };
        if let Some(term) = options.fields.terms().iter().find(|term| !known(&term.path)) {
            let path = &term.path;
            let plain = resource.built_in.is_some() && resource.selectable.is_empty();
            return Err(ApiError::bad_request(if plain {
                format!(
                    "{path:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                )
            } else {
                format!("field label not supported: {path}")
            }));
        }
        Ok(Self {
            namespace: target.namespace.clone(),
            labels: options.labels.clone(),
            fields: options.fields.clone(),
        })
    }

    /// Whether labels or fields are asked for, beyond the namespace.
    pub fn selects_within(&self) -> bool {
        !self.labels.is_empty() || !self.fields.is_empty()
    }

    /// The only name that is meant, if there is only one.
    pub fn only_name(&self) -> Option<&str> {
        self.fields.exactly(NAME)
    }

    /// Whether an object is meant.
    pub fn selects(&self, entry: &Entry) -> bool {
        self.namespace.as_deref().is_none_or(|namespace| *entry.key().namespace == *namespace)
            && self.selects_inside(entry)
    }

    /// Whether an object of the right namespace is meant.
    pub fn selects_inside(&self, entry: &Entry) -> bool {
        let field = |path: &str| match path {
            NAME => &*entry.key().name,
            NAMESPACE => &*entry.key().namespace,
            other => entry.field(other).unwrap_or_default(),
        };
        self.labels.selects(|key| entry.label(key)) && self.fields.selects(field)
    }
}
