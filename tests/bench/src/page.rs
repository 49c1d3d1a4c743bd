//! The page that keeps the latest figures.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// A place of the page: between these lines it holds what the bench wrote.
pub(crate) struct Place {
    begin: &'static str,
    end: &'static str,
}

/// Where the contenders' figures are.
pub(crate) const CONTENDERS: Place =
    Place { begin: "<!-- figures: make bench ARGS=--keep writes what follows -->", end: "<!-- end of figures -->" };

/// Where those of whole systems are.
pub(crate) const SYSTEMS: Place = Place {
    begin: "<!-- systems: make bench ARGS=\"systems --keep\" writes what follows -->",
    end: "<!-- end of systems -->",
};

/// Writes tables into docs/performance.md.
pub(crate) fn keep(place: &Place, tables: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance.md");
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    fs::write(&path, with(place, &page, tables)?).with_context(|| format!("cannot write {}", path.display()))
}

fn with(Place { begin, end }: &Place, page: &str, tables: &str) -> Result<String> {
    let places = page.find(begin).zip(page.find(end)).filter(|(begin, end)| begin < end);
    ensure!(places.is_some(), "docs/performance.md has no place for figures between {begin:?} and {end:?}");
    let (from, to) = places.unwrap_or_default();
    Ok(format!("{}{begin}\n\n{}\n\n{}", &page[..from], tables.trim(), &page[to..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_lines_is_replaced() {
        let Place { begin, end } = CONTENDERS;
        let page = with(&CONTENDERS, &format!("Before.\n{begin}\nold\n{end}\nAfter.\n"), "new\n");
        assert_eq!(page.expect("it has a place"), format!("Before.\n{begin}\n\nnew\n\n{end}\nAfter.\n"));
        assert!(with(&CONTENDERS, "no place", "new").is_err());
    }

    #[test]
    fn the_page_has_a_place_for_each() {
        let page = include_str!("../../../docs/performance.md");
        assert!([CONTENDERS, SYSTEMS].iter().all(|place| with(place, page, "new").is_ok()));
    }
}
