//! Signing in by way of a provider: `OpenID` Connect with Google, with the Microsoft tenant of a trust, or with any provider
//! that an operator names. The conversation, and what of its outcome may be believed.
//!
//! What must always hold: an answer counts once, for the browser that asked, within ten minutes; the token is signed by the
//! issuer, meant for us and for this very question (audience, nonce); an identity is tied to a person only by an address of
//! which the provider itself says that it is verified. Microsoft says so in a claim of its own, `xms_edov`.

use std::collections::HashMap;
use std::time::Duration as Wait;

use chrono::{DateTime, Duration, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::base::EmailAddress;

/// How long somebody may take at the provider's.
pub const FLOW_LASTS: Duration = Duration::minutes(10);
/// How long what a provider says of itself (addresses, keys) is taken for true.
const METADATA_LASTS: Duration = Duration::hours(1);
/// A provider must answer within this time.
const PATIENCE: Wait = Wait::from_secs(10);

/// A provider through which people may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its part of our addresses: `google`.
    pub key: &'static str,
    /// What a button calls it.
    pub name: String,
    /// Where it says what it is: the issuer's address, to which `/.well-known/openid-configuration` is added.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: String,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("key", &self.key).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// A question on its way: where to send the browser, and what to keep until it is back.
pub struct Departure {
    /// The provider's page.
    pub url: String,
    /// What the answer must repeat.
    pub state: String,
    /// What the token must repeat.
    pub nonce: String,
    /// What proves, with the code, that we asked.
    pub verifier: String,
}

/// Who the provider says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The issuer, as its token names it.
    pub issuer: String,
    /// The person there; never changes.
    pub subject: String,
    /// The address, when the provider says that it is verified.
    pub verified: Option<EmailAddress>,
}

/// Why it did not come to a sign-in.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The provider cannot be reached, or answers nonsense. The words are for the log.
    #[error("the provider {0}")]
    Unreachable(String),
    /// Its answer is not one to believe. The words are for the log.
    #[error("the provider's answer is not believed: {0}")]
    NotBelieved(String),
}

/// What Microsoft adds: whether the owner of the address's domain has been verified. True, 1 or "1".
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Edov {
    #[serde(default)]
    xms_edov: Option<serde_json::Value>,
}

impl AdditionalClaims for Edov {}

impl Edov {
    fn verified(&self) -> bool {
        match &self.xms_edov {
            Some(serde_json::Value::Bool(yes)) => *yes,
            Some(serde_json::Value::Number(number)) => number.as_i64() == Some(1),
            Some(serde_json::Value::String(text)) => ["1", "true"].contains(&text.as_str()),
            _ => false,
        }
    }
}

type Fields = IdTokenFields<Edov, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Desk = Client<
    Edov,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The providers, with what they have said of themselves.
#[derive(Default)]
pub struct OpenId {
    http: std::sync::OnceLock<reqwest::Client>,
    said: Mutex<HashMap<&'static str, (DateTime<Utc>, CoreProviderMetadata)>>,
}

impl OpenId {
    /// Begins a sign-in. `back` is our own address to which the provider sends the browser.
    ///
    /// # Errors
    /// When the provider cannot be asked.
    pub async fn depart(&self, provider: &Provider, back: &str, now: DateTime<Utc>) -> Result<Departure, Fault> {
        let desk = self.desk(provider, back, now).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = desk
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".into()))
            .add_scope(Scope::new("profile".into()))
            .set_pkce_challenge(challenge)
            .url();
        Ok(Departure { url: url.into(), state: state.into_secret(), nonce: nonce.secret().clone(), verifier: verifier.into_secret() })
    }

    /// Ends a sign-in: exchanges the code for a token and reads what of it may be believed.
    ///
    /// # Errors
    /// When the provider cannot be asked, or its answer is not to be believed.
    pub async fn arrive(
        &self,
        provider: &Provider,
        back: &str,
        (code, verifier, nonce): (String, String, String),
        now: DateTime<Utc>,
    ) -> Result<Known, Fault> {
        let desk = self.desk(provider, back, now).await?;
        let ask = |request| self.ask(request);
        let answer = desk
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|fault| Fault::Unreachable(format!("names no address for tokens: {fault}")))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&ask)
            .await
            .map_err(|fault| Fault::NotBelieved(format!("the code was not exchanged: {fault}")))?;
        let token = answer.id_token().ok_or_else(|| Fault::NotBelieved("it has no identity".into()))?;
        let check = desk.id_token_verifier().set_time_fn(move || now);
        let claims = token.claims(&check, &Nonce::new(nonce)).map_err(|fault| Fault::NotBelieved(fault.to_string()))?;
        let verified = claims.email_verified() == Some(true) || claims.additional_claims().verified();
        let address = claims.email().filter(|_| verified).and_then(|address| address.parse().ok());
        Ok(Known { issuer: claims.issuer().as_str().to_owned(), subject: claims.subject().as_str().to_owned(), verified: address })
    }

    async fn desk(&self, provider: &Provider, back: &str, now: DateTime<Utc>) -> Result<Desk, Fault> {
        let mut said = self.said.lock().await;
        let fresh = said.get(provider.key).filter(|(at, _)| (Duration::zero()..METADATA_LASTS).contains(&(now - *at)));
        let metadata = if let Some((_, metadata)) = fresh {
            metadata.clone()
        } else {
            let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|fault| Fault::Unreachable(fault.to_string()))?;
            let ask = |request| self.ask(request);
            let metadata = CoreProviderMetadata::discover_async(issuer, &ask)
                .await
                .map_err(|fault| Fault::Unreachable(format!("does not say what it is: {fault}")))?;
            said.insert(provider.key, (now, metadata.clone()));
            metadata
        };
        let back = RedirectUrl::new(back.to_owned()).map_err(|fault| Fault::Unreachable(fault.to_string()))?;
        Ok(Client::from_provider_metadata(
            metadata,
            ClientId::new(provider.client_id.clone()),
            Some(ClientSecret::new(provider.client_secret.clone())),
        )
        .set_redirect_uri(back))
    }

    /// One question over HTTP. Never follows a redirect: the answer could be led elsewhere.
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
        let client = match self.http.get() {
            Some(client) => client.clone(),
            None => self.http.get_or_init(client).clone(),
        };
        let request = reqwest::Request::try_from(request).map_err(|fault| Unanswered(fault.to_string()))?;
        let answer = client.execute(request).await.map_err(|fault| Unanswered(fault.without_url().to_string()))?;
        let mut response = HttpResponse::new(Vec::new());
        *response.status_mut() = answer.status();
        answer.headers().clone_into(response.headers_mut());
        *response.body_mut() = answer.bytes().await.map_err(|fault| Unanswered(fault.without_url().to_string()))?.to_vec();
        Ok(response)
    }
}

fn client() -> reqwest::Client {
    // The one that the mail library brings as well; a second call changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let built = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build();
    built.unwrap_or_else(|fault| {
        tracing::error!(%fault, "no certificates to trust were found; signing in through a provider will fail");
        reqwest::Client::new()
    })
}

/// A question that got no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unanswered(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microsofts_word_for_verified_is_read_in_all_its_forms() {
        let edov = |value| Edov { xms_edov: value }.verified();
        for yes in [serde_json::json!(true), serde_json::json!(1), serde_json::json!("1"), serde_json::json!("true")] {
            assert!(edov(Some(yes)));
        }
        for no in [serde_json::json!(false), serde_json::json!(0), serde_json::json!("0"), serde_json::json!(null), serde_json::json!({})] {
            assert!(!edov(Some(no)));
        }
        assert!(!edov(None));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let provider = Provider {
            key: "google",
            name: "Google".into(),
            issuer: "https://accounts.google.com".into(),
            client_id: "us".into(),
            client_secret: "s3cret".into(),
        };
        assert!(!format!("{provider:?}").contains("s3cret"));
    }
}
