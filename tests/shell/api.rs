//! The control interface, with somebody in the switch's place who answers what the story wants.

use crate::town::soon;
use secrecy::SecretString;
use std::net::SocketAddr;
use tandem::call::gesture::Gesture;
use tandem::call::view::{StatusView, TrunkView};
use tandem::call::{Event, Order, Reply, Weight};
use tandem::config::valid::Api;
use tandem::id::ConversationId;
use tandem::shell::api::dial::Wanted;
use tandem::shell::api::gestures::Wish;
use tandem::shell::client::{Client, Trouble};
use tandem::shell::news::News;
use tandem::shell::orders::{Desk, Waiting};
use tandem::shell::recordings::Recordings;
use tandem::shell::{api, tcp};
use tandem::time::Time;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const STATUS: StatusView = StatusView {
    started: Time::EPOCH,
    calls: 1,
    max_calls: 1000,
    registrations: 2,
    transactions: 3,
    ports: 4,
    max_ports: 5000,
};

/// A control interface behind which `c7` is the only call.
fn open(token: Option<&str>) -> SocketAddr {
    let (desk, mut orders) = Desk::new();
    tokio::spawn(async move {
        let mut waiting = Waiting::default();
        while let Some(ask) = orders.recv().await {
            let reply = match ask.order {
                Order::Gesture {
                    id: ConversationId(7),
                    gesture: Gesture::Hold,
                    ..
                } => Reply::Done,
                Order::Gesture {
                    id: ConversationId(7),
                    ..
                } => Reply::Refused {
                    status: 491,
                    why: "that cannot be done now".to_owned(),
                },
                Order::Gesture { .. } => Reply::NotFound,
                Order::Status => Reply::Status(STATUS),
                Order::Calls => Reply::Calls(Vec::new()),
                Order::Registrations => Reply::Registrations(Vec::new()),
                Order::Trunks => Reply::Trunks(vec![acme()]),
                Order::Dial(ref dial) if dial.from == "1001" => Reply::Done,
                Order::Dial(ref dial) => Reply::Refused {
                    status: 404,
                    why: format!("there is no extension {}", dial.from),
                },
                Order::HangUp(ConversationId(7)) | Order::ShutDown => Reply::Done,
                Order::HangUp(_) => Reply::NotFound,
            };
            let id = waiting.enter(ask);
            waiting.answer(id, reply);
        }
    });
    serve(desk, token)
}

fn serve(desk: Desk, token: Option<&str>) -> SocketAddr {
    let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let config = Api {
        listen: Some(listen),
        token: token.map(SecretString::from),
    };
    let recordings = Recordings::below("/nowhere".as_ref());
    api::serve(
        tcp::bind(listen).unwrap(),
        &config,
        desk,
        News::default(),
        recordings,
    )
    .unwrap()
}

fn acme() -> TrunkView {
    TrunkView {
        name: "acme".to_owned(),
        address: "sip.acme.example:5060".to_owned(),
        places: Vec::new(),
        lost: None,
        registration: None,
        calls: 0,
        max_calls: None,
    }
}

/// Asks from a thread of its own, as the command line does.
async fn ask<T: Send + 'static>(
    at: SocketAddr,
    token: Option<&'static str>,
    question: impl FnOnce(Client) -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    let client = Client::of(at, token.map(SecretString::from));
    soon(tokio::task::spawn_blocking(move || question(client)))
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_asked_is_answered() {
    let at = open(None);
    let status = ask(at, None, |client| {
        client.read::<StatusView>(&client.get("/status")?)
    })
    .await;
    assert_eq!(status.unwrap(), STATUS);
    let trunks = ask(at, None, |client| {
        client.read::<Vec<TrunkView>>(&client.get("/trunks")?)
    })
    .await;
    assert_eq!(trunks.unwrap(), [acme()]);
    assert_eq!(ask(at, None, |client| client.get("/calls")).await.unwrap(), "[]");
    assert_eq!(
        ask(at, None, |client| client.get("/health")).await.unwrap(),
        "{\"done\":true}"
    );
}

#[tokio::test]
async fn a_call_is_ended_by_its_name_and_only_by_delete() {
    let at = open(None);
    assert!(ask(at, None, |client| client.delete("/calls/c7")).await.is_ok());
    let gone = ask(at, None, |client| client.delete("/calls/c8"))
        .await
        .unwrap_err();
    assert_eq!(gone.to_string(), "there is no call c8 now");
    let nonsense = ask(at, None, |client| client.delete("/calls/everything"))
        .await
        .unwrap_err();
    assert!(
        nonsense
            .to_string()
            .starts_with("everything does not name a call"),
        "{nonsense}"
    );
    let read = ask(at, None, |client| client.get("/calls/c7")).await.unwrap_err();
    assert!(read.to_string().contains("DELETE"), "{read}");
}

#[tokio::test]
async fn what_is_not_there_is_answered_with_a_sentence() {
    let at = open(None);
    let lost = ask(at, None, |client| client.get("/nowhere")).await.unwrap_err();
    assert!(lost.to_string().starts_with("there is nothing here"), "{lost}");
}

#[tokio::test]
async fn without_the_token_one_learns_only_that_the_switch_lives() {
    let at = open(Some("a good token"));
    for place in [
        "/status",
        "/calls",
        "/registrations",
        "/trunks",
        "/events",
        "/recordings",
        "/recordings/2026-11-22_10-30-00_t7/audio",
    ] {
        let refused = ask(at, None, |client| client.get(place)).await.unwrap_err();
        assert!(matches!(refused, Trouble::NotLetIn { .. }), "{place}: {refused}");
    }
    let gesture = ask(at, None, |client| client.put("/calls/c7/hold", &Wish::default()))
        .await
        .unwrap_err();
    assert!(matches!(gesture, Trouble::NotLetIn { .. }), "{gesture}");
    let wrong = ask(at, Some("a bad token"), |client| client.delete("/calls/c7"))
        .await
        .unwrap_err();
    assert!(matches!(wrong, Trouble::NotLetIn { .. }), "{wrong}");
    assert!(ask(at, None, |client| client.get("/health")).await.is_ok());
    assert!(
        ask(at, Some("a good token"), |client| client.get("/calls"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_switch_that_is_leaving_says_so() {
    let (desk, orders) = Desk::new();
    drop(orders);
    let at = serve(desk, None);
    let leaving = ask(at, None, |client| client.get("/health")).await.unwrap_err();
    assert_eq!(leaving.to_string(), "the switch is shutting down");
}

#[tokio::test]
async fn a_busy_switch_says_so() {
    let (desk, _nobody_fetches_them) = Desk::new();
    let crowd: Vec<_> = (0..64)
        .map(|_| {
            tokio::spawn({
                let desk = desk.clone();
                async move { desk.order(Order::Calls).await }
            })
        })
        .collect();
    tokio::task::yield_now().await;
    let at = serve(desk, None);
    let busy = ask(at, None, |client| client.get("/calls")).await.unwrap_err();
    assert_eq!(busy.to_string(), "the switch is busy; try again in a moment");
    drop(crowd);
}

#[tokio::test]
async fn what_agents_can_do_is_done_for_them_or_refused_in_a_sentence() {
    let at = open(None);
    let client = Client::at(&format!("http://{at}"), None).unwrap();
    let outcome = tokio::task::spawn_blocking(move || {
        let wish = Wish::default();
        let done = client.put("/calls/c7/hold", &wish).map(|_body| ());
        let refused = [
            "/calls/c7/merge",
            "/calls/c8/hold",
            "/calls/c7/warm",
            "/calls/c7/dance",
        ]
        .map(|path| client.put(path, &wish).unwrap_err().to_string());
        (done, refused)
    });
    let (done, refused) = outcome.await.unwrap();
    done.unwrap();
    assert_eq!(refused[0], "that cannot be done now");
    assert_eq!(refused[1], "there is no call c8 now");
    assert!(refused[2].starts_with("warm needs a number"), "{}", refused[2]);
    assert!(refused[3].starts_with("dance is nothing"), "{}", refused[3]);
}

#[tokio::test]
async fn who_listens_hears_what_happens_and_goes_on_where_it_was() {
    let news = News::default();
    let (desk, _orders) = Desk::new();
    let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let config = Api {
        listen: Some(listen),
        token: None,
    };
    let recordings = Recordings::below("/nowhere".as_ref());
    let at = api::serve(
        tcp::bind(listen).unwrap(),
        &config,
        desk,
        news.clone(),
        recordings,
    )
    .unwrap();
    let say = |text: &str| {
        news.tell(&Event {
            weight: Weight::Story,
            conversation: Some(ConversationId(7)),
            text: text.to_owned(),
        });
    };
    say("1001 calls 1002");
    say("1002 answers");
    let mut listener = TcpStream::connect(at).await.unwrap();
    let ask = format!("GET /events HTTP/1.1\r\nHost: {at}\r\nLast-Event-ID: 1\r\n\r\n");
    listener.write_all(ask.as_bytes()).await.unwrap();
    let missed = heard_until(&mut listener, "1002 answers").await;
    assert!(
        missed.contains("event: story") && missed.contains("id: 2"),
        "{missed}"
    );
    assert!(!missed.contains("1001 calls"), "{missed}");
    say("1001 hangs up");
    heard_until(&mut listener, "1001 hangs up").await;
}

/// What comes over the wire up to these words.
async fn heard_until(listener: &mut TcpStream, words: &str) -> String {
    let mut heard = String::new();
    while !heard.contains(words) {
        let mut bytes = [0; 1024];
        let length = soon(listener.read(&mut bytes)).await.unwrap();
        assert!(length > 0, "it ended after: {heard}");
        heard.push_str(&String::from_utf8_lossy(&bytes[..length]));
    }
    heard
}

/// A page in a browser can send a form, but no JSON without asking us first; and a typo is no other call.
#[tokio::test]
async fn a_call_is_made_by_post_and_only_by_json() {
    let at = open(None);
    let wanted = |from: &str| Wanted {
        from: from.to_owned(),
        to: "02079460999".to_owned(),
        caller_id: None,
    };
    let (done, nobody) = (wanted("1001"), wanted("1009"));
    ask(at, None, move |client| client.post("/calls", &done))
        .await
        .unwrap();
    let refused = ask(at, None, move |client| client.post("/calls", &nobody))
        .await
        .unwrap_err();
    assert_eq!(refused.to_string(), "there is no extension 1009");
    for (kind, body, status) in [
        ("text/plain", r#"{"from":"1001","to":"1002"}"#, "415"),
        (
            "application/json",
            r#"{"from":"1001","to":"1002","callerid":"Sales"}"#,
            "422",
        ),
        ("application/json", r#"{"from":"1001"}"#, "422"),
    ] {
        let mut stream = TcpStream::connect(at).await.unwrap();
        let length = body.len();
        let request = format!(
            "POST /calls HTTP/1.1\r\nHost: {at}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{kind}: {answer}"
        );
    }
}
