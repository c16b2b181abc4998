//! The committed claims file, and what is said about broken ones.

use std::path::Path;

use ege_bench::claim::{Audit, Check, Evidence, Outcome, Quantity, audit, load, parse, register};
use ege_bench::experiment::settings::{EgeUnetSettings, ModelSettings, Selection};
use ege_bench::metric::Definition;

use crate::example::settings;

fn committed(name: &str) -> ege_bench::claim::Claims {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("claims").join(name)).expect("the committed file loads")
}

fn ege_unet() -> ege_bench::claim::Claims {
    committed("ege-unet.toml")
}

/// An audit without networks and splits: the arithmetic of the tables alone.
fn arithmetic(claims: &ege_bench::claim::Claims) -> Audit {
    audit(claims, &|_, _| Vec::new(), &|_| None)
}

#[test]
fn the_arithmetic_of_the_committed_tables_is_audited() {
    let claims = ege_unet();
    let found = arithmetic(&claims);
    // Every row prints IoU and Dice, and they agree within rounding.
    assert_eq!(found.tally(Check::Identity), [27, 0, 0, 0]);
    assert_eq!(found.tally(Check::Order), [27, 0, 0, 0]);
    // Rows with accuracy, specificity and sensitivity: four of ISIC2017 and seven of ISIC2018.
    assert_eq!(found.tally(Check::Confusion).iter().sum::<usize>(), 11);
    assert!(found.tally(Check::Confusion)[0] > 0);
    // Three tables that select on what they report, none of which prints a rival's spread.
    assert_eq!(found.tally(Check::Selection), [0, 0, 3, 0]);
    assert_eq!(found.tally(Check::Lead), [0, 0, 3, 0]);
    assert!(found.findings.iter().all(|finding| !finding.arithmetic.is_empty()));
}

#[test]
fn a_number_that_can_t_be_is_found() {
    let mut claims = ege_unet();
    let row = claims.tables[0].rows.iter_mut().find(|row| row.label == "UNet").expect("a row");
    let dice = Quantity::Metric(Definition::PooledDice);
    row.cells.iter_mut().find(|cell| cell.quantity == dice).expect("a cell").value = 86.89;
    let found = arithmetic(&claims);
    let failing: Vec<_> = found.of(Outcome::Fails).filter(|finding| finding.row == "UNet").collect();
    let identity =
        failing.iter().find(|finding| finding.check == Check::Identity).expect("the identity fails");
    assert_eq!(
        identity.arithmetic,
        "2 x 76.98 / (100 + 76.98) = 86.9929 (86.9897 to 86.9961 by rounding), printed 86.89: 0.0947 points apart beyond rounding"
    );
    assert!(failing.iter().any(|finding| finding.check == Check::Confusion && finding.table == "isic2017"));
}

#[test]
fn the_second_paper_shares_rows_with_the_first() {
    let (first, second) = (ege_unet(), committed("malunet.toml"));
    assert_eq!((second.tables.len(), second.ratios.len()), (2, 2));
    for table in &second.tables {
        let other = first.table(&table.name).expect("the same tables");
        for row in &table.rows {
            let same = other.row(&row.label).expect("the same rows");
            for cell in &row.cells {
                assert_eq!(
                    same.cell(cell.quantity).map(|other| other.value),
                    Some(cell.value),
                    "{}",
                    row.label
                );
            }
        }
    }
    let unet = second.table("isic2018").and_then(|table| table.row("MALUNet")).expect("its own row");
    assert!(second.is_own(unet));
}

#[test]
fn the_committed_file_holds_three_tables() {
    let claims = ege_unet();
    let shape: Vec<_> = claims
        .tables
        .iter()
        .map(|table| {
            (
                table.name.as_str(),
                table.rows.len(),
                table.rows.iter().map(|row| row.cells.len()).sum::<usize>(),
            )
        })
        .collect();
    assert_eq!(shape, [("isic2017", 8, 44), ("isic2018", 11, 65), ("ablation", 8, 24)]);
}

#[test]
fn dice_follows_from_iou_in_every_row() {
    for table in ege_unet().tables {
        for row in &table.rows {
            let value = |definition| {
                row.cells
                    .iter()
                    .find(|cell| cell.quantity == Quantity::Metric(definition))
                    .map(|cell| cell.value)
            };
            let iou = value(Definition::PooledIou).expect("every row claims mIoU") / 100.0;
            let dice = value(Definition::PooledDice).expect("every row claims DSC");
            let expect = 200.0 * iou / (1.0 + iou);
            // Both are rounded to 0.01; the slope of Dice over IoU is below 0.7 here.
            assert!(
                (dice - expect).abs() < 0.012,
                "{} {}: {dice} against {expect:.3}",
                table.name,
                row.label
            );
        }
    }
}

#[test]
fn a_cell_is_found_by_network_and_images_only() {
    let claims = ege_unet();
    let iou = Quantity::Metric(Definition::PooledIou);
    let mut settings = settings();

    let (table, row, cell) =
        claims.cell(&settings, 650, iou).expect("the paper's own model on its own split");
    assert_eq!((table.name.as_str(), row.label.as_str()), ("isic2017", "EGE-UNet"));
    assert_eq!(
        (cell.value, cell.spread, cell.digits, cell.evidence),
        (79.81, Some(0.10), 2, Evidence::Table)
    );

    settings.model =
        ModelSettings::EgeUnet(EgeUnetSettings { dilations: vec![1; 4], ..EgeUnetSettings::default() });
    let (table, row, cell) = claims.cell(&settings, 650, iou).expect("a row of the ablation");
    assert_eq!(
        (table.name.as_str(), row.label.as_str(), cell.value),
        ("ablation", "(c) w/o dilation", 79.11)
    );

    settings.model =
        ModelSettings::EgeUnet(EgeUnetSettings { dilations: vec![1, 2, 3, 4], ..EgeUnetSettings::default() });
    assert!(claims.cell(&settings, 650, iou).is_none(), "no row is about other dilations");
    assert!(
        claims.cell(&crate::example::synthetic(), 16, iou).is_none(),
        "no paper is about synthetic images"
    );
}

#[test]
fn metrics_correspond_at_the_tables_size_and_number_of_images_only() {
    let claims = ege_unet();
    let found = |size: usize, images: usize| {
        let mut settings = settings();
        settings.data.size = size;
        [Quantity::Metric(Definition::PooledIou), Quantity::ConvMacs, Quantity::Parameters]
            .map(|quantity| claims.cell(&settings, images, quantity).is_some())
    };
    assert_eq!(found(256, 650), [true, true, true]);
    assert_eq!(found(256, 649), [false, true, true]);
    assert_eq!(found(224, 650), [false, false, true]);
}

#[test]
fn another_selection_of_the_epoch_is_a_deviation() {
    let deviation = register().find(|deviation| deviation.name == "no test set").expect("number 6");
    let status = |selection| {
        let mut settings = settings();
        settings.train.selection = selection;
        deviation.applies(&settings, None).to_string()
    };
    assert_eq!(status(Selection::LowestLoss), "as released");
    assert_eq!(status(Selection::HighestIou), "changed: the epoch of highest IoU is selected");
    assert_eq!(status(Selection::Last), "changed: the last epoch is taken, none is selected");
}

#[test]
fn mistakes_are_answered_with_their_place() {
    let good = r#"
format = 1
paper = { key = "p", title = "P", authors = "A", venue = "V", link = "L" }
[[table]]
name = "t"
title = "T"
dataset = "isic2017"
split = "paper"
images = 650
size = 256
protocol = "any"
evidence = "table"
source = "made up for a test"
columns = [{ name = "miou", heading = "mIoU", quantity = "pooled-iou" }]
[[table.row]]
label = "R"
model = "ege-unet"
settings = { dilations = [1, 1, 1, 1] }
cells = { miou = "79.81 ± 0.10" }
"#;
    let path = Path::new("claims/p.toml");
    parse(good, path).expect("the file that the mistakes are made in is good");
    let check = |from: &str, to: &str, expect: &str| {
        assert!(good.contains(from), "{from}");
        let message = parse(&good.replace(from, to), path).expect_err(to).to_string();
        assert!(message.contains(expect), "{to}: {message}");
    };
    check("format = 1", "format = 2", "claims/p.toml:2:10: claims format 2 is unknown; this version reads 1");
    check("images = 650", "image = 650", "claims/p.toml:9:1: unknown field `image`, expected one of");
    check("evidence = \"table\"", "evidence = \"hearsay\"", "expected one of `code`, `log`, `table`");
    check(
        "= \"pooled-iou\"",
        "= \"miou\"",
        "claims/p.toml:14:58: no metric is named `miou`; known are pooled-iou",
    );
    check("79.81 ± 0.10", "79,81", "claims/p.toml:19:18: `79,81` is no printed number");
    check(
        "cells = { miou",
        "cells = { dsc",
        "claims/p.toml:19:11: table `t` has no column `dsc`; it has miou",
    );
    check("model = \"ege-unet\"", "model = \"vm-unet\"", "no model is named `vm-unet`");
    check("model = \"ege-unet\"\n", "", "claims/p.toml:17:12: `settings` need a `model`");
    check(
        "model = \"ege-unet\"\nsettings = { dilations = [1, 1, 1, 1] }",
        "identified = false",
        "claims/p.toml:17:14: `identified` is about a `model`",
    );
    check(
        "images = 650",
        "images = 650\ntraining = \"as-printed\"",
        "expected `as-released` or `as-written`",
    );
    check(
        "{ dilations = [1, 1, 1, 1] }",
        "{ attention = false }",
        "claims/p.toml:18:12: the model has no setting `attention`",
    );
    check("= \"79.81", "= \"179.81", "claims/p.toml:19:18: `179.81 ± 0.10` is more than 100 %");
    check("images = 650", "images = 0", "claims/p.toml:9:10: `images` is 0; it is at least 1");
    let more = |text: &str| format!("images = 650\n{text}");
    check("images = 650", &more("epochs = 0"), "`epochs` is 0; it is at least 1");
    check(
        "images = 650",
        &more("selection = \"test\""),
        "expected one of `reported`, `separate`, `last-epoch`",
    );
    check(
        "images = 650",
        &more("lesion-pixels = { count = 42_598_401, source = \"s\" }"),
        "claims/p.toml:10:27: 42598401 lesion pixels are more than the 42598400 pixels of 650 images",
    );
    check("[[table.row]]", "[[table.row]]\nlabel = \"R\"\ncells = {}\n[[table.row]]", "has a second row `R`");
    let tolerance = |quantity: &str, value: &str, day: &str, reason: &str| {
        format!(
            "[[tolerance]]\nquantity = \"{quantity}\"\nvalue = {value}\nregistered = {day}\nreason = \"{reason}\"\n[[table]]"
        )
    };
    let day = "2026-11-24";
    for (text, expect) in [
        (tolerance("parameters", "0.1", day, "r"), "so it takes no tolerance"),
        (tolerance("pooled-iou", "0.0", day, "r"), "a tolerance of 0 is not in ]0, 100]"),
        (tolerance("pooled-iou", "0.5", "2026-11-24T10:00:00Z", "r"), "is no day, write it as 2026-11-24"),
        (tolerance("pooled-iou", "0.5", day, " "), "a tolerance needs a reason"),
    ] {
        check("[[table]]", &text, expect);
    }
    let two = tolerance("pooled-iou", "0.5", day, "r").replace("[[table]]", "")
        + &tolerance("pooled-iou", "0.6", "2026-11-23", "r");
    check("[[table]]", &two, "later ones come after earlier ones");
    let ratio = |of: &str, table: &str| {
        format!(
            "[[ratio]]\ntext = \"t\"\nquantity = \"parameters\"\nvalue = \"2\"\nof = {{ table = \"{table}\", row = \"{of}\" }}\n\
             to = {{ table = \"t\", row = \"R\" }}\nevidence = \"table\"\nsource = \"s\"\n[[table]]"
        )
    };
    check("[[table]]", &ratio("R", "u"), "no table is named `u`; there are t");
    check("[[table]]", &ratio("S", "t"), "table `t` has no row `S`; it has R");
}
