//! `ege-bench data show`: a prepared pair as a picture.

use std::path::PathBuf;

use super::args::ShowArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::dataset::{self, Cache, DatasetError, DatasetErrorKind, Images, Prepared, write_side_by_side};

pub(in crate::cli) fn run(context: &Context, arguments: &ShowArguments) -> Result<ExitCode, Failure> {
    let id = &arguments.id;
    let asked = |found: &Prepared| {
        arguments.dataset.as_ref().is_none_or(|name| found.dataset() == name)
            && arguments.size.is_none_or(|size| found.preparation().size == size)
            && arguments.resize.is_none_or(|resize| found.preparation().resize == resize.0)
    };
    let prepared = dataset::prepared(&context.data).map_err(DatasetError::from)?;
    let (mut holding, mut looked) = (Vec::new(), 0);
    for found in prepared.iter().filter(|found| asked(found)) {
        let Ok(cache) = found.glance() else { continue };
        looked += 1;
        if let Ok(index) = cache.ids().binary_search(id) {
            holding.push((found, cache, index));
        }
    }
    // Where several hold it, the size that goes without saying.
    let usual = |found: &Prepared| found.preparation() == dataset::DEFAULT_SIZE.into();
    let at = holding.iter().position(|(found, ..)| usual(found)).unwrap_or(0);
    if holding.is_empty() {
        let error = format!("no image `{id}` is prepared in {}", context.data.display());
        let hint = if looked == 0 {
            "`ege-bench data status` tells what is prepared".to_owned()
        } else {
            "an id is an image's name without its ending, such as ISIC_0000000".to_owned()
        };
        return Err(Failure::data(error, Some(hint)));
    }
    let (found, mut cache, index) = holding.swap_remove(at);
    verify(&mut cache)?;
    let path = arguments.output.clone().unwrap_or_else(|| PathBuf::from(format!("{id}.png")));
    if path.exists() && !arguments.force {
        let error = format!("{}: there is a file already", path.display());
        return Err(Failure::usage(error, Some("give --force to replace it, or --output".to_owned())));
    }
    write_side_by_side(&cache, index, &path)?;
    let lesion = cache.mask(index).iter().filter(|&&grey| grey >= 128).count();
    let size = cache.size();
    let share = 100.0 * lesion as f64 / (size * size) as f64;
    context.printer.result(format_args!(
        "{}: {id} of {}, {}, {share:.1} % lesion",
        path.display(),
        found.dataset(),
        found.preparation().name(),
    ));
    Ok(ExitCode::Success)
}

/// What is shown is what is there, unless a checksum says that it isn't what it was.
fn verify(cache: &mut Cache) -> Result<(), DatasetError> {
    cache.verify().inspect_err(|error| debug_assert_eq!(error.kind(), DatasetErrorKind::Checksum))
}
