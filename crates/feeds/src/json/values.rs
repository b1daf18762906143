//! The values of a JSON Feed by their places, taken as the parser comes to them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Draft, State};

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Feed,
    Items,
    Item,
    Hubs,
    Hub,
    /// `author` and `authors`, of the feed or of an item.
    Author,
    Tags,
    Attachments,
    /// A value of this name in the place around it.
    FeedField(Name),
    ItemField(Name),
    AttachmentField(Name),
    HubField,
    AuthorField,
}

/// A name that says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Version,
    Title,
    HomePageUrl,
    FeedUrl,
    NextUrl,
    Description,
    Language,
    Expired,
    Id,
    Url,
    ExternalUrl,
    ContentHtml,
    ContentText,
    Summary,
    Image,
    DatePublished,
    DateModified,
    MimeType,
    Size,
}

/// Where the value of a key stands; none where it says nothing.
fn inner(place: Place, key: &str) -> Option<Place> {
    Some(match (place, key) {
        (Place::Feed, "items") => Place::Items,
        (Place::Feed, "hubs") => Place::Hubs,
        (Place::Feed | Place::Item, "author" | "authors") => Place::Author,
        (Place::Item, "tags") => Place::Tags,
        (Place::Item, "attachments") => Place::Attachments,
        (Place::Hub, "url") => Place::HubField,
        (Place::Author, "name") => Place::AuthorField,
        (Place::Feed, _) => Place::FeedField(match key {
            "version" => Name::Version,
            "title" => Name::Title,
            "home_page_url" => Name::HomePageUrl,
            "feed_url" => Name::FeedUrl,
            "next_url" => Name::NextUrl,
            "description" => Name::Description,
            "language" => Name::Language,
            "expired" => Name::Expired,
            _ => return None,
        }),
        (Place::Item, _) => Place::ItemField(match key {
            "id" => Name::Id,
            "url" => Name::Url,
            "external_url" => Name::ExternalUrl,
            "title" => Name::Title,
            "content_html" => Name::ContentHtml,
            "content_text" => Name::ContentText,
            "summary" => Name::Summary,
            "image" | "banner_image" => Name::Image,
            "date_published" => Name::DatePublished,
            "date_modified" => Name::DateModified,
            "language" => Name::Language,
            _ => return None,
        }),
        (Place::Attachments, _) => Place::AttachmentField(match key {
            "url" => Name::Url,
            "mime_type" => Name::MimeType,
            "size_in_bytes" => Name::Size,
            _ => return None,
        }),
        _ => return None,
    })
}

pub(super) struct Value<'s, 'l> {
    pub(super) state: &'s mut State<'l>,
    pub(super) place: Place,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        if self.place == Place::FeedField(Name::Expired) {
            self.state.feed.expired = value;
        }
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.state.scalar(self.place, &value.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.state.scalar(self.place, &value.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.state.scalar(self.place, &value.to_string());
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.state.scalar(self.place, value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let place = match self.place {
            Place::Items => {
                self.state.has_items = true;
                Place::Item
            }
            Place::Hubs => Place::Hub,
            Place::Author => Place::Author,
            Place::Tags => Place::Tags,
            Place::Attachments => Place::Attachments,
            _ => return skip_items(items),
        };
        let most = if place == Place::Item { self.state.limits.entries_max } else { self.state.limits.list_max };
        for _ in 0..most {
            if items.next_element_seed(Value { state: self.state, place })?.is_none() {
                return Ok(());
            }
        }
        if items.next_element::<IgnoredAny>()?.is_some() {
            self.state.notes.add(if place == Place::Item { "entries_cut" } else { "list_cut" });
        }
        skip_items(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if self.place == Place::Item {
            self.state.draft = Some(Draft::default());
        }
        while let Some(place) = map.next_key_seed(Key { place: self.place, lifetime: PhantomData })? {
            match place {
                Some(place) => map.next_value_seed(Value { state: self.state, place })?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match self.place {
            Place::Item => {
                if let Some(draft) = self.state.draft.take() {
                    self.state.close(draft, true);
                }
            }
            Place::Attachments => self.state.attach(),
            _ => {}
        }
        Ok(())
    }
}

fn skip_items<'de, A: SeqAccess<'de>>(mut items: A) -> Result<(), A::Error> {
    while items.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// A key, as the place of its value.
struct Key<'k> {
    place: Place,
    lifetime: PhantomData<&'k ()>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<Place>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<Place>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(inner(self.place, key))
    }
}
