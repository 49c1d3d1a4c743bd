//! The part `then` of a step.

use serde_json::Value;

use super::read::{fields, items, text_of, texts, unknown, wish};
use super::{Expected, Told, Wish};
use crate::yaml::{Is, Node, Wrong};

const THEN: &[&str] = &[
    "objects",
    "exactly",
    "absent",
    "children",
    "status",
    "conditions",
    "events",
    "calls",
    "writes",
    "same",
    "refused",
    "snapshot",
];

/// Every expectation.
pub(super) fn read(node: &Node, number: usize) -> Result<Vec<Wish>, Wrong> {
    let mut all = Vec::new();
    for (name, line, node) in fields(node, "`then`", THEN)? {
        match name.as_str() {
            "objects" => named(node, name, |what, node| Ok(Expected::Has(what, node.value())), &mut all)?,
            "exactly" => named(node, name, |what, node| Ok(Expected::Exactly(what, node.value())), &mut all)?,
            "status" => {
                let status = |what, node: &Node| Ok(Expected::Has(what, serde_json::json!({"status": node.value()})));
                named(node, name, status, &mut all)?;
            }
            "children" => {
                named(node, name, |what, node| Ok(Expected::Children(what, texts(node, "children")?)), &mut all)?
            }
            "conditions" => conditions(node, &mut all)?,
            "snapshot" => all.push(wish(*line, Expected::Snapshot(texts(node, name)?, number))),
            "absent" | "same" => {
                for node in items(node, name)? {
                    let what = text_of(node, name)?.to_owned();
                    all.push(wish(
                        node.line,
                        if name == "same" { Expected::Same(what) } else { Expected::Absent(what) },
                    ));
                }
            }
            "events" => events(*line, node, &mut all)?,
            "calls" => match &node.is {
                Is::One(_) => all.push(wish(*line, Expected::Calls(None, count(node)?))),
                _ => named(node, name, |what, node| Ok(Expected::Calls(Some(what), count(node)?)), &mut all)?,
            },
            "writes" => all.push(wish(
                *line,
                match &node.is {
                    Is::One(_) => Expected::WriteCount(count(node)?),
                    _ => Expected::Writes(texts(node, name)?),
                },
            )),
            _ => all.push(wish(*line, Expected::Refused(text_of(node, name)?.to_owned()))),
        }
    }
    Ok(all)
}

fn named(
    node: &Node,
    what: &str,
    make: impl Fn(String, &Node) -> Result<Expected, Wrong>,
    all: &mut Vec<Wish>,
) -> Result<(), Wrong> {
    let Is::Map(fields) = &node.is else {
        return Err(Wrong::at(node.line, format!("{what} is a mapping of Kind/name, and this is {}", node.name())));
    };
    for (name, line, node) in fields {
        all.push(wish(*line, make(name.clone(), node)?));
    }
    Ok(())
}

fn conditions(node: &Node, all: &mut Vec<Wish>) -> Result<(), Wrong> {
    let Is::Map(objects) = &node.is else {
        return Err(Wrong::at(node.line, format!("conditions is a mapping of Kind/name, and this is {}", node.name())));
    };
    for (of, _, node) in objects {
        let Is::Map(kinds) = &node.is else {
            return Err(Wrong::at(
                node.line,
                format!("the conditions of {of} are a mapping of types, and this is {}", node.name()),
            ));
        };
        for (kind, line, node) in kinds {
            let told = match &node.is {
                Is::Map(_) => told(node, "a condition", "status")?,
                _ => Told { status: Some(word(node, "a condition's status")?), ..Told::default() },
            };
            if let Some(status) = told.status.as_deref().filter(|s| !matches!(*s, "True" | "False" | "Unknown")) {
                return Err(unknown(node.line, "a condition's status", status, &["True", "False", "Unknown"]));
            }
            all.push(wish(*line, Expected::Condition { of: of.clone(), kind: kind.clone(), told }));
        }
    }
    Ok(())
}

fn events(line: usize, node: &Node, all: &mut Vec<Wish>) -> Result<(), Wrong> {
    let events = items(node, "events")?;
    if events.is_empty() {
        all.push(wish(line, Expected::NoEvent));
    }
    for node in events {
        let about = node.get("about").map(|node| text_of(node, "about").map(str::to_owned)).transpose()?;
        all.push(wish(node.line, Expected::Event { about, told: told(node, "an Event", "type")? }));
    }
    Ok(())
}

fn told(node: &Node, what: &str, status: &str) -> Result<Told, Wrong> {
    let known =
        if status == "type" { vec!["about", status, "reason", "message"] } else { vec![status, "reason", "message"] };
    fields(node, what, &known)?;
    let text = |name: &str| node.get(name).map(|node| word(node, name)).transpose();
    Ok(Told { status: text(status)?, reason: text("reason")?, message: text("message")? })
}

/// Text; `True` and `False` without quotes are meant as text here.
fn word(node: &Node, what: &str) -> Result<String, Wrong> {
    match &node.is {
        Is::One(Value::Bool(true)) => Ok("True".to_owned()),
        Is::One(Value::Bool(false)) => Ok("False".to_owned()),
        _ => text_of(node, what).map(str::to_owned),
    }
}

fn count(node: &Node) -> Result<usize, Wrong> {
    let number = node.value().as_u64().and_then(|n| usize::try_from(n).ok());
    number.ok_or_else(|| Wrong::at(node.line, format!("this is how often, from 0, and here is {}", node.name())))
}
