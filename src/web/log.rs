//! What the log says of a request: the route's pattern and never the address itself, whose path may be a secret (a sign-in
//! link, a private calendar) or whose query may name a class.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

/// Names a request's span.
pub struct Requests;

impl RootSpanBuilder for Requests {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = request.match_pattern().unwrap_or_else(|| "(no route)".into());
        tracing::info_span!("request", method = %request.method(), route, status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        match outcome {
            Ok(answer) => {
                span.record("status", answer.status().as_u16());
                let _in = span.enter();
                tracing::debug!("answered");
            }
            Err(fault) => {
                let _in = span.enter();
                tracing::error!(%fault, "a request broke off");
            }
        }
    }
}
