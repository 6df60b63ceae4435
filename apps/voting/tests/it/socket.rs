//! The frames that the original result page's client exchanges.

use tempfile::tempdir;

use crate::service::{Service, text};

fn session(open: &str) -> String {
    let open: serde_json::Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    open["sid"].as_str().unwrap().to_owned()
}

/// Splits what one poll brought, and leaves out pings and what varies.
fn packets(body: &str) -> Vec<String> {
    body.split('\u{1e}')
        .filter(|packet| *packet != "2")
        .map(|packet| match packet.starts_with("40{") {
            true => "40{…}".to_owned(),
            false => packet.to_owned(),
        })
        .collect()
}

#[tokio::test]
async fn a_polling_client_is_greeted_and_told_the_scores() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    let open = text(
        &app.get("result", "/socket.io/?EIO=4&transport=polling")
            .await
            .body,
    );
    let sid = session(&open);
    assert_eq!(
        open.replace(&sid, "<sid>"),
        r#"0{"sid":"<sid>","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#
    );
    let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    let poll = async || packets(&text(&app.get("result", &path).await.body));
    let say = async |packet: &str| {
        let answer = app
            .post("result", &path, "text/plain;charset=UTF-8", packet)
            .await;
        assert_eq!(&*answer.body, b"ok");
    };

    say("40").await;
    let mut heard = Vec::new();
    while heard.len() < 3 {
        heard.extend(poll().await);
    }
    assert_eq!(
        heard,
        [
            "40{…}",
            r#"42["message",{"text":"Welcome!"}]"#,
            r#"42["scores","{\"a\":0,\"b\":0}"]"#
        ]
    );

    say(r#"42["subscribe",{"channel":"a"}]"#).await;
    assert_eq!(app.post_form("vote=b").await.status, 200);
    let mut heard = Vec::new();
    while heard.is_empty() {
        heard.extend(poll().await);
    }
    assert_eq!(heard, [r#"42["scores","{\"a\":0,\"b\":1}"]"#]);
}
