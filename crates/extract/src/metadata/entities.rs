//! Character references that are left in values that were escaped twice, or that JSON made from HTML carries.

use std::borrow::Cow;

use crate::html;

/// How often a value may have been escaped.
const ROUNDS: usize = 2;

/// The text with its references resolved, also those that were escaped once more.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        if !text.contains('&') {
            break;
        }
        let mut decoded = String::with_capacity(text.len());
        // As in an attribute: `?a=1&copy=2` holds no sign of copyright.
        html::decode(&text, true, &mut decoded);
        text = Cow::Owned(decoded);
    }
    text
}
