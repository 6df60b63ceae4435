//! `image` and `services`: §2.14 and §2.29.

use insta::assert_snapshot;

use crate::support::case;

// §2.14
#[test]
pub(crate) fn an_image_is_a_name_or_a_mapping() {
    let yaml = "
        a: {script: x, image: alpine}
        b:
          script: x
          image:
            name: alpine
            entrypoint: ['']
            pull_policy: [always, if-not-present]
            docker: {platform: linux/arm64, user: dave}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    image: {"name":"alpine"}
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("b"), @r#"
    image: {"entrypoint":[""],"name":"alpine","platform":"linux/arm64","pull_policy":["always","if-not-present"],"user":"dave"}
    script: ["x"]
    "#);
}

// §2.29, §18.30
#[test]
pub(crate) fn services_are_containers_beside_the_job() {
    let yaml = "
        .db: {services: [postgres]}
        a:
          script: x
          services:
            - docker:dind
            - ~
            - !reference [.db, services]
            - name: postgres:15
              alias: db, database
              command: [postgres, -c, fsync=off]
              entrypoint: [/start]
              pull_policy: never
              variables: {POSTGRES_DB: $DB}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    script: ["x"]
    services: [{"name":"docker:dind"},{"name":"postgres"},{"alias":"db, database","command":["postgres","-c","fsync=off"],"entrypoint":["/start"],"name":"postgres:15","pull_policy":["never"],"variables":[["POSTGRES_DB","$DB"]]}]
    "#);
}

// §2.14
#[test]
pub(crate) fn mistakes_of_images() {
    let yaml = "
        a: {script: x, image: 5}
        b: {script: x, image: {entrypoint: ['']}}
        c: {script: x, image: {name: a, entrypoint: /bin/sh}}
        d: {script: x, image: {name: a, pull_policy: sometimes}}
        e: {script: x, image: {name: a, pull_policy: []}}
        f: {script: x, image: {name: a, dokcer: {user: x}}}
        g: {script: x, image: {name: a, docker: {usr: x}}}
        h: {script: x, image: {name: a, kubernetes: {user: x}}}
        i: {script: x, image: ''}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `image` takes a name or a mapping, not an integer
      --> .gitlab-ci.yml:1:23
      gitlab: jobs:a:image config should be a hash or a string
    error: `image` needs a `name`
      --> .gitlab-ci.yml:2:23
      gitlab: jobs:b:image name can't be blank
    error: `entrypoint` takes a list of strings, not a string
      --> .gitlab-ci.yml:3:45
      help: write `entrypoint: [/bin/sh]`
      gitlab: jobs:c:image entrypoint config should be an array of strings
    error: `pull_policy` cannot be `sometimes`
      --> .gitlab-ci.yml:4:46
      help: use one of `always`, `if-not-present` or `never`
      gitlab: jobs:d:image pull policy should be one of: always, if-not-present, never
    error: `pull_policy` is an empty list
      --> .gitlab-ci.yml:5:46
      gitlab: jobs:e:image pull policy can't be blank
    error: `image` has no key `dokcer`
      --> .gitlab-ci.yml:6:33
      help: did you mean `docker`?
      gitlab: jobs:f:image config contains unknown keys: dokcer
    error: `docker` has no key `usr`
      --> .gitlab-ci.yml:7:42
      help: did you mean `user`?
      gitlab: jobs:g:image config contains unknown keys: usr
    error: `image` is empty
      --> .gitlab-ci.yml:9:23
      gitlab: jobs:i:image config should be a hash or a string
    ");
}

// §2.29
#[test]
pub(crate) fn mistakes_of_services() {
    let yaml = "
        a: {script: x, services: docker:dind}
        b: {script: x, services: [{alias: db}]}
        c: {script: x, services: [5]}
        d: {script: x, services: [{name: a, comand: x}]}
        e: {script: x, services: [{name: a, command: 5, variables: {A: {value: x}}}]}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `services` takes a list, not a string
      --> .gitlab-ci.yml:1:26
      help: write `services: [docker:dind]`
      gitlab: jobs:a services config should be an array
    error: `services` needs a `name`
      --> .gitlab-ci.yml:2:27
      gitlab: jobs:b:services:service name can't be blank
    error: `services` takes a name or a mapping, not an integer
      --> .gitlab-ci.yml:3:27
      gitlab: jobs:c:services:service config should be a hash or a string
    error: `services` has no key `comand`
      --> .gitlab-ci.yml:4:37
      help: did you mean `command`?
      gitlab: jobs:d:services:service config contains unknown keys: comand
    error: `command` takes a string or a list of strings, not an integer
      --> .gitlab-ci.yml:5:46
      gitlab: jobs:e:services:service config should be a string or a nested array of strings up to 10 levels deep
    error: `A` takes a scalar here, not a mapping
      --> .gitlab-ci.yml:5:64
      help: `value` and `expand` belong to top-level and job variables
      gitlab: jobs:e:services:service:variables a config must be a string
    ");
}
