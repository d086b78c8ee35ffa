//! What a request is about: a type, and perhaps a namespace, an object and a part of it.

use std::sync::Arc;

use crate::manager::kernel::Kernel;
use crate::manager::registry::resource::{Action, Resource, ScalePaths};
use crate::manager::request::path::{ResourcePath, no_such_page, nothing_there};
use crate::manager::resource::Key;
use crate::manager::status::ApiError;

/// Which part of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The object itself.
    Whole,
    /// Its status.
    Status,
    /// Its scale.
    Scale(ScalePaths),
    /// One of its further subresources.
    Action(Action),
}

/// What a request is about.
#[derive(Clone, Debug)]
pub struct Target {
    /// The type.
    pub resource: Arc<Resource>,
    /// The version in which the client speaks.
    pub version: String,
    /// The namespace; nothing for a type without, or for all.
    pub namespace: Option<String>,
    /// The object, if it is about one.
    pub name: Option<String>,
    /// Which part of it.
    pub part: Part,
}

impl Target {
    /// What a path means at this moment.
    ///
    /// # Errors
    /// 404 if there is no such type, or it has no such part.
    pub fn find(kernel: &Kernel, path: ResourcePath) -> Result<Self, ApiError> {
        let picture = kernel.registry.now();
        // Kubernetes' own groups say what is wrong as a Status, and those of definitions as a page.
        let own = picture.all().any(|known| known.group == path.group && known.built_in.is_some());
        let missing = if own { nothing_there } else { no_such_page };
        let resource = picture.find(&path.group, &path.version, &path.plural).ok_or_else(missing)?;
        let misplaced = match (resource.namespaced, &path.namespace) {
            (true, None) => path.name.is_some(),
            (false, Some(_)) => true,
            (true, Some(_)) | (false, None) => false,
        };
        if misplaced {
            return Err(missing());
        }
        let part = match path.subresource.as_deref() {
            None => Part::Whole,
            Some(name) => part(resource, name).ok_or_else(nothing_there)?,
        };
        Ok(Self {
            resource: Arc::clone(resource),
            version: path.version,
            namespace: path.namespace,
            name: path.name,
            part,
        })
    }

    /// The namespace, empty for a type without.
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    /// The name of the object, empty if it is about none.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The key of the object.
    pub fn key(&self) -> Key {
        self.key_of(self.name())
    }

    /// The key of an object of that name in the same place.
    pub fn key_of(&self, name: &str) -> Key {
        Key::new(self.resource.id.clone(), self.namespace(), name)
    }

    /// `apiVersion` in which the client speaks.
    pub fn api_version(&self) -> String {
        self.resource.api_version(&self.version)
    }

    /// The subresource as managedFields name it.
    pub fn subresource(&self) -> &'static str {
        match &self.part {
            Part::Whole => "",
            Part::Status => "status",
            Part::Scale(_) => "scale",
            Part::Action(action) => action.name(),
        }
    }

    /// 404 for the object.
    pub fn not_found(&self) -> ApiError {
        ApiError::not_found(&self.resource.plural, &self.resource.group, self.name())
    }

    /// 409 for the object.
    pub fn conflict(&self, why: &str) -> ApiError {
        ApiError::conflict(&self.resource.plural, &self.resource.group, self.name(), why)
    }
}

fn part(resource: &Resource, name: &str) -> Option<Part> {
    match name {
        "status" if resource.has_status => Some(Part::Status),
        "scale" => resource.scale.clone().map(Part::Scale),
        name => resource.actions.iter().find(|action| action.name() == name).copied().map(Part::Action),
    }
}
