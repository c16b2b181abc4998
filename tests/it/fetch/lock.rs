//! `data lock`: what a fetch saw, entered into a lock file.

use ege_bench::digest::sha256;

use super::setting::{NAME, UNSURE, bytes, fetch, folder, program};
use crate::archive_server::Server;

#[test]
fn what_was_seen_is_entered_into_a_lock_file_once() {
    let bytes = bytes(2_900_000, 22);
    let program = program(UNSURE);
    let lock_file = program.folder().join("own.lock");
    let before = format!("# by hand\n{}", fs_err::read_to_string(&lock_file).unwrap());
    fs_err::write(&lock_file, &before).unwrap();
    let enter = |more: &[&str]| program.output(&[&["data", "lock", "--file", "own.lock"], more].concat());
    enter(&[]).expect(3, &["no fetched archive lies in data/archives", "ege-bench data fetch"]);
    fetch(&program, &Server::of(bytes.clone())).expect(0, &["no checksum is known"]);
    enter(&["isic2017"]).expect(0, &["added", "1 added to own.lock"]);
    let after = fs_err::read_to_string(&lock_file).unwrap();
    let added = after.lines().find(|line| line.starts_with("seen = ")).unwrap();
    assert!(added.contains(&sha256(&bytes)) && added.contains("bytes = 2900000"), "{added}");
    assert_eq!(after.replace(&format!("{added}\n"), ""), before, "nothing else changed");
    enter(&[]).expect(0, &["stood there", "0 added"]);
    // Now another fetch must bring the same, and a lock that says otherwise stands.
    let other = self::bytes(2_900_000, 23);
    fs_err::remove_file(folder(&program).join(NAME)).unwrap();
    fetch(&program, &Server::of(other.clone())).expect(3, &["sha256 is ", &sha256(&other), &sha256(&bytes)]);
    fetch(&program, &Server::of(bytes.clone())).expect(0, &["fetched"]);
    let changed = after.replace(&sha256(&bytes), &sha256(&other));
    fs_err::write(&lock_file, &changed).unwrap();
    enter(&[]).expect(3, &["sha256 of ", &sha256(&bytes), &sha256(&other), "nothing was written"]);
    assert_eq!(fs_err::read_to_string(&lock_file).unwrap(), changed);
    program.output(&["data", "lock", "--file", "absent.lock"]).expect(2, &["absent.lock", "--file FILE"]);
}
