//! Requests to calls and answers to responses: routes, bodies, time limits and headers.
//!
//! It knows nothing of sockets; the tests call the router as a function.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, map_response_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::time::{Instant, timeout_at};

use super::limits::Limits;
use super::metrics::Metrics;
use super::pool::Pool;
use super::protocol::{self, AnswerBody, MEDIA_TYPE, Refusal};
use super::{Options, host};
use crate::model::Value;
use crate::report::OPENMETRICS_MEDIA_TYPE;
use crate::service::api::Operation;
use crate::service::{ErrorCode, ServiceError, SnapshotEcr};
use crate::store::read::Reader;

/// The snapshot that is served where none is named.
const LATEST: &str = "latest";

/// What all requests share.
struct App {
    pool: Pool,
    source: Arc<Source>,
    limits: Limits,
    metrics: Arc<Metrics>,
    /// Distinguishes the request ids of this run from those of others.
    run: blake3::Hash,
    requests: AtomicU64,
}

/// An operation with its input.
struct Call {
    operation: &'static Operation,
    input: Value,
    /// The region that the request was signed for.
    region: Option<String>,
}

/// What is answered from.
struct Source {
    reference: String,
    region: Option<String>,
}

/// The routes over a pool of readers.
pub(super) fn router(pool: Pool, options: &Options, limits: Limits) -> Router {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let run = blake3::hash(format!("{} {started:?}", std::process::id()).as_bytes());
    let reference = options.snapshot.clone().unwrap_or_else(|| LATEST.to_owned());
    let source = Arc::new(Source { reference, region: options.region.clone() });
    let app = Arc::new(App { pool, source, limits, metrics: Arc::default(), run, requests: AtomicU64::new(0) });
    let routes = Router::new()
        .route("/", post(call))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .method_not_allowed_fallback(async || {
            let message = "the protocol of ECR has POST on /";
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowedException", message)
        })
        .fallback(async || {
            let message = "the protocol of ECR has one path, /";
            Refusal::new(StatusCode::NOT_FOUND, "UnknownOperationException", message)
        })
        .layer(DefaultBodyLimit::max(limits.body));
    let routes = if options.allow_remote { routes } else { routes.layer(from_fn(for_this_machine)) };
    routes.layer(map_response_with_state(Arc::clone(&app), identify)).with_state(app)
}

/// Pass on what is for a loopback name.
async fn for_this_machine(request: Request, next: Next) -> Result<Response, Refusal> {
    host::check(request.uri(), request.headers())?;
    Ok(next.run(request).await)
}

/// Answer one call of the protocol.
async fn call(State(app): State<Arc<App>>, request: Request) -> Result<Response, Refusal> {
    let deadline = Instant::now() + app.limits.answer_within;
    let operation = protocol::operation(request.headers())?;
    let region = protocol::signed_region(request.headers()).map(str::to_owned);
    let body = timeout_at(deadline, Bytes::from_request(request, &()))
        .await
        .map_err(|_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "RequestTimeoutException", "the body came too slowly"))?
        .map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
                format!("the body is larger than {} bytes", app.limits.body),
            ),
            _ => Refusal::new(StatusCode::BAD_REQUEST, "SerializationException", "the body could not be read"),
        })?;
    let call = Call { operation, input: protocol::read(operation, &body)?, region };
    let source = Arc::clone(&app.source);
    let answer = timeout_at(deadline, app.pool.run(move |reader| guarded(|| source.answer(reader, &call))))
        .await
        .map_err(|_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "the answer took too long"))?;
    Ok(json(StatusCode::OK, answer?))
}

/// Whether the snapshot can be found now.
async fn health(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let source = Arc::clone(&app.source);
    let found = app.pool.run(move |reader| {
        guarded(|| {
            reader.snapshot(&source.reference)?;
            Ok(Vec::new())
        })
    });
    match tokio::time::timeout(app.limits.answer_within, found).await {
        Ok(Ok(_)) => (StatusCode::OK, "ok\n".to_owned()),
        Ok(Err(error)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", error.message)),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy\n".to_owned()),
    }
}

/// Do `work`; a panic in it is a failure of this request alone. The pool opens the database again after it, so
/// nothing of the state in which the panic left the reader is used again.
fn guarded(work: impl FnOnce() -> Result<Vec<u8>, ServiceError>) -> Result<Vec<u8>, ServiceError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "the request failed by a fault of the server, which wrote it to its standard error";
        Err(ServiceError::new(ErrorCode::Server, message))
    })
}

/// The figures of the snapshot for Prometheus.
async fn metrics(State(app): State<Arc<App>>) -> Response {
    let (source, metrics) = (Arc::clone(&app.source), Arc::clone(&app.metrics));
    let text = app
        .pool
        .run(move |reader| reader.at_one_moment(|| metrics.of(reader, &reader.snapshot(&source.reference)?))?);
    match tokio::time::timeout(app.limits.answer_within, text).await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, OPENMETRICS_MEDIA_TYPE)], text).into_response(),
        Ok(Err(error)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", error.message)).into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy\n").into_response(),
    }
}

impl Source {
    /// Look the snapshot up and answer from it.
    fn answer(&self, reader: &Reader, call: &Call) -> Result<Vec<u8>, ServiceError> {
        reader.at_one_moment(|| self.answer_now(reader, call))?
    }

    fn answer_now(&self, reader: &Reader, call: &Call) -> Result<Vec<u8>, ServiceError> {
        let snapshot = reader.snapshot(&self.reference)?;
        let region = self.region.as_ref().or(call.region.as_ref()).cloned();
        let mut service = SnapshotEcr::new(reader, snapshot, region);
        let mut body = AnswerBody::new(call.operation);
        let next_token = (call.operation.answer)(&mut service, &call.input, &mut |row| body.add(&row))?;
        Ok(body.finish(next_token))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        json(self.status, self.to_body())
    }
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response()
}

/// Give the response its request id, in the form of a random UUID.
async fn identify(State(app): State<Arc<App>>, mut response: Response) -> Response {
    let number = app.requests.fetch_add(1, Ordering::Relaxed);
    let hash = blake3::keyed_hash(app.run.as_bytes(), &number.to_le_bytes()).to_hex();
    let id = format!("{}-{}-4{}-8{}-{}", &hash[..8], &hash[8..12], &hash[12..15], &hash[15..18], &hash[18..30]);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-amzn-requestid", value);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::super::pool::Pool;
    use super::{Limits, guarded, router};
    use crate::serve::Options;
    use crate::service::ErrorCode;

    /// Status, allowed methods and the body of a request that never gets to the store: there is none.
    fn ask(request: Request<Body>, allow_remote: bool) -> (u16, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("none.db");
        let pool = Pool::start(&db, 1).unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        let options = Options { db, listen, snapshot: None, region: None, allow_remote };
        let router = router(pool, &options, Limits::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let response = router.oneshot(request).await.unwrap();
            let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(header("x-amzn-requestid").unwrap().len(), 36);
            let (status, allow) = (response.status().as_u16(), header("allow").unwrap_or_default());
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            (status, allow, String::from_utf8(body.to_vec()).unwrap())
        })
    }

    #[test]
    fn what_is_no_call_is_refused_in_the_protocols_own_form() {
        let request = |method: &str, path: &str, body: Body| {
            Request::builder()
                .method(method)
                .uri(path)
                .header("content-type", "application/x-amz-json-1.1")
                .header("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.ListImages")
                .body(body)
                .unwrap()
        };
        let large = || Body::from(vec![b' '; Limits::default().body + 1]);
        let cases = [
            (request("GET", "/", Body::empty()), 405, "POST", "MethodNotAllowedException"),
            (request("POST", "/v2/", Body::empty()), 404, "", "UnknownOperationException"),
            (request("POST", "/", large()), 413, "", "RequestEntityTooLargeException"),
            (request("POST", "/", Body::from("{")), 400, "", "SerializationException"),
            (request("POST", "/", Body::from("{}")), 500, "", "ServerException"),
            (request("GET", "/healthz", Body::empty()), 503, "", "no such database"),
            (request("GET", "/metrics", Body::empty()), 503, "", "no such database"),
            (request("POST", "/metrics", Body::empty()), 405, "GET,HEAD", "MethodNotAllowedException"),
        ];
        for (request, status, allow, text) in cases {
            let name = format!("{} {}", request.method(), request.uri());
            let (found, allowed, body) = ask(request, false);
            assert_eq!((found, allowed.as_str()), (status, allow), "{name}: {body}");
            assert!(body.contains(text), "{name}: {body}");
        }
    }

    /// A name that is not this machine's is refused on every path, in the header and in the request's target;
    /// a server that others may reach answers to any.
    #[test]
    fn a_foreign_host_is_refused() {
        let health = |uri: &str, host: Option<&str>| {
            let request = Request::builder().uri(uri);
            host.map_or(Request::builder().uri(uri), |host| request.header("host", host)).body(Body::empty()).unwrap()
        };
        for (uri, host, passes) in [
            ("/healthz", None, true),
            ("/healthz", Some("localhost:8080"), true),
            ("http://127.0.0.1:80/healthz", Some("127.0.0.1"), true),
            ("/healthz", Some("evil.example"), false),
            ("/", Some("evil.example:80"), false),
            ("/none", Some("evil.example"), false),
            ("http://evil.example/healthz", Some("localhost"), false),
        ] {
            let (status, _, body) = ask(health(uri, host), false);
            assert_eq!(status != 421, passes, "{uri} {host:?}: {body}");
            assert_eq!(body.contains("--allow-remote"), !passes, "{uri} {host:?}: {body}");
            assert_ne!(ask(health(uri, host), true).0, 421);
        }
    }

    #[test]
    fn a_panic_is_an_error_of_its_request() {
        let error = guarded(|| panic!("a fault, for a test")).unwrap_err();
        assert_eq!(error.code, ErrorCode::Server);
        assert_eq!(guarded(|| Ok(vec![1])), Ok(vec![1]));
    }
}
