//! Objects of built-in kinds against their types: a field of the wrong type, and one that the kind does not have.

use k8s_openapi::api::{
    apps::v1 as apps, autoscaling::v2 as autoscaling, batch::v1 as batch, coordination::v1 as coordination,
    core::v1 as core, discovery::v1 as discovery, events::v1 as events, networking::v1 as networking,
    policy::v1 as policy, rbac::v1 as rbac, scheduling::v1 as scheduling, storage::v1 as storage,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as apiextensions;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::meant::of_type;

/// What a macro says with each built-in kind and its type.
macro_rules! kinds {
    ($kind:expr, $say:ident $(($with:expr))?, otherwise $none:expr) => {
        match $kind {
            "ConfigMap" => $say::<core::ConfigMap>($($with)?),
            "Endpoints" => $say::<core::Endpoints>($($with)?),
            "LimitRange" => $say::<core::LimitRange>($($with)?),
            "Namespace" => $say::<core::Namespace>($($with)?),
            "Node" => $say::<core::Node>($($with)?),
            "PersistentVolume" => $say::<core::PersistentVolume>($($with)?),
            "PersistentVolumeClaim" => $say::<core::PersistentVolumeClaim>($($with)?),
            "Pod" => $say::<core::Pod>($($with)?),
            "ResourceQuota" => $say::<core::ResourceQuota>($($with)?),
            "Secret" => $say::<core::Secret>($($with)?),
            "Service" => $say::<core::Service>($($with)?),
            "ServiceAccount" => $say::<core::ServiceAccount>($($with)?),
            "DaemonSet" => $say::<apps::DaemonSet>($($with)?),
            "Deployment" => $say::<apps::Deployment>($($with)?),
            "ReplicaSet" => $say::<apps::ReplicaSet>($($with)?),
            "StatefulSet" => $say::<apps::StatefulSet>($($with)?),
            "HorizontalPodAutoscaler" => $say::<autoscaling::HorizontalPodAutoscaler>($($with)?),
            "CronJob" => $say::<batch::CronJob>($($with)?),
            "Job" => $say::<batch::Job>($($with)?),
            "Lease" => $say::<coordination::Lease>($($with)?),
            "EndpointSlice" => $say::<discovery::EndpointSlice>($($with)?),
            "Event" => $say::<events::Event>($($with)?),
            "Ingress" => $say::<networking::Ingress>($($with)?),
            "IngressClass" => $say::<networking::IngressClass>($($with)?),
            "NetworkPolicy" => $say::<networking::NetworkPolicy>($($with)?),
            "PodDisruptionBudget" => $say::<policy::PodDisruptionBudget>($($with)?),
            "ClusterRole" => $say::<rbac::ClusterRole>($($with)?),
            "ClusterRoleBinding" => $say::<rbac::ClusterRoleBinding>($($with)?),
            "Role" => $say::<rbac::Role>($($with)?),
            "RoleBinding" => $say::<rbac::RoleBinding>($($with)?),
            "PriorityClass" => $say::<scheduling::PriorityClass>($($with)?),
            "StorageClass" => $say::<storage::StorageClass>($($with)?),
            "CustomResourceDefinition" => $say::<apiextensions::CustomResourceDefinition>($($with)?),
            _ => $none,
        }
    };
}

/// What is wrong with the form of an object of that kind: why it cannot be read at all, or the fields that the kind
/// does not have.
pub(crate) fn typed(kind: &str, object: &Value) -> Result<Vec<String>, String> {
    kinds!(kind, unknown(object), otherwise Ok(Vec::new()))
}

/// The fields that a kind has at a place.
pub(crate) fn fields(kind: &str, place: &str) -> Vec<String> {
    kinds!(kind, of_type(place), otherwise Vec::new())
}

/// The fields that are lost when the object is read as that type.
fn unknown<T: DeserializeOwned + Serialize>(object: &Value) -> Result<Vec<String>, String> {
    let typed: T = serde_json::from_value(object.clone()).map_err(|error| error.to_string())?;
    let back = serde_json::to_value(typed).map_err(|error| error.to_string())?;
    let mut lost = Vec::new();
    missing(object, &back, "", &mut lost);
    Ok(lost)
}

fn missing(asked: &Value, back: &Value, path: &str, lost: &mut Vec<String>) {
    match (asked, back) {
        (Value::Object(asked), Value::Object(back)) => {
            for (name, value) in asked.iter().filter(|(_, value)| !value.is_null()) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match back.get(name) {
                    Some(back) => missing(value, back, &path, lost),
                    // Of what is required, an empty list comes back as none.
                    None if value.as_array().is_some_and(Vec::is_empty) => {}
                    None => lost.push(path),
                }
            }
        }
        (Value::Array(asked), Value::Array(back)) => {
            for (n, (asked, back)) in asked.iter().zip(back).enumerate() {
                missing(asked, back, &format!("{path}[{n}]"), lost);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_the_kind_does_not_have_is_named_and_a_wrong_type_is_told() {
        let object =
            |spec: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec});
        let ports = json!({"ports": [{"port": 80, "colour": "red"}]});
        assert_eq!(typed("Service", &object(ports)), Ok(vec!["spec.ports[0].colour".to_owned()]));
        assert!(typed("Service", &object(json!({"ports": [{"port": "http"}]}))).is_err());
        assert_eq!(typed("Service", &object(json!({"ports": [{"port": 80}]}))), Ok(vec![]));
    }
}
