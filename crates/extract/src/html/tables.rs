//! The insertion modes of tables, 13.2.6.4.9 to .15.

use super::names::{
    AttributeName, CELLS, Name, TABLE_BODY_CONTEXT, TABLE_CONTEXT, TABLE_ROW_CONTEXT, TABLE_SCOPE, TABLE_SECTIONS,
    table_part,
};
use super::parser::{Flow, Mode, Parser};
use super::tokenizer::Tag;
use super::tree::{NONE, Span};

/// Pending texts of a table that are told together whether they are white space.
const TABLE_TEXTS_MAX: usize = 64;

impl Parser<'_> {
    /// Does something with foster parenting on.
    pub(super) fn fostered<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.fostering = true;
        let done = act(self);
        self.fostering = false;
        done
    }

    pub(super) fn add_table_text(&mut self, text: Span) {
        // Only `</>` parts texts that are not flushed between.
        if self.table_text.len() >= TABLE_TEXTS_MAX {
            self.place_table_text();
        }
        self.table_text.push(text);
    }

    /// "In table text": white space stays in the table, anything else takes it along to the front of the table.
    #[inline]
    pub(super) fn flush_table_text(&mut self) {
        if !self.table_text.is_empty() {
            self.place_table_text();
        }
    }

    fn place_table_text(&mut self) {
        let mut texts = std::mem::take(&mut self.table_text);
        let is_blank = texts.iter().all(|text| self.is_blank(*text));
        for text in &texts {
            if is_blank {
                self.insert_text(*text);
            } else {
                self.fostered(|parser| parser.text_in_body(*text));
            }
        }
        texts.clear();
        self.table_text = texts;
    }

    pub(super) fn start_in_table(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Caption => {
                self.clear_to(TABLE_CONTEXT);
                self.push_marker();
                self.insert(tag);
                self.mode = Mode::InCaption;
            }
            Name::Colgroup => {
                self.clear_to(TABLE_CONTEXT);
                self.insert(tag);
                self.mode = Mode::InColumnGroup;
            }
            Name::Col => {
                self.clear_to(TABLE_CONTEXT);
                self.insert_implied(Name::Colgroup);
                self.mode = Mode::InColumnGroup;
                return Flow::Again;
            }
            Name::Tbody | Name::Tfoot | Name::Thead => {
                self.clear_to(TABLE_CONTEXT);
                self.insert(tag);
                self.mode = Mode::InTableBody;
            }
            Name::Td | Name::Th | Name::Tr => {
                self.clear_to(TABLE_CONTEXT);
                self.insert_implied(Name::Tbody);
                self.mode = Mode::InTableBody;
                return Flow::Again;
            }
            Name::Table => {
                if !self.close_table() {
                    return Flow::Done;
                }
                return Flow::Again;
            }
            Name::Style | Name::Script | Name::Template => return self.start_in_head(tag),
            Name::Input if self.is_hidden_input(tag) => {
                self.insert_void(tag);
            }
            Name::Form => {
                if self.form == NONE && self.count(Name::Template) == 0 {
                    self.form = self.insert_void(tag);
                }
            }
            _ => return self.fostered(|parser| parser.start_in_body(tag)),
        }
        Flow::Done
    }

    pub(super) fn is_hidden_input(&self, tag: &Tag) -> bool {
        self.attribute_of(tag, AttributeName::Type).is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"))
    }

    fn close_table(&mut self) -> bool {
        let is_open = self.in_table_scope(Name::Table);
        if is_open {
            self.pop_until(Name::Table);
            self.reset_mode();
        }
        is_open
    }

    pub(super) fn end_in_table(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Table => {
                self.close_table();
            }
            Name::Body | Name::Html | table_part!() => {}
            Name::Template => self.end_template(),
            _ => return self.fostered(|parser| parser.end_in_body(tag)),
        }
        Flow::Done
    }

    fn close_caption(&mut self) -> Flow {
        if !self.in_table_scope(Name::Caption) {
            return Flow::Done;
        }
        self.imply_end_tags(Name::Unknown);
        self.pop_until(Name::Caption);
        self.clear_to_marker();
        self.mode = Mode::InTable;
        Flow::Again
    }

    pub(super) fn start_in_caption(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            table_part!() => self.close_caption(),
            _ => self.start_in_body(tag),
        }
    }

    pub(super) fn end_in_caption(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Caption => {
                self.close_caption();
                Flow::Done
            }
            Name::Table => self.close_caption(),
            Name::Body
            | Name::Col
            | Name::Colgroup
            | Name::Html
            | Name::Tbody
            | Name::Td
            | Name::Tfoot
            | Name::Th
            | Name::Thead
            | Name::Tr => Flow::Done,
            _ => self.end_in_body(tag),
        }
    }

    pub(super) fn leave_column_group(&mut self) -> Flow {
        if self.current_tag() != Name::Colgroup {
            return Flow::Done;
        }
        self.pop();
        self.mode = Mode::InTable;
        Flow::Again
    }

    pub(super) fn start_in_column_group(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Html => self.start_in_body(tag),
            Name::Col => {
                self.insert_void(tag);
                Flow::Done
            }
            Name::Template => self.start_in_head(tag),
            _ => self.leave_column_group(),
        }
    }

    pub(super) fn end_in_column_group(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Colgroup => {
                self.leave_column_group();
                Flow::Done
            }
            Name::Col => Flow::Done,
            Name::Template => self.end_in_head(tag),
            _ => self.leave_column_group(),
        }
    }

    /// Closes the section of a table that is open, if there is one.
    fn close_section(&mut self) -> Flow {
        if !self.any_in_scope_of(TABLE_SECTIONS, TABLE_SCOPE) {
            return Flow::Done;
        }
        self.clear_to(TABLE_BODY_CONTEXT);
        self.pop();
        self.mode = Mode::InTable;
        Flow::Again
    }

    pub(super) fn start_in_table_body(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Tr => {
                self.clear_to(TABLE_BODY_CONTEXT);
                self.insert(tag);
                self.mode = Mode::InRow;
                Flow::Done
            }
            Name::Td | Name::Th => {
                self.clear_to(TABLE_BODY_CONTEXT);
                self.insert_implied(Name::Tr);
                self.mode = Mode::InRow;
                Flow::Again
            }
            Name::Caption | Name::Col | Name::Colgroup | Name::Tbody | Name::Tfoot | Name::Thead => {
                self.close_section()
            }
            _ => self.start_in_table(tag),
        }
    }

    pub(super) fn end_in_table_body(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Tbody | Name::Tfoot | Name::Thead => {
                if self.in_table_scope(tag.name) {
                    self.clear_to(TABLE_BODY_CONTEXT);
                    self.pop();
                    self.mode = Mode::InTable;
                }
                Flow::Done
            }
            Name::Table => self.close_section(),
            Name::Body | Name::Caption | Name::Col | Name::Colgroup | Name::Html | Name::Td | Name::Th | Name::Tr => {
                Flow::Done
            }
            _ => self.end_in_table(tag),
        }
    }

    fn close_row(&mut self) -> Flow {
        if !self.in_table_scope(Name::Tr) {
            return Flow::Done;
        }
        self.clear_to(TABLE_ROW_CONTEXT);
        self.pop();
        self.mode = Mode::InTableBody;
        Flow::Again
    }

    pub(super) fn start_in_row(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Td | Name::Th => {
                self.clear_to(TABLE_ROW_CONTEXT);
                self.insert(tag);
                self.mode = Mode::InCell;
                self.push_marker();
                Flow::Done
            }
            Name::Caption | Name::Col | Name::Colgroup | Name::Tbody | Name::Tfoot | Name::Thead | Name::Tr => {
                self.close_row()
            }
            _ => self.start_in_table(tag),
        }
    }

    pub(super) fn end_in_row(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Tr => {
                self.close_row();
                Flow::Done
            }
            Name::Table => self.close_row(),
            Name::Tbody | Name::Tfoot | Name::Thead => {
                if !self.in_table_scope(tag.name) {
                    return Flow::Done;
                }
                self.close_row()
            }
            Name::Body | Name::Caption | Name::Col | Name::Colgroup | Name::Html | Name::Td | Name::Th => Flow::Done,
            _ => self.end_in_table(tag),
        }
    }

    fn close_cell(&mut self) -> Flow {
        self.imply_end_tags(Name::Unknown);
        self.pop_until_any(CELLS);
        self.clear_to_marker();
        self.mode = Mode::InRow;
        Flow::Again
    }

    pub(super) fn start_in_cell(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            table_part!() => {
                if !self.any_in_scope_of(CELLS, TABLE_SCOPE) {
                    return Flow::Done;
                }
                self.close_cell()
            }
            _ => self.start_in_body(tag),
        }
    }

    pub(super) fn end_in_cell(&mut self, tag: &Tag) -> Flow {
        match tag.name {
            Name::Td | Name::Th => {
                if self.in_table_scope(tag.name) {
                    self.imply_end_tags(Name::Unknown);
                    self.pop_until(tag.name);
                    self.clear_to_marker();
                    self.mode = Mode::InRow;
                }
                Flow::Done
            }
            Name::Body | Name::Caption | Name::Col | Name::Colgroup | Name::Html => Flow::Done,
            Name::Table | Name::Tbody | Name::Tfoot | Name::Thead | Name::Tr => {
                if !self.in_table_scope(tag.name) {
                    return Flow::Done;
                }
                self.close_cell()
            }
            _ => self.end_in_body(tag),
        }
    }
}
