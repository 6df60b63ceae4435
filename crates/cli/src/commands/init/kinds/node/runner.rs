//! What runs the tests, and how it is asked for a JUnit report.

use serde_json::Value;

use crate::commands::init::version::Version;
use crate::commands::init::yaml::Block;

/// A test runner that can write `report.xml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runner {
    /// Node's own.
    Node,
    Vitest,
    /// With the package that writes reports.
    Jest,
    /// Likewise.
    Mocha,
}

/// The first Node whose runner writes JUnit reports.
const REPORTS_SINCE: Version = Version::major(20);

impl Runner {
    /// Looks at the script that runs the tests and at what is installed for it.
    pub(super) fn of(package: &Value, test: &str, node: Version) -> Option<Runner> {
        let installs = |name: &str| {
            ["devDependencies", "dependencies"]
                .iter()
                .any(|list| package[list][name].is_string())
        };
        let calls = |name: &str| test.split_whitespace().any(|word| word == name);
        // Arguments that are added reach the last of several commands.
        if test.contains("&&") || test.contains(';') || test.contains('|') {
            return None;
        }
        if calls("vitest") {
            Some(Runner::Vitest)
        } else if calls("jest") && installs("jest-junit") {
            Some(Runner::Jest)
        } else if calls("mocha") && installs("mocha-junit-reporter") {
            Some(Runner::Mocha)
        } else if calls("node") && calls("--test") && node >= REPORTS_SINCE {
            Some(Runner::Node)
        } else {
            None
        }
    }

    /// Returns what is added to the command.
    pub(super) fn arguments(self) -> Option<&'static str> {
        match self {
            Runner::Node => None,
            Runner::Vitest => Some("--run --reporter=default --reporter=junit --outputFile.junit=report.xml"),
            Runner::Jest => Some("--ci --reporters=default --reporters=jest-junit"),
            Runner::Mocha => Some("--reporter mocha-junit-reporter"),
        }
    }

    /// Returns what is said by variables.
    pub(super) fn variables(self) -> Option<Block> {
        let block = Block::new();
        match self {
            Runner::Node => {
                let both = "--test-reporter=spec --test-reporter-destination=stdout --test-reporter=junit \
                            --test-reporter-destination=report.xml";
                Some(block.text("NODE_OPTIONS", both))
            }
            Runner::Vitest => None,
            Runner::Jest => Some(block.text("JEST_JUNIT_OUTPUT_NAME", "report.xml")),
            Runner::Mocha => Some(block.text("MOCHA_FILE", "report.xml")),
        }
    }
}
