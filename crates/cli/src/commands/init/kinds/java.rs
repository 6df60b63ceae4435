//! Java: a build of Maven's or Gradle's.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::commands::init::folder::Folder;
use crate::commands::init::part::{Job, Part, Stage, cache, entering, junit};
use crate::commands::init::version::Version;
use crate::commands::init::yaml::Block;

/// Java's release of long-term support.
const DEFAULT: Version = Version::major(21);

pub(super) fn maven(folder: &Folder) -> Option<Part> {
    let project = folder.text("pom.xml")?;
    let names = [
        "maven.compiler.release",
        "java.version",
        "maven.compiler.source",
        "release",
    ];
    let (version, from) = match names.iter().find_map(|name| element(&project, name)) {
        Some(version) => (version, "pom.xml"),
        None => (DEFAULT, "pom.xml names none"),
    };
    let has_wrapper = folder.has("mvnw");
    let (image, maven) = if has_wrapper {
        (format!("eclipse-temurin:{version}-jdk"), "sh ./mvnw")
    } else {
        (format!("maven:3.9-eclipse-temurin-{version}"), "mvn")
    };
    let variables = Block::new()
        .text("MAVEN_OPTS", "-Dmaven.repo.local=$CI_PROJECT_DIR/.m2/repository")
        .text("MAVEN_ARGS", "--batch-mode --no-transfer-progress");
    let template = Block::new()
        .text("image", image)
        .block("variables", variables)
        .block(
            "cache",
            cache(
                "maven",
                &[folder.path_of("pom.xml")],
                vec![".m2/repository/".to_owned()],
            ),
        );
    let reports = [
        "**/target/surefire-reports/TEST-*.xml",
        "**/target/failsafe-reports/TEST-*.xml",
    ];
    Some(Part {
        kind: "maven",
        folder: folder.name.clone(),
        file: folder.path_of("pom.xml"),
        why: format!("Java {version} ({from}), {}", with(has_wrapper, "Maven")),
        template,
        jobs: vec![test(folder, &format!("{maven} verify"), &reports)],
    })
}

pub(super) fn gradle(folder: &Folder) -> Option<Part> {
    let file = folder.first(&[
        "build.gradle.kts",
        "build.gradle",
        "settings.gradle.kts",
        "settings.gradle",
    ])?;
    let script = folder.text(file)?;
    let after = |word: &str| {
        script
            .split(word)
            .nth(1)
            .and_then(|rest| Version::first_in(rest.split('\n').next()?))
    };
    let words = ["JavaLanguageVersion.of(", "jvmToolchain(", "VERSION_"];
    let (version, from) = match words.iter().find_map(|word| after(word)) {
        Some(version) => (Version::major(version.major), file),
        None => (DEFAULT, "the build names none"),
    };
    let has_wrapper = folder.has("gradlew");
    let (image, gradle) = if has_wrapper {
        (format!("eclipse-temurin:{version}-jdk"), "sh ./gradlew")
    } else {
        (format!("gradle:8-jdk{version}"), "gradle")
    };
    let keys: Vec<String> = ["gradle/wrapper/gradle-wrapper.properties", file]
        .iter()
        .filter(|key| folder.text(key).is_some())
        .map(|key| folder.path_of(key))
        .collect();
    let paths = vec![
        ".gradle-home/caches/".to_owned(),
        ".gradle-home/wrapper/".to_owned(),
    ];
    let template = Block::new()
        .text("image", image)
        .block(
            "variables",
            Block::new().text("GRADLE_USER_HOME", "$CI_PROJECT_DIR/.gradle-home"),
        )
        .block("cache", cache("gradle", &keys, paths));
    Some(Part {
        kind: "gradle",
        folder: folder.name.clone(),
        file: folder.path_of(file),
        why: format!("Java {version} ({from}), {}", with(has_wrapper, "Gradle")),
        template,
        jobs: vec![test(
            folder,
            &format!("{gradle} --no-daemon build"),
            &["**/build/test-results/test/TEST-*.xml"],
        )],
    })
}

fn with(wrapper: bool, tool: &str) -> String {
    if wrapper {
        format!("{tool} by its wrapper")
    } else {
        format!("{tool} of the image")
    }
}

fn test(folder: &Folder, command: &str, reports: &[&str]) -> Job {
    let reports: Vec<String> = reports.iter().map(|report| folder.path_of(report)).collect();
    let script = entering(folder).into_iter().chain([command.to_owned()]);
    let body = Block::new()
        .list("script", script)
        .block("artifacts", junit(&reports));
    Job::new("test", Stage::Test, body)
}

/// Returns the version in the first element of this name.
fn element(text: &str, name: &str) -> Option<Version> {
    let mut reader = Reader::from_str(text);
    let mut is_inside = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => is_inside = start.name().as_ref() == name.as_bytes(),
            Event::Text(text) if is_inside => {
                let text = text.decode().ok()?;
                // Java called its eighth version 1.8.
                let version = Version::first_in(&text)?;
                return Some(match version {
                    Version {
                        major: 1,
                        minor: Some(minor),
                    } => Version::major(minor),
                    version => Version::major(version.major),
                });
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_java() {
        let project = |inner: &str| format!("<project><properties>{inner}</properties></project>");
        for (text, version) in [
            (project("<java.version>17</java.version>"), Some(17)),
            (project("<java.version>1.8</java.version>"), Some(8)),
            (project("<other>17</other>"), None),
            ("<project".to_owned(), None),
        ] {
            assert_eq!(
                element(&text, "java.version"),
                version.map(Version::major),
                "{text}"
            );
        }
    }
}
