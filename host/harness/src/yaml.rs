//! YAML whose every part knows in which line it is, so that what is wrong with it can be shown there.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// A part of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its line, from 1.
    pub line: usize,
    /// What it is.
    pub is: Is,
}

/// What a part of a file is.
#[derive(Clone, Debug, PartialEq)]
pub enum Is {
    /// A scalar.
    One(Value),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file: each name, its line, its value.
    Map(Vec<(String, usize, Node)>),
}

/// Something is wrong in a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Wrong {
    /// Which, from 1.
    pub line: usize,
    /// What, for people.
    pub why: String,
}

impl Wrong {
    /// This is wrong in that line.
    pub fn at(line: usize, why: impl Into<String>) -> Self {
        Self { line, why: why.into() }
    }
}

impl Node {
    /// As JSON.
    pub fn value(&self) -> Value {
        match &self.is {
            Is::One(value) => value.clone(),
            Is::List(items) => items.iter().map(Self::value).collect(),
            Is::Map(fields) => {
                Value::Object(fields.iter().map(|(name, _, node)| (name.clone(), node.value())).collect::<Map<_, _>>())
            }
        }
    }

    /// The field of a mapping.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Is::Map(fields) = &self.is else { return None };
        fields.iter().find(|(known, ..)| known == name).map(|(.., node)| node)
    }

    /// Its text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Is::One(Value::String(text)) = &self.is { Some(text) } else { None }
    }

    /// What it is, for people.
    pub fn name(&self) -> &'static str {
        match &self.is {
            Is::One(Value::Null) => "nothing",
            Is::One(Value::String(_)) => "text",
            Is::One(Value::Bool(_)) => "a truth value",
            Is::One(_) => "a number",
            Is::List(_) => "a list",
            Is::Map(_) => "a mapping",
        }
    }
}

/// The documents of a text, but for empty ones.
pub fn documents(text: &str) -> Result<Vec<Node>, Wrong> {
    let (mut documents, mut open, mut anchors) = (Vec::new(), Vec::<Open>::new(), HashMap::new());
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| Wrong::at(error.marker().line(), format!("this is not YAML: {}", error.info())))?;
        let line = span.start.line();
        let (node, anchor) = match event {
            Event::SequenceStart(anchor, _) => {
                open.push(Open { line, anchor, list: Some(Vec::new()), map: Vec::new(), name: None });
                continue;
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open { line, anchor, list: None, map: Vec::new(), name: None });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(done) = open.pop() else { continue };
                let is = done.list.map_or(Is::Map(done.map), Is::List);
                (Node { line: done.line, is }, done.anchor)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = matches!(style, ScalarStyle::Plain) && tag.is_none();
                let value = if plain { plain_value(&text) } else { Value::String(text.into_owned()) };
                (Node { line, is: Is::One(value) }, anchor)
            }
            Event::Alias(anchor) => match anchors.get(&anchor) {
                Some(node) => (Node::clone(node), 0),
                None => return Err(Wrong::at(line, "this refers to an anchor that is not there")),
            },
            _ => continue,
        };
        if anchor != 0 {
            anchors.insert(anchor, node.clone());
        }
        match open.last_mut() {
            None if node.is == Is::One(Value::Null) => {}
            None => documents.push(node),
            Some(inside) => inside.take(node)?,
        }
    }
    Ok(documents)
}

/// A value as YAML, a field a line, ending in a line break.
pub fn write(value: &Value) -> String {
    serde_yaml_ng::to_string(value).unwrap_or_default()
}

/// What has begun and not ended.
struct Open {
    line: usize,
    anchor: usize,
    list: Option<Vec<Node>>,
    map: Vec<(String, usize, Node)>,
    name: Option<(String, usize)>,
}

impl Open {
    fn take(&mut self, node: Node) -> Result<(), Wrong> {
        if let Some(list) = &mut self.list {
            list.push(node);
            return Ok(());
        }
        let Some((name, line)) = self.name.take() else {
            let name = match &node.is {
                Is::One(Value::String(text)) => text.clone(),
                Is::One(value) => value.to_string(),
                _ => return Err(Wrong::at(node.line, "the name of a field is text")),
            };
            if self.map.iter().any(|(known, ..)| *known == name) {
                return Err(Wrong::at(node.line, format!("{name} is there twice")));
            }
            self.name = Some((name, node.line));
            return Ok(());
        };
        self.map.push((name, line, node));
        Ok(())
    }
}

/// What a scalar without quotes is, by YAML's core schema.
fn plain_value(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.bytes().all(|b| b.is_ascii_digit())
        && let Ok(number) = text.trim_start_matches('+').parse::<i64>()
    {
        return number.into();
    }
    if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && let Ok(number) = text.parse::<f64>()
    {
        return serde_json::Number::from_f64(number).map_or_else(|| Value::String(text.to_owned()), Value::Number);
    }
    Value::String(text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_what_kubernetes_takes_them_for_and_lines_are_known() {
        let text = "a: 1\nb: [yes, 'true', true, 1.5, 1.2.3, ~]\nc: |\n  x,80\n---\nd: {e: &x [1], f: *x}\n";
        let all = documents(text).expect("YAML");
        let first = json!({"a": 1, "b": ["yes", "true", true, 1.5, "1.2.3", null], "c": "x,80\n"});
        assert_eq!([all[0].value(), all[1].value()], [first, json!({"d": {"e": [1], "f": [1]}})]);
        assert_eq!((all[0].get("b").map(|n| n.line), all[1].get("d").map(|n| n.line)), (Some(2), Some(6)));
    }

    #[test]
    fn what_is_no_yaml_and_what_is_there_twice_is_told_with_its_line() {
        assert_eq!(documents("a: 1\nb: [1\n").map_err(|wrong| wrong.line > 1).err(), Some(true));
        assert_eq!(documents("a: 1\na: 2\n"), Err(Wrong::at(2, "a is there twice")));
    }
}
