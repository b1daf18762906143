//! Foreign content, 13.2.6.5: where SVG and MathML end, and where HTML begins again within them. Of what they hold the
//! tree gets nothing but HTML within an integration point, below the `svg` or `math`.

use super::names::{AttributeName, BREAK_OUT, Name};
use super::parser::{Flow, Open, Parser, Point};
use super::tokenizer::Tag;
use super::tree::Index;

impl Parser<'_> {
    /// The tree construction dispatcher, 13.2.6, for a start tag.
    #[inline]
    pub(super) fn is_foreign_start(&self, tag: &Tag) -> bool {
        let Some(current) = self.current() else { return false };
        if current.is_html() {
            return false;
        }
        match current.point {
            Point::None => true,
            Point::MathmlText => matches!(tag.name, Name::Mglyph | Name::Malignmark),
            Point::AnnotationXml => tag.name != Name::Svg,
            Point::Html => false,
        }
    }

    /// An `svg` or `math` within HTML.
    pub(super) fn start_foreign(&mut self, tag: &Tag) {
        self.reconstruct_formatting();
        let node = self.insert_void(tag);
        if !tag.self_closing {
            self.push_foreign(tag, node, tag.name == Name::Svg);
        }
    }

    fn push_foreign(&mut self, tag: &Tag, node: Index, is_svg: bool) {
        let point = match tag.name {
            Name::ForeignObject | Name::Desc | Name::Title if is_svg => Point::Html,
            Name::Mi | Name::Mn | Name::Mo | Name::Ms | Name::Mtext if !is_svg => Point::MathmlText,
            Name::AnnotationXml if !is_svg => self.annotation(tag),
            _ => Point::None,
        };
        let tag_on_stack = if point == Point::None { Name::Foreign } else { Name::ForeignBarrier };
        self.push(Open { node, tag: tag_on_stack, local: tag.name, written: tag.written, point, is_svg });
    }

    /// An `annotation-xml` is an integration point where it says that it holds HTML.
    fn annotation(&self, tag: &Tag) -> Point {
        let value = self.attribute_of(tag, AttributeName::Encoding).unwrap_or_default();
        let is_html = ["text/html", "application/xhtml+xml"].iter().any(|kind| value.eq_ignore_ascii_case(kind));
        if is_html { Point::Html } else { Point::AnnotationXml }
    }

    pub(super) fn start_in_foreign(&mut self, tag: &Tag) -> Flow {
        let is_styled_font = || {
            let has = |name| self.attribute_of(tag, name).is_some();
            tag.name == Name::Font
                && (has(AttributeName::Color) || has(AttributeName::Face) || has(AttributeName::Size))
        };
        if BREAK_OUT.contains(tag.name) || is_styled_font() {
            self.leave_foreign();
            return Flow::Again;
        }
        if let Some(current) = self.current().filter(|_| !tag.self_closing).copied() {
            self.push_foreign(tag, current.node, current.is_svg);
        }
        Flow::Done
    }

    /// Back to HTML, or to an integration point.
    fn leave_foreign(&mut self) {
        let is_inside = |open: &Open| !open.is_html() && matches!(open.point, Point::None | Point::AnnotationXml);
        while self.current().is_some_and(is_inside) {
            self.pop();
        }
    }

    pub(super) fn end_in_foreign(&mut self, tag: &Tag) -> Flow {
        if matches!(tag.name, Name::Br | Name::P) {
            self.leave_foreign();
            return self.end_by_mode(tag);
        }
        for at in (1..self.open.len()).rev() {
            let open = self.open[at];
            if open.is_html() {
                return self.end_by_mode(tag);
            }
            if open.local == tag.name && (tag.name != Name::Unknown || self.is_written(&open, tag)) {
                self.pop_to(at);
                return Flow::Done;
            }
        }
        Flow::Done
    }
}
