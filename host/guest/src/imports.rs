//! What a module asks of its host, for people.

use std::collections::BTreeSet;

use wasmparser::{Parser, Payload};

use crate::error::LoadError;

/// The interfaces from which a module imports functions, such as `innkeeper:guest/cluster@0.1.0`.
pub fn imports(bytes: &[u8]) -> Result<BTreeSet<String>, LoadError> {
    let (mut found, mut depth) = (BTreeSet::new(), 0_u32);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(LoadError::Invalid)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ImportSection(section) if depth == 0 => {
                for import in section.into_imports() {
                    found.insert(import.map_err(LoadError::Invalid)?.module.to_owned());
                }
            }
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let import = import.map_err(LoadError::Invalid)?;
                    // An interface of types alone asks for nothing.
                    if !import.name.name.contains("/types@") && !import.name.name.contains("-types@") {
                        found.insert(import.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(found)
}
