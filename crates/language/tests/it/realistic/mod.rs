//! Pipelines as teams write them, and what each makes of several events.
//!
//! A folder of `tests/realistic` is a checkout with an `expected.yml` beside its `.gitlab-ci.yml`. What is expected was
//! written by hand from the documentation, before the compiler was asked; each entry says in `because` which rule of the
//! documentation makes it so. `schema.rs` has the form of these files.

mod compare;
mod picture;
mod schema;

use std::fs;
use std::path::{Path, PathBuf};

use crate::realistic::compare::differences;
use crate::realistic::schema::Expected;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/realistic")
}

/// Compares all events of one pipeline, and tells every difference at once.
fn meets_expectations(name: &str) {
    let folder = folder().join(name);
    let expected = Expected::of(&folder);
    assert!(expected.events.len() >= 3, "`{name}` has fewer than three events");
    let differences: Vec<String> = expected
        .events
        .iter()
        .flat_map(|event| differences(event, expected.case(event, &folder)))
        .collect();
    assert!(
        differences.is_empty(),
        "`{name}` is not as expected\n\n{}\n",
        differences.join("\n\n")
    );
}

/// One test for each folder, and a test that none is forgotten.
macro_rules! pipelines {
    ($($test:ident: $folder:literal,)*) => {
        $(
            #[test]
            fn $test() {
                meets_expectations($folder);
            }
        )*

        #[test]
        fn every_pipeline_has_a_test() {
            let entries = fs::read_dir(folder()).expect("it is there");
            let mut found: Vec<String> = entries
                .map(|entry| entry.expect("it can be read").file_name().into_string().expect("it is text"))
                .collect();
            found.sort();
            let mut known: Vec<&str> = vec![$($folder),*];
            known.sort_unstable();
            assert_eq!(found, known);
        }
    };
}

pipelines! {
    component_library: "component-library",
    components_used: "components-used",
    container_images: "container-images",
    data_nightly: "data-nightly",
    documentation_site: "documentation-site",
    firmware: "firmware",
    generated_children: "generated-children",
    go_command: "go-command",
    java_service: "java-service",
    legacy_shop: "legacy-shop",
    merge_requests: "merge-requests",
    mobile_app: "mobile-app",
    node_monorepo: "node-monorepo",
    python_package: "python-package",
    review_apps: "review-apps",
    rust_library: "rust-library",
    terraform_live: "terraform-live",
}
