//! The committed id lists, embedded so that the binary works from any folder.

macro_rules! lists {
    ($($folder:literal),+ $(,)?) => {
        &[$((
            $folder,
            [
                include_str!(concat!("../../", $folder, "/train.txt")),
                include_str!(concat!("../../", $folder, "/select.txt")),
                include_str!(concat!("../../", $folder, "/report.txt")),
            ],
        )),+]
    };
}

/// Folder of each split, with the text of its three lists.
static LISTS: &[(&str, [&str; 3])] = lists![
    "experiments/splits/isic2017/paper",
    "experiments/splits/isic2017/official",
    "experiments/splits/isic2017/held-out",
    "experiments/splits/isic2018/paper",
    "experiments/splits/isic2018/official",
];

/// The ids of `train.txt`, `select.txt` and `report.txt` in `folder`, one a line, in the file's order.
pub(super) fn read(folder: &str) -> Option<[Vec<String>; 3]> {
    let (_, texts) = LISTS.iter().find(|(name, _)| *name == folder)?;
    Some(texts.map(|text| text.lines().map(str::to_owned).collect()))
}

/// Folders of all embedded lists.
#[cfg(test)]
pub(super) fn folders() -> impl Iterator<Item = &'static str> {
    LISTS.iter().map(|(folder, _)| *folder)
}
