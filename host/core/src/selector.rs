//! Label selectors, in the notation of kubectl.

use std::collections::BTreeSet;
use std::fmt;

use crate::pairs::Pairs;

/// Requirements on labels, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selector(Vec<Requirement>);

/// What one label must be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Test {
    In(BTreeSet<String>),
    /// Also where there is no such label.
    NotIn(BTreeSet<String>),
    Exists,
    Absent,
}

/// Text that is no label selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the label selector `{text}` is not valid: {problem}")]
pub struct SelectorError {
    text: String,
    problem: String,
}

/// The longest name and the longest value of a label, and the longest prefix of its key, in bytes.
const LONGEST: usize = 63;
const LONGEST_PREFIX: usize = 253;

impl Selector {
    /// Reads requirements joined by commas: `key=value` (or `==`), `key!=value`, `key in (a,b)`,
    /// `key notin (a,b)`, `key` and `!key`. An empty text requires nothing.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let bad = |problem: String| SelectorError { text: text.to_owned(), problem };
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        split(text).into_iter().map(|part| requirement(part).map_err(bad)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether labels are as required.
    pub fn matches(&self, labels: &Pairs) -> bool {
        self.0.iter().all(|Requirement { key, test }| match (test, labels.get(key)) {
            (Test::In(values), Some(value)) => values.contains(value),
            (Test::NotIn(values), Some(value)) => !values.contains(value),
            (Test::Exists, there) => there.is_some(),
            (Test::Absent, there) => there.is_none(),
            (Test::In(_), None) => false,
            (Test::NotIn(_), None) => true,
        })
    }

    /// A label that must have exactly one value.
    pub fn equality(&self) -> Option<(&str, &str)> {
        self.0.iter().find_map(|Requirement { key, test }| match test {
            Test::In(values) if values.len() == 1 => values.first().map(|value| (key.as_str(), value.as_str())),
            _ => None,
        })
    }
}

impl fmt::Display for Selector {
    /// As kubectl takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, Requirement { key, test }) in self.0.iter().enumerate() {
            let gap = if n > 0 { "," } else { "" };
            let list = |values: &BTreeSet<String>| values.iter().cloned().collect::<Vec<_>>().join(",");
            match test {
                Test::In(values) if values.len() == 1 => write!(f, "{gap}{key}={}", list(values))?,
                Test::In(values) => write!(f, "{gap}{key} in ({})", list(values))?,
                Test::NotIn(values) if values.len() == 1 => write!(f, "{gap}{key}!={}", list(values))?,
                Test::NotIn(values) => write!(f, "{gap}{key} notin ({})", list(values))?,
                Test::Exists => write!(f, "{gap}{key}")?,
                Test::Absent => write!(f, "{gap}!{key}")?,
            }
        }
        Ok(())
    }
}

/// The parts between commas that are not in brackets.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    text.split(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    })
    .map(str::trim)
    .collect()
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let found = |key: &str, test| Ok(Requirement { key: checked_key(key)?, test });
    let one = |value: &str| Ok::<_, String>(BTreeSet::from([checked_value(value)?]));
    if let Some((key, value)) = text.split_once("!=") {
        return found(key, Test::NotIn(one(value)?));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return found(key, Test::In(one(value)?));
    }
    if let Some(key) = text.strip_prefix('!') {
        return found(key, Test::Absent);
    }
    let Some((key, rest)) = text.split_once(char::is_whitespace) else {
        // A bracket may follow the word at once: `key in(a)`.
        return found(text, Test::Exists);
    };
    let rest = rest.trim_start();
    let (word, values) = rest.split_once('(').ok_or_else(|| format!("`{rest}` is neither `in (…)` nor `notin (…)`"))?;
    let values = values.strip_suffix(')').ok_or_else(|| format!("`{text}` lacks the bracket at its end"))?;
    let values = values.split(',').map(checked_value).collect::<Result<_, _>>()?;
    match word.trim() {
        "in" => found(key, Test::In(values)),
        "notin" => found(key, Test::NotIn(values)),
        other => Err(format!("`{other}` is neither `in` nor `notin`")),
    }
}

/// A label's key: a name, and before it perhaps a DNS subdomain and a slash.
fn checked_key(text: &str) -> Result<String, String> {
    let text = text.trim();
    let (prefix, name) = text.rsplit_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    let prefixed = prefix.is_none_or(|p| p.len() <= LONGEST_PREFIX && crate::names::is_dns_subdomain(p));
    match !name.is_empty() && is_word(name) && prefixed {
        true => Ok(text.to_owned()),
        false => Err(format!("`{text}` is no key of a label")),
    }
}

/// A label's value: like a name, or empty.
fn checked_value(text: &str) -> Result<String, String> {
    let text = text.trim();
    if is_word(text) { Ok(text.to_owned()) } else { Err(format!("`{text}` is no value of a label")) }
}

fn is_word(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= LONGEST && text.chars().all(inner) && ends(text.chars().next()) && ends(text.chars().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(all: &[(&str, &str)]) -> Pairs {
        all.iter().copied().collect()
    }

    #[test]
    fn a_selector_is_written_as_it_is_read() {
        for text in ["", "app=web", "app!=web,tier in (a,b)", "tier notin (c,d)", "app,!zone"] {
            assert_eq!(Selector::parse(text).map(|selector| selector.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn every_notation_of_kubectl_means_what_it_means_there() {
        let web = labels(&[("app", "web"), ("tier", "a"), ("example.com/x", "")]);
        for (text, matches) in [
            ("", true),
            ("app=web", true),
            ("app == web , tier=a", true),
            ("app=web,tier=b", false),
            ("app!=web", false),
            ("zone!=web", true),
            ("tier in (a,b)", true),
            ("tier in (c)", false),
            ("tier notin (c, d),app", true),
            ("zone notin (c)", true),
            ("zone in (c)", false),
            ("app,!zone", true),
            ("!app", false),
            ("zone", false),
            ("example.com/x=", true),
        ] {
            assert_eq!(Selector::parse(text).map(|s| s.matches(&web)), Ok(matches), "{text}");
        }
    }

    #[test]
    fn what_is_no_selector_is_named() {
        for text in ["app=web,", "a b", "a in b", "a in (b", "=x", "a=b=c", "a=ä", "-a", "a within (b)", "A_/b", "(a)"]
        {
            let error = Selector::parse(text).expect_err(text);
            assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
        }
    }
}
