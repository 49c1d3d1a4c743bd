//! The page that keeps the latest figures.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Between these lines the page holds what the bench wrote.
const BEGIN: &str = "<!-- figures: make bench ARGS=--keep writes what follows -->";
const END: &str = "<!-- end of figures -->";

/// Writes the tables into docs/performance.md.
pub(crate) fn keep(tables: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance.md");
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    fs::write(&path, with(&page, tables)?).with_context(|| format!("cannot write {}", path.display()))
}

fn with(page: &str, tables: &str) -> Result<String> {
    let places = page.find(BEGIN).zip(page.find(END)).filter(|(begin, end)| begin < end);
    ensure!(places.is_some(), "docs/performance.md has no place for figures between {BEGIN:?} and {END:?}");
    let (begin, end) = places.unwrap_or_default();
    Ok(format!("{}{BEGIN}\n\n{}\n\n{}", &page[..begin], tables.trim(), &page[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_lines_is_replaced() {
        let page = with(&format!("Before.\n{BEGIN}\nold\n{END}\nAfter.\n"), "new\n").expect("it has a place");
        assert_eq!(page, format!("Before.\n{BEGIN}\n\nnew\n\n{END}\nAfter.\n"));
        assert!(with("no place", "new").is_err());
    }

    #[test]
    fn the_page_has_a_place_for_figures() {
        assert!(with(include_str!("../../../docs/performance.md"), "new").is_ok());
    }
}
