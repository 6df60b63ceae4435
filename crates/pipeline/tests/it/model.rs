//! The rules once more, as naively as they can be written: after each event everything is judged again, all of it,
//! until nothing changes. Slow, obvious, and sharing nothing with the code but its vocabulary.

use std::collections::BTreeSet;

use gantry_language::plan::{AllowFailure, OnJobFailure, Plan, PlannedJob, When};
use gantry_pipeline::{Event, JobIndex, Outcome, Standing};

#[derive(Debug, Clone)]
pub(crate) struct Model {
    plan: Plan,
    held: BTreeSet<String>,
    started: bool,
    pub(crate) jobs: Vec<ModelJob>,
}

#[derive(Debug, Clone)]
pub(crate) struct ModelJob {
    pub(crate) status: &'static str,
    pub(crate) attempt: u32,
    pub(crate) deadline: Option<u64>,
    /// Went past its `when` and its hold once.
    released: bool,
    /// Manual because of a hold.
    held_now: bool,
    /// The failure is one that `allow_failure` allows.
    allowed: bool,
}

pub(crate) fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Plain(status) => status.as_str(),
        Standing::Warn => "warn",
        Standing::Ignored => "ignored",
    }
}

pub(crate) fn composite(words: &[&str], dag: bool) -> &'static str {
    let set: BTreeSet<&str> = words.iter().copied().collect();
    let has = |word| set.contains(word);
    let only = |allowed: &[&str]| set.iter().all(|word| allowed.contains(word));
    if set.is_empty() {
        return "success";
    }
    if dag && (has("skipped") || has("ignored")) {
        return "skipped";
    }
    if only(&["skipped", "ignored"]) {
        return "skipped";
    }
    if only(&["success", "skipped", "warn", "ignored"]) {
        return "success";
    }
    if only(&["created", "warn", "ignored"]) {
        return "created";
    }
    if only(&["preparing", "warn", "ignored"]) {
        return "preparing";
    }
    if only(&["canceled", "success", "skipped", "warn", "ignored"]) {
        return "canceled";
    }
    if only(&["pending", "created", "skipped", "warn", "ignored"]) {
        return "pending";
    }
    if has("running") || has("pending") {
        return "running";
    }
    for word in [
        "waiting_for_resource",
        "waiting_for_callback",
        "manual",
        "scheduled",
        "preparing",
    ] {
        if has(word) {
            return word;
        }
    }
    if has("created") {
        return "running";
    }
    if has("canceling") { "canceling" } else { "failed" }
}

impl Model {
    pub(crate) fn new(plan: &Plan, held: BTreeSet<String>) -> Model {
        let job = ModelJob {
            status: "created",
            attempt: 1,
            deadline: None,
            released: false,
            held_now: false,
            allowed: false,
        };
        Model {
            plan: plan.clone(),
            held,
            started: false,
            jobs: vec![job; plan.jobs.len()],
        }
    }

    /// Returns false, changing nothing, when the event is not possible.
    pub(crate) fn apply(&mut self, event: &Event, now: u64) -> bool {
        if !self.is_possible(event) {
            return false;
        }
        match event {
            Event::Start => self.started = true,
            Event::Tick => {
                for job in 0..self.jobs.len() {
                    if self.jobs[job].deadline.is_some_and(|deadline| deadline <= now) {
                        self.make_pending(job);
                    }
                }
            }
            Event::CancelAll => {
                self.started = true;
                self.cancel_all();
            }
            Event::Granted(JobIndex(job)) => self.jobs[*job].status = "pending",
            Event::Refused { .. } => {}
            Event::Picked(JobIndex(job)) => self.jobs[*job].status = "running",
            Event::Play(JobIndex(job)) => {
                self.make_pending(*job);
                self.bring_back_the_skipped(*job);
            }
            Event::Unschedule(JobIndex(job)) => {
                self.jobs[*job].status = "manual";
                self.jobs[*job].deadline = None;
            }
            Event::Cancel(JobIndex(job)) => self.cancel(*job),
            Event::Retry(JobIndex(job)) => self.attempt_again(*job),
            Event::Finished(JobIndex(job), _) if self.jobs[*job].status == "canceling" => {
                self.jobs[*job].status = "canceled";
            }
            Event::Finished(JobIndex(job), Outcome::Success) => self.jobs[*job].status = "success",
            Event::Finished(JobIndex(job), Outcome::Canceled) => self.jobs[*job].status = "canceled",
            Event::Finished(JobIndex(job), Outcome::Skipped) => self.jobs[*job].status = "skipped",
            Event::Finished(JobIndex(job), Outcome::Blocked { .. }) => {
                self.jobs[*job].status = "manual";
                self.jobs[*job].held_now = true;
            }
            Event::Finished(JobIndex(job), Outcome::Failed { reason, exit_code }) => {
                self.jobs[*job].status = "failed";
                self.jobs[*job].allowed = match &self.plan.jobs[*job].allow_failure {
                    AllowFailure::No => false,
                    AllowFailure::Yes => true,
                    AllowFailure::ExitCodes(codes) => exit_code.is_some_and(|code| codes.contains(&code)),
                };
                if self.jobs[*job].attempt - 1 < self.max_retries(*job, reason, *exit_code) {
                    self.attempt_again(*job);
                } else if self.plan.auto_cancel.on_job_failure == OnJobFailure::All
                    && !self.jobs[*job].allowed
                {
                    self.cancel_all();
                }
            }
        }
        if self.started {
            while self.judge_everything(now) {}
        }
        true
    }

    pub(crate) fn is_possible(&self, event: &Event) -> bool {
        let (job, statuses): (usize, &[&str]) = match event {
            Event::Start | Event::CancelAll => return true,
            Event::Tick => return self.started,
            Event::Granted(job) | Event::Refused { job, .. } => (job.0, &["waiting_for_resource"]),
            Event::Picked(job) => (job.0, &["pending"]),
            Event::Finished(job, Outcome::Failed { .. }) => (
                job.0,
                &["waiting_for_resource", "pending", "running", "canceling"],
            ),
            Event::Finished(job, _) => (job.0, &["running", "canceling"]),
            Event::Play(job) => (job.0, &["manual", "scheduled"]),
            Event::Unschedule(job) => (job.0, &["scheduled"]),
            Event::Cancel(job) => (
                job.0,
                &[
                    "created",
                    "waiting_for_resource",
                    "pending",
                    "running",
                    "manual",
                    "scheduled",
                ],
            ),
            Event::Retry(job) => (job.0, &["success", "failed", "canceling", "canceled"]),
        };
        self.started && job < self.jobs.len() && statuses.contains(&self.jobs[job].status)
    }

    fn judge_everything(&mut self, now: u64) -> bool {
        let mut changed = false;
        for job in 0..self.jobs.len() {
            if self.jobs[job].status == "created" {
                self.judge(job, now);
                changed |= self.jobs[job].status != "created";
            }
        }
        changed
    }

    fn judge(&mut self, job: usize, now: u64) {
        let planned = &self.plan.jobs[job];
        let dag = planned.needs.is_some();
        let before = composite(&self.words(|other| self.comes_before(other, planned)), dag);
        if !["success", "failed", "canceled", "skipped"].contains(&before) {
            return;
        }
        let proceeds_after: &[&str] = match (planned.when, dag) {
            (When::OnSuccess | When::Manual | When::Delayed, false) => &["success", "skipped"],
            (When::OnSuccess | When::Manual | When::Delayed, true) => &["success"],
            (When::OnFailure, _) => &["failed"],
            (When::Always, _) => &["success", "failed", "skipped"],
        };
        let held = self.held.contains(&planned.name);
        let when = planned.when;
        let start_in = planned.start_in_secs.unwrap_or(0) * 1000;
        let state = &mut self.jobs[job];
        if !proceeds_after.contains(&before) {
            state.status = "skipped";
        } else if state.released {
            self.make_pending(job);
        } else if when == When::Manual {
            state.status = "manual";
        } else if held {
            state.status = "manual";
            state.held_now = true;
        } else if when == When::Delayed {
            state.status = "scheduled";
            state.deadline = Some(now + start_in);
        } else {
            self.make_pending(job);
        }
    }

    fn comes_before(&self, other: &PlannedJob, planned: &PlannedJob) -> bool {
        match &planned.needs {
            Some(needs) => needs.iter().any(|need| need.job == other.name),
            None => other.stage_index < planned.stage_index,
        }
    }

    fn make_pending(&mut self, job: usize) {
        let waits = self.plan.jobs[job].resource_group.is_some();
        let state = &mut self.jobs[job];
        state.status = if waits { "waiting_for_resource" } else { "pending" };
        state.released = true;
        state.held_now = false;
        state.deadline = None;
    }

    fn cancel_all(&mut self) {
        for job in 0..self.jobs.len() {
            if !["success", "failed", "canceled", "skipped", "canceling"].contains(&self.jobs[job].status) {
                self.cancel(job);
            }
        }
    }

    fn cancel(&mut self, job: usize) {
        let state = &mut self.jobs[job];
        state.status = if state.status == "running" {
            "canceling"
        } else {
            "canceled"
        };
        state.deadline = None;
        state.held_now = false;
        state.allowed = self.plan.jobs[job].allow_failure == AllowFailure::Yes;
    }

    fn attempt_again(&mut self, job: usize) {
        self.jobs[job].attempt += 1;
        self.jobs[job].status = "created";
        self.bring_back_the_skipped(job);
    }

    fn bring_back_the_skipped(&mut self, started: usize) {
        for job in 0..self.jobs.len() {
            let later = self.plan.jobs[job].stage_index > self.plan.jobs[started].stage_index;
            if self.jobs[job].status == "skipped" && (later || self.depends_on(job, started)) {
                self.jobs[job].status = "created";
            }
        }
    }

    fn depends_on(&self, job: usize, on: usize) -> bool {
        let needs = self.plan.jobs[job].needs.iter().flatten();
        let positions =
            needs.filter_map(|need| self.plan.jobs.iter().position(|other| other.name == need.job));
        positions
            .into_iter()
            .any(|need| need == on || self.depends_on(need, on))
    }

    fn max_retries(&self, job: usize, reason: &str, exit_code: Option<i32>) -> u32 {
        let never = [
            "ci_quota_exceeded",
            "no_matching_runner",
            "missing_dependency_failure",
            "forward_deployment_failure",
            "environment_creation_failure",
        ];
        let retry = &self.plan.jobs[job].retry;
        let by_default = if reason == "scheduler_failure" { 2 } else { 0 };
        let by_reason = retry.when.iter().any(|when| when == reason || when == "always");
        let by_code = exit_code.is_some_and(|code| retry.exit_codes.contains(&code));
        if never.contains(&reason) {
            0
        } else if by_reason || by_code {
            retry.max.map_or(by_default, u32::from)
        } else {
            by_default
        }
    }

    fn words(&self, which: impl Fn(&PlannedJob) -> bool) -> Vec<&'static str> {
        let jobs = self
            .plan
            .jobs
            .iter()
            .zip(&self.jobs)
            .filter(|(planned, _)| which(planned));
        jobs.map(|(planned, state)| {
            let optional = planned.allow_failure == AllowFailure::Yes;
            match state.status {
                "failed" if state.allowed => "warn",
                "canceled" if optional => "warn",
                "manual" if optional && !state.held_now => "ignored",
                status => status,
            }
        })
        .collect()
    }

    pub(crate) fn status(&self) -> &'static str {
        composite(&self.words(|_| true), false)
    }

    pub(crate) fn stage_status(&self, stage: usize) -> &'static str {
        composite(&self.words(|planned| planned.stage_index == stage), false)
    }

    pub(crate) fn with_warnings(&self) -> bool {
        self.words(|_| true).contains(&"warn")
    }

    pub(crate) fn is_settled(&self) -> bool {
        let moving = [
            "waiting_for_resource",
            "pending",
            "running",
            "canceling",
            "scheduled",
        ];
        self.started && !self.jobs.iter().any(|job| moving.contains(&job.status))
    }

    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.jobs.iter().filter_map(|job| job.deadline).min()
    }
}
