//! Every page of the development sets, where they are.

use std::path::Path;

use super::canonical::{difference, of_reference, of_tree};
use super::support::{FOLDERS, data, pages, unpack};

fn read(path: &Path) -> String {
    crate::charset::decode(&unpack(path), None).text.to_string()
}

fn compare(path: &Path) -> Option<String> {
    let page = read(path);
    let html = super::super::cap(&page);
    let ours = crate::html::parse(html);
    let difference = difference(&of_tree(&ours), &of_reference(html))?;
    Some(format!("{} {:?}\n{difference}", path.display(), ours.notes))
}

#[test]
fn all_pages_agree() {
    let Some(data) = data() else {
        println!("no development sets here: skipped");
        return;
    };
    let paths = pages(&data, FOLDERS);
    let (left, right) = paths.split_at(paths.len() / 2);
    let differing: Vec<String> = std::thread::scope(|scope| {
        let workers = [left, right].map(|half| scope.spawn(|| half.iter().filter_map(|path| compare(path)).collect()));
        workers.into_iter().flat_map(|worker| -> Vec<String> { worker.join().expect("no panic") }).collect()
    });
    println!("{} pages compared, {} differ", paths.len(), differing.len());
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
}
