//! Whether what is expected is so.

use serde_json::{Value, json};

use super::{Expected, Player, Told, differences};
use crate::lab::Broken;

impl Player {
    /// Remembers which objects there are, before a step.
    pub(crate) fn remember(&mut self) {
        let uids = self.lab.server().all().filter_map(|object| object["metadata"]["uid"].as_str());
        self.before = uids.map(str::to_owned).collect();
    }

    /// In which way something is otherwise than expected, a line each: none if it is so.
    pub fn meets(&self, expected: &Expected) -> Result<Vec<String>, Broken> {
        let lab = &self.lab;
        let fine = Vec::new;
        Ok(match expected {
            Expected::Has(what, fields) | Expected::Exactly(what, fields) => {
                let exact = matches!(expected, Expected::Exactly(..));
                self.can_be(what, fields)?;
                let Some(mut object) = lab.object(what)? else { return Ok(vec![self.missing(what)?]) };
                if exact {
                    only_theirs(&mut object, fields);
                }
                let all = differences(fields, &object, exact);
                if all.is_empty() {
                    return Ok(fine());
                }
                let more: Vec<String> = all.iter().flat_map(|one| one.lines()).collect();
                std::iter::once(format!("{what} is not as expected:")).chain(more).collect()
            }
            Expected::Absent(what) => match lab.object(what)? {
                None => fine(),
                Some(object) if object["metadata"]["deletionTimestamp"].is_string() => {
                    let held = &object["metadata"]["finalizers"];
                    vec![format!("{what} is being deleted and still there, held by {held}")]
                }
                Some(_) => vec![format!("{what} is there")],
            },
            Expected::Children(of, names) => {
                let mut wanted = names.clone();
                wanted.sort();
                lists(&format!("the children of {of}"), &wanted, &lab.children(of)?)
            }
            Expected::Condition { of, kind, told } => {
                let Some(object) = lab.object(of)? else { return Ok(vec![self.missing(of)?]) };
                let all = object.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
                match all.iter().find(|one| one["type"] == kind.as_str()) {
                    None => vec![format!("{of} has no condition {kind}; it has {}", types(&all))],
                    Some(one) if says(one, told, "status", "message") => fine(),
                    Some(one) => vec![
                        format!("the condition {kind} of {of} is not as expected:"),
                        format!("- {}", wanted(told, "status")),
                        format!(
                            "+ status {}, reason {}: {}",
                            word(one, "status"),
                            word(one, "reason"),
                            word(one, "message")
                        ),
                    ],
                }
            }
            Expected::Event { about, told } => {
                let at = about.as_deref().map(|about| lab.at(about)).transpose()?;
                let events = lab.events();
                let is_about = |event: &&Value| {
                    at.as_ref().is_none_or(|at| {
                        let of = &event["regarding"];
                        of["kind"] == at.resource.kind.kind.as_str()
                            && of["name"] == at.name.as_str()
                            && of["namespace"].as_str() == at.namespace.as_deref()
                    })
                };
                if events.iter().filter(is_about).any(|event| says(event, told, "type", "note")) {
                    return Ok(fine());
                }
                let there = events.iter().map(|event| {
                    format!("+ {} {}: {}", word(event, "type"), word(event, "reason"), word(event, "note"))
                });
                let head = ["there is no such Event:".to_owned(), format!("- {}", wanted(told, "type"))];
                head.into_iter().chain(there).collect()
            }
            Expected::NoEvent => {
                let events = lab.events();
                events
                    .iter()
                    .map(|event| format!("there is an Event: {} {}", word(event, "reason"), word(event, "note")))
                    .collect()
            }
            Expected::Calls(of, count) => {
                let found = lab.calls(of.as_deref())?;
                let whose = of.as_ref().map(|of| format!(" for {of}")).unwrap_or_default();
                if found == *count {
                    fine()
                } else {
                    vec![format!("the guest was called {found} times{whose}, and {count} were expected")]
                }
            }
            Expected::Writes(names) => {
                let mut wanted = names.clone();
                wanted.sort();
                lists("what the host wrote", &wanted, &lab.writes())
            }
            Expected::WriteCount(count) => {
                let found = lab.writes();
                if found.len() == *count {
                    fine()
                } else {
                    vec![format!(
                        "the host wrote {} times, and {count} were expected: {}",
                        found.len(),
                        found.join(", ")
                    )]
                }
            }
            Expected::Same(what) => match lab.object(what)? {
                None => vec![self.missing(what)?],
                Some(now) if now["metadata"]["uid"].as_str().is_some_and(|uid| self.before.contains(uid)) => fine(),
                Some(_) => vec![format!("{what} is another object than before, or was not there")],
            },
            Expected::Snapshot(names, number) => self.is_as_before(names, *number)?,
            Expected::Refused(words) => match &self.refused {
                None => vec![format!("the API server took it, and it was expected to refuse with {words:?}")],
                Some(refused) if refused.message.contains(words.as_str()) => fine(),
                Some(refused) => vec![
                    "it was refused with other words:".to_owned(),
                    format!("- {words}"),
                    format!("+ {}", refused.message),
                ],
            },
        })
    }

    /// What is expected can be: its fields are those of its kind.
    fn can_be(&self, what: &str, fields: &Value) -> Result<(), Broken> {
        let at = self.lab.at(what)?;
        let mut manifest = json!({"apiVersion": at.resource.kind.api_version(), "kind": at.resource.kind.kind, "metadata": {"name": at.name}});
        for (name, value) in fields.as_object().into_iter().flatten() {
            manifest[name] = without_null(value);
        }
        let unknown = self
            .lab
            .unknown_fields(what, &manifest)
            .map_err(|Broken(why)| Broken(format!("{what} can never be so: {why}")))?;
        match unknown.first() {
            None => Ok(()),
            Some(field) => {
                let hint = self.lab.hint(&manifest).unwrap_or_default();
                Err(Broken(format!("{what} can never be so: its kind has no field {field}{hint}")))
            }
        }
    }

    /// That it is not there, and what is.
    fn missing(&self, what: &str) -> Result<String, Broken> {
        let at = self.lab.at(what)?;
        let there = self.lab.server().list(&at.resource.kind.group_kind());
        let names: Vec<&str> = there.iter().filter_map(|object| object["metadata"]["name"].as_str()).collect();
        Ok(match names.as_slice() {
            [] => format!("{what} is not there, nor any other {}", at.resource.kind.kind),
            names => format!("{what} is not there; there are {}", names.join(", ")),
        })
    }
}

/// What is expected not to be there says nothing of its type.
fn without_null(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let there = map.iter().filter(|(_, value)| !value.is_null());
            Value::Object(there.map(|(name, value)| (name.clone(), without_null(value))).collect())
        }
        Value::Array(items) => items.iter().map(without_null).collect(),
        other => other.clone(),
    }
}

/// Leaves of an object what can be compared exactly: of its metadata what is not the server's or the host's.
fn only_theirs(object: &mut Value, expected: &Value) {
    if let Some(map) = object.as_object_mut() {
        map.retain(|name, _| expected.get(name).is_some());
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| expected["metadata"].get(name).is_some());
        for field in ["labels", "annotations"] {
            if let Some(map) = metadata.get_mut(field).and_then(Value::as_object_mut) {
                map.retain(|name, _| {
                    !innkeeper_core::names::is_reserved(name) || expected["metadata"][field].get(name).is_some()
                });
            }
        }
    }
}

fn lists(what: &str, wanted: &[String], found: &[String]) -> Vec<String> {
    if wanted == found {
        return Vec::new();
    }
    let mut rest = found.to_vec();
    let mut lines = vec![format!("{what} is not as expected:")];
    for one in wanted {
        match rest.iter().position(|other| other == one) {
            Some(n) => drop(rest.remove(n)),
            None => lines.push(format!("- {one}")),
        }
    }
    lines.extend(rest.iter().map(|one| format!("+ {one}")));
    lines
}

fn says(one: &Value, told: &Told, status: &str, message: &str) -> bool {
    let is = |wanted: &Option<String>, field: &str| wanted.as_ref().is_none_or(|wanted| one[field] == wanted.as_str());
    let holds = |part: &String| one[message].as_str().is_some_and(|text| text.contains(part.as_str()));
    is(&told.status, status) && is(&told.reason, "reason") && told.message.as_ref().is_none_or(holds)
}

fn wanted(told: &Told, status: &str) -> String {
    let part = |name: &str, text: &Option<String>| text.as_ref().map(|text| format!("{name} {text}"));
    [part(status, &told.status), part("reason", &told.reason), part("a message with", &told.message)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

fn types(conditions: &[Value]) -> String {
    let all: Vec<&str> = conditions.iter().filter_map(|one| one["type"].as_str()).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn word<'a>(one: &'a Value, field: &str) -> &'a str {
    one[field].as_str().unwrap_or_default()
}
