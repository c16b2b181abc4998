//! Details of a cell open by keyboard, mouse and tap, with and without script.

use serde_json::json;

use super::pages::Report;
use super::session::{Session, key};

const BUTTON: &str = "#table-runs button.more";
const OPEN: &str = "document.querySelector('#table-runs .details').matches(':popover-open')";

impl Session {
    /// Puts the focus on the element before the first button with details, and presses Tab.
    fn tab_to_details(&self) {
        self.run(&format!(
            "const button = document.querySelector('{BUTTON}');
             const stops = [...document.querySelectorAll('a[href], button, input, select, [tabindex=\"0\"]')];
             stops[stops.indexOf(button) - 1].focus();"
        ));
        self.press(key::TAB);
        let focused =
            self.run(&format!("return document.activeElement === document.querySelector('{BUTTON}')"));
        assert_eq!(focused, json!(true), "Tab leads to the button");
    }
}

#[test]
fn details_open_by_keyboard_and_close_on_escape() {
    let report = Report::isic2017();
    let Some(session) = Session::open("details_open_by_keyboard_and_close_on_escape", &report.page) else {
        return;
    };
    assert_eq!(session.run(&format!("return {OPEN}")), json!(false));
    session.tab_to_details();
    assert!(session.becomes(OPEN), "on focus");
    session.press(key::ESCAPE);
    assert!(session.becomes(&format!("!{OPEN}")), "Escape closes");
    session.press(key::ENTER);
    assert!(session.becomes(OPEN), "Enter opens again");
    let text = session.run("return document.querySelector('#table-runs .details').innerText");
    assert!(text.as_str().is_some_and(|text| text.contains("loss is NaN in epoch 12")), "{text}");
    session.press(key::SPACE);
    assert!(session.becomes(&format!("!{OPEN}")), "Space closes");
    session.press(key::TAB);
    let next = session.run("return document.activeElement.closest('#table-runs') !== null");
    assert_eq!(next, json!(true), "the focus goes on");
}

#[test]
fn a_tap_opens_details_inside_a_narrow_screen() {
    let report = Report::isic2017();
    let Some(session) = Session::open("a_tap_opens_details_inside_a_narrow_screen", &report.page) else {
        return;
    };
    session.screen(400, "light");
    session.click(BUTTON);
    assert!(session.becomes(OPEN));
    let inside = session.run(
        "const at = document.querySelector('#table-runs .details').getBoundingClientRect();
         return at.left >= 0 && at.right <= 400 && at.top >= 0 && at.bottom <= innerHeight && at.width > 150",
    );
    assert_eq!(inside, json!(true));
    session.click("#runs-title");
    assert!(session.becomes(&format!("!{OPEN}")), "a tap elsewhere closes");
}

#[test]
fn details_and_the_page_need_no_script() {
    let report = Report::isic2017();
    let Some(session) = Session::open("details_and_the_page_need_no_script", &report.page) else { return };
    session.chromium("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    session.go(&report.page, "?without-script");
    let count =
        |selector: &str| session.run(&format!("return document.querySelectorAll('{selector}').length"));
    for made_by_script in [".sort", ".controls", ".copies", ".permalink", ".enlarge", "dialog"] {
        assert_eq!(count(made_by_script), json!(0), "{made_by_script}");
    }
    assert_eq!(count("#table-runs tbody tr"), json!(7));
    session.tab_to_details();
    assert_eq!(session.run(&format!("return {OPEN}")), json!(false));
    session.press(key::ENTER);
    assert_eq!(session.run(&format!("return {OPEN}")), json!(true));
    session.press(key::ESCAPE);
    assert_eq!(session.run(&format!("return {OPEN}")), json!(false));
}
