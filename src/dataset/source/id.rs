//! Ids in the names of files.

use crate::dataset::lock::Holds;

/// The id in a file's name; a mask may be a PNG called `ISIC_0000000_segmentation.png`.
pub(super) fn id_of(name: &str, holds: Holds) -> Option<&str> {
    let (stem, end) = name.rsplit_once('.')?;
    let is_mask = holds == Holds::Masks;
    if is_mask && !end.eq_ignore_ascii_case("png") {
        return None;
    }
    let id = if is_mask { stem.strip_suffix("_segmentation").unwrap_or(stem) } else { stem };
    let digits = id.strip_prefix("ISIC_")?;
    (digits.len() == 7 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

/// The names that files may have.
pub(super) fn names(holds: Holds) -> &'static str {
    match holds {
        Holds::Masks => "ISIC_0000000.png or ISIC_0000000_segmentation.png",
        Holds::Images => "ISIC_0000000.jpg or ISIC_0000000.png",
    }
}

/// True where a file is a picture by its name.
pub(super) fn is_picture(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".jpg", ".jpeg", ".png"].iter().any(|end| lower.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_names() {
        let check = |name: &str, holds, expect: Option<&str>| {
            assert_eq!(id_of(name, holds), expect, "{name}");
        };
        check("ISIC_0000001.jpg", Holds::Images, Some("ISIC_0000001"));
        check("ISIC_0000001.PNG", Holds::Images, Some("ISIC_0000001"));
        check("ISIC_0000001.png", Holds::Masks, Some("ISIC_0000001"));
        check("ISIC_0000001_segmentation.png", Holds::Masks, Some("ISIC_0000001"));
        check("ISIC_0000001_segmentation.png", Holds::Images, None);
        check("ISIC_0000001.jpg", Holds::Masks, None);
        check("ISIC_000001.jpg", Holds::Images, None);
        check("IMG_0000001.jpg", Holds::Images, None);
        check("../ISIC_0000001.jpg", Holds::Images, None);
        check("ISIC_０000001.jpg", Holds::Images, None);
    }
}
