//! The engine that the tests of one binary share, and the images on it. Several binaries take this file in.
//!
//! An engine that answers already is used. Otherwise root starts one, with everything of it in a temporary folder, as
//! the child of a small shell that outlives the tests: the shell reads from a pipe that only this process holds, so
//! that it stops the engine and removes the folder however this process ends.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Debian with bash, made by `cargo xtask parts --install`.
pub(crate) const DEBIAN: &str = "gantry-test/debian:1";
/// All of busybox, no bash.
pub(crate) const BUSYBOX: &str = "gantry-test/busybox:1";
/// A shell and nothing else.
pub(crate) const ONLY_SH: &str = "gantry-test/sh:1";
/// A file that is no shell.
pub(crate) const NO_SHELL: &str = "gantry-test/empty:1";

/// Busybox that answers on port 7000 where it is not told otherwise.
pub(crate) const PINGER: &str = "gantry-test/pinger:1";

const START: Duration = Duration::from_secs(60);

/// What else `dockerd` is told, in the order in which to try. A container with tests in it may have no right to change
/// the machine's firewall, or to mount an overlay.
const FLAGS: &[&[&str]] = &[
    &[],
    &["--iptables=false", "--ip6tables=false"],
    &["--iptables=false", "--ip6tables=false", "--storage-driver=vfs"],
];

/// Starts the engine in the folder of its first argument, waits for the end of its input, and stops it.
const KEEPER: &str = r#"
trap '' INT TERM HUP
dockerd --data-root "$0/data" --exec-root "$0/run" --pidfile "$0/pid" --host "unix://$0/sock" \
    "$@" > "$0/log" 2>&1 &
engine=$!
cat > /dev/null
kill "$engine"
wait "$engine"
rm -rf "$0"
"#;

pub(crate) struct Engine {
    pub(crate) host: String,
    /// The end of this is what the keeper waits for.
    _lifeline: Option<ChildStdin>,
}

/// Returns the engine, or nothing where there is none and that is acceptable.
pub(crate) fn engine() -> Option<&'static Engine> {
    static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();
    ENGINE
        .get_or_init(|| {
            let Some(busybox) = busybox() else {
                return leave_out("no static busybox");
            };
            let Some(engine) = running().or_else(start) else {
                return leave_out("no Docker engine");
            };
            engine.make_images(&busybox);
            Some(engine)
        })
        .as_ref()
}

#[expect(
    clippy::explicit_write,
    reason = "past the capture of test output: what is left out must be seen"
)]
fn leave_out<T>(reason: &str) -> Option<T> {
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "{reason}, and CI must have it: cargo xtask parts --install");
    writeln!(std::io::stderr(), "not run: {reason}").unwrap();
    None
}

/// Returns the program that is all there is in small images.
fn busybox() -> Option<PathBuf> {
    let mut places = ["/bin/busybox", "/usr/bin/busybox"].iter().map(PathBuf::from);
    places.find(|place| place.is_file())
}

fn running() -> Option<Engine> {
    let host = match std::env::var("DOCKER_HOST") {
        Ok(host) if !host.is_empty() => host,
        _ => "unix:///var/run/docker.sock".into(),
    };
    let engine = Engine {
        host,
        _lifeline: None,
    };
    engine.try_docker(&["version"]).is_some().then_some(engine)
}

fn start() -> Option<Engine> {
    let root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let installed = ["/usr/sbin/dockerd", "/usr/bin/dockerd"]
        .iter()
        .any(|path| Path::new(path).exists());
    if !root || !installed {
        return None;
    }
    let mut logs = Vec::new();
    for flags in FLAGS {
        match start_with(flags) {
            Ok(engine) => return Some(engine),
            Err(log) => logs.push(log),
        }
    }
    panic!("dockerd does not start:\n{}", logs.join("\n"));
}

/// Containers of tests need no way to the world. But an engine that is told to have no bridge removes the one that is
/// there, and it may be another engine's.
fn own_bridge() -> &'static [&'static str] {
    match Path::new("/sys/class/net/docker0").exists() {
        true => &[],
        false => &["--bridge", "none"],
    }
}

/// Returns the engine, or what it has said before it ended.
#[expect(clippy::zombie_processes, reason = "the keeper outlives this process")]
fn start_with(flags: &[&str]) -> Result<Engine, String> {
    let folder = tempfile::Builder::new()
        .prefix("gantry-engine-")
        .tempdir()
        .unwrap()
        .keep();
    let mut keeper = Command::new("setsid")
        .args(["sh", "-c", KEEPER])
        .arg(&folder)
        .args(own_bridge())
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lifeline = keeper.stdin.take();
    let engine = Engine {
        host: format!("unix://{}", folder.join("sock").display()),
        _lifeline: lifeline,
    };
    let deadline = Instant::now() + START;
    while UnixStream::connect(folder.join("sock")).is_err() || engine.try_docker(&["version"]).is_none() {
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        if log.contains("failed to start") || Instant::now() > deadline {
            return Err(log);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(engine)
}

impl Engine {
    /// Runs the `docker` client.
    #[track_caller]
    pub(crate) fn docker(&self, arguments: &[&str]) -> String {
        self.try_docker(arguments)
            .unwrap_or_else(|| panic!("docker {arguments:?} failed"))
    }

    fn try_docker(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new("docker")
            .args(arguments)
            .env("DOCKER_HOST", &self.host)
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(text)
    }

    fn make_images(&self, busybox: &Path) {
        if self.try_docker(&["image", "inspect", PINGER]).is_some() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let list = Command::new(busybox).arg("--list").output().unwrap().stdout;
        let applets = String::from_utf8(list).unwrap();
        let applets: Vec<&str> = applets.lines().filter(|name| *name != "busybox").collect();
        let busybox = fs::read(busybox).unwrap();
        let all = root(&busybox, &applets);
        self.import(folder.path(), BUSYBOX, &all, &[]);
        self.import(folder.path(), ONLY_SH, &root(&busybox, &["sh"]), &[]);
        self.import(folder.path(), NO_SHELL, &root(b"", &[]), &[]);
        let entrypoint = r#"ENTRYPOINT ["env", "ENTERED=image"]"#;
        self.import(folder.path(), "gantry-test/entered:1", &all, &[entrypoint]);
        let answer = r#"CMD ["sh", "-c", "while true; do echo pong | nc -l -p 7000; done"]"#;
        self.import(
            folder.path(),
            PINGER,
            &all,
            &["EXPOSE 7000/tcp", "EXPOSE 7009/udp", answer],
        );
    }

    fn import(&self, folder: &Path, image: &str, root: &[u8], changes: &[&str]) {
        let path = folder.join("image.tar");
        fs::write(&path, root).unwrap();
        let mut arguments = vec!["import"];
        arguments.extend(changes.iter().flat_map(|change| ["--change", change]));
        arguments.extend([path.to_str().unwrap(), image]);
        self.docker(&arguments);
    }

    /// Returns [`DEBIAN`], once it is there.
    pub(crate) fn debian(&self) -> Option<&'static str> {
        static MADE: OnceLock<bool> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let Some(archive) = base_image() else {
                return leave_out::<()>("no base image").is_some();
            };
            self.docker(&["import", archive.to_str().unwrap(), DEBIAN]);
            true
        });
        made.then_some(DEBIAN)
    }
}

/// Returns the files of an image, as a tar archive.
fn root(busybox: &[u8], applets: &[&str]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let header = |kind, mode, size: usize| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size as u64);
        header
    };
    let mut file = |path: &str, mode, content: &[u8]| {
        let mut header = header(tar::EntryType::Regular, mode, content.len());
        archive.append_data(&mut header, path, content).unwrap();
    };
    file("bin/busybox", 0o755, busybox);
    let passwd = "root:x:0:0:root:/root:/bin/sh\ntester:x:1234:1234::/home/tester:/bin/sh\n";
    file("etc/passwd", 0o644, passwd.as_bytes());
    for applet in applets {
        let mut header = header(tar::EntryType::Symlink, 0o777, 0);
        archive
            .append_link(&mut header, format!("bin/{applet}"), "busybox")
            .unwrap();
    }
    let mut header = header(tar::EntryType::Directory, 0o1777, 0);
    archive.append_data(&mut header, "tmp", std::io::empty()).unwrap();
    archive.into_inner().unwrap()
}

/// Returns what `cargo xtask parts --install` has made.
fn base_image() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let folders = [
        Some(PathBuf::from("/var/cache")),
        variable("XDG_CACHE_HOME"),
        variable("HOME").map(|home| home.join(".cache")),
    ];
    let mut archives = folders
        .into_iter()
        .flatten()
        .map(|folder| folder.join("gantry-parts/bookworm.tar"));
    archives.find(|archive| archive.is_file())
}
