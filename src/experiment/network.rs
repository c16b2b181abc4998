//! From a `[model.…]` table as typed to the network that it means.

use super::check::Check;
use super::diagnostic::Diagnostic;
use super::file::RawEgeUnet;
use super::protocol;
use super::settings::{Axis, EgeUnetSettings, Protocol, TensorInit, Tensors};

/// Groups of channels that GHPA and GAB may have.
const GROUPS: [usize; 4] = [1, 2, 4, 8];

/// EGE-UNet; what can't be together is noted with the reason.
pub fn ege_unet(check: Check<'_>, raw: &RawEgeUnet, preset: Protocol) -> EgeUnetSettings {
    let default = protocol::ege_unet(preset);
    // Fewer axes mean fewer groups, unless the file says otherwise; the axes take the groups in turn.
    let axes = raw.axes.clone().unwrap_or(default.axes);
    let settings = EgeUnetSettings {
        widths: raw.widths.unwrap_or(default.widths),
        ghpa: raw.ghpa.unwrap_or(default.ghpa),
        groups: raw.groups.unwrap_or_else(|| axes.len().next_power_of_two()),
        axes,
        tensors: raw.tensors.unwrap_or(default.tensors),
        tensor_init: raw.tensor_init.unwrap_or(default.tensor_init),
        tensor_convs: raw.tensor_convs.unwrap_or(default.tensor_convs),
        gab: raw.gab.unwrap_or(default.gab),
        dilations: raw.dilations.clone().unwrap_or(default.dilations),
        gab_mask: raw.gab_mask.unwrap_or(default.gab_mask),
        deep_supervision: raw.deep_supervision.unwrap_or(default.deep_supervision),
    };
    for (stage, width) in settings.widths.iter().enumerate() {
        let good = width.is_multiple_of(4) && (4..=1024).contains(width);
        check.must(&at(&format!("widths.{stage}")), good, width, "multiples of 4 from 4 to 1024");
    }
    for (group, dilation) in settings.dilations.iter().enumerate() {
        check.within(&at(&format!("dilations.{group}")), *dilation, 1..=64);
    }
    ghpa(check, raw, &settings);
    gab(check, raw, &settings);
    settings
}

fn ghpa(check: Check<'_>, raw: &RawEgeUnet, settings: &EgeUnetSettings) {
    let EgeUnetSettings { axes, groups, widths, .. } = settings;
    let (groups, count) = (*groups, axes.len());
    let group_key = if raw.groups.is_some() { "groups" } else { "axes" };
    if !settings.ghpa {
        let useless = [
            ("axes", raw.axes.is_some()),
            ("groups", raw.groups.is_some()),
            ("tensors", raw.tensors.is_some()),
            ("tensor-init", raw.tensor_init.is_some()),
            ("tensor-convs", raw.tensor_convs.is_some()),
        ];
        without(check, "ghpa", &useless);
        return;
    }
    if axes.is_empty() {
        refuse(check, "axes", "`axes` is empty: GHPA would do nothing", "name some of xy, zx, zy, dw");
        return;
    }
    if let Some(double) = (1..count).find(|&index| axes[..index].contains(&axes[index])) {
        let message = format!("the axis `{}` stands twice", axes[double].name());
        refuse(check, &format!("axes.{double}"), &message, "give it more groups with `groups`");
    }
    if !GROUPS.contains(&groups) && group_key == "groups" {
        check.must(&at("groups"), false, &groups, "1, 2, 4 or 8");
    } else if groups < count {
        let message = format!("{count} axes can't share {} of channels", counted(groups));
        refuse(check, group_key, &message, "give at least as many `groups` as `axes`");
    } else {
        // The first stage that is GHPA takes the third stage's channels.
        for (stage, width) in widths.iter().enumerate().skip(2) {
            divides(check, stage, *width, groups, "GHPA");
        }
    }
    let multiplied = axes.iter().any(|&axis| axis != Axis::Dw);
    if !multiplied {
        let keys = [
            ("tensors", raw.tensors.is_some()),
            ("tensor-init", raw.tensor_init.is_some()),
            ("tensor-convs", raw.tensor_convs.is_some()),
        ];
        for (key, _) in keys.into_iter().filter(|(_, typed)| *typed) {
            let message = format!("`{key}` changes nothing: no axis but dw is chosen");
            refuse(check, key, &message, "add one of xy, zx, zy to `axes`, or remove the key");
        }
    } else if settings.tensors == Tensors::None {
        let keys = [("tensor-init", raw.tensor_init.is_some()), ("tensor-convs", raw.tensor_convs.is_some())];
        for (key, _) in keys.into_iter().filter(|(_, typed)| *typed) {
            refuse(check, key, &format!("`{key}` changes nothing: `tensors` is none"), "remove one of them");
        }
    } else if settings.tensors == Tensors::Frozen
        && settings.tensor_init == TensorInit::Ones
        && !settings.tensor_convs
    {
        let message =
            "frozen ones without convolutions multiply by 1: the same network as `tensors = \"none\"`";
        refuse(check, "tensors", message, "take `tensor-init = \"random\"`, or `tensors = \"none\"`");
    }
}

fn gab(check: Check<'_>, raw: &RawEgeUnet, settings: &EgeUnetSettings) {
    if !settings.gab {
        let useless = [("dilations", raw.dilations.is_some()), ("gab-mask", raw.gab_mask.is_some())];
        without(check, "gab", &useless);
        return;
    }
    let count = settings.dilations.len();
    if !GROUPS.contains(&count) {
        let message = format!("GAB can't have {count} groups");
        refuse(check, "dilations", &message, "give 1, 2, 4 or 8 dilations, one for each group");
        return;
    }
    for (stage, width) in settings.widths.iter().enumerate().take(5) {
        divides(check, stage, *width, count, "GAB");
    }
}

/// Notes a width that groups can't share.
fn divides(check: Check<'_>, stage: usize, width: usize, groups: usize, block: &str) {
    // A width that suits no group at all was noted before.
    if width.is_multiple_of(4) && !width.is_multiple_of(groups) {
        let message =
            format!("the {width} channels of stage {} can't be cut into {groups} groups", stage + 1);
        let hint = format!("{block} wants a multiple of {groups}");
        refuse(check, &format!("widths.{stage}"), &message, &hint);
    }
}

fn counted(groups: usize) -> String {
    if groups == 1 { "one group".to_owned() } else { format!("{groups} groups") }
}

/// Notes keys that mean nothing without the block.
fn without(check: Check<'_>, block: &str, keys: &[(&str, bool)]) {
    for (key, _) in keys.iter().filter(|(_, typed)| *typed) {
        let message = format!("`{key}` changes nothing: `{block}` is false");
        refuse(check, key, &message, "remove one of them");
    }
}

fn refuse(check: Check<'_>, key: &str, message: &str, hint: &str) {
    check.note(&at(key), Diagnostic::new(message).hint(hint));
}

fn at(key: &str) -> String {
    format!("model.ege-unet.{key}")
}
