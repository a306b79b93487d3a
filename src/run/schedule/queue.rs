//! Which gates may begin, and which of them should.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Bound;

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

    /// The most urgent of those that may begin, less urgent than `last`.
    pub(super) fn ready_after(&self, last: Option<usize>) -> Option<usize> {
        let after = last.map_or(Bound::Unbounded, |at| Bound::Excluded(self.place(at)));
        let mut rest = self.ready.range((after, Bound::Unbounded));
        rest.next().map(|(_, at)| *at)
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
    use proptest::prelude::*;

    use super::Queue;

    /// The order in which one worker takes them.
    fn order(needs: &[&[usize]], lengths: &[u64]) -> Vec<usize> {
        let mut queue = Queue::new(needs, lengths);
        let mut order = Vec::new();
        while let Some(at) = queue.ready_after(None) {
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

    /// Needs that never go in a circle, and lengths.
    fn plans() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<u64>)> {
        (1..20usize).prop_flat_map(|count| {
            let needs: Vec<_> = (0..count)
                .map(|at| proptest::collection::btree_set(0..at.max(1), 0..=at.min(3)))
                .collect();
            let needs = needs.prop_map(|all| {
                let all = all.into_iter().enumerate();
                all.map(|(at, needs)| needs.into_iter().filter(|need| *need < at).collect())
                    .collect()
            });
            (needs, proptest::collection::vec(0..9u64, count))
        })
    }

    proptest! {
        #[test]
        fn each_is_taken_once_after_what_it_needs_and_never_while_more_hangs_on_another(
            (needs, lengths) in plans()
        ) {
            let needs: Vec<&[usize]> = needs.iter().map(Vec::as_slice).collect();
            let order = order(&needs, &lengths);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..needs.len()).collect::<Vec<_>>());
            let place = |at: usize| order.iter().position(|it| *it == at);
            for (at, needs) in needs.iter().enumerate() {
                for need in *needs {
                    prop_assert!(place(*need) < place(at));
                }
            }
            // The longest way from a gate to the end, found the slow way.
            fn way(at: usize, needs: &[&[usize]], lengths: &[u64]) -> u64 {
                let after = (0..needs.len())
                    .filter(|other| needs.get(*other).is_some_and(|list| list.contains(&at)))
                    .map(|other| way(other, needs, lengths))
                    .max();
                lengths.get(at).copied().unwrap_or(0) + after.unwrap_or(0)
            }
            for (turn, at) in order.iter().enumerate() {
                let done = order.get(..turn).unwrap_or_default();
                let might = (0..needs.len()).filter(|other| {
                    !done.contains(other)
                        && needs.get(*other).is_some_and(|list| list.iter().all(|need| done.contains(need)))
                });
                for other in might {
                    prop_assert!(way(other, &needs, &lengths) <= way(*at, &needs, &lengths));
                }
            }
        }
    }
}
