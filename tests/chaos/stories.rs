//! Articles with known content, several versions of each, and what is no article.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Versions of each story, one after the other: revisions in the end.
pub(crate) const VERSIONS: u32 = 2;
/// Stories in one file that is imported.
const FILE: u32 = 60;
/// Files between a version of a story and the next.
const APART: u32 = 2;
/// Where they say that they were published.
pub(crate) const SITE: &str = "https://stories.example/";

const WORDS: &[&str] = &[
    "bridge", "council", "harbour", "winter", "budget", "teacher", "library", "river", "festival", "hospital", "mayor",
    "railway", "orchard", "museum", "engineer", "village", "market", "school", "ferry", "garden", "storm", "lantern",
];

/// A story's address.
pub(crate) fn url(story: u32) -> String {
    format!("{SITE}{story}/what-happened")
}

pub(crate) fn title(story: u32, version: u32) -> String {
    format!("What happened on day {story}, told {version} times")
}

/// The paragraphs that must be in the lake, in this order and no others.
pub(crate) fn paragraphs(story: u32, version: u32) -> Vec<String> {
    let mut draw = fastrand::Rng::with_seed(u64::from(story) * 7 + u64::from(version));
    let mut word = || WORDS[draw.usize(..WORDS.len())];
    (0..5)
        .map(|n| {
            format!(
                "Version {version} of story {story} says in part {n} that the {} and the {} were seen near the {} on that \
                 day, while the {} waited for the {} as it had done before.",
                word(),
                word(),
                word(),
                word(),
                word()
            )
        })
        .collect()
}

/// Which version of which story a text is, if it is one.
pub(crate) fn read(bytes: &[u8]) -> Option<(u32, u32)> {
    let text = String::from_utf8_lossy(bytes);
    let rest = &text[text.find("Version ")? + "Version ".len()..];
    let (version, rest) = rest.split_once(" of story ")?;
    let story: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((story.parse().ok()?, version.parse().ok()?))
}

/// Files to import, one after the other, for as long as there is somebody to die over them.
pub(crate) struct Feed {
    folder: tempfile::TempDir,
    /// How many files there are of each version so far.
    written: [u32; VERSIONS as usize],
}

impl Feed {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), written: [0; VERSIONS as usize] }
    }

    /// Stories so far, with those of which a version is still to come.
    pub(crate) fn stories(&self) -> u32 {
        self.written[0] * FILE
    }

    /// The next file and how many records it holds: new stories, or the next version of some that were new a while ago.
    pub(crate) fn next(&mut self) -> (PathBuf, u64) {
        self.later(APART).unwrap_or_else(|| self.write(0))
    }

    /// What is missing of stories that have begun.
    pub(crate) fn rest(&mut self) -> Option<(PathBuf, u64)> {
        self.later(0)
    }

    fn later(&mut self, apart: u32) -> Option<(PathBuf, u64)> {
        let version = (1..self.written.len()).find(|&at| self.written[at] + apart < self.written[at - 1])?;
        Some(self.write(version))
    }

    fn write(&mut self, at: usize) -> (PathBuf, u64) {
        let first = self.written[at] * FILE;
        self.written[at] += 1;
        let version = at as u32 + 1;
        let mut lines = String::new();
        for story in first..first + FILE {
            let mut all = vec![title(story, version)];
            all.extend(paragraphs(story, version));
            let line = serde_json::json!({ "id": story, "url": url(story), "lines": all });
            let _ = writeln!(lines, "{line}");
        }
        let path = self.folder.path().join("stories.jsonl");
        fs::write(&path, lines).unwrap();
        (path, u64::from(FILE))
    }
}

/// Writes what becomes dead letters; their bytes.
pub(crate) fn write_noise(folder: &Path, count: u8) -> Vec<Vec<u8>> {
    let noise = |n: u8| [0x89, b'P', b'N', b'G', 0, 0, n, 2].iter().copied().cycle().take(4_000).collect::<Vec<u8>>();
    let noise: Vec<_> = (0..count).map(noise).collect();
    for (n, bytes) in noise.iter().enumerate() {
        fs::write(folder.join(format!("noise-{n}.html")), bytes).unwrap();
    }
    noise
}
