//! The gallery is sorted, filtered, and looked at closely.

use serde_json::json;

use super::pages::Report;
use super::session::{Session, key};

impl Session {
    fn pictures(&self) -> Vec<String> {
        let ids = self.run(
            "return [...document.querySelectorAll('.gallery figure:not([hidden])')].map((figure) => figure.dataset.image)",
        );
        let ids = ids.as_array().expect("a list");
        ids.iter().map(|id| id.as_str().unwrap_or_default().to_owned()).collect()
    }
}

#[test]
fn pictures_are_sorted_and_filtered() {
    let report = Report::isic2017();
    let Some(session) = Session::open("pictures_are_sorted_and_filtered", &report.page) else { return };
    let (best, median, worst) = ("MADE_UP_0001", "MADE_UP_0004", "MADE_UP_0015");
    assert_eq!(session.pictures(), [best, median, worst], "as printed");
    let order = |at: usize| session.click(&format!("#gallery select option:nth-child({at})"));
    order(2);
    assert_eq!(session.pictures(), [worst, median, best], "lowest IoU first");
    order(3);
    assert_eq!(session.pictures(), [best, median, worst], "highest IoU first");
    order(2);
    order(4);
    assert_eq!(session.pictures(), [best, median, worst], "by id");
    session.type_into("#gallery input[type=search]", "up_0015");
    assert_eq!(session.pictures(), [worst]);
    let status = session.run("return document.querySelector('#gallery .controls [role=status]').textContent");
    assert_eq!(status, json!("1 of 3 images"));
    session.run("location.hash = '#picture-made-up-0004'");
    assert!(session.becomes("document.querySelectorAll('.gallery figure:not([hidden])').length === 3"));
}

#[test]
fn a_picture_is_looked_at_closely_by_keyboard() {
    let report = Report::isic2017();
    let Some(session) = Session::open("a_picture_is_looked_at_closely_by_keyboard", &report.page) else {
        return;
    };
    let caption = || {
        let text = session.run("return document.querySelector('dialog.larger .caption').textContent");
        text.as_str().unwrap_or_default().to_owned()
    };
    session.run("document.querySelector('.gallery .enlarge').focus()");
    session.press(key::ENTER);
    assert!(session.becomes("document.querySelector('dialog.larger').open"));
    assert!(caption().contains("MADE_UP_0001"), "{}", caption());
    session.press(key::RIGHT);
    assert!(caption().contains("MADE_UP_0004"), "{}", caption());
    session.press(key::LEFT);
    session.press(key::LEFT);
    assert!(caption().contains("MADE_UP_0015"), "round the corner: {}", caption());

    let seen = |kind: &str| {
        session.run(&format!(
            "return getComputedStyle(document.querySelector('.frame g.{kind}')).display !== 'none'"
        ))
    };
    for (at, kind) in [(1, "truth"), (2, "prediction")] {
        assert_eq!(seen(kind), json!(true));
        session.click(&format!("dialog.larger label:nth-child({at}) input"));
        assert_eq!(seen(kind), json!(false), "{kind}");
    }
    session.press(key::ESCAPE);
    assert!(session.becomes("!document.querySelector('dialog.larger').open"));
    let back = session.run("return document.activeElement.getAttribute('aria-label')");
    assert_eq!(back, json!("Enlarge MADE_UP_0015"), "the focus is on the picture that was looked at");
}
