//! Transactions by number, by what their messages have in common, and by deadline.

use crate::time::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// What the table must know of a transaction.
pub(super) trait Row {
    /// By which it can be found. They never change.
    fn keys(&self) -> impl Iterator<Item = &str>;
    /// When its next timer fires.
    fn due(&self) -> Option<Time>;
    /// Whether its work is done, and it only waits for messages that come again.
    fn is_lingering(&self) -> bool;
    /// Whether it can be forgotten.
    fn is_over(&self) -> bool;
}

/// Transactions with three indices beside them, which are not part of the state: they are built again from the
/// rows.
#[derive(Clone, Debug)]
pub(super) struct Table<R> {
    rows: BTreeMap<u64, R>,
    by_key: BTreeMap<String, u64>,
    by_due: BTreeSet<(Time, u64)>,
    lingering: BTreeSet<u64>,
}

impl<R: Row> Table<R> {
    /// Adds a row. A key that another row has, too, finds the newer one.
    pub(super) fn insert(&mut self, id: u64, row: R) {
        for key in row.keys() {
            self.by_key.insert(key.to_owned(), id);
        }
        self.by_due.extend(row.due().map(|due| (due, id)));
        self.lingering.extend(row.is_lingering().then_some(id));
        self.rows.insert(id, row);
    }

    pub(super) fn get(&self, id: u64) -> Option<&R> {
        self.rows.get(&id)
    }

    pub(super) fn find(&self, key: &str) -> Option<u64> {
        self.by_key.get(key).copied()
    }

    /// The numbers of the rows that this is true of.
    pub(super) fn which(&self, is_wanted: impl Fn(&R) -> bool) -> Vec<u64> {
        self.rows
            .iter()
            .filter(|(_, row)| is_wanted(row))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Changes a row, and forgets it if it is over then.
    pub(super) fn step<T>(&mut self, id: u64, change: impl FnOnce(&mut R) -> T) -> Option<T> {
        let row = self.rows.get_mut(&id)?;
        let before = row.due();
        let result = change(row);
        let (after, is_over) = (row.due(), row.is_over());
        self.lingering.extend(row.is_lingering().then_some(id));
        if before != after || is_over {
            if let Some(due) = before {
                self.by_due.remove(&(due, id));
            }
            self.by_due
                .extend(after.filter(|_| !is_over).map(|due| (due, id)));
        }
        if is_over {
            self.forget(id);
        }
        Some(result)
    }

    /// Takes a row out, whatever it waits for.
    pub(super) fn take(&mut self, id: u64) -> Option<R> {
        let due = self.rows.get(&id)?.due();
        if let Some(due) = due {
            self.by_due.remove(&(due, id));
        }
        self.forget(id)
    }

    pub(super) fn first_due(&self) -> Option<Time> {
        self.by_due.first().map(|(due, _)| *due)
    }

    /// The row whose timer is due first, if it is due now.
    pub(super) fn next_expired(&self, now: Time) -> Option<u64> {
        self.by_due
            .first()
            .filter(|(due, _)| *due <= now)
            .map(|(_, id)| *id)
    }

    /// The oldest row whose work is done.
    pub(super) fn oldest_lingering(&self) -> Option<u64> {
        self.lingering.first().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    fn forget(&mut self, id: u64) -> Option<R> {
        let row = self.rows.remove(&id)?;
        self.lingering.remove(&id);
        for key in row.keys() {
            if self.by_key.get(key) == Some(&id) {
                self.by_key.remove(key);
            }
        }
        Some(row)
    }
}

impl<R> Default for Table<R> {
    fn default() -> Table<R> {
        Table {
            rows: BTreeMap::new(),
            by_key: BTreeMap::new(),
            by_due: BTreeSet::new(),
            lingering: BTreeSet::new(),
        }
    }
}

impl<R: Serialize> Serialize for Table<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rows.serialize(serializer)
    }
}

impl<'de, R: Row + Deserialize<'de>> Deserialize<'de> for Table<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Table<R>, D::Error> {
        let rows = BTreeMap::<u64, R>::deserialize(deserializer)?;
        let mut table = Table::default();
        for (id, row) in rows {
            table.insert(id, row);
        }
        Ok(table)
    }
}
