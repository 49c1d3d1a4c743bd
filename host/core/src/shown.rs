//! What a guest is shown of its own object: all but the conditions that the host sets. Its parts are taken over as the
//! API server wrote them.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::conditions;
use crate::json;
use crate::object::Object;
use crate::parts::{Fields, fields};

/// It as JSON text.
pub(crate) fn text(object: &Object) -> String {
    let all = fields(&object.text);
    map(&all, object.text.len(), |name, value| match name {
        "metadata" => {
            let mut metadata = fields(value.get());
            metadata.retain(|name, _| !matches!(&**name, "resourceVersion" | "managedFields"));
            Cow::Owned(map(&metadata, value.get().len(), |_, value| value.get().into()))
        }
        "status" => status(value),
        _ => value.get().into(),
    })
}

fn status(text: &RawValue) -> Cow<'_, str> {
    let status = fields(text.get());
    let guests = |conditions: &RawValue| {
        let Ok(Value::Array(mut list)) = serde_json::from_str(conditions.get()) else { return None };
        conditions::keep_the_guests(&mut list);
        Some(json::text(&list))
    };
    let Some(guests) = status.get("conditions").and_then(|conditions| guests(conditions)) else {
        return text.get().into();
    };
    Cow::Owned(map(&status, text.get().len(), |name, value| match name {
        "conditions" => guests.as_str().into(),
        _ => value.get().into(),
    }))
}

/// Fields as the text of a map, each with what `shown` makes of its value.
fn map<'a>(fields: &'a Fields<'_>, room: usize, shown: impl Fn(&str, &'a RawValue) -> Cow<'a, str>) -> String {
    let mut text = String::with_capacity(room + 2);
    text.push('{');
    for (n, (name, value)) in fields.iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        text.push_str(&json::text(name));
        text.push(':');
        text.push_str(&shown(name, value));
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_guest_is_shown_its_object_without_what_the_host_says_of_it() {
        let parsed = |whole: &Value| {
            let object = Object::parse(&whole.to_string(), None).expect("an object");
            serde_json::from_str::<Value>(&text(&object)).expect("JSON")
        };
        let own = json!({"type": "Painted", "status": "True"});
        let mut whole = json!({"apiVersion": "example.com/v1", "kind": "Site", "spec": {"a\"b": [1.0, "x"]},
            "metadata": {"name": "x", "uid": "u", "resourceVersion": "7", "generation": 2, "managedFields": []},
            "status": {"n": 1, "conditions": [{"type": "Ready", "status": "True"}, own]}});
        let mut shown = whole.clone();
        shown["metadata"] = json!({"name": "x", "uid": "u", "generation": 2});
        shown["status"]["conditions"] = json!([own]);
        assert_eq!(parsed(&whole), shown);
        for status in [json!(null), json!({}), json!({"conditions": "none"}), json!({"n": 1})] {
            whole["status"] = status.clone();
            shown["status"] = status;
            assert_eq!(parsed(&whole), shown);
        }
    }
}
