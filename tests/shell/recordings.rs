//! The recordings that are there: the list, one of them drawn, and its audio, also a part of it.

use crate::town::soon;
use secrecy::SecretString;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tandem::call::recording::{TapeParty, TapeStory, Timeline};
use tandem::call::related::{Related, Relation};
use tandem::config::valid::Api;
use tandem::id::{ConversationId, TapeId};
use tandem::media::engine::TapeBlock;
use tandem::shell::news::News;
use tandem::shell::orders::Desk;
use tandem::shell::recording_drawing::draw;
use tandem::shell::recordings::{Recordings, Wanted};
use tandem::shell::tape_thread::{TapeLimits, TapeThread};
use tandem::shell::{api, tcp};
use tandem::time::Time;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// 2026-11-22 10:30:00 UTC.
const STARTED: Time = Time::from_micros(1_795_343_400_000_000);
const FIRST: &str = "2026-11-22_10-30-00_t7";

/// Two recordings: 1001 with a customer on one day, 1002 with another on the next.
fn record(directory: &Path) {
    let stories = [
        story(7, "incoming", ["+4989123456", "1001"], 0),
        story(8, "incoming", ["+447700900123", "1002"], 1),
    ];
    keep(directory, stories);
}

fn keep(directory: &Path, stories: impl IntoIterator<Item = TapeStory>) {
    let tapes = TapeThread::start(directory.to_owned(), TapeLimits::for_calls(10)).unwrap();
    for story in stories {
        let tape = story.tape;
        tapes.keep(story);
        for block in 0..10 {
            tapes.sender().leave(&TapeBlock {
                tape,
                rate: 8000,
                position: block * 800,
                length: 800,
                samples: [[if block < 5 { 8_000 } else { 0 }, 0]; TapeBlock::CAPACITY],
                missing: None,
            });
        }
    }
    tapes.finish();
}

/// A second of these two, so many days after the first of them.
fn story(tape: u64, direction: &str, [left, right]: [&str; 2], day: u64) -> TapeStory {
    let started = STARTED + Duration::from_secs(day * 86_400);
    let ended = Some(started + Duration::from_secs(1));
    let party = |party: &str, channel: &str| TapeParty {
        party: party.to_owned(),
        name: String::new(),
        trunk: None,
        channel: channel.to_owned(),
        joined: started,
        left: ended,
        direction: "called us".to_owned(),
        shown: None,
        codecs: Vec::new(),
        stranger: None,
    };
    TapeStory {
        tape: TapeId(tape),
        conversation: ConversationId(3),
        direction: direction.to_owned(),
        started,
        ended,
        reason: None,
        customer: left.to_owned(),
        our_number: "+4930555".to_owned(),
        policy: "recording.incoming = true".to_owned(),
        parties: vec![party(left, "left"), party(right, "right")],
        timeline: Timeline::default(),
    }
}

fn ids(directory: &Path, wanted: &Wanted) -> Vec<String> {
    let entries = Recordings::below(directory).list(wanted).unwrap();
    entries.into_iter().map(|entry| entry.id).collect()
}

#[test]
fn they_are_listed_newest_first_by_time_number_and_agent() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path());
    let (first, second) = (FIRST, "2026-11-23_10-30-00_t8");
    let some = |text: &str| Some(text.to_owned());
    let all = Wanted::default();
    assert_eq!(ids(folder.path(), &all), [second, first]);
    let of_day = Wanted {
        to: some("2026-11-22"),
        ..all.clone()
    };
    assert_eq!(ids(folder.path(), &of_day), [first]);
    let later = Wanted {
        from: some("2026-11-22T10:31"),
        ..all.clone()
    };
    assert_eq!(ids(folder.path(), &later), [second]);
    let with = Wanted {
        number: some("+4989"),
        ..all.clone()
    };
    assert_eq!(ids(folder.path(), &with), [first]);
    let of_agent = Wanted {
        agent: some("1002"),
        ..all.clone()
    };
    assert_eq!(ids(folder.path(), &of_agent), [second]);
    let newest = Wanted {
        limit: Some(1),
        ..all
    };
    assert_eq!(ids(folder.path(), &newest), [second]);
}

/// There is no customer on it: it is a recording of both of them.
#[test]
fn a_number_that_was_brought_in_is_found_and_is_no_agent() {
    let folder = tempfile::tempdir().unwrap();
    let mut joined = story(1, "incoming", ["+4989123456", "1001"], 0);
    let brought_in = TapeParty {
        party: "+33140205050".to_owned(),
        trunk: Some("globe".to_owned()),
        ..joined.parties[1].clone()
    };
    joined.parties.push(brought_in);
    let related = |how, tape, started| Related {
        how,
        tape: TapeId(tape),
        started,
    };
    let other = story(2, "outgoing", ["+33140205050", "1001"], 0);
    joined
        .timeline
        .related
        .push(related(Relation::CameFrom, 2, other.started));
    let mut other = other;
    other
        .timeline
        .related
        .push(related(Relation::GoesOnIn, 1, joined.started));
    other
        .timeline
        .related
        .push(related(Relation::During, 1, joined.started));
    keep(folder.path(), [joined, other]);
    let recordings = Recordings::below(folder.path());
    let wanted = Wanted {
        number: Some("+33140205050".to_owned()),
        ..Wanted::default()
    };
    let entries = recordings.list(&wanted).unwrap();
    assert_eq!(entries.len(), 2, "it is found on both tapes");
    let joined = entries
        .iter()
        .find(|entry| entry.direction == "incoming")
        .unwrap();
    assert_eq!(joined.agents, ["1001"]);
    assert_eq!(joined.outside, ["+4989123456", "+33140205050"]);
    let other = entries
        .iter()
        .find(|entry| entry.direction == "outgoing")
        .unwrap();
    let sheet = |id: &str| recordings.find(id).unwrap().sheet;
    assert_eq!(sheet(&joined.id).came_from, std::slice::from_ref(&other.id));
    assert_eq!(sheet(&other.id).goes_on_in, std::slice::from_ref(&joined.id));
    assert_eq!(sheet(&other.id).during, std::slice::from_ref(&joined.id));
}

#[test]
fn a_consult_is_listed_for_the_one_who_asked_and_for_the_colleague() {
    let folder = tempfile::tempdir().unwrap();
    keep(folder.path(), [story(9, "consult", ["1001", "1002"], 0)]);
    for agent in ["1001", "1002"] {
        let of_agent = Wanted {
            agent: Some(agent.to_owned()),
            ..Wanted::default()
        };
        assert_eq!(
            ids(folder.path(), &of_agent),
            ["2026-11-22_10-30-00_t9"],
            "{agent}"
        );
    }
}

#[test]
fn one_is_drawn_with_who_spoke_when() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path());
    let found = Recordings::below(folder.path()).find(FIRST).unwrap();
    let drawing = draw(&found).unwrap();
    let line = |name: &str| {
        drawing
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    let loud = line("customer")
        .chars()
        .filter(|c| ('▁'..='█').contains(c))
        .count();
    assert_eq!(loud, 40, "the first half: {drawing}");
    assert!(line("our side").ends_with("our side"), "{drawing}");
    assert!(
        line("1001").contains('─') && drawing.contains("recording.incoming = true"),
        "{drawing}"
    );
}

#[test]
fn no_name_leads_out_of_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("recordings");
    record(&inside);
    fs::write(folder.path().join("secret.json"), "{}").unwrap();
    let recordings = Recordings::below(&inside);
    for evil in [
        "../secret",
        "..",
        "",
        "2026-11-22",
        "2026-11-22_../../secret",
        "2026-11-22_10-30-00_t7/..",
        "ö2026-11-2",
    ] {
        assert!(recordings.find(evil).is_err(), "{evil}");
    }
    let day = inside.join("2026-11-22");
    let sheet = fs::read_dir(&day).unwrap().flatten().map(|entry| entry.path());
    let sheet = sheet
        .into_iter()
        .find(|path| path.extension().is_some_and(|it| it == "json"))
        .unwrap();
    let text = fs::read_to_string(&sheet).unwrap();
    let name = recordings.find(FIRST).unwrap().sheet.file;
    fs::write(&sheet, text.replace(&name, "../../secret.json")).unwrap();
    assert!(
        recordings.find(FIRST).unwrap().audio().is_empty(),
        "whoever has written the sheet"
    );
}

/// The whole answer to one request.
async fn answer(at: SocketAddr, path: &str, more: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let ask = format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n{more}\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    soon(stream.read_to_end(&mut all)).await.unwrap();
    let head = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (
        String::from_utf8_lossy(&all[..head]).to_lowercase(),
        all[head + 4..].to_vec(),
    )
}

#[tokio::test]
async fn over_http_they_are_listed_read_drawn_and_heard_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path());
    let (desk, _orders) = Desk::new();
    let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let config = Api {
        listen: Some(listen),
        token: Some(SecretString::from("a good token")),
    };
    let recordings = Recordings::below(folder.path());
    let at = api::serve(
        tcp::bind(listen).unwrap(),
        &config,
        desk,
        News::default(),
        recordings.clone(),
    )
    .unwrap();
    let token = "Authorization: Bearer a good token\r\n";

    let (head, _) = answer(at, "/recordings", "").await;
    assert!(head.starts_with("http/1.1 401"), "{head}");
    let (_, list) = answer(at, "/recordings?agent=1001", token).await;
    assert!(String::from_utf8_lossy(&list).contains(FIRST));
    let (_, sheet) = answer(at, &format!("/recordings/{FIRST}"), token).await;
    assert!(String::from_utf8_lossy(&sheet).contains("sha256"));
    let (_, drawing) = answer(at, &format!("/recordings/{FIRST}/drawing"), token).await;
    assert!(String::from_utf8_lossy(&drawing).contains("customer"));

    let path = format!("/recordings/{FIRST}/audio");
    let wav = fs::read(&recordings.find(FIRST).unwrap().audio()[0]).unwrap();
    let (head, whole) = answer(at, &path, token).await;
    assert!(head.starts_with("http/1.1 200") && whole == wav, "{head}");
    let (head, part) = answer(at, &path, &format!("{token}Range: bytes=44-47\r\n")).await;
    assert!(head.starts_with("http/1.1 206") && part == wav[44..48], "{head}");
    assert!(
        head.contains(&format!("content-range: bytes 44-47/{}", wav.len())),
        "{head}"
    );
    let (head, _) = answer(at, &path, &format!("{token}Range: bytes=99999999-\r\n")).await;
    assert!(head.starts_with("http/1.1 416"), "{head}");
    for nothing in [
        "/recordings/..%2F..%2Fetc%2Fpasswd/audio",
        "/recordings/t7",
        "/recordings/2026-11-22_10-30-00_t7/audio?part=2",
    ] {
        let (head, _) = answer(at, nothing, token).await;
        assert!(head.starts_with("http/1.1 404"), "{nothing}: {head}");
    }
    let (head, _) = answer(at, "/recordings?from=yesterday", token).await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
}
