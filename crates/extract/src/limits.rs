//! Everything has a limit: what is beyond it is cut and noted, never an error.

/// Bytes of a page; the fetcher's own cap is the same.
pub(crate) const BODY_BYTES_MAX: usize = 4 << 20;
/// Bytes in which a `meta` element may name the charset. The standard says 1,024; real pages need more.
pub(crate) const META_CHARSET_BYTES_MAX: usize = 8192;
/// Open elements. html5ever takes quadratic time in nesting; real articles stay under 60.
pub(crate) const DEPTH_MAX: usize = 256;
/// Open formatting elements (`b`, `i`, `a`, ..): the parser opens all of them again in every paragraph.
pub(crate) const FORMATTING_MAX: usize = 16;
/// Attributes of an element that are passed on.
pub(crate) const ATTRIBUTES_MAX: usize = 16;
/// Bytes of an attribute's value.
pub(crate) const VALUE_BYTES_MAX: usize = 16 << 10;
/// Start tags, each counted once more for every formatting element open around it.
pub(crate) const TAGS_MAX: usize = 400_000;
/// Bytes of JSON-LD in a page.
pub(crate) const JSON_LD_BYTES_MAX: usize = 1 << 20;
/// Depth to which JSON-LD is searched.
pub(crate) const JSON_LD_DEPTH_MAX: usize = 12;
/// Bytes of a block beyond which no wording is looked up: residue is short.
pub(crate) const WORDING_BYTES_MAX: usize = 600;
/// Authors of an article.
pub(crate) const AUTHORS_MAX: usize = 24;
/// Pictures of an article.
pub(crate) const IMAGES_MAX: usize = 64;
