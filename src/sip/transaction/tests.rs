//! The four tables, walked in virtual time.

use super::*;
use ClientAction::{SendAck, SendCancel, SendRequest, Tell, TellFailed, TellLateOk, TellTimedOut};
use ServerAction::{Resend, Send, TellAck, TellLost};

const UDP: Transport = Transport::Udp;
const TCP: Transport = Transport::Tcp;

/// One transaction alone with its clock.
struct Walk<State: Machine> {
    running: Running<State>,
    transport: Transport,
    settings: TimerSettings,
    now: Time,
}

impl<State: Machine> Walk<State> {
    fn start(transport: Transport) -> Walk<State> {
        let settings = TimerSettings::default();
        let beat = Beat {
            now: Time::EPOCH,
            settings: &settings,
            transport,
        };
        let running = Running::start(beat, State::STATES[0]);
        Walk {
            running,
            transport,
            settings,
            now: Time::EPOCH,
        }
    }

    fn at(start: &[State::Event], transport: Transport) -> Walk<State> {
        let mut walk = Walk::start(transport);
        for event in start {
            walk.on(*event);
        }
        walk
    }

    fn on(&mut self, event: State::Event) -> Vec<State::Action> {
        let beat = Beat {
            now: self.now,
            settings: &self.settings,
            transport: self.transport,
        };
        self.running.on(beat, event).to_vec()
    }

    fn state(&self) -> State {
        self.running.state()
    }

    /// Waits until nothing more will happen, and tells what happened and how many milliseconds after the
    /// start.
    fn wait(&mut self) -> Vec<(u64, State::Action)> {
        let mut story = Vec::new();
        while let Some(due) = self.running.due() {
            self.now = due;
            let beat = Beat {
                now: due,
                settings: &self.settings,
                transport: self.transport,
            };
            let actions = self.running.expire(beat);
            story.extend(actions.into_iter().map(|action| (due.as_micros() / 1000, action)));
        }
        story
    }

    fn seconds(&self) -> u64 {
        self.now.as_secs()
    }
}

fn times<Action: PartialEq + Copy>(story: &[(u64, Action)], wanted: Action) -> Vec<u64> {
    story
        .iter()
        .filter(|(_, action)| *action == wanted)
        .map(|(at, _)| *at)
        .collect()
}

/// What must hold for each of the four tables, whatever it says.
fn check<State: Machine>() {
    let end = State::STATES[State::STATES.len() - 1];
    for event in State::EVENTS {
        assert_eq!(
            end.on(*event),
            (end, &[][..]),
            "{}: the end is the end",
            State::NAME
        );
    }
    assert!(
        end.waits().is_empty(),
        "{}: no timer outlives the end",
        State::NAME
    );
    for state in State::STATES {
        for wait in state.waits() {
            let (next, actions) = state.on(wait.event);
            let does_something = next != *state || !actions.is_empty();
            assert!(
                does_something,
                "{}: {state:?} runs {:?} for nothing",
                State::NAME,
                wait.timer
            );
            let goes_on = next == *state && wait.pace == Pace::Once;
            assert!(
                !goes_on,
                "{}: {state:?} would wait for ever after {:?}",
                State::NAME,
                wait.timer
            );
        }
        for event in State::EVENTS {
            assert!(State::STATES.contains(&state.on(*event).0));
        }
    }
}

#[test]
fn every_table_is_sound() {
    check::<invite_client::State>();
    check::<client::State>();
    check::<invite_server::State>();
    check::<server::State>();
}

mod invite_client_story {
    use super::*;
    use invite_client::{Event, State};

    type Invite = Walk<State>;

    #[test]
    fn an_invite_into_silence_goes_again_at_ever_longer_gaps_and_times_out_after_32_s() {
        let mut invite = Invite::start(UDP);
        let story = invite.wait();
        assert_eq!(
            times(&story, SendRequest),
            [500, 1500, 3500, 7500, 15_500, 31_500]
        );
        assert_eq!(times(&story, TellTimedOut), [32_000]);
        assert_eq!(invite.state(), State::Terminated);
    }

    #[test]
    fn a_stream_repeats_nothing_but_times_out_as_well() {
        assert_eq!(Invite::start(TCP).wait(), [(32_000, TellTimedOut)]);
    }

    #[test]
    fn a_phone_may_ring_without_end() {
        let mut invite = Invite::start(UDP);
        assert_eq!(invite.on(Event::Provisional), [Tell]);
        assert_eq!(invite.wait(), []);
        assert_eq!(invite.on(Event::Provisional), [Tell]);
        assert_eq!(invite.state(), State::Proceeding);
    }

    #[test]
    fn each_repeated_refusal_is_acked_and_told_once() {
        let mut invite = Invite::at(&[Event::Provisional], UDP);
        assert_eq!(invite.on(Event::Failure), [SendAck, Tell]);
        assert_eq!(invite.on(Event::Failure), [SendAck]);
        assert_eq!(invite.on(Event::Provisional), []);
        assert_eq!(invite.wait(), []);
        assert_eq!((invite.state(), invite.seconds()), (State::Terminated, 32));
    }

    #[test]
    fn on_a_stream_a_refused_invite_is_over_at_once() {
        let mut invite = Invite::start(TCP);
        assert_eq!(invite.on(Event::Failure), [SendAck, Tell]);
        assert_eq!(invite.state(), State::Terminated);
    }

    #[test]
    fn an_accepted_invite_hands_on_every_further_2xx_for_32_s() {
        for transport in [UDP, TCP] {
            let mut invite = Invite::start(transport);
            assert_eq!(invite.on(Event::Ok), [Tell]);
            assert_eq!(invite.on(Event::Ok), [TellLateOk]);
            assert_eq!(invite.on(Event::Provisional), []);
            assert_eq!(invite.on(Event::Failure), []);
            assert_eq!(invite.on(Event::TransportError), []);
            assert_eq!(invite.wait(), []);
            assert_eq!((invite.state(), invite.seconds()), (State::Terminated, 32));
        }
    }

    #[test]
    fn a_cancel_waits_for_the_first_provisional_response() {
        let mut invite = Invite::start(UDP);
        assert_eq!(invite.on(Event::Cancel), []);
        assert_eq!(invite.on(Event::TimerA), [SendRequest]);
        assert_eq!(invite.on(Event::Provisional), [SendCancel, Tell]);
        assert_eq!(invite.on(Event::Cancel), [], "once is enough");
        assert_eq!(invite.on(Event::Failure), [SendAck, Tell]);
    }

    #[test]
    fn a_cancel_is_not_sent_after_a_final_response() {
        for (last, state) in [(Event::Ok, State::Accepted), (Event::Failure, State::Completed)] {
            let mut invite = Invite::at(&[Event::Cancel, last], UDP);
            assert_eq!(invite.state(), state);
            assert_eq!(invite.on(Event::Cancel), []);
        }
    }

    #[test]
    fn a_2xx_that_crosses_the_cancel_is_told() {
        let mut invite = Invite::at(&[Event::Provisional, Event::Cancel], UDP);
        assert_eq!(invite.on(Event::Ok), [Tell]);
        assert_eq!(invite.state(), State::Accepted);
    }

    #[test]
    fn a_peer_that_never_ends_a_cancelled_invite_is_not_waited_for_longer_than_32_s() {
        let mut invite = Invite::start(UDP);
        invite.on(Event::Provisional);
        assert_eq!(invite.on(Event::Cancel), [SendCancel]);
        assert_eq!(invite.on(Event::Provisional), [Tell]);
        assert_eq!(invite.wait(), [(32_000, TellTimedOut)]);
    }

    #[test]
    fn a_lost_transport_fails_what_has_not_arrived_and_nothing_else() {
        assert_eq!(Invite::start(UDP).on(Event::TransportError), [TellFailed]);
        assert_eq!(
            Invite::at(&[Event::Cancel], UDP).on(Event::TransportError),
            [TellFailed]
        );
        let mut ringing = Invite::at(&[Event::Provisional], UDP);
        assert_eq!(ringing.on(Event::TransportError), []);
        assert_eq!(ringing.state(), State::Proceeding);
    }

    #[test]
    fn a_2xx_after_a_refusal_comes_from_a_fork_and_is_handed_on() {
        assert_eq!(Invite::at(&[Event::Failure], UDP).on(Event::Ok), [TellLateOk]);
    }
}

mod client_story {
    use super::*;
    use client::{Event, State};

    type Request = Walk<State>;

    #[test]
    fn a_request_into_silence_goes_again_at_gaps_of_up_to_t2() {
        let story = Request::start(UDP).wait();
        let expected = [
            500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
        ];
        assert_eq!(times(&story, SendRequest), expected);
        assert_eq!(times(&story, TellTimedOut), [32_000]);
    }

    #[test]
    fn after_a_provisional_response_it_goes_again_every_t2() {
        let mut request = Request::start(UDP);
        assert_eq!(request.on(Event::Provisional), [Tell]);
        let story = request.wait();
        // The first was under way already; each later one is T2 behind the one before (§17.1.2.2).
        assert_eq!(
            times(&story, SendRequest),
            [500, 4500, 8500, 12_500, 16_500, 20_500, 24_500, 28_500]
        );
        assert_eq!(times(&story, TellTimedOut), [32_000]);
    }

    #[test]
    fn repeated_responses_are_absorbed_for_t4() {
        let mut request = Request::start(UDP);
        assert_eq!(request.on(Event::Final), [Tell]);
        assert_eq!(request.on(Event::Final), []);
        assert_eq!(request.wait(), []);
        assert_eq!((request.state(), request.seconds()), (State::Terminated, 5));
    }

    #[test]
    fn on_a_stream_an_answered_request_is_over_at_once() {
        let mut request = Request::start(TCP);
        assert_eq!(request.on(Event::Final), [Tell]);
        assert_eq!(request.state(), State::Terminated);
        assert_eq!(Request::start(TCP).wait(), [(32_000, TellTimedOut)]);
    }

    #[test]
    fn a_lost_transport_fails_it_until_it_is_answered() {
        assert_eq!(Request::start(UDP).on(Event::TransportError), [TellFailed]);
        assert_eq!(
            Request::at(&[Event::Provisional], UDP).on(Event::TransportError),
            [TellFailed]
        );
        assert_eq!(Request::at(&[Event::Final], UDP).on(Event::TransportError), []);
    }
}

mod invite_server_story {
    use super::*;
    use invite_server::{Event, State};

    type Invite = Walk<State>;

    #[test]
    fn a_repeated_invite_gets_the_last_provisional_response_again() {
        let mut invite = Invite::start(UDP);
        assert_eq!(invite.on(Event::Provisional), [Send]);
        assert_eq!(invite.on(Event::Invite), [Resend]);
        assert_eq!(invite.on(Event::Ack), [], "there is nothing to confirm yet");
        assert_eq!(invite.wait(), []);
    }

    #[test]
    fn an_unconfirmed_refusal_goes_again_at_gaps_of_up_to_t2_and_is_given_up_after_32_s() {
        let mut invite = Invite::start(UDP);
        assert_eq!(invite.on(Event::Failure), [Send]);
        let story = invite.wait();
        let expected = [
            500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
        ];
        assert_eq!(times(&story, Resend), expected);
        assert_eq!((invite.state(), invite.seconds()), (State::Terminated, 32));
    }

    #[test]
    fn on_a_stream_a_refusal_is_sent_once() {
        let mut invite = Invite::at(&[Event::Failure], TCP);
        assert_eq!(invite.wait(), []);
        assert_eq!((invite.state(), invite.seconds()), (State::Terminated, 32));
    }

    #[test]
    fn an_ack_ends_the_repetition_and_further_acks_are_absorbed_for_t4() {
        let mut invite = Invite::at(&[Event::Failure], UDP);
        assert_eq!(invite.on(Event::Invite), [Resend]);
        assert_eq!(invite.on(Event::Ack), []);
        assert_eq!(invite.on(Event::Ack), []);
        assert_eq!(invite.on(Event::Invite), []);
        assert_eq!(invite.wait(), []);
        assert_eq!((invite.state(), invite.seconds()), (State::Terminated, 5));

        assert_eq!(
            Invite::at(&[Event::Failure, Event::Ack], TCP).state(),
            State::Terminated
        );
    }

    #[test]
    fn an_accepted_invite_absorbs_its_repetitions_and_lets_2xx_and_ack_through() {
        for transport in [UDP, TCP] {
            let mut invite = Invite::at(&[Event::Provisional], transport);
            assert_eq!(invite.on(Event::Ok), [Send]);
            assert_eq!(invite.on(Event::Invite), []);
            assert_eq!(invite.on(Event::Ok), [Send]);
            assert_eq!(invite.on(Event::Ack), [TellAck]);
            assert_eq!(invite.on(Event::Failure), [], "an answer cannot be taken back");
            assert_eq!(invite.on(Event::TransportError), []);
            assert_eq!(invite.wait(), []);
            assert_eq!((invite.state(), invite.seconds()), (State::Terminated, 32));
        }
    }

    #[test]
    fn a_caller_that_cannot_be_reached_while_it_rings_is_lost() {
        let mut invite = Invite::at(&[Event::Provisional], UDP);
        assert_eq!(invite.on(Event::TransportError), [TellLost]);
        assert_eq!(invite.state(), State::Terminated);
    }
}

mod server_story {
    use super::*;
    use server::{Event, State};

    type Request = Walk<State>;

    #[test]
    fn a_repeated_request_waits_with_us_for_the_answer_and_then_gets_it_again() {
        let mut request = Request::start(UDP);
        assert_eq!(request.on(Event::Request), []);
        assert_eq!(request.on(Event::Provisional), [Send]);
        assert_eq!(request.on(Event::Request), [Resend]);
        assert_eq!(request.on(Event::Final), [Send]);
        assert_eq!(request.on(Event::Request), [Resend]);
        assert_eq!(request.on(Event::Final), [], "one answer is enough");
        assert_eq!(request.wait(), []);
        assert_eq!((request.state(), request.seconds()), (State::Terminated, 32));
    }

    #[test]
    fn on_a_stream_an_answered_request_is_over_at_once() {
        assert_eq!(Request::at(&[Event::Final], TCP).state(), State::Terminated);
    }

    #[test]
    fn a_peer_that_cannot_be_answered_is_lost() {
        assert_eq!(Request::start(UDP).on(Event::TransportError), [TellLost]);
        assert_eq!(Request::at(&[Event::Final], UDP).on(Event::TransportError), []);
    }
}

#[test]
fn a_restart_keeps_state_and_deadlines() {
    let mut invite: Walk<invite_client::State> = Walk::start(UDP);
    invite.on(invite_client::Event::Cancel);
    let text = serde_json::to_string(&invite.running).unwrap();
    let restored: Running<invite_client::State> = serde_json::from_str(&text).unwrap();
    assert_eq!(restored.state(), invite.state());
    assert_eq!(restored.due(), invite.running.due());
}

#[test]
fn timers_of_no_length_do_not_spin() {
    let mut invite: Walk<invite_client::State> = Walk::start(UDP);
    invite.settings = TimerSettings {
        t1: Duration::ZERO,
        t2: Duration::ZERO,
        t4: Duration::ZERO,
    };
    let beat = Beat {
        now: invite.now,
        settings: &invite.settings,
        transport: UDP,
    };
    invite.running = Running::start(beat, invite_client::State::Calling);
    assert!(invite.wait().len() <= 2);
    assert_eq!(invite.state(), invite_client::State::Terminated);
}
