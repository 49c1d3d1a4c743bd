//! Places inside an object, as guests write them: `spec.containers[name=app].env`.

use std::fmt;
use std::iter::Peekable;
use std::str::CharIndices;

use serde_json::Value;

/// A place inside an object, from its root. The grammar is `type path` of `wit/`.
///
/// Inside brackets a value that holds a bracket, a quote or a backslash is quoted like a field name:
/// `[key="a]b"]`; quotes that are not needed are accepted and not kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(Vec<Segment>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// A field of a map.
    Field(String),
    /// The list entries of which a field has this value (`[name=app]`; `[port=80]` means the number too).
    Entry {
        /// The field.
        key: String,
        /// Its value, as text.
        value: String,
    },
    /// Every entry of a list (`[*]`).
    All,
}

/// Text that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path `{text}` is not valid at character {at}: {problem}")]
pub struct PathError {
    /// The text.
    pub text: String,
    /// Where it stops being a path, counted in characters from 1.
    pub at: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

impl Path {
    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut parser = Parser { chars: text.char_indices().peekable() };
        parser.path().map(Self).map_err(|problem| {
            let at = parser.chars.peek().map_or(text.len(), |(at, _)| *at);
            PathError { text: text.to_owned(), at: text[..at].chars().count() + 1, problem }
        })
    }

    /// Its steps, at least one.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }
}

impl Segment {
    /// Whether a list entry is one that this step means.
    pub(crate) fn selects(&self, item: &Value) -> bool {
        match self {
            Self::Field(_) => false,
            Self::All => true,
            Self::Entry { key, value } => item.get(key).is_some_and(|found| is_text(found, value)),
        }
    }
}

/// Whether a scalar, written as text, is this text.
pub(crate) fn is_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(found) => found == text,
        Value::Number(_) | Value::Bool(_) => serde_json::from_str::<Value>(text).is_ok_and(|said| said == *value),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

/// The values at a path, in document order; none where the object has no such place.
pub fn select<'a>(path: &Path, object: &'a Value) -> Vec<&'a Value> {
    path.0.iter().fold(vec![object], |places, segment| match segment {
        Segment::Field(name) => places.into_iter().filter_map(|place| place.get(name)).collect(),
        Segment::Entry { .. } | Segment::All => {
            let items = places.into_iter().filter_map(Value::as_array).flatten();
            items.filter(|item| segment.selects(item)).collect()
        }
    })
}

/// Takes away what is at a path.
pub fn remove(path: &Path, object: &mut Value) {
    take_away(&path.0, object);
}

fn take_away(path: &[Segment], place: &mut Value) {
    let Some((first, rest)) = path.split_first() else { return };
    match (first, place) {
        (Segment::Field(name), Value::Object(map)) if rest.is_empty() => drop(map.remove(name)),
        (Segment::Field(name), Value::Object(map)) => {
            if let Some(below) = map.get_mut(name) {
                take_away(rest, below);
            }
        }
        (entry, Value::Array(items)) if rest.is_empty() => items.retain(|item| !entry.selects(item)),
        (entry, Value::Array(items)) => {
            items.iter_mut().filter(|item| entry.selects(item)).for_each(|item| take_away(rest, item));
        }
        _ => {}
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Field(name) => {
                    f.write_str(if index == 0 { "" } else { "." })?;
                    write_quoted(f, name, |c| ".[]\"".contains(c))?;
                }
                Segment::Entry { key, value } => {
                    f.write_str("[")?;
                    write_quoted(f, key, |c| "[]=\"*".contains(c))?;
                    f.write_str("=")?;
                    write_quoted(f, value, |c| "[]\"".contains(c))?;
                    f.write_str("]")?;
                }
                Segment::All => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

/// Writes a name, in quotes where it is empty or holds a character that means something here.
fn write_quoted(f: &mut fmt::Formatter<'_>, name: &str, special: impl Fn(char) -> bool) -> fmt::Result {
    if name.is_empty() || name.contains(special) {
        write!(f, "\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        f.write_str(name)
    }
}

struct Parser<'a> {
    chars: Peekable<CharIndices<'a>>,
}

impl Parser<'_> {
    fn path(&mut self) -> Result<Vec<Segment>, &'static str> {
        let mut segments = vec![Segment::Field(self.name(".[]\"")?)];
        loop {
            match self.peek() {
                None => return Ok(segments),
                Some('.') => {
                    self.chars.next();
                    segments.push(Segment::Field(self.name(".[]\"")?));
                }
                Some('[') => {
                    self.chars.next();
                    segments.push(self.brackets()?);
                }
                Some(']') => return Err("this `]` closes nothing; a field name with a bracket is written in quotes"),
                Some(_) => return Err("a dot, a `[` or the end was expected after a name or a bracket"),
            }
        }
    }

    fn brackets(&mut self) -> Result<Segment, &'static str> {
        if self.peek() == Some('*') {
            self.chars.next();
            self.expect(']', "`[*` must be closed by `]`")?;
            return Ok(Segment::All);
        }
        let key = self.name("=[]\"")?;
        self.expect('=', "a list entry is chosen by `[field=value]`, all of them by `[*]`")?;
        let value = self.name("[]\"")?;
        self.expect(']', "`[` is never closed; a value with a bracket or a quote is written in quotes")?;
        Ok(Segment::Entry { key, value })
    }

    /// A quoted name, or everything up to one of these characters.
    fn name(&mut self, ends: &str) -> Result<String, &'static str> {
        let mut name = String::new();
        if self.peek() == Some('"') {
            self.chars.next();
            while let Some((_, c)) = self.chars.next() {
                match c {
                    '"' => return Ok(name),
                    '\\' => match self.peek() {
                        Some(escaped @ ('"' | '\\')) => {
                            self.chars.next();
                            name.push(escaped);
                        }
                        _ => return Err("only `\\\"` and `\\\\` may follow a backslash inside quotes"),
                    },
                    _ => name.push(c),
                }
            }
            return Err("the quote is never closed");
        }
        while let Some(c) = self.peek().filter(|c| !ends.contains(*c)) {
            self.chars.next();
            name.push(c);
        }
        if name.is_empty() { Err("a name was expected; an empty one is written `\"\"`") } else { Ok(name) }
    }

    fn expect(&mut self, wanted: char, problem: &'static str) -> Result<(), &'static str> {
        if self.peek() != Some(wanted) {
            return Err(problem);
        }
        self.chars.next();
        Ok(())
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }
}
