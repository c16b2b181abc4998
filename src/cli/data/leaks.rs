//! `ege-bench data leaks`: images that look the same, within and across the parts of a split.

use serde_json::json;

use super::args::LeaksArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::table::Table;
use crate::dataset::{self, Images, Leak, Split, lock};

pub(in crate::cli) fn run(context: &Context, arguments: &LeaksArguments) -> Result<ExitCode, Failure> {
    let LeaksArguments { dataset, split, size, json } = arguments;
    let split = dataset::split_in(dataset, split, &context.data)?;
    let images = dataset::open(dataset, *size, &context.data)?;
    let present = images.index();
    let all = split.ids();
    let ids: Vec<String> =
        all.iter().filter(|id| present.contains_key(**id)).map(|id| (*id).to_owned()).collect();
    let found = dataset::leaks(&images, &ids, &split);
    let listed = &lock::builtin().dataset(dataset)?.near_duplicates;
    let is_listed =
        |leak: &Leak| listed.iter().any(|pair| pair.ids == [leak.twin.a.clone(), leak.twin.b.clone()]);
    if json.json {
        let rows: Vec<_> = found
            .iter()
            .map(|leak| {
                json!({
                    "a": leak.twin.a, "b": leak.twin.b, "a_part": leak.parts[0].name(), "b_part": leak.parts[1].name(),
                    "mse": leak.twin.distance, "identical": leak.twin.identical, "lay": leak.twin.lay.name(),
                    "leaks": leak.is_leak(), "listed": is_listed(leak),
                })
            })
            .collect();
        context.printer.json(&json!({
            "dataset": dataset, "split": split.name, "size": size, "compared": ids.len(), "of": all.len(), "pairs": rows,
        }));
        return Ok(ExitCode::Success);
    }
    show(context, arguments, &split, (ids.len(), all.len()), &found, &is_listed);
    Ok(ExitCode::Success)
}

fn show(
    context: &Context,
    arguments: &LeaksArguments,
    split: &Split,
    (compared, all): (usize, usize),
    found: &[Leak],
    is_listed: &dyn Fn(&Leak) -> bool,
) {
    let printer = context.printer;
    let dataset = &arguments.dataset;
    let of = if compared == all { String::new() } else { format!(" of {all}") };
    printer.result(format_args!(
        "{dataset}, split {}: {compared}{of} images compared with one another at 32x32, turned and mirrored",
        split.name
    ));
    if found.is_empty() {
        printer.result("no two look the same");
        return;
    }
    let mut table = Table::new(["IMAGE", "PART", "IMAGE", "PART", "MSE", "HOW", "LEAKS", "LISTED"]);
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    for leak in found {
        let twin = &leak.twin;
        let how = if twin.identical { "the same pixels" } else { "nearly the same" };
        table.row([
            twin.a.clone(),
            leak.parts[0].name().to_owned(),
            twin.b.clone(),
            leak.parts[1].name().to_owned(),
            format!("{:.2}", twin.distance),
            format!("{how}, {}", twin.lay.name()),
            yes(leak.is_leak()),
            yes(is_listed(leak)),
        ]);
    }
    printer.result(table);
    let leaking = found.iter().filter(|leak| leak.is_leak()).count();
    printer.result(format_args!("{leaking} of {} pairs leak from one part into another", found.len()));
    if leaking > 0 && found.iter().filter(|leak| leak.is_leak()).all(is_listed) {
        printer.note(format_args!("hint: split = \"{}-without-leaks\" leaves them out", split.name));
    } else if leaking > 0 {
        printer.note(
            "hint: `ege-bench data split` with --from keeps lists without them; -without-leaks leaves out listed pairs only",
        );
    }
}
