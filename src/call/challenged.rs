//! A carrier wants to know who sends a request of ours (401, 407): it is sent again with the answer, once for each
//! nonce, and the story goes on as if nothing had been.

use super::conversations::Place as Seat;
use super::event::Weight;
use super::leg::{Leg, LegState};
use super::step::Step;
use super::world::{World, shown_address};
use crate::config::valid::Credentials as Account;
use crate::sip::auth::{Asked, Credential, Credentials};
use crate::sip::{ClientId, Draft, Flow, Message, Method};
use secrecy::ExposeSecret;

/// So often one request is sent again: for a proxy, for the carrier behind it, and for a nonce that was too old.
const MAX_ROUNDS: u32 = 3;

/// A request of ours that was challenged.
#[derive(Debug)]
pub struct Challenged {
    /// Its transaction.
    pub client: ClientId,
    /// Over which way it went.
    pub flow: Flow,
    /// The 401 or 407.
    pub refusal: Message,
    /// The request.
    pub request: Message,
    /// How often it has been sent again.
    pub round: u32,
}

impl Step<'_> {
    /// Answers the challenge. Whether there was an answer; if not it is a refusal like any other.
    pub fn answers_challenge(&mut self, challenged: &Challenged) -> bool {
        if self.world.line_answers_challenge(challenged) {
            return true;
        }
        // What nobody waits for, as an INFO, is known by its dialog.
        let from = challenged.request.from().ok();
        let tag = from.as_ref().and_then(|from| from.tag()).unwrap_or_default();
        let seat = self.conversations.of_client(challenged.client);
        let Some((id, leg)): Option<Seat> = seat.or_else(|| self.conversations.of_tag(tag)) else {
            return false;
        };
        let mut is_answered = false;
        self.visit(id, |conversation, world| {
            if let Some(leg) = conversation.legs.get_mut(&leg) {
                is_answered = leg.answers_challenge(world, challenged);
            }
        });
        is_answered
    }
}

impl Leg {
    fn answers_challenge(&mut self, world: &mut World<'_>, challenged: &Challenged) -> bool {
        // What is withdrawn already need not be asked for again, and behind a BYE nothing is asked for.
        let is_of_use = match self.state {
            LegState::Withdrawn { .. } => false,
            LegState::Leaving { bye } => bye == challenged.client,
            LegState::Asking { .. }
            | LegState::Asked { .. }
            | LegState::Talking
            | LegState::Confirming(_)
            | LegState::Changing(_)
            | LegState::BackingOff { .. } => true,
        };
        if !is_of_use {
            return false;
        }
        let Some(trunk) = self.party.trunk().map(str::to_owned) else {
            return false;
        };
        let answers = match world.answers_to(&trunk, challenged) {
            Ok(answers) => answers,
            Err(why) => {
                world.tell(Weight::Warning, None, why);
                return false;
            }
        };
        self.has_spoken();
        let cseq = self.next_cseq(&challenged.request);
        if challenged.request.method() == Method::Invite {
            self.dialog.credentials = answers.clone();
        }
        world.send_again(challenged, cseq, &answers)
    }
}

impl World<'_> {
    /// The same for a REGISTER of ours.
    fn line_answers_challenge(&mut self, challenged: &Challenged) -> bool {
        let Some(trunk) = self.registers_by(challenged.client) else {
            return false;
        };
        let Ok(answers) = self.answers_to(&trunk, challenged) else {
            return false;
        };
        let cseq = self.next_registration_number(&trunk);
        cseq.is_some_and(|cseq| self.send_again(challenged, cseq, &answers))
    }

    /// The answers for a challenged request to a trunk, or why there are none that would be of use.
    fn answers_to(&mut self, trunk: &str, challenged: &Challenged) -> Result<Vec<Credential>, String> {
        let config = self.config;
        let account = config
            .trunks
            .get(trunk)
            .and_then(|trunk| trunk.credentials.as_ref());
        let Some((account, password)) =
            account.and_then(|account| Some((account, account.password.as_ref()?)))
        else {
            return Err(format!(
                "trunk {trunk} wants a password, and there is none (trunk.{trunk}.password)"
            ));
        };
        let line = self.desk.lines.get_mut(trunk);
        let is_news = line.is_some_and(|line| line.keyring.learn(&challenged.refusal, &challenged.request));
        match is_news && challenged.round < MAX_ROUNDS {
            true => Ok(self.credentials(trunk, account, password.expose_secret(), &challenged.request)),
            false => Err(format!(
                "trunk {trunk} does not accept trunk.{trunk}.username and its password"
            )),
        }
    }

    /// The answers to all challenges of a trunk that we know.
    pub fn credentials(
        &mut self,
        trunk: &str,
        account: &Account,
        password: &str,
        request: &Message,
    ) -> Vec<Credential> {
        let cnonce = self.desk.chance.token(16);
        let uri = request.uri().map(|uri| uri.to_string()).unwrap_or_default();
        let method = request.method();
        let asked = Asked {
            method: method.as_str(),
            uri: &uri,
            body: request.body(),
        };
        let who = Credentials {
            user: &account.username,
            password,
        };
        let line = self.desk.lines.get_mut(trunk);
        line.map(|line| line.keyring.answer(asked, who, &cnonce))
            .unwrap_or_default()
    }

    /// Sends the request again under this number, with these answers. Whether it could be read.
    pub fn send_again(&mut self, challenged: &Challenged, cseq: u32, answers: &[Credential]) -> bool {
        let Some(draft) = Draft::again(&challenged.request, cseq) else {
            return false;
        };
        let draft = answers
            .iter()
            .fold(draft, |draft, answer| draft.with(answer.name(), &answer.value));
        let (flow, shown) = (challenged.flow, shown_address(self.config, &challenged.flow));
        let whose = (challenged.client, challenged.round + 1);
        let desk = &mut *self.desk;
        desk.endpoint.request_again(
            self.now,
            &mut desk.chance,
            whose,
            flow,
            shown,
            draft,
            &mut self.out,
        );
        true
    }
}
