//! Dialogs: what two user agents remember of each other between requests (RFC 3261 §12).
//!
//! A dialog here is plain data. Whether it is early or confirmed, and what it is for, is its leg's to say.

use super::auth::Credential;
use super::{Address, Draft, Message, Method, Name, Uri};
use serde::{Deserialize, Serialize};

/// Our side of one dialog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    /// The Call-ID.
    pub call_id: String,
    /// Ourselves, with our tag: From in our requests.
    pub local: Address,
    /// The other side; without a tag until it has answered.
    pub remote: Address,
    /// Where requests go: its Contact (RFC 3261 §12.1.1 "remote target").
    pub target: Uri,
    /// The route set, nearest proxy first.
    pub routes: Vec<Address>,
    /// Who asked for it, and so chose the Call-ID.
    pub opener: Opener,
    /// The number of our last request.
    pub local_cseq: u32,
    /// The number of its last request, if there was one.
    pub remote_cseq: Option<u32>,
    /// What our INVITE had to show; its ACK shows it, too (RFC 3261 §22.1).
    #[serde(default)]
    pub credentials: Vec<Credential>,
}

/// Who asked for a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opener {
    /// We did.
    Us,
    /// The peer did.
    Them,
}

/// A request that comes too late or does not fit: the status to refuse it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Its CSeq is lower than one we have seen (RFC 3261 §12.2.2): 500.
    OutOfOrder,
    /// It is of another dialog with the same Call-ID: 481.
    Stranger,
}

/// Why a dialog cannot be made out of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoDialog(pub &'static str);

impl Dialog {
    /// The dialog that our INVITE asks for. `local` carries our tag.
    pub fn calling(call_id: String, local: Address, remote: Address, target: Uri, first_cseq: u32) -> Dialog {
        Dialog {
            call_id,
            local,
            remote,
            target,
            routes: Vec::new(),
            opener: Opener::Us,
            local_cseq: first_cseq,
            remote_cseq: None,
            credentials: Vec::new(),
        }
    }

    /// The dialog that their INVITE asks for, with our tag (RFC 3261 §12.1.1).
    pub fn called(invite: &Message, tag: &str, first_cseq: u32) -> Result<Dialog, NoDialog> {
        Ok(Dialog {
            call_id: invite.call_id().map_err(|_| NoDialog("no Call-ID"))?.to_owned(),
            local: invite
                .to()
                .map_err(|_| NoDialog("To cannot be read"))?
                .with_param("tag", tag),
            remote: invite.from().map_err(|_| NoDialog("From cannot be read"))?,
            target: only_contact(invite)?,
            routes: routes(invite)?,
            opener: Opener::Them,
            local_cseq: first_cseq,
            remote_cseq: Some(invite.cseq().map_err(|_| NoDialog("CSeq cannot be read"))?.number),
            credentials: Vec::new(),
        })
    }

    /// The dialog that a 2xx to an INVITE of ours has opened, from nothing but the response. This is how
    /// a late or forked answer is taken up, only to be put down again (RFC 3261 §13.2.2.4).
    pub fn opened_by(ok: &Message) -> Result<Dialog, NoDialog> {
        let call_id = ok.call_id().map_err(|_| NoDialog("no Call-ID"))?.to_owned();
        let local = ok.from().map_err(|_| NoDialog("From cannot be read"))?;
        let remote = ok.to().map_err(|_| NoDialog("To cannot be read"))?;
        let cseq = ok.cseq().map_err(|_| NoDialog("CSeq cannot be read"))?.number;
        let mut dialog = Dialog::calling(call_id, local, remote, only_contact(ok)?, cseq);
        dialog.take_up(ok)?;
        Ok(dialog)
    }

    /// A provisional or 2xx response to our INVITE says who has answered, and by which route (RFC 3261 §12.1.2).
    pub fn take_up(&mut self, response: &Message) -> Result<(), NoDialog> {
        self.remote = response.to().map_err(|_| NoDialog("To cannot be read"))?;
        self.routes = routes(response)?;
        self.routes.reverse();
        if let Ok(target) = only_contact(response) {
            self.target = target;
        }
        Ok(())
    }

    /// Our tag.
    pub fn local_tag(&self) -> &str {
        self.local.tag().unwrap_or_default()
    }

    /// Their tag; empty until they have answered, and for peers of RFC 2543 that have none.
    pub fn remote_tag(&self) -> &str {
        self.remote.tag().unwrap_or_default()
    }

    /// The next request of ours in this dialog (RFC 3261 §12.2.1.1).
    pub fn request(&mut self, method: &Method) -> Draft {
        self.local_cseq += 1;
        self.draft(method, self.local_cseq)
    }

    /// The INVITE that asks for this dialog.
    pub fn invite(&self) -> Draft {
        self.draft(&Method::Invite, self.local_cseq)
    }

    /// The ACK to a 2xx to our INVITE with this number (RFC 3261 §13.2.2.4).
    pub fn ack(&self, invite_cseq: u32) -> Draft {
        let ack = self.draft(&Method::Ack, invite_cseq);
        let shown = self.credentials.iter();
        shown.fold(ack, |ack, credential| {
            ack.with(credential.name(), &credential.value)
        })
    }

    /// Whether a request of theirs belongs here and comes in order; if so it is remembered as their last.
    pub fn admit(&mut self, request: &Message) -> Result<(), Misfit> {
        let from = request.from().map_err(|_| Misfit::Stranger)?;
        if from.tag().unwrap_or_default() != self.remote_tag()
            || request.call_id() != Ok(self.call_id.as_str())
        {
            return Err(Misfit::Stranger);
        }
        let number = request.cseq().map_err(|_| Misfit::OutOfOrder)?.number;
        if self.remote_cseq.is_some_and(|last| number < last) {
            return Err(Misfit::OutOfOrder);
        }
        self.remote_cseq = Some(number);
        Ok(())
    }

    /// A target refresh request or its answer may move their Contact (RFC 3261 §12.2).
    pub fn refresh_target(&mut self, message: &Message) {
        if let Ok(target) = only_contact(message) {
            self.target = target;
        }
    }

    /// The URI of the next hop: the nearest proxy, or the target itself.
    pub fn next_hop(&self) -> &Uri {
        self.routes.first().map_or(&self.target, |route| &route.uri)
    }

    fn draft(&self, method: &Method, cseq: u32) -> Draft {
        let (uri, routes) = self.path();
        let draft = Draft::request(method, &uri);
        let draft = routes
            .iter()
            .fold(draft, |draft, route| draft.with(Name::ROUTE, route));
        draft
            .with(Name::FROM, &self.local)
            .with(Name::TO, &self.remote)
            .with(Name::CALL_ID, &self.call_id)
            .with(Name::CSEQ, format_args!("{cseq} {method}"))
    }

    /// Request-URI and Route fields. A strict router (no `lr`) wants itself in the Request-URI and the
    /// target as the last Route (RFC 3261 §12.2.1.1).
    fn path(&self) -> (Uri, Vec<Address>) {
        match self.routes.first() {
            Some(first) if first.uri.param("lr").is_none() => {
                let rest = self.routes.iter().skip(1).cloned();
                let target = Address::new(self.target.clone());
                (first.uri.for_request(), rest.chain([target]).collect())
            }
            Some(_) | None => (self.target.for_request(), self.routes.clone()),
        }
    }
}

fn only_contact(message: &Message) -> Result<Uri, NoDialog> {
    let contacts = message
        .contacts()
        .map_err(|_| NoDialog("Contact cannot be read"))?;
    match <[Address; 1]>::try_from(contacts) {
        Ok([contact]) => Ok(contact.uri),
        Err(contacts) if contacts.is_empty() => Err(NoDialog("no Contact")),
        Err(_) => Err(NoDialog("more than one Contact")),
    }
}

fn routes(message: &Message) -> Result<Vec<Address>, NoDialog> {
    let parsed = message.list(Name::RECORD_ROUTE).map(Address::parse);
    parsed
        .collect::<Option<Vec<_>>>()
        .ok_or(NoDialog("Record-Route cannot be read"))
}
