//! What jobs that were let go have done outside, and what a server would have done.

use crate::environment::TestEnvironment;

#[test]
fn deployments_releases_and_pages_are_recorded_and_shown() {
    let machine = TestEnvironment::pipeline(
        r#"
        stages: [build, deploy, after]
        site:
          stage: build
          pages: {publish: site}
          script:
            - mkdir site
            - echo hello > site/index.html
        production:
          stage: deploy
          environment: {name: production, url: "https://$HOST/$CI_ENVIRONMENT_SLUG"}
          script: echo HOST=example.com > deploy.env
          artifacts: {reports: {dotenv: deploy.env}}
        staging:
          stage: deploy
          environment: staging
          allow_failure: true
          script: exit 1
        tagged:
          stage: after
          script: echo releasing
          release: {tag_name: "v1.$CI_PIPELINE_IID", description: first}
        "#,
    );
    insta::assert_snapshot!(machine.call("run --deploy").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    production | started
    production | $ echo HOST=example.com > deploy.env
    production | succeeded
    site       | started
    site       | $ mkdir site
    site       | $ echo hello > site/index.html
    site       | succeeded
    staging    | started
    staging    | $ exit 1
    staging    | ERROR: Job failed: exit status 1
    staging    | failed, which is allowed: exit code 1
    tagged     | started
    tagged     | $ echo releasing
    tagged     | releasing
    tagged     | succeeded

    run 1 succeeded
      success          site          #.# s  recorded pages in `site`: a server would publish them
      success          production    #.# s  deployed to production https://example.com/production
      failed, allowed  staging       #.# s  exit code 1  gantry logs 1 'staging'
      success          tagged        #.# s  recorded release v1.1: a server would create it
    ");
    let kept = machine.call("artifacts 1 site").ended_with(0);
    assert!(kept.stdout.contains("archive"), "{kept}");
    let lines = machine.call("run --deploy --format json").json_lines();
    let jobs = &lines[lines.len() - 1]["jobs"];
    assert_eq!(jobs[1]["effects"][0]["kind"], "deployment");
    assert_eq!(jobs[3]["effects"][0]["tag_name"], "v1.2");
}
