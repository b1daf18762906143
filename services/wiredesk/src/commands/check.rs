//! `check`: what the settings come to, or what would become of a URL.

use frontier::Robots;
use schemas::CanonicalUrl;

use super::{BadInput, print};
use crate::{
    cli::Check,
    settings::{Config, Target},
};

pub(super) fn run(config: &Config, check: &Check) -> anyhow::Result<()> {
    match &check.url {
        None => settings(config),
        Some(url) => {
            let url = CanonicalUrl::parse(url).map_err(|error| BadInput::Usage(format!("{url}: {error}")))?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(address(config, &url))
        }
    }
}

fn settings(config: &Config) -> anyhow::Result<()> {
    let log = match &config.kafka {
        Some(kafka) => format!("Kafka at {}, prefix {:?}", kafka.settings.brokers, kafka.settings.prefix),
        None => format!("embedded, in {}", config.data.display()),
    };
    let target = match &config.target {
        Target::Lake(lake) => format!("Delta lake in {}", lake.settings.path.display()),
        Target::JsonLines => "JSON Lines on standard output".to_owned(),
    };
    let listen = config.listen.map_or_else(|| "nowhere".to_owned(), |listen| listen.to_string());
    let feeds = format!(
        "{} in the settings, polled every {:?} on average",
        config.feeds.len(),
        config.rules.policy.interval_mean
    );
    print(&format!(
        "the settings are good\nlog      {log}\nfeeds    {feeds}\nsink     {target}\nmetrics  {listen}\nagent    {}",
        config.user_agent
    ))
}

/// The guard, robots.txt, and a fetch, one after the other; it stops where the fetcher would.
async fn address(config: &Config, url: &CanonicalUrl) -> anyhow::Result<()> {
    let client = config.client()?;
    print(&format!("url      {url}\nsite     {}", schemas::registrable_domain(url.host())))?;
    match client.check(url).await {
        Err(error) => return print(&format!("guard    {error}\nverdict  it would not be fetched now")),
        Ok(verdict) => {
            print(&format!("guard    {}", verdict.to_string().replace('\n', "\n         ")))?;
            if !verdict.allowed() {
                return print("verdict  it would never be fetched; fetch.allow_private and fetch.ports can allow it");
            }
        }
    }
    let allowed = match url.join("/robots.txt") {
        Err(_) => true,
        Ok(robots) => match client.get(&robots).await {
            Ok(fetched) if fetched.status < 300 => {
                let rules = Robots::parse(&String::from_utf8_lossy(&fetched.body));
                let allows = rules.allows(url.path_and_query());
                let delay = rules
                    .crawl_delay()
                    .map_or_else(String::new, |delay| format!(", asks for {delay:?} between requests"));
                let signals = match rules.ai_opt_out() {
                    [] => String::new(),
                    signals => format!(", opts out of AI uses ({})", signals.join(", ")),
                };
                print(&format!("robots   {}{delay}{signals}", if allows { "allows it" } else { "forbids it" }))?;
                allows
            }
            Ok(fetched) if fetched.status < 500 && fetched.status != 429 => {
                print(&format!("robots   none ({}): everything is allowed", fetched.status))?;
                true
            }
            Ok(fetched) => {
                print(&format!("robots   cannot be had ({}): nothing is asked until it can", fetched.status))?;
                false
            }
            Err(error) => {
                print(&format!("robots   cannot be had ({error}): nothing is asked until it can"))?;
                false
            }
        },
    };
    if !allowed {
        return print("verdict  it would not be fetched");
    }
    match client.get(url).await {
        Ok(fetched) => {
            for hop in &fetched.hops {
                print(&format!("fetch    {} to {}", hop.status, hop.to))?;
            }
            let kind = fetched.headers.get("content-type").map_or("no content type", String::as_str);
            print(&format!(
                "fetch    {} with {} bytes ({} on the wire), {kind}, in {:?}\nverdict  {}",
                fetched.status,
                fetched.body.len(),
                fetched.wire_bytes,
                fetched.elapsed,
                if fetched.status < 300 { "it would be fetched" } else { "it would be asked for, and not be had" }
            ))
        }
        Err(error) => {
            print(&format!("fetch    {error}\nverdict  it would be asked for, and not be had ({})", error.reason()))
        }
    }
}
