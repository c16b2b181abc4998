//! What is copied is the file.

use serde_json::{Value, json};

use super::pages::Report;
use super::session::{Session, key};

const EXTENSIONS: [(&str, &str); 3] = [("LaTeX", "tex"), ("Markdown", "md"), ("CSV", "csv")];

#[test]
fn every_copy_is_its_file_byte_for_byte() {
    let report = Report::isic2017();
    let Some(session) = Session::open("every_copy_is_its_file_byte_for_byte", &report.page) else { return };
    let copies = session.wait_for(
        "const copied = [];
         navigator.clipboard.writeText = async (text) => { copied.push(text); };
         const buttons = [...document.querySelectorAll('.copies button')];
         for (const button of buttons) button.click();
         setTimeout(() => done(buttons.map((button, at) =>
             [button.closest('.sheet').id, button.textContent, copied[at],
              button.closest('.copies').querySelector('[role=status]').textContent])), 100);",
    );
    let copies = copies.as_array().expect("a list");
    assert!(copies.len() >= 8 * EXTENSIONS.len(), "{} copies", copies.len());
    for copy in copies {
        let part = |at: usize| copy[at].as_str().unwrap_or_default();
        let (_, extension) =
            EXTENSIONS.iter().find(|(format, _)| *format == part(1)).expect("a known format");
        let table = part(0).strip_prefix("table-").expect("the id of a table");
        let file = report.file(&format!("tables/{table}.{extension}"));
        assert_eq!(
            part(2),
            fs_err::read_to_string(file).expect("the file is written"),
            "{table}.{extension}"
        );
        assert!(part(3).ends_with(" copied"), "{}", part(3));
    }
}

#[test]
fn where_the_browser_refuses_the_reader_copies_from_a_box() {
    let report = Report::isic2017();
    let Some(session) = Session::open("where_the_browser_refuses_the_reader_copies_from_a_box", &report.page)
    else {
        return;
    };
    session.run("navigator.clipboard.writeText = async () => { throw new Error('refused'); };");
    session.run("document.querySelector('#table-comparison .copies button').focus()");
    session.press(key::ENTER);
    assert!(session.becomes("document.querySelector('dialog.copy textarea') !== null"));
    let area = session.run(
        "const area = document.querySelector('dialog.copy textarea');
         return [area.value, area.value.slice(area.selectionStart, area.selectionEnd), document.activeElement === area]",
    );
    let file = fs_err::read_to_string(report.file("tables/comparison.tex")).expect("the file is written");
    assert_eq!(area, json!([file, file, true]));
    session.press(key::ESCAPE);
    assert!(session.becomes("document.querySelector('dialog.copy') === null"));
    let back = session.run("return document.activeElement.textContent");
    assert_eq!(back, Value::from("LaTeX"), "the focus is where it was");
}
