//! Which gates may begin, and which of them should.

use std::cmp::Reverse;
use std::collections::BTreeSet;

/// What waits: ordered by what each needs, and by how much hangs on it.
pub(super) struct Queue {
    /// Those that wait for no other, the longest way to the end first; as ordered where
    /// that is the same.
    ready: BTreeSet<(Reverse<u64>, usize)>,
    /// How many each still waits for.
    missing: Vec<usize>,
    /// Those that wait for each.
    dependents: Vec<Vec<usize>>,
    /// How long it takes from the beginning of each to the end of all that waits for it.
    way: Vec<u64>,
    /// How many are not done.
    left: usize,
}

impl Queue {
    /// A queue of as many as there are `needs`; `lengths` says how long each may take.
    pub(super) fn new(needs: &[&[usize]], lengths: &[u64]) -> Self {
        let mut dependents = vec![Vec::new(); needs.len()];
        for (at, needs) in needs.iter().enumerate() {
            for need in *needs {
                if let Some(list) = dependents.get_mut(*need) {
                    let list: &mut Vec<usize> = list;
                    list.push(at);
                }
            }
        }
        let way = ways(needs, &dependents, lengths);
        let missing: Vec<usize> = needs.iter().map(|needs| needs.len()).collect();
        let mut queue = Self {
            ready: BTreeSet::new(),
            left: missing.len(),
            missing,
            dependents,
            way,
        };
        for (at, needs) in needs.iter().enumerate() {
            if needs.is_empty() {
                queue.enter(at);
            }
        }
        queue
    }

    /// Those that may begin, the most urgent first.
    pub(super) fn ready(&self) -> impl Iterator<Item = usize> {
        self.ready.iter().map(|(_, at)| *at)
    }

    /// Takes one out that may begin.
    pub(super) fn take(&mut self, at: usize) {
        self.ready.remove(&self.place(at));
    }

    /// One that was taken is done: who waited for it alone may begin.
    pub(super) fn done(&mut self, at: usize) {
        self.left = self.left.saturating_sub(1);
        let dependents = self.dependents.get_mut(at).map(std::mem::take);
        for dependent in dependents.unwrap_or_default() {
            let missing = self.missing.get_mut(dependent);
            if missing.is_some_and(|missing| {
                *missing = missing.saturating_sub(1);
                *missing == 0
            }) {
                self.enter(dependent);
            }
        }
    }

    /// Whether all are done.
    pub(super) fn is_over(&self) -> bool {
        self.left == 0
    }

    fn enter(&mut self, at: usize) {
        self.ready.insert(self.place(at));
    }

    fn place(&self, at: usize) -> (Reverse<u64>, usize) {
        (Reverse(self.way.get(at).copied().unwrap_or(0)), at)
    }
}

/// The longest way through all that waits for each, itself included.
fn ways(needs: &[&[usize]], dependents: &[Vec<usize>], lengths: &[u64]) -> Vec<u64> {
    let mut way = lengths.to_vec();
    let mut open: Vec<usize> = dependents.iter().map(Vec::len).collect();
    let mut settled: Vec<usize> = (0..open.len())
        .filter(|at| open.get(*at) == Some(&0))
        .collect();
    // From those that nobody waits for, back to those that wait for nobody.
    while let Some(at) = settled.pop() {
        let after = way.get(at).copied().unwrap_or(0);
        for need in needs.get(at).copied().unwrap_or_default() {
            if let (Some(way), Some(length)) = (way.get_mut(*need), lengths.get(*need)) {
                *way = (*way).max(length.saturating_add(after));
            }
            if let Some(open) = open.get_mut(*need) {
                *open = open.saturating_sub(1);
                if *open == 0 {
                    settled.push(*need);
                }
            }
        }
    }
    way
}

#[cfg(test)]
mod tests {
    use super::Queue;

    /// The order in which one worker takes them.
    fn order(needs: &[&[usize]], lengths: &[u64]) -> Vec<usize> {
        let mut queue = Queue::new(needs, lengths);
        let mut order = Vec::new();
        loop {
            let Some(at) = queue.ready().next() else {
                break;
            };
            queue.take(at);
            queue.done(at);
            order.push(at);
        }
        assert!(queue.is_over());
        order
    }

    #[test]
    fn the_longest_goes_first_and_equals_as_they_stand() {
        assert_eq!(order(&[&[], &[], &[]], &[0, 0, 0]), [0, 1, 2]);
        assert_eq!(order(&[&[], &[], &[]], &[1, 3, 2]), [1, 2, 0]);
    }

    #[test]
    fn a_short_one_that_a_long_one_waits_for_goes_before_a_middling_one() {
        assert_eq!(order(&[&[], &[], &[1]], &[5, 1, 9]), [1, 2, 0]);
    }

    #[test]
    fn a_need_named_twice_or_shared_is_one() {
        assert_eq!(
            order(&[&[], &[0], &[0], &[1, 2]], &[1, 1, 2, 1]),
            [0, 2, 1, 3]
        );
    }
}
