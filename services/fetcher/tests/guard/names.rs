//! Names and redirects, and what a setting allows.

use schemas::CanonicalUrl;

use crate::{
    canary::{Names, SITE, SITE_V6, redirect, seen},
    client, get, run, urls, within,
};

#[test]
#[ignore = "runs in a namespace, started by the test that is not ignored"]
fn a_name_is_what_it_resolves_to() {
    within();
    let names = Names::new(&[
        ("public.test", &[SITE]),
        ("public6.test", &[SITE_V6]),
        ("both.test", &["2606:4700::1111 93.184.216.34"]),
        ("private.test", &["10.0.0.1"]),
        ("loopback6.test", &["::1"]),
        ("mapped.test", &["::ffff:127.0.0.1"]),
        ("translated.test", &["64:ff9b::7f00:1"]),
        ("metadata.test", &["169.254.169.254"]),
        ("mixed.test", &["93.184.216.34 127.0.0.1"]),
        ("mixed6.test", &["93.184.216.34 fd00::1"]),
        (
            "late.test",
            &[
                "93.184.216.34 93.184.216.34 93.184.216.34 93.184.216.34 93.184.216.34 93.184.216.34 93.184.216.34 93.184.216.34 93.184.216.34 0.0.0.0",
            ],
        ),
        ("empty.test", &[""]),
        ("rebound.test", &[SITE, "127.0.0.1", SITE, "::1"]),
        ("mixing.test", &[SITE, "93.184.216.34 10.0.0.1"]),
        ("checked.test", &[SITE, "10.0.0.1"]),
    ]);
    let client = client(&[], &names);
    let refused = "private loopback6 mapped translated metadata mixed mixed6 late many";
    run(async {
        for (name, expected) in [
            ("public", "public"),
            ("public6", "public"),
            ("both", "public"),
            ("empty", "dns"),
            ("absent", "dns"),
            ("slow", "timeout"),
        ]
        .into_iter()
        .chain(refused.split(' ').map(|name| (name, "refused")))
        {
            assert_eq!(get(&client, &format!("http://{name}.test/")).await, expected, "{name}");
            // A second resolution is what rebinding lives on.
            assert_eq!(names.asked(&format!("{name}.test")), 1, "{name}");
        }
        for expected in ["public", "refused", "public", "refused", "refused"] {
            assert_eq!(get(&client, "http://rebound.test/").await, expected);
        }
        assert_eq!(get(&client, "http://mixing.test/").await, "public");
        assert_eq!(get(&client, "http://mixing.test/").await, "refused");
        // That a URL was fine a moment ago is worth nothing.
        let checked = CanonicalUrl::parse("http://checked.test/").unwrap();
        assert!(client.check(&checked).await.unwrap().allowed());
        assert_eq!(get(&client, "http://checked.test/").await, "refused");
    });
    assert_eq!(seen().canary(), []);
}

#[test]
#[ignore = "runs in a namespace, started by the test that is not ignored"]
fn a_redirect_leads_nowhere_that_a_url_may_not() {
    within();
    let names = Names::new(&[
        ("public.test", &[SITE]),
        ("private.test", &["10.0.0.1"]),
        ("mixed.test", &["93.184.216.34 127.0.0.1"]),
        ("rebound.test", &[SITE, "127.0.0.1"]),
    ]);
    let (client, mut count) = (client(&[], &names), 0);
    let more = ["private.test", "mixed.test", "93.184.216.34:22", "public.test:6379"];
    for host in urls::REFUSED.iter().chain(&more) {
        let is_plain = host.is_ascii();
        for status in [301, 302, 303, 307, 308] {
            for target in [
                format!("http://{host}/"),
                format!("//{host}/"),
                format!("https://{host}/"),
                format!("http:\\\\{host}\\a"),
            ] {
                let reason = run(get(&client, &redirect(status, &target)));
                assert_eq!(reason, "refused", "{status} to {target}");
                count += 1;
            }
            if !is_plain {
                break; // the same as its plain spelling, from here on
            }
        }
    }
    // Two hops, through a name that then is another's.
    let second = redirect(302, "http://rebound.test/").replace(SITE, "rebound.test");
    assert_eq!(run(get(&client, &redirect(301, &second))), "refused");
    assert_eq!(run(get(&client, &redirect(308, "http://public.test/"))), "public");
    assert_eq!(seen().canary(), []);
    println!("{count} redirects refused, no connection");
}

#[test]
#[ignore = "runs in a namespace, started by the test that is not ignored"]
fn an_allowed_network_is_reached_and_no_other() {
    within();
    let names = Names::new(&[
        ("intranet.test", &["10.1.0.2"]),
        ("half.test", &["10.1.0.2 93.184.216.34"]),
        ("other.test", &["10.1.0.2 10.2.0.1"]),
    ]);
    let client = client(&["10.1.0.0/16", "fd12::/16"], &names);
    let reached =
        ["http://10.1.0.1:9200/", "http://[::ffff:10.1.0.1]/", "http://[fd12::1]:3000/", "http://intranet.test:9200/"];
    for url in reached {
        assert_eq!(run(get(&client, url)), "secret", "{url}");
    }
    assert_eq!(seen().canary().len(), reached.len());
    // Where all addresses of a name are private its port is ours to know; a public one has its ports.
    for url in
        ["http://10.2.0.1/", "http://127.0.0.1/", "http://[fd13::1]/", "http://half.test:9200/", "http://other.test/"]
    {
        assert_eq!(run(get(&client, url)), "refused", "{url}");
        for status in [301, 302, 303, 307, 308] {
            let from = redirect(status, url).replace(SITE, "10.1.0.1");
            assert_eq!(run(get(&client, &from)), "refused", "{status} to {url}");
        }
    }
    let reached = seen().all();
    assert_eq!(reached.len(), 25);
    assert!(reached.iter().all(|to| *to == "10.1.0.1:80".parse().unwrap()), "{reached:?}");
    assert_eq!(run(get(&client, "http://half.test/")), "secret");
    seen().all();
}

#[test]
#[ignore = "runs in a namespace, started by the test that is not ignored"]
fn a_check_explains_and_connects_to_nothing() {
    within();
    let names = Names::new(&[("mixed.test", &["93.184.216.34 10.0.0.1"])]);
    let client = client(&[], &names);
    let says = |url: &str| match run(client.check(&CanonicalUrl::parse(url).unwrap())) {
        Ok(verdict) => format!("{}: {verdict}", verdict.allowed()),
        Err(error) => error.reason().to_owned(),
    };
    assert_eq!(says("https://93.184.216.34/a"), "true: port 443: allowed\n93.184.216.34: allowed");
    assert_eq!(
        says("http://mixed.test:6379/"),
        "false: port 6379: refused, pages are not fetched from it\n93.184.216.34: allowed\n\
         10.0.0.1: refused, 10.0.0.0/8: private"
    );
    assert_eq!(says("http://localhost/"), "false: port 80: allowed\n127.0.0.1: refused, 127.0.0.0/8: loopback");
    assert_eq!(
        says("http://[::ffff:a9fe:a9fe]/").lines().nth(1).unwrap(),
        "::ffff:169.254.169.254: refused, 169.254.0.0/16: link-local, cloud metadata"
    );
    assert_eq!((says("http://absent.test/"), says("http://slow.test/")), ("dns".to_owned(), "timeout".to_owned()));
    assert_eq!(seen().all(), []);
}
