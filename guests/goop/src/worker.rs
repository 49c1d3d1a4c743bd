//! What a worker is: the container that does the work, and the Pods that it runs in.

use innkeeper_sdk::{Context, Failure, pods};
use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::core::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

use crate::APP;
use crate::types::{Config, Goop, GoopSpec};

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

    /// The work of a worker that is there.
    pub(crate) fn of(template: &PodTemplateSpec) -> Option<Self> {
        let worker = template.spec.as_ref()?.containers.iter().find(|container| container.name == NAME)?;
        Some(Self { image: worker.image.clone()?, args: worker.args.clone()? })
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

/// Whether what is there is as it is wanted, whatever else it has: defaults, and what admission added.
pub(crate) fn is_as_wanted(wanted: &PodTemplateSpec, there: &PodTemplateSpec) -> Result<bool, Failure> {
    Ok(covers(&json(there)?, &json(wanted)?))
}

fn json(value: &impl Serialize) -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&serde_json::to_vec(value)?)?)
}

fn covers(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => wanted
            .iter()
            .all(|(field, value)| value.is_null() || there.get(field).is_some_and(|there| covers(there, value))),
        (Value::Array(there), Value::Array(wanted)) => {
            there.len() == wanted.len() && there.iter().zip(wanted).all(|(there, wanted)| covers(there, wanted))
        }
        (there, wanted) => there == wanted,
    }
}
