//! An API server that asks for a client's certificate, at the addresses and port of a cluster.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use k8s_openapi::api::core::v1::Node;
use kaasboard::bootstrap::authority::{Pair, Subject, Usage};
use kaasboard::bootstrap::facts::ClusterFacts;
use kaasboard::bootstrap::pki::ClusterPki;
use kaasboard::workload::access::{AccessError, Workloads};
use kaasboard::workload::direct::Direct;
use kaasboard::workload::limit;
use kube::Api;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::{access, address, cluster};

#[tokio::test]
async fn an_api_server_is_asked_by_the_clusters_own_keys() {
    let cluster = cluster(3);
    serve(&cluster, cluster.vip, &cluster.pki).await;
    let (ready, ill) = (address(3, 1), address(3, 2));
    serve(&cluster, ready, &cluster.pki).await;
    serve(&cluster, ill, &cluster.pki).await;
    let (direct, own) = (Direct::new(), access(&cluster, &cluster.pki));
    assert_eq!(direct.api_server_ready(&own, ready).await, Ok(true));
    assert_eq!(direct.api_server_ready(&own, ill).await, Ok(false), "it answers 500");
    let silent = direct.api_server_ready(&own, address(3, 3)).await.unwrap_err();
    assert!(silent.to_string().contains("does not answer: "), "{silent}");

    let version = direct.client(&own).await.unwrap().apiserver_version().await.unwrap();
    assert_eq!(version.git_version, "v1.34.2");

    let stranger = access(&cluster, &crate::cluster(3).pki);
    let refused = Direct::new().api_server_ready(&stranger, ready).await.unwrap_err();
    assert!(matches!(refused, AccessError::Refused { what: "the API server", .. }), "{refused}");
    assert!(Direct::new().client(&stranger).await.unwrap().apiserver_version().await.is_err());

    // Keys that change are used at once, those of another cluster never.
    assert_eq!(direct.api_server_ready(&stranger, ready).await, Err(refused));
    direct.forget(&cluster.uid);
    assert_eq!(direct.api_server_ready(&own, ready).await, Ok(true));
}

#[tokio::test]
async fn an_api_server_that_never_answers_is_not_waited_for() {
    let cluster = cluster(4);
    serve(&cluster, cluster.vip, &cluster.pki).await;
    let own = access(&cluster, &cluster.pki);
    let kubeconfig = kaasboard::workload::direct::kubeconfig(&own);
    let written = serde_json::from_value(kubeconfig).unwrap();
    let config = kube::Config::from_custom_kubeconfig(written, &Default::default()).await.unwrap();
    let client = limit::client(config, Some(Duration::from_millis(300))).unwrap();
    let nodes: Api<Node> = Api::all(client.clone());
    let error = nodes.get("silent").await.unwrap_err();
    assert!(format!("{error:?}").contains("no answer within"), "{error:?}");
    assert!(client.apiserver_version().await.is_ok(), "others are answered on");
}

/// Serves at an address as an API server of the cluster: the one whose last part ends in 2 is ill.
async fn serve(cluster: &ClusterFacts, at: IpAddr, pki: &ClusterPki) {
    let is_ill = at == address(3, 2);
    let subject = Subject {
        common_name: "kube-apiserver".into(),
        organizations: Vec::new(),
        names: vec![cluster.endpoint.clone()],
        addresses: vec![at],
        usage: Usage::ServerAndClient,
    };
    let Pair { certificate, key } = pki.kubernetes.issue(&subject, Utc::now()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pki.kubernetes.certificate().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind(SocketAddr::new(at, 6443)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Whoever is refused hears it in the handshake.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(move |request| answer(request, is_ill));
                let builder = auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

async fn answer(request: Request<Incoming>, is_ill: bool) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, body) = match request.uri().path() {
        "/readyz" if is_ill => (StatusCode::INTERNAL_SERVER_ERROR, "[-]etcd failed"),
        "/readyz" => (StatusCode::OK, "ok"),
        "/version" => (
            StatusCode::OK,
            r#"{"major":"1","minor":"34","gitVersion":"v1.34.2","gitCommit":"","gitTreeState":"","buildDate":"",
                "goVersion":"","compiler":"","platform":""}"#,
        ),
        "/api/v1/nodes/silent" => std::future::pending().await,
        _ => (StatusCode::NOT_FOUND, "{}"),
    };
    Ok(Response::builder().status(status).body(Full::new(Bytes::from(body))).unwrap_or_default())
}
