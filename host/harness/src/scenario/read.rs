//! From a file's text to a scenario. What is wrong is told with its line and what may have been meant.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::deed::deed;
use super::then;
use super::{Deed, Expected, Wish};
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

pub(super) fn object(node: &Node) -> Result<Value, Wrong> {
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
