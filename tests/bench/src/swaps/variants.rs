//! Modules that differ: in what they decide, or in nothing but their digest.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// What the Deployments of the guest run, and what those of the other one do.
const IMAGES: [&str; 2] = ["registry.example.com/fleet:1", "registry.example.com/fleet:2"];

/// The guest, and one that decides something else.
pub(super) struct Variants([Vec<u8>; 2]);

impl Variants {
    pub(super) fn of(file: &Path) -> Result<Self> {
        let module = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let (old, new) = (IMAGES[0].as_bytes(), IMAGES[1].as_bytes());
        let mut other = module.clone();
        let places: Vec<usize> =
            (0..module.len().saturating_sub(old.len())).filter(|at| module[*at..].starts_with(old)).collect();
        ensure!(!places.is_empty(), "{} does not hold the image {}", file.display(), IMAGES[0]);
        places.iter().for_each(|at| other[*at..*at + new.len()].copy_from_slice(new));
        Ok(Self([module, other]))
    }

    /// The first or the other one, by turns.
    pub(super) fn module(&self, turn: usize) -> &[u8] {
        &self.0[turn % 2]
    }

    /// What the Deployments of that one run.
    pub(super) fn image(turn: usize) -> &'static str {
        IMAGES[turn % 2]
    }

    /// The first one under a digest that nobody has seen.
    pub(super) fn unseen(&self, number: usize) -> Vec<u8> {
        let note = format!("\u{4}note{number:04}");
        // A custom section: its id, its size, the length of its name, its name, its content.
        let size = u8::try_from(note.len()).unwrap_or(u8::MAX);
        [&self.0[0], &[0, size][..], note.as_bytes()].concat()
    }

    /// How large the first one is.
    #[expect(clippy::cast_precision_loss, reason = "no module is so large")]
    pub(super) fn kib(&self) -> f64 {
        self.0[0].len() as f64 / 1024.0
    }
}
