//! What a sentence needs once its slots are filled.

/// Capital letters at the start, contracted articles, Korean particles.
pub(crate) fn polish(text: &str) -> String {
    let text = text.replace(" de el ", " del ").replace(" a el ", " al ");
    let mut polished = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut started = false;
    while let Some(c) = chars.next() {
        if c == '~' {
            let last = polished.chars().last();
            let last = last.filter(|last| *last != '”' && *last != '’').or_else(|| polished.chars().rev().nth(1));
            if let Some(particle) = chars.next() {
                polished.push_str(form(particle, last));
            }
        } else if !started && c == '<' {
            polished.push(c); // what comes here has its capital letter
            started = true;
        } else if !started && c.is_alphanumeric() {
            polished.extend(c.to_uppercase());
            started = true;
        } else {
            polished.push(c);
        }
    }
    polished
}

fn form(particle: char, last: Option<char>) -> &'static str {
    // In Unicode's Hangul syllables the final consonant is the number modulo 28.
    let last = match last {
        Some(c @ '가'..='힣') => (u32::from(c) - u32::from('가')) % 28,
        Some('1' | '7' | '8') => 8, // read 일, 칠, 팔
        Some('0' | '3' | '6') => 1,
        _ => 0,
    };
    match (particle, last) {
        ('는', 0) => "는",
        ('는', _) => "은",
        ('가', 0) => "가",
        ('가', _) => "이",
        ('를', 0) => "를",
        ('를', _) => "을",
        ('와', 0) => "와",
        ('와', _) => "과",
        ('로', 0 | 8) => "로",
        ('로', _) => "으로",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles() {
        assert_eq!(polish("항구~는 시장~를 길~로 문~로 1~가"), "항구는 시장을 길로 문으로 1이");
        assert_eq!(polish("“he said"), "“He said");
        assert_eq!(polish("<>, now with more"), "<>, now with more");
    }
}
