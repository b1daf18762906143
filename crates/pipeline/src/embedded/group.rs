//! Who reads what, inside the one process that owns the log: partitions by range, handed over one by one, and taken by
//! a new owner only when the old one has let go.

use std::collections::{BTreeMap, BTreeSet};

use crate::Partition;

/// The workers of one stage.
#[derive(Debug, Default)]
pub(super) struct Group {
    next_member: u64,
    members: BTreeMap<u64, BTreeSet<Partition>>,
}

/// What a worker has to do about its partitions.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    LetGo(Vec<Partition>),
    Take(Vec<Partition>),
}

impl Group {
    pub(super) fn join(&mut self) -> u64 {
        self.next_member += 1;
        self.members.insert(self.next_member, BTreeSet::new());
        self.next_member
    }

    pub(super) fn leave(&mut self, member: u64) {
        self.members.remove(&member);
    }

    /// Partitions that were taken and could not be used.
    pub(super) fn give_back(&mut self, member: u64, partitions: &[Partition]) {
        if let Some(owned) = self.members.get_mut(&member) {
            owned.retain(|partition| !partitions.contains(partition));
        }
    }

    pub(super) fn owns(&self, member: u64, partition: Partition) -> bool {
        self.members.get(&member).is_some_and(|owned| owned.contains(&partition))
    }

    /// Whether the member's next change is to let go.
    pub(super) fn would_revoke(&self, member: u64, partitions: u32) -> bool {
        let Some(index) = self.members.keys().position(|id| *id == member) else { return false };
        let target = range(index, self.members.len(), partitions);
        self.members.get(&member).is_some_and(|owned| !owned.is_subset(&target))
    }

    /// The next change for a member: first it lets go of what is no longer its, then it takes what nobody holds.
    pub(super) fn change(&mut self, member: u64, partitions: u32) -> Change {
        let Some(index) = self.members.keys().position(|id| *id == member) else { return Change::None };
        let target = range(index, self.members.len(), partitions);
        let held_by_others: BTreeSet<_> =
            self.members.iter().filter(|(id, _)| **id != member).flat_map(|(_, owned)| owned.iter().copied()).collect();
        let Some(owned) = self.members.get_mut(&member) else { return Change::None };
        let going: Vec<_> = owned.iter().copied().filter(|partition| !target.contains(partition)).collect();
        if !going.is_empty() {
            owned.retain(|partition| target.contains(partition));
            return Change::LetGo(going);
        }
        let coming: Vec<_> = target.into_iter().filter(|p| !owned.contains(p) && !held_by_others.contains(p)).collect();
        if coming.is_empty() {
            return Change::None;
        }
        owned.extend(&coming);
        Change::Take(coming)
    }
}

/// Kafka's range assignment: contiguous, and the first members hold one more.
fn range(index: usize, members: usize, partitions: u32) -> BTreeSet<Partition> {
    let (index, members, partitions) = (index as u64, members.max(1) as u64, u64::from(partitions));
    let (each, more) = (partitions / members, partitions % members);
    let start = index * each + index.min(more);
    let end = start + each + u64::from(index < more);
    (start..end).filter_map(|partition| u32::try_from(partition).ok().map(Partition)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(range: std::ops::Range<u32>) -> Vec<Partition> {
        range.map(Partition).collect()
    }

    #[test]
    fn a_partition_has_one_owner_through_every_handover() {
        let mut group = Group::default();
        let a = group.join();
        assert_eq!(group.change(a, 4), Change::Take(parts(0..4)));
        let b = group.join();
        assert_eq!(group.change(b, 4), Change::None, "a still holds them");
        assert_eq!(group.change(a, 4), Change::LetGo(parts(2..4)));
        assert!(!group.owns(a, Partition(2)) && group.owns(a, Partition(1)));
        assert_eq!(group.change(b, 4), Change::Take(parts(2..4)));
        group.leave(a);
        assert_eq!(group.change(b, 4), Change::Take(parts(0..2)));
        assert_eq!(group.change(a, 4), Change::None, "who has left gets nothing");
    }

    #[test]
    fn more_workers_than_partitions_leave_some_idle() {
        let all: Vec<_> = (0..5).flat_map(|index| range(index, 5, 3)).collect();
        assert_eq!(all, parts(0..3));
    }
}
