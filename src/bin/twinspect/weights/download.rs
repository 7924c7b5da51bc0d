//! A file over HTTP, in as many attempts as it takes.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use twinspect::features::weights::WeightFile;
use twinspect::progress::{Progress, report};
use twinspect::{Error, ErrorKind, Result};
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

/// Attempts in a row that may bring no more than was there already before it is given up.
const MOST_FRUITLESS: u32 = 3;

/// The wait after the first fruitless attempt; doubled after each.
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// No byte for so long counts as broken off.
const SILENCE: Duration = Duration::from_secs(60);

/// Why an attempt ended early.
enum Stop {
    /// The next attempt may go on where this one ended.
    Interrupted(Error),
    /// Another attempt would end the same way.
    Final(Error),
}

/// Brings what `url` answers into `part`, going on where an earlier download of it ended.
///
/// Errors: `Io` if the network or the server fails, `Weights` if the server sends more than the file has, `Cancelled`.
pub fn download(
    url: &str,
    part: &Path,
    file: &WeightFile,
    progress: &mut dyn Progress,
) -> Result<()> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .accept_encoding("identity")
        .timeout_connect(Some(SILENCE))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .build()
        .into();
    let mut fruitless = 0;
    // A server without ranges starts anew each time, so what counts is the most that there ever was.
    let mut most = length(part);
    loop {
        match attempt(&agent, url, part, file, progress) {
            Ok(()) => return Ok(()),
            Err(Stop::Final(error)) => return Err(error),
            Err(Stop::Interrupted(error)) => {
                let have = length(part);
                fruitless = if have > most { 0 } else { fruitless + 1 };
                most = most.max(have);
                if fruitless >= MOST_FRUITLESS {
                    let hint = format!(
                        "Without a network here, bring {url} from elsewhere and `twinspect weights import` it."
                    );
                    return Err(error.at(url).hint(hint));
                }
                std::thread::sleep(FIRST_PAUSE * 2_u32.pow(fruitless));
            }
        }
    }
}

fn attempt(
    agent: &Agent,
    url: &str,
    part: &Path,
    file: &WeightFile,
    progress: &mut dyn Progress,
) -> std::result::Result<(), Stop> {
    let have = length(part);
    if file.bytes == Some(have) {
        return Ok(());
    }
    let mut request = agent.get(url);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = request.call().map_err(|error| {
        Stop::Interrupted(Error::new(
            ErrorKind::Io,
            format!("cannot download: {error}"),
        ))
    })?;
    let start = match response.status() {
        StatusCode::OK => 0,
        StatusCode::PARTIAL_CONTENT if range_start(&response) == Some(have) => have,
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
            let _ = fs::remove_file(part);
            return Err(Stop::Interrupted(Error::new(
                ErrorKind::Io,
                format!("the server cannot go on from byte {have}"),
            )));
        }
        status => {
            return Err(Stop::Final(
                Error::new(ErrorKind::Io, format!("the server answers {status}")).at(url),
            ));
        }
    };
    let total = response
        .body()
        .content_length()
        .map(|rest| start.saturating_add(rest));
    let sink = open(part, start).map_err(Stop::Final)?;
    receive(response, sink, part, start, total, file, progress)
}

fn receive(
    response: Response<Body>,
    mut sink: File,
    part: &Path,
    start: u64,
    total: Option<u64>,
    file: &WeightFile,
    progress: &mut dyn Progress,
) -> std::result::Result<(), Stop> {
    let stage = format!("downloading {}", file.name);
    let shown_total = file.bytes.or(total).unwrap_or(0);
    let mut body = response.into_body().into_reader();
    let mut block = vec![0; 1 << 16];
    let mut have = start;
    loop {
        report(progress, &stage, have, shown_total).map_err(Stop::Final)?;
        let count = body.read(&mut block).map_err(|error| {
            Stop::Interrupted(Error::new(
                ErrorKind::Io,
                format!("broken off after {have} bytes: {error}"),
            ))
        })?;
        if count == 0 {
            break;
        }
        have += count as u64;
        if let Some(expected) = file.bytes.filter(|&expected| have > expected) {
            let _ = fs::remove_file(part);
            let text = format!(
                "the server sends more than the {expected} bytes of {}",
                file.file
            );
            return Err(Stop::Final(Error::new(ErrorKind::Weights, text)));
        }
        sink.write_all(&block[..count])
            .map_err(|error| Stop::Final(Error::io(&error, "write", part)))?;
    }
    sink.sync_all()
        .map_err(|error| Stop::Final(Error::io(&error, "write", part)))?;
    match total.or(file.bytes) {
        Some(end) if have < end => Err(Stop::Interrupted(Error::new(
            ErrorKind::Io,
            format!("broken off after {have} of {end} bytes"),
        ))),
        _ => Ok(()),
    }
}

/// `part` for writing at its byte `start`; 0 empties it.
fn open(part: &Path, start: u64) -> Result<File> {
    let opened = if start == 0 {
        File::create(part)
    } else {
        OpenOptions::new().append(true).open(part)
    };
    opened.map_err(|error| Error::io(&error, "write", part))
}

fn length(part: &Path) -> u64 {
    fs::metadata(part).map_or(0, |data| data.len())
}

/// The first byte's position in `Content-Range: bytes 100-199/200`.
fn range_start(response: &Response<Body>) -> Option<u64> {
    let range = response.headers().get("content-range")?.to_str().ok()?;
    range
        .trim()
        .strip_prefix("bytes")?
        .trim_start()
        .split('-')
        .next()?
        .parse()
        .ok()
}
