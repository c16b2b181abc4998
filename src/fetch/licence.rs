//! Which licences the user accepted, kept in the data folder.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{FetchError, disk};
use crate::dataset::lock::Dataset;

/// The file in the data folder.
const FILE: &str = "licences.toml";

/// An accepted licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Acceptance {
    /// SPDX identifier.
    pub licence: String,
    /// Where its text was to be read.
    pub text: String,
    /// When it was accepted, in UTC.
    pub accepted: String,
}

/// The acceptance of the licence that the data set has now.
///
/// # Errors
/// [`FetchError::Licence`] where there is none.
pub fn accepted(data: &Path, name: &str, dataset: &Dataset) -> Result<Acceptance, FetchError> {
    let found = read(data)?.remove(name).filter(|acceptance| acceptance.licence == dataset.license);
    found.ok_or_else(|| FetchError::Licence {
        dataset: name.to_owned(),
        licence: dataset.license.clone(),
        text: dataset.license_text.clone(),
    })
}

/// Notes that the user accepts `licence` for the data set.
///
/// # Errors
/// [`FetchError::Usage`] where the data set has another licence; what the file system does.
pub fn accept(data: &Path, name: &str, dataset: &Dataset, licence: &str) -> Result<Acceptance, FetchError> {
    if licence != dataset.license {
        return Err(FetchError::Usage(format!(
            "the licence of {name} is {}, not {licence}",
            dataset.license
        )));
    }
    let mut all = read(data)?;
    if let Some(there) = all.get(name).filter(|there| there.licence == licence) {
        return Ok(there.clone());
    }
    let acceptance = Acceptance {
        licence: licence.to_owned(),
        text: dataset.license_text.clone(),
        accepted: jiff::Timestamp::now().to_string(),
    };
    all.insert(name.to_owned(), acceptance.clone());
    let text = toml::to_string(&all).map_err(io::Error::other)?;
    fs_err::create_dir_all(data)?;
    disk::write_note(&data.join(FILE), text.as_bytes())?;
    Ok(acceptance)
}

fn read(data: &Path) -> Result<BTreeMap<String, Acceptance>, FetchError> {
    let path = data.join(FILE);
    match fs_err::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).map_err(|error| {
            FetchError::Usage(format!(
                "{} is not the list of accepted licences: {}",
                path.display(),
                error.message()
            ))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::lock;

    #[test]
    fn a_licence_is_accepted_once_and_only_as_it_is() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path().join("new");
        let dataset = lock::builtin().dataset("isic2017").unwrap();
        assert!(matches!(accepted(&data, "isic2017", dataset), Err(FetchError::Licence { .. })));
        assert!(matches!(accept(&data, "isic2017", dataset, "MIT"), Err(FetchError::Usage(_))));
        let acceptance = accept(&data, "isic2017", dataset, "CC0-1.0").unwrap();
        assert_eq!(accepted(&data, "isic2017", dataset).unwrap(), acceptance);
        assert_eq!(
            accept(&data, "isic2017", dataset, "CC0-1.0").unwrap(),
            acceptance,
            "the first day stands"
        );
        assert!(accepted(&data, "isic2018", dataset).is_err());
        // Another licence wants to be accepted anew.
        let mut changed = dataset.clone();
        changed.license = "CC-BY-NC-4.0".into();
        assert!(accepted(&data, "isic2017", &changed).is_err());
    }
}
