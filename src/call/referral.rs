//! What a REFER asks for, and the truth that its sender is told about it (RFC 3515, RFC 3891, RFC 4488).

use super::leg::Leg;
use super::numbering::number_in;
use super::refusal::{Refusal, phrase};
use super::subscription::Subscription;
use super::world::World;
use crate::sip::{Address, Draft, Message, Name, Uri};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The extensions that a REFER may require (RFC 3891 §3, RFC 4488 §7).
pub const SUPPORTED: &str = "replaces, norefersub";

/// How long a phone may take to hang up by itself once its transfer is done; then we do.
pub const GRACE: Duration = Duration::from_secs(4);

/// A transfer that a phone has asked for by REFER.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Referral {
    /// Its outcome is open.
    UnderWay {
        /// The CSeq number of the REFER, by which its NOTIFYs are told from those of another (RFC 3515 §2.4.6).
        id: u32,
        /// The last status that the phone was told, or would have been.
        told: u16,
        /// Whether the phone wants to hear of it.
        #[serde(default)]
        subscription: Subscription,
    },
    /// It came to nothing.
    Failed {
        /// When the phone was told so.
        at: Time,
    },
}

/// Whom a REFER names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferTo {
    /// The number to dial, if the dialog is none of ours.
    pub number: String,
    /// The call that the transferee shall take over.
    pub replaces: Option<Replaces>,
}

/// The dialog that Replaces names, as its other end sees it (RFC 3891 §6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// Call-ID.
    pub call_id: String,
    /// The tag of the one who is to be replaced: ours, if it is a dialog with us.
    pub to_tag: String,
    /// The tag of the other one.
    pub from_tag: String,
    /// It may be taken over only while it rings.
    pub early_only: bool,
}

impl ReferTo {
    /// Reads the Refer-To of a REFER; there must be one, and no more (RFC 3515 §2.4.2).
    pub fn of(request: &Message) -> Result<ReferTo, Refusal> {
        let bad = |why: &str| Refusal::new(400, why.to_owned());
        if request.raws(Name::REFER_TO).count() != 1 {
            return Err(bad("REFER with no Refer-To, or with several"));
        }
        let uri = request.text(Name::REFER_TO).and_then(referred_uri);
        let uri = uri.ok_or_else(|| bad("its Refer-To cannot be read"))?;
        if !matches!(uri.scheme(), "sip" | "sips" | "tel") {
            return Err(Refusal::new(416, format!("it refers to a {}: URI", uri.scheme())));
        }
        // We call; nothing else is done for anybody (RFC 3515 §2.1, RFC 3261 §19.1.1).
        if let Some(method) = uri
            .param("method")
            .filter(|method| !method.eq_ignore_ascii_case("INVITE"))
        {
            return Err(Refusal::new(403, format!("it refers to a {method}")));
        }
        let mut named = uri.headers_named("Replaces");
        let replaces = match (named.next(), named.next()) {
            (None, _) => None,
            (Some(Ok(value)), None) => {
                Some(Replaces::parse(&value).ok_or_else(|| bad("its Replaces cannot be read"))?)
            }
            (Some(Err(_)), None) => return Err(bad("its Replaces cannot be read")),
            // RFC 3891 §3.
            (Some(_), Some(_)) => return Err(bad("it has several Replaces")),
        };
        Ok(ReferTo {
            number: number_in(&uri),
            replaces,
        })
    }
}

/// Phones forget the angle brackets (RFC 3261 §20), and mean the Replaces that they add all the same.
fn referred_uri(text: &str) -> Option<Uri> {
    match text.contains('<') {
        true => Address::parse(text).map(|address| address.uri),
        false => Uri::parse(text.trim()),
    }
}

impl Replaces {
    /// Reads `call-id;to-tag=…;from-tag=…`, the tags in either order (RFC 3891 §6.1).
    pub fn parse(value: &str) -> Option<Replaces> {
        let mut pieces = value.split(';').map(str::trim);
        let call_id = pieces.next().filter(|id| !id.is_empty())?.to_owned();
        let (mut to_tag, mut from_tag, mut early_only) = (None, None, false);
        for piece in pieces {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "to-tag" => to_tag = Some(value.trim().to_owned()),
                "from-tag" => from_tag = Some(value.trim().to_owned()),
                "early-only" => early_only = true,
                _ => {}
            }
        }
        Some(Replaces {
            call_id,
            to_tag: to_tag?,
            from_tag: from_tag?,
            early_only,
        })
    }
}

impl Leg {
    /// Accepts a REFER, and says at once that something is being done (RFC 3515 §2.4.4): some phones give up
    /// after seven seconds without. A phone that wants no news gets none (RFC 4488 §4).
    pub fn accept_referral(
        &mut self,
        world: &mut World<'_>,
        server: crate::sip::ServerId,
        request: &Message,
    ) {
        let wants_none = request
            .text(Name::REFER_SUB)
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
        let accepted = |status| {
            let draft = Draft::response(request, status, phrase(status)).to_tag(self.dialog.local_tag());
            draft.with(Name::CONTACT, &self.contact)
        };
        if wants_none {
            let ok = accepted(200)
                .with(Name::REFER_SUB, "false")
                .with(Name::SUPPORTED, "norefersub");
            return world.respond(server, ok);
        }
        world.respond(server, accepted(202));
        let id = request.cseq().map(|cseq| cseq.number).unwrap_or_default();
        self.referral = Some(Referral::UnderWay {
            id,
            told: 0,
            subscription: Subscription::new(world.now, world.config),
        });
        self.tell_outcome(world, 100);
    }

    /// Refuses a REFER.
    pub fn refuse_referral(
        &mut self,
        world: &mut World<'_>,
        server: crate::sip::ServerId,
        request: &Message,
        refusal: &Refusal,
    ) {
        self.referral = Some(Referral::Failed { at: world.now });
        world.respond(server, refusal.draft(request));
    }

    /// Tells the phone how its transfer goes, each state once; a final status is the last that it hears
    /// (RFC 3515 §2.4.5).
    pub fn tell_outcome(&mut self, world: &mut World<'_>, status: u16) {
        let Some(Referral::UnderWay {
            id,
            told,
            subscription,
        }) = self.referral
        else {
            return;
        };
        if told == status {
            return;
        }
        self.referral = match status {
            0..200 => Some(Referral::UnderWay {
                id,
                told: status,
                subscription,
            }),
            200..300 => None,
            300.. => Some(Referral::Failed { at: world.now }),
        };
        let Subscription::Active { .. } = subscription else {
            return;
        };
        if self.is_talking() {
            let state = match status {
                0..200 => subscription.in_words(world.now),
                200.. => "terminated;reason=noresource".to_owned(),
            };
            self.notify(world, id, status, &state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tags_of_replaces_come_in_either_order() {
        let wanted = Some(Replaces {
            call_id: "a@b".into(),
            to_tag: "1".into(),
            from_tag: "2".into(),
            early_only: false,
        });
        assert_eq!(Replaces::parse("a@b;to-tag=1;from-tag=2"), wanted);
        assert_eq!(Replaces::parse("a@b ; From-Tag=2 ; to-tag = 1"), wanted);
        assert_eq!(Replaces::parse("a@b;to-tag=1"), None);
        assert!(Replaces::parse("a;to-tag=1;from-tag=2;early-only").is_some_and(|r| r.early_only));
    }
}
