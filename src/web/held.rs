//! Shares of what there is only so much of: the bytes of uploads, connections, requests that are still being sent. Everybody may hold
//! so much at once, and all together so much. A share goes back when it is dropped, however its request ends.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why there is no more of it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// Who asks holds as much as anybody may.
    Own,
    /// All together hold as much as there is.
    All,
}

/// What there is, and who holds how much of it. Who holds nothing is not remembered.
pub struct Shares<K> {
    each: usize,
    all: usize,
    held: Mutex<Held<K>>,
}

struct Held<K> {
    all: usize,
    of: HashMap<K, usize>,
}

impl<K: Hash + Eq + Clone> Shares<K> {
    /// So much for each, and so much for all together.
    #[must_use]
    pub fn new(each: usize, all: usize) -> Arc<Self> {
        Arc::new(Self { each, all, held: Mutex::new(Held { all: 0, of: HashMap::new() }) })
    }

    /// A share of somebody's, with nothing in it yet.
    #[must_use]
    pub fn of(self: &Arc<Self>, holder: K) -> Share<K> {
        Share { of: self.clone(), holder, amount: 0 }
    }

    /// How much all together hold now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Held<K>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What somebody holds.
pub struct Share<K: Hash + Eq + Clone> {
    of: Arc<Shares<K>>,
    holder: K,
    amount: usize,
}

impl<K: Hash + Eq + Clone> Share<K> {
    /// Takes so much more.
    ///
    /// # Errors
    /// When there is not so much; then nothing is taken.
    pub fn more(&mut self, amount: usize) -> Result<(), Full> {
        let mut held = self.of.lock();
        let own = held.of.get(&self.holder).copied().unwrap_or_default() + amount;
        if own > self.of.each {
            return Err(Full::Own);
        }
        if held.all + amount > self.of.all {
            return Err(Full::All);
        }
        held.all += amount;
        held.of.insert(self.holder.clone(), own);
        self.amount += amount;
        Ok(())
    }

    /// Gives so much back, or what it has.
    pub fn less(&mut self, amount: usize) {
        let amount = amount.min(self.amount);
        let mut held = self.of.lock();
        held.all -= amount;
        self.amount -= amount;
        if let Some(own) = held.of.get_mut(&self.holder) {
            *own -= amount;
            if *own == 0 {
                held.of.remove(&self.holder);
            }
        }
    }
}

impl<K: Hash + Eq + Clone> Drop for Share<K> {
    fn drop(&mut self) {
        self.less(self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_so_much_and_all_together_so_much() {
        let shares = Shares::new(10, 25);
        let (mut one, mut two, mut three) = (shares.of("one"), shares.of("two"), shares.of("three"));
        assert_eq!((one.more(10), one.more(1), two.more(10)), (Ok(()), Err(Full::Own), Ok(())));
        assert_eq!(shares.of("one").more(1), Err(Full::Own), "a second share of the same holder");
        assert_eq!((three.more(6), three.more(5), three.more(1)), (Err(Full::All), Ok(()), Err(Full::All)));
        one.less(4);
        assert_eq!((three.more(4), three.more(1), shares.held()), (Ok(()), Err(Full::All), 25));
    }

    #[test]
    fn what_is_dropped_goes_back_and_is_forgotten() {
        let shares = Shares::new(10, 25);
        let mut one = shares.of("one");
        assert_eq!((one.more(7), shares.held()), (Ok(()), 7));
        one.less(100);
        assert_eq!(shares.held(), 0, "nobody gives back more than he has");
        assert_eq!(one.more(7), Ok(()));
        drop(one);
        assert_eq!((shares.held(), shares.lock().of.len()), (0, 0));
    }
}
