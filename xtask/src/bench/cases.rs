//! What is measured, and what it may take.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    List,
    Run,
}

/// How the jobs of a pipeline come about and follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Only by their stages.
    Stages(usize),
    /// In one stage, with two rules each, of which the second one matches.
    Rules,
    /// Each needs two of those before it.
    Graph,
    /// A hundred at a time by the matrix of an included file.
    Included,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) action: Action,
    pub(super) jobs: usize,
    pub(super) shape: Shape,
    pub(super) aim: Aim,
}

/// What one process of gantry should not exceed, where that was said.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Aim {
    pub(super) millis: Option<f64>,
    pub(super) mebibytes: Option<f64>,
}

impl Case {
    pub(super) const fn list(jobs: usize) -> Case {
        Case::list_of(jobs, Shape::Stages(if jobs < 5 { jobs } else { 5 }))
    }

    pub(super) const fn list_of(jobs: usize, shape: Shape) -> Case {
        Case {
            action: Action::List,
            jobs,
            shape,
            aim: Aim {
                millis: None,
                mebibytes: None,
            },
        }
    }

    const fn within(self, millis: f64, mebibytes: Option<f64>) -> Case {
        let aim = Aim {
            millis: Some(millis),
            mebibytes,
        };
        Case { aim, ..self }
    }

    /// gitlab-ci-local walks every path through the stages while it runs, so that a hundred jobs in five stages cost it
    /// minutes: a fact about that walk, not about running jobs. Jobs in one stage show what is left of it.
    pub(super) const fn run(jobs: usize, stages: usize) -> Case {
        Case {
            action: Action::Run,
            ..Case::list_of(jobs, Shape::Stages(stages))
        }
    }

    /// For the same reason gitlab-ci-local is left out of these.
    const fn run_graph(jobs: usize) -> Case {
        Case {
            action: Action::Run,
            ..Case::list_of(jobs, Shape::Graph)
        }
    }

    pub(super) fn is_for_both(self) -> bool {
        self.action == Action::List || self.shape != Shape::Graph
    }
}

pub(super) const CASES: &[Case] = &[
    Case::list(3).within(10.0, Some(12.0)),
    Case::list(100),
    Case::list(1000),
    Case::list_of(500, Shape::Rules).within(50.0, Some(32.0)),
    Case::list_of(1000, Shape::Graph).within(80.0, None),
    Case::list_of(10_000, Shape::Included).within(1000.0, None),
    Case::run(1, 1),
    Case::run(100, 1),
    Case::run(50, 5),
    Case::run_graph(1000),
];
