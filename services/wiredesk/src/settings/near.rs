//! Errors of the settings file that say where they are and what was probably meant.

/// How alike two names must be for one to be a slip of the other (Jaro-Winkler).
const ALIKE: f64 = 0.8;

/// An error with the file's name and the line.
pub(super) fn in_file(name: &str, text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else { return format!("{name}: {}", with_hint(error.message())) };
    let start = span.start.min(text.len());
    let line = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
    let said = text.lines().nth(line - 1).unwrap_or_default().trim();
    format!("{name}, line {line}: {}\n  {said}", with_hint(error.message()))
}

/// The message, with the name that was probably meant.
pub(super) fn with_hint(message: &str) -> String {
    let message = message.trim_end().replace('\n', "; ");
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (Some(wrong), true) = (quoted.next(), message.starts_with("unknown ")) else { return message };
    match nearest(wrong, quoted) {
        Some(near) => format!("{message}; did you mean {near}?"),
        None => message,
    }
}

/// The name that is most like this one, where one is.
pub(crate) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = names.map(|name| (strsim::jaro_winkler(wrong, name), name));
    scored.filter(|(score, _)| *score >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}
