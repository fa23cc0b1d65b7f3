//! Whatever is sent, the mock goes on.

use crate::kit::{Client, start_live};
use dummyload_session::Rng;
use multistreamer_mock::MultistreamerWorld;
use serde_json::Value;

/// Pieces of which messages are made, right and wrong.
const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"type\"",
    "\"text\"",
    "\"emote\"",
    "\"writer\"",
    "\"status\"",
    "\"account_id\"",
    "\"cur_stream_account_id\"",
    "14",
    "17",
    "0",
    "-0",
    "1e400",
    "NaN",
    "null",
    "true",
    "\"14\"",
    "\"/msg test x\"",
    "\"/irc\"",
    "\"\\ud83d\"",
    "\"ä😀\"",
    "\"to\"",
    "\"from\"",
    "{\"id\":1}",
    "\"relay\"",
    "\"x\"",
    " ",
    "\n",
    "0x1F",
    "\"stream_id\"",
    "21",
    "[null,null]",
    "\"https://a.b *x*\"",
    "{}",
    "\"\"",
];

fn message(rng: &mut Rng) -> String {
    let mut text = String::new();
    if rng.chance(0.8) {
        // An object with members that mean something.
        let pick = |rng: &mut Rng| PIECES[rng.below(PIECES.len() as u64) as usize];
        let kinds = ["status", "writer", "text", "emote", "viewcount", "x"];
        text += &format!("{{\"type\":\"{}\"", kinds[rng.below(6) as usize]);
        for name in ["account_id", "cur_stream_account_id", "text", "to", "relay", "extra"] {
            if rng.chance(0.7) {
                text += &format!(",\"{name}\":{}", pick(rng));
            }
        }
        text.push('}');
    } else {
        for _ in 0..rng.below(12) {
            text += PIECES[rng.below(PIECES.len() as u64) as usize];
        }
    }
    text
}

#[tokio::test]
async fn no_text_breaks_the_mock() {
    let mock = start_live().await;
    let mut rng = Rng::new(7);
    let mut client = Client::john(&mock).await;
    for _ in 0..1500 {
        let text = message(&mut rng);
        // Whatever comes is JSON; an end is followed by another connection.
        if !client.try_say(&[&text, r#"{"type":"status"}"#]).await {
            client = Client::john(&mock).await;
            continue;
        }
        loop {
            let heard = client.hear().await;
            if heard == "cut" || heard == "end" {
                client = Client::john(&mock).await;
                break;
            }
            let heard: Value = serde_json::from_str(&heard).unwrap_or_else(|e| panic!("{text}: {heard}: {e}"));
            if heard["type"] == "status" {
                break;
            }
        }
    }
    let mut last = Client::of(&mock, "test", 21).await;
    last.irc("it goes on").await;
    assert_eq!(last.hear_json().await["text"], "it goes on");
}

#[test]
fn a_world_without_anything_is_one() {
    let world = MultistreamerWorld::new(multistreamer_mock::WorldFile::default());
    assert!(format!("{world:?}").contains("MultistreamerWorld"));
}
