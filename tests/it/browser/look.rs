//! How pages look: on any screen, in both schemes, on paper, and to a checker of accessibility.

use std::path::PathBuf;

use serde_json::json;

use super::pages::Report;
use super::session::{Session, key, skipped};

const WIDTHS: [u32; 3] = [1280, 800, 400];
const SCHEMES: [&str; 2] = ["light", "dark"];

/// Cells in every state, as tables of verdicts have them, with a line below and with details open.
const STATES: &str = "
    const cells = document.querySelectorAll('td.number');
    ['reproduced', 'better', 'not-reproduced', 'inconclusive', 'not-attempted'].forEach((state, at) => {
        const sign = document.createElement('span');
        const second = document.createElement('span');
        sign.className = `sign ${state}`;
        sign.textContent = state;
        second.className = 'second';
        second.append('paper 1.00 ', sign.cloneNode(true));
        cells[at].classList.add(state);
        cells[at].append(sign, second);
    });
    document.querySelector('.details')?.showPopover();
    cells[0].closest('.sheet').scrollIntoView();";

/// Keeps a picture where the caller wants pictures.
fn keep(name: &str, bytes: &[u8]) {
    let folder = std::env::var_os("EGE_BENCH_SCREENSHOTS").filter(|folder| !folder.is_empty());
    if let Some(folder) = folder.map(PathBuf::from) {
        fs_err::create_dir_all(&folder).expect("the folder for pictures is made");
        fs_err::write(folder.join(name), bytes).expect("the picture is written");
    }
}

#[test]
fn pages_log_nothing_and_their_links_lead_somewhere() {
    for report in Report::all() {
        let Some(session) = Session::open("pages_log_nothing_and_their_links_lead_somewhere", &report.page)
        else {
            return;
        };
        let links = session
            .run("return [...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href'))");
        let links = links.as_array().expect("a list");
        assert!(links.len() > 20, "{links:?}");
        for link in links.iter().filter_map(|link| link.as_str()) {
            match link.strip_prefix('#') {
                Some(id) => {
                    let found = format!("return document.getElementById({id:?}) !== null");
                    assert_eq!(session.run(&found), json!(true), "#{id}");
                }
                None => assert!(report.file(link).is_file(), "{link} of {}", report.name),
            }
        }
        assert_eq!(session.log(), Vec::<String>::new(), "{}", report.name);
    }
}

#[test]
fn pages_fit_every_screen() {
    for report in Report::all() {
        let Some(session) = Session::open("pages_fit_every_screen", &report.page) else { return };
        for scheme in SCHEMES {
            for width in WIDTHS {
                session.screen(width, scheme);
                let wide = session.run(
                    "return [document.documentElement.scrollWidth, document.body.scrollWidth].filter((w) => w > innerWidth)",
                );
                assert_eq!(wide, json!([]), "{} at {width} px", report.name);
                keep(&format!("{}-{width}-{scheme}.png", report.name), &session.screenshot(true));
            }
        }
    }
}

#[test]
fn pages_are_accessible() {
    let axe = std::env::var_os("EGE_BENCH_AXE").filter(|path| !path.is_empty()).map(PathBuf::from);
    let Some(axe) = axe else {
        return skipped("pages_are_accessible", "EGE_BENCH_AXE is not set");
    };
    let axe = fs_err::read_to_string(axe).expect("axe-core is read");
    for report in Report::all() {
        let Some(session) = Session::open("pages_are_accessible", &report.page) else { return };
        session.run(&axe);
        session.run(STATES);
        for scheme in SCHEMES {
            for width in WIDTHS {
                session.screen(width, scheme);
                let found = session.wait_for(
                    "axe.run(document, { resultTypes: ['violations'] }).then((result) => done({
                         passes: result.passes.length,
                         violations: result.violations.map((rule) =>
                             [rule.id, rule.nodes.length, ...rule.nodes.slice(0, 3).map((node) =>
                                 `${node.target.join(' ')}: ${node.failureSummary}`)]),
                     }), (error) => done({ violations: String(error) }));",
                );
                assert_eq!(found["violations"], json!([]), "{} at {width} px, {scheme}", report.name);
                keep(&format!("states-{}-{width}-{scheme}.png", report.name), &session.screenshot(false));
                assert!(found["passes"].as_u64().is_some_and(|passes| passes > 20), "{found}");
            }
        }
    }
}

#[test]
fn pages_print() {
    for report in Report::all() {
        let Some(session) = Session::open("pages_print", &report.page) else { return };
        session.run("document.querySelector('.gallery .enlarge')?.click()");
        let paper = session.print();
        assert!(paper.starts_with(b"%PDF-") && paper.len() > 20_000, "{} bytes", paper.len());
        keep(&format!("{}.pdf", report.name), &paper);
    }
}

#[test]
fn what_opens_fits_every_screen_too() {
    let report = Report::isic2017();
    let Some(session) = Session::open("what_opens_fits_every_screen_too", &report.page) else { return };
    let fits = |selector: &str| {
        session.becomes(&format!(
            "(() => {{ const at = document.querySelector('{selector}').getBoundingClientRect();
              return at.width > 100 && at.left >= 0 && at.top >= 0 && at.right <= innerWidth && at.bottom <= innerHeight; }})()"
        ))
    };
    session.run("navigator.clipboard.writeText = async () => { throw new Error('refused'); };");
    for (scheme, width) in SCHEMES.into_iter().flat_map(|scheme| WIDTHS.map(|width| (scheme, width))) {
        session.screen(width, scheme);
        for (name, opener, opened) in [
            ("details", "#table-runs button.more", "#table-runs .details:popover-open"),
            ("larger", ".gallery figure:last-child .enlarge", "dialog.larger"),
            ("copy", "#table-comparison .copies button", "dialog.copy"),
        ] {
            session.click(opener);
            assert!(fits(opened), "{name} at {width} px");
            keep(&format!("opened-{name}-{width}-{scheme}.png"), &session.screenshot(false));
            session.press(key::ESCAPE);
        }
    }
}
