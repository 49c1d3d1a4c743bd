//! What a module imports and exports, by name: looked at before anything is translated or compiled.

use wasmparser::{ComponentExternalKind, Parser, Payload, Validator};

use crate::error::LoadError;

/// The version of the contract that this host serves.
pub(crate) const CONTRACT: &str = "0.1.0";

const PACKAGE: &str = "innkeeper:guest/";
const INTERFACES: &[&str] = &["types", "cluster", "clock", "log", "about", "reconcile-types"];
const EXPORTS: &[&str] = &["describe", "reconcile"];

/// Prefix of exports in the standard names of core modules (`wit-bindgen` uses plain names).
const STANDARD: &str = "cm32p2||";

/// Whether these bytes are valid WebAssembly, to their end.
pub(crate) fn valid(bytes: &[u8]) -> Result<(), LoadError> {
    let Err(error) = Validator::new().validate_all(bytes) else { return Ok(()) };
    if error.message().starts_with("unexpected end") {
        return Err(LoadError::Truncated { offset: error.offset() });
    }
    Err(LoadError::Invalid(error))
}

/// Looks at a core module's imports, exports and contract section.
pub(crate) fn core_module(bytes: &[u8]) -> Result<(), LoadError> {
    let (mut exports, mut contract) = (Vec::new(), false);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(LoadError::Invalid)? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(LoadError::Invalid)?;
                    core_import(import.module, import.name)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    exports.push(export.map_err(LoadError::Invalid)?.name.to_owned());
                }
            }
            Payload::CustomSection(section) => contract |= section.name().starts_with("component-type"),
            _ => {}
        }
    }
    if !contract {
        return Err(LoadError::NoContract);
    }
    version_of_section(bytes)?;
    let has = |name: &str| exports.iter().any(|e| e.strip_prefix(STANDARD).unwrap_or(e) == name);
    EXPORTS.iter().find(|name| !has(name)).map_or(Ok(()), |name| Err(LoadError::Export { name }))
}

/// Looks at a component's own imports and exports; what is inside it is its own affair.
pub(crate) fn component(bytes: &[u8]) -> Result<(), LoadError> {
    let (mut exports, mut depth) = (Vec::new(), 0_u32);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(LoadError::Invalid)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for one in section {
                    let one = one.map_err(LoadError::Invalid)?;
                    // A type that the world names brings nothing along.
                    if !matches!(one.ty, wasmparser::ComponentTypeRef::Type(_)) {
                        import(one.name.name, None)?;
                    }
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export.map_err(LoadError::Invalid)?;
                    if export.kind == ComponentExternalKind::Func {
                        exports.push(export.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    let has = |name: &str| exports.iter().any(|e| e == name);
    EXPORTS.iter().find(|name| !has(name)).map_or(Ok(()), |name| Err(LoadError::Export { name }))
}

/// The contract's version is in the section that the bindings' generator left in a core module.
fn version_of_section(bytes: &[u8]) -> Result<(), LoadError> {
    let (_, bindings) =
        wit_component::metadata::decode(bytes).map_err(|e| LoadError::Component(crate::load::chain(e.chain())))?;
    let mut names = bindings.resolve.packages.iter().map(|(_, package)| &package.name);
    let ours = names.find(|name| name.namespace == "innkeeper" && name.name == "guest");
    let version = ours.ok_or(LoadError::NoContract)?.version.as_ref();
    serves(&version.map_or_else(|| "(no version)".to_owned(), ToString::to_string))
}

fn serves(have: &str) -> Result<(), LoadError> {
    if have == CONTRACT { Ok(()) } else { Err(LoadError::OtherVersion { have: have.to_owned() }) }
}

/// A core module's import: `module` may be in the standard names' form, `cm32p2|innkeeper:guest/log@0.1`.
fn core_import(module: &str, name: &str) -> Result<(), LoadError> {
    match module.strip_prefix("cm32p2|") {
        // The standard names hold a version only as far as it is compatible; the section holds it whole.
        Some(interface) => {
            let plain = interface.split_once('@').map_or(interface, |(interface, _)| interface);
            import(&format!("{plain}@{CONTRACT}"), Some(name))
        }
        None => import(module, Some(name)),
    }
}

/// Whether an import is of the contract. `field` is the function, where the import names it apart.
fn import(from: &str, field: Option<&str>) -> Result<(), LoadError> {
    if let Some(interface) = from.strip_prefix(PACKAGE) {
        let (interface, version) = interface.split_once('@').unwrap_or((interface, "(no version)"));
        serves(version)?;
        if INTERFACES.contains(&interface) {
            return Ok(());
        }
    }
    let name = match field {
        Some(field) => format!("{from}.{field}"),
        None => from.to_owned(),
    };
    Err(LoadError::Import { name, hint: hint(from) })
}

fn hint(from: &str) -> &'static str {
    if from.starts_with("wasi") {
        return "no WASI is linked: build for wasm32-unknown-unknown, and use no clock, file, network or randomness";
    }
    if from.starts_with("__wbindgen") {
        return "that is wasm-bindgen's, for browsers: a dependency was built with a feature for JavaScript (`js`, say)";
    }
    if from == "env" {
        return "that is a function that the linker did not find: a C library is missing, perhaps";
    }
    "a guest gets cluster, clock and log of innkeeper:guest, and nothing else"
}
