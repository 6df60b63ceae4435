//! What would keep trigger jobs from starting their pipelines, found out before anything runs.

use gantry_engine::{NotStarted, Options, Target, foresee, hold, is_played, options_below, select};
use gantry_language::plan::{Place, Plan, PlannedJob, When};
use gantry_language::variables::{Layers, Variable};

use super::family::{Child, Family};
use super::sibling::sibling;
use super::{refusal, refused};
use crate::args::Global;
use crate::error::CommandError;
use crate::output;
use crate::question::Question;
use crate::refusal::unknown_name;

/// What keeps a trigger job from starting its pipeline, known before anything runs.
struct Foretold {
    job: String,
    place: Place,
    error: NotStarted,
    /// What would have been started.
    target: Option<String>,
    /// The shell would do, without images and services.
    runs_in_shell: bool,
}

/// Returns the children that would start and are known already. Ends the command where a trigger job that would run
/// could not start its pipeline, or a job of its child could not be carried out.
pub(crate) fn check(
    global: &Global,
    question: &Question,
    family: &Family,
    plan: &Plan,
    options: &Options,
) -> Result<Vec<(Plan, Options)>, CommandError> {
    let mut foreteller = Foreteller {
        global,
        question,
        found: Vec::new(),
        children: Vec::new(),
    };
    let selected = select(plan, options).map_err(|error| unknown_name(&error))?;
    foreteller.look_at(family, &question.layers, &selected, options);
    let found = foreteller.found;
    let [first, rest @ ..] = found.as_slice() else {
        return Ok(foreteller.children);
    };
    let line = |foretold: &Foretold| {
        let Foretold {
            job,
            place,
            error,
            target,
            ..
        } = foretold;
        let target = target.as_deref().unwrap_or("its child pipeline");
        format!("job `{job}` cannot start {target}: {error}\n  --> {place}")
    };
    let mut message = line(first);
    for foretold in rest {
        message.push_str(&format!("\nerror: {}", line(foretold)));
    }
    let in_shell = found.iter().any(|foretold| foretold.runs_in_shell);
    let hint = "--executor shell runs these jobs here, without their images and services";
    Err(CommandError::usage(message)
        .maybe_hint(in_shell.then(|| hint.to_owned()))
        .hint("gantry run JOB… runs other jobs only"))
}

struct Foreteller<'a> {
    global: &'a Global,
    question: &'a Question,
    found: Vec<Foretold>,
    children: Vec<(Plan, Options)>,
}

impl Foreteller<'_> {
    fn look_at(&mut self, family: &Family, layers: &Layers, plan: &Plan, options: &Options) {
        let starts = |job: &&PlannedJob| {
            hold(job, &options.deploy).is_none() && (job.when != When::Manual || is_played(job, options))
        };
        for job in plan.jobs.iter().filter(starts) {
            let Some(foreseen) = foresee(layers, job) else {
                continue;
            };
            if let Target::Project { project, branch, .. } = &foreseen.target {
                let other = sibling(self.global, self.question, project, branch.as_deref());
                if let Err(error) = other {
                    let target = described(project, branch.as_deref(), &foreseen.variables);
                    self.tell(job, error, Some(target), false);
                }
                continue;
            }
            match family.child(&job.name) {
                None => {}
                Some(Err(unread)) => {
                    output::note(&unread.told);
                    self.tell(job, unread.error.clone(), None, false);
                }
                Some(Ok(child)) => self.look_at_child(job, child, options),
            }
        }
    }

    fn look_at_child(&mut self, job: &PlannedJob, child: &Child, options: &Options) {
        let options = options_below(options, job, &child.plan);
        match refusal(&child.plan, &child.layers, &options) {
            Err(error) => self.tell(job, error, None, false),
            Ok(Some(refusal)) => self.tell(job, refused(&refusal), None, refusal.runs_in_shell()),
            Ok(None) => {
                self.look_at(&child.family, &child.layers, &child.plan, &options);
                self.children.push((child.plan.clone(), options));
            }
        }
    }

    fn tell(&mut self, job: &PlannedJob, error: NotStarted, target: Option<String>, runs_in_shell: bool) {
        self.found.push(Foretold {
            job: job.name.clone(),
            place: job.place.clone(),
            error,
            target,
            runs_in_shell,
        });
    }
}

/// Says what would have been started.
fn described(project: &str, branch: Option<&str>, variables: &[Variable]) -> String {
    let branch = branch.map_or(String::new(), |branch| format!(" on branch `{branch}`"));
    let names: Vec<_> = variables
        .iter()
        .map(|variable| format!("`{}`", variable.key))
        .collect();
    let with = match names.as_slice() {
        [] => String::new(),
        names => format!(" with {}", names.join(", ")),
    };
    format!("a pipeline of `{project}`{branch}{with}")
}
