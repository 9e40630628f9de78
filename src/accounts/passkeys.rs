//! Passkeys: signing in with a key that a person's own device or password manager holds. The conversation of questions and
//! answers, by the `webauthn-rs` library; the keys themselves never come here, only their public halves.
//!
//! What must always hold: an answer counts once, for the browser that was asked, within ten minutes; the device has checked
//! that it is its owner; a key made here works here alone (the browser sees to it by our domain). Who only looks at the sign-in
//! page has nothing stored for him: that question stands in its form under a seal, and is noted once it is answered.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;
use webauthn_rs::prelude::{
    CreationChallengeResponse, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    RequestChallengeResponse, Webauthn, WebauthnBuilder, WebauthnError,
};

use crate::base::ids::PersonId;
use crate::base::secret::{self, Secret};

/// How long a device may take to answer.
pub const FLOW_LASTS: Duration = Duration::minutes(10);
/// The most keys of one person.
pub const MOST: usize = 20;

/// A question to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What the browser's script hands to the device, as JSON.
    pub options: String,
    /// What the answer is checked against, as JSON; stays on the server, or goes out under a seal.
    pub state: String,
}

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// By what it is found again.
    pub credential_id: String,
    /// Its public half, as JSON.
    pub credential: String,
}

/// An answer whose key has to be looked up.
pub struct Answer {
    credential: PublicKeyCredential,
    /// The person whom the key names; believed only together with the stored key.
    pub person: PersonId,
    /// Which key.
    pub credential_id: String,
}

/// Why it did not work. The words are for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The script did not run, or the person said no.
    #[error("Your device gave no answer. Try again, and follow what it asks")]
    NoAnswer,
    /// Too late, another browser's, or used already.
    #[error("This took longer than ten minutes, or has been used. Begin again")]
    Over,
    /// The key is not one of ours, or the answer does not fit the question.
    #[error("This passkey does not belong to anybody here. Sign in with a link by e-mail instead")]
    NotOurs,
    /// The device made a key that cannot be taken.
    #[error("That passkey could not be taken. Try again, or choose another place to keep it")]
    NotTaken,
}

/// A question as it stands in a form: when it runs out, its state, and the seal over both for one browser.
#[must_use]
pub fn sealed(seal: &Secret, holder: &Secret, state: &str, expires: DateTime<Utc>) -> String {
    let said = format!("{}.{}", expires.timestamp(), URL_SAFE_NO_PAD.encode(state));
    let over = seal.derive(&format!("passkey {} {said}", holder.hash()));
    format!("{said}.{over}")
}

/// The state in a sealed question and when it runs out. `None` when we have not sealed it for this browser, or it is too late.
#[must_use]
pub fn opened(seal: &Secret, holder: &Secret, sealed_one: &str, now: DateTime<Utc>) -> Option<(String, DateTime<Utc>)> {
    let (said, _) = sealed_one.rsplit_once('.')?;
    let (expires, state) = said.split_once('.')?;
    let state = String::from_utf8(URL_SAFE_NO_PAD.decode(state).ok()?).ok()?;
    let expires = DateTime::from_timestamp(expires.parse().ok()?, 0)?;
    let ours = secret::same(&sealed(seal, holder, &state, expires), sealed_one);
    (ours && now < expires).then_some((state, expires))
}

/// The questions of one site, under one domain.
pub struct Passkeys(Option<Webauthn>);

impl Passkeys {
    /// For the public address. A bare number for an address has no passkeys: browsers tie a key to a domain.
    #[must_use]
    pub fn at(public_url: &url::Url) -> Self {
        let built = public_url.domain().and_then(|domain| WebauthnBuilder::new(domain, public_url).ok()?.rp_name("Boxrota").build().ok());
        Self(built)
    }

    /// Whether they can be used here.
    #[must_use]
    pub fn on(&self) -> bool {
        self.0.is_some()
    }

    /// Asks a device to make a key for a person. `known` are the ids of the keys there are, so that a device makes no second one.
    ///
    /// # Errors
    /// When they cannot be used here.
    pub fn ask_to_make(&self, person: PersonId, address: &str, name: &str, known: &[String]) -> Result<Question, Refusal> {
        let webauthn = self.0.as_ref().ok_or(Refusal::NotTaken)?;
        let known = known.iter().filter_map(|id| URL_SAFE_NO_PAD.decode(id).ok()).collect();
        let asked: Result<(CreationChallengeResponse, PasskeyRegistration), WebauthnError> =
            webauthn.start_passkey_registration(handle(person), address, name, Some(known));
        let (challenge, state) = asked.map_err(|_| Refusal::NotTaken)?;
        let mut options = json(&challenge, Refusal::NotTaken)?;
        // Only a key that the device finds by our domain alone signs somebody in who has typed nothing.
        options["publicKey"]["authenticatorSelection"]["residentKey"] = "required".into();
        options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = true.into();
        question(&options["publicKey"], &state, Refusal::NotTaken)
    }

    /// Takes the key that a device has made.
    ///
    /// # Errors
    /// When the answer does not fit the question.
    pub fn take(&self, answer: &str, state: &str) -> Result<Key, Refusal> {
        let webauthn = self.0.as_ref().ok_or(Refusal::NotTaken)?;
        let answer: RegisterPublicKeyCredential = read(answer)?;
        let state: PasskeyRegistration = serde_json::from_str(state).map_err(|_| Refusal::Over)?;
        let key = webauthn.finish_passkey_registration(&answer, &state).map_err(|_| Refusal::NotTaken)?;
        let credential_id = URL_SAFE_NO_PAD.encode(key.cred_id());
        Ok(Key { credential_id, credential: serde_json::to_string(&key).map_err(|_| Refusal::NotTaken)? })
    }

    /// Asks a device who is there.
    ///
    /// # Errors
    /// When they cannot be used here.
    pub fn ask_who(&self) -> Result<Question, Refusal> {
        let webauthn = self.0.as_ref().ok_or(Refusal::NotOurs)?;
        let asked: Result<(RequestChallengeResponse, DiscoverableAuthentication), WebauthnError> =
            webauthn.start_discoverable_authentication();
        let (challenge, state) = asked.map_err(|_| Refusal::NotOurs)?;
        question(&json(&challenge, Refusal::NotOurs)?["publicKey"], &state, Refusal::NotOurs)
    }

    /// Which key an answer is of.
    ///
    /// # Errors
    /// When there is no answer that can be read.
    pub fn whose(&self, answer: &str) -> Result<Answer, Refusal> {
        let webauthn = self.0.as_ref().ok_or(Refusal::NotOurs)?;
        let credential: PublicKeyCredential = read(answer)?;
        let (person, id) = webauthn.identify_discoverable_authentication(&credential).map_err(|_| Refusal::NotOurs)?;
        let person = PersonId(i64::try_from(person.as_u128()).map_err(|_| Refusal::NotOurs)?);
        let credential_id = URL_SAFE_NO_PAD.encode(id);
        Ok(Answer { credential, person, credential_id })
    }

    /// Checks an answer against its question and the stored key; gives the key as it is to be stored from now on, when its
    /// counter has moved.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn believe(&self, answer: &Answer, state: &str, credential: &str) -> Result<Option<String>, Refusal> {
        let webauthn = self.0.as_ref().ok_or(Refusal::NotOurs)?;
        let state: DiscoverableAuthentication = serde_json::from_str(state).map_err(|_| Refusal::Over)?;
        let mut key: Passkey = serde_json::from_str(credential).map_err(|_| Refusal::NotOurs)?;
        let result = webauthn.finish_discoverable_authentication_v2(&answer.credential, state, &key).map_err(|_| Refusal::NotOurs)?;
        match key.update_credential(&result) {
            Some(true) => serde_json::to_string(&key).map(Some).map_err(|_| Refusal::NotOurs),
            Some(false) => Ok(None),
            None => Err(Refusal::NotOurs),
        }
    }
}

/// How a device knows a person: by the number, and by nothing that is anybody's name.
fn handle(person: PersonId) -> Uuid {
    Uuid::from_u128(u128::from(person.0.cast_unsigned()))
}

fn read<T: serde::de::DeserializeOwned>(answer: &str) -> Result<T, Refusal> {
    if answer.is_empty() {
        return Err(Refusal::NoAnswer);
    }
    serde_json::from_str(answer).map_err(|_| Refusal::NotOurs)
}

fn json(value: &impl serde::Serialize, otherwise: Refusal) -> Result<serde_json::Value, Refusal> {
    serde_json::to_value(value).map_err(|_| otherwise)
}

fn question(options: &serde_json::Value, state: &impl serde::Serialize, otherwise: Refusal) -> Result<Question, Refusal> {
    Ok(Question { options: options.to_string(), state: serde_json::to_string(state).map_err(|_| otherwise)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Passkeys {
        Passkeys::at(&address.parse().expect("a URL"))
    }

    #[test]
    fn they_need_a_domain() {
        assert!(at("https://boxes.example").on() && at("http://localhost:8080").on());
        assert!(!at("http://127.0.0.1:8080").on());
        assert_eq!(at("http://127.0.0.1:8080").ask_who(), Err(Refusal::NotOurs));
    }

    #[test]
    fn a_question_says_what_a_device_needs_and_no_secret_of_ours() {
        let keys = at("https://boxes.example");
        let person = PersonId(7);
        let question = keys.ask_to_make(person, "lead@saxton.example", "Science lead", &["AAEC".into()]).expect("a question");
        let options: serde_json::Value = serde_json::from_str(&question.options).expect("JSON");
        assert_eq!(options["rp"]["id"], "boxes.example");
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(options["excludeCredentials"][0]["id"], "AAEC");
        assert_ne!(keys.ask_who().expect("a question").options, keys.ask_who().expect("a question").options, "each has its own challenge");
    }

    #[test]
    fn a_seal_is_ours_for_one_browser_and_ten_minutes() {
        let (seal, holder, now) = (Secret::fresh(), Secret::fresh(), DateTime::from_timestamp(1_795_424_400, 0).unwrap());
        let expires = now + FLOW_LASTS;
        let form = sealed(&seal, &holder, "{\"challenge\":1}", expires);
        assert_eq!(opened(&seal, &holder, &form, now), Some(("{\"challenge\":1}".to_owned(), expires)));
        assert_eq!(opened(&seal, &holder, &form, expires), None, "too late");
        assert_eq!(opened(&seal, &Secret::fresh(), &form, now), None, "another browser");
        assert_eq!(opened(&Secret::fresh(), &holder, &form, now), None, "another house");
        let later = form.replacen(&expires.timestamp().to_string(), &(expires.timestamp() + 60).to_string(), 1);
        let other = sealed(&Secret::fresh(), &holder, "{\"challenge\":2}", expires);
        for forged in [later.as_str(), &other, "", "1.2.3", "..", &form[..form.len() - 1], &format!("{form}=")] {
            assert_eq!(opened(&seal, &holder, forged, now), None, "{forged}");
        }
    }

    #[test]
    fn no_answer_and_nonsense_are_refused() {
        let keys = at("https://boxes.example");
        let question = keys.ask_to_make(PersonId(7), "lead@saxton.example", "Science lead", &[]).expect("a question");
        assert_eq!(keys.take("", &question.state), Err(Refusal::NoAnswer));
        assert_eq!(keys.take("{}", &question.state), Err(Refusal::NotOurs));
        assert!(matches!(keys.whose("[]"), Err(Refusal::NotOurs)));
    }
}
