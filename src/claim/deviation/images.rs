//! What is known of imported images, and how deviations tell it.

use super::entry::Status;
use crate::experiment::settings::Settings;

/// Where imported images come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagesOrigin {
    /// Name of the known copy in `datasets.lock`; none for any other folder.
    pub copy: Option<String>,
    /// How the copy brought images to their stored size; empty where unknown.
    pub images: String,
    /// How the copy brought masks to their stored size; empty where unknown.
    pub masks: String,
    /// In what the copy is known to differ from the paper's preparation, may be empty.
    pub deviation: String,
    /// Number of pairs that were imported.
    pub pairs: usize,
    /// How many of them the import resized; none where that wasn't recorded.
    pub resized: Option<usize>,
    /// True if every pixel of every mask is 0 or 255.
    pub masks_binary: bool,
}

impl ImagesOrigin {
    /// What was done to the images before the import.
    pub fn preparation(&self) -> String {
        let Some(name) = &self.copy else {
            return "an unknown copy: what was done to its files before the import is not known".to_owned();
        };
        match self.deviation.as_str() {
            "" => format!("copy {name}: {}", self.images),
            deviation => format!("copy {name}: {}; known deviation: {deviation}", self.images),
        }
    }

    fn resize(&self, size: usize) -> String {
        match self.resized {
            None => {
                format!("brought to {size}x{size} before the run; whether by the import was not recorded")
            }
            Some(0) => format!("the files had {size}x{size} pixels: nothing was resized here"),
            Some(resized) if resized == self.pairs => {
                format!(
                    "all {resized} pairs were resized to {size}x{size} by the import, bilinearly with antialias"
                )
            }
            Some(resized) => format!(
                "{resized} of {} pairs were resized to {size}x{size} by the import, bilinearly with antialias; the \
                 files of the others had that size",
                self.pairs
            ),
        }
    }
}

const NOT_RECORDED: &str = "where the images come from was not recorded";

/// A status that only imported images have.
fn imported(
    settings: &Settings,
    origin: Option<&ImagesOrigin>,
    status: impl Fn(&ImagesOrigin) -> Status,
) -> Status {
    if settings.data.source.is_synthetic() {
        return Status::NotApplicable(super::own::MADE);
    }
    origin.map_or_else(|| Status::Changed(NOT_RECORDED.to_owned()), status)
}

pub(super) fn copied(settings: &Settings, origin: Option<&ImagesOrigin>) -> Status {
    imported(settings, origin, |origin| Status::Changed(origin.preparation()))
}

pub(super) fn resized(settings: &Settings, origin: Option<&ImagesOrigin>) -> Status {
    imported(settings, origin, |origin| Status::Changed(origin.resize(settings.data.size)))
}

pub(super) fn masks(settings: &Settings, origin: Option<&ImagesOrigin>) -> Status {
    imported(settings, origin, |origin| {
        let how = if origin.masks.is_empty() { String::new() } else { format!(" ({})", origin.masks) };
        if origin.masks_binary {
            Status::Changed(format!("every pixel is 0 or 255{how}: soft and hard masks are the same"))
        } else if origin.resized == Some(origin.pairs) && origin.copy.is_none() {
            Status::AsReleased
        } else {
            Status::Changed(format!("the masks have grey pixels of the copy's own making{how}"))
        }
    })
}

/// Whether images are rotated before they are resized (released deviation 12).
pub(super) fn rotation(settings: &Settings, origin: Option<&ImagesOrigin>) -> Status {
    if settings.data.source.is_synthetic() {
        return Status::NotApplicable("synthetic images are made at the network's input size");
    }
    if settings.train.augment.rotation_probability == 0.0 {
        return Status::NotApplicable("nothing is rotated");
    }
    let stored = origin.is_some_and(|origin| origin.resized == Some(0));
    Status::Changed(if stored {
        "rotated at the copy's stored size, which is the network's input size: no resize follows".to_owned()
    } else {
        "rotated after the resize, at the network's input size".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(copy: Option<&str>, resized: Option<usize>, masks_binary: bool) -> ImagesOrigin {
        let told = |text: &str| if copy.is_some() { text.to_owned() } else { String::new() };
        ImagesOrigin {
            copy: copy.map(str::to_owned),
            images: told("centre crop"),
            masks: told("the same crop"),
            deviation: told("a crop"),
            pairs: 6,
            resized,
            masks_binary,
        }
    }

    #[test]
    fn the_preparation_is_that_of_the_copy() {
        let known = origin(Some("c"), Some(0), true);
        assert_eq!(known.preparation(), "copy c: centre crop; known deviation: a crop");
        let plain = ImagesOrigin { deviation: String::new(), ..known };
        assert_eq!(plain.preparation(), "copy c: centre crop");
        assert!(origin(None, Some(6), true).preparation().starts_with("an unknown copy"));
    }

    #[test]
    fn a_resize_is_told_as_it_was() {
        for (resized, expect) in [
            (None, "was not recorded"),
            (Some(0), "nothing was resized here"),
            (Some(6), "all 6 pairs were resized to 64x64"),
            (Some(2), "2 of 6 pairs were resized to 64x64"),
        ] {
            let text = origin(None, resized, true).resize(64);
            assert!(text.contains(expect), "{text}");
        }
    }
}
