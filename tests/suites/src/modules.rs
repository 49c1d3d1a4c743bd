//! Modules: the guests that were built, and the folder that a host watches.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::host::target_folder;

/// The bytes of a guest that was built: `custom-http`, or one of the guests for tests.
pub fn guest(name: &str) -> Vec<u8> {
    let target = target_folder();
    let places = ["guests", "test-guests"].map(|folder| target.join(folder).join(format!("{name}.wasm")));
    let found = places.iter().find(|path| path.is_file());
    let path =
        found.unwrap_or_else(|| panic!("the guest {name} is not built (looked for {places:?}): run `make test`"));
    std::fs::read(path).expect("a built guest can be read")
}

/// The same module with another digest: a custom section that says nothing is added.
pub fn rebuilt(module: &[u8]) -> Vec<u8> {
    // Section id 0, its size, the length of its name, its name, its content.
    [module, &[0, 6, 4, b'n', b'o', b't', b'e', b'1']].concat()
}

/// The same module with so many bytes more, which say nothing.
pub fn padded(module: &[u8], size: usize) -> Vec<u8> {
    let mut length = size + 5;
    let mut bytes = [module, &[0]].concat();
    while length > 0x7f {
        bytes.push(u8::try_from(length & 0x7f).expect("seven bits") | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).expect("seven bits"));
    bytes.extend([4, b'n', b'o', b't', b'e']);
    bytes.resize(bytes.len() + size, b'.');
    bytes
}

/// The same module with another word in its data, of the same length.
pub fn reworded(module: &[u8], old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len(), "only a word of the same length leaves the module whole");
    let mut bytes = module.to_vec();
    let mut count = 0;
    for at in 0..bytes.len().saturating_sub(old.len()) {
        if &bytes[at..at + old.len()] == old.as_bytes() {
            bytes[at..at + old.len()].copy_from_slice(new.as_bytes());
            count += 1;
        }
    }
    assert!(count > 0, "the module does not hold the word {old:?}");
    bytes
}

/// A folder of modules.
#[derive(Debug)]
pub struct Modules {
    folder: TempDir,
}

impl Modules {
    pub(crate) fn with(guests: &[&str], folder: TempDir) -> Self {
        let modules = Self { folder };
        for name in guests {
            modules.put(&format!("{name}.wasm"), &guest(name));
        }
        modules
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file there in one step, as a build tool that knows its trade does.
    pub fn put(&self, file: &str, bytes: &[u8]) {
        let staged = self.file(&format!(".{file}.staged"));
        std::fs::write(&staged, bytes)
            .and_then(|()| std::fs::rename(&staged, self.file(file)))
            .expect("the folder is ours");
    }

    /// Writes these bytes as they are to a file, which may be there already, as `cp` does.
    pub fn write(&self, file: &str, bytes: &[u8]) {
        std::fs::write(self.file(file), bytes).expect("the folder is ours");
    }

    /// Removes a file.
    pub fn remove(&self, file: &str) {
        std::fs::remove_file(self.file(file)).expect("the file is there");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
