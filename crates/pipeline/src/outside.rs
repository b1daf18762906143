//! Slow outside work of a keyed stage: errands leave once their commit has held, answers come back as inputs.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
};

use tokio::{runtime::Handle, task::AbortHandle};

use crate::{Key, Partition};

/// Which row an errand is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    pub(crate) partition: Partition,
    pub(crate) key: Key,
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.key))
    }
}

/// Where errands go. None of its methods waits.
pub trait Outside<E, A>: Send {
    /// How many more errands may be handed over.
    fn room(&self) -> usize;

    /// Errands that have not been answered.
    fn under_way(&self) -> usize;

    /// Whether this row's errand has not been answered.
    fn has(&self, ticket: &Ticket) -> bool;

    /// Takes an errand, within [`Outside::room`].
    fn send(&mut self, ticket: Ticket, errand: E);

    /// The next answer that has come.
    fn answer(&mut self) -> Option<(Ticket, A)>;

    /// Ends what is under way; no answer of it comes any more.
    fn recall(&mut self) -> Vec<Ticket>;
}

type Doing<A> = Pin<Box<dyn Future<Output = A> + Send>>;

/// Errands as tasks of a tokio runtime, a bounded number of them at a time.
pub struct Pool<E, A> {
    runtime: Handle,
    run: Arc<dyn Fn(E) -> Doing<A> + Send + Sync>,
    max: usize,
    tasks: HashMap<Ticket, AbortHandle>,
    answers: Receiver<(Ticket, Option<A>)>,
    sender: Sender<(Ticket, Option<A>)>,
}

impl<E, A> fmt::Debug for Pool<E, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("under_way", &self.tasks.len()).field("max", &self.max).finish_non_exhaustive()
    }
}

impl<E, A: Send + 'static> Pool<E, A> {
    /// At most `max` errands at a time on `runtime`; each must end by itself within a time limit of its own.
    pub fn new<F>(runtime: Handle, max: usize, run: impl Fn(E) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = A> + Send + 'static,
    {
        let (sender, answers) = channel();
        let run = Arc::new(move |errand| Box::pin(run(errand)) as Doing<A>);
        Self { runtime, run, max, tasks: HashMap::new(), answers, sender }
    }
}

impl<E: Send, A: Send + 'static> Outside<E, A> for Pool<E, A> {
    fn room(&self) -> usize {
        self.max.saturating_sub(self.tasks.len())
    }

    fn under_way(&self) -> usize {
        self.tasks.len()
    }

    fn has(&self, ticket: &Ticket) -> bool {
        self.tasks.contains_key(ticket)
    }

    fn send(&mut self, ticket: Ticket, errand: E) {
        let (doing, sender, whose) = ((self.run)(errand), self.sender.clone(), ticket.clone());
        let doing = self.runtime.spawn(doing);
        let inner = doing.abort_handle();
        let task = self.runtime.spawn(async move {
            let _inner = AbortOnDrop(inner);
            // No answer where it panicked: the row falls due again, and knows how often it was taken.
            let answer = doing.await.ok();
            let _ = sender.send((whose, answer)); // nobody waits any more once the worker has ended
        });
        self.tasks.insert(ticket, task.abort_handle());
    }

    fn answer(&mut self) -> Option<(Ticket, A)> {
        loop {
            let (ticket, answer) = self.answers.try_recv().ok()?;
            self.tasks.remove(&ticket);
            match answer {
                Some(answer) => return Some((ticket, answer)),
                None => tracing::error!(key = %ticket, "an errand panicked: a bug"),
            }
        }
    }

    fn recall(&mut self) -> Vec<Ticket> {
        let tasks = std::mem::take(&mut self.tasks);
        tasks.values().for_each(AbortHandle::abort);
        while self.answers.try_recv().is_ok() {}
        tasks.into_keys().collect()
    }
}

impl<E, A> Drop for Pool<E, A> {
    fn drop(&mut self) {
        self.tasks.values().for_each(AbortHandle::abort);
    }
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// For stages without outside work.
pub(crate) struct Nowhere;

impl<E, A> Outside<E, A> for Nowhere {
    fn room(&self) -> usize {
        usize::MAX
    }

    fn under_way(&self) -> usize {
        0
    }

    fn has(&self, _: &Ticket) -> bool {
        false
    }

    fn send(&mut self, _: Ticket, _: E) {}

    fn answer(&mut self) -> Option<(Ticket, A)> {
        None
    }

    fn recall(&mut self) -> Vec<Ticket> {
        Vec::new()
    }
}
