//! Names of elements and attributes as numbers of one byte, and sets of them as bits.
//!
//! A name is looked up by its first eight bytes as one word: a multiplication gives its slot in a small table, which is
//! built when the crate is compiled.

/// Slots of a table; more than twice its names, so that a probe seldom takes a second step.
const SLOTS: usize = 512;
/// No name in either vocabulary is longer.
const NAME_BYTES_MAX: usize = 16;

/// Declares an enum of names, its strings and its lookup. The names before the bar are not found by lookup.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($pseudo:ident,)* | $($variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub(crate) enum $name {
            #[default]
            $($pseudo,)*
            $($variant,)*
        }

        impl $name {
            pub(super) const ALL: &'static [Self] = &[$(Self::$pseudo,)* $(Self::$variant,)*];
            const TEXTS: &'static [&'static str] = &[$(pseudo!($pseudo),)* $($text,)*];
            const WORDS: [u64; Self::ALL.len()] = words(Self::TEXTS);
            const TABLE: [u8; SLOTS] = table(Self::TEXTS);

            /// The name as the standard writes it; empty for what has none in this list.
            #[allow(dead_code, reason = "of attributes only the tests read it")]
            pub(crate) fn text(self) -> &'static str {
                Self::TEXTS.get(self as usize).copied().unwrap_or_default()
            }

            /// The name of these bytes, in whatever case they are.
            #[inline]
            pub(crate) fn find(bytes: &[u8]) -> Self {
                if bytes.is_empty() || bytes.len() > NAME_BYTES_MAX {
                    return Self::default();
                }
                let word = lower(first_word(bytes));
                let mut slot = hash(word, bytes.len());
                loop {
                    let id = Self::TABLE[slot] as usize;
                    if id == 0 {
                        return Self::default();
                    }
                    let text = Self::TEXTS[id];
                    if Self::WORDS[id] == word
                        && text.len() == bytes.len()
                        && (bytes.len() <= 8 || text.as_bytes()[8..].eq_ignore_ascii_case(&bytes[8..]))
                    {
                        return Self::ALL[id];
                    }
                    slot = (slot + 1) % SLOTS;
                }
            }
        }
    };
}

/// A name that is not to be found has no text.
macro_rules! pseudo {
    ($name:ident) => {
        ""
    };
}

vocabulary! {
    /// An element's name.
    Name {
        // `Foreign` stands on the stack of open elements for any element of SVG and MathML, `ForeignBarrier` for those
        // of them that end a scope.
        Unknown, Foreign, ForeignBarrier, |
        A "a", Abbr "abbr", Acronym "acronym", Address "address", AnnotationXml "annotation-xml", Applet "applet",
        Area "area", Article "article", Aside "aside", Audio "audio", B "b", Base "base", Basefont "basefont",
        Bdi "bdi", Bdo "bdo", Bgsound "bgsound", Big "big", Blockquote "blockquote", Body "body", Br "br",
        Button "button", Canvas "canvas", Caption "caption", Center "center", Cite "cite", Code "code", Col "col",
        Colgroup "colgroup", Data "data", Datalist "datalist", Dd "dd", Del "del", Desc "desc", Details "details",
        Dfn "dfn", Dialog "dialog", Dir "dir", Div "div", Dl "dl", Dt "dt", Em "em", Embed "embed",
        Fieldset "fieldset", Figcaption "figcaption", Figure "figure", Font "font", Footer "footer",
        ForeignObject "foreignobject", Form "form", Frame "frame", Frameset "frameset", H1 "h1", H2 "h2", H3 "h3",
        H4 "h4", H5 "h5", H6 "h6", Head "head", Header "header", Hgroup "hgroup", Hr "hr", Html "html", I "i",
        Iframe "iframe", Image "image", Img "img", Input "input", Ins "ins", Kbd "kbd", Keygen "keygen",
        Label "label", Legend "legend", Li "li", Link "link", Listing "listing", Main "main",
        Malignmark "malignmark", Map "map", Mark "mark", Marquee "marquee", Math "math", Menu "menu", Meta "meta",
        Meter "meter", Mglyph "mglyph", Mi "mi", Mn "mn", Mo "mo", Ms "ms", Mtext "mtext", Nav "nav", Nobr "nobr",
        Noembed "noembed", Noframes "noframes", Noscript "noscript", Object "object", Ol "ol", Optgroup "optgroup",
        Option "option", Output "output", P "p", Param "param", Picture "picture", Plaintext "plaintext", Pre "pre",
        Progress "progress", Q "q", Rb "rb", Rp "rp", Rt "rt", Rtc "rtc", Ruby "ruby", S "s", Samp "samp",
        Script "script", Search "search", Section "section", Select "select", Slot "slot", Small "small",
        Source "source", Span "span", Strike "strike", Strong "strong", Style "style", Sub "sub",
        Summary "summary", Sup "sup", Svg "svg", Table "table", Tbody "tbody", Td "td", Template "template",
        Textarea "textarea", Tfoot "tfoot", Th "th", Thead "thead", Time "time", Title "title", Tr "tr",
        Track "track", Tt "tt", U "u", Ul "ul", Var "var", Video "video", Wbr "wbr", Xmp "xmp",
    }
}

vocabulary! {
    /// An attribute that is kept.
    AttributeName {
        Unknown, |
        Action "action", Align "align", Alt "alt", AriaExpanded "aria-expanded", AriaHidden "aria-hidden",
        AriaLabel "aria-label", Bgcolor "bgcolor", Charset "charset", Class "class", Color "color",
        Content "content", DataComponent "data-component", DataLazySrc "data-lazy-src", DataModule "data-module",
        DataOriginal "data-original", DataQa "data-qa", DataSrc "data-src", DataSrcset "data-srcset",
        DataTestid "data-testid", Datetime "datetime", Dir "dir", Encoding "encoding", Face "face", For "for",
        Height "height", Hidden "hidden", Href "href", HttpEquiv "http-equiv", Id "id", Itemprop "itemprop",
        Itemscope "itemscope", Itemtype "itemtype", Lang "lang", Name "name", Onclick "onclick", Poster "poster",
        Property "property", Pubdate "pubdate", Rel "rel", Role "role", Shadowrootmode "shadowrootmode",
        Size "size", Src "src", Srcset "srcset", Style "style", Target "target", Title "title",
        Type "type", Value "value", Width "width",
    }
}

// Elements that the standard names together in several insertion modes, as patterns.

/// What belongs into the head wherever it stands.
macro_rules! head_content {
    () => {
        Name::Base
            | Name::Basefont
            | Name::Bgsound
            | Name::Link
            | Name::Meta
            | Name::Noframes
            | Name::Script
            | Name::Style
            | Name::Template
            | Name::Title
    };
}

/// Parts of a table.
macro_rules! table_part {
    () => {
        Name::Caption
            | Name::Col
            | Name::Colgroup
            | Name::Tbody
            | Name::Td
            | Name::Tfoot
            | Name::Th
            | Name::Thead
            | Name::Tr
    };
}

/// Blocks that end an open paragraph and are ended by their own end tag.
macro_rules! block {
    () => {
        Name::Address
            | Name::Article
            | Name::Aside
            | Name::Blockquote
            | Name::Center
            | Name::Details
            | Name::Dialog
            | Name::Dir
            | Name::Div
            | Name::Dl
            | Name::Fieldset
            | Name::Figcaption
            | Name::Figure
            | Name::Footer
            | Name::Header
            | Name::Hgroup
            | Name::Main
            | Name::Menu
            | Name::Nav
            | Name::Ol
            | Name::Search
            | Name::Section
            | Name::Summary
            | Name::Ul
    };
}

pub(super) use {block, head_content, table_part};

// The tokenizer marks in one word which attributes it has seen.
const _: () = assert!(AttributeName::ALL.len() <= 64);
const _: () = assert!(Name::ALL.len() <= 256);

/// The first eight bytes, the first of them lowest; zeros where there are fewer.
#[inline]
const fn first_word(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if let Some(eight) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(*eight);
    }
    // Two loads that overlap, in place of a loop.
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (head, tail) = (u32::from_le_bytes(*head) as u64, u32::from_le_bytes(*tail) as u64);
        return head | tail << ((length - 4) * 8);
    }
    match bytes {
        [a] => *a as u64,
        [a, b] => *a as u64 | (*b as u64) << 8,
        [a, b, c] => *a as u64 | (*b as u64) << 8 | (*c as u64) << 16,
        _ => 0,
    }
}

/// ASCII capitals of all eight bytes made small.
#[inline]
const fn lower(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let low_bits = word & (0x7f * ONES);
    let from_a = low_bits + (0x80 - b'A' as u64) * ONES;
    let beyond_z = low_bits + (0x7f - b'Z' as u64) * ONES;
    let capitals = !word & (from_a ^ beyond_z) & (0x80 * ONES);
    word | capitals >> 2
}

#[inline]
const fn hash(word: u64, length: usize) -> usize {
    let mixed = (word ^ (length as u64) << 56).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 55) as usize % SLOTS
}

const fn words<const N: usize>(texts: &[&str]) -> [u64; N] {
    let mut words = [0; N];
    let mut id = 0;
    while id < N {
        words[id] = first_word(texts[id].as_bytes());
        id += 1;
    }
    words
}

const fn table(texts: &[&str]) -> [u8; SLOTS] {
    assert!(texts.len() * 2 < SLOTS);
    let mut table = [0; SLOTS];
    let mut id = 1;
    while id < texts.len() {
        let text = texts[id].as_bytes();
        assert!(text.len() <= NAME_BYTES_MAX);
        if !text.is_empty() {
            let mut slot = hash(first_word(text), text.len());
            while table[slot] != 0 {
                slot = (slot + 1) % SLOTS;
            }
            table[slot] = id as u8;
        }
        id += 1;
    }
    table
}

/// A set of elements.
#[derive(Clone, Copy)]
pub(super) struct Set([u64; 4]);

impl Set {
    pub(super) const fn of(names: &[Name]) -> Self {
        Self([0; 4]).with(names)
    }

    pub(super) const fn with(mut self, names: &[Name]) -> Self {
        let mut index = 0;
        while index < names.len() {
            let id = names[index] as usize;
            self.0[id / 64] |= 1 << (id % 64);
            index += 1;
        }
        self
    }

    #[inline]
    pub(super) const fn contains(self, name: Name) -> bool {
        let id = name as usize;
        self.0[(id / 64) & 3] >> (id % 64) & 1 == 1
    }
}

use Name as N;

/// Elements of which nothing is inside: they are closed as soon as they are opened.
pub(super) const VOID: Set = Set::of(&[
    N::Area,
    N::Base,
    N::Basefont,
    N::Bgsound,
    N::Br,
    N::Col,
    N::Embed,
    N::Frame,
    N::Hr,
    N::Image,
    N::Img,
    N::Input,
    N::Keygen,
    N::Link,
    N::Meta,
    N::Param,
    N::Source,
    N::Track,
    N::Wbr,
]);
/// Elements whose content is no markup (with `noscript`, since scripting counts as on).
pub(super) const RAW: Set =
    Set::of(&[N::Iframe, N::Noembed, N::Noframes, N::Noscript, N::Script, N::Style, N::Textarea, N::Title, N::Xmp]);

/// 13.2.4.2: "has an element in scope" stops at these.
pub(super) const SCOPE: Set = Set::of(&[
    N::Applet,
    N::Caption,
    N::Html,
    N::Table,
    N::Td,
    N::Th,
    N::Marquee,
    N::Object,
    N::Select,
    N::Template,
    N::ForeignBarrier,
]);
pub(super) const LIST_ITEM_SCOPE: Set = SCOPE.with(&[N::Ol, N::Ul]);
pub(super) const BUTTON_SCOPE: Set = SCOPE.with(&[N::Button]);
pub(super) const TABLE_SCOPE: Set = Set::of(&[N::Html, N::Table, N::Template]);

pub(super) const TABLE_CONTEXT: Set = TABLE_SCOPE;
pub(super) const TABLE_BODY_CONTEXT: Set = Set::of(&[N::Tbody, N::Tfoot, N::Thead, N::Template, N::Html]);
pub(super) const TABLE_ROW_CONTEXT: Set = Set::of(&[N::Tr, N::Template, N::Html]);
/// Where content that is not allowed is put in front of the table.
pub(super) const FOSTERING: Set = Set::of(&[N::Table, N::Tbody, N::Tfoot, N::Thead, N::Tr]);
pub(super) const TABLE_TEXT: Set = FOSTERING.with(&[N::Template]);
pub(super) const TABLE_SECTIONS: Set = Set::of(&[N::Tbody, N::Tfoot, N::Thead]);
pub(super) const CELLS: Set = Set::of(&[N::Td, N::Th]);
pub(super) const HEADINGS: Set = Set::of(&[N::H1, N::H2, N::H3, N::H4, N::H5, N::H6]);

/// 13.2.6.3: end tags that may be left out.
pub(super) const IMPLIED: Set =
    Set::of(&[N::Dd, N::Dt, N::Li, N::Optgroup, N::Option, N::P, N::Rb, N::Rp, N::Rt, N::Rtc]);
pub(super) const IMPLIED_THOROUGHLY: Set =
    IMPLIED.with(&[N::Caption, N::Colgroup, N::Tbody, N::Td, N::Tfoot, N::Th, N::Thead, N::Tr]);

/// 13.2.4.2: the special category.
pub(super) const SPECIAL: Set = Set::of(&[
    N::Address,
    N::Applet,
    N::Area,
    N::Article,
    N::Aside,
    N::Base,
    N::Basefont,
    N::Bgsound,
    N::Blockquote,
    N::Body,
    N::Br,
    N::Button,
    N::Caption,
    N::Center,
    N::Col,
    N::Colgroup,
    N::Dd,
    N::Details,
    N::Dir,
    N::Div,
    N::Dl,
    N::Dt,
    N::Embed,
    N::Fieldset,
    N::Figcaption,
    N::Figure,
    N::Footer,
    N::Form,
    N::Frame,
    N::Frameset,
    N::H1,
    N::H2,
    N::H3,
    N::H4,
    N::H5,
    N::H6,
    N::Head,
    N::Header,
    N::Hgroup,
    N::Hr,
    N::Html,
    N::Iframe,
    N::Img,
    N::Input,
    N::Keygen,
    N::Li,
    N::Link,
    N::Listing,
    N::Main,
    N::Marquee,
    N::Menu,
    N::Meta,
    N::Nav,
    N::Noembed,
    N::Noframes,
    N::Noscript,
    N::Object,
    N::Ol,
    N::P,
    N::Param,
    N::Plaintext,
    N::Pre,
    N::Script,
    N::Search,
    N::Section,
    N::Select,
    N::Source,
    N::Style,
    N::Summary,
    N::Table,
    N::Tbody,
    N::Td,
    N::Template,
    N::Textarea,
    N::Tfoot,
    N::Th,
    N::Thead,
    N::Title,
    N::Tr,
    N::Track,
    N::Ul,
    N::Wbr,
    N::Xmp,
    N::ForeignBarrier,
]);

/// 13.2.6.5: start tags that end foreign content.
pub(super) const BREAK_OUT: Set = Set::of(&[
    N::B,
    N::Big,
    N::Blockquote,
    N::Body,
    N::Br,
    N::Center,
    N::Code,
    N::Dd,
    N::Div,
    N::Dl,
    N::Dt,
    N::Em,
    N::Embed,
    N::H1,
    N::H2,
    N::H3,
    N::H4,
    N::H5,
    N::H6,
    N::Head,
    N::Hr,
    N::I,
    N::Img,
    N::Li,
    N::Listing,
    N::Menu,
    N::Meta,
    N::Nobr,
    N::Ol,
    N::P,
    N::Pre,
    N::Ruby,
    N::S,
    N::Small,
    N::Span,
    N::Strong,
    N::Strike,
    N::Sub,
    N::Sup,
    N::Table,
    N::Tt,
    N::U,
    N::Ul,
    N::Var,
]);
