//! The pages in a real browser; what is looked at is in `tests/web/pages.mjs`, beside what it needs.
//!
//! Pictures of the pages are left in `target/tmp/voting-pages/`.

use std::path::Path;
use std::process::Command;

use tempfile::tempdir;

use crate::parts::{are_here, on_path};
use crate::service::{Service, text};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/web");
const BUILT: &str = env!("CARGO_TARGET_TMPDIR");

// shows: S4-15
#[tokio::test]
async fn pages_work_without_javascript_on_a_phone_and_for_everybody() {
    if !are_here(&[on_path("chromium"), on_path("node"), on_path("npm")]) {
        return;
    }
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    let web = Path::new(BUILT).join("voting-web");
    let pictures = Path::new(BUILT).join("voting-pages");
    install(&web);
    std::fs::create_dir_all(&pictures).unwrap();

    let output = Command::new("node")
        .arg(web.join("pages.mjs"))
        .args([app.url("vote"), app.url("result")])
        .arg(&pictures)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "every page is as it should be\n");
}

/// Brings the libraries once; npm leaves what is there already.
fn install(web: &Path) {
    std::fs::create_dir_all(web).unwrap();
    for file in ["package.json", "package-lock.json", "pages.mjs"] {
        std::fs::copy(Path::new(SOURCES).join(file), web.join(file)).unwrap();
    }
    let mut npm = Command::new("npm");
    npm.current_dir(web)
        .args(["install", "--no-audit", "--no-fund", "--loglevel", "error"]);
    assert!(
        npm.output().unwrap().status.success(),
        "npm could not install what the page test needs"
    );
}
