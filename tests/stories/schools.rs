//! Schools through the years: added, put right, renamed, in the lead, on sabbatical, gone and back.

use crate::harness::{Bursar, Coordinator, Page, Person, TestApp, Wish};

stories!(
    a_school_is_added_and_can_be_found,
    a_school_that_cannot_be_keeps_what_was_typed,
    outside_england_a_number_is_what_it_is,
    facts_are_put_right_and_the_change_is_written_down,
    a_rename_keeps_the_old_name,
    two_schools_never_have_the_lead_at_once,
    a_sabbatical_cancels_one_booking_and_keeps_another,
    a_sabbatical_ends_earlier_and_a_past_one_stays_on_record,
    nobody_leaves_with_a_box_unless_there_is_a_reason,
    the_lead_school_and_the_only_coordinators_do_not_leave,
    a_school_comes_back_after_it_has_left,
    only_the_coordinator_changes_schools,
    another_clusters_schools_are_not_there,
    a_form_without_its_token_changes_no_school,
);

/// The verbs on a school, each a form of its own.
const VERBS: [&str; 7] = ["edit", "rename", "lead", "sabbatical", "sabbatical/end", "leave", "rejoin"];

/// The path of a school's page under the cluster.
async fn school(person: &Person, name: &str) -> String {
    let link = person.open("/people").await.link(name);
    link.strip_prefix(&person.base).expect("a path of the cluster").to_owned()
}

/// Fills a form's fields in, days as `d/m/y`, and presses its button.
async fn send(person: &Person, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
    let mut form = page.form(action);
    for (name, value) in fields {
        if value.contains('/') {
            for (part, value) in ["day", "month", "year"].iter().zip(value.split('/')) {
                form = form.set(&format!("{name}-{part}"), value);
            }
        } else {
            form = form.set(name, value);
        }
    }
    person.browser.submit(&form).await
}

/// Opens a form of a school and sends it.
async fn act(person: &Person, school: &str, verb: &str, fields: &[(&str, &str)]) -> Page {
    let path = format!("{school}/{verb}");
    let page = person.open(&path).await;
    send(person, &page, &path, fields).await
}

/// Everything that is written of schools, to see whether anything has changed.
fn rows(app: &TestApp) -> Vec<String> {
    let mut raw = app.raw();
    [
        "SELECT name || short_name || letters || address || postcode || trust || coalesce(urn, '') AS t FROM schools ORDER BY cluster_id, id",
        "SELECT CAST(school_id AS TEXT) || CAST(joined_on AS TEXT) || coalesce(CAST(left_on AS TEXT), '') || coalesce(CAST(sabbatical_to AS TEXT), '') AS t FROM memberships ORDER BY cluster_id, id",
        "SELECT CAST(school_id AS TEXT) || CAST(from_day AS TEXT) || coalesce(CAST(to_day AS TEXT), '') AS t FROM lead_schools ORDER BY cluster_id, id",
        "SELECT coalesce(CAST(to_day AS TEXT), '') AS t FROM roles ORDER BY cluster_id, id",
        "SELECT name AS t FROM former_names ORDER BY cluster_id, id",
    ]
    .iter()
    .flat_map(|sql| raw.texts(sql))
    .collect()
}

/// A school of the log: its verbs in order.
fn logged(app: &TestApp, name: &str) -> Vec<String> {
    let ids = app.raw().number(&format!("SELECT id AS n FROM schools WHERE name = '{name}' OR short_name = '{name}' ORDER BY id DESC"));
    let id = boxrota::base::ids::SchoolId(ids);
    app.raw().texts(&format!("SELECT verb AS t FROM changes WHERE about = 'schools' AND about_id = '{id}' ORDER BY id"))
}

async fn a_school_is_added_and_can_be_found(app: TestApp) {
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/people").await;
    let page = coordinator.browser.open(&page.link("Add a school")).await;
    let fields = [
        ("name", "Dell  Lane Academy"),
        ("short_name", "Dell Lane"),
        ("urn", "121 666"),
        ("address", "Dell Lane, Ashdale"),
        ("postcode", "ls249qf"),
        ("trust", "Dale Trust"),
        ("joined", "1/9/2026"),
    ];
    let answer = send(&coordinator, &page, "/schools/new", &fields).await.is(303);
    let said = coordinator.browser.follow(answer).await.is(200);
    let said =
        said.says("The school is added").says("Dell Lane (DL)").says("Dell Lane, Ashdale, LS24 9QF").says("121666").says("Dale Trust");
    said.says("From 1 September 2026").says("No science lead").says("Rename");
    // Every member sees it; only the coordinator has the buttons.
    let ash = app.ssl("Ash").await;
    let dell = school(&ash, "Dell Lane Academy").await;
    ash.open(&dell).await.says("Dale Trust").says_not("Rename").says_not("No science lead");
    ash.open("/people").await.says_not("Add a school");
    // The same form sent twice is one school.
    send(&coordinator, &page, "/schools/new", &fields).await.is(422).says("There is a school with this name already");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM schools WHERE short_name = 'Dell Lane'"), 1);
    assert_eq!(logged(&app, "Dell Lane"), ["added", "joined"]);
}

async fn a_school_that_cannot_be_keeps_what_was_typed(app: TestApp) {
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/schools/new").await;
    let before = rows(&app);
    let fine = [("name", "Dell School"), ("short_name", "Dell"), ("letters", "DE"), ("postcode", "LS24 9QF"), ("joined", "1/9/2026")];
    for (field, value, said) in [
        ("name", "ash PRIMARY school", "There is a school with this name already"),
        ("short_name", "Ash", "Ash Primary School has this short name already"),
        ("letters", "aa", "Ash Primary School has these letters already"),
        ("letters", "D", "Enter two or three letters"),
        ("urn", "12", "Enter the six digits of the URN"),
        ("postcode", "LS24", "Enter a UK postcode"),
        ("joined", "31/9/2026", "There is no such day"),
        ("name", "", "Enter the name of the school"),
    ] {
        let fields: Vec<_> = fine.iter().copied().filter(|(name, _)| *name != field).chain([(field, value)]).collect();
        let answer = send(&coordinator, &page, "/schools/new", &fields).await.is(422).says("There is a problem").says(said);
        assert_eq!(answer.attributes(".errs a", "href"), [format!("#{field}")], "{field}");
        assert!(answer.all(&format!("#{field}-error"))[0].contains(said), "{field}");
        let form = answer.form("/schools/new");
        for (name, value) in fields {
            match value.split('/').collect::<Vec<_>>()[..] {
                [day, ..] if value.contains('/') => assert_eq!(form.value(&format!("{name}-day")), day),
                _ => assert_eq!(form.value(name), value, "{field}"),
            }
        }
    }
    assert_eq!(rows(&app), before);
}

async fn outside_england_a_number_is_what_it_is(app: TestApp) {
    app.raw().must("UPDATE clusters SET nation = 'wales' WHERE slug = 'ashdale'");
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/schools/new").await;
    let fields = [("name", "Ysgol Dell"), ("short_name", "Dell"), ("urn", "6602035"), ("postcode", "LL41 3UG")];
    let answer = send(&coordinator, &page, "/schools/new", &fields).await.is(303);
    coordinator.browser.follow(answer).await.is(200).says("6602035").says("From 23 November 2026");
}

async fn facts_are_put_right_and_the_change_is_written_down(app: TestApp) {
    let coordinator = app.coordinator().await;
    let beech = school(&coordinator, "Beech Primary School").await;
    act(&coordinator, &beech, "edit", &[("letters", "AA")]).await.is(422).says("Ash Primary School has these letters already");
    let fields = [("letters", "be"), ("postcode", "yo89dz"), ("trust", "Dale Trust"), ("address", "2 Low Street")];
    let answer = act(&coordinator, &beech, "edit", &fields).await.is(303);
    coordinator.browser.follow(answer).await.says("The changes are saved").says("Beech (BE)").says("2 Low Street, YO8 9DZ");
    assert_eq!(logged(&app, "Beech"), ["changed"]);
    let after = app.raw().texts("SELECT after AS t FROM changes WHERE verb = 'changed'");
    assert_eq!(after, ["Letters: BE; URN: none; Address: 2 Low Street; Postcode: YO8 9DZ; Trust: Dale Trust; Telephone: none"]);
    // Saved again as it is: nothing is written.
    act(&coordinator, &beech, "edit", &[]).await.is(303);
    assert_eq!(logged(&app, "Beech"), ["changed"]);
}

async fn a_rename_keeps_the_old_name(app: TestApp) {
    let coordinator = app.coordinator().await;
    let beech = school(&coordinator, "Beech Primary School").await;
    let page = coordinator.open(&format!("{beech}/rename")).await;
    let new = [("name", "Beech Academy"), ("short_name", "Beech")];
    let rename = async |fields: &[(&str, &str)]| send(&coordinator, &page, "/rename", &[&new[..], fields].concat()).await;
    rename(&[("name", "Ash Primary School")]).await.is(422).says("There is a school with this name already");
    rename(&[("from", "24/11/2026")]).await.is(422).says("Enter today or a day before");
    let answer = rename(&[("from", "1/11/2026")]).await.is(303);
    let said = coordinator.browser.follow(answer).await.is(200);
    said.says("Beech Academy").says("Beech Primary School (Beech), until 31 October 2026");
    // Sent twice, it is renamed once; another name must come after this one.
    rename(&[("from", "1/11/2026")]).await.is(303);
    rename(&[("name", "Beech Hill"), ("from", "1/11/2026")]).await.is(422).says("ended on 31 October 2026");
    assert_eq!(
        app.raw().texts("SELECT name || ' ' || CAST(until_day AS TEXT) AS t FROM former_names"),
        ["Beech Primary School 2026-10-31"]
    );
    assert_eq!(logged(&app, "Beech Academy"), ["renamed"]);
    // What was booked under the old name is the school's.
    app.ssl("Ash").await.open("/people").await.says("Beech Academy");
}

async fn two_schools_never_have_the_lead_at_once(app: TestApp) {
    let coordinator = app.coordinator().await;
    let (ash, beech) = (school(&coordinator, "Ash Primary School").await, school(&coordinator, "Beech Primary School").await);
    coordinator.open(&ash).await.says("Since 1 September 2023").says_not("Make it the lead school");
    act(&coordinator, &beech, "lead", &[("from", "1/9/2023")]).await.is(422).says("Ash is lead school from 1 September 2023");
    act(&coordinator, &beech, "lead", &[("from", "1/8/2023")]).await.is(422).says("not in the cluster on 1 August 2023");
    let page = coordinator.open(&format!("{beech}/lead")).await;
    for _ in 0..2 {
        send(&coordinator, &page, "/lead", &[("from", "1/11/2026")]).await.is(303);
    }
    coordinator.open(&beech).await.says("Since 1 November 2026").says("Lead school");
    coordinator.open(&ash).await.says("1 September 2023 to 31 October 2026");
    let ashdale = "cluster_id = (SELECT id FROM clusters WHERE slug = 'ashdale')";
    assert_eq!(app.raw().number(&format!("SELECT count(*) AS n FROM lead_schools WHERE {ashdale}")), 2);
    assert_eq!(app.raw().number(&format!("SELECT count(*) AS n FROM lead_schools WHERE to_day IS NULL AND {ashdale}")), 1);
    // The database refuses a second one, whoever asks.
    app.raw().run(&format!("UPDATE lead_schools SET to_day = NULL WHERE {ashdale}")).expect_err("two leads at once");
    assert_eq!(logged(&app, "Beech"), ["made lead school"]);
}

async fn a_sabbatical_cancels_one_booking_and_keeps_another(app: TestApp) {
    let (beech_lead, coordinator) = (app.ssl("Beech").await, app.coordinator().await);
    let sound = beech_lead.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-12-07", "2026-12-08")).await;
    let magnets = beech_lead.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-14", "2026-12-15")).await;
    beech_lead.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-24", "2026-11-25")).await;
    assert_eq!(app.letters().await.len(), 3);
    let beech = school(&coordinator, "Beech Primary School").await;
    act(&coordinator, &beech, "sabbatical", &[("from", "1/7/2027"), ("to", "1/12/2026")])
        .await
        .is(422)
        .says("a last day that is not before");
    let days = [("from", "1/12/2026"), ("to", "31/7/2027"), ("review", "1/6/2027")];
    let page = act(&coordinator, &beech, "sabbatical", &days).await.is(200);
    let page = page.says("Sound").says("Magnets").says("14 to 15 December 2026").says_not("24 to 25 November");
    let before = rows(&app);
    let ids = [&sound, &magnets].map(|path| format!("booking-{}", path.rsplit('/').next().expect("an id")));
    // One is not chosen: nothing happens to the other, either.
    let again = send(&coordinator, &page, "/sabbatical", &[(&ids[0], "cancel")]).await.is(422).says("Choose keep or cancel for Magnets");
    assert_eq!(again.form("/sabbatical").value(&ids[0]), "cancel");
    assert_eq!((rows(&app), app.letters().await.len()), (before, 0));
    let both = [(ids[0].as_str(), "cancel"), (ids[1].as_str(), "keep")];
    let answer = send(&coordinator, &page, "/sabbatical", &both).await.is(303);
    let said = coordinator.browser.follow(answer).await.is(200).says("The sabbatical is saved");
    said.says("1 December 2026 to 31 July 2027, review on 1 June 2027").says("14 to 15 December 2026").says_not("7 to 8 December");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert_eq!(letters[0].to_address, beech_lead.email);
    assert!(letters[0].text.contains("On sabbatical"), "{}", letters[0].text);
    let sound_page = beech_lead.browser.open(&sound).await;
    sound_page.says("Cancelled");
    beech_lead.browser.open(&magnets).await.says("Confirmed");
    // Sent twice, it happens once.
    send(&coordinator, &page, "/sabbatical", &both).await.is(303);
    assert_eq!(app.letters().await.len(), 0);
    assert_eq!(logged(&app, "Beech"), ["put on sabbatical"]);
    app.at("2026-12-01T09:00:00Z");
    let refused = beech_lead.reserve(&Wish::of(&app.resource("ashdale", "Sound"), "2027-01-11", "2027-01-12")).await;
    assert_eq!(refused.status, 422, "{}", refused.words());
    coordinator.open(&beech).await.says("On sabbatical until 31 July 2027").says_not("Review the sabbatical");
    app.at("2027-05-20T09:00:00Z");
    app.coordinator().await.open(&beech).await.says("Review the sabbatical");
    app.ssl("Ash").await.open(&beech).await.says_not("Review the sabbatical");
}

async fn a_sabbatical_ends_earlier_and_a_past_one_stays_on_record(app: TestApp) {
    let coordinator = app.coordinator().await;
    let beech = school(&coordinator, "Beech Primary School").await;
    act(&coordinator, &beech, "sabbatical/end", &[]).await.is(422).says("no sabbatical that could end");
    let put = async |from: &str, to: &str| {
        let page = act(&coordinator, &beech, "sabbatical", &[("from", from), ("to", to)]).await.is(200);
        send(&coordinator, &page, "/sabbatical", &[]).await.is(303);
    };
    put("1/11/2026", "31/7/2027").await;
    act(&coordinator, &beech, "sabbatical/end", &[("back", "1/9/2027")]).await.is(422).says("over on 31 July 2027 anyway");
    for _ in 0..2 {
        let page = coordinator.browser.get(&format!("{}{beech}/sabbatical/end", coordinator.base)).await.is(200);
        send(&coordinator, &page, "/sabbatical/end", &[("back", "23/11/2026")]).await.is(303);
    }
    coordinator.open(&beech).await.says("Member").says("1 to 22 November 2026");
    put("1/1/2027", "31/7/2027").await;
    coordinator.open(&beech).await.says("1 to 22 November 2026").says("1 January to 31 July 2027");
    assert_eq!(logged(&app, "Beech"), ["put on sabbatical", "back from sabbatical", "put on sabbatical"]);
    // Taken back before it begins.
    act(&coordinator, &beech, "sabbatical/end", &[("back", "1/1/2027")]).await.is(303);
    let page = coordinator.open(&beech).await.says("1 to 22 November 2026");
    assert!(!page.all("dl").join(" ").contains("31 July 2027"), "only the history knows of it");
}

async fn nobody_leaves_with_a_box_unless_there_is_a_reason(app: TestApp) {
    let (beech_lead, coordinator) = (app.ssl("Beech").await, app.coordinator().await);
    let held = beech_lead.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-11-23", "2026-11-24")).await;
    let before = beech_lead.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-30", "2026-12-01")).await;
    let after = beech_lead.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-14", "2026-12-15")).await;
    let page = beech_lead.browser.open(&held).await;
    beech_lead.browser.submit(&page.form("/collected")).await.is(303);
    assert_eq!(app.letters().await.len(), 3);
    let beech = school(&coordinator, "Beech Primary School").await;
    let page = coordinator.open(&format!("{beech}/leave")).await.says("What it holds now").says("Sound").says("14 to 15 December 2026");
    let untouched = rows(&app);
    send(&coordinator, &page, "/leave", &[("last", "1/8/2023")]).await.is(422).says("The school joined on 1 September 2023");
    let refused = send(&coordinator, &page, "/leave", &[("last", "4/12/2026")]).await.is(422).says("The school still holds Sound");
    assert_eq!(refused.form("/leave").value("last-month"), "12");
    assert_eq!((rows(&app), app.letters().await.len()), (untouched, 0));
    let fields = [("last", "4/12/2026"), ("reason", "The box is lost")];
    let answer = send(&coordinator, &page, "/leave", &fields).await.is(303);
    coordinator.browser.follow(answer).await.says("The last day is saved").says("Leaves after 4 December 2026").says("The box is lost");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert!(letters[0].text.contains("The school leaves the cluster"), "{}", letters[0].text);
    beech_lead.browser.open(&after).await.says("Cancelled");
    beech_lead.browser.open(&before).await.says("Confirmed");
    assert_eq!(app.raw().texts("SELECT leave_reason AS t FROM memberships WHERE left_on IS NOT NULL"), ["The box is lost"]);
    let ended = app.raw().texts("SELECT CAST(to_day AS TEXT) || kind AS t FROM roles WHERE to_day IS NOT NULL");
    assert_eq!(ended, ["2026-12-04ssl"]);
    // Sent twice, it leaves once.
    send(&coordinator, &page, "/leave", &fields).await.is(303);
    assert_eq!(logged(&app, "Beech"), ["left"]);
    app.at("2026-12-04T09:00:00Z");
    beech_lead.get("/people").await.is(200);
    app.at("2026-12-05T09:00:00Z");
    beech_lead.get("/people").await.is(404);
    coordinator.open(&beech).await.says("Has left").says("It has left and still holds something").says("Nobody has a role here");
}

async fn the_lead_school_and_the_only_coordinators_do_not_leave(app: TestApp) {
    let coordinator = app.coordinator().await;
    let (ash, beech) = (school(&coordinator, "Ash Primary School").await, school(&coordinator, "Beech Primary School").await);
    let page = coordinator.open(&format!("{ash}/leave")).await;
    send(&coordinator, &page, "/leave", &[("last", "4/12/2026")]).await.is(422).says("Make another school the lead school first");
    act(&coordinator, &beech, "lead", &[("from", "1/12/2026")]).await.is(303);
    // Nor does the school of the only coordinator.
    let at = |school: &str| {
        format!(
            "UPDATE roles SET school_id = {school} WHERE kind = 'coordinator' AND cluster_id = (SELECT id FROM clusters WHERE slug = 'ashdale')"
        )
    };
    app.raw().must(&at("(SELECT id FROM schools WHERE name = 'Ash Primary School')"));
    send(&coordinator, &page, "/leave", &[("last", "4/12/2026")]).await.is(422).says("Nobody else is coordinator after that day");
    // One who stands in until January is nobody to leave the cluster to.
    app.raw().must(
        "INSERT INTO roles (cluster_id, id, person_id, kind, from_day, to_day)
         SELECT c.id, (SELECT max(id) + 1 FROM roles), p.id, 'coordinator', '2026-09-01', '2027-01-31' FROM clusters c, people p
         WHERE c.slug = 'ashdale' AND p.email = 'science.lead@cedar.example'",
    );
    send(&coordinator, &page, "/leave", &[("last", "4/12/2026")]).await.is(422).says("Nobody else is coordinator after that day");
    app.raw().must(&at(
        "(SELECT s.id FROM schools s JOIN clusters c ON c.id = s.cluster_id WHERE s.short_name = 'Beech' AND c.slug = 'ashdale')",
    ));
    send(&coordinator, &page, "/leave", &[("last", "4/12/2026")]).await.is(303);
}

async fn a_school_comes_back_after_it_has_left(app: TestApp) {
    let coordinator = app.coordinator().await;
    let beech = school(&coordinator, "Beech Primary School").await;
    act(&coordinator, &beech, "rejoin", &[]).await.is(422).says("The school has not left yet");
    act(&coordinator, &beech, "leave", &[("last", "31/8/2026")]).await.is(303);
    act(&coordinator, &beech, "leave", &[("last", "30/9/2026")]).await.is(422).says("The school has left already");
    assert_eq!(school(&coordinator, "Beech Primary School").await, beech, "schools that have left keep their page");
    act(&coordinator, &beech, "rejoin", &[("joined", "31/8/2026")]).await.is(422).says("in the cluster until 31 August 2026");
    let page = coordinator.open(&format!("{beech}/rejoin")).await;
    for _ in 0..2 {
        send(&coordinator, &page, "/rejoin", &[("joined", "1/11/2026")]).await.is(303);
    }
    coordinator.open(&beech).await.says("Member").says("1 September 2023 to 31 August 2026").says("From 1 November 2026");
    assert_eq!(logged(&app, "Beech"), ["left", "joined"]);
}

/// Every form of a school, to be sent by somebody else: the address under the cluster and what it would send.
async fn forms(coordinator: &Coordinator) -> Vec<(String, Vec<(String, String)>)> {
    let beech = school(coordinator, "Beech Primary School").await;
    let mut forms = Vec::new();
    for path in VERBS.iter().map(|verb| format!("{beech}/{verb}")).chain(["/schools/new".to_owned()]) {
        let mut fields = coordinator.open(&path).await.form(&path).fields;
        fields.retain(|(name, _)| name != "csrf");
        forms.push((path, fields));
    }
    forms
}

async fn only_the_coordinator_changes_schools(app: TestApp) {
    let (coordinator, beech_lead) = (app.coordinator().await, app.ssl("Beech").await);
    let bursar = Bursar::new(&app, "ashdale", "bursar@ashdale.example").await;
    let head = Bursar::new(&app, "ashdale", "head@ashdale.example").await;
    let before = rows(&app);
    for person in [&*beech_lead, &*bursar, &*head] {
        let token = person.open("/people").await.form("/sign-out").value("csrf").to_owned();
        for (path, mut fields) in forms(&coordinator).await {
            fields.push(("csrf".into(), token.clone()));
            person.get(&path).await.is(403);
            person.browser.post(&format!("{}{path}", person.base), &fields).await.is(403);
        }
    }
    assert_eq!(rows(&app), before);
}

async fn another_clusters_schools_are_not_there(app: TestApp) {
    let coordinator = app.coordinator().await;
    let oak = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let token = oak.open("/people").await.form("/sign-out").value("csrf").to_owned();
    let beech = school(&coordinator, "Beech Primary School").await;
    let before = rows(&app);
    for base in ["/c/ashdale", "/c/birchwood"] {
        oak.browser.get(&format!("{base}{beech}")).await.is(404);
        for (path, mut fields) in forms(&coordinator).await {
            if base == "/c/birchwood" && path == "/schools/new" {
                continue;
            }
            fields.push(("csrf".into(), token.clone()));
            oak.browser.get(&format!("{base}{path}")).await.is(404);
            oak.browser.post(&format!("{base}{path}"), &fields).await.is(404);
        }
    }
    assert_eq!(rows(&app), before);
    // Names and letters are a cluster's own: the other one may have them, too.
    let page = oak.open("/schools/new").await;
    let fields = [("name", "Beech Primary School"), ("short_name", "Beech"), ("letters", "AC"), ("postcode", "LS24 9QF")];
    send(&oak, &page, "/schools/new", &fields).await.is(303);
}

async fn a_form_without_its_token_changes_no_school(app: TestApp) {
    let coordinator = app.coordinator().await;
    let before = rows(&app);
    for (path, mut fields) in forms(&coordinator).await {
        coordinator.browser.post(&format!("{}{path}", coordinator.base), &fields).await.is(403);
        fields.push(("csrf".into(), "0".repeat(32)));
        coordinator.browser.post(&format!("{}{path}", coordinator.base), &fields).await.is(403);
    }
    assert_eq!(rows(&app), before);
}
