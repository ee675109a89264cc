//! What the messages of one transaction have in common (RFC 3261 §17.1.3 and §17.2.3), as one string to
//! compare.

use crate::sip::{Message, Method, Via};

/// What every branch begins with that is unique, as RFC 3261 §8.1.1.7 demands.
pub(super) const COOKIE: &str = "z9hG4bK";

/// The port of a sent-by that names none (RFC 3261 §18.2.2).
pub(super) const DEFAULT_PORT: u16 = 5060;

/// By which a response finds the request of ours: the branch and the method.
pub(super) fn client_key(via: &Via, method: &Method) -> Option<String> {
    via.branch().map(|branch| format!("{branch} {method}"))
}

/// By which a request finds its transaction. An ACK or CANCEL finds its INVITE if `method` is INVITE.
pub(super) fn server_key(request: &Message, via: &Via, method: &Method) -> Option<String> {
    let branch = via.branch().filter(|branch| has_cookie(branch));
    let Some(branch) = branch else {
        return old_key(request, via, method);
    };
    let host = via.host.to_ascii_lowercase();
    let port = via.port.unwrap_or(DEFAULT_PORT);
    Some(format!("{branch} {host} {port} {method}"))
}

/// By which two requests are found to be one that came here over two ways (RFC 3261 §8.2.2.2).
/// Requests within a dialog have none.
pub(super) fn merge_key(request: &Message) -> Option<String> {
    if request.to().ok()?.tag().is_some() {
        return None;
    }
    let (call_id, cseq, from) = (
        request.call_id().ok()?,
        request.cseq().ok()?,
        request.from().ok()?,
    );
    Some(format!("= {call_id} {cseq} {}", from.tag().unwrap_or_default()))
}

/// RFC 2543 peers do not make their branches unique, so the whole request must do (§17.2.3). The To tag is
/// left out: the INVITE does not have it yet and its ACK does.
fn old_key(request: &Message, via: &Via, method: &Method) -> Option<String> {
    let (uri, from, cseq) = (request.uri().ok()?, request.from().ok()?, request.cseq().ok()?);
    let (tag, call_id) = (from.tag().unwrap_or_default(), request.call_id().ok()?);
    Some(format!("- {uri} {tag} {call_id} {} {via} {method}", cseq.number))
}

fn has_cookie(branch: &str) -> bool {
    branch
        .get(..COOKIE.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(COOKIE))
}
