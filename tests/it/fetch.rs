//! Fetching archives from hosts that behave well or badly, through the real binary.

mod lock;
mod proxy;
mod secure;
mod setting;
mod stopped;

use std::time::Duration;

use ege_bench::digest::sha256;

use self::setting::{NAME, UNSURE, bytes, command, fetch, files, folder, is_whole, lock, program, sure};
use super::archive_server::{Reply, Server};
use super::program::{Output, Program};

#[test]
fn a_licence_is_shown_and_accepted_once() {
    let bytes = bytes(1000, 1);
    let program = program(&sure(&bytes));
    let server = Server::of(bytes.clone());
    let refused = ["data", "fetch", "isic2017", "--lock", "own.lock", "--mirror", server.address()];
    program.output(&refused).expect(
        3,
        &[
            "the licence CC0-1.0 of isic2017 isn't accepted yet",
            "https://example.org/cc0",
            "cite:     Somebody: Something",
            "`ege-bench data fetch isic2017 --accept-licence CC0-1.0`",
        ],
    );
    program
        .output(&[&refused[..], &["--data", "my data"]].concat())
        .expect(3, &["`ege-bench data fetch --data 'my data' isic2017 --accept-licence CC0-1.0`"]);
    program
        .output(&[&refused[..], &["--accept-licence", "MIT"]].concat())
        .expect(2, &["the licence of isic2017 is CC0-1.0, not MIT"]);
    assert!(server.requests().is_empty() && !program.folder().join("data").exists(), "nothing was touched");
    fetch(&program, &server).expect(0, &["accepted on 20"]);
    let noted = fs_err::read_to_string(program.folder().join("data/licences.toml")).unwrap();
    assert!(noted.contains("[isic2017]\nlicence = \"CC0-1.0\"\n"), "{noted}");
    program.output(&refused).expect(0, &["was there"]);
}

#[test]
fn what_is_whole_and_right_is_not_fetched_again() {
    let bytes = bytes(700_000, 2);
    let program = program(&sure(&bytes));
    let server = Server::of(bytes.clone());
    fetch(&program, &server).expect(0, &["fetched", "sha256, md5", "`ege-bench data import isic2017`"]);
    is_whole(&program, &bytes);
    assert_eq!(server.requests()[0].path, format!("/{NAME}"));
    fetch(&program, &server).expect(0, &["was there"]);
    assert_eq!(server.requests().len(), 1);
    // Without its record it is checked, not fetched; with other bytes it is neither used nor thrown away.
    fs_err::remove_file(folder(&program).join(format!("{NAME}.seen.json"))).unwrap();
    fetch(&program, &server).expect(0, &["is there; checking it", "was there"]);
    fs_err::write(folder(&program).join(NAME), "other").unwrap();
    fetch(&program, &server).expect(3, &["bytes is 5, expected 700000", "kept as ", ".quarantine-"]);
    fetch(&program, &server).expect(0, &["fetched"]);
    assert_eq!(fs_err::read(folder(&program).join(NAME)).unwrap(), bytes);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_cut_connection_goes_on_where_it_ended() {
    let bytes = bytes(3_000_000, 3);
    let program = program(&sure(&bytes));
    let served = bytes.clone();
    let server = Server::new(move |request| Reply::file(&served, "\"one\"", request).cut(900_000));
    fetch(&program, &server).expect(0, &["fetched"]);
    is_whole(&program, &bytes);
    let asked = server.asked_from();
    assert_eq!(asked.len(), 4, "{asked:?}");
    assert!(asked.is_sorted() && asked[0].is_none(), "{asked:?}");
    assert!(server.requests()[1..].iter().all(|request| request.headers["if-range"] == "\"one\""));
}

#[test]
fn wrong_bytes_are_kept_and_refused() {
    let (right, wrong) = (bytes(400_000, 4), bytes(400_000, 5));
    let program = program(&sure(&right));
    let server = Server::of(wrong.clone());
    let output = fetch(&program, &server);
    output.expect(3, &["sha256 is ", &sha256(&wrong), &sha256(&right), "third party, for a test", "hint: "]);
    let kept = format!("{NAME}.quarantine-{}", &sha256(&wrong)[..12]);
    assert_eq!(files(&folder(&program)), std::slice::from_ref(&kept));
    assert_eq!(fs_err::read(folder(&program).join(&kept)).unwrap(), wrong);
    fetch(&program, &Server::of(right.clone())).expect(0, &["fetched"]);
    assert_eq!(fs_err::read(folder(&program).join(NAME)).unwrap(), right);
    assert!(folder(&program).join(kept).exists());
}

#[test]
fn a_doubtful_checksum_is_told_and_refuses_nothing() {
    let bytes = bytes(1000, 6);
    let lines = format!(
        "bytes = {{ exact = 1000 }}\nmd5 = \"{}\"\nsha256 = \"{}\"\ndoubtful = [\"md5\"]",
        "0".repeat(32),
        sha256(&bytes)
    );
    let program = program(&lines);
    fetch(&program, &Server::of(bytes.clone())).expect(0, &["not the doubtful 000", "fetched"]);
    is_whole(&program, &bytes);
}

#[test]
fn a_connection_that_stalls_is_given_up_and_gone_on_with() {
    let bytes = bytes(1_000_000, 7);
    let program = program(&sure(&bytes));
    let served = bytes.clone();
    let server = Server::new(move |request| {
        let reply = Reply::file(&served, "\"one\"", request);
        if request.number == 0 { reply.stall(500_000, Duration::from_secs(20)) } else { reply }
    });
    fetch(&program, &server).expect(0, &["nothing came for too long", "fetched"]);
    is_whole(&program, &bytes);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_slow_host_is_waited_for() {
    let bytes = bytes(600_000, 8);
    let program = program(&sure(&bytes));
    let served = bytes.clone();
    let server = Server::new(move |request| {
        Reply::file(&served, "\"one\"", request).stall(300_000, Duration::from_millis(400))
    });
    fetch(&program, &server).expect(0, &["fetched"]);
    is_whole(&program, &bytes);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn what_one_host_lacks_the_other_gives() {
    let bytes = bytes(1000, 9);
    let program = program(&sure(&bytes));
    let without = Server::new(|_| Reply::status(404));
    let denying = Server::new(|_| Reply::status(403));
    Output::of(command(&program, &[without.address(), denying.address()], &[])).expect(
        3,
        &[
            "HTTP 404: there is no such file; 127.0.0.1",
            "HTTP 403: the host denies access",
            "`--mirror URL` fetches from elsewhere",
        ],
    );
    assert_eq!((without.requests().len(), denying.requests().len()), (1, 1), "asking again is of no use");
    let with = Server::of(bytes.clone());
    Output::of(command(&program, &[without.address(), with.address()], &[])).expect(0, &["fetched"]);
    is_whole(&program, &bytes);
}

#[test]
fn a_host_that_breaks_off_is_gone_on_with_at_the_other() {
    let bytes = bytes(1_500_000, 10);
    for (lines, again) in [(sure(&bytes), false), (UNSURE.to_owned(), true)] {
        let program = program(&lines);
        let served = bytes.clone();
        let first = Server::new(move |request| match request.number {
            0 => Reply::file(&served, "\"one\"", request).cut(600_000),
            _ => Reply::status(404),
        });
        let served = bytes.clone();
        let second = Server::new(move |request| Reply::file(&served, "\"two\"", request));
        Output::of(command(&program, &[first.address(), second.address()], &[])).expect(0, &["fetched"]);
        is_whole(&program, &bytes);
        // Only with a checksum of the whole may halves of two hosts be joined.
        assert_eq!(second.asked_from()[0].is_none(), again, "{:?}", second.asked_from());
    }
}

#[test]
fn redirects_are_followed_but_not_without_end() {
    let bytes = bytes(1000, 11);
    let program = program(&sure(&bytes));
    let served = bytes.clone();
    let server = Server::new(move |request| match request.path.as_str() {
        "/elsewhere" => Reply::file(&served, "\"one\"", request),
        _ => Reply::status(302).header("Location", "/elsewhere"),
    });
    let circle = Server::new(|_| Reply::status(302).header("Location", "/again"));
    fetch(&program, &circle).expect(3, &["redirected without end"]);
    fetch(&program, &server).expect(0, &["fetched"]);
    is_whole(&program, &bytes);
}

#[test]
fn a_host_without_ranges_starts_again() {
    let bytes = bytes(1_000_000, 12);
    let program = program(&sure(&bytes));
    let served = bytes.clone();
    let server = Server::new(move |request| {
        let reply = Reply::whole(&served).header("ETag", "\"one\"");
        if request.number == 0 { reply.cut(400_000) } else { reply }
    });
    fetch(&program, &server).expect(0, &["sends it from the beginning; starting again", "fetched"]);
    is_whole(&program, &bytes);
    // One that always ends early gets nowhere, and isn't asked forever.
    let (program, served) = (self::program(&sure(&bytes)), bytes.clone());
    let server = Server::new(move |_| Reply::whole(&served).cut(400_000));
    fetch(&program, &server).expect(3, &["the connection", "the same command goes on"]);
    assert!(server.requests().len() < 9, "{}", server.requests().len());
}

#[test]
fn a_file_that_changes_in_the_middle_is_fetched_from_its_beginning() {
    let (old, new) = (bytes(1_000_000, 13), bytes(1_000_000, 14));
    for heeds in [true, false] {
        let program = program(&sure(&new));
        let (old, served) = (old.clone(), new.clone());
        let server = Server::new(move |request| match request.number {
            0 => Reply::file(&old, "\"old\"", request).cut(500_000),
            // One that doesn't heed `If-Range` would give the end of another file.
            _ if heeds => Reply::file(&served, "\"new\"", request),
            _ => Reply::part(&served, "\"new\"", request.from()),
        });
        fetch(&program, &server).expect(0, &["is another one now; starting again", "fetched"]);
        is_whole(&program, &new);
        assert_eq!(server.requests().len(), if heeds { 2 } else { 3 });
    }
}

#[test]
fn trouble_that_passes_is_waited_for() {
    let bytes = bytes(1000, 15);
    let program = program(&sure(&bytes));
    let served = bytes.clone();
    let server = Server::new(move |request| match request.number {
        0 => Reply::status(503),
        1 => Reply::status(429).header("Retry-After", "1"),
        _ => Reply::file(&served, "\"one\"", request),
    });
    fetch(&program, &server).expect(0, &["HTTP 503", "HTTP 429", "trying again in 1 s", "fetched"]);
    is_whole(&program, &bytes);
    let server = Server::new(|_| Reply::status(500));
    fetch(&self::program(&sure(&bytes)), &server).expect(3, &["HTTP 500: the host has trouble"]);
    assert_eq!(server.requests().len(), 3, "the first try and two retries");
}

#[test]
fn a_host_that_announces_or_sends_too_much_is_refused() {
    let bytes = bytes(5_000_000, 16);
    let program = program("bytes = { exact = 1000 }");
    fetch(&program, &Server::of(bytes.clone())).expect(3, &["it announces 5000000 bytes, 1000 are expected"]);
    let program = self::program("bytes = { about = 1000 }");
    fetch(&program, &Server::of(bytes.clone()))
        .expect(3, &["it announces 5000000 bytes, about 1000 are expected"]);
    let server = Server::new(move |_| Reply::whole(&bytes).without_length());
    fetch(&program, &server).expect(3, &["it sends more bytes than it should"]);
    let left = fs_err::metadata(folder(&program).join(format!("{NAME}.part"))).unwrap().len();
    assert_eq!(left, 0, "the disk isn't filled");
}

#[test]
fn no_way_to_the_host_is_told_plainly() {
    let program = program(UNSURE);
    let refused = {
        // A port that was free a moment ago.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    Output::of(command(&program, &[&refused], &[])).expect(3, &["the connection is refused"]);
    let output = Output::of(command(&program, &["http://host.invalid/"], &[]));
    output.expect(3, &["host.invalid: the name can't be found", "offline", "HTTPS_PROXY"]);
    let mut through = command(&program, &["http://host.invalid/"], &[]);
    through.env("HTTP_PROXY", &refused).env("ALL_PROXY", &refused);
    Output::of(through).expect(3, &["through the proxy 127.0.0.1:"]);
    Output::of(command(&program, &["ftp://host.invalid/"], &[]))
        .expect(2, &["not an address of http or https"]);
}

#[test]
fn where_no_host_can_be_reached_one_archive_is_enough_to_find_out() {
    let program = Program::new();
    fs_err::write(program.folder().join("own.lock"), lock(&[("a.zip", UNSURE), ("b.zip", UNSURE)])).unwrap();
    let output = Output::of(command(&program, &["http://host.invalid/"], &[]));
    output.expect(3, &["a.zip: host.invalid: the name can't be found", "offline"]);
    assert!(!output.stderr.contains("b.zip"), "{output:?}");
}

#[test]
fn room_on_the_disk_is_asked_for_before_anything_is_fetched() {
    let program = program("bytes = { about = 1_000_000_000_000_000_000 }");
    let server = Server::of(Vec::new());
    fetch(&program, &server).expect(
        3,
        &[
            "1,000,000,000,000,000,000 bytes are needed in data/archives/isic2017, and ",
            " are available",
            "--part",
        ],
    );
    assert!(server.requests().is_empty() && !folder(&program).exists());
}

#[test]
fn parts_and_archives_are_chosen_by_name() {
    let bytes = bytes(1000, 18);
    let program = program(&sure(&bytes));
    let server = Server::of(bytes.clone());
    let with = |part: &str| Output::of(command(&program, &[server.address()], &["--part", part]));
    with("test").expect(2, &["isic2017 has no part test", NAME]);
    with("evil.zip").expect(2, &["isic2017 has no archive `evil.zip`"]);
    with("validation").expect(0, &["fetched"]);
    with(NAME).expect(0, &["was there"]);
    program
        .output(&["data", "fetch", "isic2071", "--accept-licence", "CC0-1.0"])
        .expect(2, &["did you mean `isic2017`?"]);
}

#[test]
fn one_failure_does_not_keep_the_other_archives() {
    let bytes = bytes(1000, 19);
    let program = Program::new();
    let archives = [("a.zip", sure(&bytes)), ("b.zip", sure(&bytes)), ("c.zip", sure(&bytes))];
    let lines: Vec<(&str, &str)> = archives.iter().map(|(name, lines)| (*name, lines.as_str())).collect();
    fs_err::write(program.folder().join("own.lock"), lock(&lines)).unwrap();
    let served = bytes.clone();
    let server = Server::new(move |request| match request.path.as_str() {
        "/b.zip" => Reply::file(&served, "\"one\"", request),
        _ => Reply::status(404),
    });
    fetch(&program, &server).expect(3, &["warning: a.zip: ", "2 archives couldn't be fetched", "c.zip: "]);
    assert_eq!(fs_err::read(folder(&program).join("b.zip")).unwrap(), bytes);
}
