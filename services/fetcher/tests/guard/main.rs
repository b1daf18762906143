//! The guard, in a network namespace where every address of IPv4 and IPv6 leads to a canary: what is refused must never
//! arrive there. Needs Linux with `unshare` (user namespaces) and `ip`.

#![expect(clippy::unwrap_used, reason = "a test, its helpers included")]

mod canary;
mod hosts;
mod names;
mod urls;

use std::{env, fs, path::PathBuf, process::Command, sync::Arc, time::Duration};

use fetcher::{Accept, Client, FetchError, FetchLimits, Fetched, Follow, Networks, Request, World};
use schemas::CanonicalUrl;

use self::canary::Names;

/// Tells the tests within of the network they must not be in.
const OUTSIDE: &str = "GUARD_TEST_OUTSIDE";
/// `lo` comes up, and every address is local to it.
const NETWORK: &str = "ip link set lo up && ip route add local 0.0.0.0/0 dev lo && ip -6 route add local ::/0 dev lo \
    && exec \"$@\"";

fn network() -> PathBuf {
    fs::read_link("/proc/self/ns/net").unwrap()
}

#[test]
fn the_guard_holds_in_a_network_of_its_own() {
    let mut command = Command::new("unshare");
    command.args(["-rn", "sh", "-c", NETWORK, "sh"]).arg(env::current_exe().unwrap());
    command.args(["--ignored", "--test-threads=1", "--nocapture"]).env(OUTSIDE, network());
    // A proxy of the environment would be the canary, too.
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(proxy, "http://10.0.0.1:8080");
    }
    let output = command.output().expect("this test needs `unshare` of util-linux");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let ran = said.contains("test result: ok. 8 passed");
    assert!(
        output.status.success() && ran,
        "the guard fails, or `unshare -rn` and `ip` are not permitted here:\n{said}"
    );
    println!("{said}");
}

fn within() {
    let outside = env::var_os(OUTSIDE).expect("runs in a network namespace, started by the test that is not ignored");
    assert_ne!(network(), PathBuf::from(outside), "not in a namespace of its own");
}

fn client(networks: &[&str], names: &Arc<Names>) -> Client {
    let networks = Networks::public_and(networks.iter().map(|network| network.parse().unwrap()).collect());
    let limits = FetchLimits { connect: Duration::from_secs(1), ..FetchLimits::default() };
    let world = World { lookup: Some(Arc::<Names>::clone(names)), ..World::default() };
    Client::in_world("wiredesk/0 (+test)", networks, limits, world).unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn fetch(client: &Client, url: &CanonicalUrl) -> Result<Fetched, FetchError> {
    let request = Request { url, validators: None, accept: Accept::Page, body_bytes_max: 1 << 20 };
    client.fetch(&request, |_, _| Follow::Yes).await
}

/// The body of what was fetched, or the reason why there is none.
async fn get(client: &Client, url: &str) -> String {
    match fetch(client, &CanonicalUrl::parse(url).unwrap()).await {
        Ok(fetched) => String::from_utf8(fetched.body.to_vec()).unwrap(),
        Err(error) => error.reason().to_owned(),
    }
}
