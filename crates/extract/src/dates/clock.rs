//! The time of day behind a date, and its zone.

use super::{Token, letters, number_at, zones};

/// Hour, minute, second.
pub(super) type Time = (i8, i8, i8);

/// A time if it is one.
pub(super) fn clock(hour: i32, minute: i32, second: i32) -> Option<Time> {
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..61).contains(&second);
    fits.then_some((i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second.min(59)).ok()?))
}

/// The time, minutes east of UTC, and the letters that both took.
pub(super) type Clock = (Option<Time>, Option<i32>, usize);

/// A time and its zone within the next few pieces.
pub(super) fn time_after(tokens: &[Token], from: usize) -> Clock {
    let mut afternoon = None;
    for at in from..tokens.len().min(from + 6) {
        if let Some(Token::Word(word)) = tokens.get(at) {
            match word.as_str() {
                "오후" | "pm" | "μμ" | "мм" => afternoon = Some(true),
                "오전" | "am" | "πμ" => afternoon = Some(false),
                _ => {}
            }
        }
        let Some((hour, length)) = number_at(tokens, at) else { continue };
        let joins = matches!(tokens.get(at + 1), Some(Token::Mark(':' | '：' | '時' | '点' | '时')))
            || matches!(tokens.get(at + 1), Some(Token::Word(word)) if word == "h" || word == "시" || word == "uhr")
            || (matches!(tokens.get(at + 1), Some(Token::Mark('.'))) && at > from);
        let Some((minute, _)) = number_at(tokens, at + 2).filter(|_| joins && length <= 2) else { continue };
        let mut next = at + 3;
        let mut second = 0;
        if let (Some(Token::Mark(':')), Some((number, 2))) = (tokens.get(next), number_at(tokens, next + 1)) {
            second = number;
            next += 2;
            if let (Some(Token::Mark('.')), Some(_)) = (tokens.get(next), number_at(tokens, next + 1)) {
                next += 2; // parts of a second
            }
        }
        if let Some(Token::Word(word)) = tokens.get(next) {
            match word.as_str() {
                "pm" | "p" => afternoon = Some(true),
                "am" | "a" => afternoon = Some(false),
                _ => {}
            }
        }
        let hour = match afternoon {
            Some(true) if hour < 12 => hour + 12,
            Some(false) if hour == 12 => 0,
            _ => hour,
        };
        return (clock(hour, minute, second), zone_after(tokens, next), letters(&tokens[from..next.min(tokens.len())]));
    }
    (None, None, 0)
}

/// `Z`, `+09:00`, `GMT`, `CET`, `KST`.
fn zone_after(tokens: &[Token], from: usize) -> Option<i32> {
    for at in from..tokens.len().min(from + 4) {
        match &tokens[at] {
            Token::Word(word) => {
                let minutes = zones::named(word);
                if minutes.is_some() {
                    return minutes;
                }
            }
            Token::Mark(sign @ ('+' | '-' | '−')) if at == from || at == from + 1 => {
                let (number, length) = number_at(tokens, at + 1)?;
                let minutes = match length {
                    4 => number / 100 * 60 + number % 100,
                    1 | 2 => {
                        number * 60
                            + number_at(tokens, at + 3)
                                .filter(|_| tokens.get(at + 2) == Some(&Token::Mark(':')))
                                .map_or(0, |(minute, _)| minute)
                    }
                    _ => return None,
                };
                let signed = if *sign == '+' { minutes } else { -minutes };
                return (-840..=840).contains(&signed).then_some(signed);
            }
            _ => {}
        }
    }
    None
}
