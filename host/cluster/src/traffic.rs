//! Every request that was sent to the API server, counted as client-go counts them: by method and by the
//! status code of the answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use tower::{Layer, Service};

/// What is counted instead of a status code where no answer came.
const NO_ANSWER: &str = "<error>";

/// By method and code; none where no answer came.
type Counts = BTreeMap<(String, Option<u16>), u64>;

/// The counts. A clone shows the same.
#[derive(Clone, Debug, Default)]
pub struct Traffic(Arc<Mutex<Counts>>);

impl Traffic {
    /// Each method and code (`<error>` where no answer came), with how often.
    pub fn counts(&self) -> Vec<((String, String), u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let code = |code: Option<u16>| code.map_or_else(|| NO_ANSWER.to_owned(), |code| code.to_string());
        counts.iter().map(|((method, c), count)| ((method.clone(), code(*c)), *count)).collect()
    }
}

/// Counts the requests of a service.
pub(crate) struct Counting(pub(crate) Traffic);

impl<S> Layer<S> for Counting {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, traffic: self.0.clone() }
    }
}

/// A service whose requests are counted.
#[derive(Clone, Debug)]
pub(crate) struct Counted<S> {
    inner: S,
    traffic: Traffic,
}

impl<S, In, Out> Service<Request<In>> for Counted<S>
where
    S: Service<Request<In>, Response = Response<Out>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<In>) -> Self::Future {
        let sent = Sent { traffic: self.traffic.clone(), method: request.method().clone(), answered: None };
        let answer = self.inner.call(request);
        Box::pin(async move {
            // All of it moves in here, to be dropped when this ends, however it does.
            let mut sent = sent;
            let answer = answer.await;
            sent.answered = answer.as_ref().ok().map(Response::status);
            answer
        })
    }
}

/// A request that is under way. It counts when it ends, also where nobody waited for its answer.
struct Sent {
    traffic: Traffic,
    method: Method,
    answered: Option<StatusCode>,
}

impl Drop for Sent {
    fn drop(&mut self) {
        let mut counts = self.traffic.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((self.method.to_string(), self.answered.map(|code| code.as_u16()))).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use tower::{ServiceBuilder, ServiceExt as _, service_fn};

    use super::*;

    #[tokio::test]
    async fn requests_are_counted_by_method_and_code_also_those_without_an_answer() {
        let traffic = Traffic::default();
        let mut service = ServiceBuilder::new().layer(Counting(traffic.clone())).service(service_fn(
            async |request: Request<u16>| match *request.body() {
                0 => Err("the connection broke"),
                1 => std::future::pending().await,
                code => Ok(Response::builder().status(code).body(()).expect("it is an answer")),
            },
        ));
        for (method, body) in [(Method::GET, 200), (Method::GET, 200), (Method::PATCH, 409), (Method::PATCH, 0)] {
            let request = Request::builder().method(method).body(body).expect("it is a request");
            let _ = service.ready().await.expect("it is always ready").call(request).await;
        }
        drop(service.call(Request::new(1)));
        let counts = traffic.counts();
        let counts: Vec<(&str, &str, u64)> = counts.iter().map(|((m, c), n)| (m.as_str(), c.as_str(), *n)).collect();
        assert_eq!(counts, [("GET", "<error>", 1), ("GET", "200", 2), ("PATCH", "<error>", 1), ("PATCH", "409", 1)]);
    }
}
