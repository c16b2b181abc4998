//! The report of made-up experiments: what its files say, and what its page asks of a browser.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ege_bench::report::{Manifest, ReportError, ReportInput, write};

use sha2::{Digest, Sha256};

use crate::example;

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn files(input: &ReportInput) -> Files {
    let mut files = Files::new();
    let written = write(input, Path::new("results"), &mut |path, bytes| {
        files.insert(path.to_owned(), bytes.to_owned());
        Ok(())
    })
    .expect("the made-up input makes a report");
    let told: Vec<_> =
        written.tables.iter().chain([&written.page, &written.manifest_path]).cloned().collect();
    let mut told_sorted = told.clone();
    told_sorted.sort();
    assert_eq!(told_sorted, files.keys().cloned().collect::<Vec<_>>(), "every file is told");
    assert_eq!(told.last(), Some(&PathBuf::from("results/report.json")), "the manifest is written last");
    files
}

fn text(files: &Files, name: &str) -> String {
    let bytes =
        files.get(&Path::new("results").join(name)).unwrap_or_else(|| panic!("{name} in {:?}", files.keys()));
    String::from_utf8(bytes.clone()).expect("UTF-8")
}

/// What stands between every `start` and the next `end`.
fn between<'a>(page: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    page.split(start).skip(1).filter_map(|rest| rest.split_once(end).map(|(found, _)| found)).collect()
}

#[test]
fn images_that_look_the_same_stand_side_by_side() {
    let input = example::isic2017();
    let mut none = example::isic2017();
    none.leaks.clear();
    let page = text(&files(&none), "report.html");
    assert!(page.contains("No two look the same"), "{}", between(&page, "id=\"leaks\"", "</section>")[0]);
    none.compared.clear();
    assert!(!text(&files(&none), "report.html").contains("id=\"leaks\""), "nothing was compared");
    let files = files(&input);
    let page = text(&files, "report.html");
    let section = between(&page, "id=\"leaks\"", "</section>")[0];
    assert_eq!(section.matches("data:image/jpeg;base64,").count(), 2);
    assert!(section.contains("1 of 1 pairs leak") && section.contains("nearly the same, mirrored"));
    let table = text(&files, "tables/leaks.csv");
    assert!(
        table.contains("\"isic2017, split paper\",ISIC_1,train,ISIC_2,\"select, report\",0.25"),
        "{table}"
    );
}

#[test]
fn tables_as_markdown() {
    let files = files(&example::isic2017());
    insta::assert_snapshot!("comparison", text(&files, "tables/comparison.md"));
    insta::assert_snapshot!("paper", text(&files, "tables/paper.md"));
    insta::assert_snapshot!("verdicts", text(&files, "tables/verdicts.md"));
    insta::assert_snapshot!("tolerances", text(&files, "tables/tolerances.md"));
    insta::assert_snapshot!("efficiency", text(&files, "tables/efficiency.md"));
    insta::assert_snapshot!("runs", text(&files, "tables/runs.md"));
    insta::assert_snapshot!("deviations", text(&files, "tables/deviations.md"));
}

#[test]
fn tables_as_csv() {
    let files = files(&example::quickstart());
    insta::assert_snapshot!("comparison_csv", text(&files, "tables/comparison.csv"));
    insta::assert_snapshot!("runs_csv", text(&files, "tables/runs.csv"));
    insta::assert_snapshot!("epochs_csv", text(&files, "tables/epochs.csv"));
    let images = text(&files, "tables/images.csv");
    assert_eq!(images.lines().count(), 1 + 2 * 16, "a row an image and set of weights");
    assert!(!files.contains_key(Path::new("results/tables/images.md")), "too long to read");
}

#[test]
fn the_mean_is_that_of_the_seeds() {
    use ege_bench::metric::{Counts, Definition};
    use ege_bench::store::Weights;

    let input = example::isic2017();
    let ious: Vec<f64> = input.runs[..3]
        .iter()
        .map(|run| {
            let best = run.counts.iter().filter(|row| row.weights == Weights::Best);
            let total: Counts =
                best.map(|row| Counts { tp: row.tp, fp: row.fp, fn_: row.fn_, tn: row.tn }).sum();
            Definition::PooledIou.value(&[total]).expect("there are lesions")
        })
        .collect();
    let mean = ious.iter().sum::<f64>() / 3.0;
    let std = (ious.iter().map(|iou| (iou - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
    let files = files(&input);
    let expect = format!("{:.2} ± {:.2}", 100.0 * mean, 100.0 * std);
    assert!(text(&files, "tables/comparison.md").contains(&expect), "{expect}");
    let page = text(&files, "report.html");
    assert!(page.contains(&expect), "{expect}");
    assert!(page.contains("paper 79.81 ± 0.10"));
}

#[test]
fn the_page_asks_no_network_for_anything() {
    for input in [example::isic2017(), example::quickstart()] {
        let page = text(&files(&input), "report.html");
        let links = between(&page, " href=\"", "\"").into_iter().chain(between(&page, " src=\"", "\""));
        for link in links {
            let beside = link.starts_with("tables/") || link == "report.json";
            let local = link.starts_with('#') || link.starts_with("data:") || beside;
            assert!(local, "{}", &link[..link.len().min(80)]);
        }
        for forbidden in [
            "http://",
            "https://",
            "@import",
            "url(",
            "<iframe",
            "srcset",
            " style=",
            "<link rel=\"s",
            " onclick=",
        ] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        // One script and one style sheet, both of the page's own, and nothing else is allowed.
        let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"")[0];
        let mut allowed = vec!["default-src 'none'".to_owned(), "img-src data:".to_owned()];
        for (directive, tag) in [("style-src", "style"), ("script-src", "script")] {
            assert_eq!(page.matches(&format!("<{tag}")).count(), 1, "{tag}");
            let text = between(&page, &format!("<{tag}>"), &format!("</{tag}>"))[0];
            allowed.push(format!("{directive} 'sha256-{}'", STANDARD.encode(Sha256::digest(text))));
        }
        allowed.extend(["base-uri 'none'".to_owned(), "form-action 'none'".to_owned()]);
        assert_eq!(policy.replace("&#39;", "'"), allowed.join("; "));
    }
}

#[test]
fn the_manifest_names_every_file_and_its_hash() {
    let input = example::quickstart();
    let files = files(&input);
    let manifest: Manifest = serde_json::from_str(&text(&files, "report.json")).expect("the manifest is one");
    assert_eq!(
        (
            manifest.format,
            manifest.experiment.as_str(),
            manifest.generated.as_str(),
            manifest.command.as_str()
        ),
        (1, "quickstart", "2026-11-24T14:00:00Z", "ege-bench run experiments/example.toml")
    );
    let mut named: Vec<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    for file in &manifest.files {
        let content = &files[&Path::new("results").join(&file.path)];
        assert_eq!(file.sha256, ege_bench::digest::sha256(content), "{}", file.path);
        assert_eq!(file.bytes, content.len() as u64, "{}", file.path);
    }
    named.push("report.json");
    named.sort_unstable();
    let there: Vec<_> = files.keys().filter_map(|path| path.strip_prefix("results").ok()?.to_str()).collect();
    assert_eq!(named, there);
}

#[test]
fn every_table_has_its_formats() {
    let files = files(&example::isic2017());
    let has = |name: &str| files.contains_key(&Path::new("results/tables").join(name));
    for (table, long) in [("comparison", false), ("runs", false), ("images", true), ("epochs", true)] {
        for (extension, expect) in [("csv", true), ("parquet", true), ("md", !long), ("tex", !long)] {
            assert_eq!(has(&format!("{table}.{extension}")), expect, "{table}.{extension}");
        }
    }
    let latex = text(&files, "tables/comparison.tex");
    for part in ["\\label{tab:comparison}", "metrics in \\%}", "ege-unet & 3 & 53,374 & ", " $\\pm$ "] {
        assert!(latex.contains(part), "{part} in {latex}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let files = files(&example::isic2017());
    let page = text(&files, "report.html");
    for link in between(&page, " href=\"", "\"") {
        if let Some(id) = link.strip_prefix('#') {
            assert!(page.contains(&format!("id=\"{id}\"")), "#{id}");
        } else if !link.starts_with("data:") {
            assert!(files.contains_key(&Path::new("results").join(link)), "{link}");
        }
    }
}

#[test]
fn the_page_can_be_read_without_seeing_it() {
    let page = text(&files(&example::isic2017()), "report.html");
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    assert!(page.contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"));
    assert_eq!(between(&page, "<title>", "</title>")[0], "isic2017-example · ege-bench");
    let images = between(&page, "<img ", ">");
    // The gallery, and two that look the same.
    assert_eq!(images.len(), 3 + 2);
    for (at, image) in images.into_iter().enumerate() {
        let named = if at < 3 { "MADE_UP_" } else { "Image ISIC_" };
        assert!(between(image, " alt=\"", "\"").first().is_some_and(|alt| alt.contains(named)), "{at}");
    }
    for chart in between(&page, "<svg class=\"chart\"", "</svg>") {
        assert!(chart.contains("role=\"img\"><title>"), "{}", &chart[..80]);
    }
    for table in between(&page, "<table", "</table>") {
        assert!(table.contains("<caption>") && !table.contains("<th class"), "{}", &table[..80]);
        assert_eq!(table.matches("<th ").count(), table.matches("<th scope=\"").count());
    }
    let mut deepest = 0;
    for tag in page.split('<').filter(|tag| tag.starts_with('h') && tag.as_bytes()[1].is_ascii_digit()) {
        let level = u32::from(tag.as_bytes()[1] - b'0');
        assert!(level <= deepest + 1, "h{level} after h{deepest}");
        deepest = level;
    }
    assert_eq!(page.matches("<h1").count(), 1);
}

#[test]
fn synthetic_numbers_are_labelled_wherever_they_stand() {
    let files = files(&example::quickstart());
    let page = text(&files, "report.html");
    assert!(page.contains("<strong>Synthetic data.</strong>"));
    for caption in between(&page, "<figcaption>", "</figcaption>") {
        assert!(caption.contains(">SYNTHETIC<"), "{caption}");
    }
    for name in
        ["Variants compared on synthetic-lesions, split built-in, 16 images; metrics in %", "Every run"]
    {
        assert!(
            page.contains(&format!(
                "<caption><span class=\"title\">{name} <span class=\"tag synthetic\">SYNTHETIC</span>"
            )),
            "{name}"
        );
    }
    for name in ["comparison", "runs"] {
        assert!(text(&files, &format!("tables/{name}.md")).contains("(SYNTHETIC DATA)"), "{name}");
    }
    let results = page.split("<section id=\"results\"").nth(1).expect("results");
    let head = page.split("<main").next().expect("a header");
    assert!(!results.split("</section>").next().is_some_and(|results| results.contains("79.81")));
    assert!(!head.contains("79.81"), "no paper's number stands beside a synthetic one");
    assert!(
        !text(&files, "tables/verdicts.csv").contains(",0.8"),
        "no metric of ours stands beside a claimed one"
    );
    assert_eq!(text(&files, "tables/paper.csv").lines().count(), 1, "only its header");
    let real = text(&self::files(&example::isic2017()), "report.html");
    assert!(!real.contains(">SYNTHETIC<"));
}

#[test]
fn every_report_writes_the_same_files() {
    let mut empty = example::quickstart();
    empty.runs.clear();
    empty.claims.clear();
    let names = |input: &ReportInput| files(input).into_keys().collect::<Vec<_>>();
    assert_eq!(names(&empty), names(&example::isic2017()));
}

#[test]
fn an_experiment_without_claims_says_so() {
    let mut input = example::isic2017();
    input.claims.clear();
    let page = text(&files(&input), "report.html");
    assert!(page.contains("This experiment names no claims: nothing is set beside it."));
    assert!(!page.contains("nothing to compare with"));
}

#[test]
fn other_sizes_and_numbers_of_images_stand_beside_no_metric() {
    let tamper: [fn(&mut ege_bench::report::ReportRun); 2] =
        [|run| run.settings.data.size = 224, |run| run.images[2] = 649];
    for tamper in tamper {
        let mut input = example::isic2017();
        input.runs.iter_mut().for_each(tamper);
        let files = files(&input);
        assert!(!text(&files, "tables/paper.csv").contains("pooled-"));
        let verdicts = text(&files, "tables/verdicts.csv");
        let metrics = verdicts.lines().filter(|line| line.contains(",pooled-"));
        assert!(metrics.clone().count() > 60 && metrics.clone().all(|line| line.contains("not attempted")));
    }
}

#[test]
fn what_is_said_of_the_images_is_true_of_their_copy() {
    let of = |tamper: &dyn Fn(&mut ege_bench::store::ImagesOrigin)| {
        let mut input = example::isic2017();
        input.runs.iter_mut().for_each(|run| tamper(run.record.origin.as_mut().expect("imported images")));
        let files = files(&input);
        text(&files, "tables/deviations.csv") + &text(&files, "report.html")
    };
    let known = of(&|_| ());
    for said in [
        "Images are copy a-copy-256: whole frame squashed to 256x256; known deviation: JPEG instead of the original file.",
        "the files had 256x256 pixels: nothing was resized here",
        "every pixel is 0 or 255 (at least 128 is lesion)",
        "no resize follows",
    ] {
        assert!(known.contains(said), "{said}");
    }
    let native = of(&|origin| {
        (origin.copy, origin.resized, origin.masks_binary) = (None, Some(2150), false);
        for text in [&mut origin.images, &mut origin.masks, &mut origin.deviation] {
            text.clear();
        }
    });
    for said in [
        "Images are an unknown copy",
        "all 2150 pairs were resized to 256x256 by the import",
        "rotated after the resize",
        "none.,,as released,",
    ] {
        assert!(native.contains(said), "{said}");
    }
    assert!(!native.contains("JPEG instead") && !native.contains("every pixel is 0 or 255"));
}

#[test]
fn runs_that_are_not_done_are_shown_with_their_reason() {
    let page = text(&files(&example::isic2017()), "report.html");
    for part in [
        "no-dilation, seed 43: failed, diverged: loss is NaN in epoch 12, batch 7 (images A, B).",
        "no-dilation, seed 44: interrupted, 120 of 300 epochs are complete; the same command goes on.",
        "no-dilation, seed 45: planned, nothing done yet.",
        "no-dilation: 1 of 4 runs are done.",
        "3 of 7 runs are not done: every mean is of what is there.",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn an_experiment_without_results_has_a_page() {
    let mut input = example::isic2017();
    input.runs.drain(..6);
    input.gallery.clear();
    input.gallery_note = "No run is done.".to_owned();
    let page = text(&files(&input), "report.html");
    assert!(page.contains("No run is done yet: there is no result to show."));
    assert!(page.contains("No epoch is complete yet."));
    input.runs.clear();
    assert!(text(&files(&input), "report.html").contains("0 of 0"));
}

#[test]
fn names_are_text_not_markup() {
    let mut input = example::quickstart();
    let name = "<script>alert('x')</script> & \"friends\" | *_";
    input.name = name.to_owned();
    input.description = name.to_owned();
    input.command = name.to_owned();
    input.gallery_note = name.to_owned();
    for run in &mut input.runs {
        run.record.variant = name.to_owned();
        for row in &mut run.counts {
            row.image = name.to_owned();
        }
    }
    for item in &mut input.gallery {
        item.image = name.to_owned();
        item.choice = name.to_owned();
    }
    let files = files(&input);
    let page = text(&files, "report.html");
    assert!(
        page.matches("<script").count() == 1
            && page.contains("&lt;script&gt;alert('x')&lt;/script&gt; &amp; &quot;friends")
    );
    let markdown = text(&files, "tables/comparison.md");
    assert!(markdown.contains("&lt;script&gt;") && markdown.contains("\\| \\*\\_"), "{markdown}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert!(files(&example::isic2017()) == files(&example::isic2017()));
}

#[test]
fn what_goes_wrong_names_its_place() {
    let input = example::quickstart();
    let error =
        write(&input, Path::new("results"), &mut |_, _| Err(std::io::Error::other("disk full"))).unwrap_err();
    assert_eq!(error.to_string(), "can't write `results/tables/comparison.csv`: disk full");

    let mut input = example::quickstart();
    input.gallery[1].pixels.pop();
    let error = write(&input, Path::new("results"), &mut |_, _| Ok(())).unwrap_err();
    assert!(matches!(&error, ReportError::Image { image, .. } if image == "MADE_UP_0004"), "{error}");
}
