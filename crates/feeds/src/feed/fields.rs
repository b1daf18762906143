//! What each element of each vocabulary says.

use crate::types::Format;
use crate::xml::Ns;

/// What an element says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// An entry begins.
    Entry,
    /// Neither it nor what it holds says anything here.
    Skip,
    /// It says nothing, what it holds may.
    Nothing,
    /// Its text is not wanted.
    Ignored,
    Title,
    /// A title of another vocabulary, where there is none in the feed's own.
    OtherTitle,
    Link,
    OriginalLink,
    Id,
    Guid,
    Summary,
    /// A summary of another vocabulary, likewise.
    OtherSummary,
    Content,
    Published,
    Updated,
    /// `dc:date`: published where nothing else says when.
    Date,
    Author,
    AuthorName,
    AuthorEmail,
    Creator,
    ItunesAuthor,
    Category,
    Keywords,
    Language,
    Enclosure,
    Image,
    Publication,
    Ttl,
    SkipHour,
    SkipDay,
    Period,
    Frequency,
}

/// Where an element stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) in_entry: bool,
    pub(super) format: Format,
}

/// What an element says by its name and place.
pub(super) fn of(scope: Scope, ns: Ns, name: &str) -> Field {
    match ns {
        Ns::Core => core(scope, name),
        Ns::Dc => match name {
            "title" => Field::OtherTitle,
            "description" | "abstract" => Field::OtherSummary,
            "creator" | "author" => Field::Creator,
            "date" => Field::Date,
            "issued" | "created" | "available" => Field::Published,
            "modified" => Field::Updated,
            "language" => Field::Language,
            "subject" => Field::Category,
            "identifier" if scope.in_entry => Field::Id,
            _ => Field::Nothing,
        },
        Ns::Content if name == "encoded" => Field::Content,
        Ns::Xhtml if matches!(name, "body" | "div") && scope.in_entry => Field::Content,
        Ns::Itunes => match name {
            "author" => Field::ItunesAuthor,
            "summary" => Field::OtherSummary,
            "image" => Field::Image,
            "owner" => Field::Skip,
            _ => Field::Nothing,
        },
        Ns::Media => match name {
            "content" => Field::Enclosure,
            "thumbnail" => Field::Image,
            "title" => Field::OtherTitle,
            "description" => Field::OtherSummary,
            _ => Field::Nothing,
        },
        Ns::FeedBurner if name == "origlink" => Field::OriginalLink,
        Ns::Sy => match name {
            "updateperiod" => Field::Period,
            "updatefrequency" => Field::Frequency,
            _ => Field::Nothing,
        },
        Ns::News => match name {
            "title" => Field::Title,
            "name" => Field::Publication,
            "language" => Field::Language,
            "publication_date" => Field::Published,
            "keywords" => Field::Keywords,
            _ => Field::Nothing,
        },
        Ns::Image if name == "loc" => Field::Image,
        _ => Field::Nothing,
    }
}

fn core(scope: Scope, name: &str) -> Field {
    match name {
        "item" | "entry" => Field::Entry,
        "url" if scope.format == Format::Sitemap => Field::Entry,
        "title" => Field::Title,
        "link" | "loc" => Field::Link,
        "id" => Field::Id,
        "guid" => Field::Guid,
        "description" | "summary" | "subtitle" | "tagline" | "abstract" => Field::Summary,
        "content" | "body" | "fullitem" if scope.in_entry => Field::Content,
        "pubdate" | "published" | "issued" | "created" => Field::Published,
        "updated" | "modified" | "lastbuilddate" | "lastmod" => Field::Updated,
        "date" => Field::Date,
        "author" | "managingeditor" if scope.format != Format::Sitemap => Field::Author,
        "category" | "keyword" => Field::Category,
        "language" => Field::Language,
        "enclosure" => Field::Enclosure,
        "ttl" => Field::Ttl,
        "hour" => Field::SkipHour,
        "day" => Field::SkipDay,
        "image" | "textinput" | "cloud" | "source" | "contributor" | "webmaster" | "generator" | "logo" => Field::Skip,
        _ => Field::Nothing,
    }
}
