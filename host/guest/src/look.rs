//! What a file is, by its first bytes: so that a wrong file can be called by its name.

/// What a file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Wasm, a core module.
    Core,
    /// Wasm, a component.
    Component,
    /// Wasm, and shorter than its own header.
    Cut,
    /// Something else: what, and what to do.
    Other(&'static str),
}

const MAGIC: &[u8] = b"\0asm";

/// Files by their first bytes.
const KNOWN: &[(&[u8], &str)] = &[
    (b"\x7fELF", "a native program or library, or a module that was compiled ahead of time (ELF); give the .wasm file"),
    (b"\xcf\xfa\xed\xfe", "a native program for macOS (Mach-O); build for wasm32-unknown-unknown"),
    (b"MZ", "a native program for Windows; build for wasm32-unknown-unknown"),
    (b"\x1f\x8b", "compressed with gzip; unpack it"),
    (b"PK\x03\x04", "a zip archive; unpack it"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it"),
    (b"\xfd7zXZ", "compressed with xz; unpack it"),
    (b"!<arch>", "an archive of object files; link it (crate-type cdylib)"),
    (b"BC\xc0\xde", "LLVM bitcode; link it (crate-type cdylib)"),
];

/// Texts by how they begin, in lower case and without leading blanks.
const TEXTS: &[(&str, &str)] = &[
    ("(module", "the text form of WebAssembly (.wat); translate it, with `wasm-tools parse` say"),
    ("(component", "the text form of WebAssembly (.wat); translate it, with `wasm-tools parse` say"),
    (";;", "the text form of WebAssembly (.wat); translate it, with `wasm-tools parse` say"),
    ("<!doctype", "an HTML page: a download that answered with a page"),
    ("<html", "an HTML page: a download that answered with a page"),
    ("<?xml", "an XML document: a download that answered with an error, perhaps"),
    ("version https://git-lfs", "a Git LFS pointer; fetch the file itself (`git lfs pull`)"),
    ("{", "a JSON document"),
];

/// Looks at a file that is not empty.
pub(crate) fn look(bytes: &[u8]) -> Look {
    if bytes.len() < 8 && (bytes.starts_with(MAGIC) || MAGIC.starts_with(bytes)) {
        return Look::Cut;
    }
    if bytes.starts_with(MAGIC) {
        // Bytes 4 and 5 are the version, 6 and 7 the layer: 0 a core module, 1 a component.
        return match bytes[6..8] {
            [1, 0] => Look::Component,
            _ => Look::Core,
        };
    }
    if let Some((_, what)) = KNOWN.iter().find(|(first, _)| bytes.starts_with(first)) {
        return Look::Other(what);
    }
    if bytes.iter().all(|&b| b == 0) {
        return Look::Other("nothing but zeros: a file that was not written to its end, perhaps");
    }
    let start = &bytes[..bytes.len().min(256)];
    let text = String::from_utf8_lossy(start).trim_start().to_ascii_lowercase();
    if let Some((_, what)) = TEXTS.iter().find(|(first, _)| text.starts_with(first)) {
        return Look::Other(what);
    }
    if text.contains('\u{fffd}') || text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return Look::Other("an unknown kind of file");
    }
    Look::Other("a text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_knows_wasm_and_its_beginnings() {
        assert_eq!(look(b"\0asm\x01\0\0\0"), Look::Core);
        assert_eq!(look(b"\0asm\x0d\0\x01\0"), Look::Component);
        assert_eq!(look(b"\0as"), Look::Cut);
        assert_eq!(look(b"\0asm\x01\0"), Look::Cut);
    }

    #[test]
    fn it_calls_other_files_by_their_name() {
        let names = |bytes: &[u8], word: &str| match look(bytes) {
            Look::Other(what) => assert!(what.contains(word), "{what}"),
            wasm => assert_eq!(wasm, Look::Other("not wasm")),
        };
        names(b"\x7fELF\x02\x01\x01\0\0", "ELF");
        names(b"\x1f\x8b\x08\0\0\0\0\0\0", "gzip");
        names(b"\n <!DOCTYPE html><html>", "HTML");
        names(b"  (module (func))", "wat");
        names(b"hello, world", "text");
        names(&[0; 4096], "zeros");
        names(&[0x93, 7, 1, 0xff, 0xfe, 2, 3, 4, 5], "unknown");
    }
}
