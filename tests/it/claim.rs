//! The committed claims file, and what is said about broken ones.

use std::path::Path;

use ege_bench::claim::{Evidence, Quantity, load, parse, register};
use ege_bench::experiment::settings::{EgeUnetSettings, ModelSettings, Selection};
use ege_bench::metric::Definition;

use crate::example::settings;

fn ege_unet() -> ege_bench::claim::Claims {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("claims/ege-unet.toml"))
        .expect("the committed file loads")
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
    check("model = \"ege-unet\"", "model = \"no-net\"", "no model is named `no-net`");
    check("model = \"ege-unet\"\n", "", "claims/p.toml:17:12: `settings` need a `model`");
    check(
        "{ dilations = [1, 1, 1, 1] }",
        "{ attention = false }",
        "claims/p.toml:18:12: the model has no setting `attention`",
    );
}
