//! A language's file is of use only if the table of languages names it.

use std::fs::{read_dir, read_to_string};
use std::path::Path;

#[test]
fn each_file_of_wording_is_read() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = read_to_string(crate_folder.join("src/locales.rs")).expect("the table is there");
    let files = read_dir(crate_folder.join("data/locales")).expect("the folder is there");
    let mut count = 0;
    for file in files {
        let path = file.expect("an entry").path();
        let code = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        assert!(table.contains(&format!("\"{code}\"")), "data/locales/{code}.txt is not in src/locales.rs");
        count += 1;
    }
    assert!(count > 0, "no file was found");
}
