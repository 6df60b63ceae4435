//! What makes a job start, how long it may take, and what its failure means: `when`, `start_in`, `timeout`,
//! `allow_failure`, `retry`, `interruptible`, `tags`.

use insta::assert_snapshot;

use crate::support::case;

// §2.36
// shows: S0-36
#[test]
pub(crate) fn when_a_job_starts() {
    let yaml = "
        a: {script: x, when: on_success}
        b: {script: x, when: on_failure}
        c: {script: x, when: always}
        d: {script: x, when: manual}
        e: {script: x, when: delayed, start_in: 30 minutes}
        f: {script: x, when: ~}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: a
    test: b, on_failure
    test: c, always
    test: d, manual, may fail
    test: e, delayed 1800s
    test: f
    ");
}

// shows: S3-55
#[test]
fn a_pipeline_may_be_all_manual() {
    let yaml = "
        build: {stage: build, script: x, when: manual}
        deploy-pipeline-production: {stage: deploy, script: x, when: manual, environment: production}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: build, manual, may fail
    deploy: deploy-pipeline-production, manual, may fail
    ");
}

// §2.36, §2.32
#[test]
pub(crate) fn mistakes_of_when_and_start_in() {
    let yaml = "
        a: {script: x, when: never}
        b: {script: x, when: manualy}
        c: {script: x, when: [manual]}
        d: {script: x, when: delayed}
        e: {script: x, start_in: 1h}
        f: {script: x, when: delayed, start_in: 8 days}
        g: {script: x, when: delayed, start_in: soon}
        h: {script: x, when: delayed, start_in: 60}
        i: {trigger: a/b, when: delayed, start_in: 1h}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `when: never` belongs into `rules`
      --> .gitlab-ci.yml:1:22
      help: use `rules: [{when: never}]`, or leave the job out
      gitlab: jobs:a when should be one of: on_success, on_failure, always, manual, delayed
    error: `when` cannot be `manualy`
      --> .gitlab-ci.yml:2:22
      help: did you mean `manual`?
      gitlab: jobs:b when should be one of: on_success, on_failure, always, manual, delayed
    error: `when` takes one of `on_success`, `on_failure`, `always`, `manual` or `delayed`, not a list
      --> .gitlab-ci.yml:3:22
      gitlab: jobs:c when should be one of: on_success, on_failure, always, manual, delayed
    error: `when: delayed` needs `start_in`
      --> .gitlab-ci.yml:4:16
      help: say how long to wait: `start_in: 30 minutes`
      gitlab: jobs:d start in should be a duration
    error: `start_in` goes with `when: delayed` only
      --> .gitlab-ci.yml:5:16
      gitlab: jobs:e start in must be blank
    error: `start_in` is longer than one week
      --> .gitlab-ci.yml:6:41
      gitlab: jobs:f start in should not exceed the limit
    error: `soon` is not a duration
      --> .gitlab-ci.yml:7:41
      help: write `90 seconds`, `1h 30m`, `2 days`, `1 week`
      gitlab: jobs:g start in should be a duration
    error: `start_in` takes a duration, not an integer
      --> .gitlab-ci.yml:8:41
      help: quote it, and seconds are meant: `start_in: "60"`
      gitlab: jobs:h start in should be a duration
    error: `when` cannot be `delayed`
      --> .gitlab-ci.yml:9:25
      help: use one of `on_success`, `on_failure`, `always` or `manual`
      gitlab: jobs:i when should be one of: on_success, on_failure, always, manual
    error: a trigger job has no `start_in`
      --> .gitlab-ci.yml:9:34
      gitlab: jobs:i config contains unknown keys: start_in
    "#);
}

// §2.34, §18.8, §1.6
#[test]
pub(crate) fn timeouts_up_to_a_month() {
    let secs = |text: &str| {
        case(&format!("a: {{script: x, timeout: {text}}}"))
            .planned_job("a")
            .timeout_secs
    };
    assert_eq!(secs("3 mins 4 sec"), Some(184));
    assert_eq!(secs("1.5 hours"), Some(5400));
    assert_eq!(secs("30 days 10 hours"), Some(2_628_000));
    assert_eq!(secs("~"), None);
    assert_snapshot!(case("a: {script: x, timeout: 31 days}\nb: {script: x, timeout: fortnight}").check(), @r"
    error: `timeout` is longer than one month
      --> .gitlab-ci.yml:1:25
      gitlab: jobs:a timeout should not exceed the limit
    error: `fortnight` is not a duration
      --> .gitlab-ci.yml:2:25
      help: write `90 seconds`, `1h 30m`, `2 days`, `1 week`
      gitlab: jobs:b timeout should be a duration
    ");
}

// §2.2
#[test]
pub(crate) fn failures_that_are_allowed() {
    let yaml = "
        a: {script: x, allow_failure: true}
        b: {script: x, allow_failure: {exit_codes: 137}}
        c: {script: x, allow_failure: {exit_codes: [1, 2]}}
        d: {script: x, allow_failure: ~, when: manual}
        e: {trigger: a/b, allow_failure: true}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: a, may fail
    test: b, may fail with [137]
    test: c, may fail with [1, 2]
    test: d, manual, may fail
    test: e, may fail
    ");
}

// §2.2
#[test]
pub(crate) fn mistakes_of_allow_failure() {
    let yaml = "
        a: {script: x, allow_failure: 'yes'}
        b: {script: x, allow_failure: {exit_code: 1}}
        c: {script: x, allow_failure: {exit_codes: [one, '2', 1.5]}}
        d: {trigger: a/b, allow_failure: {exit_codes: 1}}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `allow_failure` takes `true`, `false` or `exit_codes`, not a string
      --> .gitlab-ci.yml:1:31
      gitlab: jobs:a:allow_failure config should be a hash or a boolean value
    error: `allow_failure` has no key `exit_code`
      --> .gitlab-ci.yml:2:32
      help: did you mean `exit_codes`?
      gitlab: jobs:b:allow_failure config contains unknown keys: exit_code
    error: `allow_failure:exit_codes` takes an integer or a list of them, not a string
      --> .gitlab-ci.yml:3:45
      gitlab: jobs:c:allow_failure exit codes should be an array of integers or an integer
    error: `allow_failure:exit_codes` takes an integer or a list of them, not a string
      --> .gitlab-ci.yml:3:50
      gitlab: jobs:c:allow_failure exit codes should be an array of integers or an integer
    error: `allow_failure:exit_codes` takes an integer or a list of them, not a float
      --> .gitlab-ci.yml:3:55
      gitlab: jobs:c:allow_failure exit codes should be an array of integers or an integer
    error: `allow_failure` takes `true` or `false`, not a mapping
      --> .gitlab-ci.yml:4:34
      gitlab: jobs:d allow failure should be a boolean value
    ");
}

// §2.24, §10.6, §16.68
// shows: S0-29
#[test]
pub(crate) fn retries_and_their_defaults() {
    let retry = |written: &str| {
        let job = case(&format!("a: {{script: x, retry: {written}}}")).planned_job("a");
        serde_json::to_string(&job.retry).expect("it is JSON")
    };
    assert_snapshot!(retry("~"), @r#"{"when":["always"]}"#);
    assert_snapshot!(retry("2"), @r#"{"max":2,"when":["always"]}"#);
    assert_snapshot!(retry("0"), @r#"{"max":0,"when":["always"]}"#);
    assert_snapshot!(retry("{max: 1}"), @r#"{"max":1,"when":["always"]}"#);
    assert_snapshot!(retry("{when: script_failure}"), @r#"{"when":["script_failure"]}"#);
    assert_snapshot!(retry("{max: 1, when: [script_failure, api_failure]}"), @r#"{"max":1,"when":["script_failure","api_failure"]}"#);
    assert_snapshot!(retry("{max: 2, exit_codes: [1, 137]}"), @r#"{"max":2,"exit_codes":[1,137]}"#);
    assert_snapshot!(retry("{max: 2, exit_codes: 1, when: always}"), @r#"{"max":2,"when":["always"],"exit_codes":[1]}"#);
}

// §2.24
#[test]
pub(crate) fn mistakes_of_retry() {
    let yaml = "
        a: {script: x, retry: 3}
        b: {script: x, retry: -1}
        c: {script: x, retry: '2'}
        d: {script: x, retry: {max: 5, whn: always}}
        e: {script: x, retry: {max: two}}
        f: {script: x, retry: {when: script_failur}}
        g: {script: x, retry: {when: [always, sometimes]}}
        h: {script: x, retry: {exit_codes: one}}
        i: {script: x, retry: 1.5}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: a job is retried 0 to 2 times, not 3
      --> .gitlab-ci.yml:1:23
      gitlab: retry config must be less than or equal to 2
    error: a job is retried 0 to 2 times, not -1
      --> .gitlab-ci.yml:2:23
      gitlab: retry config must be greater than or equal to 0
    error: `retry` takes a number or a mapping, not a string
      --> .gitlab-ci.yml:3:23
      help: write `retry: 2` without quotes
      gitlab: retry config has to be either an integer or a hash
    error: a job is retried 0 to 2 times, not 5
      --> .gitlab-ci.yml:4:29
      gitlab: retry max must be less than or equal to 2
    error: `retry` has no key `whn`
      --> .gitlab-ci.yml:4:32
      help: did you mean `when`?
      gitlab: retry config contains unknown keys: whn
    error: `retry:max` takes a number from 0 to 2, not a string
      --> .gitlab-ci.yml:5:29
      gitlab: retry max is not a number
    error: `script_failur` is not a reason for which a job can fail
      --> .gitlab-ci.yml:6:30
      help: did you mean `script_failure`?
      gitlab: retry when is not included in the list
    error: `sometimes` is not a reason for which a job can fail
      --> .gitlab-ci.yml:7:39
      gitlab: retry when contains unknown values: sometimes
    error: `retry:exit_codes` takes an integer or a list of them, not a string
      --> .gitlab-ci.yml:8:36
      gitlab: retry exit codes should be an array of integers or an integer
    error: `retry` takes a number or a mapping, not a float
      --> .gitlab-ci.yml:9:23
      gitlab: retry config has to be either an integer or a hash
    ");
}

// §2.17
#[test]
pub(crate) fn interruptible_is_a_boolean() {
    assert_snapshot!(case("a: {script: x, interruptible: true}").job("a"), @r#"
    interruptible: true
    script: ["x"]
    "#);
    assert_snapshot!(case("a: {script: x, interruptible: 'true'}").check(), @r"
    error: `interruptible` takes `true` or `false`, not a string
      --> .gitlab-ci.yml:1:31
      gitlab: jobs:a interruptible should be a boolean value
    ");
}

// §2.33, §18.32: tags see the job's variables, and not those of its rule
// shows: S1-16
#[test]
pub(crate) fn tags_are_expanded_and_counted_once() {
    let yaml = "
        variables: {ROOT: root}
        a:
          script: x
          variables: {T: own}
          tags: [shell, prod01, $T, $ROOT, $UNDEFINED, shell]
          rules: [{variables: {T: rule}}]
        ";
    assert_eq!(
        case(yaml).planned_job("a").tags,
        ["shell", "prod01", "own", "root", "$UNDEFINED"]
    );
}

// §2.33
#[test]
pub(crate) fn mistakes_of_tags() {
    let many = |count: usize| (0..count).map(|n| format!("t{n}")).collect::<Vec<_>>().join(", ");
    assert_eq!(
        case(&format!("a: {{script: x, tags: [{}]}}", many(49))).check(),
        "fine"
    );
    assert_snapshot!(case(&format!("a: {{script: x, tags: [{}]}}", many(50))).check(), @r"
    error: a job has fewer than 50 tags, this one has 50
      --> .gitlab-ci.yml:1:22
      gitlab: jobs:a tags config must be less than the limit of 50 tags
    ");
    assert_snapshot!(case("a: {script: x, tags: linux}\nb: {script: x, tags: [1]}").check(), @r#"
    error: `tags` takes a list of strings, not a string
      --> .gitlab-ci.yml:1:22
      help: write `tags: [linux]`
      gitlab: jobs:a tags config should be an array of strings
    error: an item of `tags` is a string, not an integer
      --> .gitlab-ci.yml:2:23
      help: put it in quotes: `"1"`
      gitlab: jobs:b tags config should be an array of strings
    "#);
}
