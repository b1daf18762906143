//! The newsroom itself: a thread with listeners and a publisher, and questions to the desk.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use axum::Router;
use tokio::{runtime, sync::oneshot, time::Instant};

use crate::{
    access::Access,
    desk::Desk,
    http::{Site, answer, lock},
    news::{Publication, Published, Summary},
    outlet::OUTLETS,
    settings::Settings,
};

/// Six newspapers on loopback, for as long as this lives.
pub struct Newsroom {
    desk: Arc<Mutex<Desk>>,
    /// Taken when it stops: the thread ends when the other end hears that this is gone.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Newsroom {
    /// Opens the newsroom; it answers as soon as this returns.
    ///
    /// # Errors
    /// If no address of loopback can be listened on, or `settings.first` is none.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let listeners = listen(settings.first)?;
        let sites = listeners.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
        let per_second = settings.per_second;
        let desk = Arc::new(Mutex::new(Desk::new(settings, sites)));
        let shared = Arc::clone(&desk);
        let (stop, stopped) = oneshot::channel();
        let thread = serve("newsroom", listeners, stopped, move |outlet| {
            let site = Site { desk: Arc::clone(&shared), outlet };
            if outlet == 0 {
                tokio::spawn(publish(Arc::clone(&shared), per_second));
            }
            Router::new().fallback(answer).with_state(site)
        })?;
        Ok(Self { desk, stop: Some(stop), thread: Some(thread) })
    }

    /// The publications, and where they are.
    pub fn publications(&self) -> Vec<Publication> {
        lock(&self.desk).publications()
    }

    /// Everything published so far, in order.
    pub fn articles(&self) -> Vec<Published> {
        lock(&self.desk).published()
    }

    /// The requests so far, in order; the last 200,000 of them.
    pub fn accesses(&self) -> Vec<Access> {
        lock(&self.desk).log.lines()
    }

    /// Counts, for one line.
    pub fn summary(&self) -> Summary {
        lock(&self.desk).summary()
    }

    /// Publishes nothing more: what [`articles`](Self::articles) says afterwards stays so, until
    /// [`resume`](Self::resume). Readers are answered all the same.
    pub fn pause(&self) {
        lock(&self.desk).paused = true;
    }

    /// Goes on publishing.
    pub fn resume(&self) {
        lock(&self.desk).paused = false;
    }
}

impl Drop for Newsroom {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic there is no reason for one here
        }
    }
}

/// A thread of its own that answers on all listeners until `stopped` hears from its sender, or that it is gone.
pub(crate) fn serve(
    name: &str,
    listeners: Vec<TcpListener>,
    stopped: oneshot::Receiver<()>,
    router: impl Fn(usize) -> Router + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let entered = runtime.enter();
    let listeners = listeners.into_iter().map(tokio::net::TcpListener::from_std).collect::<io::Result<Vec<_>>>()?;
    drop(entered);
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        runtime.block_on(async move {
            for (number, listener) in listeners.into_iter().enumerate() {
                let router = router(number);
                tokio::spawn(async move { axum::serve(listener, router).await });
            }
            let _ = stopped.await;
        });
        // Open connections end with the runtime.
    })
}

async fn publish(desk: Arc<Mutex<Desk>>, per_second: f64) {
    let Ok(pace) = Duration::try_from_secs_f64(1.0 / per_second) else { return };
    if pace.is_zero() {
        return;
    }
    let mut next = Instant::now();
    loop {
        next += pace;
        tokio::time::sleep_until(next).await;
        let mut desk = lock(&desk);
        if desk.paused {
            next = Instant::now(); // what was missed in a pause is not made up for
        }
        let now = (desk.settings.clock)();
        desk.step(now);
    }
}

fn listen(first: Ipv4Addr) -> io::Result<Vec<TcpListener>> {
    if !first.is_loopback() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{first} is not on loopback")));
    }
    let own = (0..).map(|number: u32| Ipv4Addr::from(u32::from(first).saturating_add(number)));
    let own = own.take(OUTLETS.len()).filter(Ipv4Addr::is_loopback).map(|address| bind(address, 0));
    match own.collect::<io::Result<Vec<_>>>() {
        Ok(listeners) if listeners.len() == OUTLETS.len() => Ok(listeners),
        _ => (0..OUTLETS.len()).map(|_| bind(Ipv4Addr::LOCALHOST, 0)).collect(),
    }
}

pub(crate) fn bind(address: Ipv4Addr, port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(SocketAddr::new(IpAddr::V4(address), port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
