//! XML as it is found: a reader that never refuses a document.
//!
//! `tokens` cuts text into tags and text without looking back, `entities` reads character references,
//! `names` gives namespaces their usual names, and [`Reader`] makes a balanced sequence of elements out of it all.

pub(crate) mod entities;
mod names;
mod reader;
mod tokens;

pub use entities::Entities;
pub use names::Ns;
pub use reader::{Event, Reader};
pub(crate) use tokens::starts_with;
pub use tokens::{Attributes, Token, Tokens};
