//! Findings of an audit as a table with their arithmetic, or as JSON.

use serde_json::json;

use super::args::AuditArguments;
use super::facts::{Counts, Splits};
use super::told::{problems, tally};
use crate::claim::{self, Audit, Outcome, audit};
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;

pub(in crate::cli) fn run(context: &Context, arguments: &AuditArguments) -> Result<ExitCode, Failure> {
    let claims = claim::load(&arguments.claims)?;
    let (counts, splits) = (Counts::default(), Splits::new(Some(&context.data)));
    let audit = audit(&claims, &|model, size| counts.of(model, size), &|table| splits.of(table));
    let printer = context.printer;
    if arguments.json {
        printer.json(&json!({
            "paper": claims.paper.key,
            "title": claims.paper.title,
            "findings": audit.findings,
        }));
    } else {
        let paper = &claims.paper;
        printer.result(format_args!("{} ({}, {}, {})", paper.title, paper.authors, paper.venue, paper.link));
        printer.result(format_args!("\n{}", tally(&audit)));
        let told = problems(&audit, arguments.all);
        if !told.is_empty() {
            printer.result(format_args!("\n{told}"));
        }
        printer.result(format_args!("\n{}", conclusion(&audit)));
        if !arguments.all {
            printer.note("`--all` tells what holds as well, with its arithmetic");
        }
    }
    let failing = audit.of(Outcome::Fails).count();
    if arguments.check && failing > 0 {
        printer.error(&format!("{failing} of {} findings fail", audit.findings.len()), None);
        return Ok(ExitCode::CheckFailed);
    }
    Ok(ExitCode::Success)
}

fn conclusion(audit: &Audit) -> String {
    let of = |outcome| audit.of(outcome).count();
    format!(
        "{} findings: {} hold, {} fail, {} are doubtful, {} unchecked",
        audit.findings.len(),
        of(Outcome::Holds),
        of(Outcome::Fails),
        of(Outcome::Doubtful),
        of(Outcome::Unchecked)
    )
}
