//! What can be set, as an option or as a variable of the environment; the option wins.

mod address;
mod backends;
mod variables;

use clap::Args;

pub use address::{AddressError, QueueAddress, StoreAddress};
pub use backends::{Backends, SetupError};

use crate::domain::{Labels, Profile, Rules};

/// Which election it is.
#[derive(Debug, Clone, Args)]
pub struct Election {
    /// The names in pages, messages, cookies and tables: `cats-dogs` or `coca-pepsi`
    #[arg(long, env = "VOTING_PROFILE", default_value = "cats-dogs")]
    pub profile: &'static Profile,
    /// What the first option is called on the pages
    #[arg(long, env = "OPTION_A")]
    option_a: Option<String>,
    /// What the second option is called on the pages
    #[arg(long, env = "OPTION_B")]
    option_b: Option<String>,
    /// Count whatever somebody votes for, as the original programs do
    #[arg(long, env = "VOTING_ACCEPT_ANY_OPTION")]
    accept_any_option: bool,
}

impl Election {
    pub fn rules(&self) -> Rules {
        Rules {
            profile: self.profile,
            accept_any_option: self.accept_any_option,
        }
    }

    pub fn labels(&self) -> Labels {
        Labels::new(self.profile, self.option_a.clone(), self.option_b.clone())
    }
}
