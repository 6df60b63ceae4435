//! A small HTTP client: one connection, one request at a time.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;

#[derive(Debug, Error)]
pub enum ClientError {
    #[error("`{0}` is no address of the form http://HOST/PATH")]
    NoAddress(String),
    #[error("cannot connect to `{authority}`: {source}")]
    Connect {
        authority: String,
        source: std::io::Error,
    },
    #[error("there was no answer in time")]
    Slow,
    #[error("the connection was lost: {0}")]
    Http(#[from] hyper::Error),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    authority: String,
    path: String,
}

pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

pub struct Answer {
    pub status: u16,
    pub headers: hyper::HeaderMap,
    pub body: Bytes,
}

/// What is sent along.
#[derive(Debug, Clone)]
pub struct Content {
    pub kind: String,
    pub body: Bytes,
}

impl Address {
    pub fn parse(text: &str) -> Result<Address, ClientError> {
        let wrong = || ClientError::NoAddress(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        if uri.scheme_str() != Some("http") {
            return Err(wrong());
        }
        let host = uri.host().ok_or_else(wrong)?;
        Ok(Address {
            authority: format!("{host}:{}", uri.port_u16().unwrap_or(80)),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub async fn connect(&self) -> Result<Connection, ClientError> {
        let failed = |source| ClientError::Connect {
            authority: self.authority.clone(),
            source,
        };
        let stream = TcpStream::connect(&self.authority).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Ends with the sender.
        tokio::spawn(connection);
        Ok(Connection {
            sender,
            host: self.authority.clone(),
        })
    }
}

impl Connection {
    pub async fn get(&mut self, path: &str) -> Result<Answer, ClientError> {
        let request = self.request(Method::GET, path).body(Full::default());
        self.send(request.expect("BUG: a request without a body cannot be made"))
            .await
    }

    pub async fn post(&mut self, path: &str, content: &Content) -> Result<Answer, ClientError> {
        let request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, &content.kind)
            .body(Full::new(content.body.clone()));
        self.send(request.expect("BUG: a request with a body cannot be made"))
            .await
    }

    pub fn request(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host)
    }

    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, ClientError> {
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let (parts, body) = response.into_parts();
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.collect().await?.to_bytes(),
        })
    }
}
