//! The stages that run the job's own commands: `script`, `after_script`, and the hooks around the sources.

use std::path::Path;
use std::time::Duration;

use gantry_protocol::payload::Step;
use gantry_protocol::{Coordinator, Wish};
use tokio::time::Instant;

use super::{Job, halt_of};
use crate::duration::GoDuration;
use crate::executor::{Bounds, Ended, Environment};
use crate::outcome::Halt;
use crate::script::Script;

const AFTER_SCRIPT: &str = "after_script";
const AFTER_SCRIPT_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// In the temporary folder: what scripts of the job append to for the scripts after them.
const ENVIRONMENT_FILE: &str = "gitlab_runner_env";

/// What one shell is to run.
#[derive(Debug, Clone, Copy)]
struct Commands<'c> {
    commands: &'c [String],
    directory: &'c Path,
    notice: Option<&'c str>,
    /// The name of sections for commands of several lines, where they are wanted.
    sections: Option<&'c str>,
    limit: Limit,
    accepted: Wish,
}

/// A time limit that may be shorter than what is left of the job's time.
#[derive(Debug, Clone, Copy)]
struct Limit {
    deadline: Instant,
    /// Set where the limit is the script's own.
    own: Option<GoDuration>,
}

impl<C: Coordinator> Job<'_, C> {
    /// Runs the steps, and `after_script` after them.
    pub(super) async fn steps<E: Environment>(&mut self, environment: &E) -> Result<(), Halt> {
        let payload = self.payload;
        let limit = self.limit_from("RUNNER_SCRIPT_TIMEOUT", None);
        let mut result = Ok(());
        for step in payload
            .steps
            .iter()
            .filter(|step| step.name != AFTER_SCRIPT && !step.script.is_empty())
        {
            result = self.step(environment, step, limit).await;
            if result.is_err() {
                break;
            }
        }
        if let Err(Halt::JobTimeout { .. } | Halt::Aborted | Halt::System { .. }) = result {
            return result;
        }
        if result == Err(Halt::Canceled) {
            self.accepted = Wish::Cancel;
            self.trace.warning("the script was canceled from outside");
        }
        if let Some(step) = payload
            .steps
            .iter()
            .find(|step| step.name == AFTER_SCRIPT && !step.script.is_empty())
        {
            let status = result.as_ref().map_or_else(Halt::job_status, |()| "success");
            self.variables.set("CI_JOB_STATUS", status);
            let after = self.after_script(environment, step).await;
            result = result.and(after);
        }
        self.read_environment_file(environment).await;
        // Cancelled while `after_script` ran, which goes on in spite of it, as does what comes after.
        if *self.wish.borrow() > Wish::Run {
            self.accepted = Wish::Cancel;
            result = result.and(Err(Halt::Canceled));
        }
        result
    }

    async fn step<E: Environment>(&self, environment: &E, step: &Step, limit: Limit) -> Result<(), Halt> {
        let name = format!("step_{}", step.name);
        self.trace
            .section_start(&name, &format!("Executing \"{name}\" stage of the job script"));
        let commands = Commands {
            limit,
            sections: Some("section_script_step"),
            ..self.commands(&step.script)
        };
        let ended = self.execute(environment, &commands).await;
        if let Err(Halt::JobTimeout { .. } | Halt::ScriptTimeout { .. }) = ended {
            self.warn_of_timeout(&name);
        }
        self.trace.section_end(&name);
        match ended {
            Err(Halt::Script { exit_code, status }) if step.allow_failure => {
                self.trace.warning(&format!(
                    "{name} failed with {status} {exit_code}, which is allowed"
                ));
                Ok(())
            }
            ended => ended,
        }
    }

    async fn after_script<E: Environment>(&self, environment: &E, step: &Step) -> Result<(), Halt> {
        self.trace.section_start(AFTER_SCRIPT, "Running after_script");
        let commands = Commands {
            notice: Some("Running after script..."),
            sections: Some("section_after_script_step"),
            limit: self.limit_from(
                "RUNNER_AFTER_SCRIPT_TIMEOUT",
                Some(GoDuration(AFTER_SCRIPT_TIMEOUT)),
            ),
            accepted: Wish::Cancel,
            ..self.commands(&step.script)
        };
        let ended = self.execute(environment, &commands).await;
        let ignored = self.variables.get("AFTER_SCRIPT_IGNORE_ERRORS").is_none()
            || self.variables.is_true("AFTER_SCRIPT_IGNORE_ERRORS");
        let result = match ended {
            Err(halt) if ignored && halt != Halt::Aborted => {
                let message = halt.message();
                self.trace.warning(&format!(
                    "after_script failed, but the job's result stays as it is: {message}"
                ));
                Ok(())
            }
            ended => ended,
        };
        self.trace.section_end(AFTER_SCRIPT);
        result
    }

    pub(super) fn has_hook(&self, name: &str) -> bool {
        self.payload.hooks.iter().any(|hook| hook.name == name)
    }

    /// Runs the commands of a hook, if the job has one of this name.
    pub(super) async fn hook<E: Environment>(
        &self,
        environment: &E,
        name: &str,
        directory: &Path,
    ) -> Result<(), Halt> {
        let Some(hook) = self.payload.hooks.iter().find(|hook| hook.name == name) else {
            return Ok(());
        };
        self.execute(
            environment,
            &Commands {
                directory,
                ..self.commands(&hook.script)
            },
        )
        .await
    }

    fn commands<'c>(&'c self, commands: &'c [String]) -> Commands<'c> {
        Commands {
            commands,
            directory: &self.places.project_dir,
            notice: None,
            sections: None,
            limit: Limit {
                deadline: self.deadline,
                own: None,
            },
            accepted: self.accepted,
        }
    }

    async fn execute<E: Environment>(&self, environment: &E, commands: &Commands<'_>) -> Result<(), Halt> {
        let script = Script {
            dialect: E::DIALECT,
            exports: &self.variables.exports(),
            environment_file: &self.places.temporary_dir.join(ENVIRONMENT_FILE),
            directory: commands.directory,
            notice: commands.notice,
            commands: commands.commands,
            debug_trace: self.variables.is_true("CI_DEBUG_TRACE"),
            check_exit_codes: self.variables.is_true("FF_ENABLE_BASH_EXIT_CODE_CHECK"),
            sections: commands.sections.filter(|_| {
                self.payload.features.trace_sections && self.variables.is_true("FF_SCRIPT_SECTIONS")
            }),
        };
        let text = script
            .render()
            .map_err(|error| Halt::unsupported(error.to_string()))?;
        let mut bounds = Bounds {
            deadline: commands.limit.deadline,
            wish: self.wish.clone(),
            accepted: commands.accepted,
        };
        match environment.run(&text, commands.directory, &mut bounds).await? {
            Ended::Exited(0) => Ok(()),
            Ended::Exited(exit_code) => Err(Halt::Script {
                exit_code,
                status: E::STATUS,
            }),
            Ended::Stopped(wish) => Err(halt_of(wish)),
            Ended::TimedOut => Err(match commands.limit.own {
                Some(limit) => Halt::ScriptTimeout { limit },
                None => Halt::JobTimeout { limit: self.limit },
            }),
        }
    }

    /// Reads a time limit from a variable. The job's own end is never exceeded.
    fn limit_from(&self, name: &str, default: Option<GoDuration>) -> Limit {
        let whole_job = Limit {
            deadline: self.deadline,
            own: None,
        };
        let text = self.variables.text(name);
        let wanted = match (text.trim(), GoDuration::parse(&text)) {
            ("", _) => default,
            (_, Some(GoDuration(Duration::ZERO))) => None,
            (_, Some(limit)) => Some(limit),
            (text, None) => {
                self.trace.warning(&format!(
                    "{name} `{text}` is no duration such as `1h30m`, ignored"
                ));
                default
            }
        };
        let Some(limit) = wanted else { return whole_job };
        if !text.trim().is_empty() && limit > self.limit {
            self.trace.warning(&format!(
                "{name} `{limit}` is longer than the job's own timeout {}",
                self.limit
            ));
        }
        match Instant::now() + limit.0 {
            deadline if deadline < self.deadline => Limit {
                deadline,
                own: Some(limit),
            },
            _ => whole_job,
        }
    }

    /// Makes what scripts put into `$GITLAB_ENV` known to the paths and keys of artifacts and caches.
    async fn read_environment_file<E: Environment>(&mut self, environment: &E) {
        let text = environment.read(ENVIRONMENT_FILE).await.unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines() {
            if let Some((key, value)) = line.split_once('=') {
                self.variables.set(key, value);
            }
        }
    }
}
