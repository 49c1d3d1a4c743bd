//! What a worker is: the container that does the work, and the Pods that it runs in.

use innkeeper_sdk::{Context, Failure, names, pods};
use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::core::ObjectMeta;

use crate::APP;
use crate::types::{Config, Goop, GoopSpec};

/// The annotation of a child with the mark of its template.
pub(crate) const MARK: &str = "goop.example.com/work";
/// The name of the container that does the work.
const NAME: &str = "worker";
/// The user nobody.
const USER: i64 = 65534;

/// What a worker does: it prints these texts, a line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) image: String,
    /// As Kubernetes wants them, so that it reads no variable in them.
    pub(crate) args: Vec<String>,
}

impl Work {
    /// The work that the spec has for a worker which prints these texts.
    pub(crate) fn printing<'a>(spec: &GoopSpec, config: &Config, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let image = spec.image.as_ref().unwrap_or(&config.image).clone();
        Self { image, args: texts.into_iter().map(pods::literal).collect() }
    }

    /// The container that does it. Its image is asked to print, not to run a shell.
    pub(crate) fn container(self) -> Container {
        Container {
            name: NAME.to_owned(),
            image: Some(self.image),
            command: Some(vec!["printf".to_owned(), "%s\\n".to_owned()]),
            args: Some(self.args),
            ..small()
        }
    }
}

/// What a container has that needs no rights and little else.
pub(crate) fn small() -> Container {
    let amounts = |cpu: &str, memory: &str| {
        let quantity = |text: &str| Quantity(text.to_owned());
        Some([("cpu".to_owned(), quantity(cpu)), ("memory".to_owned(), quantity(memory))].into())
    };
    Container {
        resources: Some(ResourceRequirements {
            requests: amounts("10m", "16Mi"),
            limits: amounts("100m", "32Mi"),
            ..Default::default()
        }),
        security_context: Some(pods::restricted(USER)),
        ..Default::default()
    }
}

/// The template of Pods that may not speak to the API server.
pub(crate) fn template(cx: &Context<Goop>, pod: PodSpec) -> PodTemplateSpec {
    let labels = ObjectMeta { labels: Some(cx.labels(APP)), ..Default::default() };
    let pod = PodSpec { automount_service_account_token: Some(false), enable_service_links: Some(false), ..pod };
    PodTemplateSpec { metadata: Some(labels), spec: Some(pod) }
}

/// What tells templates apart, in few letters.
pub(crate) fn mark(template: &PodTemplateSpec) -> Result<String, Failure> {
    let mut digest = names::digest(&serde_json::to_string(template)?);
    digest.truncate(16);
    Ok(digest)
}

/// The metadata with that mark, by which is known later what it was made for.
pub(crate) fn marked(mut metadata: ObjectMeta, mark: &str) -> ObjectMeta {
    metadata.annotations.get_or_insert_default().insert(MARK.to_owned(), mark.to_owned());
    metadata
}
