//! LaTeX: the columns that the page shows, rounded as there, ruled by booktabs.

use std::fmt::Write as _;

use super::Exporter;
use super::tex::{escaped, stacked};
use crate::report::error::ReportError;
use crate::report::table::{Shown, Table};

/// A column of text that has a longer cell is set as a paragraph.
const PARAGRAPH: usize = 30;

/// A floating table with caption, label and notes; it needs no package but booktabs.
pub(super) struct Latex;

impl Exporter for Latex {
    fn name(&self) -> &'static str {
        "LaTeX"
    }

    fn extension(&self) -> &'static str {
        "tex"
    }

    fn is_text(&self) -> bool {
        true
    }

    fn takes(&self, table: &Table) -> bool {
        !table.long
    }

    fn export(&self, table: &Table) -> Result<Vec<u8>, ReportError> {
        Ok(text(table).into_bytes())
    }
}

/// How a column is set.
enum Setting {
    Right,
    Left,
    /// A paragraph, as a share of the line.
    Paragraph(f64),
}

fn text(table: &Table) -> String {
    let settings = settings(table);
    let columns: String = settings
        .iter()
        .map(|setting| match setting {
            Setting::Right => "r".to_owned(),
            Setting::Left => "l".to_owned(),
            Setting::Paragraph(share) => format!("p{{{share:.2}\\linewidth}}"),
        })
        .collect();
    let label = if table.synthetic { " (SYNTHETIC DATA)" } else { "" };
    let mut text = String::from("% Needs \\usepackage{booktabs}.\n\\begin{table}\n  \\centering\n");
    let _ = writeln!(text, "  \\caption{{{}{label}}}", escaped(&table.title));
    let _ = writeln!(text, "  \\label{{tab:{}}}", table.name);
    text.push_str("  \\footnotesize\n  \\setlength{\\tabcolsep}{4pt}\n");
    let _ = writeln!(text, "  \\begin{{tabular}}{{@{{}}{columns}@{{}}}}\n    \\toprule");
    line(&mut text, table.shown.iter().zip(&settings).map(|(shown, setting)| heading(table, shown, setting)));
    text.push_str("    \\midrule\n");
    for row in 0..table.frame.height() {
        line(
            &mut text,
            table.shown.iter().zip(&settings).map(|(shown, setting)| cell(table, row, shown, setting)),
        );
    }
    text.push_str("    \\bottomrule\n  \\end{tabular}\n");
    if !table.notes.is_empty() {
        text.push_str("\n  \\medskip\n  \\begin{minipage}{\\linewidth}\n    \\raggedright\n");
        for note in &table.notes {
            let _ = writeln!(text, "    {}\\par", escaped(note));
        }
        text.push_str("  \\end{minipage}\n");
    }
    text.push_str("\\end{table}\n");
    text
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    let line = cells.collect::<Vec<_>>().join(" & ");
    // After the end of the row before, a bracket or an asterisk would be read as its argument.
    let guard = if line.starts_with(['[', '*']) { "{}" } else { "" };
    // `\raggedright` changes the meaning of `\\`.
    let end = if line.contains("\\raggedright ") { "\\tabularnewline" } else { "\\\\" };
    let _ = writeln!(text, "    {guard}{line} {end}");
}

fn heading(table: &Table, shown: &Shown, setting: &Setting) -> String {
    match setting {
        Setting::Right => stacked(&shown.heading, longest(table, shown), 'r'),
        Setting::Left => stacked(&shown.heading, longest(table, shown), 'l'),
        Setting::Paragraph(_) => escaped(&shown.heading),
    }
}

fn cell(table: &Table, row: usize, shown: &Shown, setting: &Setting) -> String {
    let text = escaped(&table.text(row, shown));
    let text = if shown.is_code() { format!("\\texttt{{{text}}}") } else { text };
    match setting {
        Setting::Paragraph(_) => format!("\\raggedright {text}"),
        Setting::Right | Setting::Left => text,
    }
}

fn longest(table: &Table, shown: &Shown) -> usize {
    (0..table.frame.height()).map(|row| table.text(row, shown).chars().count()).max().unwrap_or(0)
}

/// Long texts share what short columns leave of the line, by the roots of their lengths.
fn settings(table: &Table) -> Vec<Setting> {
    let lengths: Vec<usize> = table.shown.iter().map(|shown| longest(table, shown)).collect();
    let wide = |at: usize| !table.shown[at].is_numeric() && lengths[at] > PARAGRAPH;
    let (wides, narrows): (Vec<usize>, Vec<usize>) = (0..lengths.len()).partition(|at| wide(*at));
    let narrow: usize = narrows.iter().map(|at| lengths[*at] + 2).sum();
    let left = (0.97 - 0.011 * narrow as f64).max(0.15 * wides.len() as f64);
    let root = |at: usize| (lengths[at] as f64).sqrt();
    let all: f64 = wides.iter().map(|at| root(*at)).sum();
    (0..lengths.len())
        .map(|at| match (wide(at), table.shown[at].is_numeric()) {
            (true, _) => Setting::Paragraph((left * root(at) / all - 0.02).max(0.08)),
            (false, true) => Setting::Right,
            (false, false) => Setting::Left,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use polars::prelude::Column;

    use super::*;
    use crate::report::table::Show;

    #[test]
    fn a_table_in_latex() {
        let columns = vec![
            Column::new("name".into(), ["[a] 50 % of_it", "b"]),
            Column::new("iou".into(), [Some(0.7981), None]),
            Column::new("iou_std".into(), [Some(0.001), None]),
            Column::new("why".into(), ["a reason that is longer than a line of a narrow table", ""]),
        ];
        let shown = vec![
            Shown::new("Variant", "name", Show::Code),
            Shown::new("Pooled IoU (%)", "iou", Show::PercentSpread),
            Shown::new("Why", "why", Show::Text),
        ];
        let mut table = Table::new("test", "Metrics in %", 2, columns, shown).unwrap();
        table.synthetic = true;
        table.notes.push("n & m".to_owned());
        let expect = r"% Needs \usepackage{booktabs}.
\begin{table}
  \centering
  \caption{Metrics in \% (SYNTHETIC DATA)}
  \label{tab:test}
  \footnotesize
  \setlength{\tabcolsep}{4pt}
  \begin{tabular}{@{}lrp{0.62\linewidth}@{}}
    \toprule
    Variant & \shortstack[r]{Pooled IoU\\(\%)} & Why \\
    \midrule
    \texttt{[a] 50 \% of\_it} & 79.81 $\pm$ 0.10 & \raggedright a reason that is longer than a line of a narrow table \tabularnewline
    \texttt{b} & -- & \raggedright -- \tabularnewline
    \bottomrule
  \end{tabular}

  \medskip
  \begin{minipage}{\linewidth}
    \raggedright
    n \& m\par
  \end{minipage}
\end{table}
";
        assert_eq!(text(&table), expect);
    }

    #[test]
    fn what_latex_would_take_for_an_argument_is_guarded() {
        for (first, expect) in [("[x]", "{}[x]"), ("*", "{}*"), ("a", "a")] {
            let mut text = String::new();
            line(&mut text, [first.to_owned(), "b".to_owned()].into_iter());
            assert_eq!(text, format!("    {expect} & b \\\\\n"));
        }
    }
}
