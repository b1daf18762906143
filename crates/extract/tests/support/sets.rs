//! The development sets' pages, where they are. Tests and benches share it.

use std::io::Read;
use std::path::{Path, PathBuf};

/// The folders of all pages.
pub(crate) const FOLDERS: &[&str] = &["extraction/pages", "residue/html", "notarticle/pages"];

/// The folder of all data sets: in `WIREDESK_SHARED`, or in the folder beside the work tree.
pub(crate) fn data() -> Option<PathBuf> {
    let shared = std::env::var_os("WIREDESK_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let data = shared.join("data");
    data.is_dir().then_some(data)
}

/// The pages of some folders, in order.
pub(crate) fn pages(data: &Path, folders: &[&str]) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(data.join(folder)).expect("the folder can be listed"))
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "gz"))
        .collect();
    paths.sort();
    paths
}

/// A page as it was packed.
pub(crate) fn unpack(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).expect("a page of the set can be opened");
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes).expect("a page of the set is gzip");
    bytes
}
