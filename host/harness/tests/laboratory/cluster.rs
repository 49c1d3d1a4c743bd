//! A cluster to ask things of.

use innkeeper_core::resource::Address;
use innkeeper_harness::server::{How, Refused, Server};
use innkeeper_harness::yaml;
use serde_json::Value;

pub(crate) fn cluster() -> Server {
    Server::new(1_767_225_600_000)
}

pub(crate) fn yaml(text: &str) -> Value {
    yaml::documents(text).unwrap()[0].value()
}

pub(crate) fn at(server: &Server, what: &str) -> Address {
    let (kind, name) = what.split_once('/').unwrap();
    let resource = server.called(kind).unwrap();
    let namespace = resource.namespaced.then(|| "default".to_owned());
    Address { resource, namespace, name: name.to_owned() }
}

/// Somebody applies an object without force.
pub(crate) fn apply(server: &mut Server, by: &str, text: &str) -> Result<Value, Refused> {
    let object = yaml(text);
    let at = server.address(&object, None).unwrap();
    server.apply(&at, &object, false, &How::by(by)).map(|(object, _)| object)
}

/// A kind whose objects have a status, and one whose have not.
pub(crate) const CRD: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: inns.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: inns, kind: Inn}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              rooms: {type: integer, default: 4, minimum: 1}
              beds:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items: {type: object, required: [name], properties: {name: {type: string}, wide: {type: boolean}}}
          status: {type: object, properties: {guests: {type: integer}}}
";
