//! The voting application on Kubernetes: an image per commit, a manifest filled in and applied.

use super::stack::Stack;

const REGISTRY: &str = "
    CI_REGISTRY: registry.example.com
    CI_REGISTRY_IMAGE: registry.example.com/group/vote
    CI_REGISTRY_USER: builder
    CI_REGISTRY_PASSWORD: pass-of-builder
    ";

// shows: S4-31, S4-38, S4-40
#[test]
fn the_commit_is_built_pushed_and_applied() {
    let stack = Stack::new("voting-kubernetes/vote", "master")
        .settings(REGISTRY)
        .file(
            "vote-k8s.yaml",
            "image: vote:__VERSION__\nnamespace: __NAMESPACE__\n",
        );
    insta::assert_snapshot!(stack.pictures(), @r"
    push of the default branch
      build: build
      deploy: deploy (held)
    push of another branch
      nothing
      left out: build, deploy
    tag
      nothing
      left out: build, deploy
    schedule
      build: build
      deploy: deploy (held)
    trigger
      build: build
      deploy: deploy (held)
    merge request
      nothing
      left out: build, deploy
    ");
    stack.run_for(&[], &["docker", "kubectl"]).ended_with(0);
    insta::assert_snapshot!(stack.calls(), @r"
    docker login -u builder --password-stdin registry.example.com <<< pass-of-builder
    docker build -t registry.example.com/group/vote:[commit--------------------------------] .
    docker push registry.example.com/group/vote:[commit--------------------------------]
    kubectl apply -f vote-kubernetes.yaml
    ");
}

#[test]
fn worker_and_front_are_alike() {
    for name in ["worker", "front"] {
        let stack = Stack::new(&format!("voting-kubernetes/{name}"), "master");
        assert_eq!(stack.plan(&[]).names(), ["build", "deploy"]);
        assert!(stack.plan(&["--branch", "topic"]).names().is_empty());
        assert!(stack.plan(&["--tag", "v1.0.0"]).names().is_empty());
    }
}
