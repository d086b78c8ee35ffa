//! The API over the network, around a service that only says what it was asked: who gets in, over which protocols,
//! how it ends. These tests use real sockets on loopback, so their time is not paused.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use k8s_openapi::ByteString;
use kaasboard::manager::serve::error::ServeError;
use kaasboard::manager::serve::listener::Listener;
use kaasboard::manager::serve::token::Token;
use kube::config::{KubeConfigOptions, Kubeconfig};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower::service_fn;

/// Long enough for a loaded machine; nothing here waits for it unless something is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server, and what its kubeconfig says.
struct Served {
    address: SocketAddr,
    kubeconfig: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Serves a service that answers with method and path, and for `/forever` begins an answer that never ends.
async fn serve() -> Served {
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), Token::new([7; 32])).await.unwrap();
    let (address, kubeconfig) = (listener.address(), listener.kubeconfig().unwrap());
    let (stop, stopped) = oneshot::channel();
    let echo = service_fn(|request: Request<Incoming>| async move {
        let said = format!("{} {}", request.method(), request.uri().path());
        let first = stream::iter([Ok::<_, Infallible>(Frame::data(Bytes::from(said)))]);
        let body = match request.uri().path() {
            "/forever" => BodyExt::boxed(StreamBody::new(first.chain(stream::pending()))),
            _ => BodyExt::boxed(StreamBody::new(first)),
        };
        Ok::<_, Infallible>(Response::new(body))
    });
    let task = tokio::spawn(listener.serve(echo, async move {
        let _ = stopped.await;
    }));
    Served { address, kubeconfig, stop, task }
}

impl Served {
    fn config(&self) -> Kubeconfig {
        Kubeconfig::from_yaml(&self.kubeconfig).unwrap()
    }

    /// A TLS connection that trusts what the kubeconfig says, and offers these protocols.
    async fn connect(&self, protocols: &[&str]) -> TlsStream<TcpStream> {
        let cluster = self.config().clusters.remove(0).cluster.unwrap();
        let encoded = serde_json::Value::String(cluster.certificate_authority_data.unwrap());
        let ByteString(pem) = serde_json::from_value(encoded).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut client = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let tcp = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::from(self.address.ip());
        TlsConnector::from(Arc::new(client)).connect(name, tcp).await.unwrap()
    }

    /// The answer to a request that is written down byte by byte; the connection is closed after it.
    async fn ask(&self, head: &str) -> String {
        let mut stream = self.connect(&["http/1.1"]).await;
        stream.write_all(head.replace('\n', "\r\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A server that hangs up on nonsense may do so without a farewell.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an answer in time");
        String::from_utf8(answer)
            .unwrap()
            .lines()
            .filter(|line| !line.starts_with("date:"))
            .collect::<Vec<_>>()
            .join("\n")
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        timeout(PATIENCE, self.task).await.expect("it ends in time").unwrap();
    }
}

#[tokio::test]
async fn a_kube_client_gets_in_with_the_kubeconfig() {
    let served = serve().await;
    let config =
        kube::Config::from_custom_kubeconfig(served.config(), &KubeConfigOptions::default()).await.unwrap();
    let client = kube::Client::try_from(config).unwrap();
    let request = Request::get("/api/v1/nodes").body(Vec::new()).unwrap();
    assert_eq!(client.request_text(request).await.unwrap(), "GET /api/v1/nodes");
    served.end().await;
}

#[tokio::test]
async fn without_the_token_nobody_gets_in() {
    let served = serve().await;
    let refused = served.ask("GET / HTTP/1.1\nhost: x\nconnection: close\n\n").await;
    insta::assert_snapshot!(refused, @r#"
    HTTP/1.1 401 Unauthorized
    content-type: application/json
    www-authenticate: Bearer
    connection: close
    content-length: 128

    {"apiVersion":"v1","code":401,"kind":"Status","message":"Unauthorized","metadata":{},"reason":"Unauthorized","status":"Failure"}
    "#);
    let wrong =
        format!("GET / HTTP/1.1\nhost: x\nconnection: close\nauthorization: Bearer {}\n\n", "0".repeat(64));
    assert_eq!(served.ask(&wrong).await, refused);
    served.end().await;
}

#[tokio::test]
async fn both_versions_of_http_are_spoken() {
    let served = serve().await;
    let offers: [(&[&str], &[u8]); 2] = [(&["h2", "http/1.1"], b"h2"), (&["http/1.1"], b"http/1.1")];
    for (offered, chosen) in offers {
        assert_eq!(served.connect(offered).await.get_ref().1.alpn_protocol(), Some(chosen));
    }
    let stream = hyper_util::rt::TokioIo::new(served.connect(&["h2"]).await);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get("https://localhost/over/two")
        .header("authorization", format!("Bearer {}", "07".repeat(32)))
        .body(Empty::<Bytes>::new())
        .unwrap();
    let answer = sender.send_request(request).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(answer.to_bytes(), "GET /over/two");
    drop(sender);
    connection.await.unwrap().unwrap();
    served.end().await;
}

#[tokio::test]
async fn what_is_no_request_is_hung_up_on() {
    let served = serve().await;
    let answer = served.ask(&format!("GET / HTTP/1.1\nhost: x\nx: {}\n\n", "y".repeat(200_000))).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert!(served.ask("\u{1}\u{2}\n\n").await.starts_with("HTTP/1.1 400"));
    let mut plain = TcpStream::connect(served.address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, plain.read_to_end(&mut answer)).await.expect("hung up in time");
    assert!(!answer.starts_with(b"HTTP"), "plain HTTP was answered");
    served.end().await;
}

#[tokio::test]
async fn an_answer_without_end_does_not_keep_the_server() {
    let served = serve().await;
    let mut stream = served.connect(&["http/1.1"]).await;
    let head =
        format!("GET /forever HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", "07".repeat(32));
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 15];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let address = served.address;
    served.end().await;
    let _ = timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await.expect("cut off in time");
    assert!(TcpStream::connect(address).await.is_err(), "it still listens");
}

#[tokio::test]
async fn a_taken_address_is_told() {
    let served = serve().await;
    let second = Listener::bind(served.address, Token::new([0; 32])).await;
    let Err(error @ ServeError::Listen { .. }) = second else { panic!("it was taken") };
    assert_eq!(error.to_string(), format!("cannot listen on {}", served.address));
    served.end().await;
}

#[tokio::test]
async fn each_start_has_its_own_authority() {
    let (one, two) = (serve().await, serve().await);
    let authority =
        |served: &Served| served.config().clusters[0].cluster.clone().unwrap().certificate_authority_data;
    assert_ne!(authority(&one), authority(&two));
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("shown"), format!("{:?}", Token::new([7; 32]))).unwrap();
    assert!(!fs::read_to_string(directory.path().join("shown")).unwrap().contains("0707"));
    one.end().await;
    two.end().await;
}
