//! Instants and languages as records hold them.

use std::{fmt, str::FromStr, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An instant in milliseconds since the Unix epoch; in JSON an RFC 3339 string in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "date-time"))]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch, held to the years 0001 to 9999, which is what RFC 3339 can say.
    pub const fn from_millis(millis: i64) -> Self {
        const FIRST: i64 = -62_135_596_800_000;
        const LAST: i64 = 253_402_207_200_000; // the last that jiff can print in any zone
        Self(if millis < FIRST {
            FIRST
        } else if millis > LAST {
            LAST
        } else {
            millis
        })
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This instant `after` later, held within the range.
    #[must_use]
    pub fn plus(self, after: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(after.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This instant `before` earlier, held within the range.
    #[must_use]
    pub fn minus(self, before: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(i64::try_from(before.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to this instant; zero where `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The day in UTC, as days since the epoch.
    pub fn day(self) -> i32 {
        i32::try_from(self.0.div_euclid(86_400_000)).unwrap_or(0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(f, "{instant:.3}")
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from_millis(text.parse::<jiff::Timestamp>()?.as_millisecond()))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(at: Timestamp) -> Self {
        at.to_string()
    }
}

/// A language tag (BCP 47, RFC 5646) in its short form: `en`, `pt-BR`, `zh-Hant`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Lang(String);

/// A string that is no language tag.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a language tag")]
pub struct LangError(String);

impl Lang {
    /// Reads a tag, in any case and with `_` or `-`, and writes it as RFC 5646 section 2.1.1 recommends.
    ///
    /// # Errors
    /// A text that is not of the form `language[-script][-region]`.
    pub fn parse(text: &str) -> Result<Self, LangError> {
        let wrong = || LangError(text.chars().take(40).collect());
        let mut parts = text.trim().split(['-', '_']);
        let language = parts.next().unwrap_or_default().to_ascii_lowercase();
        if !(2..=3).contains(&language.len()) || !language.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(wrong());
        }
        let mut tag = language;
        for part in parts.take(2) {
            match (part.len(), part.bytes().all(|b| b.is_ascii_alphabetic())) {
                (4, true) => {
                    tag.push_str(&format!("-{}{}", part[..1].to_ascii_uppercase(), part[1..].to_ascii_lowercase()))
                }
                (2, true) => tag.push_str(&format!("-{}", part.to_ascii_uppercase())),
                (3, _) if part.bytes().all(|b| b.is_ascii_digit()) => tag.push_str(&format!("-{part}")),
                _ => break,
            }
        }
        Ok(Self(tag))
    }

    /// The whole tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language alone: `pt` of `pt-BR`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Lang {
    type Error = LangError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Lang> for String {
    fn from(lang: Lang) -> Self {
        lang.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_read_what_they_write() {
        for millis in [0, 1_700_000_000_123, -1, i64::MAX, i64::MIN] {
            let at = Timestamp::from_millis(millis);
            assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        }
        assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!("2024-05-01T09:00:00+09:00".parse::<Timestamp>().unwrap().to_string(), "2024-05-01T00:00:00.000Z");
    }

    #[test]
    fn language_tags_take_their_recommended_form() {
        for (text, tag) in
            [("EN", "en"), ("pt_br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"), ("en-x-y", "en")]
        {
            assert_eq!(Lang::parse(text).unwrap().as_str(), tag);
        }
        for text in ["", "e", "english", "12", "日本"] {
            assert!(Lang::parse(text).is_err(), "{text}");
        }
    }
}
