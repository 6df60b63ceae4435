//! Stores that cannot be used, and what is said about them.

use std::fs;
use std::path::Path;

use gantry_store::{Store, StoreError};

/// What a person is told, with the folder's own path left out.
fn told(error: &StoreError, root: &Path) -> String {
    let way_out = error.way_out().unwrap_or_default();
    format!("{error}; {way_out}").replace(&root.display().to_string(), "")
}

#[test]
fn a_damaged_database_has_a_way_out() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join(".gantry")).unwrap();
    fs::write(root.path().join(".gantry/gantry.db"), "no database ".repeat(400)).unwrap();
    let error = Store::open(root.path()).unwrap_err();
    assert_eq!(
        told(&error, root.path()),
        "`/.gantry/gantry.db` is damaged: file is not a database; move `/.gantry/gantry.db` away; \
         gantry then begins with an empty history, logs and artifacts stay as files"
    );
    assert!(matches!(
        Store::open_read_only(root.path()),
        Err(StoreError::Corrupt { .. })
    ));
}

#[test]
fn a_database_of_a_newer_gantry_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    drop(Store::open(root.path()).unwrap());
    let path = root.path().join(".gantry/gantry.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = fs::read(&path).unwrap();

    let error = Store::open(root.path()).unwrap_err();

    let told = told(&error, root.path());
    let (before_number, rest) = told.split_once("knows up to ").unwrap();
    assert_eq!(
        before_number,
        "`/.gantry/gantry.db` was written by a newer gantry: it has schema 99, this one "
    );
    assert!(
        rest.ends_with("; use the gantry that wrote it, or a newer one"),
        "{rest}"
    );
    assert!(matches!(
        Store::open_read_only(root.path()),
        Err(StoreError::Newer { .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    // Nobody may make folders there, root included.
    let error = Store::open(Path::new("/sys")).unwrap_err();
    assert!(matches!(&error, StoreError::Unwritable { .. }), "{error:?}");
    assert_eq!(error.to_string(), "`/sys/.gantry` cannot be written");
}
