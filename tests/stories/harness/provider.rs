//! Another house that signs people in, on this machine: an `OpenID` Connect provider that can be made to lie.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::{HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boxrota::accounts::identity::Provider;
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A key that signs for tests alone.
const KEY: &str = include_str!("provider.pem");

/// What the house says of somebody, and how it lies.
#[derive(Clone)]
pub struct Says {
    /// The claims that differ from an honest token's, put in last.
    pub claims: Value,
    /// Whether the signature is spoiled.
    pub spoiled: bool,
}

impl Says {
    /// An honest token for an address that is verified.
    pub fn of(subject: &str, email: &str) -> Self {
        Self { claims: json!({ "sub": subject, "email": email, "email_verified": true }), spoiled: false }
    }

    /// With a claim of another value.
    pub fn with(mut self, claim: &str, value: Value) -> Self {
        self.claims[claim] = value;
        self
    }
}

/// Per code: what proves who asked, the nonce, what it says, and when.
type Codes = Mutex<HashMap<String, (String, String, Says, DateTime<Utc>)>>;

/// The running provider.
pub struct OtherHouse {
    /// Its address.
    pub issuer: String,
    codes: Arc<Codes>,
}

impl OtherHouse {
    /// Starts it.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let codes: Arc<Codes> = Arc::default();
        let state = web::Data::from(codes.clone());
        let own = issuer.clone();
        let server = HttpServer::new(move || {
            let (own, keys) = (own.clone(), own.clone());
            let metadata = json!({
                "issuer": own, "authorization_endpoint": format!("{own}/authorize"), "token_endpoint": format!("{own}/token"),
                "jwks_uri": format!("{own}/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            });
            actix_web::App::new()
                .app_data(state.clone())
                .app_data(web::Data::new(keys))
                .route(
                    "/.well-known/openid-configuration",
                    web::get().to(move || std::future::ready(HttpResponse::Ok().json(metadata.clone()))),
                )
                .route(
                    "/keys",
                    web::get().to(|| async { HttpResponse::Ok().json(CoreJsonWebKeySet::new(vec![key().as_verification_key()])) }),
                )
                .route("/token", web::post().to(token))
        });
        actix_web::rt::spawn(server.workers(1).listen(listener).expect("a server").run());
        Self { issuer, codes }
    }

    /// As Boxrota's configuration has it.
    pub fn provider(&self) -> Provider {
        Provider {
            key: "other",
            name: "the Trust".into(),
            issuer: self.issuer.clone(),
            client_id: "boxrota".into(),
            client_secret: "s3cret".into(),
        }
    }

    /// Somebody says yes on the provider's page, whose address this is: the query with which the browser is sent back.
    pub fn says_yes(&self, page: &str, says: Says, now: DateTime<Utc>) -> String {
        let url = url::Url::parse(page).expect("an address");
        assert!(page.starts_with(&format!("{}/authorize?", self.issuer)), "{page}");
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["code_challenge_method"], "S256");
        assert_eq!((asked["client_id"].as_str(), asked["response_type"].as_str()), ("boxrota", "code"));
        let code = format!("code{:016x}", rand::random::<u64>());
        let kept = (asked["code_challenge"].clone(), asked["nonce"].clone(), says, now);
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).insert(code.clone(), kept);
        format!("?code={code}&state={}", asked["state"])
    }
}

fn key() -> CoreRsaPrivateSigningKey {
    CoreRsaPrivateSigningKey::from_pem(KEY, Some(JsonWebKeyId::new("test".into()))).expect("a key")
}

async fn token(codes: web::Data<Codes>, issuer: web::Data<String>, form: web::Form<HashMap<String, String>>) -> HttpResponse {
    // A code is good once, and for whoever can show what the challenge was made from.
    let code = codes.lock().unwrap_or_else(PoisonError::into_inner).remove(form.get("code").map_or("", String::as_str));
    let verifier = form.get("code_verifier").map_or("", String::as_str);
    let Some((challenge, nonce, says, now)) = code else { return refused() };
    if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != challenge {
        return refused();
    }
    let mut claims = json!({
        "iss": issuer.as_str(), "aud": ["boxrota"], "nonce": nonce,
        "iat": now.timestamp(), "exp": (now + TimeDelta::minutes(5)).timestamp(),
    });
    for (name, value) in says.claims.as_object().expect("claims") {
        claims[name] = value.clone();
    }
    let head = json!({ "alg": "RS256", "typ": "JWT", "kid": "test" });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&head), part(&claims));
    let mut signature = key().sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, signed.as_bytes()).expect("a signature");
    if says.spoiled {
        signature[0] ^= 1;
    }
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    HttpResponse::Ok().json(json!({ "access_token": "none", "token_type": "Bearer", "id_token": token }))
}

fn refused() -> HttpResponse {
    HttpResponse::BadRequest().json(json!({ "error": "invalid_grant" }))
}
