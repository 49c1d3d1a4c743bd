//! The page that keeps the latest figures.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// What the page holds, each between two lines.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Rounds,
    Swaps,
    Systems,
}

impl Place {
    fn lines(self) -> [&'static str; 2] {
        match self {
            Self::Rounds => ["<!-- figures: make bench ARGS=--keep writes what follows -->", "<!-- end of figures -->"],
            Self::Swaps => [
                "<!-- figures of swaps: make bench ARGS=\"--swaps --keep\" writes what follows -->",
                "<!-- end of figures of swaps -->",
            ],
            Self::Systems => {
                ["<!-- systems: make bench ARGS=\"systems --keep\" writes what follows -->", "<!-- end of systems -->"]
            }
        }
    }
}

/// Writes the tables into docs/performance.md.
pub(crate) fn keep(place: Place, tables: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance.md");
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    fs::write(&path, with(place, &page, tables)?).with_context(|| format!("cannot write {}", path.display()))
}

fn with(place: Place, page: &str, tables: &str) -> Result<String> {
    let [first, last] = place.lines();
    let places = page.find(first).zip(page.find(last)).filter(|(begin, end)| begin < end);
    ensure!(places.is_some(), "docs/performance.md has no place for figures between {first:?} and {last:?}");
    let (begin, end) = places.unwrap_or_default();
    Ok(format!("{}{first}\n\n{}\n\n{}", &page[..begin], tables.trim(), &page[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_lines_is_replaced() {
        let [first, last] = Place::Rounds.lines();
        let page = with(Place::Rounds, &format!("Before.\n{first}\nold\n{last}\nAfter.\n"), "new\n").expect("a place");
        assert_eq!(page, format!("Before.\n{first}\n\nnew\n\n{last}\nAfter.\n"));
        assert!(with(Place::Rounds, "no place", "new").is_err());
    }

    #[test]
    fn the_page_has_a_place_for_figures() {
        let page = include_str!("../../../docs/performance.md");
        assert!(
            [Place::Rounds, Place::Swaps, Place::Systems].into_iter().all(|place| with(place, page, "new").is_ok())
        );
    }
}
