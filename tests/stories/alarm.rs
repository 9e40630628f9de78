//! Whoever runs Boxrota hears by mail of what goes wrong with it.

use std::process::Stdio;
use std::time::Duration;

use crate::harness::process::{Program, boxrota, run};
use crate::harness::{Engine, Ground, World};
use crate::post_office::{At, Deed, PostOffice, Script, Taken};

#[test]
fn the_operator_is_told_when_the_mail_server_takes_mail() {
    let ground = Ground::migrated(Engine::Sqlite);
    let folder = ground.folder.path().join("ashdale");
    World::busy(2, 30).write(&folder);
    assert!(run(&["import-cluster", &folder.to_string_lossy()], &[("BOXROTA_DATABASE_URL", &ground.url)]).status.success());
    // Bookings to come lose their days: an error of the start, for each day.
    let days = ground.raw().number("SELECT count(*) AS n FROM booked_days WHERE day >= '2026-11-30'");
    assert!(days > 1);
    ground.raw().must("DELETE FROM booked_days WHERE day >= '2026-11-30'");
    actix_web::rt::System::new().block_on(async {
        let office = PostOffice::open(Script::default()).await;
        let told = told(&ground, &office).await;
        assert_eq!(told.to, ["it@trust.example"]);
        let lines: String = told.data.replace("=\r\n", "").replace("\r\n", " ");
        assert!(lines.contains(&format!("Something went wrong {days} times at 127.0.0.1")), "{lines}");
        assert!(lines.contains("A booking to come had lost a day; it has been put back.") && lines.contains("2026-1"), "{lines}");
        assert!(!lines.contains("science.lead"), "no addresses of ours: {lines}");
    });
}

#[test]
fn nothing_is_said_when_all_is_well() {
    let ground = Ground::migrated(Engine::Sqlite);
    actix_web::rt::System::new().block_on(async {
        let office = PostOffice::open(Script { misdeed: Some((At::Greeting, Deed::Drop)), ..Script::default() }).await;
        let program = serve(&ground, &office);
        program.browser().get("/sign-in").await.is(200);
        actix_web::rt::time::sleep(Duration::from_secs(12)).await;
        assert_eq!((office.calls(), office.taken()), (0, vec![]));
    });
}

#[test]
fn an_address_that_is_none_stops_the_start() {
    let ground = Ground::migrated(Engine::Sqlite);
    let output = run(&["serve"], &[("BOXROTA_DATABASE_URL", &ground.url), ("BOXROTA_OPERATOR_MAIL", "the technician")]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("BOXROTA_OPERATOR_MAIL is \"the technician\", which is no e-mail address"), "{told}");
    let output = run(&["check"], &[("BOXROTA_DATABASE_URL", &ground.url)]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("nobody is written to when something goes wrong"), "{told}");
}

fn serve(ground: &Ground, office: &PostOffice) -> Program {
    let mut command = boxrota(&["serve"]);
    command.env("BOXROTA_DATABASE_URL", &ground.url).env("BOXROTA_SMTP_URL", format!("smtp://{}", office.at));
    command.env("BOXROTA_MAIL_FROM", "boxrota@cluster.example").env("BOXROTA_OPERATOR_MAIL", "it@trust.example");
    Program::start_logging(command, Stdio::null())
}

/// The mail to the operator, within a minute.
async fn told(ground: &Ground, office: &PostOffice) -> Taken {
    let _program = serve(ground, office);
    for _ in 0..300 {
        if let Some(told) = office.taken().into_iter().find(|taken| taken.data.contains("Something went wrong")) {
            return told;
        }
        actix_web::rt::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("nobody was told; the mail server heard {:?}", office.heard());
}
