//! Parts of schemas that several kinds share.

use schemars::{Schema, SchemaGenerator, json_schema};

/// The name of a Secret; none, or an empty one, is no Secret.
pub(crate) fn secret(_: &mut SchemaGenerator) -> Schema {
    let name = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$";
    json_schema!({"type": "string", "nullable": true, "maxLength": 253, "pattern": name})
}

/// The name of a script: at most 63 of a-z, 0-9, - and _.
pub(crate) fn script(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "minLength": 1, "maxLength": 63, "pattern": "^[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"})
}

/// A name that others are made of by adding `-ingress`: still a DNS label then, so that it is a Service's too.
pub(crate) fn stem(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "minLength": 1, "maxLength": 55, "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$"})
}

/// Where scripts lie.
pub(crate) fn urls(_: &mut SchemaGenerator) -> Schema {
    let url = json_schema!({"type": "string", "maxLength": 2048, "pattern": r"^https?://\S+$"});
    json_schema!({"type": "array", "minItems": 1, "maxItems": 500, "items": url})
}

/// A label selector. It is one value: a part of it is never merged with another's.
pub(crate) fn selector(_: &mut SchemaGenerator) -> Schema {
    let operator = json_schema!({"type": "string", "enum": ["In", "NotIn", "Exists", "DoesNotExist"]});
    let expression = json_schema!({
        "type": "object",
        "required": ["key", "operator"],
        "properties": {
            "key": {"type": "string"},
            "operator": operator,
            "values": {"type": "array", "items": {"type": "string"}},
        },
    });
    json_schema!({
        "type": "object",
        "properties": {
            "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
            "matchExpressions": {"type": "array", "items": expression},
        },
        "x-kubernetes-map-type": "atomic",
    })
}
