//! Everything has a limit: what is beyond it is cut, never an error. Where text, tags or blocks are cut, a note says so.

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
/// Blocks of a page; the text behind the last of them is part of it. Real pages have some thousands at most.
pub(crate) const BLOCKS_MAX: usize = 20_000;
/// Nodes of a tree; behind the last of them the page is cut.
pub(crate) const NODES_MAX: usize = 1 << 20;
/// Bytes that an unclosed comment, script, style or title may swallow at the end of a page; a browser lets it have all.
pub(crate) const UNCLOSED_BYTES_MAX: usize = 4 << 10;
/// Parts of a page that are sent late and moved to their places.
pub(crate) const SEGMENTS_MAX: usize = 1000;
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
/// Values that one script of JSON-LD may hold side by side.
pub(crate) const JSON_ROOTS_MAX: usize = 16;
/// Objects of JSON-LD that are looked at.
pub(crate) const JSON_LD_NODES_MAX: usize = 4000;
/// Headings that are weighed as the title.
pub(crate) const HEADINGS_MAX: usize = 24;
/// Dates on a page that are weighed as the day of publication.
pub(crate) const DATES_MAX: usize = 64;
