//! Requests to calls and answers to responses: routes, bodies, time limits and headers.
//!
//! It knows nothing of sockets; the tests call the router as a function.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::map_response_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::time::{Instant, timeout_at};

use super::metrics::Metrics;
use super::pool::Pool;
use super::protocol::{self, Call, ImagesBody, MEDIA_TYPE, Refusal};
use super::repositories;
use crate::report::OPENMETRICS_MEDIA_TYPE;
use crate::service::{Ecr, ServiceError, SnapshotEcr};
use crate::store::read::Reader;

/// The largest body; 100 image ids with the longest tags are a tenth of it.
const LARGEST_BODY: usize = 1024 * 1024;
/// How long a request may take, from its head to its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// The snapshot that is served where none is named.
const LATEST: &str = "latest";

/// What all requests share.
struct App {
    pool: Pool,
    source: Arc<Source>,
    metrics: Arc<Metrics>,
    /// Distinguishes the request ids of this run from those of others.
    run: blake3::Hash,
    requests: AtomicU64,
}

/// What is answered from.
struct Source {
    reference: String,
    region: Option<String>,
}

/// The routes over a pool of readers.
pub(super) fn router(pool: Pool, snapshot: Option<String>, region: Option<String>) -> Router {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let run = blake3::hash(format!("{} {started:?}", std::process::id()).as_bytes());
    let reference = snapshot.unwrap_or_else(|| LATEST.to_owned());
    let source = Arc::new(Source { reference, region });
    let app = Arc::new(App { pool, source, metrics: Arc::default(), run, requests: AtomicU64::new(0) });
    Router::new()
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
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(map_response_with_state(Arc::clone(&app), identify))
        .with_state(app)
}

/// Answer one call of the protocol.
async fn call(State(app): State<Arc<App>>, request: Request) -> Result<Response, Refusal> {
    let deadline = Instant::now() + ANSWER_WITHIN;
    let operation = protocol::operation(request.headers())?;
    let body = timeout_at(deadline, Bytes::from_request(request, &()))
        .await
        .map_err(|_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "RequestTimeoutException", "the body came too slowly"))?
        .map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
                format!("the body is larger than {LARGEST_BODY} bytes"),
            ),
            _ => Refusal::new(StatusCode::BAD_REQUEST, "SerializationException", "the body could not be read"),
        })?;
    let call = protocol::read(operation, &body)?;
    let source = Arc::clone(&app.source);
    let answer = timeout_at(deadline, app.pool.run(move |reader| source.answer(reader, &call)))
        .await
        .map_err(|_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "the answer took too long"))?;
    Ok(json(StatusCode::OK, answer?))
}

/// Whether the snapshot can be found now.
async fn health(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let source = Arc::clone(&app.source);
    let found = app.pool.run(move |reader| {
        reader.snapshot(&source.reference)?;
        Ok(Vec::new())
    });
    match tokio::time::timeout(ANSWER_WITHIN, found).await {
        Ok(Ok(_)) => (StatusCode::OK, "ok\n".to_owned()),
        Ok(Err(error)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", error.message)),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy\n".to_owned()),
    }
}

/// The figures of the snapshot for Prometheus.
async fn metrics(State(app): State<Arc<App>>) -> Response {
    let (source, metrics) = (Arc::clone(&app.source), Arc::clone(&app.metrics));
    let text = app
        .pool
        .run(move |reader| reader.at_one_moment(|| metrics.of(reader, &reader.snapshot(&source.reference)?))?);
    match tokio::time::timeout(ANSWER_WITHIN, text).await {
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
        let region = self.region.as_deref();
        let answer = match call {
            Call::DescribeImages(request) => {
                let mut service = SnapshotEcr::new(reader, snapshot, self.region.clone());
                let mut body = ImagesBody::new();
                let next_token = service.each_image(request, &mut |detail| body.add(&detail))?;
                return Ok(body.finish(next_token));
            }
            Call::ListImages(request) => {
                let mut service = SnapshotEcr::new(reader, snapshot, self.region.clone());
                protocol::list_images(&service.list_images(request)?)
            }
            Call::DescribeRepositories(request) => repositories::describe(reader, &snapshot, region, request)?,
        };
        Ok(protocol::body(&answer))
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
    use super::{LARGEST_BODY, router};

    /// Status, allowed methods and the body of a request that never gets to the store: there is none.
    fn ask(request: Request<Body>) -> (u16, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let router = router(Pool::start(&folder.path().join("none.db"), 1).unwrap(), None, None);
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
        let large = || Body::from(vec![b' '; LARGEST_BODY + 1]);
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
            let (found, allowed, body) = ask(request);
            assert_eq!((found, allowed.as_str()), (status, allow), "{name}: {body}");
            assert!(body.contains(text), "{name}: {body}");
        }
    }
}
