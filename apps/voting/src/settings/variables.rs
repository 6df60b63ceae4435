//! The variables of the second document's services.

use clap::Args;

/// An account of Amazon, under the names the original programs read; without it the client looks where it always does.
#[derive(Debug, Clone, Args)]
pub(super) struct AmazonKey {
    #[arg(long, env = "AWS_ACCESS_KEY", hide = true)]
    pub(super) aws_access_key: Option<String>,
    #[arg(long, env = "AWS_SECRET_KEY", hide = true, hide_env_values = true)]
    pub(super) aws_secret_key: Option<String>,
}

/// What `--store mysql` means.
#[derive(Debug, Clone, Args)]
pub(super) struct MysqlVariables {
    #[arg(long, env = "MYSQL_HOST", default_value = "mysql", hide = true)]
    pub(super) mysql_host: String,
    #[arg(long, env = "MYSQL_PORT", default_value_t = 3306, hide = true)]
    pub(super) mysql_port: u16,
    #[arg(long, env = "MYSQL_USER", default_value = "root", hide = true)]
    pub(super) mysql_user: String,
    #[arg(long, env = "MYSQL_PASSWORD", hide = true, hide_env_values = true)]
    pub(super) mysql_password: Option<String>,
    #[arg(long, env = "MYSQL_DB", default_value = "voteapp", hide = true)]
    pub(super) mysql_db: String,
}

#[cfg(feature = "sqs")]
impl AmazonKey {
    pub(super) fn pair(&self) -> Option<(String, String)> {
        Some((self.aws_access_key.clone()?, self.aws_secret_key.clone()?))
    }
}

#[cfg(feature = "mysql")]
impl MysqlVariables {
    pub(super) fn options(&self) -> mysql_async::Opts {
        mysql_async::OptsBuilder::default()
            .ip_or_hostname(self.mysql_host.clone())
            .tcp_port(self.mysql_port)
            .user(Some(self.mysql_user.clone()))
            .pass(self.mysql_password.clone())
            .db_name(Some(self.mysql_db.clone()))
            .into()
    }
}
