//! Keywords that a server acts on: what is checked, and what of them is in the plan.

use insta::assert_snapshot;

use crate::support::case;

// §2.3
#[test]
pub(crate) fn who_may_download_artifacts() {
    let yaml = "
        a: {script: x, artifacts: {paths: [a], access: maintainer}}
        b: {script: x, artifacts: {paths: [a], public: false}}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    artifacts: {"access":"maintainer","paths":["a"],"when":"on_success"}
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("b"), @r#"
    artifacts: {"access":"developer","paths":["a"],"when":"on_success"}
    script: ["x"]
    "#);
    let yaml = "
        a: {script: x, artifacts: {public: 'no'}}
        b: {script: x, artifacts: {access: everyone}}
        c: {script: x, artifacts: {access: all, public: true}}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `public` takes `true` or `false`, not a string
      --> .gitlab-ci.yml:1:36
      gitlab: jobs:a:artifacts public should be a boolean value
    error: `access` cannot be `everyone`
      --> .gitlab-ci.yml:2:36
      help: use one of `none`, `developer`, `maintainer` or `all`
      gitlab: jobs:b:artifacts access should be one of: none, developer, maintainer, all
    error: `artifacts:access` and `artifacts:public` say the same in two ways
      --> .gitlab-ci.yml:3:41
      help: keep `access`
      gitlab: jobs:c:artifacts config these keys cannot be used together: public, access
    ");
}

// §2.9
#[test]
pub(crate) fn an_environment_of_a_cluster() {
    let yaml = "
        a:
          script: x
          environment:
            name: production
            kubernetes:
              agent: ops/agent:main
              namespace: shop
              flux_resource_path: kustomize.toolkit.fluxcd.io/v1/namespaces/shop
              managed_resources: {enabled: false}
              dashboard: {namespace: flux-system}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    environment: {"action":"start","expanded_name":"production","kubernetes":{"agent":"ops/agent:main","dashboard_namespace":"flux-system","flux_resource_path":"kustomize.toolkit.fluxcd.io/v1/namespaces/shop","managed_resources":false,"namespace":"shop"},"name":"production","tier":"production"}
    script: ["x"]
    "#);
    let yaml = "
        a: {script: x, environment: {name: a, kubernetes: {flux_resource_path: x}}}
        b: {script: x, environment: {name: b, kubernetes: {dashboard: {namespace: 1}, cluster: x}}}
        c: {script: x, environment: {name: c, kubernetes: prod}}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `kubernetes:flux_resource_path` needs `kubernetes:agent`
      --> .gitlab-ci.yml:1:52
      gitlab: jobs:a:environment:kubernetes agent can't be blank
    error: `kubernetes:flux_resource_path` needs `kubernetes:namespace`
      --> .gitlab-ci.yml:1:52
      gitlab: jobs:a:environment:kubernetes namespace can't be blank
    error: `kubernetes:dashboard` needs `kubernetes:agent`
      --> .gitlab-ci.yml:2:52
      gitlab: jobs:b:environment:kubernetes agent can't be blank
    error: `namespace` takes a string, not an integer
      --> .gitlab-ci.yml:2:75
      help: put it in quotes: `"1"`
      gitlab: jobs:b:environment:kubernetes:dashboard namespace should be a string
    error: `kubernetes` has no key `cluster`
      --> .gitlab-ci.yml:2:79
      help: `kubernetes` takes `agent`, `namespace`, `flux_resource_path`, `managed_resources` or `dashboard`
      gitlab: jobs:b:environment:kubernetes config contains unknown keys: cluster
    error: `kubernetes` takes a mapping, not a string
      --> .gitlab-ci.yml:3:51
      gitlab: jobs:c:environment:kubernetes config should be a hash
    "#);
}

// §2.14
#[test]
pub(crate) fn the_user_of_an_image_in_a_pod() {
    let yaml = "
        a: {script: x, image: {name: i, kubernetes: {user: 1000}}, services: [{name: s, kubernetes: {user: '1:1'}}]}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    image: {"kubernetes_user":"1000","name":"i"}
    script: ["x"]
    services: [{"kubernetes_user":"1:1","name":"s"}]
    "#);
    let yaml = "
        a: {script: x, image: {name: i, kubernetes: {user: [1], group: 2}}}
        b: {script: x, services: [{name: i, kubernetes: {user: ''}}]}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `kubernetes:user` takes a name or a number, not a list
      --> .gitlab-ci.yml:1:52
      gitlab: jobs:a:image:kubernetes user should be a string or an integer
    error: `kubernetes` has no key `group`
      --> .gitlab-ci.yml:1:57
      help: `kubernetes` takes `user`
      gitlab: jobs:a:image:kubernetes config contains unknown keys: group
    error: `kubernetes:user` has 1 to 255 characters
      --> .gitlab-ci.yml:2:56
      gitlab: jobs:b:services:service:kubernetes user is too long (maximum is 255 characters)
    ");
}

// §9.4
#[test]
pub(crate) fn only_where_there_is_a_cluster() {
    let yaml = "
        a: {script: x, only: {kubernetes: active}}
        b: {script: x, except: {kubernetes: active}}
        c: {script: x}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: b
    test: c
    - a: `only:kubernetes: active` does not hold
    ");
    assert_snapshot!(case(yaml).predefined("CI_KUBERNETES_ACTIVE", "true").plan(), @r"
    test: a
    test: c
    - b: `except:kubernetes: active` holds
    ");
    assert_snapshot!(case("a: {script: x, only: {kubernetes: true}}").check(), @r"
    error: `kubernetes` cannot be `true`
      --> .gitlab-ci.yml:1:35
      help: use one of `active`
      gitlab: jobs:a:only kubernetes should be one of: active
    ");
}

// §2.11, §3.2: not merged with the default
#[test]
pub(crate) fn hooks_before_the_sources() {
    let yaml = "
        default: {hooks: {pre_get_sources_script: [git config --global x y, [echo two]]}}
        a: {script: x}
        b: {script: x, hooks: {pre_get_sources_script: echo mine}}
        c: {script: x, hooks: {}}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    pre_get_sources_script: ["git config --global x y","echo two"]
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("b"), @r#"
    pre_get_sources_script: ["echo mine"]
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("c"), @r#"script: ["x"]"#);
    let yaml = "
        a: {script: x, hooks: {post_get_sources_script: x}}
        b: {script: x, hooks: {pre_get_sources_script: [1]}}
        c: {script: x, hooks: [x]}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `hooks` has no key `post_get_sources_script`
      --> .gitlab-ci.yml:1:24
      help: did you mean `pre_get_sources_script`?
      gitlab: jobs:a:hooks config contains unknown keys: post_get_sources_script
    error: a command of `pre_get_sources_script` is an integer, not a string
      --> .gitlab-ci.yml:2:49
      help: put it in quotes: `"1"`
      gitlab: jobs:b:hooks:pre_get_sources_script config should be a string or a nested array of strings up to 10 levels deep
    error: `hooks` takes a mapping, not a list
      --> .gitlab-ci.yml:3:23
      gitlab: jobs:c:hooks config should be a hash
    "#);
}

// §2.12
#[test]
pub(crate) fn tokens_for_others() {
    let yaml = "
        default: {id_tokens: {ONE: {aud: https://one.example.com}}}
        a: {script: x}
        b: {script: x, id_tokens: {TWO: {aud: [https://two.example.com, $AUDIENCE]}}}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    id_tokens: {"ONE":{"aud":["https://one.example.com"]}}
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("b"), @r#"
    id_tokens: {"TWO":{"aud":["https://two.example.com","$AUDIENCE"]}}
    script: ["x"]
    "#);
    let yaml = "
        a: {script: x, id_tokens: [T]}
        b: {script: x, id_tokens: {T: x, U: {}, V: {aud: 1, sub: x}}}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `id_tokens` takes a mapping, not a list
      --> .gitlab-ci.yml:1:27
      gitlab: jobs:a:id_tokens config should be a hash
    error: `id_tokens:T` takes a mapping, not a string
      --> .gitlab-ci.yml:2:31
      gitlab: jobs:b:id_tokens:t config should be a hash
    error: `id_tokens:U` needs an `aud`
      --> .gitlab-ci.yml:2:37
      help: say who will check the token: `aud: https://vault.example.com`
      gitlab: jobs:b:id_tokens:u config missing required keys: aud
    error: `aud` takes a list of strings, not an integer
      --> .gitlab-ci.yml:2:50
      gitlab: jobs:b:id_tokens:v aud config should be an array of strings
    error: `id_tokens:V` has no key `sub`
      --> .gitlab-ci.yml:2:53
      help: did you mean `aud`?
      gitlab: jobs:b:id_tokens:v config contains unknown keys: sub
    ");
}

// §2.28
#[test]
pub(crate) fn secrets_of_all_providers() {
    let yaml = "
        a:
          script: x
          id_tokens: {T: {aud: x}}
          secrets:
            SHORT: {vault: production/db/password@ops}
            LONG: {vault: {engine: {name: kv-v1, path: kv}, path: db, field: password}, file: false, token: $T}
            AZURE: {azure_key_vault: {name: a, version: '1'}}
            GCP: {gcp_secret_manager: {name: g}, token: $T}
            AWS: {aws_secrets_manager: db/password}
            AWS2: {aws_secrets_manager: {secret_id: db, region: eu-west-1}}
            GITLAB: {gitlab_secrets_manager: {name: n}}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    id_tokens: {"T":{"aud":["x"]}}
    script: ["x"]
    secrets: {"AWS":{"aws_secrets_manager":{"secret_id":"db/password"},"file":true},"AWS2":{"aws_secrets_manager":{"region":"eu-west-1","secret_id":"db"},"file":true},"AZURE":{"azure_key_vault":{"name":"a","version":"1"},"file":true},"GCP":{"file":true,"gcp_secret_manager":{"name":"g"},"token":"$T"},"GITLAB":{"file":true,"gitlab_secrets_manager":{"name":"n"}},"LONG":{"file":false,"token":"$T","vault":{"engine_name":"kv-v1","engine_path":"kv","field":"password","path":"db"}},"SHORT":{"file":true,"vault":{"engine_name":"kv-v2","engine_path":"ops","field":"password","path":"production/db"}}}
    "#);
}

// §2.28
#[test]
pub(crate) fn mistakes_of_secrets() {
    let yaml = "
        a: {script: x, secrets: [S]}
        b: {script: x, secrets: {S: {file: true}}}
        c: {script: x, secrets: {S: {vault: a/b, azure_key_vault: {name: a}}}}
        d: {script: x, secrets: {S: {vault: password}}}
        e: {script: x, secrets: {S: {vault: {path: a, field: b}}}}
        f: {script: x, secrets: {S: {vault: {engine: {name: kv-v3, path: x}, path: a, field: b}}}}
        g: {script: x, secrets: {S: {gcp_secret_manager: {name: a}}}}
        h: {script: x, secrets: {S: {azure_key_vault: {version: '1'}}}}
        i: {script: x, secrets: {S: {aws_secrets_manager: {secret: x}, file: 'no'}}}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `secrets` takes a mapping, not a list
      --> .gitlab-ci.yml:1:25
      gitlab: jobs:a:secrets config should be a hash
    error: the secret `S` comes from exactly one of `vault`, `azure_key_vault`, `gcp_secret_manager`, `aws_secrets_manager` or `gitlab_secrets_manager`
      --> .gitlab-ci.yml:2:29
      gitlab: jobs:b:secrets:s config must use exactly one of these keys: vault, azure_key_vault, gcp_secret_manager, aws_secrets_manager, gitlab_secrets_manager
    error: the secret `S` comes from exactly one of `vault`, `azure_key_vault`, `gcp_secret_manager`, `aws_secrets_manager` or `gitlab_secrets_manager`
      --> .gitlab-ci.yml:3:29
      gitlab: jobs:c:secrets:s config must use exactly one of these keys: vault, azure_key_vault, gcp_secret_manager, aws_secrets_manager, gitlab_secrets_manager
    error: `password` names no field of a secret
      --> .gitlab-ci.yml:4:37
      help: write the path of the secret and the field in it: `production/db/password`
      gitlab: jobs:d:secrets:s:vault config should be a hash or a string
    error: `vault` needs an `engine`
      --> .gitlab-ci.yml:5:37
      gitlab: jobs:e:secrets:s:vault config missing required keys: engine
    error: `vault:engine` needs a `name` and a `path`
      --> .gitlab-ci.yml:6:37
      help: write `engine: {name: kv-v2, path: ops}`
      gitlab: jobs:f:secrets:s:vault engine config missing required keys: name, path
    error: `name` cannot be `kv-v3`
      --> .gitlab-ci.yml:6:53
      help: did you mean `kv-v1`?
      gitlab: jobs:f:secrets:s:vault:engine name should be one of: kv-v1, kv-v2, generic
    error: `gcp_secret_manager` needs the `token` that authorises it
      --> .gitlab-ci.yml:7:30
      gitlab: jobs:g:secrets:s config missing required keys: token
    error: `azure_key_vault` needs a `name`
      --> .gitlab-ci.yml:8:47
      gitlab: jobs:h:secrets:s:azure_key_vault config missing required keys: name
    error: `aws_secrets_manager` needs a `secret_id`
      --> .gitlab-ci.yml:9:51
      gitlab: jobs:i:secrets:s:aws_secrets_manager config missing required keys: secret_id
    error: `aws_secrets_manager` has no key `secret`
      --> .gitlab-ci.yml:9:52
      help: `aws_secrets_manager` takes `secret_id`, `version_id`, `version_stage`, `region`, `role_arn`, `role_session_name` or `field`
      gitlab: jobs:i:secrets:s:aws_secrets_manager config contains unknown keys: secret
    error: `file` takes `true` or `false`, not a string
      --> .gitlab-ci.yml:9:70
      gitlab: jobs:i:secrets:s file should be a boolean value
    ");
}

// §2.18
#[test]
pub(crate) fn what_a_person_is_asked_first() {
    let yaml = "
        a: {script: x, when: manual, manual_confirmation: 'Delete the database?'}
        b: {script: x}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    allow_failure: "yes"
    when: "manual"
    manual_confirmation: "Delete the database?"
    script: ["x"]
    "#);
    assert_snapshot!(case("a: {script: x, manual_confirmation: true}").check(), @r#"
    error: `manual_confirmation` takes a string, not a boolean
      --> .gitlab-ci.yml:1:37
      help: put it in quotes: `"true"`
      gitlab: jobs:a manual confirmation should be a string
    "#);
}

// §2.22, §18.9: members of links are not looked at
#[test]
pub(crate) fn all_of_a_release() {
    let yaml = "
        a:
          script: x
          release:
            tag_name: v1
            description: notes
            ref: $CI_COMMIT_SHA
            released_at: '2026-03-01T09:00:00Z'
            milestones: [m1, m2]
            assets: {links: [{name: n, url: u, link_type: zip}, {name: other}]}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    release: {"description":"notes","git_ref":"$CI_COMMIT_SHA","links":[{"link_type":"zip","name":"n","url":"u"},{"name":"other"}],"milestones":["m1","m2"],"released_at":"2026-03-01T09:00:00Z","tag_name":"v1"}
    script: ["x"]
    "#);
    let yaml = "
        a: {script: x, release: {tag_name: v, description: d, ref: 'a b', released_at: tomorrow, milestones: {m: 1}}}
        b: {script: x, release: {tag_name: v, description: d, assets: {}}}
        c: {script: x, release: {tag_name: v, description: d, assets: {links: [x]}}}
        d: {script: x, release: {tag_name: v, description: d, assets: {links: {name: x}, link: y}}}
        e: {script: x, release: {tag_name: v, description: d, ref: a..b, released_at: '2026-13-01'}}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `a b` cannot be the name of a ref
      --> .gitlab-ci.yml:1:60
      gitlab: jobs:a:release ref must be a valid ref
    error: `tomorrow` is not a date and time
      --> .gitlab-ci.yml:1:80
      help: write it as in `"2026-03-01T09:00:00Z"`
      gitlab: jobs:a:release released at must be a valid datetime
    error: `milestones` takes a list of strings, not a mapping
      --> .gitlab-ci.yml:1:102
      gitlab: jobs:a:release milestones config should be an array of strings
    error: `release:assets` needs `links`
      --> .gitlab-ci.yml:2:63
      gitlab: jobs:b:release:assets links can't be blank
    error: `links` takes a list of mappings, not a string
      --> .gitlab-ci.yml:3:72
      help: write `links: [{name: …, url: …}]`
      gitlab: jobs:c:release:assets links should be an array of hashes
    error: `links` takes a list of mappings, not a mapping
      --> .gitlab-ci.yml:4:71
      help: write `links: [{name: …, url: …}]`
      gitlab: jobs:d:release:assets links should be an array of hashes
    error: `assets` has no key `link`
      --> .gitlab-ci.yml:4:82
      help: did you mean `links`?
      gitlab: jobs:d:release:assets config contains unknown keys: link
    error: `a..b` cannot be the name of a ref
      --> .gitlab-ci.yml:5:60
      gitlab: jobs:e:release ref must be a valid ref
    error: `2026-13-01` is not a date and time
      --> .gitlab-ci.yml:5:79
      help: write it as in `"2026-03-01T09:00:00Z"`
      gitlab: jobs:e:release released at must be a valid datetime
    "#);
}

// §2.19
#[test]
pub(crate) fn needs_of_other_pipelines() {
    let yaml = "
        build: {stage: build, script: x}
        a:
          script: x
          needs:
            - build
            - {pipeline: $PARENT_PIPELINE_ID, job: compile}
            - {project: group/lib, job: pack, ref: main, artifacts: true}
        b: {script: x, needs: {pipeline: '5', job: compile, artifacts: false}}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    foreign_needs: [{"artifacts":true,"from":{"pipeline":"$PARENT_PIPELINE_ID"},"job":"compile"},{"artifacts":true,"from":{"project":{"git_ref":"main","project":"group/lib"}},"job":"pack"}]
    needs: [{"artifacts":true,"job":"build","optional":false}]
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("b"), @r#"
    foreign_needs: [{"artifacts":false,"from":{"pipeline":"5"},"job":"compile"}]
    needs: []
    script: ["x"]
    "#);
    let need = "{pipeline: '1', job: x}";
    let six = [need; 6].join(", ");
    let yaml = format!(
        "
        a: {{script: x, needs: [{six}]}}
        b: {{script: x, needs: [{{pipeline: upstream}}]}}
        c: {{script: x, needs: [{{project: group/lib}}]}}
        d: {{script: x, rules: [{{needs: [{need}]}}]}}
        e: {{script: x, needs: [{{pipeline: 5, job: [x]}}]}}
        f: {{trigger: group/other, needs: [{need}]}}
        "
    );
    assert_snapshot!(case(&yaml).check(), @r"
    error: a job needs at most 5 jobs of other pipelines, these are 6
      --> .gitlab-ci.yml:1:23
      gitlab: jobs:a:needs config must be less than or equal to 5
    error: a `pipeline` without a `job` mirrors another pipeline, which is of a paid tier of GitLab
      --> .gitlab-ci.yml:2:25
    error: `needs:project` needs a `job`
      --> .gitlab-ci.yml:3:24
      gitlab: jobs:c:needs need config missing required keys: job
    error: `rules:needs` names jobs of this pipeline only
      --> .gitlab-ci.yml:4:32
      gitlab: jobs:d:rules:rule needs config uses invalid types: cross_dependency
    error: `job` takes a string, not a list
      --> .gitlab-ci.yml:5:43
      gitlab: jobs:e:needs job should be a string
    error: a trigger job has no artifacts, and needs jobs of this pipeline only
      --> .gitlab-ci.yml:6:34
      gitlab: jobs:f needs config uses invalid types: cross_dependency
    ");
}

// §2.7, §2.13, §2.26
#[test]
fn what_is_not_for_gantry_is_refused() {
    let yaml = "
        default: {identity: google_cloud}
        a: {script: x, dast_configuration: {site_profile: s}}
        b: {script: x, identity: google_cloud}
        c: {run: [{name: n, script: s}]}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `default:identity` is refused: it is of a paid tier of GitLab
      --> .gitlab-ci.yml:1:11
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    error: `dast_configuration` is refused: it is of a paid tier of GitLab
      --> .gitlab-ci.yml:2:16
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    error: `identity` is refused: it is of a paid tier of GitLab
      --> .gitlab-ci.yml:3:16
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    error: `run` is refused: it is an experiment of GitLab's, which may still change
      --> .gitlab-ci.yml:4:5
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    ");
}
