//! Reports to open: written into a folder that goes with the test.

use std::path::{Path, PathBuf};

use ege_bench::report::{ReportInput, write};

use crate::{example, report_look};

/// A report on the disk.
pub struct Report {
    pub name: &'static str,
    pub page: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

impl Report {
    /// Two variants, seven runs, claims beside them.
    pub fn isic2017() -> Self {
        Self::of("isic2017", &example::isic2017())
    }

    /// Every report that is looked at; with real images, and one that the caller names, where they are there.
    pub fn all() -> Vec<Self> {
        let mut reports = vec![Self::isic2017(), Self::of("quickstart", &example::quickstart())];
        reports.extend(report_look::real().map(|input| Self::of("real", &input)));
        let named = std::env::var_os("EGE_BENCH_REPORT").filter(|path| !path.is_empty());
        reports.extend(named.map(|page| Self { name: "named", page: page.into(), _folder: None }));
        reports
    }

    fn of(name: &'static str, input: &ReportInput) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the report");
        let written = write(input, folder.path(), &mut |path, bytes| {
            fs_err::create_dir_all(path.parent().expect("reports stand in a folder"))?;
            fs_err::write(path, bytes)
        })
        .expect("the report is made");
        Self { name, page: written.page, _folder: Some(folder) }
    }

    /// A file beside the page.
    pub fn file(&self, name: &str) -> PathBuf {
        self.page.parent().unwrap_or(Path::new("")).join(name)
    }
}
