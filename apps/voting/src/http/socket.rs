//! The original page's connection: socket.io, with the events `message` and `scores`.

use serde_json::json;
use socketioxide::SocketIo;
use socketioxide::extract::{Data, SocketRef};
use socketioxide::layer::SocketIoLayer;

use super::result::scores;
use crate::domain::Profile;
use crate::live::Live;

/// As the original tells its clients.
const LARGEST_PAYLOAD: u64 = 1_000_000;

pub(super) fn layer(profile: &'static Profile, live: Live) -> SocketIoLayer {
    let (layer, io) = SocketIo::builder().max_payload(LARGEST_PAYLOAD).build_layer();
    io.ns("/", async move |socket: SocketRef| greet(&socket, profile, &live));
    layer
}

#[derive(serde::Deserialize)]
struct Subscription {
    channel: String,
}

fn greet(socket: &SocketRef, profile: &'static Profile, live: &Live) {
    let _ = socket.emit("message", &json!({ "text": "Welcome!" }));
    // Nothing is ever sent to a channel, but clients ask for one.
    socket.on(
        "subscribe",
        async |socket: SocketRef, Data(wish): Data<Subscription>| {
            socket.join(wish.channel);
        },
    );

    let mut viewer = live.watch();
    let receiver = socket.clone();
    // Ends with the socket or with the program.
    let telling = tokio::spawn(async move {
        while let Some(tally) = viewer.changed().await {
            if receiver.emit("scores", &scores(profile, &tally)).is_err() {
                return;
            }
        }
    })
    .abort_handle();
    socket.on_disconnect(async move |_: SocketRef| telling.abort());
}
