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
    /// This week.
    Week,
    /// The calendar.
    Calendar,
    /// The catalogue.
    Boxes,
    /// My loans.
    Loans,
    /// Requests to approve (coordinators).
    Requests,
    /// What needs attention (coordinators).
    Attention,
    /// Sent mail.
    Mail,
    /// Calendar feeds.
    Feeds,
    /// People and schools, and the other pages about the cluster.
    People,
    /// None of them.
    Other,
}

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
    frame(&own_header(own), None, own.demo, title, extras, main)
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
    let entry = |nav: Nav, path: &str, symbol: &str, name: &str| {
        html! { li { a href={ (base) "/" (path) } aria-current=[(shell.nav == nav).then_some("page")] { (icon(symbol)) (name) } } }
    };
    html! {
        header.top {
            div.wrap {
                a.brand href={ (base) "/week" } { span.mark { (icon("package")) } "Boxrota" }
                details.menu { summary.btn.sq { (icon("menu")) span.vh { "Menu" } } }
                div.navs {
                    nav aria-label="Main" {
                        ul.nav {
                            (entry(Nav::Week, "week", "house", "This week"))
                            (entry(Nav::Calendar, "calendar", "calendar-days", "Calendar"))
                            (entry(Nav::Boxes, "boxes", "package", "Boxes"))
                            (entry(Nav::Loans, "loans", "list", "My loans"))
                            (entry(Nav::People, "people", "users", "People"))
                            @if shell.coordinator {
                                (entry(Nav::Requests, "requests", "inbox", "Requests"))
                                (entry(Nav::Attention, "attention", "triangle-alert", "Attention"))
                            }
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

fn own_header(own: &Own) -> Markup {
    html! {
        header.top {
            div.wrap {
                a.brand href="/" { span.mark { (icon("package")) } "Boxrota" }
                details.menu { summary.btn.sq { (icon("menu")) span.vh { "Menu" } } }
                div.navs {
                    nav aria-label="Main" {
                        ul.nav {
                            @for (base, name) in &own.clusters { li { a href={ (base) "/calendar" } { (icon("calendar-days")) (name) } } }
                            li { a href="/account" aria-current="true" { (icon("user")) "My account" } }
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
        assert_eq!(count(&page, "nav a[href$=requests]"), 0);
        assert_eq!(count(&page, "form[action='/sign-out'] input[name=csrf][value=t0ken]"), 1);
        assert_eq!(count(&page, "[style], script:not([src]), style"), 0);
    }

    #[test]
    fn a_coordinator_sees_requests_and_mail_and_a_stranger_neither() {
        let page = page(&Shell { coordinator: true, ..shell() }, "Boxes", &html! {});
        assert_eq!(count(&page, "nav a[href$=requests], nav a[href$=attention], .drop a[href$=mail]"), 3);
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
