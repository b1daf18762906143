//! Why there is no page.

use std::{error::Error, io};

use super::{resolve::Unreachable, wire::TooMuch};

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address may not be asked: its port, or where it leads.
    #[error("{0}")]
    Refused(String),
    /// A redirect that the caller would not have, and the caller's reason.
    #[error("a redirect that is not followed: {0}")]
    NotFollowed(&'static str),
    /// Nothing came in time, or not everything.
    #[error("no answer in time")]
    Timeout,
    /// No connection, or it broke, or what came is not HTTP.
    #[error("{text}")]
    Network {
        /// `dns`, `connect`, `tls`, `reset`, `closed` (before the answer was whole), `protocol` or `other`.
        cause: &'static str,
        /// The chain of causes.
        text: String,
    },
    /// Larger than was asked for.
    #[error("more than {max} bytes")]
    TooLarge {
        /// The cap.
        max: usize,
    },
    /// A body that comes too slowly, or in too many pieces.
    #[error("the body trickles")]
    Trickle,
    /// More redirects than are followed, or one that leads nowhere.
    #[error("{0}")]
    Redirect(String),
    /// Too many headers, or too long ones.
    #[error("{0}")]
    Headers(String),
    /// An encoding that was not asked for, or a body that is not what it is said to be.
    #[error("{0}")]
    Encoding(String),
    /// A body that breaks off.
    #[error("{0}")]
    Body(String),
}

impl FetchError {
    /// A label for metrics and records, never formatted text. [`FetchError::NotFollowed`] gives the caller's own.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::NotFollowed(reason) => reason,
            Self::Timeout => "timeout",
            Self::Network { cause, .. } => cause,
            Self::TooLarge { .. } => "too_large",
            Self::Trickle => "trickle",
            Self::Redirect(_) => "redirects",
            Self::Headers(_) => "headers",
            Self::Encoding(_) => "encoding",
            Self::Body(_) => "body",
        }
    }

    /// What went wrong before there was a response.
    pub(super) fn of_request(error: &(dyn Error + 'static)) -> Self {
        let text = chain(error);
        if let Some(TooMuch(max)) = cause(error) {
            return Self::TooLarge { max: *max };
        }
        if let Some(unreachable) = cause::<Unreachable>(error) {
            return Self::of_connection(unreachable);
        }
        let http = cause::<hyper::Error>(error);
        if http.is_some_and(hyper::Error::is_parse_too_large) {
            return Self::Headers(text);
        }
        let cause = match http {
            _ if cause::<io::Error>(error).is_some_and(is_reset) => "reset",
            Some(http) if http.is_incomplete_message() || http.is_canceled() || http.is_closed() => "closed",
            Some(_) => "protocol",
            None => "other",
        };
        Self::Network { cause, text }
    }

    pub(super) fn of_connection(error: &Unreachable) -> Self {
        let cause = match error {
            Unreachable::Denied(why) => return Self::Refused(why.clone()),
            Unreachable::Timeout => return Self::Timeout,
            Unreachable::Dns(_) => "dns",
            Unreachable::Connect(_) => "connect",
            Unreachable::Tls(_) => "tls",
        };
        Self::Network { cause, text: error.to_string() }
    }

    /// What went wrong while the body came.
    pub(super) fn of_body(error: &hyper::Error) -> Self {
        match Self::of_request(error) {
            Self::Network { cause: "reset", text } => Self::Network { cause: "reset", text },
            Self::Network { text, .. } | Self::Headers(text) => Self::Body(text),
            other => other,
        }
    }
}

fn is_reset(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe
    )
}

/// An error and those below it. An [`io::Error`] that wraps another error shows only that one's causes, so it is opened.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// The first error of a kind.
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

fn chain(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).fold(String::new(), |text, cause| match text.as_str() {
        "" => cause,
        text if text.ends_with(&cause) => text.to_owned(),
        text => format!("{text}: {cause}"),
    })
}
