//! One connection, with the task that drives it.

use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls};

pub(super) struct Session {
    pub(super) client: Client,
    driver: JoinHandle<()>,
}

impl Session {
    pub(super) async fn open(address: &Config) -> Result<Session, tokio_postgres::Error> {
        let (client, connection) = address.connect(NoTls).await?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "the connection to PostgreSQL is lost");
            }
        });
        Ok(Session { client, driver })
    }
}

impl Drop for Session {
    /// A statement that takes too long would keep the driver, and with it the locks, alive.
    fn drop(&mut self) {
        self.driver.abort();
    }
}
