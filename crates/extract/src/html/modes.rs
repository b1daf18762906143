//! The insertion modes around the body: before, in and after the head, templates, framesets, after the body, and the
//! end of the page. 13.2.6.4.1 to .6, .16 and .18 to .23.

use crate::limits::JSON_LD_BYTES_MAX;

use super::names::{AttributeName, Name, TABLE_TEXT, head_content};
use super::parser::{Flow, Mode, Parser, Point};
use super::tokenizer::{Tag, is_space};
use super::tree::{NONE, RawKind, Span};

/// Bytes of a script that may hold an article's text.
const SCRIPT_BYTES_MIN: usize = 400;

/// End tags that act where others are ignored, before there is a body.
fn opens_body(name: Name) -> bool {
    matches!(name, Name::Body | Name::Html | Name::Br)
}

impl Parser<'_> {
    /// The doctype counts only as the first thing of a page.
    pub(super) fn doctype(&mut self) {
        let doctype = self.tokens.bogus();
        if self.mode == Mode::Initial {
            self.quirks = super::quirks::has_quirks(doctype);
            self.mode = Mode::BeforeHtml;
        }
    }

    /// A page without a doctype.
    pub(super) fn leave_initial(&mut self) -> Flow {
        self.quirks = true;
        self.mode = Mode::BeforeHtml;
        Flow::Again
    }

    fn leave_before_html(&mut self) -> Flow {
        self.insert_implied(Name::Html);
        self.mode = Mode::BeforeHead;
        Flow::Again
    }

    pub(super) fn start_before_html(&mut self, tag: &Tag) -> Flow {
        if tag.name != Name::Html {
            return self.leave_before_html();
        }
        self.insert(tag);
        self.mode = Mode::BeforeHead;
        Flow::Done
    }

    pub(super) fn end_before_html(&mut self, tag: &Tag) -> Flow {
        if opens_body(tag.name) || tag.name == Name::Head { self.leave_before_html() } else { Flow::Done }
    }

    fn leave_before_head(&mut self) -> Flow {
        self.head = self.insert_implied(Name::Head);
        self.mode = Mode::InHead;
        Flow::Again
    }

    pub(super) fn start_before_head(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Html => self.start_in_body(tag),
            Name::Head => {
                self.head = self.insert(tag);
                self.mode = Mode::InHead;
                Flow::Done
            }
            _ => self.leave_before_head(),
        }
    }

    pub(super) fn end_before_head(&mut self, tag: &Tag) -> Flow {
        if opens_body(tag.name) || tag.name == Name::Head { self.leave_before_head() } else { Flow::Done }
    }

    fn leave_head(&mut self) -> Flow {
        self.pop();
        self.mode = Mode::AfterHead;
        Flow::Again
    }

    pub(super) fn start_in_head(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Html => return self.start_in_body(tag),
            Name::Base | Name::Basefont | Name::Bgsound | Name::Link | Name::Meta => {
                self.insert_void(tag);
            }
            Name::Title => self.insert_with_text(tag),
            Name::Noscript | Name::Noframes => {
                self.insert_raw(tag);
            }
            Name::Style => {
                self.tokens.raw(Name::Style, &mut self.tree);
            }
            Name::Script => self.script(tag),
            Name::Template => {
                self.insert(tag);
                self.push_marker();
                self.frameset_ok = false;
                self.mode = Mode::InTemplate;
                self.template_modes.push(Mode::InTemplate);
            }
            Name::Head => {}
            _ => return self.leave_head(),
        }
        Flow::Done
    }

    pub(super) fn end_in_head(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Head => {
                self.pop();
                self.mode = Mode::AfterHead;
                Flow::Done
            }
            Name::Template => {
                self.end_template();
                Flow::Done
            }
            name if opens_body(name) => self.leave_head(),
            _ => Flow::Done,
        }
    }

    /// Passes a script over; what may hold text is held aside.
    fn script(&mut self, tag: &Tag) {
        let kind = self.attribute_of(tag, AttributeName::Type).unwrap_or_default().to_ascii_lowercase();
        let (start, end) = self.tokens.raw(Name::Script, &mut self.tree);
        let content = Span::new(start, end);
        if kind.contains("ld+json") {
            if self.json_ld_bytes + (end - start) <= JSON_LD_BYTES_MAX {
                self.json_ld_bytes += end - start;
                self.hold(RawKind::JsonLd, NONE, content);
            }
            return;
        }
        if end - start >= SCRIPT_BYTES_MIN {
            self.hold(RawKind::Script, NONE, content);
        }
    }

    pub(super) fn end_template(&mut self) {
        if self.count(Name::Template) == 0 {
            return;
        }
        self.imply_end_tags_thoroughly();
        self.close_template();
    }

    fn close_template(&mut self) {
        self.pop_until(Name::Template);
        self.clear_to_marker();
        self.template_modes.pop();
        self.reset_mode();
    }

    fn leave_after_head(&mut self) -> Flow {
        self.insert_implied(Name::Body);
        self.mode = Mode::InBody;
        Flow::Again
    }

    pub(super) fn start_after_head(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Html => self.start_in_body(tag),
            Name::Body => {
                self.insert(tag);
                self.frameset_ok = false;
                self.mode = Mode::InBody;
                Flow::Done
            }
            Name::Frameset => {
                self.insert(tag);
                self.mode = Mode::InFrameset;
                Flow::Done
            }
            head_content!() => self.start_in_closed_head(tag),
            Name::Head => Flow::Done,
            _ => self.leave_after_head(),
        }
    }

    /// What belongs into the head goes there though it is closed.
    fn start_in_closed_head(&mut self, tag: &Tag) -> Flow {
        let head = self.head;
        let html = self.open.first().copied();
        if let Some(html) = html {
            self.push(super::parser::Open { node: head, tag: Name::Head, local: Name::Head, ..html });
        }
        let flow = self.start_in_head(tag);
        if let Some(at) = self.position(head) {
            self.remove_open(at);
        }
        flow
    }

    pub(super) fn end_after_head(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Template => self.end_in_head(tag),
            name if opens_body(name) => self.leave_after_head(),
            _ => Flow::Done,
        }
    }

    // Templates, 13.2.6.4.18. Their content stays within the `template` element, which readers pass over.

    pub(super) fn start_in_template(&mut self, tag: &Tag) -> Flow {
        let mode = match tag.name {
            head_content!() => return self.start_in_head(tag),
            Name::Caption | Name::Colgroup | Name::Tbody | Name::Tfoot | Name::Thead => Mode::InTable,
            Name::Col => Mode::InColumnGroup,
            Name::Tr => Mode::InTableBody,
            Name::Td | Name::Th => Mode::InRow,
            _ => Mode::InBody,
        };
        if let Some(last) = self.template_modes.last_mut() {
            *last = mode;
        }
        self.mode = mode;
        Flow::Again
    }

    pub(super) fn end_in_template(&mut self, tag: &Tag) -> Flow {
        if tag.name == Name::Template {
            self.end_template();
        }
        Flow::Done
    }

    // After the body, and framesets.

    pub(super) fn start_after_body(&mut self, tag: &Tag) -> Flow {
        if tag.name == Name::Html {
            return self.start_in_body(tag);
        }
        self.mode = Mode::InBody;
        Flow::Again
    }

    pub(super) fn end_after_body(&mut self, tag: &Tag) -> Flow {
        if self.mode == Mode::AfterBody && tag.name == Name::Html {
            self.mode = Mode::AfterAfterBody;
            return Flow::Done;
        }
        self.mode = Mode::InBody;
        Flow::Again
    }

    pub(super) fn start_in_frameset(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Html => return self.start_in_body(tag),
            Name::Frameset => {
                self.insert(tag);
            }
            Name::Frame => {
                self.insert_void(tag);
            }
            Name::Noframes => {
                self.insert_raw(tag);
            }
            _ => {}
        }
        Flow::Done
    }

    pub(super) fn end_in_frameset(&mut self, tag: &Tag) -> Flow {
        if tag.name == Name::Frameset && self.open.len() > 1 {
            self.pop();
            if self.current_tag() != Name::Frameset {
                self.mode = Mode::AfterFrameset;
            }
        }
        Flow::Done
    }

    pub(super) fn start_after_frameset(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Html => return self.start_in_body(tag),
            Name::Noframes => {
                self.insert_raw(tag);
            }
            _ => {}
        }
        Flow::Done
    }

    pub(super) fn end_after_frameset(&mut self, tag: &Tag) -> Flow {
        if self.mode == Mode::AfterFrameset && tag.name == Name::Html {
            self.mode = Mode::AfterAfterFrameset;
        }
        Flow::Done
    }

    // Text in other modes than the body's.

    pub(super) fn text_by_mode(&mut self, text: Span) {
        let mut rest = text;
        while !rest.is_empty() {
            let (space, other) = self.split_space(rest);
            match self.mode {
                Mode::Initial | Mode::BeforeHtml | Mode::BeforeHead => {
                    rest = other;
                    if rest.is_empty() {
                        return;
                    }
                    match self.mode {
                        Mode::Initial => self.leave_initial(),
                        Mode::BeforeHtml => self.leave_before_html(),
                        _ => self.leave_before_head(),
                    };
                }
                Mode::InHead | Mode::AfterHead => {
                    self.insert_text(space);
                    rest = other;
                    if rest.is_empty() {
                        return;
                    }
                    if self.mode == Mode::InHead {
                        self.leave_head()
                    } else {
                        self.leave_after_head()
                    };
                }
                Mode::InColumnGroup => {
                    self.insert_text(space);
                    rest = other;
                    if rest.is_empty() || self.leave_column_group() == Flow::Done {
                        return self.space_alone(rest);
                    }
                }
                Mode::InTable | Mode::InTableBody | Mode::InRow => {
                    if TABLE_TEXT.contains(self.current_tag()) {
                        self.add_table_text(rest);
                    } else {
                        self.fostered(|parser| parser.text_in_body(rest));
                    }
                    return;
                }
                Mode::AfterBody | Mode::AfterAfterBody => {
                    if !other.is_empty() {
                        self.mode = Mode::InBody;
                    }
                    return self.text_in_body(rest);
                }
                Mode::InFrameset | Mode::AfterFrameset | Mode::AfterAfterFrameset => return self.space_alone(rest),
                Mode::InBody | Mode::InCaption | Mode::InCell | Mode::InTemplate => return self.text_in_body(rest),
            }
        }
    }

    /// Where white space is inserted and all else is ignored. The first of it stands for all: it all goes to one place.
    fn space_alone(&mut self, text: Span) {
        let skipped = self.tree.slice(text).bytes().take_while(|byte| !is_space(*byte)).count() as u32;
        let (space, _) = self.split_space(Span { start: text.start + skipped, ..text });
        self.insert_text(space);
    }

    /// A NUL is ignored as text, but first it opens what any character opens.
    pub(super) fn nul_by_mode(&mut self) {
        if self.current().is_some_and(|current| !current.is_html() && current.point != Point::Html) {
            return;
        }
        let mut flow = Flow::Again;
        while flow == Flow::Again {
            flow = match self.mode {
                Mode::Initial => self.leave_initial(),
                Mode::BeforeHtml => self.leave_before_html(),
                Mode::BeforeHead => self.leave_before_head(),
                Mode::InHead => self.leave_head(),
                Mode::AfterHead => self.leave_after_head(),
                Mode::InColumnGroup => self.leave_column_group(),
                Mode::AfterBody | Mode::AfterAfterBody => {
                    self.mode = Mode::InBody;
                    return;
                }
                _ => return,
            };
        }
    }

    /// The end of the page: what must be there is made.
    pub(super) fn end_of_file(&mut self) {
        while self.count(Name::Template) > 0 {
            self.close_template();
        }
        loop {
            match self.mode {
                Mode::Initial => self.leave_initial(),
                Mode::BeforeHtml => self.leave_before_html(),
                Mode::BeforeHead => self.leave_before_head(),
                Mode::InHead => self.leave_head(),
                Mode::AfterHead => self.leave_after_head(),
                _ => return,
            };
        }
    }

    /// "Reset the insertion mode appropriately", 13.2.4.1.
    pub(super) fn reset_mode(&mut self) {
        for at in (0..self.open.len()).rev() {
            self.mode = match self.open[at].tag {
                Name::Td | Name::Th if at > 0 => Mode::InCell,
                Name::Tr => Mode::InRow,
                Name::Tbody | Name::Tfoot | Name::Thead => Mode::InTableBody,
                Name::Caption => Mode::InCaption,
                Name::Colgroup => Mode::InColumnGroup,
                Name::Table => Mode::InTable,
                Name::Template => self.template_modes.last().copied().unwrap_or(Mode::InBody),
                Name::Head if at > 0 => Mode::InHead,
                Name::Body => Mode::InBody,
                Name::Frameset => Mode::InFrameset,
                Name::Html if self.head == NONE => Mode::BeforeHead,
                Name::Html => Mode::AfterHead,
                _ => continue,
            };
            return;
        }
        self.mode = Mode::InBody;
    }
}
