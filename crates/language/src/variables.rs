//! Variables: where they come from, which one wins, and how references inside values are resolved.
//!
//! GitLab expands in two ways. Single strings (environment names, include paths, tags) are expanded by [`expand`]:
//! one pass over the text, each value being looked up as it is. The variables of a job are expanded together by
//! [`for_job`]: values may refer to each other in any order, what is undefined stays as it was written, and `$$`
//! survives for the runner. See <https://docs.gitlab.com/ci/variables/where_variables_can_be_used/>.

mod ranking;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::plan::{PlannedJob, YamlVariable};

pub use self::ranking::{Explained, Origin, Outranked, Ranking};

/// A variable with the attributes that GitLab's settings give it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    pub key: String,
    pub value: String,
    /// Hidden in logs.
    #[serde(default)]
    pub masked: bool,
    /// The job gets the path of a file with this content.
    #[serde(default)]
    pub file: bool,
    /// `$` in the value is literal.
    #[serde(default)]
    pub raw: bool,
    /// Which environments see it: `*` for all and for jobs without one.
    #[serde(default = "everywhere")]
    pub scope: String,
}

fn everywhere() -> String {
    "*".to_owned()
}

impl Variable {
    /// Returns an ordinary variable, visible everywhere.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Variable {
        Variable {
            key: key.into(),
            value: value.into(),
            scope: everywhere(),
            ..Variable::default()
        }
    }

    pub fn masked(mut self) -> Variable {
        self.masked = true;
        self
    }

    pub fn raw(mut self) -> Variable {
        self.raw = true;
        self
    }
}

/// The variables that do not come from the configuration, by their rank: later fields outrank earlier ones, and
/// the configuration's own lie between the first two.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// What the server knows: `CI`, `CI_COMMIT_SHA`, ….
    pub predefined: Vec<Variable>,
    /// Of the project's settings, secrets among them.
    pub project: Vec<Variable>,
    /// Given with the event: by a trigger, a schedule, `--variable`.
    pub pipeline: Vec<Variable>,
}

impl Layers {
    /// Returns the project's variables that a job sees: of each key the one with the closest scope.
    pub fn project_for<'a>(
        &'a self,
        environment: Option<&str>,
    ) -> impl Iterator<Item = &'a Variable> + use<'a> {
        let mut best: HashMap<&str, (u8, usize)> = HashMap::new();
        for (index, variable) in self.project.iter().enumerate() {
            if let Some(rank) = scope_rank(&variable.scope, environment) {
                let entry = best.entry(&variable.key).or_insert((rank, index));
                if rank >= entry.0 {
                    *entry = (rank, index);
                }
            }
        }
        self.project
            .iter()
            .enumerate()
            .filter(move |(index, variable)| {
                best.get(variable.key.as_str()).is_some_and(|(_, at)| at == index)
            })
            .map(|(_, variable)| variable)
    }
}

/// How closely a scope fits an environment (of several the highest wins), or `None` where it does not.
fn scope_rank(scope: &str, environment: Option<&str>) -> Option<u8> {
    match environment {
        _ if scope == "*" => Some(0),
        Some(name) if scope == name => Some(2),
        Some(name) => wildcard_matches(scope, name).then_some(1),
        None => None,
    }
}

/// `*` stands for any characters, everything else for itself.
fn wildcard_matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// Lays variables over others: each takes the place of one of the same name, or else comes last.
pub(crate) fn overlay(below: &mut Vec<YamlVariable>, above: impl IntoIterator<Item = YamlVariable>) {
    const FEW: usize = 8;
    let above: Vec<YamlVariable> = above.into_iter().collect();
    if above.len() <= FEW {
        for variable in above {
            match below.iter_mut().find(|known| known.key == variable.key) {
                Some(known) => variable.replace(known),
                None => below.push(variable),
            }
        }
        return;
    }
    let places = below.iter().enumerate();
    let mut places: HashMap<String, usize> = places
        .map(|(place, variable)| (variable.key.clone(), place))
        .collect();
    for variable in above {
        match places.get(&variable.key) {
            Some(&place) => variable.replace(&mut below[place]),
            None => {
                places.insert(variable.key.clone(), below.len());
                below.push(variable);
            }
        }
    }
}

/// Returns all variables of a job in ascending rank, each key once, expanded as far as a server does before it
/// hands the job to a runner.
///
/// `persisted` are those that exist once the job does (ids, tokens) and rank lowest; `dotenv` came with the
/// artifacts of other jobs.
pub fn for_job(
    layers: &Layers,
    job: &PlannedJob,
    persisted: &[Variable],
    dotenv: &[Variable],
) -> Vec<Variable> {
    let ranking = Ranking::of_job(layers, job, persisted, dotenv);
    let ranked = ranking.in_order().map(|ranked| ranked.variable).collect();
    let last = resolve(ranked).into_iter();
    last.map(|(_, variable)| variable).collect()
}

/// Returns of each key the last variable, with its references replaced, and its number.
fn resolve(ranked: Vec<Variable>) -> Vec<(usize, Variable)> {
    let values = Collection::new(&ranked, Undefined::Keep).last_values();
    let last = ranked.into_iter().zip(values).enumerate();
    last.filter_map(|(number, (variable, value))| {
        let value = value?;
        Some((number, Variable { value, ..variable }))
    })
    .collect()
}

/// Two or more variables whose values refer to each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("variables refer to each other in a circle: {}", .0.join(" → "))]
pub struct Cycle(pub Vec<String>);

/// Returns the circle of references among `variables`, ranked low to high, where there is one. A value that refers
/// to its own key is none: the reference means the one that it outranks.
pub fn find_cycle(variables: &[Variable]) -> Option<Cycle> {
    let collection = Collection::new(variables, Undefined::Keep);
    let mut done = vec![false; variables.len()];
    for index in 0..variables.len() {
        if let Some(cycle) = collection.walk(index, &mut done) {
            return Some(Cycle(
                cycle.into_iter().map(|at| variables[at].key.clone()).collect(),
            ));
        }
    }
    None
}

/// Returns the value that a server itself would use for `key`: expanded through and through, what is undefined
/// being empty.
pub fn value_of(variables: &[Variable], key: &str) -> Option<String> {
    let collection = Collection::new(variables, Undefined::Remove);
    let index = *collection.last.get(key)?;
    Some(collection.expanded(index))
}

/// Expands one string against `variables` (ranked low to high) whose values are expanded themselves first.
pub fn expand_with(text: &str, variables: &[Variable], undefined: Undefined) -> String {
    let collection = Collection::new(variables, Undefined::Remove);
    expand(text, undefined, |name| {
        collection.last.get(name).map(|&index| collection.expanded(index))
    })
}

/// What becomes of a reference to a variable that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undefined {
    /// Nothing is left of it.
    Remove,
    /// It stays as it was written.
    Keep,
}

/// How long one text may grow. Beyond it references stay as they were written: a text of many references to a long
/// value would fill any memory.
const MAX_TEXT_BYTES: usize = 4 << 20;

/// Replaces `$NAME`, `${NAME}` and `%NAME%` in one pass.
pub fn expand(text: &str, undefined: Undefined, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_full = false;
    for piece in pieces(text, false) {
        let (name, written) = match piece {
            Piece::Reference { name, written } if !is_full => (name, written),
            Piece::Text(text) | Piece::Reference { written: text, .. } => {
                out.push_str(text);
                continue;
            }
        };
        let value = lookup(name);
        is_full = value
            .as_ref()
            .is_some_and(|value| out.len() + value.len() > MAX_TEXT_BYTES);
        match value.filter(|_| !is_full) {
            Some(value) => out.push_str(&value),
            None if undefined == Undefined::Remove && !is_full => {}
            None => out.push_str(written),
        }
    }
    out
}

/// How deep references are followed, and how many bytes all expanded values of one collection may have together.
/// Beyond it references stay as they were written: values that double at each step would fill any memory.
const MAX_DEPTH: usize = 200;
const MAX_BYTES: usize = 16 << 20;

/// Returns the names that a text refers to.
pub(crate) fn referenced(text: &str) -> impl Iterator<Item = &str> {
    pieces(text, false).filter_map(|piece| match piece {
        Piece::Reference { name, .. } => Some(name),
        Piece::Text(_) => None,
    })
}

/// Variables in ascending rank whose values may refer to each other.
struct Collection<'a> {
    variables: &'a [Variable],
    last: HashMap<&'a str, usize>,
    undefined: Undefined,
    /// The values that were asked for before.
    done: RefCell<HashMap<usize, Rc<str>>>,
    bytes: Cell<usize>,
}

impl<'a> Collection<'a> {
    fn new(variables: &'a [Variable], undefined: Undefined) -> Collection<'a> {
        let last = variables
            .iter()
            .enumerate()
            .map(|(index, variable)| (variable.key.as_str(), index))
            .collect();
        Collection {
            variables,
            last,
            undefined,
            done: RefCell::default(),
            bytes: Cell::new(0),
        }
    }

    /// For each entry that is the last of its key, its value.
    fn last_values(&self) -> Vec<Option<String>> {
        self.variables
            .iter()
            .enumerate()
            .map(|(index, variable)| {
                (self.last[variable.key.as_str()] == index).then(|| self.expanded(index))
            })
            .collect()
    }

    /// The entry that a reference inside `from` means.
    fn target(&self, from: usize, name: &str) -> Option<usize> {
        if self.variables[from].key == name {
            return self.variables[..from]
                .iter()
                .rposition(|variable| variable.key == name);
        }
        self.last.get(name).copied()
    }

    fn expanded(&self, index: usize) -> String {
        if self.is_plain(index) {
            return self.variables[index].value.clone();
        }
        self.value(index, &mut Vec::new()).to_string()
    }

    fn value(&self, index: usize, path: &mut Vec<usize>) -> Rc<str> {
        let variable = &self.variables[index];
        if self.is_plain(index) {
            return variable.value.as_str().into();
        }
        if let Some(known) = self.done.borrow().get(&index) {
            return Rc::clone(known);
        }
        if path.len() >= MAX_DEPTH || self.bytes.get() > MAX_BYTES || path.contains(&index) {
            return variable.value.as_str().into();
        }
        path.push(index);
        let mut out = String::with_capacity(variable.value.len());
        for piece in pieces(&variable.value, true) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Reference { name, written } => match self.target(index, name) {
                    // The runner knows the path of a file variable, and must not see a raw value's `$` again.
                    Some(to) if self.undefined == Undefined::Keep && self.is_opaque(to) => {
                        out.push_str(written);
                    }
                    Some(to) => {
                        let value = self.value(to, path);
                        let fits = self.bytes.get() + out.len() + value.len() <= MAX_BYTES;
                        out.push_str(if fits { &value } else { written });
                    }
                    None if self.undefined == Undefined::Keep => out.push_str(written),
                    None => {}
                },
            }
        }
        path.pop();
        let out: Rc<str> = out.into();
        self.bytes.set(self.bytes.get() + out.len());
        self.done.borrow_mut().insert(index, Rc::clone(&out));
        out
    }

    /// There is nothing to replace.
    fn is_plain(&self, index: usize) -> bool {
        self.is_opaque(index) || !self.variables[index].value.contains(['$', '%'])
    }

    fn is_opaque(&self, index: usize) -> bool {
        self.variables[index].raw || self.variables[index].file
    }

    /// The entries that a value refers to.
    fn targets(&self, index: usize) -> Vec<usize> {
        if self.is_opaque(index) {
            return Vec::new();
        }
        pieces(&self.variables[index].value, true)
            .filter_map(|piece| match piece {
                Piece::Reference { name, .. } => self.target(index, name),
                Piece::Text(_) => None,
            })
            .collect()
    }

    /// Follows references from one entry until there are no more, or they lead back to where they were.
    fn walk(&self, start: usize, done: &mut [bool]) -> Option<Vec<usize>> {
        let mut path: Vec<usize> = Vec::new();
        let mut on_path = HashSet::new();
        let mut open = vec![(start, false)];
        while let Some((index, left)) = open.pop() {
            if left {
                path.pop();
                on_path.remove(&index);
                done[index] = true;
            } else if on_path.contains(&index) {
                let from = path.iter().position(|&at| at == index)?;
                return Some(path[from..].to_vec());
            } else if !done[index] {
                path.push(index);
                on_path.insert(index);
                open.push((index, true));
                open.extend(self.targets(index).into_iter().rev().map(|to| (to, false)));
            }
        }
        None
    }
}

enum Piece<'a> {
    Text(&'a str),
    Reference { name: &'a str, written: &'a str },
}

/// Cuts a text into references and what lies between. With `escapes`, `$$` and `%%` are text.
fn pieces(text: &str, escapes: bool) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut from = 0;
        loop {
            let Some(at) = rest[from..].find(['$', '%']).map(|at| from + at) else {
                return Some(Piece::Text(std::mem::take(&mut rest)));
            };
            let marker = &rest[at..=at];
            if escapes && rest[at + 1..].starts_with(marker) {
                from = at + 2;
                continue;
            }
            let Some((name, length)) = reference_at(&rest[at..]) else {
                from = at + 1;
                continue;
            };
            if at > 0 {
                let (before, after) = rest.split_at(at);
                rest = after;
                return Some(Piece::Text(before));
            }
            let written = &rest[..length];
            rest = &rest[length..];
            return Some(Piece::Reference { name, written });
        }
    })
}

/// The reference that a text begins with: its name and its length.
fn reference_at(text: &str) -> Option<(&str, usize)> {
    let (open, close) = match text.as_bytes() {
        [b'$', b'{', ..] => (2, "}"),
        [b'$', ..] => (1, ""),
        _ => (1, "%"),
    };
    let body = &text[open..];
    let length = body
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    let name = &body[..length];
    let starts_well = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    (starts_well && body[length..].starts_with(close)).then_some((name, open + length + close.len()))
}

/// Returns the name without anything that a variable's name may not have, or `None` where it is fine.
pub fn invalid_name(name: &str) -> Option<Cow<'_, str>> {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let valid = name.starts_with(|c: char| fine(c) && !c.is_ascii_digit()) && name.chars().all(fine);
    (!valid).then(|| {
        name.chars()
            .map(|c| if fine(c) { c } else { '_' })
            .collect::<String>()
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let variables: Vec<_> = pairs
            .iter()
            .map(|(key, value)| Variable::new(*key, *value))
            .collect();
        super::resolve(variables)
            .into_iter()
            .map(|(_, variable)| (variable.key, variable.value))
            .collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    // shows: S0-26
    #[test]
    fn values_refer_to_each_other_in_any_order() {
        let resolved = resolve(&[
            ("IMAGE", "${PATH_OF}/app:$V"),
            ("PATH_OF", "$HOST/voting"),
            ("HOST", "r"),
            ("V", "1"),
        ]);
        assert_eq!(resolved[0], pair("IMAGE", "r/voting/app:1"));
    }

    // shows: S0-63
    #[test]
    fn a_value_that_names_itself_means_the_one_it_outranks() {
        assert_eq!(
            resolve(&[("USER", "low"), ("USER", "<$USER>")]),
            [pair("USER", "<low>")]
        );
        assert_eq!(resolve(&[("USER", "${USER}")]), [pair("USER", "${USER}")]);
        assert_eq!(
            resolve(&[("USER", "${USER}"), ("USER", "secret")]),
            [pair("USER", "secret")]
        );
    }

    #[test]
    fn undefined_escaped_and_malformed_references_stay() {
        for text in [
            "$NONE", "${NONE}", "%NONE%", "$$A", "%%A%%", "${A:-x}", "$1", "100%", "${", "$",
        ] {
            assert_eq!(resolve(&[("A", "x"), ("B", text)])[1], pair("B", text), "{text}");
        }
    }

    #[test]
    fn single_strings_know_no_escape() {
        let lookup = |name: &str| (name == "A").then(|| "x".to_owned());
        assert_eq!(expand("$$A/%A%/${B}", Undefined::Remove, lookup), "$x/x/");
        assert_eq!(expand("$A-${B}", Undefined::Keep, lookup), "x-${B}");
    }

    #[test]
    fn a_raw_or_file_value_is_left_to_the_runner_but_read_by_the_server() {
        let mut raw = Variable::new("RAW", "$A");
        raw.raw = true;
        let mut file = Variable::new("FILE", "content");
        file.file = true;
        let variables = [
            Variable::new("A", "x"),
            raw,
            file,
            Variable::new("B", "$RAW $FILE"),
        ];
        assert_eq!(value_of(&variables, "B").as_deref(), Some("$A content"));
        let resolved = super::resolve(variables.into());
        assert_eq!(resolved[3].1.value, "$RAW $FILE");
    }

    #[test]
    fn circles_are_found_and_do_not_hang() {
        let circle = [
            Variable::new("A", "$B"),
            Variable::new("B", "$C"),
            Variable::new("C", "$A"),
        ];
        assert_eq!(
            find_cycle(&circle),
            Some(Cycle(vec!["A".into(), "B".into(), "C".into()]))
        );
        assert_eq!(find_cycle(&[Variable::new("A", "$A")]), None);
        assert_eq!(value_of(&circle, "A").as_deref(), Some("$B"));
    }
}
