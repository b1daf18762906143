//! Sitemap indexes (sitemaps.org); a sitemap itself is read as a feed.

use crate::limits::Limits;
use crate::types::SitemapLink;
use crate::xml::entities::push_plain;
use crate::xml::{Event, Reader};
use crate::{dates, links, text};

/// The sitemaps of an index, and what was odd about it.
pub(crate) fn read_index(mut reader: Reader<'_>, limits: &Limits) -> (Vec<SitemapLink>, Vec<&'static str>) {
    let mut sitemaps: Vec<SitemapLink> = Vec::new();
    let mut current: Option<(usize, SitemapLink)> = None;
    let mut buffer = String::new();
    let mut field = None;
    let mut left = limits.output_bytes_max;
    while let Some(event) = reader.next_event() {
        match event {
            Event::Start { name, .. } if name == "sitemap" => {
                if sitemaps.len() >= limits.sitemap_entries_max || left == 0 {
                    reader.notes.add("entries_cut");
                    break;
                }
                current = Some((reader.depth(), SitemapLink::default()));
            }
            Event::Start { name, .. } if matches!(&*name, "loc" | "lastmod") => {
                field = Some((reader.depth(), name == "loc"));
                buffer.clear();
            }
            Event::Text(raw) if field.is_some() => {
                let room = limits.text_bytes_max.saturating_sub(buffer.len());
                reader.entities.decode_into(text::cut(raw, room), &mut buffer);
            }
            Event::CData(raw) if field.is_some() => {
                push_plain(text::cut(raw, limits.text_bytes_max.saturating_sub(buffer.len())), &mut buffer);
            }
            Event::End(depth) => {
                if let Some((_, is_loc)) = field.take_if(|(at, _)| *at >= depth)
                    && let Some((_, sitemap)) = &mut current
                {
                    if is_loc {
                        sitemap.url = links::resolve(&buffer, &[reader.document_url()]).unwrap_or_default();
                    } else {
                        sitemap.updated = dates::parse(&buffer);
                    }
                }
                if let Some((_, sitemap)) = current.take_if(|(at, _)| *at >= depth) {
                    left = left.saturating_sub(sitemap.url.len());
                    sitemaps.push(sitemap);
                }
            }
            _ => {}
        }
    }
    sitemaps.extend(current.map(|(_, sitemap)| sitemap));
    sitemaps.retain(|sitemap| !sitemap.url.is_empty());
    if reader.depth() > 0 {
        reader.notes.add("truncated");
    }
    (sitemaps, reader.notes.0)
}
