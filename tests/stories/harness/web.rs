//! A browser without a screen: keeps cookies, reads forms out of pages and sends them with everything that stands in them.

use std::sync::Arc;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::redirect::Policy;
use scraper::{ElementRef, Html, Selector};

/// Somebody with a browser.
#[derive(Clone)]
pub struct Browser {
    client: reqwest::Client,
    jar: Arc<reqwest::cookie::Jar>,
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Page {
    /// The status code.
    pub status: u16,
    /// Headers, as they came.
    pub headers: HeaderMap,
    /// The path and query that it came from.
    pub path: String,
    /// The body.
    pub text: String,
}

/// A form of a page, filled in as the page has it.
#[derive(Debug, Clone)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    /// What it would send.
    pub fields: Vec<(String, String)>,
    /// Every value that each field lets one choose; none for a text.
    choices: Vec<(String, String)>,
    names: Vec<String>,
}

/// A client to be built: the library has no cryptography of its own, and here none is spoken, so no certificate is read.
pub fn client() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tls_certs_only(std::iter::empty())
}

impl Browser {
    /// A new browser without cookies.
    pub fn new(origin: &str) -> Self {
        let jar = Arc::new(reqwest::cookie::Jar::default());
        let client = client()
            .cookie_provider(jar.clone())
            .redirect(Policy::none())
            .timeout(std::time::Duration::from_secs(60))
            // The server ends a connection after five idle seconds; a browser would ask again, this one must not come too late.
            .pool_idle_timeout(std::time::Duration::from_secs(2))
            .build()
            .expect("a client");
        Self { client, jar, origin: origin.to_owned() }
    }

    /// Sets a cookie as a `Set-Cookie` line would.
    pub fn set_cookie(&self, line: &str) {
        self.jar.add_cookie_str(line, &self.origin.parse().expect("a URL"));
    }

    /// Its cookies, as a request's header has them.
    pub fn cookies(&self) -> String {
        use reqwest::cookie::CookieStore;
        let cookies = self.jar.cookies(&self.origin.parse().expect("a URL"));
        cookies.map(|line| line.to_str().expect("text").to_owned()).unwrap_or_default()
    }

    /// Asks for a page; follows nothing.
    pub async fn get(&self, path: &str) -> Page {
        self.get_with(path, &[]).await
    }

    /// Asks for a page with headers of one's own.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        let mut request = self.client.get(format!("{}{path}", self.origin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        page(path, request.send().await.unwrap_or_else(|fault| panic!("{path}: {fault}"))).await
    }

    /// Asks for a page, follows where it sends, and wants a 200.
    pub async fn open(&self, path: &str) -> Page {
        let page = self.get(path).await;
        let page = self.follow(page).await;
        page.is(200)
    }

    /// Asks for the head of a page alone.
    pub async fn head(&self, path: &str) -> Page {
        page(path, self.client.head(format!("{}{path}", self.origin)).send().await.expect("an answer")).await
    }

    /// Sends what a form would send, as a browser does: with `Origin`.
    pub async fn post(&self, path: &str, fields: &[(String, String)]) -> Page {
        let origin = self.origin.clone();
        self.post_with(path, fields, &[("origin", &origin), ("sec-fetch-site", "same-origin")]).await
    }

    /// Sends a form with headers of one's own choice and no others.
    pub async fn post_with(&self, path: &str, fields: &[(String, String)], headers: &[(&str, &str)]) -> Page {
        let mut request = self.client.post(format!("{}{path}", self.origin)).form(fields);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        page(path, request.send().await.expect("an answer")).await
    }

    /// Sends a form in parts, with a file as a browser sends it; the name of the file says nothing.
    pub async fn upload(&self, form: &Form, file: &[u8]) -> Page {
        let mark = "----boxrota-story-7d1f";
        let mut body = Vec::new();
        for (name, value) in &form.fields {
            body.extend(format!("--{mark}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        let head = "Content-Disposition: form-data; name=\"file\"; filename=\"dates\"\r\nContent-Type: application/octet-stream";
        body.extend(format!("--{mark}\r\n{head}\r\n\r\n").into_bytes());
        body.extend(file);
        body.extend(format!("\r\n--{mark}--\r\n").into_bytes());
        let request = self
            .client
            .post(format!("{}{}", self.origin, form.action))
            .header("content-type", format!("multipart/form-data; boundary={mark}"))
            .header("origin", &self.origin)
            .body(body);
        page(&form.action, request.send().await.expect("an answer")).await
    }

    /// Asks for a page of a server that may be gone.
    pub async fn try_get(&self, path: &str) -> Option<Page> {
        let answer = self.client.get(format!("{}{path}", self.origin)).send().await.ok()?;
        try_page(path, answer).await
    }

    /// Sends a form to a server that may be gone; nothing when no whole answer came.
    pub async fn try_post(&self, form: &Form) -> Option<Page> {
        let request = self.client.post(format!("{}{}", self.origin, form.action)).form(&form.fields).header("origin", &self.origin);
        try_page(&form.action, request.send().await.ok()?).await
    }

    /// The same browser, with its cookies, for the same server at another port.
    pub fn moved_to(mut self, origin: &str) -> Self {
        let cookies = self.cookies();
        origin.clone_into(&mut self.origin);
        for cookie in cookies.split("; ") {
            self.set_cookie(cookie);
        }
        self
    }

    /// Presses the form's button.
    pub async fn submit(&self, form: &Form) -> Page {
        if form.method == "get" {
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
            let path = form.action.split('?').next().unwrap_or_default();
            self.get(&format!("{path}?{query}")).await
        } else {
            self.post(&form.action, &form.fields).await
        }
    }

    /// Presses the button, goes where the answer sends, and wants a 200 there.
    pub async fn send(&self, form: &Form) -> Page {
        let answer = self.submit(form).await;
        assert!(
            (300..400).contains(&answer.status),
            "{} answered {} instead of a redirect:\n{}",
            form.action,
            answer.status,
            answer.words()
        );
        self.follow(answer).await.is(200)
    }

    /// Goes where redirects send, ten at most.
    pub async fn follow(&self, mut page: Page) -> Page {
        for _ in 0..10 {
            let Some(to) = page.headers.get(LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned) else { return page };
            page = self.get(to.strip_prefix(&self.origin).unwrap_or(&to)).await;
        }
        panic!("{} sends round and round", page.path);
    }
}

async fn page(path: &str, answer: reqwest::Response) -> Page {
    try_page(path, answer).await.expect("a body")
}

async fn try_page(path: &str, answer: reqwest::Response) -> Option<Page> {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.ok()?;
    Some(Page { status, headers, path: path.to_owned(), text })
}

impl Page {
    /// Wants a status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} says:\n{}", self.path, self.words());
        self
    }

    /// Wants words on the page, as a reader sees them.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        let all = self.words();
        assert!(all.contains(words), "{} does not say {words:?} but:\n{all}", self.path);
        self
    }

    /// Wants words not to be on the page.
    #[track_caller]
    pub fn says_not(self, words: &str) -> Self {
        let all = self.words();
        assert!(!all.contains(words), "{} says {words:?}:\n{all}", self.path);
        self
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The words of the page's main part (of all of it when there is none), white space folded.
    pub fn words(&self) -> String {
        let html = Html::parse_document(&self.text);
        let main = html.select(&selector("main")).next().unwrap_or_else(|| html.root_element());
        main.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The targets of the links whose words contain these.
    pub fn links(&self, words: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        let anchors = selector("main a[href]");
        let links = html.select(&anchors);
        let said = |link: &ElementRef<'_>| link.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        links.filter(|link| said(link).contains(words)).filter_map(|link| link.attr("href").map(str::to_owned)).collect()
    }

    /// The target of the first link whose words contain these.
    #[track_caller]
    pub fn link(&self, words: &str) -> String {
        self.links(words).into_iter().next().unwrap_or_else(|| panic!("{} has no link {words:?}:\n{}", self.path, self.words()))
    }

    /// The text of every element that a selector finds.
    pub fn all(&self, css: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        html.select(&selector(css)).map(|found| found.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// An attribute of every element that a selector finds.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        html.select(&selector(css)).filter_map(|found| found.attr(name).map(str::to_owned)).collect()
    }

    /// The form whose action ends so. Its fields are as the page has them: hidden, ticked, chosen, typed.
    #[track_caller]
    pub fn form(&self, action: &str) -> Form {
        let forms = self.forms(action);
        forms.into_iter().next().unwrap_or_else(|| panic!("{} has no form to {action:?}:\n{}", self.path, self.words()))
    }

    /// Name and value of the buttons whose words begin so.
    pub fn buttons(&self, words: &str) -> Vec<(String, String)> {
        let html = Html::parse_document(&self.text);
        let every = selector("main button[name]");
        let said = |button: &ElementRef<'_>| button.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
        let named = html.select(&every).filter(|button| said(button).starts_with(words));
        named
            .map(|button| (button.attr("name").unwrap_or_default().to_owned(), button.attr("value").unwrap_or_default().to_owned()))
            .collect()
    }

    /// Every form whose action ends so; with a slash at the end, whose action holds it.
    pub fn forms(&self, action: &str) -> Vec<Form> {
        let html = Html::parse_document(&self.text);
        let own = self.path.split('?').next().unwrap_or_default().to_owned();
        let every = selector("form");
        let all = html.select(&every).map(|form| read_form(form, &own));
        let fits = |there: &str| if action.ends_with('/') { there.contains(action) } else { there.ends_with(action) };
        all.filter(|form| fits(form.action.split('?').next().unwrap_or_default())).collect()
    }
}

fn read_form(form: ElementRef<'_>, own: &str) -> Form {
    let action = form.attr("action").filter(|action| !action.is_empty()).unwrap_or(own).to_owned();
    let method = form.attr("method").unwrap_or("get").to_lowercase();
    let (mut fields, mut choices, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for element in form.select(&selector("input[name], select[name], textarea[name]")) {
        if element.attr("disabled").is_some() {
            continue;
        }
        let name = element.attr("name").unwrap_or_default().to_owned();
        names.push(name.clone());
        match element.value().name() {
            "select" => {
                let options: Vec<ElementRef<'_>> = element.select(&selector("option")).filter(|o| o.attr("disabled").is_none()).collect();
                let value = |option: &ElementRef<'_>| option.attr("value").map_or_else(|| option.text().collect(), str::to_owned);
                choices.extend(options.iter().map(|option| (name.clone(), value(option))));
                if let Some(chosen) = options.iter().find(|option| option.attr("selected").is_some()).or(options.first()) {
                    fields.push((name, value(chosen)));
                }
            }
            "textarea" => fields.push((name, element.text().collect::<String>())),
            _ => {
                let value = element.attr("value").unwrap_or_default().to_owned();
                match element.attr("type").unwrap_or("text") {
                    "checkbox" | "radio" => {
                        let value = element.attr("value").map_or_else(|| "on".to_owned(), str::to_owned);
                        choices.push((name.clone(), value.clone()));
                        if element.attr("checked").is_some() {
                            fields.push((name, value));
                        }
                    }
                    "submit" | "button" | "reset" | "image" | "file" => {}
                    _ => fields.push((name, value)),
                }
            }
        }
    }
    Form { action, method, fields, choices, names }
}

impl Form {
    /// Fills a field in. It must be on the form, and what is chosen must be among its choices.
    #[track_caller]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        assert!(self.names.iter().any(|known| known == name), "the form to {} has no field {name:?} but {:?}", self.action, self.names);
        let offered: Vec<&str> = self.choices.iter().filter(|(of, _)| of == name).map(|(_, value)| value.as_str()).collect();
        assert!(offered.is_empty() || offered.contains(&value), "{name} offers no {value:?} but {offered:?}");
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends something that the page does not offer, as somebody with a tool can.
    pub fn tampered(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sent to another address than the page says.
    pub fn sent_to(mut self, action: &str) -> Self {
        action.clone_into(&mut self.action);
        self
    }

    /// Without a field.
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// What stands in a field.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The names of its fields.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What a field offers.
    pub fn offers(&self, name: &str) -> Vec<&str> {
        self.choices.iter().filter(|(of, _)| of == name).map(|(_, value)| value.as_str()).collect()
    }
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|fault| panic!("{css}: {fault}"))
}
