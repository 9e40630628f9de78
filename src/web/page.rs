//! The whole document: head, header, navigation, main, foot. The only place that writes `<html>`.

use maud::{DOCTYPE, Markup, html};

use super::assets::asset;
use super::parts::icon;

/// What stands around a page for a signed-in person.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The cluster's place in the address: `/c/south-milford`.
    pub base: String,
    /// The cluster's name.
    pub cluster: String,
    /// Who is signed in.
    pub person: String,
    /// Where: the school's name, or the role for who has no school.
    pub place: String,
    /// Whether the person sees a coordinator's pages.
    pub coordinator: bool,
    /// Whether the person has a week of boxes: all but whoever keeps the money and does nothing else.
    pub week: bool,
    /// How much waits in the inbox of whoever has one.
    pub inbox: Option<usize>,
    /// The session's CSRF token, for the sign-out form.
    pub csrf: String,
    /// The person's other clusters: base and name.
    pub others: Vec<(String, String)>,
    /// Whether this is the demo.
    pub demo: bool,
    /// Which entry of the navigation this page belongs to.
    pub nav: Nav,
}

/// The entries of the main navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nav {
    /// This week, with the loans of one's school.
    Week,
    /// What waits for whoever keeps the cluster going.
    Inbox,
    /// The calendar.
    Calendar,
    /// The catalogue.
    Boxes,
    /// Sent mail.
    Mail,
    /// Calendar feeds.
    Feeds,
    /// People, school year, meetings, rules and log: the cluster's own pages, a tab each.
    Cluster,
    /// None of them.
    Other,
}

/// An entry of the main navigation: where it leads, its icon and name, and who has it.
struct Entry {
    nav: Nav,
    path: &'static str,
    symbol: &'static str,
    name: &'static str,
    shown: fn(&Shell) -> bool,
}

/// The main navigation, in its order, whoever looks; at most seven of them are anybody's. Needs (after boxes) and money (before the cluster;
/// the bursar's first) have their places here and come with their rooms.
const NAVIGATION: [Entry; 5] = [
    Entry { nav: Nav::Week, path: "week", symbol: "house", name: "This week", shown: |shell| shell.week },
    Entry { nav: Nav::Inbox, path: "inbox", symbol: "inbox", name: "Inbox", shown: |shell| shell.inbox.is_some() },
    Entry { nav: Nav::Calendar, path: "calendar", symbol: "calendar-days", name: "Calendar", shown: |_| true },
    Entry { nav: Nav::Boxes, path: "boxes", symbol: "package", name: "Boxes", shown: |_| true },
    Entry { nav: Nav::Cluster, path: "people", symbol: "users", name: "Cluster", shown: |_| true },
];

/// What goes into the document besides `main`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extras<'a> {
    /// Script files this page needs besides `app.js`, by their name in `assets/`.
    pub scripts: &'a [&'a str],
    /// Whether a form on the page was refused: the title then begins with "Error: ", which a screen reader says first.
    pub wrong: bool,
    /// Lets `main` reach from edge to edge on a phone (the calendar).
    pub bleed: bool,
}

/// What a page needs that says what a phone has kept ([`super::parts::kept`]).
pub const WITH_KEPT: Extras<'_> = Extras { scripts: &["count.js"], wrong: false, bleed: false };

/// A page for a signed-in person.
#[must_use]
pub fn page(shell: &Shell, title: &str, main: &Markup) -> Markup {
    document(Some(shell), shell.demo, title, Extras::default(), main)
}

/// A page with a form on it; `wrong` says that it was refused.
#[must_use]
pub fn form_page(shell: &Shell, title: &str, wrong: bool, main: &Markup) -> Markup {
    document(Some(shell), shell.demo, title, Extras { wrong, ..Extras::default() }, main)
}

/// A page that needs more than the others.
#[must_use]
pub fn page_with(shell: &Shell, title: &str, extras: Extras<'_>, main: &Markup) -> Markup {
    document(Some(shell), shell.demo, title, extras, main)
}

/// A page for anyone: sign-in, help, the accessibility statement.
#[must_use]
pub fn outside(title: &str, demo: bool, wrong: bool, main: &Markup) -> Markup {
    document(None, demo, title, Extras { wrong, ..Extras::default() }, main)
}

/// A page for anyone that needs more than the others.
#[must_use]
pub fn outside_with(title: &str, demo: bool, extras: Extras<'_>, main: &Markup) -> Markup {
    document(None, demo, title, extras, main)
}

/// Whose account a page is about: what stands around it, where no cluster does.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// Who is signed in.
    pub person: String,
    /// The session's CSRF token, for the sign-out form.
    pub csrf: String,
    /// The person's clusters: base and name.
    pub clusters: Vec<(String, String)>,
    /// Whether this is the demo.
    pub demo: bool,
}

/// A page about the person's own account: with the way back to the clusters, and signing out.
#[must_use]
pub fn own(own: &Own, title: &str, extras: Extras<'_>, main: &Markup) -> Markup {
    frame(&own_header(own, true), None, own.demo, title, extras, main)
}

/// What stands around a page that everybody sees: help, the accessibility statement, and what says that something went wrong. Whoever is
/// signed in keeps the way back.
#[derive(Debug, Clone)]
pub enum Around {
    /// A stranger's.
    Nobody,
    /// Of somebody in several clusters, or in none.
    Own(Own),
    /// Of somebody in a cluster.
    Cluster(Shell),
}

/// A page for anyone, with what stands around it for who looks.
#[must_use]
pub fn around(around: &Around, title: &str, demo: bool, main: &Markup) -> Markup {
    match around {
        Around::Nobody => outside(title, demo, false, main),
        Around::Own(own) => frame(&own_header(own, false), None, demo, title, Extras::default(), main),
        Around::Cluster(shell) => page(shell, title, main),
    }
}

fn document(shell: Option<&Shell>, demo: bool, title: &str, extras: Extras<'_>, main: &Markup) -> Markup {
    let top = shell.map_or_else(outside_header, header);
    frame(&top, shell.map(|shell| shell.cluster.as_str()), demo, title, extras, main)
}

fn frame(top: &Markup, cluster: Option<&str>, demo: bool, title: &str, extras: Extras<'_>, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                title {
                    @if extras.wrong { "Error: " }
                    (title)
                    @if let Some(cluster) = cluster { " – " (cluster) }
                    " – Boxrota"
                }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if extras.scripts.contains(&"htmx.js") {
                    // No style of its own (the content policy), no cached pages in the browser's storage (another's data on a shared machine).
                    meta name="htmx-config" content="{\"includeIndicatorCSS\":false,\"history\":\"reload\",\"defaultTimeout\":15000}";
                }
                link rel="icon" href=(asset("icon.svg")) type="image/svg+xml";
                link rel="preload" href=(asset("figtree.woff2")) as="font" type="font/woff2" crossorigin;
                link rel="stylesheet" href=(asset("app.css"));
                script src=(asset("app.js")) defer {}
                @for name in extras.scripts { script src=(asset(name)) defer {} }
            }
            body {
                a.skip href="#main" { "Skip to main content" }
                (top)
                @if demo { (demo_notice()) }
                main.wrap.bleed[extras.bleed] #main tabindex="-1" { (main) }
                p.vh #said role="status" {}
                (footer())
            }
        }
    }
}

fn header(shell: &Shell) -> Markup {
    let base = &shell.base;
    let entry = |entry: &Entry| {
        let many = shell.inbox.filter(|many| entry.nav == Nav::Inbox && *many > 0);
        html! {
            li {
                a href={ (base) "/" (entry.path) } aria-current=[(shell.nav == entry.nav).then_some("page")] {
                    (icon(entry.symbol)) (entry.name)
                    @if let Some(many) = many { span.count { (many) } span.vh { @if many == 1 { " thing waits" } @else { " things wait" } } }
                }
            }
        }
    };
    html! {
        header.top {
            div.wrap {
                a.brand href={ (base) "/week" } { span.mark { (icon("package")) } "Boxrota" }
                details.menu { summary.btn.sq { (icon("menu")) span.vh { "Menu" } } }
                div.navs {
                    nav aria-label="Main" {
                        ul.nav {
                            @for one in NAVIGATION.iter().filter(|one| (one.shown)(shell)) { (entry(one)) }
                        }
                    }
                    details.who {
                        summary { span { b { (shell.person) } (shell.place) } (icon("chevron-down")) }
                        div.drop {
                            p { (shell.cluster) }
                            ul {
                                @for (base, name) in &shell.others {
                                    li { a href={ (base) "/week" } { (icon("repeat")) "Change to " (name) } }
                                }
                                li { a href={ (base) "/mail" } aria-current=[(shell.nav == Nav::Mail).then_some("page")] { (icon("mail")) @if shell.coordinator { "Sent mail" } @else { "Mail to you" } } }
                                li { a href="/account" { (icon("user")) "My account" } }
                                li { a href={ (base) "/feeds" } { (icon("rss")) "Calendar feeds" } }
                            }
                            form method="post" action="/sign-out" {
                                input type="hidden" name="csrf" value=(shell.csrf);
                                button type="submit" { (icon("log-out")) "Sign out" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `here`: the page is one about the account.
fn own_header(own: &Own, here: bool) -> Markup {
    html! {
        header.top {
            div.wrap {
                a.brand href="/" { span.mark { (icon("package")) } "Boxrota" }
                details.menu { summary.btn.sq { (icon("menu")) span.vh { "Menu" } } }
                div.navs {
                    nav aria-label="Main" {
                        ul.nav {
                            @for (base, name) in &own.clusters { li { a href={ (base) "/calendar" } { (icon("calendar-days")) (name) } } }
                            li { a href="/account" aria-current=[here.then_some("true")] { (icon("user")) "My account" } }
                        }
                    }
                    details.who {
                        summary { span { b { (own.person) } "My account" } (icon("chevron-down")) }
                        div.drop {
                            form method="post" action="/sign-out" {
                                input type="hidden" name="csrf" value=(own.csrf);
                                button type="submit" { (icon("log-out")) "Sign out" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn outside_header() -> Markup {
    html! {
        header.top { div.wrap { a.brand href="/" { span.mark { (icon("package")) } "Boxrota" } } }
    }
}

fn demo_notice() -> Markup {
    html! {
        aside.demo aria-label="About this demo" {
            div.wrap { p { (icon("info")) span { "This is a demo. Change what you like: no e-mail leaves this machine." } } }
        }
    }
}

fn footer() -> Markup {
    html! {
        footer.base {
            div.wrap {
                p { "Boxrota: schools of a cluster share science kit" }
                ul { li { a href="/help" { "Help" } } li { a href="/accessibility" { "Accessibility" } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::{Html, Selector};

    fn shell() -> Shell {
        Shell {
            base: "/c/south-milford".into(),
            cluster: "South Milford".into(),
            person: "Science <lead>".into(),
            place: "Saxton".into(),
            coordinator: false,
            week: true,
            inbox: None,
            csrf: "t0ken".into(),
            others: vec![("/c/other".into(), "Other".into())],
            demo: true,
            nav: Nav::Boxes,
        }
    }

    fn count(page: &Markup, selector: &str) -> usize {
        Html::parse_document(&page.0).select(&Selector::parse(selector).unwrap()).count()
    }

    #[test]
    fn the_shell_names_page_person_and_place() {
        let page = form_page(&shell(), "Boxes", true, &html! { h1 { "Boxes" } });
        assert!(page.0.contains("<title>Error: Boxes – South Milford – Boxrota</title>"));
        assert!(page.0.contains("Science &lt;lead&gt;"));
        assert_eq!(count(&page, "html[lang=en-GB] a.skip[href='#main']"), 1);
        assert_eq!(count(&page, "nav a[aria-current=page][href='/c/south-milford/boxes']"), 1);
        assert_eq!(count(&page, "nav a[href$=inbox]"), 0);
        assert_eq!(count(&page, "form[action='/sign-out'] input[name=csrf][value=t0ken]"), 1);
        assert_eq!(count(&page, "[style], script:not([src]), style"), 0);
    }

    #[test]
    fn each_sees_what_is_his_and_never_more_than_seven() {
        let names = |shell: &Shell| -> Vec<String> {
            let page = Html::parse_document(&page(shell, "Boxes", &html! {}).0);
            page.select(&Selector::parse("nav[aria-label=Main] a").unwrap()).map(|link| link.text().collect()).collect()
        };
        assert_eq!(names(&shell()), ["This week", "Calendar", "Boxes", "Cluster"]);
        let coordinator = Shell { coordinator: true, inbox: Some(3), ..shell() };
        assert_eq!(names(&coordinator), ["This week", "Inbox3 things wait", "Calendar", "Boxes", "Cluster"]);
        assert_eq!(names(&Shell { inbox: Some(0), ..coordinator })[1], "Inbox");
        assert_eq!(names(&Shell { week: false, inbox: Some(1), ..shell() }), ["Inbox1 thing waits", "Calendar", "Boxes", "Cluster"]);
        assert!(NAVIGATION.len() <= 7);
    }

    #[test]
    fn a_coordinator_sees_the_inbox_and_mail_and_a_stranger_neither() {
        let page = page(&Shell { coordinator: true, inbox: Some(0), ..shell() }, "Boxes", &html! {});
        assert_eq!(count(&page, "nav a[href$=inbox], .drop a[href$=mail]"), 2);
        let outside = outside("Sign in", false, false, &html! {});
        assert_eq!(count(&outside, "nav, form, .demo"), 0);
    }

    #[test]
    fn every_asset_a_page_asks_for_is_there() {
        let extras = Extras { scripts: &["htmx.js", "timeline.js"], ..Extras::default() };
        let page = page_with(&shell(), "x", extras, &html! {});
        assert!(!page.0.contains("/assets/missing"));
    }
}
