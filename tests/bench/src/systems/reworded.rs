//! Many kinds of custom-http's size and code: its module, in which another name of as many letters stands for its kind.

use anyhow::{Context as _, Result, ensure};
use innkeeper_guest::Engine;
use serde_json::Value;

use crate::options;

/// What is named otherwise in each, longest first: the kind, what it is called in paths, and the module. Names of as
/// many letters leave a module whole.
fn words(number: usize) -> [(&'static str, String); 4] {
    [
        ("KindCustomHttp", format!("KindCustomH{number:03}")),
        ("kindcustomhttp", format!("kindcustomh{number:03}")),
        ("custom-http", format!("custom-h{number:03}")),
        // Short names of kinds differ too.
        ("\"kch\",\"customhttp\"", format!("\"k{number:02}\",\"customh{number:03}\"")),
    ]
}

/// One kind, and what keeps it.
pub(super) struct Reworded {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) plural: String,
    /// As JSON.
    pub(super) crd: String,
    pub(super) module: Vec<u8>,
}

/// The kind of that number.
pub(super) fn kind(engine: &Engine, original: &[u8], number: usize) -> Result<Reworded> {
    ensure!(number < 100, "there are names for 100 kinds");
    let mut module = original.to_vec();
    for (old, new) in words(number) {
        ensure!(replace(&mut module, old.as_bytes(), new.as_bytes()) > 0, "the module does not hold {old}");
    }
    let loaded = engine.load(&module)?;
    let manifest = loaded.manifest();
    let crd = manifest.crd.clone().context("custom-http carries its CRD")?;
    let parsed: Value = serde_json::from_str(&crd)?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("a CRD names its kind");
    let (kind, plural) = (text(&parsed["spec"]["names"]["kind"])?, text(&parsed["spec"]["names"]["plural"])?);
    let said = manifest.serves.kind.to_string();
    ensure!(said == kind && kind != "KindCustomHttp", "the module says that it keeps {said}, its CRD {kind}");
    Ok(Reworded { name: manifest.name.to_string(), kind, plural, crd, module })
}

/// The module of which all are made.
pub(super) fn original() -> Result<Vec<u8>> {
    Ok(std::fs::read(options::guest("custom-http")?)?)
}

/// How often it was there.
fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) -> usize {
    debug_assert_eq!(old.len(), new.len(), "of as many letters");
    let mut count = 0;
    for at in 0..bytes.len().saturating_sub(old.len()) {
        if bytes[at..].starts_with(old) {
            bytes[at..at + old.len()].copy_from_slice(new);
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced_by_words_of_as_many_letters() {
        assert!(words(7).iter().all(|(old, new)| old.len() == new.len()));
        let mut bytes = *b"one two one.";
        assert_eq!(replace(&mut bytes, b"one", b"six"), 2);
        assert_eq!(&bytes, b"six two six.");
    }
}
