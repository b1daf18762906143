//! What goes in and what comes out.

use std::borrow::Cow;

/// What is known of a page besides its body. All of it may be absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The address that answered.
    pub url: Option<&'a str>,
    /// A BCP 47 tag that the feed or the user states; weaker than what the page itself declares.
    pub language: Option<&'a str>,
    /// When the page was fetched, in milliseconds since 1970 (UTC): a date after it is not believed.
    pub fetched_at_ms: Option<i64>,
    /// What the feed said of this entry.
    pub feed: FeedHints<'a>,
    /// Whether [`Block::reason`] also says by what the model decided. Finding that out takes longer than cleaning.
    pub explain: bool,
}

/// What a feed's entry says; used where the page says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct FeedHints<'a> {
    /// The entry's title.
    pub title: Option<&'a str>,
    /// The entry's authors.
    pub authors: &'a [&'a str],
    /// When the entry was published, RFC 3339.
    pub published: Option<&'a str>,
}

/// An article, and all that stood around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extracted {
    /// The headline, without the site's name.
    pub title: Option<Found<String>>,
    /// Sub-headlines between the title and the text.
    pub deck: Vec<String>,
    /// People who wrote it.
    pub authors: Option<Found<Vec<String>>>,
    /// When it was published.
    pub published: Option<Date>,
    /// When it was last changed, as the page says.
    pub modified: Option<Date>,
    /// A BCP 47 tag.
    pub language: Option<Found<String>>,
    /// The address that the page calls its own, absolute.
    pub canonical_url: Option<Found<String>>,
    /// Pictures of the article: the page's own choice first, then those within the text.
    pub images: Vec<Image>,
    /// What stands under pictures, without mark and credit.
    pub captions: Vec<String>,
    /// Who took the pictures, as written.
    pub credits: Vec<String>,
    /// The news agency, as written.
    pub agency: Option<Found<String>>,
    /// The place (and date) in front of the first sentence, as written.
    pub dateline: Option<Found<String>>,
    /// Titles of other articles that the text points to.
    pub related: Vec<String>,
    /// Every block of the input in its order, kept or removed.
    pub blocks: Vec<Block>,
    /// Whether this is an article at all.
    pub verdict: Verdict,
    /// What was odd about the input, as constants.
    pub notes: Vec<&'static str>,
}

impl Extracted {
    /// The kept text, a block a line.
    pub fn body(&self) -> String {
        let kept: Vec<&str> = self.blocks.iter().filter(|block| block.kept).map(|block| block.text.as_str()).collect();
        kept.join("\n")
    }
}

/// A value, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// Where it was found.
    pub source: FieldSource,
}

impl<T> Found<T> {
    pub(crate) fn new(value: T, source: FieldSource) -> Self {
        Self { value, source }
    }
}

/// Where a field was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldSource {
    /// schema.org in JSON-LD.
    JsonLd,
    /// A `meta` element.
    Meta,
    /// schema.org in microdata or RDFa.
    Microdata,
    /// A `link` element.
    Link,
    /// A `time` element.
    TimeElement,
    /// A heading element.
    Heading,
    /// The `title` element.
    TitleElement,
    /// A class or id in the markup.
    Markup,
    /// Text that a reader sees.
    Text,
    /// The address.
    Url,
    /// The feed's entry.
    Feed,
    /// An HTTP header.
    Http,
    /// Whoever handed the page over said so.
    Import,
}

impl FieldSource {
    /// The name used in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonLd => "json_ld",
            Self::Meta => "meta",
            Self::Microdata => "microdata",
            Self::Link => "link",
            Self::TimeElement => "time_element",
            Self::Heading => "heading",
            Self::TitleElement => "title_element",
            Self::Markup => "markup",
            Self::Text => "text",
            Self::Url => "url",
            Self::Feed => "feed",
            Self::Http => "http",
            Self::Import => "import",
        }
    }
}

/// A date, with how much of it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Date {
    /// RFC 3339: an instant with its offset, or the day alone (`2024-05-01`) where no time is known.
    pub at: String,
    /// Where it was found.
    pub source: FieldSource,
    /// How the offset from UTC is known.
    pub zone: ZoneSource,
    /// From 0 to 1.
    pub confidence: f32,
}

impl Date {
    /// The day as written there, `YYYY-MM-DD`.
    pub fn day(&self) -> &str {
        self.at.get(..10).unwrap_or(&self.at)
    }
}

/// How the offset of a date from UTC is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneSource {
    /// It stands beside the time.
    Stated,
    /// The site's country or language keeps one zone.
    Site,
    /// Nothing said so: UTC was taken.
    Assumed,
    /// There is no time, so no zone is needed.
    DayOnly,
}

impl ZoneSource {
    /// The name used in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stated => "stated",
            Self::Site => "site",
            Self::Assumed => "assumed",
            Self::DayOnly => "day_only",
        }
    }
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its address, absolute where the page's own is known.
    pub url: String,
    /// What the markup says in its stead.
    pub alt: Option<String>,
}

/// A piece of the input with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its text, white space collapsed; the cells of a table's row are parted by tabs.
    pub text: String,
    /// What it is.
    pub label: Label,
    /// Whether it belongs to the article's text.
    pub kept: bool,
    /// What decided: a word for the rule, then what it saw (`wording: "share this article"`). It names words of our own
    /// tables, never text of the page, and has 120 bytes at most.
    pub reason: Cow<'static, str>,
    /// For text: the index of the input line.
    pub line: Option<usize>,
}

/// Whether the input is an article.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// It is, or nothing says that it is not.
    #[default]
    Article,
    /// It is surely something else: the constant says what.
    NotArticle(&'static str),
    /// It has no text at all.
    Empty,
}

impl Verdict {
    /// `article`, `empty`, or why it is none.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::NotArticle(reason) => reason,
            Self::Empty => "empty",
        }
    }
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// What a block is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Label { $($(#[$doc])* $name,)* }

        impl Label {
            /// Every label, in the order of their declaration.
            pub const ALL: &[Label] = &[$(Label::$name,)*];

            /// The name used in records, snake case.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The inverse of [`Label::as_str`].
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

labels! {
    /// A paragraph.
    Body "body",
    /// A heading between paragraphs.
    Heading "heading",
    /// An item of a list.
    List "list",
    /// A row of a table.
    Table "table",
    /// A block quotation.
    Quote "quote",
    /// The headline.
    Title "title",
    /// A sub-headline above the text.
    Deck "deck",
    /// Who wrote it.
    Byline "byline",
    /// When and where it was written, and by which agency.
    Dateline "dateline",
    /// What stands under a picture.
    Caption "caption",
    /// Who took a picture.
    Credit "credit",
    /// Buttons and counters of liking, voting, rating.
    Reaction "reaction",
    /// Readers' comments and the forms around them.
    Comment "comment",
    /// Buttons for passing the article on.
    Share "share",
    /// Pointers to other articles.
    Related "related",
    /// Newsletters, accounts, pay walls.
    Subscribe "subscribe",
    /// The site's menus, bread crumbs, page numbers.
    Nav "nav",
    /// Links past the menus.
    Skiplink "skiplink",
    /// About the author.
    Profile "profile",
    /// Topics and keywords.
    Tags "tags",
    /// Print, font size, listen, save.
    Tools "tools",
    /// Advertisements and their marks.
    Ad "ad",
    /// Copyright and imprint.
    Legal "legal",
    /// Consent to cookies and embedded content.
    Cookie "cookie",
    /// "This was translated by a machine."
    TranslationNotice "translation_notice",
    /// None of these.
    Other "other",
}

impl Label {
    /// Whether a block of this name is part of the article's text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Body | Self::Heading | Self::List | Self::Table | Self::Quote)
    }

    /// Whether a block of this name belongs to the article, as its text or as one of its fields.
    pub fn is_article(self) -> bool {
        self.is_text()
            || matches!(self, Self::Title | Self::Deck | Self::Byline | Self::Dateline | Self::Caption | Self::Credit)
    }
}
