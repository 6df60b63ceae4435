//! Making the tables, or taking over those of the original worker.

use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;

use super::StoreError;
use crate::domain::Profile;

/// Whoever else wrote votes did not count them, so they are counted anew. Two workers may start at once: the lock lets
/// one of them in, and goes with the connection.
pub(super) async fn make(connection: &mut Conn, database: &str, profile: &Profile) -> Result<(), StoreError> {
    let database = database.replace('`', "``");
    let voter = profile.voter_column;
    connection.query_drop("DO GET_LOCK('voting: tables', 10)").await?;
    for statement in [
        format!("CREATE DATABASE IF NOT EXISTS `{database}`"),
        format!("USE `{database}`"),
        format!(
            "CREATE TABLE IF NOT EXISTS votes ({voter} VARCHAR(40) NOT NULL PRIMARY KEY, vote VARCHAR(40) NOT NULL)
             ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        ),
        "CREATE TABLE IF NOT EXISTS tallies (vote VARCHAR(40) NOT NULL PRIMARY KEY, n BIGINT NOT NULL)
         ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            .to_owned(),
        "CREATE TABLE IF NOT EXISTS dead_letters (
           seq BIGINT NOT NULL,
           body MEDIUMTEXT NOT NULL,
           reason TEXT NOT NULL,
           received_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
           UNIQUE KEY once (seq, body(255))
         ) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            .to_owned(),
    ] {
        connection.query_drop(statement).await?;
    }
    if !has_sequence(connection).await? {
        // The original's character set holds no letter of four bytes.
        connection
            .query_drop(
                "ALTER TABLE votes
                   CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
                   ADD COLUMN seq BIGINT NOT NULL DEFAULT 0,
                   ADD COLUMN updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP",
            )
            .await?;
    }
    count_anew(connection).await
}

async fn has_sequence(connection: &mut Conn) -> Result<bool, StoreError> {
    let found: Option<u8> = connection
        .query_first(
            "SELECT 1 FROM information_schema.columns
             WHERE table_schema = DATABASE() AND table_name = 'votes' AND column_name = 'seq'",
        )
        .await?;
    Ok(found.is_some())
}

pub(super) async fn count_anew(connection: &mut Conn) -> Result<(), StoreError> {
    for statement in [
        "START TRANSACTION",
        super::apply::LOCK,
        "DELETE FROM tallies WHERE vote <> ''",
        "INSERT INTO tallies (vote, n) SELECT vote, COUNT(*) FROM votes GROUP BY vote",
        "COMMIT",
    ] {
        connection.query_drop(statement).await?;
    }
    Ok(())
}
