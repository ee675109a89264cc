//! An order by weight and chance, as RFC 2782 has it for the servers of a name; we have it for trunks of equal rank, too.

use crate::sip::Chance;

/// All of these, each with its weight, in an order that chance chooses: the first is one of weight w with the
/// probability w of the sum of all, the second likewise of those that are left, and so on. What weighs nothing is
/// seldom before what weighs something.
pub fn by_weight<T>(items: Vec<(u32, T)>, chance: &mut Chance) -> Vec<T> {
    let (mut left, some): (Vec<_>, Vec<_>) = items.into_iter().partition(|(weight, _)| *weight == 0);
    left.extend(some);
    let mut ordered = Vec::with_capacity(left.len());
    while left.len() > 1 {
        let at = drawn(&left, chance);
        ordered.push(left.remove(at).1);
    }
    ordered.extend(left.into_iter().map(|(_, last)| last));
    ordered
}

/// The first of which the running sum is at least a number from 0 to the sum.
fn drawn<T>(items: &[(u32, T)], chance: &mut Chance) -> usize {
    let weights = items.iter().map(|(weight, _)| u64::from(*weight));
    let number = chance.below(weights.clone().sum::<u64>() + 1);
    let mut sums = weights.scan(0, |sum, weight| {
        *sum += weight;
        Some(*sum)
    });
    sums.position(|sum| sum >= number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_chosen_as_often_as_it_weighs() {
        let mut chance = Chance::new([7; 32]);
        let mut first = [0; 3];
        for _ in 0..10_000 {
            let order = by_weight(vec![(60, 0), (30, 1), (10, 2)], &mut chance);
            first[order[0]] += 1;
        }
        for (count, expected) in first.into_iter().zip([6000, 3000, 1000]) {
            assert!((expected - 300..expected + 300).contains(&count), "{first:?}");
        }
    }

    #[test]
    fn all_are_there_and_what_weighs_nothing_is_seldom_first() {
        let mut chance = Chance::new([7; 32]);
        let mut light_first = 0;
        for _ in 0..1000 {
            let mut order = by_weight(vec![(100, 'a'), (0, 'b'), (100, 'c')], &mut chance);
            light_first += usize::from(order[0] == 'b');
            order.sort_unstable();
            assert_eq!(order, ['a', 'b', 'c']);
        }
        assert!(light_first < 50, "{light_first}");
        assert_eq!(by_weight(vec![(0, 'a')], &mut chance), ['a']);
    }
}
