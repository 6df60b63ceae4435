//! `!reference`, §7.1, §7.2 and §16.17–19.

use insta::assert_snapshot;

use crate::support::case;

// §7.2: a list inside a list stays nested, and commands, rules, needs and stages flatten it
#[test]
fn references_flatten_where_lists_nest() {
    let yaml = "
        stages: [!reference [.words, stages], deploy]
        .words: {stages: [build, test], script: [a, b], rules: [{if: $A}], needs: [first]}
        first: {stage: build, script: x}
        second:
          script: [!reference [.words, script], c]
          rules: [!reference [.words, rules], {when: manual}]
          needs: [!reference [.words, needs]]
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: first
    test: second, manual, needs [first]
    ");
    assert_snapshot!(case(yaml).job("second"), @r#"
    needs: [{"artifacts":true,"job":"first","optional":false}]
    when: "manual"
    script: ["a","b","c"]
    "#);
}

// §16.19
#[test]
fn tags_and_a_matrix_do_not_flatten() {
    let yaml = "
        .n: {tags: [a], matrix: [{A: [x]}]}
        a: {script: x, tags: [!reference [.n, tags]]}
        b: {script: x, parallel: {matrix: [!reference [.n, matrix]]}}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `tags` is a flat list, and this is a list in it
      --> .gitlab-ci.yml:1:12
      help: `!reference` puts its items into lists of commands, `rules`, `stages`, `needs`, `services` and `cache` only
      gitlab: jobs:a tags config should be an array of strings
    error: an entry of `matrix` is a mapping, not a list
      --> .gitlab-ci.yml:1:25
      gitlab: jobs:b:parallel:matrix config should be an array of hashes
    ");
}

// §7.1: a reference sees what `extends` gave, across files, but no defaults (§16.18)
#[test]
fn a_reference_sees_extended_jobs_but_no_defaults() {
    let yaml = "
        include: [base.yml]
        default: {image: default}
        a: {script: !reference [child, script], variables: !reference [child, variables]}
        b: {script: x, image: !reference [a, image]}
        ";
    let base = "
        .base: {script: [inherited], variables: {A: 1}}
        child: {extends: .base}
        ";
    assert_snapshot!(case(yaml).file("base.yml", base).check(), @r#"
    error: `!reference [a, image]` finds nothing
      --> .gitlab-ci.yml:4:23
      help: a reference sees no `image` that comes from `default`
      gitlab: !reference ["a", "image"] could not be found
    "#);
}

// §7.2, §16.17
#[test]
fn mistakes_of_references() {
    let yaml = "
        .cfg: {allow_failure: false, script: [x], nothing: , image: !reference [.other, image]}
        .other: {image: {name: a}}
        missing: {script: !reference [.cgf, script]}
        false-value: {script: x, allow_failure: !reference [.cfg, allow_failure]}
        null-value: {script: !reference [.cfg, nothing]}
        through: {script: x, image: !reference [.cfg, image, name]}
        beyond: {script: !reference [.cfg, script, 0]}
        empty: {script: !reference []}
        circle: {script: !reference [.c1, script]}
        .c1: {script: !reference [.c2, script]}
        .c2: {script: !reference [.c1, script]}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `!reference [.cgf, script]` finds nothing
      --> .gitlab-ci.yml:3:19
      help: did you mean `.cfg`?
      gitlab: !reference [".cgf", "script"] could not be found
    error: `!reference [.cfg, allow_failure]` finds nothing
      --> .gitlab-ci.yml:4:41
      help: `allow_failure` is there, but GitLab does not find values that are null or `false`
      gitlab: !reference [".cfg", "allow_failure"] could not be found
    error: `!reference [.cfg, nothing]` finds nothing
      --> .gitlab-ci.yml:5:22
      help: `nothing` is there, but GitLab does not find values that are null or `false`
      gitlab: !reference [".cfg", "nothing"] could not be found
    error: `!reference [.cfg, image, name]` finds nothing
      --> .gitlab-ci.yml:6:29
      help: a path cannot lead through `image`, which is a reference itself
      gitlab: !reference [".cfg", "image", "name"] could not be found
    error: a `!reference` is a list of names
      --> .gitlab-ci.yml:7:18
      help: write `!reference [job, keyword]`
      gitlab: !reference is not valid
    error: a `!reference` is a list of names
      --> .gitlab-ci.yml:8:17
      help: write `!reference [job, keyword]`
      gitlab: !reference is not valid
    error: `!reference [.c1, script]` leads back to itself
      --> .gitlab-ci.yml:11:15
      gitlab: !reference [".c1", "script"] is part of a circular chain
    "#);
}

// §1.5: each list hop costs one level
#[test]
fn nine_hops_of_lists_work_and_ten_fail() {
    let chain = |hops: usize| {
        let mut yaml = "t0: {script: [x]}\n".to_owned();
        for hop in 1..=hops {
            yaml += &format!("t{hop}: {{script: [!reference [t{}, script]]}}\n", hop - 1);
        }
        yaml
    };
    assert_eq!(case(&chain(9)).check(), "fine");
    assert_snapshot!(case(&chain(10)).check(), @r"
    error: `script` is nested more than 10 lists deep
      --> .gitlab-ci.yml:1:14
      gitlab: jobs:t10:script config should be a string or a nested array of strings up to 10 levels deep
    ");
}

// A chain that no recursion may follow to its end.
#[test]
fn a_very_long_chain_is_refused() {
    let chain = |hops: usize, innermost_first: bool| {
        let links =
            (1..hops).map(|hop| format!("t{hop}: {{image: !reference [t{}, image], script: x}}\n", hop - 1));
        let mut lines: Vec<_> = ["t0: {image: x, script: x}\n".to_owned()]
            .into_iter()
            .chain(links)
            .collect();
        if !innermost_first {
            lines.reverse();
        }
        lines.concat()
    };
    for innermost_first in [true, false] {
        assert_eq!(case(&chain(101, innermost_first)).check(), "fine");
        for hops in [102, 20_000] {
            let report = case(&chain(hops, innermost_first)).check();
            assert_eq!(report.matches("error").count(), 1, "{report}");
            assert!(
                report.contains("references lead through more than 100 others"),
                "{report}"
            );
        }
    }
}
