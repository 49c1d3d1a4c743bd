//! From a file's text to a scenario. What is wrong is told with its line and what may have been meant.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::then;
use super::{Expected, Wish};
use crate::lab::deeds::PERSON;
use crate::server::Propagation;
use crate::yaml::{Is, Node, Wrong, documents};

/// One scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub name: String,
    /// The modules' files, relative to the scenario's; none: found by place.
    pub modules: Vec<PathBuf>,
    /// The namespace of objects that say none.
    pub namespace: String,
    /// Children become ready by themselves.
    pub automatic: bool,
    /// What is there before the host starts, with its line.
    pub given: Vec<(usize, Given)>,
    /// One after the other.
    pub steps: Vec<Step>,
}

/// What is there from the beginning.
#[derive(Clone, Debug)]
pub enum Given {
    /// This object.
    Object(Value),
    /// The objects of this file, relative to the scenario's.
    File(PathBuf),
}

/// What somebody does, and what is expected then.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its line.
    pub line: usize,
    /// What it shows, if it says so.
    pub name: Option<String>,
    /// Deeds, with their lines.
    pub when: Vec<(usize, Deed)>,
    /// Expectations, with their lines.
    pub then: Vec<Wish>,
}

/// What somebody does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Applies this.
    Apply(Given),
    /// Changes an object.
    Patch {
        /// Which.
        what: String,
        /// A merge patch, or the operations of a JSON patch.
        with: Value,
        /// The field manager.
        by: String,
        /// Whether it goes to the status.
        status: bool,
    },
    /// Deletes an object.
    Delete(String, Propagation),
    /// Lets so many milliseconds pass.
    Wait(u64),
    /// A child becomes ready.
    Ready(String),
    /// A child is not ready any more.
    Waiting(String),
    /// A child fails: which, the reason, the message.
    Fail(String, String, String),
    /// The host ends and starts again.
    Restart,
    /// Another module takes over.
    Swap(PathBuf),
}

/// Reads a scenario.
pub fn read(text: &str, file: &Path) -> Result<Scenario, Wrong> {
    let all = documents(text)?;
    let [node] = all.as_slice() else {
        return Err(Wrong::at(1, format!("a scenario is one YAML document, and this file has {}", all.len())));
    };
    let fields =
        fields(node, "a scenario", &["scenario", "module", "modules", "namespace", "workloads", "given", "steps"])?;
    let mut scenario = Scenario {
        name: file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        modules: Vec::new(),
        namespace: "default".to_owned(),
        automatic: true,
        given: Vec::new(),
        steps: Vec::new(),
    };
    for (name, line, node) in fields {
        match name.as_str() {
            "scenario" => scenario.name = text_of(node, name)?.to_owned(),
            "module" => scenario.modules = vec![text_of(node, name)?.into()],
            "modules" => scenario.modules = texts(node, name)?.into_iter().map(Into::into).collect(),
            "namespace" => scenario.namespace = text_of(node, name)?.to_owned(),
            "workloads" => {
                scenario.automatic = match text_of(node, name)? {
                    "ready" => true,
                    "wait" => false,
                    other => return Err(unknown(node.line, "a way of workloads", other, &["ready", "wait"])),
                };
            }
            "given" => {
                for node in items(node, name)? {
                    scenario.given.push((node.line, given(node)?));
                }
            }
            _ => {
                if items(node, name)?.is_empty() {
                    return Err(Wrong::at(*line, "steps has no step"));
                }
                scenario.steps = items(node, name)?
                    .iter()
                    .enumerate()
                    .map(|(n, node)| step(node, n + 1))
                    .collect::<Result<_, _>>()?;
            }
        }
    }
    if scenario.steps.is_empty() {
        return Err(Wrong::at(node.line, "the scenario has no steps: nothing is expected"));
    }
    Ok(scenario)
}

fn given(node: &Node) -> Result<Given, Wrong> {
    if let Some(file) = node.get("file") {
        fields(node, "a file", &["file"])?;
        return Ok(Given::File(text_of(file, "file")?.into()));
    }
    object(node).map(Given::Object)
}

fn object(node: &Node) -> Result<Value, Wrong> {
    for field in ["apiVersion", "kind", "metadata"] {
        if node.get(field).is_none() {
            return Err(Wrong::at(node.line, format!("this is no object: it has no {field}")));
        }
    }
    Ok(node.value())
}

fn step(node: &Node, number: usize) -> Result<Step, Wrong> {
    let mut step = Step { line: node.line, name: None, when: Vec::new(), then: Vec::new() };
    for (name, _, node) in fields(node, "a step", &["name", "when", "then"])? {
        match name.as_str() {
            "name" => step.name = Some(text_of(node, name)?.to_owned()),
            "when" => {
                let deeds = if let Is::List(deeds) = &node.is { deeds.as_slice() } else { std::slice::from_ref(node) };
                for node in deeds {
                    step.when.push((node.line, deed(node)?));
                }
            }
            _ => step.then = then::read(node, number)?,
        }
    }
    if step.then.is_empty() {
        return Err(Wrong::at(step.line, "the step expects nothing: it needs `then`"));
    }
    Ok(step)
}

const DEEDS: &[&str] = &["apply", "patch", "delete", "wait", "ready", "waiting", "fail", "restart", "swap"];

fn deed(node: &Node) -> Result<Deed, Wrong> {
    let Is::Map(all) = &node.is else {
        return Err(Wrong::at(node.line, format!("what somebody does is a mapping, and this is {}", node.name())));
    };
    let verb = all.first().map(|(name, ..)| name.as_str()).unwrap_or_default();
    let only = |more: &[&'static str]| {
        let known: Vec<&str> = std::iter::once(verb).chain(more.iter().copied()).collect();
        fields(node, &format!("`{verb}`"), &known).map(drop)
    };
    let Some((_, line, of)) = all.first() else { return Err(Wrong::at(node.line, "nothing is done here")) };
    let text = |name: &str| node.get(name).map(|node| text_of(node, name)).transpose();
    let own = || text_of(of, verb).map(str::to_owned);
    match verb {
        "apply" => {
            only(&[])?;
            Ok(Deed::Apply(match of.text() {
                Some(file) => Given::File(file.into()),
                None => Given::Object(object(of)?),
            }))
        }
        "patch" => {
            only(&["with", "by", "status"])?;
            let with = node.get("with").ok_or_else(|| {
                Wrong::at(*line, "a patch needs `with`: the fields to change, or a list of JSON patch operations")
            })?;
            let status = node.get("status").is_some_and(|node| node.value() == true);
            Ok(Deed::Patch { what: own()?, with: with.value(), by: text("by")?.unwrap_or(PERSON).to_owned(), status })
        }
        "delete" => {
            only(&["propagation"])?;
            let propagation = match text("propagation")?.unwrap_or("background") {
                "background" => Propagation::Background,
                "foreground" => Propagation::Foreground,
                "orphan" => Propagation::Orphan,
                other => {
                    return Err(unknown(node.line, "a propagation", other, &["background", "foreground", "orphan"]));
                }
            };
            Ok(Deed::Delete(own()?, propagation))
        }
        "wait" => {
            only(&[])?;
            let time: Result<jiff::SignedDuration, _> = own()?.parse();
            let ms = time.ok().and_then(|time| u64::try_from(time.as_millis()).ok());
            Ok(Deed::Wait(ms.ok_or_else(|| Wrong::at(of.line, "this is no time: write it as 30s, 5m or 500ms"))?))
        }
        "ready" => only(&[]).and_then(|()| Ok(Deed::Ready(own()?))),
        "waiting" => only(&[]).and_then(|()| Ok(Deed::Waiting(own()?))),
        "fail" => {
            only(&["reason", "message"])?;
            let word = |name| {
                Ok::<_, Wrong>(text(name)?.unwrap_or(if name == "reason" { "Failed" } else { "it failed" }).to_owned())
            };
            Ok(Deed::Fail(own()?, word("reason")?, word("message")?))
        }
        "restart" => match own()?.as_str() {
            "host" => only(&[]).map(|()| Deed::Restart),
            other => Err(unknown(of.line, "something to restart", other, &["host"])),
        },
        "swap" => only(&[]).and_then(|()| Ok(Deed::Swap(own()?.into()))),
        other => Err(unknown(*line, "a deed", other, DEEDS)),
    }
}

/// The fields of a mapping, of which each must be known.
pub(super) fn fields<'a>(node: &'a Node, what: &str, known: &[&str]) -> Result<&'a [(String, usize, Node)], Wrong> {
    let Is::Map(fields) = &node.is else {
        return Err(Wrong::at(node.line, format!("{what} is a mapping, and this is {}", node.name())));
    };
    match fields.iter().find(|(name, ..)| !known.contains(&name.as_str())) {
        Some((name, line, _)) => Err(unknown(*line, &format!("a field of {what}"), name, known)),
        None => Ok(fields),
    }
}

pub(super) fn unknown(line: usize, what: &str, word: &str, known: &[&str]) -> Wrong {
    let meant = crate::meant(word, known.iter().copied()).map(|meant| format!(" (did you mean {meant}?)"));
    Wrong::at(line, format!("{word} is not {what}{}; there are: {}", meant.unwrap_or_default(), known.join(", ")))
}

pub(super) fn items<'a>(node: &'a Node, what: &str) -> Result<&'a [Node], Wrong> {
    match &node.is {
        Is::List(items) => Ok(items),
        _ => Err(Wrong::at(node.line, format!("{what} is a list, and this is {}", node.name()))),
    }
}

pub(super) fn text_of<'a>(node: &'a Node, what: &str) -> Result<&'a str, Wrong> {
    node.text().ok_or_else(|| Wrong::at(node.line, format!("{what} is text, and this is {}", node.name())))
}

pub(super) fn texts(node: &Node, what: &str) -> Result<Vec<String>, Wrong> {
    items(node, what)?.iter().map(|node| text_of(node, what).map(str::to_owned)).collect()
}

/// One expectation with its line.
pub(super) fn wish(line: usize, expected: Expected) -> Wish {
    Wish { line, expected }
}
