//! The contacts of one extension while one REGISTER changes them.

use super::Refusal;
use crate::call::binding::{Binding, Precedence};
use crate::sip::CSeq;
use std::net::IpAddr;

/// The contacts of one extension while one REGISTER changes them.
pub(super) struct ContactList {
    /// There before, and not touched by it.
    known: Vec<Binding>,
    /// Made or refreshed by it. Only their own URI touches them again, so that a phone may remove its
    /// old contact and add its new one in one request, in any order.
    fresh: Vec<Binding>,
}

/// The contacts after that, the least recently refreshed first.
pub(super) struct After {
    pub(super) bindings: Vec<Binding>,
    /// Those that had to make room.
    pub(super) displaced: Vec<Binding>,
}

impl ContactList {
    pub(super) fn of(known: &[Binding]) -> ContactList {
        ContactList {
            known: known.to_vec(),
            fresh: Vec::new(),
        }
    }

    /// Adds, refreshes or removes one binding (RFC 3261 §10.3 step 7).
    pub(super) fn update(&mut self, wish: Binding, cseq: &CSeq, remove: bool) -> Result<(), Refusal> {
        let replaced = |old: &Binding| old.is_same_contact(&wish) || old.has_moved_to(&wish);
        let overtaken = |old: &Binding| old.precedence(&wish.call_id, cseq) == Precedence::Overtaken;
        if self.known.iter().any(|old| replaced(old) && overtaken(old)) {
            return Err(Refusal::Overtaken);
        }
        self.known.retain(|old| !replaced(old));
        self.fresh.retain(|new| !new.is_same_contact(&wish));
        if !remove {
            self.fresh.push(wish);
        }
        Ok(())
    }

    /// Makes room for what is new. A phone that says neither by an instance nor by its Call-ID that it was here
    /// before leaves a dead contact behind with every restart, so the oldest from its own source goes first, and
    /// else the oldest: whoever is at the door now is more alive than one who was there last.
    pub(super) fn settled(mut self, source: IpAddr, max_contacts: usize) -> Result<After, Refusal> {
        if self.fresh.len() > max_contacts {
            return Err(Refusal::TooManyContacts);
        }
        let mut displaced = Vec::new();
        while !self.fresh.is_empty() && !self.known.is_empty() && self.len() > max_contacts {
            let at_source = |old: &Binding| old.flow.remote.ip() == source;
            let oldest = self.known.iter().position(at_source).unwrap_or(0);
            displaced.push(self.known.remove(oldest));
        }
        Ok(After {
            bindings: [self.known, self.fresh].concat(),
            displaced,
        })
    }

    fn len(&self) -> usize {
        self.known.len() + self.fresh.len()
    }
}
