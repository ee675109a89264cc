//! Our side of offer and answer: a port, a source and a description for every leg (RFC 3264).

use super::leg::LegMedia;
use super::refusal::Refusal;
use super::world::World;
use crate::sdp::{OUR_CODECS, Session, Unusable};
use std::net::IpAddr;

/// A leg's media with our offer in it; none if no port is free. The codec that the other side speaks
/// stands first, so that nothing need be transcoded where it can be helped.
pub fn fresh(world: &mut World<'_>, shown: IpAddr, preferred: Option<&str>) -> Option<LegMedia> {
    let port = world.desk.ports.take(world.now, &world.config.media)?;
    let (origin, ssrc) = draw(world);
    let ours = Session::offer(origin, shown, port, &codecs(preferred));
    Some(LegMedia {
        port,
        shown,
        ssrc,
        ours,
        agreed: None,
    })
}

/// A leg's media with our answer to what their INVITE offers, or with our own offer if it offers nothing
/// (RFC 3261 §13.2.1).
pub fn answering(world: &mut World<'_>, shown: IpAddr, body: &[u8]) -> Result<LegMedia, Refusal> {
    let no_port = || Refusal::new(503, "no RTP port is free (media.ports)".into());
    if body.is_empty() {
        return fresh(world, shown, None).ok_or_else(no_port);
    }
    let offer = Session::parse(body).map_err(unusable)?;
    let (origin, ssrc) = draw(world);
    // The answer is made before a port is taken, so that a refusal leaves none behind.
    let (_, agreed) = Session::answer(&offer, origin, shown, 0).map_err(unusable)?;
    let port = world
        .desk
        .ports
        .take(world.now, &world.config.media)
        .ok_or_else(no_port)?;
    let (ours, _) = Session::answer(&offer, origin, shown, port).map_err(unusable)?;
    Ok(LegMedia {
        port,
        shown,
        ssrc,
        ours,
        agreed: Some(agreed),
    })
}

impl LegMedia {
    /// Our answer to a new offer of theirs in the standing session. The version in our `o=` rises only
    /// if something in it has changed (RFC 3264 §8).
    pub fn answer_again(&mut self, body: &[u8]) -> Result<(), Refusal> {
        let offer = Session::parse(body).map_err(unusable)?;
        let (same, agreed) =
            Session::answer(&offer, self.ours.origin, self.shown, self.port).map_err(unusable)?;
        if same != self.ours {
            self.ours = Session {
                origin: self.next_origin(),
                ..same
            };
        }
        self.agreed = Some(agreed);
        Ok(())
    }

    /// A new offer of ours in the standing session, for those who ask us to make one. One that says nothing
    /// new keeps its version (RFC 3264 §8).
    pub fn offer_again(&self) -> Session {
        let preferred = self.agreed.as_ref().map(|agreed| agreed.voice.encoding.as_str());
        let same = Session::offer(self.ours.origin, self.shown, self.port, &codecs(preferred));
        match same == self.ours {
            true => same,
            false => Session {
                origin: self.next_origin(),
                ..same
            },
        }
    }

    fn next_origin(&self) -> (u64, u64) {
        (self.ours.origin.0, self.ours.origin.1 + 1)
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

fn codecs(preferred: Option<&str>) -> Vec<&'static str> {
    let mut codecs = OUR_CODECS.to_vec();
    codecs.sort_by_key(|codec| Some(*codec) != preferred);
    codecs
}

fn draw(world: &mut World<'_>) -> ((u64, u64), u32) {
    let chance = &mut world.desk.chance;
    ((chance.below(1 << 32), 1), chance.below(1 << 32) as u32)
}
