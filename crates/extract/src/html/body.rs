//! The insertion mode "in body", 13.2.6.4.7.

use super::names::{BUTTON_SCOPE, HEADINGS, LIST_ITEM_SCOPE, Name, SCOPE, SPECIAL, block, head_content, table_part};
use super::parser::{Flow, Mode, Parser};
use super::tokenizer::Tag;
use super::tree::{NONE, RawKind};

impl Parser<'_> {
    pub(super) fn start_in_body(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Html => self.start_html(tag),
            head_content!() => return self.start_in_head(tag),
            Name::Body => self.start_body(tag),
            Name::Frameset => self.start_frameset(tag),
            block!() | Name::P => {
                self.close_paragraph();
                self.insert(tag);
            }
            Name::H1 | Name::H2 | Name::H3 | Name::H4 | Name::H5 | Name::H6 => {
                self.close_paragraph();
                if HEADINGS.contains(self.current_tag()) {
                    self.pop();
                }
                self.insert(tag);
            }
            Name::Pre | Name::Listing => {
                self.close_paragraph();
                self.insert(tag);
                self.skip_line_feed();
                self.frameset_ok = false;
            }
            Name::Form => self.start_form(tag),
            Name::Li => self.start_item(tag, &[Name::Li]),
            Name::Dd | Name::Dt => self.start_item(tag, &[Name::Dd, Name::Dt]),
            Name::Plaintext => self.start_plaintext(tag),
            Name::Button => {
                if self.in_scope(Name::Button) {
                    self.imply_end_tags(Name::Unknown);
                    self.pop_until(Name::Button);
                }
                self.start_inline(tag);
                self.frameset_ok = false;
            }
            Name::A => {
                self.end_earlier_link();
                self.insert_formatting(tag);
            }
            Name::B
            | Name::Big
            | Name::Code
            | Name::Em
            | Name::Font
            | Name::I
            | Name::S
            | Name::Small
            | Name::Strike
            | Name::Strong
            | Name::Tt
            | Name::U => self.insert_formatting(tag),
            Name::Nobr => {
                self.reconstruct_formatting();
                if self.in_scope(Name::Nobr) {
                    self.adopt(tag);
                }
                self.insert_formatting(tag);
            }
            Name::Applet | Name::Marquee | Name::Object => {
                self.start_inline(tag);
                self.push_marker();
                self.frameset_ok = false;
            }
            Name::Table => {
                if !self.quirks {
                    self.close_paragraph();
                }
                self.insert(tag);
                self.frameset_ok = false;
                self.mode = Mode::InTable;
            }
            Name::Area | Name::Br | Name::Embed | Name::Img | Name::Keygen | Name::Wbr => {
                self.reconstruct_formatting();
                self.insert_void(tag);
                self.frameset_ok = false;
            }
            Name::Image => return self.start_in_body(&Tag { name: Name::Img, ..*tag }),
            Name::Input => self.start_input(tag),
            Name::Param | Name::Source | Name::Track => {
                self.insert_void(tag);
            }
            Name::Hr => {
                self.close_paragraph();
                if self.in_scope(Name::Select) {
                    self.imply_end_tags(Name::Unknown);
                }
                self.insert_void(tag);
                self.frameset_ok = false;
            }
            Name::Textarea | Name::Xmp | Name::Iframe | Name::Noembed | Name::Noscript => self.start_raw(tag),
            Name::Select => self.start_select(tag),
            Name::Optgroup | Name::Option => self.start_option(tag),
            Name::Rb | Name::Rtc => self.start_ruby_part(tag, Name::Unknown),
            Name::Rp | Name::Rt => self.start_ruby_part(tag, Name::Rtc),
            Name::Math | Name::Svg => self.start_foreign(tag),
            table_part!() | Name::Frame | Name::Head => {}
            _ => self.start_inline(tag),
        }
        Flow::Done
    }

    fn start_inline(&mut self, tag: &Tag) {
        self.reconstruct_formatting();
        self.insert(tag);
    }

    fn start_html(&mut self, tag: &Tag) {
        if let Some(html) = self.open.first().filter(|_| self.count(Name::Template) == 0) {
            self.merge_attributes(html.node, tag);
        }
    }

    fn start_body(&mut self, tag: &Tag) {
        if let Some(body) = self.open.get(1).filter(|open| open.tag == Name::Body)
            && self.count(Name::Template) == 0
        {
            let node = body.node;
            self.frameset_ok = false;
            self.merge_attributes(node, tag);
        }
    }

    fn start_frameset(&mut self, tag: &Tag) {
        if let Some(body) = self.open.get(1).filter(|open| open.tag == Name::Body && self.frameset_ok) {
            let node = body.node;
            self.tree.detach(node);
            self.pop_to(1);
            self.insert(tag);
            self.mode = Mode::InFrameset;
        }
    }

    /// A line feed right behind `pre` is no text.
    fn skip_line_feed(&mut self) {
        let bytes = self.tokens.bytes();
        let at = self.tokens.at;
        let length = match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(b'\r' | b'\n'), _) => 1,
            _ => 0,
        };
        self.tokens.at = at + length;
    }

    fn start_form(&mut self, tag: &Tag) {
        let in_template = self.count(Name::Template) > 0;
        if self.form != NONE && !in_template {
            return;
        }
        self.close_paragraph();
        let node = self.insert(tag);
        if !in_template {
            self.form = node;
        }
    }

    /// `li`, `dd` and `dt`, each of which ends the one before it.
    fn start_item(&mut self, tag: &Tag, ended: &[Name]) {
        self.frameset_ok = false;
        for at in (0..self.open.len()).rev() {
            let open = self.open[at].tag;
            if ended.contains(&open) {
                self.imply_end_tags(open);
                self.pop_until(open);
                break;
            }
            if SPECIAL.contains(open) && !matches!(open, Name::Address | Name::Div | Name::P) {
                break;
            }
        }
        self.close_paragraph();
        self.insert(tag);
    }

    /// All that follows is text.
    fn start_plaintext(&mut self, tag: &Tag) {
        self.close_paragraph();
        self.insert(tag);
        let (start, end) = (self.tokens.at, self.tokens.input.len());
        self.tokens.at = end;
        let text = self.tree.raw_text_span(start, end, false);
        if !text.is_empty() {
            self.text_in_body(text);
        }
    }

    fn end_earlier_link(&mut self) {
        let Some(at) = self.last_formatting(Name::A) else { return };
        let node = self.formatting[at].node;
        self.adopt(&Tag::implied(Name::A));
        self.formatting.retain(|entry| entry.node != node);
        if let Some(at) = self.position(node) {
            self.remove_open(at);
        }
    }

    fn start_input(&mut self, tag: &Tag) {
        if self.in_scope(Name::Select) {
            self.pop_until(Name::Select);
        }
        self.reconstruct_formatting();
        let is_hidden = self.is_hidden_input(tag);
        self.insert_void(tag);
        self.frameset_ok = self.frameset_ok && is_hidden;
    }

    fn start_raw(&mut self, tag: &Tag) {
        match tag.name {
            Name::Xmp => {
                self.close_paragraph();
                self.reconstruct_formatting();
                self.frameset_ok = false;
                self.insert_with_text(tag);
            }
            Name::Textarea | Name::Noscript => {
                self.frameset_ok &= tag.name == Name::Noscript;
                let kind = if tag.name == Name::Noscript { RawKind::Noscript } else { RawKind::Textarea };
                let (node, content) = self.insert_raw(tag);
                self.hold(kind, node, content);
            }
            _ => {
                self.frameset_ok &= tag.name == Name::Noembed;
                self.insert_raw(tag);
            }
        }
    }

    fn start_select(&mut self, tag: &Tag) {
        if self.in_scope(Name::Select) {
            self.pop_until(Name::Select);
            return;
        }
        self.start_inline(tag);
        self.frameset_ok = false;
    }

    fn start_option(&mut self, tag: &Tag) {
        if self.in_scope(Name::Select) {
            let except = if tag.name == Name::Option { Name::Optgroup } else { Name::Unknown };
            self.imply_end_tags(except);
        } else if self.current_tag() == Name::Option {
            self.pop();
        }
        self.start_inline(tag);
    }

    fn start_ruby_part(&mut self, tag: &Tag, except: Name) {
        if self.in_scope(Name::Ruby) {
            self.imply_end_tags(except);
        }
        self.insert(tag);
    }

    pub(super) fn end_in_body(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Template => self.end_template(),
            Name::Body | Name::Html => return self.end_body(tag),
            block!() | Name::Button | Name::Listing | Name::Pre | Name::Select => self.end_block(tag.name),
            Name::Form => self.end_form(),
            Name::P => {
                if !self.in_scope_of(Name::P, BUTTON_SCOPE) {
                    self.insert_implied(Name::P);
                }
                self.close_paragraph();
            }
            Name::Li => {
                if self.in_scope_of(Name::Li, LIST_ITEM_SCOPE) {
                    self.imply_end_tags(Name::Li);
                    self.pop_until(Name::Li);
                }
            }
            Name::Dd | Name::Dt => {
                if self.in_scope(tag.name) {
                    self.imply_end_tags(tag.name);
                    self.pop_until(tag.name);
                }
            }
            Name::H1 | Name::H2 | Name::H3 | Name::H4 | Name::H5 | Name::H6 => {
                if self.any_in_scope_of(HEADINGS, SCOPE) {
                    self.imply_end_tags(Name::Unknown);
                    self.pop_until_any(HEADINGS);
                }
            }
            Name::A
            | Name::B
            | Name::Big
            | Name::Code
            | Name::Em
            | Name::Font
            | Name::I
            | Name::Nobr
            | Name::S
            | Name::Small
            | Name::Strike
            | Name::Strong
            | Name::Tt
            | Name::U => self.adopt(tag),
            Name::Applet | Name::Marquee | Name::Object => {
                if self.in_scope(tag.name) {
                    self.end_block(tag.name);
                    self.clear_to_marker();
                }
            }
            Name::Br => return self.start_in_body(&Tag::implied(Name::Br)),
            _ => self.end_any_other(tag),
        }
        Flow::Done
    }

    fn end_body(&mut self, tag: &Tag) -> Flow {
        if !self.in_scope(Name::Body) {
            return Flow::Done;
        }
        self.mode = Mode::AfterBody;
        if tag.name == Name::Html { Flow::Again } else { Flow::Done }
    }

    fn end_block(&mut self, name: Name) {
        if self.in_scope(name) {
            self.imply_end_tags(Name::Unknown);
            self.pop_until(name);
        }
    }

    fn end_form(&mut self) {
        if self.count(Name::Template) > 0 {
            return self.end_block(Name::Form);
        }
        let form = std::mem::replace(&mut self.form, NONE);
        let Some(at) = self.position(form) else { return };
        if self.open[at + 1..].iter().any(|open| SCOPE.contains(open.tag)) {
            return;
        }
        self.imply_end_tags(Name::Unknown);
        if let Some(at) = self.position(form) {
            self.remove_open(at);
        }
    }

    /// "Any other end tag".
    pub(super) fn end_any_other(&mut self, tag: &Tag) {
        if tag.name != Name::Unknown && self.count(tag.name) == 0 {
            return;
        }
        for at in (0..self.open.len()).rev() {
            let open = self.open[at];
            if open.tag == tag.name && (tag.name != Name::Unknown || self.is_written(&open, tag)) {
                self.imply_end_tags(tag.name);
                self.pop_to(at);
                return;
            }
            if SPECIAL.contains(open.tag) {
                return;
            }
        }
    }

    /// Whether an element and a tag that are not in the list of names have the same name.
    pub(super) fn is_written(&self, open: &super::parser::Open, tag: &Tag) -> bool {
        let (open, tag) = (open.written, tag.written);
        open.end - open.start == tag.end - tag.start && self.tree.slice(open) == self.tree.slice(tag)
    }
}
