//! What is measured of each block before the model judges it: its own form, the elements around it, its neighbours, its
//! place on the page. Every figure is a ratio, a count or a logarithm that means the same on a page of any size and in
//! any language.

use crate::chars::{self, ALPHANUMERIC, UNSPACED};
use crate::columns::{Part, columns};
use crate::evidence::Evidence;
use crate::fold::key_is;
use crate::page::{Element, Map, Page, Raw, Tag, log_words, nearest_before, nearest_behind, sums};
use crate::region::{Region, own_hint};
use crate::sequence::State;
use crate::types::Label;
use crate::wording::Hit;

columns! {
    tag, heading, words, letters_per_word, sentence, marks, commas, digits, uppers, link_density, bare, lower_start,
    quote_start, colon_end, broken,
    in_nav, in_aside, in_header, in_footer, in_form, in_button, in_figure, in_quote, in_list, in_table, in_article, in_link,
    wording, wording_strength, wording_whole, wording_head, wording_counter, wording_certain,
    residue, listed, field, hint, own_hint, state, in_region, repeats, repeats_title, stated,
    depth, element_blocks, element_words,
    box1_words, box1_links, box1_prose, box1_words_a_block, box1_blocks, box1_alike, box1_position,
    box2_words, box2_links, box2_prose, box2_words_a_block, box2_blocks, box2_alike,
    box3_words, box3_links, box3_prose, box3_words_a_block, box3_blocks,
    box4_prose, box4_links,
    own_alike, content_share, content_levels, hint_levels, hint_share,
    main_inside, main_share, main_levels, main_before, main_behind,
    position, words_position, prose_before, prose_behind, prose_last, prose_next, words_last, words_next,
    headline_blocks, headline_words, headline_prose, headline_same,
    prev1_words, prev1_links, prev1_residue, prev1_sentence, prev1_heading, prev1_levels, prev1_same,
    next1_words, next1_links, next1_residue, next1_sentence, next1_heading, next1_levels, next1_same,
    prev2_words, prev2_links, prev2_residue, next2_words, next2_links, next2_residue,
    prev3_words, prev3_residue, next3_words, next3_residue,
    short_run, head_blocks, head_inside, comment_blocks,
    page_words, page_prose, page_blocks, page_links, page_region, page_stated,
    around3_words, around3_links, around8_words, around8_links, around8_residue,
    box1_ordinal, box2_ordinal, box3_ordinal, box2_position, box3_alike, articles, article_ordinal, article_share,
    heading_rank, heading_blocks, heading_links, heading_levels, box1_headings, box2_headings, box2_headline, unspaced,
    known_words, known_words_page,
    link_last, box1_cut, box2_cut, headline_twins, headline_signed, article_other,
}

/// Features of a block.
pub(crate) const COUNT: usize = NAMES.len();

/// What the features are computed from.
pub(crate) struct Sources<'a> {
    pub(crate) page: &'a Page,
    pub(crate) region: &'a Region,
    pub(crate) evidence: &'a [Evidence],
    pub(crate) states: &'a [State],
    pub(crate) hits: &'a [Option<Hit>],
    pub(crate) headline: Option<usize>,
    pub(crate) title: &'a str,
}

/// Measures the wanted features of all blocks.
pub(crate) fn measure(sources: &Sources<'_>, out: &mut Part<'_>) {
    let table = Table::new(sources);
    table.own(out);
    table.markup(out);
    table.boxes(out);
    table.place(out);
    table.neighbours(out);
    table.page(out);
    table.templates(out);
}

struct Table<'a> {
    from: &'a Sources<'a>,
    count: usize,
    words: Vec<f32>,
    links: Vec<f32>,
    prose: Vec<f32>,
    residue: Vec<f32>,
    /// For each block the innermost element that can hold several, or the outermost one that holds no more than that, and
    /// those around it.
    around: Vec<[u32; 4]>,
    main: usize,
    /// For each block whether it is running text, and whether nothing in the markup speaks against it.
    is_prose: Vec<bool>,
    is_plain: Vec<bool>,
    /// For each element the innermost `article` at or around it with its number from 1, and how many there are.
    articles: Vec<Option<(u32, usize)>>,
    article_count: u32,
}

impl<'a> Table<'a> {
    fn new(from: &'a Sources<'a>) -> Self {
        let page = from.page;
        let blocks = &page.blocks;
        let count = blocks.len();
        let is_prose: Vec<bool> =
            blocks.iter().map(|block| block.form.is_prose() && block.link_density() < 0.4).collect();
        let is_plain: Vec<bool> =
            is_prose.iter().zip(&from.region.hints).map(|(is_prose, hint)| *is_prose && hint.is_none()).collect();
        let plain = |index: usize| if is_plain[index] { blocks[index].words } else { 0.0 };
        let boxes = innermost(page, |index, element| {
            index == 0 || !matches!(element.tag, Tag::Inline | Tag::Paragraph | Tag::Heading(_))
        });
        let top = |element: Option<u32>| page.elements[element.unwrap_or_default() as usize].top;
        let boxes: Vec<u32> = boxes.into_iter().map(top).collect();
        let outer = |element: u32| boxes[page.elements[element as usize].parent];
        let around = blocks.iter().map(|block| {
            let first = boxes[block.element];
            let second = outer(first);
            let third = outer(second);
            [first, second, third, outer(third)]
        });
        let (articles, article_count) = articles(page);
        let mut table = Self {
            from,
            count,
            words: sums(blocks.iter().map(|block| block.words)),
            links: sums(blocks.iter().map(|block| block.link_words)),
            residue: sums(from.evidence.iter().map(|evidence| evidence.residue.clamp(-8.0, 8.0))),
            prose: sums((0..count).map(plain)),
            around: around.collect(),
            main: 0,
            is_prose,
            is_plain,
            articles,
            article_count,
        };
        table.main = table.main_box();
        table
    }

    /// The innermost box that holds most of the prose, each paragraph directly or in a box of its own.
    fn main_box(&self) -> usize {
        let page = self.from.page;
        let mut held: Vec<f32> = vec![0.0; page.elements.len()];
        for (at, block) in page.blocks.iter().enumerate().filter(|(at, _)| self.is_plain[*at]) {
            let [own, outer, ..] = self.around[at];
            let element = &page.elements[own as usize];
            let holder = if element.end - element.first > 1 { own } else { outer };
            held[holder as usize] += block.words.min(150.0);
        }
        let mut best = 0;
        for (index, &words) in held.iter().enumerate() {
            if words > held[best] {
                best = index;
            }
        }
        best
    }

    fn total(&self, sums: &[f32]) -> f32 {
        sums[self.count]
    }

    fn own(&self, out: &mut Part<'_>) {
        use Feature as F;
        let blocks = &self.from.page.blocks;
        let letters = |at: usize| blocks[at].form.letters;
        let text = |at: usize| blocks[at].text.as_str();
        out.set(F::tag, |at| kind(blocks[at].tag));
        out.set(F::heading, |at| rank(blocks[at].tag));
        out.set(F::words, |at| blocks[at].words);
        out.set(F::letters_per_word, |at| letters(at).all / blocks[at].words.max(1.0));
        out.set(F::sentence, |at| flag(blocks[at].form.sentence));
        out.set(F::marks, |at| letters(at).marks / blocks[at].words.max(1.0));
        out.set(F::commas, |at| letters(at).commas / blocks[at].words.max(1.0));
        out.set(F::digits, |at| letters(at).digits / letters(at).all.max(1.0));
        out.set(F::uppers, |at| letters(at).uppers / letters(at).all.max(1.0));
        out.set(F::link_density, |at| blocks[at].link_density());
        out.set(F::link_last, |at| blocks[at].link_last);
        out.set(F::bare, |at| flag(blocks[at].form.bare));
        out.set(F::lower_start, |at| flag(text(at).starts_with(char::is_lowercase)));
        out.set(F::quote_start, |at| {
            flag(text(at).starts_with(['"', '“', '„', '«', '‘', '「', '『', '»', '‚', '\'', '—', '–', '-']))
        });
        out.set(F::colon_end, |at| flag(text(at).ends_with([':', '：'])));
        out.set(F::broken, |at| flag(blocks[at].broken));
        out.set(F::unspaced, |at| flag(blocks[at].form.unspaced));
        let hits = self.from.hits;
        let has = |at: usize, is: fn(&Hit) -> bool| flag(hits[at].as_ref().is_some_and(is));
        out.set(F::wording, |at| label(hits[at].map(|hit| hit.label)));
        out.set(F::wording_strength, |at| hits[at].map_or(0.0, |hit| 1.0 + hit.strength as u8 as f32));
        out.set(F::wording_whole, |at| has(at, |hit| hit.whole));
        out.set(F::wording_head, |at| has(at, |hit| hit.head));
        out.set(F::wording_counter, |at| has(at, |hit| hit.counter));
        out.set(F::wording_certain, |at| has(at, |hit| hit.certain));
        let evidence = self.from.evidence;
        out.set(F::residue, |at| evidence[at].residue);
        out.set(F::listed, |at| evidence[at].listed);
        out.set(F::field, |at| label(evidence[at].field));
        let repeats = repeats(blocks);
        out.set(F::repeats, |at| repeats[at]);
        let title = self.from.title;
        out.set(F::repeats_title, |at| flag(!title.is_empty() && blocks[at].words < 60.0 && key_is(text(at), title)));
        out.set(F::stated, |at| flag(self.from.region.stated[at]));
        let known = known_words(blocks, title, &self.from.page.elements[self.main]);
        out.set(F::known_words, |at| known[at].0);
        out.set(F::known_words_page, |at| known[at].1);
    }

    fn markup(&self, out: &mut Part<'_>) {
        use Feature as F;
        let page = self.from.page;
        let place = |at: usize| page.blocks[at].place;
        out.set(F::in_nav, |at| flag(place(at).nav));
        out.set(F::in_aside, |at| flag(place(at).aside));
        out.set(F::in_header, |at| flag(place(at).header));
        out.set(F::in_footer, |at| flag(place(at).footer));
        out.set(F::in_form, |at| flag(place(at).form));
        out.set(F::in_button, |at| flag(place(at).button));
        out.set(F::in_figure, |at| flag(place(at).figure));
        out.set(F::in_quote, |at| flag(place(at).quote));
        out.set(F::in_list, |at| flag(place(at).list));
        out.set(F::in_table, |at| flag(place(at).table));
        out.set(F::in_article, |at| flag(place(at).article));
        out.set(F::in_link, |at| flag(place(at).link));
        let region = self.from.region;
        out.set(F::hint, |at| label(region.hints[at]));
        out.set(F::in_region, |at| flag((region.first..region.end).contains(&at)));
        out.set(F::state, |at| match at.checked_sub(region.first).and_then(|at| self.from.states.get(at)) {
            None => -1.0,
            Some(State::Text) => 0.0,
            Some(State::Residue) => 1.0,
            Some(State::Listed) => 2.0,
        });
        // What is called the article's text, and what is called residue.
        let element = |at: usize| page.blocks[at].element;
        let levels = |at: usize, outer: &Element| f32::from(page.elements[element(at)].depth - outer.depth);
        let contents = innermost(page, |_, element| element.names.content);
        let content = |at: usize| contents[element(at)].map(|outer| &page.elements[outer as usize]);
        out.set(F::content_share, |at| content(at).map_or(-1.0, |outer| self.share(&self.prose, outer)));
        out.set(F::content_levels, |at| content(at).map_or(30.0, |outer| levels(at, outer)));
        let hinted = innermost(page, |_, element| own_hint(element).is_some());
        let hint = |at: usize| hinted[element(at)].map(|outer| &page.elements[outer as usize]);
        out.set(F::hint_levels, |at| hint(at).map_or(30.0, |outer| levels(at, outer)));
        out.set(F::hint_share, |at| hint(at).map_or(-1.0, |outer| self.share(&self.prose, outer)));
        out.set(F::own_hint, |at| label(hint(at).and_then(own_hint)));
    }

    fn share(&self, sums: &[f32], element: &Element) -> f32 {
        element.within(sums) / self.total(sums).max(1.0)
    }

    fn boxes(&self, out: &mut Part<'_>) {
        use Feature as F;
        let page = self.from.page;
        let own = |at: usize| &page.elements[page.blocks[at].element];
        out.set(F::depth, |at| f32::from(own(at).depth));
        out.set(F::element_blocks, |at| (own(at).end - own(at).first) as f32);
        out.set(F::element_words, |at| own(at).within(&self.words));
        for (level, [f_words, f_links, f_prose, f_words_a_block, f_blocks]) in [
            [F::box1_words, F::box1_links, F::box1_prose, F::box1_words_a_block, F::box1_blocks],
            [F::box2_words, F::box2_links, F::box2_prose, F::box2_words_a_block, F::box2_blocks],
            [F::box3_words, F::box3_links, F::box3_prose, F::box3_words_a_block, F::box3_blocks],
        ]
        .into_iter()
        .enumerate()
        {
            let held = |at: usize| self.box_of(at, level).within(&self.words);
            let count = |at: usize| (self.box_of(at, level).end - self.box_of(at, level).first) as f32;
            out.set(f_words, held);
            out.set(f_links, |at| self.box_of(at, level).within(&self.links) / held(at).max(1.0));
            out.set(f_prose, |at| self.share(&self.prose, self.box_of(at, level)));
            out.set(f_words_a_block, |at| held(at) / count(at).max(1.0));
            out.set(f_blocks, count);
        }
        let fourth = |at: usize| self.box_of(at, 3);
        out.set(F::box4_prose, |at| self.share(&self.prose, fourth(at)));
        out.set(F::box4_links, |at| fourth(at).within(&self.links) / fourth(at).within(&self.words).max(1.0));
        let position =
            |at: usize, element: &Element| (at - element.first) as f32 / (element.end - element.first).max(1) as f32;
        out.set(F::box1_position, |at| position(at, self.box_of(at, 0)));
        out.set(F::box2_position, |at| position(at, self.box_of(at, 1)));
        let main = &page.elements[self.main];
        out.set(F::main_inside, |at| flag((main.first..main.end).contains(&at)));
        let share = self.share(&self.prose, main);
        out.set(F::main_share, |_| share);
        out.set(F::main_levels, |at| page.levels(self.main, self.around[at][0] as usize));
        out.set(F::main_before, |at| log_words((self.words[main.first] - self.words[at]).max(0.0)));
        out.set(F::main_behind, |at| log_words((self.words[at] - self.words[main.end]).max(0.0)));
    }

    /// One of the boxes around a block, the innermost as number 0.
    fn box_of(&self, at: usize, level: usize) -> &Element {
        &self.from.page.elements[self.around[at][level] as usize]
    }

    fn place(&self, out: &mut Part<'_>) {
        use Feature as F;
        let (words, prose) = (&self.words, &self.prose);
        let (all_words, all_prose) = (self.total(words).max(1.0), self.total(prose).max(1.0));
        let count = self.count as f32;
        out.set(F::position, |at| at as f32 / count);
        out.set(F::words_position, |at| words[at] / all_words);
        out.set(F::prose_before, |at| prose[at] / all_prose);
        out.set(F::prose_behind, |at| 1.0 - prose[at + 1] / all_prose);
        let last = nearest_before(self.count, |at| self.is_plain[at]);
        let next = nearest_behind(self.count, |at| self.is_plain[at]);
        out.set(F::prose_last, |at| last[at].map_or(500.0, |last| (at - last) as f32));
        out.set(F::prose_next, |at| next[at].map_or(500.0, |next| (next - at) as f32));
        let between = |from: usize, to: usize| log_words((words[to] - words[from]).max(0.0));
        out.set(F::words_last, |at| last[at].map_or(9.0, |last| between(last + 1, at)));
        out.set(F::words_next, |at| next[at].map_or(9.0, |next| between(at + 1, next)));
        let headline = self.from.headline;
        let from_headline = |of: &dyn Fn(usize) -> f32| headline.map_or(-1000.0, of);
        out.set(F::headline_blocks, |at| from_headline(&|headline| at as f32 - headline as f32));
        out.set(F::headline_words, |at| {
            from_headline(&|headline| {
                let words = words[at] - words[headline];
                words.signum() * log_words(words.abs())
            })
        });
        out.set(F::headline_prose, |at| from_headline(&|headline| (prose[at] - prose[headline]) / all_prose));
        out.set(F::headline_same, |at| from_headline(&|headline| self.levels(headline, at)));
        self.other_articles(out);
    }

    /// What speaks for another article behind the headline's own: a headline of the same rank, one more author or date.
    fn other_articles(&self, out: &mut Part<'_>) {
        use Feature as F;
        let blocks = &self.from.page.blocks;
        let headline = self.from.headline.filter(|headline| *headline < self.count);
        let rank = headline.map(|headline| blocks[headline].tag).filter(|tag| matches!(tag, Tag::Heading(_)));
        let twins = sums(blocks.iter().map(|block| flag(Some(block.tag) == rank)));
        let behind = |at: usize| headline.filter(|headline| at > *headline);
        out.set(F::headline_twins, |at| behind(at).map_or(-1.0, |headline| twins[at + 1] - twins[headline + 1]));
        let is_signed = |evidence: &Evidence| matches!(evidence.field, Some(Label::Byline | Label::Dateline));
        let signed = sums(self.from.evidence.iter().map(|evidence| flag(is_signed(evidence))));
        let first_prose = headline.and_then(|headline| (headline..self.count).find(|at| self.is_plain[*at]));
        out.set(F::headline_signed, |at| {
            first_prose.filter(|first| at > *first).map_or(-1.0, |first| signed[at] - signed[first])
        });
        let article = |at: usize| self.articles[blocks[at].element].map(|(_, article)| article);
        let own = headline.and_then(article);
        out.set(F::article_other, |at| flag(headline.is_some() && article(at).is_some_and(|other| Some(other) != own)));
    }

    /// How many levels up from one block stands what holds another one as well.
    fn levels(&self, from: usize, to: usize) -> f32 {
        let blocks = &self.from.page.blocks;
        self.from.page.levels(blocks[from].element, blocks[to].element)
    }

    fn neighbours(&self, out: &mut Part<'_>) {
        use Feature as F;
        let blocks = &self.from.page.blocks;
        for (offset, f_words) in [
            (-1, F::prev1_words),
            (1, F::next1_words),
            (-2, F::prev2_words),
            (2, F::next2_words),
            (-3, F::prev3_words),
            (3, F::next3_words),
        ] {
            out.set(f_words, |at| self.near(at, offset).map_or(-1.0, |at| blocks[at].words));
        }
        for (offset, f_links) in [(-1, F::prev1_links), (1, F::next1_links), (-2, F::prev2_links), (2, F::next2_links)]
        {
            out.set(f_links, |at| self.near(at, offset).map_or(-1.0, |at| blocks[at].link_density()));
        }
        for (offset, f_residue) in [
            (-1, F::prev1_residue),
            (1, F::next1_residue),
            (-2, F::prev2_residue),
            (2, F::next2_residue),
            (-3, F::prev3_residue),
            (3, F::next3_residue),
        ] {
            out.set(f_residue, |at| self.near(at, offset).map_or(3.0, |at| self.from.evidence[at].residue));
        }
        let signature = |at: usize| self.from.page.elements[blocks[at].element].signature;
        for (offset, [f_sentence, f_heading, f_levels, f_same]) in [
            (-1, [F::prev1_sentence, F::prev1_heading, F::prev1_levels, F::prev1_same]),
            (1, [F::next1_sentence, F::next1_heading, F::next1_levels, F::next1_same]),
        ] {
            let near = |at: usize| self.near(at, offset);
            out.set(f_sentence, |at| near(at).map_or(-1.0, |at| flag(blocks[at].form.sentence)));
            out.set(f_heading, |at| near(at).map_or(-1.0, |at| kind(blocks[at].tag)));
            out.set(f_levels, |at| near(at).map_or(30.0, |near| self.levels(at, near)));
            out.set(f_same, |at| near(at).map_or(-1.0, |near| flag(signature(near) == signature(at))));
        }
        let short_runs = self.short_runs();
        out.set(F::short_run, |at| short_runs[at]);
        let heads = latest((0..self.count).map(|at| self.from.evidence[at].opens));
        let head = |at: usize| heads[at].filter(|head| at - head <= LOOK_BACK);
        out.set(F::head_blocks, |at| head(at).map_or(100.0, |head| (at - head) as f32));
        out.set(F::head_inside, |at| head(at).map_or(-1.0, |head| self.levels(head, at)));
        let of_comments = |at: usize| self.from.hits[at].is_some_and(|hit| hit.label == Label::Comment);
        let comments = latest((0..self.count).map(of_comments));
        let comment = |at: usize| comments[at].filter(|comment| at - comment <= LOOK_BACK);
        out.set(F::comment_blocks, |at| comment(at).map_or(100.0, |comment| (at - comment) as f32));
        let around = |at: usize, reach: usize| (at.saturating_sub(reach), (at + reach + 1).min(self.count));
        let mean = |at: usize, reach: usize, sums: &[f32]| {
            let (from, to) = around(at, reach);
            (sums[to] - sums[from]) / (to - from) as f32
        };
        let links = |at: usize, reach: usize| {
            let (from, to) = around(at, reach);
            (self.links[to] - self.links[from]) / (self.words[to] - self.words[from]).max(1.0)
        };
        out.set(F::around3_words, |at| mean(at, 3, &self.words));
        out.set(F::around3_links, |at| links(at, 3));
        out.set(F::around8_words, |at| mean(at, 8, &self.words));
        out.set(F::around8_links, |at| links(at, 8));
        out.set(F::around8_residue, |at| mean(at, 8, &self.residue));
    }

    /// The block that stands so far from another, if there is one.
    fn near(&self, at: usize, offset: isize) -> Option<usize> {
        at.checked_add_signed(offset).filter(|at| *at < self.count)
    }

    /// How many blocks without running text stand together with each.
    fn short_runs(&self) -> Vec<f32> {
        let mut runs = vec![0.0; self.count];
        let mut start = 0;
        for index in 0..=self.count {
            if index == self.count || self.is_prose[index] {
                let length = (index - start) as f32;
                runs[start..index].fill(length);
                start = index + 1;
            }
        }
        runs
    }

    fn templates(&self, out: &mut Part<'_>) {
        use Feature as F;
        let page = self.from.page;
        let blocks = &page.blocks;
        // How many children of a parent share an element's signature, and how many of them stand before it.
        let mut groups = vec![0.0; page.kin_count];
        let mut ordinals = vec![0.0; page.elements.len()];
        for (ordinal, element) in ordinals.iter_mut().zip(&page.elements).skip(1) {
            let met = &mut groups[element.kin as usize];
            *ordinal = *met;
            *met += 1.0;
        }
        let alike = |element: usize| f32::max(groups[page.elements[element].kin as usize], 1.0);
        let boxed = |at: usize, level: usize| self.around[at][level] as usize;
        out.set(F::own_alike, |at| alike(page.elements[blocks[at].element].top as usize));
        out.set(F::box1_alike, |at| alike(boxed(at, 0)));
        out.set(F::box2_alike, |at| alike(boxed(at, 1)));
        out.set(F::box3_alike, |at| alike(boxed(at, 2)));
        out.set(F::box1_ordinal, |at| ordinals[boxed(at, 0)]);
        out.set(F::box2_ordinal, |at| ordinals[boxed(at, 1)]);
        out.set(F::box3_ordinal, |at| ordinals[boxed(at, 2)]);
        let article = |at: usize| self.articles[blocks[at].element];
        out.set(F::articles, |_| self.article_count as f32);
        out.set(F::article_ordinal, |at| article(at).map_or(0.0, |(number, _)| number as f32));
        out.set(F::article_share, |at| {
            article(at).map_or(-1.0, |(_, article)| self.share(&self.prose, &page.elements[article]))
        });
        let is_heading = |at: usize| matches!(blocks[at].tag, Tag::Heading(_));
        let headings = nearest_before(self.count, is_heading);
        out.set(F::heading_rank, |at| headings[at].map_or(9.0, |heading| rank(blocks[heading].tag)));
        out.set(F::heading_blocks, |at| headings[at].map_or(200.0, |heading| (at - heading) as f32));
        out.set(F::heading_links, |at| headings[at].map_or(-1.0, |heading| blocks[heading].link_density()));
        out.set(F::heading_levels, |at| headings[at].map_or(30.0, |heading| self.levels(heading, at)));
        let cut = sums(blocks.iter().map(|block| flag(block.cut)));
        let share =
            |sums: &[f32], element: &Element| element.within(sums) / (element.end - element.first).max(1) as f32;
        out.set(F::box1_cut, |at| share(&cut, self.box_of(at, 0)));
        out.set(F::box2_cut, |at| share(&cut, self.box_of(at, 1)));
        let before = sums((0..self.count).map(|at| flag(is_heading(at))));
        out.set(F::box1_headings, |at| self.box_of(at, 0).within(&before));
        out.set(F::box2_headings, |at| self.box_of(at, 1).within(&before));
        let holds_headline = |element: &Element| {
            self.from.headline.is_some_and(|headline| (element.first..element.end).contains(&headline))
        };
        out.set(F::box2_headline, |at| flag(holds_headline(self.box_of(at, 1))));
    }

    fn page(&self, out: &mut Part<'_>) {
        use Feature as F;
        let region = self.from.region;
        let (words, prose) = (self.total(&self.words), self.total(&self.prose));
        for (feature, value) in [
            (F::page_words, log_words(words)),
            (F::page_prose, prose / words.max(1.0)),
            (F::page_blocks, log_words(self.count as f32)),
            (F::page_links, self.total(&self.links) / words.max(1.0)),
            (F::page_region, (self.prose[region.end] - self.prose[region.first]) / prose.max(1.0)),
            (F::page_stated, flag(region.stated_whole)),
        ] {
            out.set(feature, |_| value);
        }
    }
}

/// For each element the innermost `article` at or around it with its number from 1, and how many there are.
fn articles(page: &Page) -> (Vec<Option<(u32, usize)>>, u32) {
    let mut articles: Vec<Option<(u32, usize)>> = Vec::with_capacity(page.elements.len());
    let mut count = 0;
    for (index, element) in page.elements.iter().enumerate() {
        let outer = if index == 0 { None } else { articles[element.parent] };
        if element.tag == Tag::Article {
            count += 1;
            articles.push(Some((count, index)));
        } else {
            articles.push(outer);
        }
    }
    (articles, count)
}

/// The rank of a heading, from 1; 0 for anything else.
fn rank(tag: Tag) -> f32 {
    if let Tag::Heading(rank) = tag { f32::from(rank) } else { 0.0 }
}

/// A label as a number; 0 for none.
fn label(label: Option<Label>) -> f32 {
    label.map_or(0.0, |label| 1.0 + label as u8 as f32)
}

/// The kinds of blocks, from what is mostly text to what mostly is not.
fn kind(tag: Tag) -> f32 {
    let at = match tag {
        Tag::Paragraph => 0,
        Tag::Quote => 1,
        Tag::Pre => 2,
        Tag::Heading(_) => 3,
        Tag::Row => 4,
        Tag::Cell => 5,
        Tag::Item => 6,
        Tag::Div => 7,
        Tag::Section => 8,
        Tag::Article => 9,
        Tag::Main => 10,
        Tag::Root | Tag::Body => 11,
        Tag::Inline => 12,
        Tag::Table => 13,
        Tag::List => 14,
        Tag::Figure => 15,
        Tag::Caption => 16,
        Tag::Header => 17,
        Tag::Aside => 18,
        Tag::Nav => 19,
        Tag::Footer => 20,
        Tag::Form => 21,
        Tag::Button => 22,
    };
    at as f32
}

fn flag(value: bool) -> f32 {
    f32::from(u8::from(value))
}

/// Blocks back to which a heading of a list or of comments is looked for.
const LOOK_BACK: usize = 40;

/// For each element the innermost one at or around it that `is` so.
fn innermost(page: &Page, is: impl Fn(usize, &Element) -> bool) -> Vec<Option<u32>> {
    let mut found: Vec<Option<u32>> = Vec::with_capacity(page.elements.len());
    for (index, element) in page.elements.iter().enumerate() {
        let outer = if index == 0 { None } else { found[element.parent] };
        found.push(if is(index, element) { Some(index as u32) } else { outer });
    }
    found
}

/// For each place the last one at or before it that is so.
fn latest(is: impl Iterator<Item = bool>) -> Vec<Option<usize>> {
    let mut last = None;
    is.enumerate()
        .map(|(index, is)| {
            last = if is { Some(index) } else { last };
            last
        })
        .collect()
}

/// Bytes of a text that tell it from others, where repetition is looked for.
const REPEATED_BYTES: usize = 80;

/// For each block how often its text stands on the page.
fn repeats(blocks: &[Raw]) -> Vec<f32> {
    let mut known: Map<&[u8], usize> = Map::default();
    known.reserve(blocks.len());
    let mut counts: Vec<f32> = Vec::with_capacity(blocks.len());
    let mut numbers: Vec<usize> = Vec::with_capacity(blocks.len());
    for block in blocks {
        let front = &block.text.as_bytes()[..block.text.len().min(REPEATED_BYTES)];
        let number = *known.entry(front).or_insert(counts.len());
        if number == counts.len() {
            counts.push(0.0);
        }
        counts[number] += 1.0;
        numbers.push(number);
    }
    numbers.into_iter().map(|number| counts[number]).collect()
}

/// Letters of a word that can tell of what a text speaks.
const TELLING_LETTERS: usize = 5;
/// Words of a block that are looked for in the title.
const TITLED_WORDS: usize = 40;

/// For each block, the share of its longer words that stand in the title, and in the box that holds most of the prose
/// (elsewhere than in itself). A teaser of another story speaks of other things.
fn known_words(blocks: &[Raw], title: &str, main: &Element) -> Vec<(f32, f32)> {
    /// Where a word stands within the main box.
    #[derive(Clone, Copy, PartialEq)]
    enum In {
        Nothing,
        Block(u32),
        Blocks,
    }
    let mut numbers: Map<u64, u32> = Map::default();
    numbers.reserve(2 * blocks.len());
    let mut held: Vec<In> = Vec::new();
    let mut words: Vec<u32> = Vec::new();
    let titled = Titled::new(title);
    let mut room = String::new();
    // For each block where its words end, and the share of them that stand in the title.
    let mut read: Vec<(usize, f32)> = Vec::with_capacity(blocks.len());
    for (index, block) in blocks.iter().enumerate() {
        let inside = (main.first..main.end).contains(&index);
        let note = |digest: u64| {
            let number = *numbers.entry(digest).or_insert_with(|| {
                held.push(In::Nothing);
                held.len() as u32 - 1
            });
            words.push(number);
            let place = &mut held[number as usize];
            *place = match *place {
                place if !inside => place,
                In::Nothing => In::Block(index as u32),
                In::Block(other) if other == index as u32 => In::Block(other),
                _ => In::Blocks,
            };
        };
        let share = read_words(&block.text, &titled, &mut room, note);
        read.push((words.len(), share));
    }
    let mut start = 0;
    let mut share = |index: usize, (end, titled): (usize, f32)| {
        let words = &words[start..end];
        start = end;
        if words.is_empty() {
            return (-1.0, -1.0);
        }
        let known = words.iter().filter(|word| match held[**word as usize] {
            In::Nothing => false,
            In::Block(block) => block != index as u32,
            In::Blocks => true,
        });
        (titled, known.count() as f32 / words.len() as f32)
    };
    read.into_iter().enumerate().map(|(index, read)| share(index, read)).collect()
}

/// The title, and the beginnings of all that stands in it.
struct Titled<'a> {
    title: &'a str,
    /// A bit for each run of four bytes: most words can be told not to stand in the title without a search.
    runs: [u64; 64],
}

impl<'a> Titled<'a> {
    fn new(title: &'a str) -> Self {
        let mut runs = [0; 64];
        for run in title.as_bytes().windows(4) {
            let bit = Self::bit(run);
            runs[bit / 64] |= 1 << (bit % 64);
        }
        Self { title, runs }
    }

    /// A number below 4,096.
    fn bit(run: &[u8]) -> usize {
        let run = run.iter().take(4).fold(0_u32, |run, byte| run << 8 | u32::from(*byte));
        (run.wrapping_mul(0x9e37_79b1) >> 20) as usize
    }

    /// Whether the title may hold a text of four bytes or more.
    fn may_hold(&self, text: &[u8]) -> bool {
        let bit = Self::bit(text);
        self.runs[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// Whether a word of some length stands in the title.
    fn holds(&self, word: &str, lower: &mut String) -> bool {
        if self.title.is_empty() {
            return false;
        }
        // Most words are told by their first letters.
        lower.clear();
        let mut letters = word.chars();
        while lower.len() < 4
            && let Some(letter) = letters.next()
        {
            if letter == SIGMA {
                return self.title.contains(&word.to_lowercase());
            }
            chars::chars().lower(letter, |letter| lower.push(letter));
        }
        if !self.may_hold(lower.as_bytes()) {
            return false;
        }
        if letters.as_str().contains(SIGMA) {
            return self.title.contains(&word.to_lowercase());
        }
        chars::chars().push_lower(lower, letters.as_str());
        self.title.contains(lower.as_str())
    }
}

/// The Greek letter that has two small forms, of which its place in the word decides.
const SIGMA: char = 'Σ';

/// Characters of a text whose words are compared.
const TELLING_CHARS: usize = 1200;

/// Hands digests of the longer words of a text to `take`, and of the pairs of characters where the script has no spaces.
/// Returns the share of the longer words that stand in the title; for that a run of any letters is a word.
fn read_words(text: &str, titled: &Titled<'_>, room: &mut String, mut take: impl FnMut(u64)) -> f32 {
    let chars = chars::chars();
    let words_max = if titled.title.is_empty() { 0 } else { TITLED_WORDS };
    let (mut words, mut said) = (0_usize, 0_usize);
    let mut in_title = |word: &str| {
        words += 1;
        said += usize::from(titled.holds(word, room));
        words < words_max
    };
    let mut asks_title = words_max > 0;
    let (mut start, mut length) = (0, 0);
    let (mut digest, mut letters) = (SEED, 0);
    let mut before = None;
    for (count, (at, c)) in text.char_indices().enumerate() {
        let kind = chars.of(c);
        let is_letter = kind & ALPHANUMERIC != 0;
        if asks_title {
            if is_letter {
                start = if length == 0 { at } else { start };
                length += 1;
            } else {
                asks_title = length < TELLING_LETTERS || in_title(&text[start..at]);
                length = 0;
            }
        }
        if count >= TELLING_CHARS {
            if asks_title {
                continue;
            }
            break;
        }
        if kind & UNSPACED != 0 {
            if let Some(before) = before.replace(c) {
                take((u64::from(u32::from(before)) << 32) | u64::from(u32::from(c)));
            }
            continue;
        }
        before = None;
        if is_letter {
            chars.lower(c, |lower| digest = with_letter(digest, lower));
            letters += 1;
            continue;
        }
        if letters >= TELLING_LETTERS {
            take(digest);
        }
        (digest, letters) = (SEED, 0);
    }
    if asks_title && length >= TELLING_LETTERS {
        in_title(&text[start..]);
    }
    if letters >= TELLING_LETTERS {
        take(digest);
    }
    said as f32 / words.max(1) as f32
}

/// What the digest of a word begins with.
const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// The digest of a word with one more letter.
fn with_letter(digest: u64, letter: char) -> u64 {
    (digest ^ u64::from(u32::from(letter))).wrapping_mul(0x0100_0000_01b3)
}
