//! One file of a folder of modules: whether it is one, and what it holds.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use blake3::Hash;

use crate::error::MAX_SIZE;

/// What a file holds.
#[derive(Debug)]
pub(super) enum Content {
    Bytes { bytes: Vec<u8>, hash: Hash },
    Gone,
    Trouble(String),
}

/// Whether a file is a module by its name.
pub(super) fn is_module(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && path.extension().is_some_and(|extension| extension == "wasm")
}

/// Whether this is the link by which Kubernetes switches all files of a mounted ConfigMap at once.
pub(super) fn is_switch(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "..data")
}

/// Reads a file, if it is one and not larger than any module.
pub(super) fn read(path: &Path) -> Content {
    let why = match open(path) {
        Ok(bytes) if bytes.len() > MAX_SIZE => format!("it is larger than the {MAX_SIZE} bytes that are loaded"),
        Ok(bytes) => return Content::Bytes { hash: blake3::hash(&bytes), bytes },
        Err(error) => match error.kind() {
            // A link that leads nowhere is there, and tells of a mistake.
            io::ErrorKind::NotFound if fs::symlink_metadata(path).is_err() => return Content::Gone,
            io::ErrorKind::NotFound => "it is a link to a file that does not exist".into(),
            io::ErrorKind::PermissionDenied => format!("{error}; does this user have the permission r on it?"),
            _ => error.to_string(),
        },
    };
    Content::Trouble(why)
}

fn open(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for somebody to write.
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).map_or(0, |size| size.min(MAX_SIZE)));
    File::open(path)?.take(MAX_SIZE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wasm_files_that_are_not_hidden_are_modules() {
        let is = |name: &str| is_module(&Path::new("/modules").join(name));
        assert!(is("custom-http.wasm"));
        for name in [".custom-http.wasm", "custom-http.wasm~", "custom-http.wasm.tmp", "4913", "wasm", "#a.wasm#"] {
            assert!(!is(name), "{name}");
        }
        assert!(is_switch(Path::new("/modules/..data")));
    }
}
