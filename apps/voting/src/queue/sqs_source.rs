//! Taking votes out of SQS: what was received stays hidden from others for a while, and is deleted when it is stored.

use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};

use super::sqs::{Opened, SEQUENCE, SqsQueue, failed};
use super::{Claimed, Receipts, SourceError};
use crate::domain::{DeadLetter, Delivery, Rules, Sequence, decode};

/// The most that SQS gives and takes at once.
const MOST_PER_CLAIM: i32 = 10;
const WAIT_SECONDS: i32 = 20;
/// Much longer than ten votes take to store, so that nobody else gets them in between.
const HIDDEN_SECONDS: i32 = 30;

pub struct SqsSource {
    queue: SqsQueue,
    rules: Rules,
}

impl SqsSource {
    pub fn new(queue: SqsQueue, rules: Rules) -> SqsSource {
        SqsSource { queue, rules }
    }

    pub async fn claim(&mut self) -> Result<Claimed, SourceError> {
        let Opened { client, url } = self.queue.opened().await?;
        let received = client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(MOST_PER_CLAIM)
            .wait_time_seconds(WAIT_SECONDS)
            .visibility_timeout(HIDDEN_SECONDS)
            .message_attribute_names(SEQUENCE)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .map_err(failed)?;
        let messages = received.messages.unwrap_or_default();
        Ok(Claimed {
            deliveries: messages.iter().map(|message| self.delivery(message)).collect(),
            receipts: Receipts::Handles(
                messages
                    .into_iter()
                    .filter_map(|message| message.receipt_handle)
                    .collect(),
            ),
        })
    }

    /// What cannot be deleted is delivered again, and then changes nothing.
    pub async fn settle(&mut self, handles: Vec<String>) -> Result<(), SourceError> {
        let Opened { client, url } = self.queue.opened().await?;
        let entries = handles
            .into_iter()
            .enumerate()
            .map(|(index, handle)| {
                DeleteMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(handle)
                    .build()
            })
            .collect::<Result<Vec<_>, _>>()
            .expect("BUG: an entry has neither name nor handle");
        let deletion = client
            .delete_message_batch()
            .queue_url(url)
            .set_entries(Some(entries));
        let deleted = deletion.send().await.map_err(failed)?;
        for failure in deleted.failed() {
            tracing::warn!(code = failure.code(), "a stored vote stays in the queue");
        }
        Ok(())
    }

    fn delivery(&self, message: &Message) -> Delivery {
        let sequence = sequence(message);
        let body = message.body().unwrap_or_default();
        match decode(&self.rules, body) {
            Ok(ballot) => Delivery::Vote { sequence, ballot },
            Err(reason) => Delivery::Malformed(DeadLetter {
                sequence,
                body: body.to_owned(),
                reason,
            }),
        }
    }
}

/// Votes of other producers are ordered by the time, in milliseconds, at which SQS got them.
fn sequence(message: &Message) -> Sequence {
    let own = message
        .message_attributes()
        .and_then(|attributes| attributes.get(SEQUENCE)?.string_value()?.parse().ok());
    let sent = || {
        let sent = message
            .attributes()?
            .get(&MessageSystemAttributeName::SentTimestamp)?;
        Some(sent.parse::<i64>().ok()?.saturating_mul(1000))
    };
    Sequence(own.or_else(sent).unwrap_or_default())
}
