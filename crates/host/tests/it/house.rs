//! A host in a folder of its own, and people who visit it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gantry_host::{Answer, Application, Host, HostError, Page, Request, Settings, Status, ask};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Long enough for a loaded machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct House {
    pub(crate) folder: tempfile::TempDir,
    runtime: Runtime,
    stop: Arc<Notify>,
    serving: Option<JoinHandle<()>>,
    url: String,
}

/// The example that is built with the tests.
fn application() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows itself");
    let built = test.parent().and_then(Path::parent).expect("it lies in `deps`");
    built.join("examples/application")
}

impl House {
    pub(crate) fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let host = runtime.block_on(open(folder.path())).unwrap();
        let url = host.pages()[0].url.clone();
        let stop = Arc::new(Notify::new());
        let told = Arc::clone(&stop);
        let serving = runtime.spawn(host.serve(async move { told.notified().await }));
        House {
            folder,
            runtime,
            stop,
            serving: Some(serving),
            url,
        }
    }

    pub(crate) fn open_another(&self) -> Result<Host, HostError> {
        self.runtime.block_on(open(self.folder.path()))
    }

    /// Makes a folder as a job would.
    pub(crate) fn built(&self, version: &str) -> PathBuf {
        let built = self.folder.path().join(format!("built-{version}"));
        fs::create_dir_all(&built).unwrap();
        fs::copy(application(), built.join("application")).unwrap();
        fs::write(built.join("VERSION"), version).unwrap();
        built
    }

    pub(crate) fn deploy(&self, version: &str) -> Answer {
        let directory = self.built(version);
        self.ask(&Request::Deploy { directory })
    }

    pub(crate) fn ask(&self, request: &Request) -> Answer {
        ask(self.folder.path(), request).unwrap()
    }

    pub(crate) fn status(&self) -> Status {
        match self.ask(&Request::Status) {
            Answer::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    /// Makes a file that the application waits for.
    pub(crate) fn make(&self, name: &str) {
        fs::write(self.folder.path().join(name), "").unwrap();
    }

    pub(crate) fn visitor(&self) -> Visitor {
        let address = self.url.strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Visitor(BufReader::new(stream))
    }

    /// Waits until the application has made a file.
    pub(crate) fn until_there_is(&self, name: &str) {
        self.until(|house| house.folder.path().join(name).exists());
    }

    /// Waits until a new visitor gets this answer.
    pub(crate) fn until_it_answers(&self, expected: &str) {
        self.until(|house| house.visitor().get("/") == (200, expected.to_owned()));
    }

    pub(crate) fn until(&self, happened: impl Fn(&House) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !happened(self) {
            assert!(Instant::now() < deadline, "waited in vain");
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.notify_one();
        if let Some(serving) = self.serving.take() {
            let _ = self.runtime.block_on(serving);
        }
    }
}

async fn open(folder: &Path) -> Result<Host, HostError> {
    Host::open(Settings {
        folder: folder.to_owned(),
        application: Application {
            program: "application".to_owned(),
            arguments: vec!["page".to_owned(), "health".to_owned()],
            environment: vec![("FOLDER".to_owned(), folder.to_str().unwrap().to_owned())],
            services: vec!["page".to_owned(), "health".to_owned()],
        },
        pages: vec![Page {
            service: "page".to_owned(),
            port: 0,
        }],
        supervisor: vec![application().into(), "__supervise".into()],
        tell: Box::new(|_| {}),
    })
    .await
}

/// One connection.
pub(crate) struct Visitor(BufReader<TcpStream>);

impl Visitor {
    pub(crate) fn get(&mut self, path: &str) -> (u16, String) {
        self.begin(path);
        self.answer()
    }

    pub(crate) fn begin(&mut self, path: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nhost: here\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
    }

    /// Reads an answer that tells its length.
    pub(crate) fn answer(&mut self) -> (u16, String) {
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = 0;
        loop {
            let line = self.line();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        (status, String::from_utf8(body).unwrap())
    }

    /// Reads until a line says this.
    pub(crate) fn until(&mut self, text: &str) {
        while !self.line().contains(text) {}
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the connection ended");
        line.trim_end().to_owned()
    }
}
