//! What stands for the modules of files where no wasm is run.

use std::path::Path;

use crate::guest::Guest;

/// There are none.
pub(super) fn load(file: &Path) -> Result<Guest, String> {
    Err(format!("{}: this laboratory was built without the feature `wasm`", file.display()))
}
