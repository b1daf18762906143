//! What an element says of the blocks within it: its tag, its names, its place.

use crate::html::{AttributeName, Name, NodeRef};
use crate::markup::{Names, Vocabulary};
use crate::page::{Place, Tag};
use crate::types::Label;

/// The attributes of an element that say something, looked up once.
#[derive(Clone, Copy, Default)]
pub(crate) struct Said<'t> {
    pub(crate) names: Labels<'t>,
    pub(crate) rel: Option<&'t str>,
    pub(crate) href: Option<&'t str>,
    pub(crate) datetime: Option<&'t str>,
    pub(crate) content: Option<&'t str>,
    pub(crate) style: Option<&'t str>,
    pub(crate) hidden: bool,
}

/// What names an element.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Labels<'t> {
    pub(crate) class: Option<&'t str>,
    pub(crate) id: Option<&'t str>,
    pub(crate) itemprop: Option<&'t str>,
    pub(crate) role: Option<&'t str>,
}

impl<'t> Said<'t> {
    pub(crate) fn of(node: NodeRef<'t, '_>) -> Self {
        let mut said = Self::default();
        for (name, value) in node.attrs() {
            let place = match name {
                AttributeName::Class => &mut said.names.class,
                AttributeName::Id => &mut said.names.id,
                AttributeName::Itemprop => &mut said.names.itemprop,
                AttributeName::Role => &mut said.names.role,
                AttributeName::Rel => &mut said.rel,
                AttributeName::Href => &mut said.href,
                AttributeName::Datetime => &mut said.datetime,
                AttributeName::Content => &mut said.content,
                AttributeName::Style => &mut said.style,
                AttributeName::Hidden => {
                    // What is hidden until it is found on the page can be opened.
                    said.hidden |= !value.eq_ignore_ascii_case("until-found");
                    continue;
                }
                _ => continue,
            };
            // The first of several counts.
            *place = place.or(Some(value));
        }
        said
    }

    /// Whether readers do not see it, as far as its own attributes tell. They can open what is hidden as a region: so are
    /// the answers of an accordion (WAI-ARIA Authoring Practices, "Accordion").
    pub(crate) fn is_hidden(&self) -> bool {
        if self.names.role == Some("region") {
            return false;
        }
        if self.hidden {
            return true;
        }
        let Some(style) = self.style else { return false };
        let style: String = style.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
        style.contains("display:none") || style.contains("visibility:hidden")
    }
}

impl<'t> Labels<'t> {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What class, id, itemprop and role say.
    pub(crate) fn read(&self, vocabulary: &mut Vocabulary<'t>) -> Names {
        let class = self.class.unwrap_or_default().split_whitespace();
        let mut names = vocabulary.names(class.chain(self.id));
        match self.itemprop {
            Some("articleBody") => names.content = true,
            Some("headline") if names.field.is_none() => names.name_field(Label::Title, "itemprop headline"),
            Some("author") if names.field.is_none() => names.name_field(Label::Byline, "itemprop author"),
            Some("datePublished" | "dateModified") if names.field.is_none() => {
                names.name_field(Label::Dateline, "itemprop datePublished");
            }
            _ => {}
        }
        match self.role {
            Some("navigation" | "menu" | "menubar") => names.name_residue(Label::Nav, "role navigation"),
            Some("contentinfo") => names.name_residue(Label::Legal, "role contentinfo"),
            Some("complementary") if names.residue.is_none() => names.name_residue(Label::Other, "role complementary"),
            Some("search" | "dialog" | "alertdialog") if names.residue.is_none() => {
                names.name_residue(Label::Other, "role dialog");
            }
            _ => {}
        }
        names
    }
}

/// Where the blocks within an element stand.
pub(crate) fn place(outer: Place, name: Name, role: Option<&str>) -> Place {
    let mut place = outer;
    match name {
        Name::Nav => place.nav = true,
        Name::Aside => place.aside = true,
        Name::Header => place.header = true,
        Name::Footer => place.footer = true,
        Name::Form => place.form = true,
        Name::Button | Name::Label | Name::Option | Name::Textarea => place.button = true,
        Name::Figure | Name::Figcaption => place.figure = true,
        Name::Blockquote => place.quote = true,
        Name::Ul | Name::Ol | Name::Dl => place.list = true,
        Name::Table => place.table = true,
        Name::Article => place.article = true,
        Name::A => place.link = true,
        _ => {}
    }
    if role == Some("button") {
        place.button = true;
    }
    place
}

/// The kind of an element, and whether it parts blocks.
pub(crate) fn classify(name: Name) -> (Tag, bool) {
    let tag = match name {
        Name::Body => Tag::Body,
        Name::Article => Tag::Article,
        Name::Main => Tag::Main,
        Name::Section => Tag::Section,
        Name::P => Tag::Paragraph,
        Name::H1 => Tag::Heading(1),
        Name::H2 => Tag::Heading(2),
        Name::H3 => Tag::Heading(3),
        Name::H4 => Tag::Heading(4),
        Name::H5 => Tag::Heading(5),
        Name::H6 => Tag::Heading(6),
        Name::Ul | Name::Ol | Name::Dl | Name::Menu | Name::Dir => Tag::List,
        Name::Li | Name::Dt | Name::Dd => Tag::Item,
        Name::Table | Name::Tbody | Name::Thead | Name::Tfoot => Tag::Table,
        Name::Tr => Tag::Row,
        Name::Td | Name::Th => Tag::Cell,
        Name::Blockquote => Tag::Quote,
        Name::Pre => Tag::Pre,
        Name::Figure => Tag::Figure,
        Name::Figcaption | Name::Caption => Tag::Caption,
        Name::Nav => Tag::Nav,
        Name::Aside => Tag::Aside,
        Name::Header => Tag::Header,
        Name::Footer => Tag::Footer,
        Name::Form | Name::Fieldset => Tag::Form,
        Name::Button | Name::Option | Name::Textarea => Tag::Button,
        Name::Html
        | Name::Head
        | Name::Div
        | Name::Address
        | Name::Center
        | Name::Details
        | Name::Summary
        | Name::Dialog
        | Name::Hgroup
        | Name::Legend
        | Name::Title
        | Name::Video
        | Name::Audio
        | Name::Object
        | Name::Picture
        | Name::Search
        | Name::Template => Tag::Div,
        _ => return (Tag::Inline, false),
    };
    (tag, true)
}
