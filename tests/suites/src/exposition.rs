//! A strict reader of what `/metrics` answers: everything that Prometheus' text format (0.0.4) and
//! OpenMetrics (1.0) ask for and this project uses. It panics at the first line that is not so.

use std::collections::{BTreeMap, BTreeSet};

/// One family of metrics.
#[derive(Debug, Default)]
pub struct Family {
    /// `counter`, `gauge` or `histogram`.
    pub kind: String,
    /// What it is, for people.
    pub help: String,
    /// Its samples, in their order.
    pub samples: Vec<Sample>,
}

/// One line with a value.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The whole name, with its suffix.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Sample {
    /// Whether it carries all these labels.
    pub fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.labels.get(*name).is_some_and(|have| have == value))
    }
}

/// The families of an exposition by name; counters with `_total` in both formats.
pub fn read(text: &str, open_metrics: bool) -> BTreeMap<String, Family> {
    assert!(text.ends_with('\n'), "the last line ends");
    let body = match open_metrics {
        true => text.strip_suffix("# EOF\n").expect("OpenMetrics ends with # EOF"),
        false => text,
    };
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let (mut help, mut current) = (None, String::new());
    for line in body.lines() {
        if let Some(said) = line.strip_prefix("# HELP ") {
            let (name, words) = said.split_once(' ').unwrap_or_else(|| panic!("help without words: {line}"));
            help = Some((name.to_owned(), words.to_owned()));
        } else if let Some(said) = line.strip_prefix("# TYPE ") {
            let (name, kind) = said.split_once(' ').unwrap_or_else(|| panic!("no type: {line}"));
            let (of, words) = help.take().unwrap_or_else(|| panic!("a type without help before it: {line}"));
            assert_eq!(of, name, "help and type are of one family");
            assert!(words.len() > 10 && words.ends_with('.'), "{name} is explained: {words:?}");
            assert!(matches!(kind, "counter" | "gauge" | "histogram"), "{line}");
            let is_total = name.ends_with("_total");
            assert_eq!(is_total, kind == "counter" && !open_metrics, "where the suffix belongs: {line}");
            current = if kind == "counter" && open_metrics { format!("{name}_total") } else { name.to_owned() };
            let family = Family { kind: kind.to_owned(), help: words, ..Family::default() };
            assert!(families.insert(current.clone(), family).is_none(), "{name} is described twice");
        } else {
            assert!(!line.starts_with('#') && !line.is_empty(), "a line that means nothing: {line:?}");
            let family = families.get_mut(&current).unwrap_or_else(|| panic!("a sample of no family: {line}"));
            family.samples.push(sample(line, &current, &family.kind));
        }
    }
    families.iter().for_each(|(name, family)| check(name, family));
    families
}

/// Every series, as text.
pub fn series(families: &BTreeMap<String, Family>) -> BTreeSet<String> {
    families.values().flat_map(|f| &f.samples).map(|s| format!("{}{:?}", s.name, s.labels)).collect()
}

fn sample(line: &str, family: &str, kind: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
    let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
    let (name, labels) = match series.split_once('{') {
        Some((name, rest)) => (name, rest.strip_suffix('}').unwrap_or_else(|| panic!("labels without an end: {line}"))),
        None => (series, ""),
    };
    let suffix = name.strip_prefix(family).unwrap_or_else(|| panic!("{name} is not of {family}"));
    let allowed: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
    assert!(allowed.contains(&suffix), "a {kind} has no {name}");
    assert!(kind == "gauge" || value >= 0.0, "a {kind} below zero: {line}");
    assert!(is_name(name), "{name}");
    Sample { name: name.to_owned(), labels: read_labels(labels), value }
}

fn read_labels(mut rest: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("a label without a value: {rest}"));
        assert!(is_name(name) && !name.contains(':'), "{name:?} is a label's name");
        let mut value = String::new();
        let mut letters = after.char_indices();
        let end = loop {
            match letters.next().unwrap_or_else(|| panic!("a value without an end: {after}")) {
                (at, '"') => break at,
                (_, '\\') => match letters.next() {
                    Some((_, escaped @ ('\\' | '"'))) => value.push(escaped),
                    Some((_, 'n')) => value.push('\n'),
                    other => panic!("no escape: {other:?}"),
                },
                (_, letter) => value.push(letter),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none(), "the label {name} twice");
        let after = &after[end + 1..];
        rest = match after.strip_prefix(',') {
            Some(more) if !more.is_empty() => more,
            _ => {
                assert!(after.is_empty(), "behind a label: {after}");
                ""
            }
        };
    }
    labels
}

fn check(name: &str, family: &Family) {
    let all: Vec<String> = family.samples.iter().map(|s| format!("{}{:?}", s.name, s.labels)).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{name} has a series twice");
    let names = |sample: &Sample| sample.labels.keys().filter(|l| *l != "le").cloned().collect::<Vec<_>>();
    let labels: BTreeSet<Vec<String>> = family.samples.iter().map(names).collect();
    assert_eq!(labels.len(), 1, "every series of {name} has the same labels: {labels:?}");
    if family.kind == "histogram" {
        histogram(name, family);
    }
}

/// Buckets grow, by their bounds and by their counts; the last is everything.
fn histogram(name: &str, family: &Family) {
    let mut buckets: BTreeMap<BTreeMap<String, String>, Vec<(f64, f64)>> = BTreeMap::new();
    for one in family.samples.iter().filter(|s| s.name.ends_with("_bucket")) {
        let mut labels = one.labels.clone();
        let bound = labels.remove("le").unwrap_or_else(|| panic!("{name}: a bucket without its bound"));
        buckets.entry(labels).or_default().push((bound.parse().expect("a bound is a number"), one.value));
    }
    for (labels, buckets) in buckets {
        let grows = buckets.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 <= two[1].1);
        assert!(grows, "{name}{labels:?}: {buckets:?}");
        let count = family.samples.iter().find(|s| s.name.ends_with("_count") && s.labels == labels);
        let last = buckets.last().copied().expect("there is one");
        assert_eq!(last, (f64::INFINITY, count.expect("a histogram has a count").value), "{name}{labels:?}");
        assert!(family.samples.iter().any(|s| s.name.ends_with("_sum") && s.labels == labels), "{name} has a sum");
    }
}

/// A name of a metric or a label.
fn is_name(text: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    text.starts_with(first) && text.chars().all(|c| first(c) || c.is_ascii_digit())
}
