//! Everybody presses everything at once: people of three schools, the coordinator and a bursar on two servers of one database, and
//! people of another cluster beside them, open pages at random, fill the forms in at random and send them, while the days go by and
//! the worker does its rounds. No answer is a fault of ours, nothing of the one cluster comes into the other, and what must hold holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use boxrota::reminders::acts::round::Sweep;
use chrono::TimeDelta;
use tokio::sync::watch;

use crate::harness::{Bursar, Chance, Coordinator, Form, Ground, Page, Person, Ssl, TestApp, all, log, science_lead, truth};

on_both_engines!(nobody_can_press_the_truth_away);

/// Pages at which everybody begins.
const DOORS: [&str; 12] = [
    "/week",
    "/calendar?view=list",
    "/boxes",
    "/loans",
    "/requests",
    "/attention",
    "/people",
    "/schools",
    "/closures/new",
    "/settings",
    "/meetings",
    "/terms",
];
/// Words of addresses that nobody goes to here: they end the session, the person, the school or the whole walk.
const NOT: [&str; 7] = ["sign-out", "sign-in", "/account", "erase", "/leave", "/feeds", ".csv"];
/// The most addresses that somebody remembers.
const REMEMBERED: usize = 60;

fn nobody_can_press_the_truth_away(ground: Ground) {
    let mut chance = crate::chance(20_261_130);
    let (rounds, presses) = (crate::times(12, 240), 12);
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start(ground, |_| {}).await;
        let second = app.beside();
        let sent: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
        let mut walkers = Vec::new();
        for n in 0..2 {
            let at = if n == 0 { &app } else { &second };
            for school in ["Ash", "Beech", "Cedar"] {
                walkers.push(walker(&app, (*Ssl::new(at, "ashdale", &science_lead(school)).await).clone(), &mut chance));
            }
            walkers.push(walker(&app, (*Coordinator::new(at, "ashdale", "coordinator@ashdale.example").await).clone(), &mut chance));
            walkers.push(walker(&app, (*Ssl::new(at, "birchwood", &science_lead("Oak")).await).clone(), &mut chance));
        }
        walkers.push(walker(&app, (*Bursar::new(&app, "ashdale", "bursar@ashdale.example").await).clone(), &mut chance));
        for round in 0..rounds {
            let walks = walkers.drain(..).map(|mut walker| {
                let sent = sent.clone();
                async move {
                    for _ in 0..presses {
                        if let Some(act) = walker.press().await {
                            *sent.lock().unwrap().entry(act).or_default() += 1;
                        }
                    }
                    walker
                }
            });
            walkers = all(walks.collect()).await;
            for server in [&app, &second] {
                server.later(TimeDelta::hours(16));
            }
            rounds_of_the_worker(&app).await;
            truth::holds(&mut app.raw());
            assert_eq!(log::errors(), [""; 0], "round {round}");
        }
        assert_eq!(app.raw().number("SELECT count(*) AS n FROM messages WHERE state IN ('failed', 'sending')"), 0);
        let sent = sent.lock().unwrap().clone();
        println!("forms that were taken: {sent:#?}");
        assert!(sent.values().sum::<usize>() > rounds * 5, "the walk went nowhere: {sent:?}");
        nothing_has_crossed_over(&app);
    });
}

/// What the clock brings, in the order of the worker.
async fn rounds_of_the_worker(app: &TestApp) {
    let (worker, (_stop, stopped)) = (app.worker(), watch::channel(false));
    worker.pass_on().await.expect("passing on");
    worker.remind(&mut Sweep::default(), &stopped).await.expect("reminding");
    worker.bring_together(&mut Sweep::default(), &stopped).await.expect("bringing together");
    worker.clear().await.expect("clearing");
    while worker.send_due(&stopped).await.expect("sending").letters > 0 {}
}

/// Every letter of a cluster went to somebody who has, had or was offered a role there.
fn nothing_has_crossed_over(app: &TestApp) {
    let strangers = app.raw().texts(
        "SELECT DISTINCT m.to_address || ' of ' || c.slug AS t FROM messages m JOIN clusters c ON c.id = m.cluster_id
         WHERE (c.slug = 'ashdale' AND (m.to_address LIKE '%oak.example' OR m.to_address LIKE '%larch.example'))
             OR (c.slug = 'birchwood' AND m.to_address NOT LIKE '%oak.example' AND m.to_address NOT LIKE '%larch.example'
                 AND m.to_address NOT LIKE '%birchwood.example' AND m.to_address NOT LIKE 'storm%')",
    );
    assert_eq!(strangers, [""; 0]);
}

fn walker(app: &TestApp, person: Person, chance: &mut Chance) -> Walker {
    let seed = u64::try_from(chance.below(1 << 30)).unwrap();
    let known = doors(&person);
    let resources = if person.base.ends_with("ashdale") { &["Sound", "Magnets", "Microscope"][..] } else { &["Sound"] };
    let resources = resources.iter().map(|name| app.resource(person.base.trim_start_matches("/c/"), name)).collect();
    Walker { person, chance: Chance(seed), known, resources }
}

fn doors(person: &Person) -> BTreeSet<String> {
    DOORS.iter().map(|door| format!("{}{door}", person.base)).collect()
}

fn page_address(person: &Person, page: &Page) -> url::Url {
    url::Url::parse(&format!("{}{}", person.browser.origin, page.path)).expect("an address")
}

/// Somebody who opens pages and sends forms at random.
struct Walker {
    person: Person,
    chance: Chance,
    known: BTreeSet<String>,
    resources: Vec<String>,
}

impl Walker {
    /// Opens a page that it knows, notes where that leads, and sends one of its forms. The act, when it was taken.
    async fn press(&mut self) -> Option<String> {
        if self.chance.percent(25) {
            return self.reserve().await.then(|| "reserve".to_owned());
        }
        if self.known.is_empty() {
            // Whoever was shown out of everything begins again at the doors.
            self.known = doors(&self.person);
        }
        let known: Vec<String> = self.known.iter().cloned().collect();
        let path = self.chance.pick(&known).clone();
        let page = self.person.browser.get(&path).await;
        let page = if (300..400).contains(&page.status) { self.person.browser.follow(page).await } else { page };
        self.must_be_no_fault(&path, &page);
        if page.status != 200 {
            self.known.remove(&path);
            return None;
        }
        self.remember(&page);
        let mut forms: Vec<Form> = page.forms("").into_iter().filter(|form| !NOT.iter().any(|not| form.action.contains(not))).collect();
        // What only looks for something else to show is no act.
        forms.retain(|form| form.method == "post");
        if forms.is_empty() {
            return None;
        }
        let which = self.chance.below(forms.len());
        let form = self.filled_in(which, forms);
        let action = page_address(&self.person, &page).join(&form.action).expect("an address");
        let form = form.sent_to(action.path());
        let answer = self.person.browser.submit(&form).await;
        self.must_be_no_fault(&format!("{} of {path} with {:?}", form.action, form.fields), &answer);
        let act = form.action.rsplit('/').next().unwrap_or_default().to_owned();
        (answer.status == 303).then_some(act)
    }

    /// Checks the answers and presses the button, as the form to reserve leads to it.
    async fn reserve(&mut self) -> bool {
        let first = 24 + self.chance.below(26);
        let last = first + self.chance.below(5);
        let day = |n: usize| if n > 30 { format!("2026-12-{:02}", n - 30) } else { format!("2026-11-{n}") };
        let resource = self.chance.pick(&self.resources).clone();
        let path = format!("{}/boxes/{resource}/reserve/check?from={}&to={}&class=Year+4", self.person.base, day(first), day(last));
        let page = self.person.browser.get(&path).await;
        self.must_be_no_fault(&path, &page);
        let Some(form) = page.forms("/reserve").into_iter().find(|form| form.method == "post") else { return false };
        let answer = self.person.browser.submit(&form).await;
        self.must_be_no_fault(&form.action, &answer);
        if answer.status == 303 {
            self.known.insert(answer.header("location").split('?').next().unwrap_or_default().to_owned());
        }
        answer.status == 303
    }

    fn must_be_no_fault(&self, what: &str, page: &Page) {
        assert!(page.status < 500, "{} at {what} is answered {}: {}", self.person.email, page.status, page.words());
    }

    fn remember(&mut self, page: &Page) {
        let here = page_address(&self.person, page);
        let own = format!("{}/", self.person.base);
        for href in page.attributes("main a[href]", "href") {
            let Ok(target) = here.join(&href) else { continue };
            // Another view of the same is no other page.
            let path = target.path().to_owned();
            if path.starts_with(&own) && !NOT.iter().any(|not| path.contains(not)) {
                self.known.insert(path);
            }
        }
        while self.known.len() > REMEMBERED {
            let known: Vec<String> = self.known.iter().cloned().collect();
            self.known.remove(self.chance.pick(&known));
        }
    }

    /// Chooses among what the form offers; writes where nothing stands.
    fn filled_in(&mut self, which: usize, mut forms: Vec<Form>) -> Form {
        let mut form = forms.swap_remove(which);
        for name in form.names().to_vec() {
            let offers: Vec<String> = form.offers(&name).into_iter().map(str::to_owned).collect();
            let text = ["Storm", "3", "", "Ash", "storm@ash.example", "2026-12-07", "0", "999999999999", "\u{202e}£½ <b>"];
            if !offers.is_empty() {
                if self.chance.percent(60) {
                    let value = self.chance.pick(&offers).clone();
                    form = form.tampered(&name, &value);
                }
            } else if form.value(&name).is_empty() && self.chance.percent(70) {
                let value = (*self.chance.pick(&text)).to_owned();
                form = form.tampered(&name, &value);
            }
        }
        form
    }
}
