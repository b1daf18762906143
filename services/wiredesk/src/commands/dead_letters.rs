//! `dead-letters`: what stages refused: listed, shown, replayed.

use comfy_table::{Table, presets::NOTHING};
use pipeline::{Delivery, Outgoing, RunError, replay};
use schemas::{DeadLetter, topic};

use super::{BadInput, guest, print, tail};
use crate::{
    cli::{DeadLetters, Which},
    settings::Config,
};

/// How much of a message and of a body is shown.
const MESSAGE_CHARS: usize = 60;

pub(super) fn run(config: &Config, command: &DeadLetters) -> anyhow::Result<()> {
    let opened = guest(config)?;
    let log = &*opened.log;
    match command {
        DeadLetters::List(which) => {
            let mut table = Table::new();
            table.load_style(NOTHING).set_header(["id", "at", "stage", "class", "reason", "from", "message"]);
            let mut count = 0;
            tail::all(log, topic::DEAD_LETTERS, |delivery| {
                if let Some(letter) = chosen(&delivery, which) {
                    let from = format!("{}/{}/{}", letter.source.topic, letter.source.partition, letter.source.offset);
                    let message: String = letter.message.chars().take(MESSAGE_CHARS).collect();
                    let at = letter.at.to_string();
                    table.add_row([id(&delivery), at, letter.stage, letter.class, letter.reason, from, message]);
                    count += 1;
                }
                Ok(())
            })?;
            if count == 0 { print("no dead letters") } else { print(&table.to_string()) }
        }
        DeadLetters::Show { id: wanted } => {
            let mut found = None;
            tail::all(log, topic::DEAD_LETTERS, |delivery| {
                if id(&delivery) == *wanted {
                    found = Some(delivery);
                }
                Ok(())
            })?;
            show(&found.ok_or_else(|| BadInput::Usage(format!("there is no dead letter {wanted}")))?)
        }
        DeadLetters::Replay { ids, which } => {
            if ids.is_empty() && which.stage.is_none() && which.reason.is_none() {
                return Err(
                    BadInput::Usage("name dead letters, or choose them by --stage or --reason".to_owned()).into()
                );
            }
            let mut again: Vec<Outgoing> = Vec::new();
            tail::all(log, topic::DEAD_LETTERS, |delivery| {
                let named = ids.is_empty() || ids.contains(&id(&delivery));
                if named && chosen(&delivery, which).is_some() {
                    again.push(replay(&delivery.record)?);
                }
                Ok(())
            })?;
            log.append(&again).map_err(RunError::from)?;
            print(&format!("{} dead letters go to the stage that refused them once more", again.len()))
        }
    }
}

fn id(delivery: &Delivery) -> String {
    format!("{}/{}", delivery.place.partition, delivery.offset)
}

/// The letter, where it is one of those that are wanted. A record without its header is a letter of nobody.
fn chosen(delivery: &Delivery, which: &Which) -> Option<DeadLetter> {
    let letter = DeadLetter::of(&delivery.record).ok()?;
    let is = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
    (is(&which.stage, &letter.stage) && is(&which.reason, &letter.reason)).then_some(letter)
}

fn show(delivery: &Delivery) -> anyhow::Result<()> {
    let letter = DeadLetter::of(&delivery.record)?;
    print(&serde_json::to_string_pretty(&letter)?)?;
    print(&format!("key: {}", String::from_utf8_lossy(&delivery.record.key)))?;
    for (name, value) in delivery.record.headers.iter().filter(|(name, _)| name != DeadLetter::HEADER) {
        print(&format!("header {name}: {}", String::from_utf8_lossy(value)))?;
    }
    let body = delivery.record.value.as_deref().unwrap_or_default();
    print(&format!("value: {} bytes", body.len()))?;
    // Control characters of a hostile page do nothing to a terminal once they are escaped.
    let text: String = String::from_utf8_lossy(body)
        .chars()
        .flat_map(|c| {
            if c.is_control() && c != '\n' && c != '\t' { c.escape_default().collect::<Vec<_>>() } else { vec![c] }
        })
        .collect();
    print(&text)
}
