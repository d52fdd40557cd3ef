use std::collections::VecDeque;

/// The least room that mistralrs, as patched, makes for a sequence, in tokens.
const BLOCK: usize = 64;

/// For how many tokens it makes room where there are so many.
fn room_for(tokens: usize) -> usize {
    let below = 1 << tokens.max(1).ilog2();
    tokens.next_multiple_of((below / 4).max(BLOCK))
}

/// What mistralrs's prefix cache holds, told from what it was given: it cannot be asked. Follows the rules of our patch:
/// a sequence that another begins with goes when that comes, and the oldest go where there is no room.
#[derive(Debug, Default)]
pub(crate) struct KeptSequences {
    room: usize,
    /// The oldest first.
    sequences: VecDeque<Vec<u32>>,
}

impl KeptSequences {
    /// Nothing yet, and room for so many tokens.
    pub fn new(room: usize) -> Self {
        Self { room, sequences: VecDeque::new() }
    }

    /// Notes tokens that were computed.
    pub fn add(&mut self, computed: Vec<u32>) {
        self.sequences.retain(|kept| !computed.starts_with(kept));
        self.sequences.push_back(computed);
        let mut taken: usize = self.sequences.iter().map(|kept| room_for(kept.len())).sum();
        while taken > self.room {
            let Some(oldest) = self.sequences.pop_front() else { return };
            taken -= room_for(oldest.len());
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.sequences.clear();
    }

    /// How many of `tokens`, from the first on, some sequence begins with.
    pub fn beginning(&self, tokens: &[u32]) -> usize {
        let shared = |kept: &Vec<u32>| kept.iter().zip(tokens).take_while(|(one, other)| one == other).count();
        self.sequences.iter().map(shared).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_common_beginning_counts() {
        let mut kept = KeptSequences::new(4 * BLOCK);
        kept.add(vec![1, 2, 3]);
        kept.add(vec![1, 2, 4, 5]);
        assert_eq!(kept.beginning(&[1, 2, 4, 6]), 3);
        assert_eq!(kept.beginning(&[2]), 0);
    }

    #[test]
    fn the_oldest_go_where_there_is_no_room_and_a_beginning_goes_with_what_goes_on_from_it() {
        let mut kept = KeptSequences::new(2 * BLOCK);
        kept.add(vec![1, 2]);
        kept.add(vec![3, 4]);
        kept.add(vec![1, 2, 3]);
        assert_eq!((kept.beginning(&[1, 2, 3]), kept.beginning(&[3, 4])), (3, 2));
        kept.add(vec![5]);
        assert_eq!((kept.beginning(&[1, 2, 3]), kept.beginning(&[3, 4]), kept.beginning(&[5])), (3, 0, 1));
        kept.add(vec![6; BLOCK + 1]);
        assert_eq!((kept.beginning(&[1, 2, 3]), kept.beginning(&[5]), kept.beginning(&[6, 6])), (0, 0, 2));
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let mut kept = KeptSequences::new(0);
        kept.add(vec![1]);
        assert_eq!(kept.beginning(&[1]), 0);
    }
}
