//! Our side of offer and answer: a port, a source and a description for every leg (RFC 3264).
//!
//! Nothing is transcoded that need not be. G.711 is what carriers speak, so whoever calls in through one is answered
//! with it, and only the other legs that are G.711 already are beside it. A phone of the house that offers G.722 as
//! well is not answered before it is known what the called one speaks: until then it rings by itself.

use super::leg::{LegMedia, Party};
use super::ports::Taken;
use super::refusal::Refusal;
use super::world::World;
use crate::config::Config;
use crate::config::valid::VoiceCodec;
use crate::sdp::{Agreement, Format, Numbers, Session, Unusable};
use crate::sip::{Message, Name};
use std::net::IpAddr;

/// What is spoken on the other side of a leg that we are about to invite.
pub enum Beside<'a> {
    /// Nobody is there, or it has not said what it speaks.
    Nobody,
    /// It has agreed on this.
    Speaks(&'a Agreement),
    /// It has offered all of these, and is answered with what the new leg chooses.
    Offers(&'a [Format]),
}

/// With whom we agree. A carrier gets G.711 before all else, for that is what its network speaks behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A phone of the house.
    Phone,
    /// A carrier.
    Carrier,
}

impl Peer {
    /// Who is at the other end of a leg of this party.
    pub fn of(party: &Party) -> Peer {
        match party {
            Party::Extension(_) => Peer::Phone,
            Party::Outside { .. } => Peer::Carrier,
        }
    }
}

/// A leg's media with our offer in it; none if no port is free.
pub fn fresh(world: &mut World<'_>, shown: IpAddr, party: &Party, beside: &Beside<'_>) -> Option<LegMedia> {
    let Taken { port, stays_out } = take_port(world)?;
    let (origin, ssrc) = draw(world);
    let codecs = beside.codecs(&world.config.media.codecs, Peer::of(party));
    let ours = Session::offer(origin, shown, port, &codecs);
    Some(LegMedia {
        port,
        stays_out,
        symmetric: is_symmetric(world, party),
        shown,
        ssrc,
        ours,
        agreed: None,
        numbers: Numbers::default(),
        asked: None,
        has_listened: false,
        open: None,
    })
}

/// A leg's media with our answer to what their INVITE offers, or with our own offer if it offers nothing
/// (RFC 3261 §13.2.1). A phone that leaves us the choice is answered later ([`LegMedia::settle`]).
pub fn answering(
    world: &mut World<'_>,
    shown: IpAddr,
    party: &Party,
    invite: &Message,
) -> Result<LegMedia, Refusal> {
    let no_port = || Refusal::new(503, "no RTP port is free (media.ports)".into());
    if invite.description().is_empty() {
        return fresh(world, shown, party, &Beside::Nobody).ok_or_else(no_port);
    }
    let peer = Peer::of(party);
    let offer = Session::parse(invite.description()).map_err(unusable)?;
    let codecs = &world.config.media.codecs;
    let wide_first = peer == Peer::Phone && codecs.first().is_some_and(|best| best.is_wide());
    let bands = bands(codecs, wide_first);
    let (origin, ssrc) = draw(world);
    // The answer is made before a port is taken, so that a refusal leaves none behind.
    Session::answer(&offer, origin, shown, 0, &bands).map_err(unusable)?;
    let Taken { port, stays_out } = take_port(world).ok_or_else(no_port)?;
    let (ours, agreed) = Session::answer(&offer, origin, shown, port, &bands).map_err(unusable)?;
    // Where each 18x is confirmed, the first is to have our answer.
    let is_hurried = invite.has_token(Name::REQUIRE, "100rel");
    let has_choice = bands.iter().all(|band| offer.speaks_any(band));
    let is_open = peer == Peer::Phone && has_choice && !is_hurried;
    let mut numbers = Numbers::default();
    numbers.note(&offer, &ours);
    Ok(LegMedia {
        port,
        stays_out,
        symmetric: is_symmetric(world, party),
        shown,
        ssrc,
        ours,
        has_listened: agreed.direction.listens(),
        agreed: (!is_open).then_some(agreed),
        numbers,
        asked: None,
        open: is_open.then_some(offer),
    })
}

impl LegMedia {
    /// What whoever is invited for its sake ought to know of it.
    pub fn beside(&self) -> Beside<'_> {
        let offered = self.open.as_ref().and_then(|offer| offer.audio.as_ref());
        match (&self.agreed, offered) {
            (Some(agreed), _) => Beside::Speaks(agreed),
            (None, Some(audio)) => Beside::Offers(&audio.formats),
            (None, None) => Beside::Nobody,
        }
    }

    /// Answers the offer that has waited for it: with what the other side speaks if that was offered, else with
    /// something as fine, else with what we like best.
    pub fn settle(&mut self, codecs: &[VoiceCodec], other: Option<&Agreement>) {
        let Some(offer) = self.open.take() else { return };
        let groups = like(codecs, other);
        // It was found usable when it came.
        if let Ok((ours, agreed)) = Session::answer(&offer, self.ours.origin, self.shown, self.port, &groups)
        {
            self.agree(&offer, ours, agreed);
        }
    }

    /// They have answered this offer of ours.
    ///
    /// # Errors
    /// Nothing has changed: what they say cannot be used.
    pub fn accept(&mut self, offer: &Session, body: &[u8]) -> Result<(), Unusable> {
        let theirs = Session::parse(body)?;
        let agreed = Session::accept(offer, &theirs)?;
        self.agree(&theirs, offer.clone(), agreed);
        Ok(())
    }

    fn agree(&mut self, theirs: &Session, ours: Session, mut agreed: Agreement) {
        self.numbers.note(theirs, &ours);
        // Where a host is that they name again is known already.
        let before = self.agreed.as_ref().filter(|before| before.host == agreed.host);
        if let Some(before) = before.filter(|before| before.host.is_some()) {
            agreed.is_at(before.rtp.ip());
        }
        self.ours = ours;
        self.agrees_on(agreed);
        self.open = None;
    }

    /// Our answer to a new offer of theirs in the standing session: what is spoken already, if that is still offered.
    /// The version in our `o=` rises only if something in it has changed (RFC 3264 §8).
    pub fn answer_again(&mut self, codecs: &[VoiceCodec], body: &[u8]) -> Result<(), Refusal> {
        let offer = Session::parse(body).map_err(unusable)?;
        let groups = like(codecs, self.agreed.as_ref());
        let (same, agreed) =
            Session::answer(&offer, self.ours.origin, self.shown, self.port, &groups).map_err(unusable)?;
        let ours = self.changed(same);
        self.agree(&offer, ours, agreed);
        Ok(())
    }

    /// A new offer of ours in the standing session, for those who ask us to make one. One that says nothing
    /// new keeps its version (RFC 3264 §8).
    pub fn offer_again(&self, codecs: &[VoiceCodec]) -> Session {
        let codecs = self.beside().codecs(codecs, Peer::Phone);
        self.changed(self.ours.offered_again(&self.numbers, &codecs))
    }

    /// Offers, behind the others, what was left out because the other side does not have it: one who has nothing else
    /// is better heard by way of transcoding than not at all. Whether there is anything.
    pub fn offers_all(&mut self, config: &Config) -> bool {
        let offered: Vec<&Format> = self.ours.audio.iter().flat_map(|audio| &audio.formats).collect();
        let place = |codec: &&str| offered.iter().position(|format| format.encoding == **codec);
        let mut codecs: Vec<&str> = config.media.codecs.iter().map(|codec| codec.encoding()).collect();
        if codecs.iter().all(|codec| place(codec).is_some()) {
            return false;
        }
        codecs.sort_by_key(|codec| place(codec).unwrap_or(usize::MAX));
        self.ours = self.changed(self.ours.offered_again(&self.numbers, &codecs));
        true
    }

    /// A description of ours with the next version, if it says anything new.
    fn changed(&self, description: Session) -> Session {
        let (id, version) = self.ours.origin;
        match description == self.ours {
            true => description,
            false => Session {
                origin: (id, version + 1),
                ..description
            },
        }
    }
}

impl Beside<'_> {
    /// What we offer whoever is to speak with it, in this order. G.722 only if the other side has it: where it does
    /// not, many would choose it all the same, and we should have to transcode what would have fitted.
    fn codecs(&self, ours: &[VoiceCodec], peer: Peer) -> Vec<&'static str> {
        let is_wide_wanted = match self {
            Beside::Nobody => false,
            Beside::Speaks(agreed) => VoiceCodec::is_wide_encoding(&agreed.voice.encoding),
            Beside::Offers(formats) => formats
                .iter()
                .any(|format| VoiceCodec::is_wide_encoding(&format.encoding)),
        };
        let is_usual = |codec: &&VoiceCodec| is_wide_wanted || !codec.is_wide();
        let mut codecs: Vec<&str> = ours
            .iter()
            .filter(is_usual)
            .map(|codec| codec.encoding())
            .collect();
        if codecs.is_empty() {
            codecs = ours.iter().map(|codec| codec.encoding()).collect();
        }
        codecs.sort_by_key(|codec| {
            let is_late = match self {
                Beside::Offers(_) => peer == Peer::Carrier && VoiceCodec::is_wide_encoding(codec),
                Beside::Nobody | Beside::Speaks(_) => false,
            };
            (!self.speaks(codec), is_late)
        });
        codecs
    }

    fn speaks(&self, encoding: &str) -> bool {
        match self {
            Beside::Nobody => false,
            Beside::Speaks(agreed) => agreed.voice.encoding == encoding,
            Beside::Offers(formats) => formats.iter().any(|format| format.encoding == encoding),
        }
    }
}

/// Why a description of theirs cannot be used, as a refusal (RFC 3261 §21.4.26).
pub fn unusable(why: Unusable) -> Refusal {
    let status = match why {
        Unusable::Unreadable(_) => 400,
        Unusable::NoAudio | Unusable::NoCodec { .. } => 488,
    };
    Refusal::new(status, why.to_string())
}

/// Our codecs as answers look for them: those of one band before those of the other.
fn bands(codecs: &[VoiceCodec], wide_first: bool) -> Vec<Vec<&'static str>> {
    [wide_first, !wide_first]
        .map(|wide| {
            let of_band = codecs.iter().filter(|codec| codec.is_wide() == wide);
            of_band.map(|codec| codec.encoding()).collect()
        })
        .to_vec()
}

/// The same with what is spoken already, here or beside it, before all others.
fn like<'a>(codecs: &[VoiceCodec], spoken: Option<&'a Agreement>) -> Vec<Vec<&'a str>> {
    match spoken.map(|agreed| agreed.voice.encoding.as_str()) {
        Some(spoken) => {
            let others = bands(codecs, VoiceCodec::is_wide_encoding(spoken));
            [vec![vec![spoken]], others].concat()
        }
        None => bands(codecs, codecs.first().is_some_and(|best| best.is_wide())),
    }
}

fn take_port(world: &mut World<'_>) -> Option<Taken> {
    let desk = &mut *world.desk;
    desk.ports.take(world.now, &world.config.media, &mut desk.chance)
}

/// Whether its RTP comes from where it listens. A trunk may say that it does not.
fn is_symmetric(world: &World<'_>, party: &Party) -> bool {
    let trunk = party.trunk().and_then(|trunk| world.config.trunks.get(trunk));
    trunk.is_none_or(|trunk| trunk.symmetric)
}

fn draw(world: &mut World<'_>) -> ((u64, u64), u32) {
    let chance = &mut world.desk.chance;
    ((chance.below(1 << 32), 1), chance.below(1 << 32) as u32)
}
