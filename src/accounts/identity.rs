//! Signing in by way of a provider: `OpenID` Connect with Google, with the Microsoft tenant of a trust, or with any provider
//! that an operator names. The conversation, and what of its outcome may be believed.
//!
//! Who only sets out has nothing stored for him: the question goes along in the state that the provider brings back, under a seal of the
//! house's, and what else belongs to it is derived from that.
//!
//! What must always hold: an answer counts once, for the browser that asked, within ten minutes; the token is signed by the
//! issuer, meant for us and for this very question (audience, nonce); an identity is tied to a person only by an address of
//! which the provider itself says that it is verified. Microsoft says so in a claim of its own, `xms_edov`.

use std::collections::HashMap;
use std::time::Duration as Wait;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
use crate::base::secret::{self, Secret};

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

/// A question to a provider, and what belongs to it until its answer is back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What the answer must repeat: when it runs out, where to go afterwards, something by chance, and the seal over them for one browser.
    pub state: String,
    /// What the token must repeat.
    pub nonce: String,
    /// What proves, with the code, that we asked.
    pub verifier: String,
    /// Where to go afterwards.
    pub next: String,
    /// When it runs out.
    pub expires: DateTime<Utc>,
}

impl Question {
    /// A new one, for one provider and one browser.
    #[must_use]
    pub fn ask(seal: &Secret, provider: &str, visitor: &Secret, next: &str, expires: DateTime<Utc>) -> Self {
        let said = format!("{}.{}.{}", expires.timestamp(), URL_SAFE_NO_PAD.encode(next), Secret::fresh().reveal());
        let over = seal.derive(&format!("set out to {provider} {} {said}", visitor.hash()));
        Self::of(seal, format!("{said}.{over}"), next.to_owned(), expires)
    }

    /// The one with this state. `None` when we have not asked it of this provider for this browser, or it is too late.
    #[must_use]
    pub fn asked(seal: &Secret, provider: &str, visitor: &Secret, state: &str, now: DateTime<Utc>) -> Option<Self> {
        let (said, over) = state.rsplit_once('.')?;
        if !secret::same(&seal.derive(&format!("set out to {provider} {} {said}", visitor.hash())), over) {
            return None;
        }
        let mut parts = said.split('.');
        let expires = DateTime::from_timestamp(parts.next()?.parse().ok()?, 0)?;
        let next = String::from_utf8(URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok()?;
        (now < expires).then(|| Self::of(seal, state.to_owned(), next, expires))
    }

    fn of(seal: &Secret, state: String, next: String, expires: DateTime<Utc>) -> Self {
        let derived = |what: &str| seal.derive(&format!("{what} of {state}"));
        Self {
            nonce: derived("nonce"),
            verifier: format!("{}{}", derived("verifier"), derived("rest of the verifier")),
            state,
            next,
            expires,
        }
    }
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
    /// Begins a sign-in: the provider's page to which the question is put. `back` is our own address to which it sends the browser.
    ///
    /// # Errors
    /// When the provider cannot be asked.
    pub async fn depart(&self, provider: &Provider, back: &str, question: &Question, now: DateTime<Utc>) -> Result<String, Fault> {
        let desk = self.desk(provider, back, now).await?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(question.verifier.clone()));
        let (state, nonce) = (CsrfToken::new(question.state.clone()), Nonce::new(question.nonce.clone()));
        let (url, ..) = desk
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
            .add_scope(Scope::new("email".into()))
            .add_scope(Scope::new("profile".into()))
            .set_pkce_challenge(challenge)
            .url();
        Ok(url.into())
    }

    /// Ends a sign-in: exchanges the code for a token and reads what of it may be believed.
    ///
    /// # Errors
    /// When the provider cannot be asked, or its answer is not to be believed.
    pub async fn arrive(
        &self,
        provider: &Provider,
        back: &str,
        (code, question): (String, Question),
        now: DateTime<Utc>,
    ) -> Result<Known, Fault> {
        let desk = self.desk(provider, back, now).await?;
        let ask = |request| self.ask(request);
        let answer = desk
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|fault| Fault::Unreachable(format!("names no address for tokens: {fault}")))?
            .set_pkce_verifier(PkceCodeVerifier::new(question.verifier))
            .request_async(&ask)
            .await
            .map_err(|fault| Fault::NotBelieved(format!("the code was not exchanged: {fault}")))?;
        let token = answer.id_token().ok_or_else(|| Fault::NotBelieved("it has no identity".into()))?;
        let check = desk.id_token_verifier().set_time_fn(move || now);
        let claims = token.claims(&check, &Nonce::new(question.nonce)).map_err(|fault| Fault::NotBelieved(fault.to_string()))?;
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
    fn a_question_is_ours_for_one_provider_one_browser_and_ten_minutes() {
        let (seal, visitor, now) = (Secret::fresh(), Secret::fresh(), DateTime::from_timestamp(1_795_424_400, 0).unwrap());
        let expires = now + FLOW_LASTS;
        let ask = || Question::ask(&seal, "google", &visitor, "/c/ashdale/boxes?q=\u{e9}", expires);
        let question = ask();
        let asked = Question::asked;
        assert_eq!(asked(&seal, "google", &visitor, &question.state, now), Some(question.clone()));
        assert_eq!(asked(&seal, "google", &visitor, &question.state, expires), None, "too late");
        assert_eq!(asked(&seal, "other", &visitor, &question.state, now), None, "another provider");
        assert_eq!(asked(&seal, "google", &Secret::fresh(), &question.state, now), None, "another browser");
        assert_eq!(asked(&Secret::fresh(), "google", &visitor, &question.state, now), None, "another house");
        let later = question.state.replacen(&expires.timestamp().to_string(), &(expires.timestamp() + 60).to_string(), 1);
        for forged in [later.as_str(), "", ".", "1.2.3.4", &question.state[1..], &format!("{}0", question.state)] {
            assert_eq!(asked(&seal, "google", &visitor, forged, now), None, "{forged}");
        }
        let other = ask();
        assert!(other.state != question.state && other.nonce != question.nonce && other.verifier != question.verifier);
        // What goes through the browser says nothing of what stays here, and the verifier is as long as it has to be.
        assert!(!question.state.contains(&question.nonce) && !question.state.contains(&question.verifier[..32]));
        assert_eq!(question.verifier.len(), 64);
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
