//! `counts.jsonl`: a line for each reported image and set of weights, written whole when a run is done.

use std::path::Path;

use super::{CountsRow, StoreError, atomic, lines};

/// Replaces the file by the rows.
///
/// # Errors
/// When it can't be written.
pub(super) fn write(path: &Path, rows: &[CountsRow]) -> Result<(), StoreError> {
    let mut text = String::new();
    for row in rows {
        text += &serde_json::to_string(row).map_err(std::io::Error::from)?;
        text.push('\n');
    }
    Ok(atomic::write(path, text.as_bytes())?)
}

/// The rows; a missing file has none.
///
/// # Errors
/// When the file can't be read or is damaged.
pub(super) fn read(path: &Path) -> Result<Vec<CountsRow>, StoreError> {
    lines::read(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Weights;

    #[test]
    fn rows_come_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts.jsonl");
        let row = |image: &str, weights, tp| CountsRow {
            weights,
            image: image.into(),
            tp,
            fp: 2,
            fn_: 3,
            tn: 4,
            hd95: (tp > 0).then_some(2.5),
            assd: (tp > 0).then_some(0.1),
        };
        let rows = [row("a", Weights::Best, 1), row("é", Weights::Best, 0), row("a", Weights::Last, 7)];
        write(&path, &rows).unwrap();
        assert_eq!(read(&path).unwrap(), rows);
        let text = fs_err::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..2],
            [
                r#"{"weights":"best","image":"a","tp":1,"fp":2,"fn":3,"tn":4,"hd95":2.5,"assd":0.1}"#,
                r#"{"weights":"best","image":"é","tp":0,"fp":2,"fn":3,"tn":4}"#,
            ]
        );
    }

    #[test]
    fn a_distance_that_one_row_lacks_is_not_compared() {
        let row = |tp, hd95: Option<f64>| CountsRow {
            weights: Weights::Best,
            image: "a".into(),
            tp,
            fp: 2,
            fn_: 3,
            tn: 4,
            hd95,
            assd: hd95,
        };
        let check = |tp, hd95, agree: bool| assert_eq!(row(1, Some(2.0)).agrees(&row(tp, hd95)), agree);
        check(1, Some(2.0), true);
        check(1, None, true);
        check(1, Some(2.0_f64.next_up()), false);
        check(2, Some(2.0), false);
        check(2, None, false);
    }
}
