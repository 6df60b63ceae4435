//! What a delivery says: a line for each step with its time, and everything that the programs of a step print in a file.
//!
//! The same lines make the transcript. A step that fails shows the end of its file and says where it is.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::interrupt;

/// How much of a failed step's output is shown.
const SHOWN_LINES: usize = 30;
const NAME_WIDTH: usize = 30;

pub(super) struct Journal {
    folder: PathBuf,
    start: Instant,
    steps: RefCell<Vec<Step>>,
}

struct Step {
    name: &'static str,
    took: Duration,
    detail: String,
}

/// Where the programs of one step leave what they print.
pub(super) struct Log {
    place: PathBuf,
    detail: RefCell<String>,
}

impl Journal {
    /// Begins with an empty folder.
    pub(super) fn in_folder(folder: &Path) -> Result<Journal> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Journal {
            folder: folder.to_owned(),
            start: Instant::now(),
            steps: RefCell::default(),
        })
    }

    /// Takes a step, and prints how long it took and what it has [told](Log::tell).
    pub(super) fn step<T>(&self, name: &'static str, work: impl FnOnce(&Log) -> Result<T>) -> Result<T> {
        interrupt::check()?;
        print!("{name:<NAME_WIDTH$}");
        std::io::stdout().flush()?;
        let log = self.next_log(name);
        let start = Instant::now();
        let result = work(&log);
        let took = start.elapsed();
        match result {
            Ok(value) => {
                let detail = log.detail.take();
                println!("{}", timed(took, &detail));
                self.steps.borrow_mut().push(Step { name, took, detail });
                Ok(value)
            }
            Err(error) => {
                println!("{}", timed(took, "failed"));
                log.print_end();
                Err(error.context(format!("`{name}` failed; its output is {}", log.place.display())))
            }
        }
    }

    fn next_log(&self, name: &str) -> Log {
        let number = self.steps.borrow().len() + 1;
        let file = format!("{number:02}-{}.log", name.replace(' ', "-"));
        Log {
            place: self.folder.join(file),
            detail: RefCell::default(),
        }
    }

    /// Tells whether a step of that name has been taken, all of which succeeded.
    pub(super) fn has(&self, name: &str) -> bool {
        self.steps.borrow().iter().any(|step| step.name == name)
    }

    /// Returns the lines of all steps.
    pub(super) fn lines(&self) -> String {
        let steps = self.steps.borrow();
        let lines = steps
            .iter()
            .map(|step| format!("{:<NAME_WIDTH$}{}\n", step.name, timed(step.took, &step.detail)));
        lines.collect()
    }

    /// Returns the last line: how long it took altogether.
    pub(super) fn total(&self) -> String {
        format!("{:<NAME_WIDTH$}{}", "all", timed(self.start.elapsed(), ""))
    }
}

fn timed(took: Duration, detail: &str) -> String {
    format!("{:>6.1} s  {detail}", took.as_secs_f64())
        .trim_end()
        .to_owned()
}

impl Log {
    /// Runs a program to its end.
    pub(super) fn run(&self, command: &mut Command) -> Result<()> {
        let (status, _) = self.status(command)?;
        if !status.success() {
            bail!("`{}` ended with {status}", program_of(command));
        }
        Ok(())
    }

    /// Runs a program to its end and returns what it printed on standard output.
    pub(super) fn output(&self, command: &mut Command) -> Result<String> {
        let (status, output) = self.status(command)?;
        if !status.success() {
            bail!("`{}` ended with {status}", program_of(command));
        }
        Ok(output)
    }

    /// Runs a program to its end, however it ends, and returns what it printed on standard output.
    pub(super) fn status(&self, command: &mut Command) -> Result<(ExitStatus, String)> {
        interrupt::check()?;
        let mut file = self.file()?;
        writeln!(file, "$ {}", shown(command))?;
        let mut printed = tempfile::tempfile()?;
        command
            .stdin(Stdio::null())
            .stdout(printed.try_clone()?)
            .stderr(file.try_clone()?);
        let child =
            interrupt::spawn(command).with_context(|| format!("cannot start `{}`", program_of(command)))?;
        let status = interrupt::wait(child)?;
        let output = read_again(&mut printed)?;
        file.write_all(output.as_bytes())?;
        Ok((status, output))
    }

    /// Says in a few words what the step has seen; the last word counts.
    pub(super) fn tell(&self, detail: impl Into<String>) {
        self.detail.replace(detail.into());
    }

    pub(super) fn note(&self, line: &str) -> Result<()> {
        Ok(writeln!(self.file()?, "{line}")?)
    }

    fn file(&self) -> Result<File> {
        let file = File::options().create(true).append(true).open(&self.place);
        file.with_context(|| format!("cannot write {}", self.place.display()))
    }

    fn print_end(&self) {
        let text = fs::read_to_string(&self.place).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        for line in &lines[lines.len().saturating_sub(SHOWN_LINES)..] {
            println!("    {line}");
        }
    }
}

fn read_again(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn program_of(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
