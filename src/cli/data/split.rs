//! `ege-bench data split`: a split's lists, and whether published numbers agree with them.

use std::path::Path;

use serde_json::{Value, json};

use super::args::SplitArguments;
use crate::cli::context::{Context, quoted_path};
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::table::Table;
use crate::dataset::evidence::{Evidence, Measured, RANDOM_SPLITS};
use crate::dataset::lock::{self, Measure, SplitPart};
use crate::dataset::{self, Split, own_lists};
use crate::experiment::settings::{SplitBase, SplitName};
use crate::number::grouped;

const PARTS: [(SplitPart, &str); 3] =
    [(SplitPart::Train, "train"), (SplitPart::Select, "select"), (SplitPart::Report, "report")];

pub(in crate::cli) fn run(context: &Context, arguments: &SplitArguments) -> Result<ExitCode, Failure> {
    let SplitArguments { dataset, split: name, .. } = arguments;
    if let Some(lists) = &arguments.from {
        let (_, path) = own_lists::keep(dataset, name, lists, &context.data)?;
        context.printer.note(format_args!("kept in {}", path.display()));
    }
    let mut split = dataset::split_in(dataset, name, &context.data)?;
    if arguments.exclude_leaks {
        split = dataset::split_in(dataset, &without_leaks(name), &context.data)?;
    }
    if let Some(folder) = &arguments.write {
        write(&split, folder)?;
        context.printer.note(format_args!("written to {}", folder.display()));
    }
    let explained = if arguments.explain { Some(explain(context, arguments, &split)?) } else { None };
    if arguments.json.json {
        context.printer.json(&as_json(dataset, &split, explained.as_ref()));
        return Ok(ExitCode::Success);
    }
    show(context, dataset, &split);
    if let Some((measured, evidence)) = &explained {
        show_evidence(context, arguments, measured, evidence);
    }
    Ok(ExitCode::Success)
}

/// The name of the split without its leaks.
fn without_leaks(name: &str) -> String {
    match name.parse::<SplitName>() {
        Ok(parsed) => SplitName { without_leaks: true, ..parsed }.to_string(),
        Err(_) => name.to_owned(),
    }
}

fn lists(split: &Split) -> [(&'static str, &[String]); 3] {
    [("train", &split.train), ("select", &split.select), ("report", &split.report)]
}

fn write(split: &Split, folder: &Path) -> Result<(), Failure> {
    for (part, ids) in lists(split) {
        let text: String = ids.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
        dataset::write_list(&folder.join(format!("{part}.txt")), &text)?;
    }
    Ok(())
}

/// Where the lists come from, in words.
fn origin(dataset: &str, name: &str) -> String {
    let Ok(SplitName { base, without_leaks }) = name.parse::<SplitName>() else { return String::new() };
    let base = match base {
        SplitBase::Listed(listed) => match lock::builtin().split(dataset, &listed) {
            Ok(entry) => entry.origin.clone(),
            Err(_) => "own lists".to_owned(),
        },
        SplitBase::Fold(fold) => format!(
            "fold {} of {} of all images of split paper, dealt out by seed {}; near duplicates stay together",
            fold.number, fold.of, fold.seed
        ),
    };
    let clean = "; without the images that train or select and look like others on which a run is judged";
    if without_leaks { base + clean } else { base }
}

fn show(context: &Context, dataset: &str, split: &Split) {
    let same = if split.selects_on_report() { " (selects on what it reports)" } else { "" };
    let [train, select, report] = lists(split).map(|(_, ids)| ids.len());
    let printer = context.printer;
    printer.result(format_args!(
        "{dataset}, split {}: {train} train, {select} select, {report} report{same}",
        split.name
    ));
    printer.result(format_args!("origin:  {}", origin(dataset, &split.name)));
    printer.result(format_args!("sha256:  {}", split.digest));
}

type Explained<'a> = (Measured<'a>, Vec<Evidence>);

fn explain<'a>(
    context: &Context,
    arguments: &SplitArguments,
    split: &'a Split,
) -> Result<Explained<'a>, Failure> {
    let images = dataset::open(&arguments.dataset, arguments.size, &context.data)?;
    let measured = Measured::of(&images, split);
    let published = match lock::builtin().split(&arguments.dataset, &split.name) {
        Ok(entry) => entry.published.as_slice(),
        // What is made by rule, or brought by the user, nobody published numbers of.
        Err(_) => &[],
    };
    let at_size = published.iter().filter(|published| published.size == arguments.size);
    let evidence = at_size.filter_map(|published| measured.against(published)).collect();
    Ok((measured, evidence))
}

fn show_evidence(
    context: &Context,
    arguments: &SplitArguments,
    measured: &Measured<'_>,
    evidence: &[Evidence],
) {
    let printer = context.printer;
    let mut parts = Table::new(["PART", "IMAGES", "MEAN PIXEL", "LESION"]);
    for (part, name) in PARTS {
        let (present, all) = measured.present(part);
        let images = if present == all { all.to_string() } else { format!("{present} of {all}") };
        let mean = measured.value(Measure::MeanPixel, part).map(|mean| format!("{mean:.3}"));
        let lesion = measured.lesion_share(part).map(|share| format!("{:.2} %", 100.0 * share));
        let dash = || "-".to_owned();
        parts.row([name.to_owned(), images, mean.unwrap_or_else(dash), lesion.unwrap_or_else(dash)]);
    }
    printer.result(format_args!("\n{parts}"));
    if evidence.is_empty() {
        printer.note("nobody published numbers about the parts of this split at this size");
        return;
    }
    let mut table = Table::new(["PUBLISHED", "", "HERE", "OFF", "RANDOM SPLITS", "AS NEAR", "SOURCE"]);
    for Evidence { published, here, random: (mean, std), as_near } in evidence {
        let number = |value: f64, digits: usize| match published.measure {
            Measure::MeanPixel => format!("{value:.digits$}"),
            Measure::LesionPixels => grouped(value.round() as u64),
        };
        let digits = published.digits;
        table.row([
            what(published.measure, published.part),
            number(published.value, digits),
            number(*here, digits),
            format!("{:+.digits$}", here - published.value),
            format!("{} ± {}", number(*mean, digits), number(*std, digits)),
            format!("{as_near} of {RANDOM_SPLITS}"),
            published.source.clone(),
        ]);
    }
    printer.result(format_args!("\n{table}"));
    printer.note(format_args!(
        "random splits deal the same images out to parts of the same sizes; AS NEAR counts those whose number is at least as \
         near to the published one as that of {} here",
        quoted_path(Path::new(&arguments.split))
    ));
}

fn what(measure: Measure, part: SplitPart) -> String {
    let measure = match measure {
        Measure::MeanPixel => "mean pixel",
        Measure::LesionPixels => "lesion pixels",
    };
    let part = PARTS.iter().find(|(other, _)| *other == part).map_or("", |(_, name)| name);
    format!("{measure}, {part}")
}

fn as_json(dataset: &str, split: &Split, explained: Option<&Explained<'_>>) -> Value {
    let mut value = json!({
        "dataset": dataset,
        "split": split.name,
        "origin": origin(dataset, &split.name),
        "sha256": split.digest,
        "selects_on_report": split.selects_on_report(),
    });
    for (part, ids) in lists(split) {
        value[part] = json!(ids);
    }
    if let Some((measured, evidence)) = explained {
        for (part, name) in PARTS {
            value["measured"][name] = json!({
                "present": measured.present(part).0,
                "mean_pixel": measured.value(Measure::MeanPixel, part),
                "lesion_pixels": measured.value(Measure::LesionPixels, part),
                "lesion_share": measured.lesion_share(part),
            });
        }
        let rows = evidence.iter().map(|Evidence { published, here, random: (mean, std), as_near }| {
            json!({
                "what": what(published.measure, published.part),
                "published": published.value,
                "source": published.source,
                "here": here,
                "random_mean": mean,
                "random_std": std,
                "as_near": as_near,
                "random_splits": RANDOM_SPLITS,
            })
        });
        value["evidence"] = rows.collect();
    }
    value
}
