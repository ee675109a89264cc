//! A peer that answers anything at any time, over a network that loses, repeats and breaks.

use super::*;
use std::collections::BTreeMap;

const STATUSES: [u16; 6] = [100, 180, 200, 302, 486, 487];
const METHODS: [Method; 3] = [Method::Invite, Method::Invite, Method::Bye];

/// How many final words were heard of each request of ours.
#[derive(Default)]
struct Finals(BTreeMap<ClientId, usize>);

impl Finals {
    fn note(&mut self, told: impl IntoIterator<Item = Indication>) {
        for told in told {
            match told {
                Indication::Response { client, message, .. } => {
                    let heard = self.0.get_mut(&client).unwrap();
                    assert_eq!(*heard, 0, "{client} had come to its end before");
                    *heard += usize::from(message.status().unwrap() >= 200);
                }
                Indication::TimedOut { client }
                | Indication::Failed { client }
                | Indication::Challenged { client, .. } => {
                    *self.0.get_mut(&client).unwrap() += 1;
                }
                Indication::StrayOk { .. }
                | Indication::Request { .. }
                | Indication::Ack { .. }
                | Indication::Cancelled { .. }
                | Indication::Lost { .. } => {}
            }
        }
    }
}

#[test]
fn each_request_of_ours_comes_to_exactly_one_end() {
    for seed in 0..40 {
        let mut world = World::new();
        let mut dice = Chance::new([seed; 32]);
        let (mut sent, mut finals) = (Vec::new(), Finals::default());
        for _ in 0..60 {
            let told = do_something(&mut world, &mut dice, &mut sent, &mut finals);
            finals.note(told);
        }
        // An INVITE that was answered provisionally has all the time in the world, until it is withdrawn.
        let clients: Vec<ClientId> = finals.0.keys().copied().collect();
        clients.into_iter().for_each(|client| world.cancel(client));
        finals.note(world.pass(Duration::from_secs(100)));

        assert!(
            finals.0.values().all(|ends| *ends == 1),
            "seed {seed}: {:?}",
            finals.0
        );
        assert!(world.endpoint.is_empty(), "seed {seed}");
    }
}

fn do_something(
    world: &mut World,
    dice: &mut Chance,
    sent: &mut Vec<Message>,
    finals: &mut Finals,
) -> Vec<Indication> {
    let any = |dice: &mut Chance, count: usize| dice.below(count as u64) as usize;
    match any(dice, 10) {
        0 | 1 => {
            let (client, message) = world.request(&METHODS[any(dice, METHODS.len())]);
            finals.0.insert(client, 0);
            sent.push(message);
            Vec::new()
        }
        2..=5 if !sent.is_empty() => {
            let status = STATUSES[any(dice, STATUSES.len())];
            let request = sent[any(dice, sent.len())].clone();
            let told = world.answer(&request, status, "Whatever").into_iter().collect();
            world.sent();
            told
        }
        6 if !sent.is_empty() => {
            let client = ClientId(1 + dice.below(sent.len() as u64));
            world.cancel(client);
            world.sent();
            Vec::new()
        }
        7 if any(dice, 4) == 0 => world
            .endpoint
            .closed(world.now, phone(Transport::Udp), &mut world.out),
        _ => {
            let told = world.pass(Duration::from_millis(dice.below(5000)));
            world.sent();
            told
        }
    }
}

#[test]
fn whatever_bytes_come_nothing_breaks_and_nothing_stays() {
    let templates = ["INVITE", "ACK", "CANCEL", "BYE"].map(|method| ask(method, "z9hG4bKa;rport", ";tag=x"));
    let mut dice = Chance::new([1; 32]);
    let mut world = World::new();
    for _ in 0..3000 {
        let mut bytes = templates[dice.below(4) as usize].clone().into_bytes();
        for _ in 0..1 + dice.below(4) {
            let place = dice.below(bytes.len() as u64) as usize;
            match dice.below(3) {
                0 => bytes[place] = dice.below(256) as u8,
                1 => bytes.insert(place, dice.below(256) as u8),
                _ => bytes.truncate(place + 1),
            }
        }
        let told = world
            .endpoint
            .receive(world.now, phone(Transport::Udp), bytes.into(), &mut world.out);
        if let Some(Indication::Request { server, message, .. }) = told {
            world.respond(&(server, message), 603, "Decline");
        }
        assert!(world.endpoint.len() <= ROOM + 1);
        world.out.clear();
        world.now = world.now + Duration::from_millis(1);
    }
    world.comes_to_rest();
}
