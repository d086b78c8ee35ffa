//! Sends a request to its verb.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};

use super::answer::Answer;
use super::kind::Kind;
use super::patch::Patch;
use super::scale::Wanted;
use super::target::{Part, Target};
use super::{
    binding, create, delete, delete_collection, eviction, get, list, patch, review, scale, update, watch,
};
use crate::manager::kernel::Kernel;
use crate::manager::patch::format::Format;
use crate::manager::people::table::render::Include;
use crate::manager::registry::resource::{Action, ScalePaths, Verbs};
use crate::manager::request::accept::Form;
use crate::manager::request::content::{self, Decoded};
use crate::manager::request::delete_options::DeleteOptions;
use crate::manager::request::list_options::ListOptions;
use crate::manager::request::parameters::Parameters;
use crate::manager::request::path::ResourcePath;
use crate::manager::request::write_options::{OptionsKind, WriteOptions};
use crate::manager::status::{ApiError, Reason};

/// A request about objects.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// What it is about.
    pub path: ResourcePath,
    /// Its query.
    pub query: Parameters,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: bytes::Bytes,
}

impl Request {
    fn content_type(&self) -> &str {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn form(&self, watch: bool) -> Result<Form, ApiError> {
        let include = Include::parse(self.query.all("includeObject").next())?;
        Ok(Form { include, ..Form::accepted(&self.headers, watch)? })
    }

    fn options(&self, kind: OptionsKind) -> Result<WriteOptions, ApiError> {
        WriteOptions::parse(&self.query, &self.headers, kind)
    }

    fn decoded(&self, kind: &str) -> Result<Decoded, ApiError> {
        content::decode(self.content_type(), &self.body).map_err(|error| error.for_kind(kind))
    }

    fn delete_options(&self) -> Result<DeleteOptions, ApiError> {
        DeleteOptions::parse(&self.query, self.content_type(), &self.body)
    }
}

/// Answers a request.
///
/// # Errors
/// Whatever the verb refuses; 404 for what is not there, 405 for what cannot be done with it.
pub async fn dispatch(kernel: &Kernel, request: Request) -> Result<Answer, ApiError> {
    let target = Target::find(kernel, request.path.clone())?;
    let mut answer = match request.method {
        Method::GET => read(kernel, &target, &request)?,
        Method::POST => post(kernel, &target, &request).await?,
        Method::PUT => put(kernel, &target, &request).await?,
        Method::PATCH => change(kernel, &target, &request).await?,
        Method::DELETE => remove(kernel, &target, &request).await?,
        _ => return Err(not_allowed()),
    };
    answer.warnings.splice(0..0, Kind::new(&target).deprecation());
    Ok(answer)
}

/// 405 in Kubernetes' words.
fn not_allowed() -> ApiError {
    let message = "the server does not allow this method on the requested resource";
    ApiError::new(Reason::MethodNotAllowed, message)
}

/// Why there is nothing to be had from a pod.
fn runs_nothing(kernel: &Kernel, target: &Target, so: &str) -> ApiError {
    if kernel.store.get(&target.key()).is_none() {
        return target.not_found();
    }
    ApiError::new(Reason::MethodNotAllowed, format!("this API server runs no pods, so that {so}"))
}

fn no_streams(kernel: &Kernel, target: &Target) -> ApiError {
    runs_nothing(kernel, target, "there is nothing to connect to")
}

fn read(kernel: &Kernel, target: &Target, request: &Request) -> Result<Answer, ApiError> {
    if target.resource.verbs == Verbs::CreateOnly {
        return Err(not_allowed());
    }
    match (&target.part, &target.name) {
        (Part::Whole, None) => {
            let options = ListOptions::parse(&request.query)?;
            let form = request.form(options.watch)?;
            if options.watch {
                watch::watch(kernel, target, form, &options)
            } else {
                list::list(kernel, target, form, &options)
            }
        }
        (Part::Whole | Part::Status, Some(_)) => {
            get::get(kernel, target, request.form(false)?, request.query.text("resourceVersion"))
        }
        (Part::Scale(paths), Some(_)) => scale::get(kernel, target, paths, request.form(false)?),
        (Part::Action(Action::Log), Some(_)) => Err(runs_nothing(kernel, target, "there are no logs")),
        (Part::Action(Action::Exec | Action::Attach | Action::PortForward), Some(_)) => {
            Err(no_streams(kernel, target))
        }
        (Part::Action(_), _) | (Part::Status | Part::Scale(_), None) => Err(not_allowed()),
    }
}

async fn post(kernel: &Kernel, target: &Target, request: &Request) -> Result<Answer, ApiError> {
    let form = request.form(false)?;
    let is_placed = !target.resource.namespaced || target.namespace.is_some();
    match (&target.part, &target.name) {
        (Part::Whole, None) if is_placed => {
            let options = request.options(OptionsKind::Create)?;
            let body = request.decoded(&target.resource.kind)?;
            match target.resource.verbs {
                Verbs::CreateOnly => review::review(target, form, &options, body),
                Verbs::All => create::create(kernel, target, form, &options, body).await,
            }
        }
        (Part::Action(Action::Eviction), Some(_)) => {
            request.options(OptionsKind::Create)?;
            let body = request.decoded("Eviction")?.value;
            let options = DeleteOptions::of_eviction(&body, &request.query)?;
            eviction::evict(kernel, target, form, &options, &body).await
        }
        (Part::Action(Action::Binding), Some(_)) => {
            let options = request.options(OptionsKind::Create)?;
            binding::bind(kernel, target, form, &options, request.decoded("Binding")?).await
        }
        (Part::Action(Action::Exec | Action::Attach | Action::PortForward), Some(_)) => {
            Err(no_streams(kernel, target))
        }
        (Part::Action(Action::Token), Some(_)) => {
            let message = "this API server issues no tokens: it has one, which is in the kubeconfig";
            Err(ApiError::new(Reason::MethodNotAllowed, message))
        }
        _ => Err(not_allowed()),
    }
}

async fn put(kernel: &Kernel, target: &Target, request: &Request) -> Result<Answer, ApiError> {
    let form = request.form(false)?;
    if target.name.is_none() || target.resource.verbs == Verbs::CreateOnly {
        return Err(not_allowed());
    }
    let options = request.options(OptionsKind::Update)?;
    match &target.part {
        Part::Whole | Part::Status | Part::Action(Action::Finalize) => {
            let body = request.decoded(&target.resource.kind)?;
            update::update(kernel, target, form, &options, body).await
        }
        Part::Scale(paths) => {
            let wanted = Wanted::Whole(request.decoded("Scale")?.value);
            scale::write(kernel, target, paths, form, &options, wanted).await
        }
        Part::Action(_) => Err(not_allowed()),
    }
}

async fn change(kernel: &Kernel, target: &Target, request: &Request) -> Result<Answer, ApiError> {
    let form = request.form(false)?;
    if target.name.is_none() || target.resource.verbs == Verbs::CreateOnly {
        return Err(not_allowed());
    }
    let format = Format::of(request.content_type(), target.resource.built_in.is_none())?;
    let options = request.options(OptionsKind::Patch { apply: format == Format::Apply })?;
    let given = Patch { format, body: &request.body };
    match &target.part {
        Part::Whole | Part::Status => patch::patch(kernel, target, form, &options, given).await,
        Part::Scale(paths) => patch_scale(kernel, target, paths, form, &options, given).await,
        Part::Action(_) => Err(not_allowed()),
    }
}

async fn patch_scale(
    kernel: &Kernel,
    target: &Target,
    paths: &ScalePaths,
    form: Form,
    options: &WriteOptions,
    patch: Patch<'_>,
) -> Result<Answer, ApiError> {
    scale::write(kernel, target, paths, form, options, Wanted::Patched(patch)).await
}

async fn remove(kernel: &Kernel, target: &Target, request: &Request) -> Result<Answer, ApiError> {
    let form = request.form(false)?;
    let is_placed = !target.resource.namespaced || target.namespace.is_some();
    if target.part != Part::Whole || !is_placed || target.resource.verbs == Verbs::CreateOnly {
        return Err(not_allowed());
    }
    let options = request.delete_options()?;
    if target.name.is_some() {
        return delete::delete(kernel, target, form, &options).await;
    }
    let list = ListOptions::parse(&request.query)?;
    if list.watch {
        return Err(not_allowed());
    }
    delete_collection::delete_collection(kernel, target, form, &list, &options).await
}
