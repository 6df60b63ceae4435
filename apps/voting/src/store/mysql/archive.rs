//! Backups of the tables, and their way back.

use std::io::{Read, Write};

use mysql_async::prelude::Queryable as _;
use mysql_async::{IsolationLevel, Params, TxOpts, Value};

use super::{MysqlStore, PATIENCE_WITH_ARCHIVES, StoreError, apply, tables, within};
use crate::archive::{self, Entry, Header, Record};
use crate::domain::{Choice, Tally};
use crate::store::next_rows;

impl MysqlStore {
    pub async fn dump(&self, output: impl Write) -> Result<Header, StoreError> {
        within(PATIENCE_WITH_ARCHIVES, async {
            let mut connection = self.pool.get_conn().await?;
            let mut snapshot = TxOpts::default();
            snapshot
                .with_consistent_snapshot(true)
                .with_isolation_level(IsolationLevel::RepeatableRead);
            let mut transaction = connection.start_transaction(snapshot).await?;
            let header = Header::new(self.profile, &counted(&mut transaction).await?, 0);
            let mut writer = archive::Writer::begin(output, &header)?;
            let query = format!("SELECT {}, vote, seq FROM votes", self.profile.voter_column);
            let mut rows = transaction.query_iter(query).await?;
            while let Some(row) = rows.next().await? {
                let (voter, choice, seq) = mysql_async::from_row(row);
                writer.record(&Record::Vote(Entry { voter, choice, seq }))?;
            }
            drop(rows);
            transaction.commit().await?;
            writer.finish()?;
            Ok(header)
        })
        .await
    }

    pub async fn restore(
        &self,
        header: &Header,
        records: &mut archive::Reader<impl Read>,
    ) -> Result<Tally, StoreError> {
        if header.waiting > 0 {
            return Err(StoreError::WaitingVotes(header.waiting));
        }
        self.prepare().await?;
        within(PATIENCE_WITH_ARCHIVES, async {
            let mut connection = self.pool.get_conn().await?;
            let mut transaction = connection.start_transaction(TxOpts::default()).await?;
            transaction.query_drop(apply::LOCK).await?;
            if counted(&mut transaction).await?.total() != 0 {
                return Err(StoreError::NotEmpty);
            }
            self.insert_all(&mut transaction, records).await?;
            let tally = counted(&mut transaction).await?;
            header.compare(&tally)?;
            transaction.commit().await?;
            tables::count_anew(&mut connection).await?;
            Ok(tally)
        })
        .await
    }

    async fn insert_all(
        &self,
        transaction: &mut mysql_async::Transaction<'_>,
        records: &mut archive::Reader<impl Read>,
    ) -> Result<(), StoreError> {
        let voter = self.profile.voter_column;
        while let Some(entries) = next_rows(records)? {
            let rows = vec!["(?, ?, ?)"; entries.len()].join(", ");
            let mut values: Vec<Value> = Vec::with_capacity(3 * entries.len());
            for Entry { voter, choice, seq } in entries {
                values.extend([voter.into(), choice.into(), seq.into()]);
            }
            let statement = format!("INSERT INTO votes ({voter}, vote, seq) VALUES {rows}");
            transaction
                .exec_drop(statement, Params::Positional(values))
                .await?;
        }
        Ok(())
    }
}

/// Counts the rows themselves, because a backup must not believe the running totals.
async fn counted(transaction: &mut mysql_async::Transaction<'_>) -> Result<Tally, StoreError> {
    let counts = transaction.query_map(
        "SELECT vote, COUNT(*) FROM votes GROUP BY vote",
        |(choice, count)| (Choice::from_store(choice), count),
    );
    Ok(counts.await?.into_iter().collect())
}
