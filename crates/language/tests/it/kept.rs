//! What a job leaves behind: `artifacts`, `cache`, `release`.

use insta::assert_snapshot;

use crate::support::case;

// §2.3
// shows: S0-65
#[test]
pub(crate) fn artifacts_and_reports() {
    let yaml = "
        a: {script: x, artifacts: {paths: [./restore.log], expire_in: 1 week}}
        b:
          script: x
          artifacts:
            name: $CI_JOB_NAME
            paths: [out/, 'bin/*']
            exclude: [out/**/*.o]
            untracked: true
            when: always
            expire_in: never
            reports:
              junit: report.xml
              dotenv: [build.env]
              coverage_report: {coverage_format: cobertura, path: coverage.xml}
              container_scanning: gl-container-scanning-report.json
        c: {script: x, artifacts: {paths: [site], expose_as: The site}}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    artifacts: {"expire_in":"1 week","paths":["./restore.log"],"when":"on_success"}
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("b"), @r#"
    artifacts: {"exclude":["out/**/*.o"],"expire_in":"never","name":"$CI_JOB_NAME","paths":["out/","bin/*"],"reports":{"cobertura":["coverage.xml"],"container_scanning":["gl-container-scanning-report.json"],"dotenv":["build.env"],"junit":["report.xml"]},"untracked":true,"when":"always"}
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("c"), @r#"
    artifacts: {"expose_as":"The site","paths":["site"],"when":"on_success"}
    script: ["x"]
    "#);
}

// §2.3
#[test]
pub(crate) fn mistakes_of_artifacts() {
    let yaml = "
        a: {script: x, artifacts: [out]}
        b: {script: x, artifacts: {path: [out], paths: out}}
        c: {script: x, artifacts: {when: sometimes, untracked: 'yes', expire_in: 3600}}
        d: {script: x, artifacts: {expire_in: soon}}
        e: {script: x, artifacts: {expose_as: site}}
        f: {script: x, artifacts: {expose_as: 'a/b', paths: [a]}}
        g: {script: x, artifacts: {expose_as: site, paths: ['a*']}}
        h: {script: x, artifacts: {reports: {junti: a.xml}}}
        i: {script: x, artifacts: {reports: [junit]}}
        j: {script: x, artifacts: {reports: {coverage_report: {path: a}}}}
        k: {script: x, artifacts: {reports: {coverage_report: {path: a, coverage_format: lcov}}}}
        l: {script: x, artifacts: {access: none, public: false}}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `artifacts` takes a mapping, not a list
      --> .gitlab-ci.yml:1:27
      gitlab: jobs:a:artifacts config should be a hash
    error: `artifacts` has no key `path`
      --> .gitlab-ci.yml:2:28
      help: did you mean `paths`?
      gitlab: jobs:b:artifacts config contains unknown keys: path
    error: `paths` takes a list of strings, not a string
      --> .gitlab-ci.yml:2:48
      help: write `paths: [out]`
      gitlab: jobs:b:artifacts paths config should be an array of strings
    error: `when` cannot be `sometimes`
      --> .gitlab-ci.yml:3:34
      help: use one of `on_success`, `on_failure` or `always`
      gitlab: jobs:c:artifacts when should be one of: on_success, on_failure, always
    error: `untracked` takes `true` or `false`, not a string
      --> .gitlab-ci.yml:3:56
      gitlab: jobs:c:artifacts untracked should be a boolean value
    error: `expire_in` takes a duration, not an integer
      --> .gitlab-ci.yml:3:74
      help: quote it, and seconds are meant: `expire_in: "3600"`
      gitlab: jobs:c:artifacts expire in should be a duration
    error: `soon` is not a duration
      --> .gitlab-ci.yml:4:39
      help: write `90 seconds`, `1h 30m`, `2 days`, `1 week`
      gitlab: jobs:d:artifacts expire in should be a duration
    error: `expose_as` needs `paths`
      --> .gitlab-ci.yml:5:28
      gitlab: jobs:e:artifacts paths can't be blank
    error: `a/b` cannot be shown as a name
      --> .gitlab-ci.yml:6:39
      help: at most 100 letters, digits, `-`, `_` and spaces, beginning with a letter or digit
      gitlab: jobs:f:artifacts expose as can contain only letters, digits, '-', '_' and spaces
    error: `paths` cannot contain `*` where `expose_as` is used
      --> .gitlab-ci.yml:7:28
      gitlab: jobs:g:artifacts paths can't contain '*' when used with 'expose_as'
    error: `junti` is not a type of report
      --> .gitlab-ci.yml:8:38
      help: did you mean `junit`?
      gitlab: jobs:h:artifacts:reports config contains unknown keys: junti
    error: `artifacts:reports` takes a mapping, not a list
      --> .gitlab-ci.yml:9:37
      gitlab: jobs:i:artifacts:reports config should be a hash
    error: `coverage_report` needs `coverage_format` and `path`
      --> .gitlab-ci.yml:10:55
      gitlab: jobs:j:artifacts:reports:coverage_report missing required keys: coverage_format, path
    error: `coverage_format` cannot be `lcov`
      --> .gitlab-ci.yml:11:82
      help: use one of `cobertura` or `jacoco`
      gitlab: jobs:k:artifacts:reports:coverage_report coverage format should be one of: cobertura, jacoco
    error: `artifacts:access` and `artifacts:public` say the same in two ways
      --> .gitlab-ci.yml:12:42
      help: keep `access`
      gitlab: jobs:l:artifacts config these keys cannot be used together: public, access
    "#);
}

// §2.5
#[test]
pub(crate) fn caches_and_their_keys() {
    let yaml = "
        a: {script: x, cache: {paths: [node_modules]}}
        b:
          script: x
          cache:
            - {key: $CI_COMMIT_REF_SLUG, paths: [a], policy: pull, when: always, untracked: true, unprotect: true, fallback_keys: [main]}
            - {key: {files: [Gemfile.lock, sub/dir/package-lock.json], prefix: p}, policy: $POLICY}
            - {key: {files_commits: [a, b]}}
            - {key: :symbol}
        none: {script: x, cache: []}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    cache: [{"key":{"text":"default"},"paths":["node_modules"],"policy":"pull-push","when":"on_success"}]
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("b"), @r#"
    cache: [{"fallback_keys":["main"],"key":{"text":"$CI_COMMIT_REF_SLUG"},"paths":["a"],"policy":"pull","unprotect":true,"untracked":true,"when":"always"},{"key":{"files":{"files":["Gemfile.lock","sub/dir/package-lock.json"],"prefix":"p"}},"policy":"$POLICY","when":"on_success"},{"key":{"files_commits":{"files":["a","b"],"prefix":"2"}},"policy":"pull-push","when":"on_success"},{"key":{"text":"symbol"},"policy":"pull-push","when":"on_success"}]
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("none"), @r#"script: ["x"]"#);
}

// §16.74, §18.16
#[test]
fn a_prefix_is_generated_from_paths() {
    for (files, prefix) in [
        ("[Gemfile.lock]", "0_Gemfile"),
        ("[sub/dir/Gemfile.lock]", "0_sub/dir/Gemfile"),
        ("[a.b/x.lock]", "0_a"),
        ("[.tool-versions]", "0_"),
        ("[./Gemfile.lock, /Gemfile.lock]", "0__Gemfile"),
        ("['*.lock']", "0_*"),
    ] {
        let job = case(&format!("a: {{script: x, cache: {{key: {{files: {files}}}}}}}")).job("a");
        assert!(
            job.contains(&format!("\"prefix\":\"{prefix}\"")),
            "{files}: {job}"
        );
    }
}

// §2.5
#[test]
pub(crate) fn mistakes_of_caches() {
    let yaml = "
        a: {script: x, cache: node_modules}
        b: {script: x, cache: [{}, {}, {}, {}, {}]}
        c: {script: x, cache: {key: a/b, path: [a]}}
        d: {script: x, cache: {key: '%2E%2e', paths: a}}
        e: {script: x, cache: {key: [a]}}
        f: {script: x, cache: {key: {files: []}}}
        g: {script: x, cache: {key: {files: [a, b, c]}}}
        h: {script: x, cache: {key: {prefix: a}}}
        i: {script: x, cache: {key: {files: [a], prefix: a/b}}}
        j: {script: x, cache: {policy: pull_push, when: never}}
        k: {script: x, cache: {fallback_keys: [a, b, c, d, e, f]}}
        l: {script: x, cache: {untracked: 1, unprotect: 2}}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `cache` takes a mapping or a list of them, not a string
      --> .gitlab-ci.yml:1:23
      gitlab: jobs:a:caches config can only be a hash or an array
    error: a job has at most 4 caches, this one has 5
      --> .gitlab-ci.yml:2:23
      gitlab: jobs:b:caches config no more than 4 caches can be created
    error: `cache:key` cannot contain `/`
      --> .gitlab-ci.yml:3:29
      help: use `-`, or a variable that ends in `_SLUG`
      gitlab: jobs:c:cache:key cannot contain the "/" character
    error: `cache` has no key `path`
      --> .gitlab-ci.yml:3:34
      help: did you mean `paths`?
      gitlab: jobs:c:cache config contains unknown keys: path
    error: `cache:key` cannot be `.` or `..`
      --> .gitlab-ci.yml:4:29
      gitlab: jobs:d:cache:key cannot be "." or ".."
    error: `paths` takes a list of strings, not a string
      --> .gitlab-ci.yml:4:46
      help: write `paths: [a]`
      gitlab: jobs:d:cache paths config should be an array of strings
    error: `cache:key` takes a string or `files`, not a list
      --> .gitlab-ci.yml:5:29
      gitlab: jobs:e:cache:key should be a hash, a string or a symbol
    error: a cache key is made of 1 to 2 files, not 0
      --> .gitlab-ci.yml:6:29
      gitlab: jobs:f:cache:key files requires at least 1 item
    error: a cache key is made of 1 to 2 files, not 3
      --> .gitlab-ci.yml:7:29
      gitlab: jobs:g:cache:key files has too many items (maximum is 2)
    error: `cache:key` takes either `files` or `files_commits`
      --> .gitlab-ci.yml:8:29
      gitlab: jobs:h:cache:key must use exactly one of these keys: files, files_commits
    error: `cache:key:prefix` cannot contain `/`
      --> .gitlab-ci.yml:9:29
      help: use `-`, or a variable that ends in `_SLUG`
      gitlab: jobs:i:cache:key cannot contain the "/" character
    error: `policy` cannot be `pull_push`
      --> .gitlab-ci.yml:10:32
      help: did you mean `pull-push`?
      gitlab: jobs:j:cache policy should be one of: pull-push, push, pull
    error: `when` cannot be `never`
      --> .gitlab-ci.yml:10:49
      help: use one of `on_success`, `on_failure` or `always`
      gitlab: jobs:j:cache when should be one of: on_success, on_failure, always
    error: a cache has at most 5 fallback keys
      --> .gitlab-ci.yml:11:39
      gitlab: jobs:k:cache fallback keys has to many entries (maximum 5)
    error: `untracked` takes `true` or `false`, not an integer
      --> .gitlab-ci.yml:12:35
      gitlab: jobs:l:cache untracked should be a boolean value
    error: `unprotect` takes `true` or `false`, not an integer
      --> .gitlab-ci.yml:12:49
      gitlab: jobs:l:cache unprotect should be a boolean value
    "#);
}

// §2.22
#[test]
pub(crate) fn a_release_has_a_tag_and_a_description() {
    let yaml = "
        a: {script: x, release: {tag_name: v1, description: notes, name: First, ref: main, tag_message: signed}}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    release: {"description":"notes","git_ref":"main","name":"First","tag_message":"signed","tag_name":"v1"}
    script: ["x"]
    "#);
}

// §2.22, §18.14
#[test]
pub(crate) fn mistakes_of_releases() {
    let yaml = "
        a: {script: x, release: v1}
        b: {script: x, release: {tag_name: ' '}}
        c: {script: x, release: {tag_name: 1.0, description: x}}
        d: {script: x, release: {tag_name: v1, description: x, milestones: [a], assets: {links: []}, tag: x}}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `release` takes a mapping, not a string
      --> .gitlab-ci.yml:1:25
      gitlab: jobs:a:release config should be a hash
    error: `release` needs a `tag_name`
      --> .gitlab-ci.yml:2:25
      gitlab: jobs:b:release tag name can't be blank
    error: `release` needs a `description`
      --> .gitlab-ci.yml:2:25
      gitlab: jobs:b:release description can't be blank
    error: `tag_name` takes a string, not a float
      --> .gitlab-ci.yml:3:36
      help: put it in quotes: `"1.0"`
      gitlab: jobs:c:release tag name should be a string
    error: `release:assets` needs `links`
      --> .gitlab-ci.yml:4:81
      gitlab: jobs:d:release:assets links can't be blank
    error: `release` has no key `tag`
      --> .gitlab-ci.yml:4:94
      help: `release` takes `tag_name`, `tag_message`, `name`, `description`, `ref`, `released_at`, `milestones` or `assets`
      gitlab: jobs:d:release config contains unknown keys: tag
    "#);
}
