//! What gantry says about itself.

use crate::environment::TestEnvironment;
use crate::gantry::Output;

fn help(arguments: &str) -> Output {
    TestEnvironment::plain().call(arguments)
}

#[test]
fn the_first_page() {
    insta::assert_snapshot!(help("--help"), @r"
    exit 0
    --- stdout
    Runs .gitlab-ci.yml pipelines on this machine, with the meaning a GitLab server gives them

    Usage: gantry [OPTIONS] <COMMAND>

    Commands:
      init        Write a first .gitlab-ci.yml for what is found here
      lint        Check configurations and report every mistake
      plan        Show what would run, in which order, and what is left out and why
      graph       Draw which jobs wait for which
      run         Run the pipeline here
      why         Explain why a job is in, out, manual or held
      expand      Print the configuration as one file, with includes, templates and defaults in place
      variables   List the variables that a job will see, where they come from and what they hide
      keywords    List what becomes of each keyword
      runs        List what ran here
      logs        Print the log of a job
      shell       Look around in the work tree of a job, with its variables
      artifacts   List or fetch what jobs left behind
      clean       Remove old runs, caches and work trees
      demo        Try it: deliver an application with a pipeline, on this machine
      completion  Print a completion script for a shell
      help        Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json]
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]

    Examples:
      gantry run                     run the pipeline of a push of HEAD
      gantry run build 'test: [a]'   run these jobs only
      gantry plan --event schedule   what a schedule would run
      gantry why deploy --tag v1.0   why this job is in or out, for that tag

    Exit codes:
      0    success, or nothing left to do but by a person
      1    the pipeline failed
      2    the file or the arguments are wrong
      3    something around is (no git, no bash, no disk)
      70   a bug of gantry
      130  interrupted
    ");
}

#[test]
fn without_arguments_it_is_shown_as_an_error() {
    assert_eq!(help("").code(), Some(2));
}

#[test]
fn init() {
    insta::assert_snapshot!(help("init --help"), @r"
    exit 0
    --- stdout
    Write a first .gitlab-ci.yml for what is found here

    Usage: gantry init [OPTIONS]

    Options:
          --force   Write over a file that is there
          --stdout  Print the file, and write nothing
      -h, --help    Print help

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json]
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]

    Examples:
      gantry init
      gantry init --stdout        what would be written
    ");
}

#[test]
fn lint() {
    insta::assert_snapshot!(help("lint --help"), @r"
    exit 0
    --- stdout
    Check configurations and report every mistake

    Usage: gantry lint [OPTIONS] [FILE]...

    Arguments:
      [FILE]...  Configurations to check [default: .gitlab-ci.yml]

    Options:
          --strict              Let warnings fail too
          --input <NAME=VALUE>  An input that the configurations declare; may be repeated
      -h, --help                Print help

    Included files:
          --offline        Fetch nothing: included files from elsewhere are those of the last time [env:
                           GANTRY_OFFLINE]
          --allow-private  Fetch included files from private networks too [env: GANTRY_ALLOW_PRIVATE]

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json,
                             codequality, github]

    Examples:
      gantry lint
      gantry lint ci/*.yml --format json
      gantry lint --strict --format codequality > gl-code-quality-report.json
    ");
}

#[test]
fn plan() {
    insta::assert_snapshot!(help("plan --help"), @r"
    exit 0
    --- stdout
    Show what would run, in which order, and what is left out and why

    Usage: gantry plan [OPTIONS]

    Options:
          --diff <REV>  Show instead what differs from the plan that this revision's configuration makes
                        of the same event
      -h, --help        Print help

    Pipeline:
          --file <PATH>               The configuration, from the project's root [default:
                                      .gitlab-ci.yml]
          --event <EVENT>             What the pipeline is made for [possible values: push, tag,
                                      schedule, merge_request, trigger, web, api, pipeline,
                                      parent_pipeline]
          --branch <NAME>             The branch it is for [default: the current one]
          --tag <NAME>                The tag it is for
          --target-branch <NAME>      The branch that a merge request is for [default: the default
                                      branch]
          --default-branch <NAME>     The default branch, where git's guess is wrong
          --protected                 Count the ref as protected, as the default branch is anyway
          --variable <KEY=VALUE>      A variable of the pipeline; may be repeated
          --variable-file <KEY=PATH>  A variable that jobs get as a file with the content of this one;
                                      may be repeated
          --input <NAME=VALUE>        An input that the configuration declares; may be repeated
          --changed <PATH>...         The files that count as changed, instead of asking git
          --since <REV>               Count as changed what differs from where HEAD left this branch,
                                      tag or commit
          --at <TIME>                 When the pipeline is made: a date, or a time as in
                                      2026-01-31T08:00:00Z [default: now]

    Included files:
          --offline        Fetch nothing: included files from elsewhere are those of the last time [env:
                           GANTRY_OFFLINE]
          --allow-private  Fetch included files from private networks too [env: GANTRY_ALLOW_PRIVATE]

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json]
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]

    Examples:
      gantry plan
      gantry plan --event tag --tag v1.2.0
      gantry plan --changed src/main.rs
      gantry plan --diff HEAD        what the uncommitted change of the file does
    ");
}

#[test]
fn graph() {
    insta::assert_snapshot!(help("graph --help"), @"
    exit 0
    --- stdout
    Draw which jobs wait for which

    Usage: gantry graph [OPTIONS]

    Options:
          --all              Each instance of a parallel job by itself
          --ascii            Draw with plain characters [default: where the locale has no others]
          --width <COLUMNS>  How many columns the drawing may take [default: those of the terminal]
      -h, --help             Print help

    Pipeline:
          --file <PATH>               The configuration, from the project's root [default:
                                      .gitlab-ci.yml]
          --event <EVENT>             What the pipeline is made for [possible values: push, tag,
                                      schedule, merge_request, trigger, web, api, pipeline,
                                      parent_pipeline]
          --branch <NAME>             The branch it is for [default: the current one]
          --tag <NAME>                The tag it is for
          --target-branch <NAME>      The branch that a merge request is for [default: the default
                                      branch]
          --default-branch <NAME>     The default branch, where git's guess is wrong
          --protected                 Count the ref as protected, as the default branch is anyway
          --variable <KEY=VALUE>      A variable of the pipeline; may be repeated
          --variable-file <KEY=PATH>  A variable that jobs get as a file with the content of this one;
                                      may be repeated
          --input <NAME=VALUE>        An input that the configuration declares; may be repeated
          --changed <PATH>...         The files that count as changed, instead of asking git
          --since <REV>               Count as changed what differs from where HEAD left this branch,
                                      tag or commit
          --at <TIME>                 When the pipeline is made: a date, or a time as in
                                      2026-01-31T08:00:00Z [default: now]

    Included files:
          --offline        Fetch nothing: included files from elsewhere are those of the last time [env:
                           GANTRY_OFFLINE]
          --allow-private  Fetch included files from private networks too [env: GANTRY_ALLOW_PRIVATE]

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json,
                             mermaid, dot]

    Examples:
      gantry graph
      gantry graph --event tag --tag v1.2.0 --all
      gantry graph --format dot | dot -Tsvg > pipeline.svg
    ");
}

#[test]
fn run() {
    insta::assert_snapshot!(help("run --help"), @r"
    exit 0
    --- stdout
    Run the pipeline here

    Usage: gantry run [OPTIONS] [JOB]...

    Arguments:
      [JOB]...  Only these jobs; a manual job among them is started

    Options:
          --stage <STAGE>           Only the jobs of this stage; may be repeated
      -i, --interactive             Pick the jobs from a list, on a terminal
          --needs                   Also the jobs that these wait for
          --resume [<RUN>]          Continue a run: keep what succeeded and would do the same again
                                    [default: the newest run]
          --dry-run                 Say what would run, be kept and be held; nothing is started or
                                    stored
          --manual <JOB>            Start this manual job too; may be repeated
          --deploy[=<ENVIRONMENT>]  Let jobs run that reach outside (environment, release, pages, other
                                    projects), or only those of an environment
          --jobs <N>                How many jobs run at once [default: one per processor] [env:
                                    GANTRY_JOBS=]
          --log-limit <SIZE>        How much of a job's output is kept [env: GANTRY_LOG_LIMIT=]
                                    [default: 100MB]
          --fail-fast               Cancel the rest as soon as a job fails
          --in-place                Work in this folder as it is, one job at a time: no work trees,
                                    nothing is cleaned or restored
          --executor <EXECUTOR>     What runs the jobs: a container where they name an image (auto),
                                    never, or always [default: auto] [possible values: auto, shell,
                                    docker]
      -h, --help                    Print help

    Pipeline:
          --file <PATH>               The configuration, from the project's root [default:
                                      .gitlab-ci.yml]
          --event <EVENT>             What the pipeline is made for [possible values: push, tag,
                                      schedule, merge_request, trigger, web, api, pipeline,
                                      parent_pipeline]
          --branch <NAME>             The branch it is for [default: the current one]
          --tag <NAME>                The tag it is for
          --target-branch <NAME>      The branch that a merge request is for [default: the default
                                      branch]
          --default-branch <NAME>     The default branch, where git's guess is wrong
          --protected                 Count the ref as protected, as the default branch is anyway
          --variable <KEY=VALUE>      A variable of the pipeline; may be repeated
          --variable-file <KEY=PATH>  A variable that jobs get as a file with the content of this one;
                                      may be repeated
          --input <NAME=VALUE>        An input that the configuration declares; may be repeated
          --changed <PATH>...         The files that count as changed, instead of asking git
          --since <REV>               Count as changed what differs from where HEAD left this branch,
                                      tag or commit
          --at <TIME>                 When the pipeline is made: a date, or a time as in
                                      2026-01-31T08:00:00Z [default: now]

    Included files:
          --offline        Fetch nothing: included files from elsewhere are those of the last time [env:
                           GANTRY_OFFLINE]
          --allow-private  Fetch included files from private networks too [env: GANTRY_ALLOW_PRIVATE]

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json]
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]

    Examples:
      gantry run
      gantry run test --needs
      gantry run --stage test --fail-fast
      gantry run --manual publish --jobs 2
      gantry run --deploy=production
      gantry run --dry-run           what would run, without running it
      gantry run --resume            continue the newest run: what is done is kept
      gantry run --resume 7 --deploy=production
    ");
}

#[test]
fn why() {
    insta::assert_snapshot!(help("why --help"), @r"
    exit 0
    --- stdout
    Explain why a job is in, out, manual or held

    Usage: gantry why [OPTIONS] <JOB>

    Arguments:
      <JOB>  A job, in the pipeline or not

    Options:
      -h, --help  Print help

    Pipeline:
          --file <PATH>               The configuration, from the project's root [default:
                                      .gitlab-ci.yml]
          --event <EVENT>             What the pipeline is made for [possible values: push, tag,
                                      schedule, merge_request, trigger, web, api, pipeline,
                                      parent_pipeline]
          --branch <NAME>             The branch it is for [default: the current one]
          --tag <NAME>                The tag it is for
          --target-branch <NAME>      The branch that a merge request is for [default: the default
                                      branch]
          --default-branch <NAME>     The default branch, where git's guess is wrong
          --protected                 Count the ref as protected, as the default branch is anyway
          --variable <KEY=VALUE>      A variable of the pipeline; may be repeated
          --variable-file <KEY=PATH>  A variable that jobs get as a file with the content of this one;
                                      may be repeated
          --input <NAME=VALUE>        An input that the configuration declares; may be repeated
          --changed <PATH>...         The files that count as changed, instead of asking git
          --since <REV>               Count as changed what differs from where HEAD left this branch,
                                      tag or commit
          --at <TIME>                 When the pipeline is made: a date, or a time as in
                                      2026-01-31T08:00:00Z [default: now]

    Included files:
          --offline        Fetch nothing: included files from elsewhere are those of the last time [env:
                           GANTRY_OFFLINE]
          --allow-private  Fetch included files from private networks too [env: GANTRY_ALLOW_PRIVATE]

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json]
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]

    Examples:
      gantry why deploy
      gantry why deploy --event schedule --branch main
    ");
}

#[test]
fn runs() {
    insta::assert_snapshot!(help("runs --help"), @r"
    exit 0
    --- stdout
    List what ran here

    Usage: gantry runs [OPTIONS]

    Options:
          --limit <N>  How many, the newest first [default: 20]
      -h, --help       Print help

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json]
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]

    Example:
      gantry runs --limit 5
    ");
}

#[test]
fn logs() {
    insta::assert_snapshot!(help("logs --help"), @r"
    exit 0
    --- stdout
    Print the log of a job

    Usage: gantry logs [OPTIONS] [RUN] [JOB]...

    Arguments:
      [RUN] [JOB]...  A run's number, a job's name, or both; without a number the newest run

    Options:
      -f, --follow    Go on printing while the run goes on; Ctrl-C ends only this
          --raw       The log as it was recorded, with section marks and colours
          --tail <N>  Only the last lines of each log
      -h, --help      Print help

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json]
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]

    Examples:
      gantry logs            the newest run, all jobs
      gantry logs test       its job `test`
      gantry logs 7 test     that of run 7
      gantry logs -f test    that of a run that goes on, until the job ends
    ");
}

#[test]
fn artifacts() {
    insta::assert_snapshot!(help("artifacts --help"), @r"
    exit 0
    --- stdout
    List or fetch what jobs left behind

    Usage: gantry artifacts [OPTIONS] [RUN] [JOB]...

    Arguments:
      [RUN] [JOB]...  A run's number, a job's name, or both; without a number the newest run

    Options:
      -o, --output <DIR>   Copy the files into this folder
      -x, --extract <DIR>  Unpack the archives into this folder, over what is there
      -h, --help           Print help

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json]
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]

    Examples:
      gantry artifacts
      gantry artifacts 7 build --output out/   the archive as it is
      gantry artifacts build --extract .       its files
    ");
}

#[test]
fn demo() {
    insta::assert_snapshot!(help("demo --help"), @r"
    exit 0
    --- stdout
    Try it: deliver an application with a pipeline, on this machine

    Usage: gantry demo [OPTIONS]

    Options:
          --detach              Leave the application running when the tour is over
          --rollback            Go back to the release before the current one
          --status              Say what is running
          --stop                End what is running
          --vote-port <PORT>    The port of the page for voting [default: any that is free]
          --result-port <PORT>  The port of the page with the result [default: any that is free]
          --voting <FILE>       A `voting` that is built already, instead of compiling one
          --source <DIR>        A checkout of gantry to take the application from [default: what this
                                gantry was built from]
      -h, --help                Print help

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json]
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]

    Examples:
      gantry demo              until Ctrl-C
      gantry demo --detach     until gantry demo --stop
      gantry demo --rollback
    ");
}

#[test]
fn completion() {
    insta::assert_snapshot!(help("completion --help"), @r"
    exit 0
    --- stdout
    Print a completion script for a shell

    Usage: gantry completion [OPTIONS] <SHELL>

    Arguments:
      <SHELL>  [possible values: bash, elvish, fish, powershell, zsh]

    Options:
      -h, --help  Print help

    Everywhere:
      -C, --directory <DIR>  The root of the project; without it, the nearest folder above that has the
                             file
          --format <FORMAT>  How results are printed [default: text] [possible values: text, json]
          --color <WHEN>     When colours are used [default: auto] [possible values: auto, always,
                             never]

    Example:
      gantry completion bash > ~/.local/share/bash-completion/completions/gantry
    ");
}

#[test]
fn mistyped_commands_and_flags() {
    insta::assert_snapshot!(help("rnu"), @r"
    exit 2
    --- stderr
    error: unrecognized subcommand 'rnu'

      tip: a similar subcommand exists: 'runs'

    Usage: gantry [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(help("run --job 2"), @r"
    exit 2
    --- stderr
    error: unexpected argument '--job' found

      tip: a similar argument exists: '--jobs'

    Usage: gantry run --jobs <N> [JOB]...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(help("run --jobs 0"), @r"
    exit 2
    --- stderr
    error: invalid value '0' for '--jobs <N>': number would be zero for non-zero type

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(help("plan --event pushed"), @r"
    exit 2
    --- stderr
    error: invalid value 'pushed' for '--event <EVENT>'
      [possible values: push, tag, schedule, merge_request, trigger, web, api, pipeline, parent_pipeline]

      tip: a similar value exists: 'push'

    For more information, try '--help'.
    ");
}

#[test]
fn the_version() {
    let version = help("--version").ended_with(0);
    assert_eq!(
        version.stdout,
        concat!("gantry ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

/// bash itself reads the script and completes a command with it.
#[test]
fn completion_works_in_bash() {
    let machine = TestEnvironment::plain();
    let script = machine.call("completion bash").ended_with(0).stdout;
    let asked = format!(
        "{script}\nCOMP_WORDS=(gantry pl); COMP_CWORD=1; _gantry gantry pl gantry; echo \"${{COMPREPLY[*]}}\""
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &asked])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "plan\n");
}

#[test]
fn completion_scripts_for_the_other_shells() {
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = help(&format!("completion {shell}")).ended_with(0).stdout;
        assert!(script.contains("gantry"), "{shell}");
    }
}
