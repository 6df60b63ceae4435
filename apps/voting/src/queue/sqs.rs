//! A queue of Amazon SQS, through the official client, so that credentials are found wherever that client looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials};
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use thiserror::Error;
use tokio::sync::OnceCell;

use super::{IntakeError, Unhealthy};
use crate::domain::{Ballot, Profile, encode};

/// What a message says of its place in the order of votes. A standard queue keeps none.
pub(super) const SEQUENCE: &str = "seq";

/// Amazon's word, and that of servers which take its place.
const NO_SUCH_QUEUE: [&str; 2] = ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"];

#[derive(Debug, Error)]
#[error("{0}")]
pub struct SqsError(String);

/// A queue by its name, found or made when it is first needed. Clones share the connection.
#[derive(Clone)]
pub struct SqsQueue {
    name: String,
    credentials: Option<Credentials>,
    opened: Arc<OnceCell<Opened>>,
}

pub(super) struct Opened {
    pub(super) client: Client,
    pub(super) url: String,
}

#[derive(Clone)]
pub struct SqsIntake {
    queue: SqsQueue,
    profile: &'static Profile,
    /// Of the last vote, in microseconds.
    clock: Arc<AtomicI64>,
}

impl SqsQueue {
    pub fn new(name: String, key: Option<(String, String)>) -> SqsQueue {
        SqsQueue {
            name,
            credentials: key.map(|(id, secret)| Credentials::new(id, secret, None, None, "the environment")),
            opened: Arc::default(),
        }
    }

    pub(super) async fn opened(&self) -> Result<&Opened, SqsError> {
        self.opened.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<Opened, SqsError> {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
        if let Some(credentials) = &self.credentials {
            loader = loader.credentials_provider(credentials.clone());
        }
        let client = Client::new(&loader.load().await);
        let url = self.find_or_make(&client).await?;
        Ok(Opened { client, url })
    }

    /// Not everybody who may use a queue may make one, so it is looked for first.
    async fn find_or_make(&self, client: &Client) -> Result<String, SqsError> {
        let found = match client.get_queue_url().queue_name(&self.name).send().await {
            Ok(found) => found.queue_url,
            Err(error) if error.code().is_some_and(|code| NO_SUCH_QUEUE.contains(&code)) => {
                let made = client.create_queue().queue_name(&self.name).send().await;
                made.map_err(failed)?.queue_url
            }
            Err(error) => return Err(failed(error)),
        };
        found.ok_or_else(|| SqsError(format!("no address of the queue `{}` was given", self.name)))
    }

    pub async fn check(&self) -> Result<(), Unhealthy> {
        let asked = async {
            let Opened { client, url } = self.opened().await?;
            let attributes = client
                .get_queue_attributes()
                .queue_url(url)
                .attribute_names(QueueAttributeName::ApproximateNumberOfMessages);
            attributes.send().await.map_err(failed)
        };
        asked
            .await
            .map(|_| ())
            .map_err(|error: SqsError| Unhealthy(error.to_string()))
    }
}

impl SqsIntake {
    pub fn new(queue: SqsQueue, profile: &'static Profile) -> SqsIntake {
        SqsIntake {
            queue,
            profile,
            clock: Arc::default(),
        }
    }

    pub async fn push(&self, ballot: &Ballot) -> Result<(), IntakeError> {
        let sent = async {
            let Opened { client, url } = self.queue.opened().await?;
            let sequence = MessageAttributeValue::builder()
                .data_type("Number")
                .string_value(self.next_sequence().to_string())
                .build()
                .map_err(|error| SqsError(error.to_string()))?;
            let message = client
                .send_message()
                .queue_url(url)
                .message_body(encode(self.profile, ballot))
                .message_attributes(SEQUENCE, sequence);
            message.send().await.map_err(failed)
        };
        sent.await
            .map(|_| ())
            .map_err(|error: SqsError| IntakeError::Unwritable(error.to_string()))
    }

    pub async fn check(&self) -> Result<(), Unhealthy> {
        self.queue.check().await
    }

    /// The time, or just after the last vote when the clock has not moved or went back.
    fn next_sequence(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        let advance = |last: i64| now.max(last + 1);
        let before = self.clock.update(Ordering::Relaxed, Ordering::Relaxed, advance);
        advance(before)
    }
}

/// Repeats what the server said; where it said nothing, the causes tell what was in the way.
pub(super) fn failed<E>(error: SdkError<E>) -> SqsError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => SqsError(format!("{code}: {message}")),
        _ => SqsError(DisplayErrorContext(error).to_string()),
    }
}
