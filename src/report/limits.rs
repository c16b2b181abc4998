//! What an experiment can't support, computed from what it is.

use super::findings::Findings;
use super::input::{ReportInput, ReportRun};
use super::variant::{Variant, distinct};
use crate::analysis::Standing;
use crate::claim::Verdict;

/// Epochs of the paper's protocol (released code, `config_setting.py`).
const PAPER_EPOCHS: usize = 300;
/// Repeats that the paper's spreads are said to come from.
const PAPER_SEEDS: usize = 5;
/// Below so many reported images a metric moves by about a point when a few images change.
const FEW_IMAGES: usize = 100;

/// Short sentences, the gravest first.
pub(super) fn limits(findings: &Findings<'_>) -> Vec<String> {
    let Findings { input, variants, .. } = findings;
    let mut limits = Vec::new();
    let synthetic = input.runs.iter().any(|run| run.record.synthetic);
    if synthetic {
        limits.push(
            "Images are synthetic. The numbers show that the program works; they say nothing about real lesions, \
             and stand beside no paper\u{2019}s."
                .to_owned(),
        );
    }
    limits.extend(unfinished(input));
    limits.extend(epochs(input, synthetic));
    limits.extend(seeds(variants));
    if input.runs.iter().any(|run| run.selects_on_report) {
        limits.push(
            "The epoch was selected on the images that are reported on. Numbers are optimistic by an amount that \
             this experiment can\u{2019}t measure."
                .to_owned(),
        );
    }
    let fewest = input.runs.iter().map(|run| run.images[2]).filter(|images| *images > 0).min();
    if let Some(images) = fewest.filter(|images| *images < FEW_IMAGES) {
        limits.push(format!("Only {images} images are reported on: a few of them decide about a point."));
    }
    limits.extend(noise(input));
    limits.extend(copies(input));
    limits.extend(differences(findings));
    limits.extend(claims(findings));
    if input.runs.iter().any(|run| run.record.provenance.dirty) {
        limits.push(
            "Some runs were made by a build with uncommitted changes: the commit alone doesn\u{2019}t name the code."
                .to_owned(),
        );
    }
    limits
}

/// What the differences of variants leave open.
fn differences(findings: &Findings<'_>) -> Option<String> {
    let ties: Vec<f64> = findings
        .contrasts
        .iter()
        .filter(|contrast| matches!(contrast.standing, Standing::Tie | Standing::Unknown))
        .map(|contrast| 100.0 * contrast.paired.detectable)
        .collect();
    let largest = ties.iter().copied().reduce(f64::max)?;
    Some(format!(
        "{} of {} differences between variants are ties or rest on one seed: differences below up to {largest:.2} points of pooled IoU \
         would often be missed by so many seeds and images.",
        ties.len(),
        findings.contrasts.len()
    ))
}

/// What the verdicts leave open.
fn claims(findings: &Findings<'_>) -> Option<String> {
    let (all, open) = (findings.judged.len(), findings.count(Verdict::NotAttempted));
    let undecided = findings.count(Verdict::Inconclusive);
    (open + undecided > 0).then(|| {
        format!(
            "Of {all} claimed numbers {open} weren\u{2019}t attempted here and {undecided} are inconclusive: this report says nothing about them, \
             neither for nor against."
        )
    })
}

/// How far runs with the same seed land from one another, where `verify --rerun --times` measured it.
fn noise(input: &ReportInput) -> Vec<String> {
    let measured = |run: &ReportRun| {
        let floor = run.noise_floor.as_ref()?;
        let (id, repeats) = (&run.record.id, floor.repeats);
        let spread = floor.among_repeats.max(floor.from_stored);
        Some(if spread.is_zero() {
            format!("{id} was executed {repeats} more times: the same bits each time.")
        } else {
            format!(
                "Same-seed noise of {id}, measured over {repeats} more executions on {}: {:.3} points of pooled IoU, {:.3} of \
                 pooled Dice. A tolerance or a difference below that says nothing.",
                floor.measured_with.device, spread.pooled_iou, spread.pooled_dice
            )
        })
    };
    input.runs.iter().filter_map(measured).collect()
}

/// What the images' preparation leaves open, once for each.
fn copies(input: &ReportInput) -> Vec<String> {
    let real = input.runs.iter().filter(|run| !run.record.synthetic);
    distinct(real.map(|run| run.origin().map(|origin| origin.preparation())))
        .into_iter()
        .map(|preparation| {
            let preparation = preparation.unwrap_or_else(|| "of an origin that was not recorded".to_owned());
            format!(
                "Images are {preparation}. Differences from published numbers can come from that (own deviations 1 to \
                 4)."
            )
        })
        .collect()
}

fn unfinished(input: &ReportInput) -> Option<String> {
    let done = input.runs.iter().filter(|run| run.is_done()).count();
    let all = input.runs.len();
    (done < all)
        .then(|| format!("{} of {all} runs are not done: every mean is of what is there.", all - done))
}

fn epochs(input: &ReportInput, synthetic: bool) -> Option<String> {
    let shorter: Vec<String> = distinct(
        input.runs.iter().map(|run| run.settings.train.epochs).filter(|epochs| *epochs < PAPER_EPOCHS),
    )
    .iter()
    .map(usize::to_string)
    .collect();
    if shorter.is_empty() {
        return None;
    }
    let epochs = shorter.join(" or ");
    Some(if synthetic {
        format!("Trained for {epochs} of the {PAPER_EPOCHS} epochs of the paper\u{2019}s protocol.")
    } else {
        format!(
            "Trained for {epochs} of the paper\u{2019}s {PAPER_EPOCHS} epochs: a lower number here can\u{2019}t refute the \
             paper\u{2019}s, and a higher one can\u{2019}t confirm it."
        )
    })
}

fn seeds(variants: &[Variant<'_>]) -> Option<String> {
    let fewest = variants.iter().map(|variant| variant.done().count()).filter(|n| *n > 0).min()?;
    match fewest {
        1 => Some(
            "One seed: how far a repetition would land is unknown. Public repetitions of this network differed by \
             about a point."
                .to_owned(),
        ),
        n if n < PAPER_SEEDS => {
            Some(format!("{n} seeds: a spread from so few is itself uncertain; the paper\u{2019}s is said to come from {PAPER_SEEDS}."))
        }
        _ => None,
    }
}
