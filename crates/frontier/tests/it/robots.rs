//! robots.txt against RFC 9309, and against files that mean harm.

use std::time::{Duration, Instant};

use frontier::Robots;
use proptest::prelude::*;

#[track_caller]
fn check(robots: &str, allowed: &[&str], forbidden: &[&str]) {
    let rules = Robots::parse(robots);
    for path in allowed {
        assert!(rules.allows(path), "{path} is allowed by\n{robots}");
    }
    for path in forbidden {
        assert!(!rules.allows(path), "{path} is forbidden by\n{robots}");
    }
}

#[test]
fn the_longest_rule_wins_and_allow_wins_a_tie() {
    check("user-agent: *\nallow: /p\ndisallow: /", &["/page", "/p"], &["/x", "/"]);
    check("user-agent: *\nallow: /folder\ndisallow: /folder", &["/folder/page"], &[]);
    check("user-agent: *\nallow: /page\ndisallow: /*.htm", &["/page"], &["/page.htm"]);
    check("user-agent: *\ndisallow: /a\nallow: /a/b\ndisallow: /a/b/c", &["/a/b", "/a/b/d"], &["/a", "/a/b/c"]);
}

#[test]
fn our_own_group_counts_alone_and_groups_of_one_name_are_one() {
    let robots = "user-agent: *\ndisallow: /\n\nuser-agent: WireDesk\ndisallow: /a\n\nuser-agent: other\nuser-agent: \
                  wiredesk/2.0\ndisallow: /b";
    check(robots, &["/", "/c"], &["/a", "/b"]);
    check("user-agent: wiredesk\n\nuser-agent: *\ndisallow: /", &[], &["/x"]);
    check("user-agent: wiredesk\nallow: /x\nuser-agent: *\ndisallow: /", &["/x", "/y"], &[]);
    check("user-agent: wiredeskbot\ndisallow: /", &["/x"], &[]);
}

#[test]
fn what_is_no_rule_is_passed_over() {
    check("", &["/"], &[]);
    check("disallow: /", &["/x"], &[]);
    check("user-agent: *\ndisallow:", &["/x"], &[]);
    check("\u{feff}User-Agent : * # all\r\nDISALLOW : /x # not here\r\nnonsense\r\n: /y", &["/y"], &["/x"]);
    check("user-agent: *\nsitemap: https://a.example/s.xml\ndisallow: /x", &["/y"], &["/x"]);
    check("<html><body>Not found</body></html>", &["/"], &[]);
    check("user-agent: *\ndisallow: /", &["/robots.txt"], &["/robots.txt.bak"]);
}

#[test]
fn wildcards_and_ends() {
    check("user-agent: *\ndisallow: /*.php$", &["/a.php?x", "/a.php5"], &["/a.php", "/b/c.php"]);
    check("user-agent: *\ndisallow: /a*b*c", &["/acb", "/ab"], &["/abc", "/axxbxxcxx"]);
    check("user-agent: *\ndisallow: *private*", &["/priv"], &["/x/private/y", "/private"]);
    check("user-agent: *\ndisallow: /$", &["/x"], &["/"]);
    check("user-agent: *\ndisallow: /**a$", &["/ab"], &["/a", "/ba", "/aba"]);
    check("user-agent: *\ndisallow: /x?id=", &["/x"], &["/x?id=7"]);
}

#[test]
fn escapes_have_one_spelling() {
    check("user-agent: *\ndisallow: /foo/bar/ツ", &[], &["/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84"]);
    check("user-agent: *\ndisallow: /a%3cd.html", &[], &["/a%3Cd.html", "/a%3cd.html"]);
    check("user-agent: *\ndisallow: /%7Ejoe/", &[], &["/~joe/index.html", "/%7ejoe/"]);
    check("user-agent: *\ndisallow: /a%2Fb", &["/a/b"], &["/a%2fb"]);
}

#[test]
fn delays_and_signals_are_heard() {
    let robots = Robots::parse(
        "user-agent: *\ncrawl-delay: 2.5\ndisallow: /x\nContent-Signal: search=yes, ai-train=no\n\nuser-agent: \
         GPTBot\nuser-agent: CCBot\ndisallow: /\n\nuser-agent: ClaudeBot\ndisallow: /tmp",
    );
    assert_eq!(robots.crawl_delay(), Some(Duration::from_millis(2_500)));
    assert_eq!(robots.ai_opt_out(), ["content-signal:ai-train=no", "robots:ccbot", "robots:gptbot"]);
    for delay in ["-1", "nan", "inf", "1e400", "soon"] {
        let robots = Robots::parse(&format!("user-agent: *\ncrawl-delay: {delay}"));
        assert_eq!(robots.crawl_delay(), None, "{delay}");
    }
}

/// Files that make matchers run for seconds: many rules, many wildcards, patterns that almost match.
#[test]
fn hostile_files_are_read_and_matched_in_linear_time() {
    let path = format!("/{}", "a".repeat(2_000));
    let stars = format!("user-agent: *\ndisallow: /{}b", "a*".repeat(900));
    let almost = format!("user-agent: *\ndisallow: /*{}b", "a".repeat(1_900));
    let many: String = std::iter::once("user-agent: *\n".to_owned())
        .chain((0..60_000).map(|n| format!("disallow: /*{n}\n")))
        .collect();
    let agents = "user-agent: x\n".repeat(60_000);
    let line = format!("user-agent: *\ndisallow: /{}", "x".repeat(700_000));
    for (name, robots) in [("stars", stars), ("almost", almost), ("many", many), ("agents", agents), ("line", line)] {
        let since = Instant::now();
        let rules = Robots::parse(&robots);
        let _ = rules.allows(&path);
        assert!(since.elapsed() < Duration::from_secs(1), "{name} took {:?}", since.elapsed());
    }
}

proptest! {
    #[test]
    fn anything_is_read(text in ".{0,400}", path in "/.{0,60}") {
        let _ = Robots::parse(&text).allows(&path);
    }

    /// A rule of plain characters is a prefix.
    #[test]
    fn plain_rules_are_prefixes(rule in "/[a-z/]{0,6}", path in "/[a-z/]{0,8}") {
        let rules = Robots::parse(&format!("user-agent: *\ndisallow: {rule}"));
        prop_assert_eq!(rules.allows(&path), !path.starts_with(&rule));
    }

    /// The matcher says what a search over all ways to fill the wildcards says.
    #[test]
    fn wildcards_match_as_by_search(rule in "/[ab*]{0,6}", end in any::<bool>(), path in "/[ab]{0,8}") {
        fn search(rule: &[u8], path: &[u8]) -> bool {
            match (rule.split_first(), path.split_first()) {
                (None, _) | (Some((b'$', [])), None) => true,
                (Some((b'*', rest)), _) => (0..=path.len()).any(|at| search(rest, &path[at..])),
                (Some((a, rest)), Some((b, path))) if a == b => search(rest, path),
                _ => false,
            }
        }
        let rule = if end { format!("{rule}$") } else { rule };
        let rules = Robots::parse(&format!("user-agent: *\ndisallow: {rule}"));
        prop_assert_eq!(rules.allows(&path), !search(rule.as_bytes(), path.as_bytes()));
    }
}
