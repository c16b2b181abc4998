//! Fetches that were stopped or killed, and what others left behind.

use std::process::Command;
use std::time::Duration;

use super::setting::{NAME, bytes, command, fetch, folder, is_whole, program, sure};
use crate::archive_server::{Reply, Server};
use crate::program::Output;

#[cfg(unix)]
#[test]
fn what_was_stopped_or_killed_goes_on_with_the_same_command() {
    let bytes = bytes(2_000_000, 20);
    for signal in ["INT", "KILL"] {
        let program = program(&sure(&bytes));
        let served = bytes.clone();
        let server = Server::new(move |request| {
            let reply = Reply::file(&served, "\"one\"", request);
            if request.number == 0 { reply.stall(1_000_000, Duration::from_secs(30)) } else { reply }
        });
        let mut child = command(&program, &[server.address()], &[])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let part = folder(&program).join(format!("{NAME}.part"));
        let begun = std::time::Instant::now();
        while fs_err::metadata(&part).map_or(0, |metadata| metadata.len()) < 900_000 {
            assert!(begun.elapsed() < Duration::from_mins(1), "nothing was fetched");
            std::thread::sleep(Duration::from_millis(10));
        }
        // Meanwhile nobody else may fetch it.
        fetch(&program, &server).expect(6, &["another process fetches this data set"]);
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        if signal == "INT" {
            Output::from(child.wait_with_output().unwrap())
                .expect(5, &["interrupted; the same command goes on"]);
        } else {
            child.wait().unwrap();
        }
        assert!(!folder(&program).join(NAME).exists());
        fetch(&program, &server).expect(0, &["going on after 1000000 bytes", "fetched"]);
        is_whole(&program, &bytes);
        assert_eq!(server.asked_from(), [None, Some(1_000_000)]);
    }
}

#[test]
fn what_is_left_of_nobody_or_of_another_file_is_not_gone_on_with() {
    let bytes = bytes(100_000, 21);
    let program = program(&sure(&bytes));
    fs_err::create_dir_all(folder(&program)).unwrap();
    let part = folder(&program).join(format!("{NAME}.part"));
    fs_err::write(&part, [7; 5000]).unwrap();
    let server = Server::of(bytes.clone());
    fetch(&program, &server).expect(0, &["fetched"]);
    assert_eq!(server.asked_from(), [None]);
    // More bytes than the host has.
    fs_err::remove_file(folder(&program).join(NAME)).unwrap();
    fs_err::write(&part, vec![7; 200_000]).unwrap();
    let journal = format!(
        "{{\"url\":\"{}{NAME}\",\"total\":300000,\"etag\":\"\\\"one\\\"\",\"last_modified\":null}}",
        server.address()
    );
    fs_err::write(folder(&program).join(format!("{NAME}.part.json")), journal).unwrap();
    fetch(&program, &server).expect(0, &["no bytes from there on; starting again", "fetched"]);
    is_whole(&program, &bytes);
}
