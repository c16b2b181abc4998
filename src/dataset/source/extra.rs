//! Files beside pictures: what they are, by their names.

/// What a file is that is no picture of this task.
pub(super) fn kind(name: &str) -> &'static str {
    let lower = name.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|end| lower.ends_with(end));
    let begins = |beginnings: &[&str]| beginnings.iter().any(|begin| lower.starts_with(begin));
    if lower.starts_with('.') || ["thumbs.db", "desktop.ini"].contains(&lower.as_str()) {
        "files of the system"
    } else if ends(&["_superpixels.png"]) {
        "superpixels"
    } else if ends(&[".part", ".part.json", ".seen.json"]) || lower.contains(".zip.quarantine-") {
        "files of a fetch"
    } else if begins(&["license", "licence", "copying", "attribution", "readme", "notice"])
        || ends(&[".txt", ".md", ".pdf", ".html"])
    {
        "licences and notes"
    } else if ends(&[".csv", ".json", ".xlsx", ".tsv"]) {
        "metadata"
    } else if ends(&[".zip"]) {
        "other archives"
    } else if super::id::is_picture(name) {
        "pictures outside of the folders that are known"
    } else {
        "unknown files"
    }
}

/// True where files of this kind are named one by one: nobody expects them.
pub(super) fn is_unexpected(kind: &str) -> bool {
    !["files of the system", "superpixels", "files of a fetch", "licences and notes", "metadata"]
        .contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_names() {
        for (name, expect) in [
            ("ISIC_0000000_superpixels.png", "superpixels"),
            ("ISIC-2017_Training_Data_metadata.csv", "metadata"),
            ("manifest.csv", "metadata"),
            ("LICENSE.txt", "licences and notes"),
            ("ATTRIBUTION", "licences and notes"),
            (".DS_Store", "files of the system"),
            ("Thumbs.db", "files of the system"),
            ("a.zip.part", "files of a fetch"),
            ("a.zip.quarantine-0a1b2c3d4e5f", "files of a fetch"),
            ("a.zip.seen.json", "files of a fetch"),
            ("holiday.zip", "other archives"),
            ("ISIC_0000000.jpg", "pictures outside of the folders that are known"),
            ("train.py", "unknown files"),
        ] {
            assert_eq!(kind(name), expect, "{name}");
        }
        assert!(is_unexpected("unknown files") && !is_unexpected("metadata"));
    }
}
