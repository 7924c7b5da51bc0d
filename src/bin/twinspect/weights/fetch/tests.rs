//! Downloads, from a server on this machine that misbehaves as real ones do.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use sha2::{Digest, Sha256};
use twinspect::ErrorKind;
use twinspect::features::backbone::Architecture;
use twinspect::features::weights::{Part, Source, WeightFile};
use twinspect::image::Normalisation;

use super::get_file;

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A server on this machine that answers each connection with the next of `manners`, then is gone.
struct Server {
    url: &'static str,
    requests: thread::JoinHandle<Vec<Option<u64>>>,
}

/// How the server treats one connection.
#[derive(Clone, Copy)]
enum Manner {
    /// The whole file, or what the Range header asks for.
    Whole,
    /// Announces everything, sends so many bytes, hangs up.
    HangUpAfter(usize),
    /// The whole file, whatever the Range header asks for.
    IgnoreRange,
    /// The same, but hangs up after so many bytes.
    IgnoreRangeAndHangUpAfter(usize),
    /// Error 404.
    Missing,
}

fn serve(content: Vec<u8>, manners: &'static [Manner]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/weights.pth", listener.local_addr().unwrap()).leak();
    let requests = thread::spawn(move || {
        manners
            .iter()
            .map(|manner| answer(listener.accept().unwrap().0, &content, *manner))
            .collect()
    });
    Server { url, requests }
}

/// Answers one request; gives the first byte that its Range header asks for.
fn answer(mut stream: TcpStream, content: &[u8], manner: Manner) -> Option<u64> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        request.push(byte[0]);
    }
    let request = String::from_utf8(request).unwrap().to_ascii_lowercase();
    let range = request
        .split("range: bytes=")
        .nth(1)
        .map(|rest| rest.split('-').next().unwrap().parse().unwrap());
    let start = match manner {
        Manner::IgnoreRange | Manner::IgnoreRangeAndHangUpAfter(_) => 0,
        _ => range.unwrap_or(0) as usize,
    };
    let head = match (manner, range) {
        (Manner::Missing, _) => "404 Not Found\r\nContent-Length: 0".to_owned(),
        (Manner::IgnoreRange | Manner::IgnoreRangeAndHangUpAfter(_), _) | (_, None) => {
            format!("200 OK\r\nContent-Length: {}", content.len())
        }
        _ => {
            let last = content.len() - 1;
            let total = content.len();
            format!(
                "206 Partial Content\r\nContent-Length: {}\r\nContent-Range: bytes {start}-{last}/{total}",
                total - start
            )
        }
    };
    let end = match manner {
        Manner::HangUpAfter(count) | Manner::IgnoreRangeAndHangUpAfter(count) => start + count,
        Manner::Missing => start,
        _ => content.len(),
    };
    write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").unwrap();
    stream.write_all(&content[start..end]).unwrap();
    range
}

fn content() -> Vec<u8> {
    (0..300_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect()
}

fn file_at(url: &'static str, content: &[u8], bytes: Option<u64>) -> WeightFile {
    WeightFile {
        name: "test",
        file: "weights.pth",
        bytes,
        sha256: sha256(content).leak(),
        licence: "",
        role: "",
        part: Part::Backbone(Architecture::ResNet18, Normalisation::IMAGENET),
        source: Source::Url(url),
    }
}

#[test]
fn download_that_breaks_off_goes_on_where_it_ended() {
    for bytes in [Some(300_000), None] {
        let server = serve(content(), &[Manner::HangUpAfter(150_000), Manner::Whole]);
        let folder = tempfile::tempdir().unwrap();
        let mut seen = Vec::new();
        let mut watch = |stage: &str, done: u64, total: u64| {
            assert_eq!((stage, total), ("downloading test", 300_000));
            seen.push(done);
            true
        };
        let path = get_file(
            &file_at(server.url, &content(), bytes),
            folder.path(),
            &mut watch,
        )
        .unwrap();
        assert_eq!(fs::read(&path).unwrap(), content());
        assert_eq!(server.requests.join().unwrap(), [None, Some(150_000)]);
        assert!(seen.is_sorted(), "{seen:?}");
        assert_eq!(seen.last(), Some(&300_000));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn server_that_knows_no_ranges_is_asked_for_everything() {
    let server = serve(
        content(),
        &[Manner::HangUpAfter(150_000), Manner::IgnoreRange],
    );
    let folder = tempfile::tempdir().unwrap();
    let path = get_file(
        &file_at(server.url, &content(), None),
        folder.path(),
        &mut (),
    )
    .unwrap();
    assert_eq!(fs::read(path).unwrap(), content());
    server.requests.join().unwrap();
}

#[test]
fn server_that_breaks_off_at_changing_places_and_never_goes_on_is_given_up() {
    const SHORT: Manner = Manner::IgnoreRangeAndHangUpAfter(100_000);
    const LONG: Manner = Manner::IgnoreRangeAndHangUpAfter(200_000);
    let server = serve(content(), &[SHORT, LONG, SHORT, LONG, SHORT]);
    let folder = tempfile::tempdir().unwrap();
    let error = get_file(
        &file_at(server.url, &content(), None),
        folder.path(),
        &mut (),
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().contains("broken off"), "{error}");
    assert_eq!(server.requests.join().unwrap().len(), 5);
}

#[test]
fn download_of_another_content_is_weights_error_and_leaves_nothing() {
    let server = serve(content(), &[Manner::Whole]);
    let folder = tempfile::tempdir().unwrap();
    let error = get_file(&file_at(server.url, b"other", None), folder.path(), &mut ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    server.requests.join().unwrap();
}

#[test]
fn download_of_more_than_the_file_has_is_weights_error_and_leaves_nothing() {
    let server = serve(content(), &[Manner::Whole]);
    let folder = tempfile::tempdir().unwrap();
    let error = get_file(
        &file_at(server.url, &content(), Some(1000)),
        folder.path(),
        &mut (),
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let _ = server.requests.join();
}

#[test]
fn download_without_a_server_is_io_error_with_a_way_out() {
    // A port that was free a moment ago refuses the connection.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/weights.pth").leak();
    let folder = tempfile::tempdir().unwrap();
    let error = get_file(&file_at(url, &content(), None), folder.path(), &mut ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(
        error.what_to_do().contains("twinspect weights import"),
        "{error}"
    );
}

#[test]
fn download_that_the_server_lacks_is_not_tried_again() {
    let server = serve(content(), &[Manner::Missing]);
    let folder = tempfile::tempdir().unwrap();
    let error = get_file(
        &file_at(server.url, &content(), None),
        folder.path(),
        &mut (),
    )
    .unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Io, "the server answers 404 Not Found")
    );
    assert_eq!(server.requests.join().unwrap(), [None]);
}

#[test]
fn cancelled_download_stops_at_once() {
    let server = serve(content(), &[Manner::HangUpAfter(100)]);
    let folder = tempfile::tempdir().unwrap();
    let mut cancel = |_: &str, _: u64, _: u64| false;
    let error = get_file(
        &file_at(server.url, &content(), None),
        folder.path(),
        &mut cancel,
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let _ = server.requests.join();
}

#[test]
fn right_file_that_is_there_already_is_not_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("weights.pth"), content()).unwrap();
    let path = get_file(
        &file_at("http://127.0.0.1:1/", &content(), None),
        folder.path(),
        &mut (),
    )
    .unwrap();
    assert_eq!(path, folder.path().join("weights.pth"));
}
