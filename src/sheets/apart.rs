//! Reads a workbook in a process of its own, of the same program, which may take so much memory and so much time. Whatever a library does
//! there, whoever asked lives on. Where a system knows no such limit the checks before it stand alone.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::grid::{Bounds, Grid};
use super::workbook::{self, Kind, Unreadable};

/// The command of our own program that reads what comes in and writes what it found.
pub const COMMAND: &str = "read-workbook";
/// The most memory that the process may ask for, in bytes of addresses.
const MEMORY: u64 = 768 * 1024 * 1024;
/// The longest that it may compute, in seconds, and that is waited for it.
const SECONDS: u64 = 20;
/// The longest answer in bytes.
const LONGEST_ANSWER: u64 = 256 * 1024 * 1024;

/// The sheets of a workbook, read by a process of `program`.
///
/// # Errors
/// Why it was not read; [`Unreadable::Ended`] when the process came to a sudden end.
pub fn read(program: &Path, bytes: &[u8], bounds: Bounds) -> Result<(Kind, Vec<Grid>), Unreadable> {
    if bytes.len() > bounds.bytes {
        return Err(super::grid::TooMuch::Bytes(bounds.bytes).into());
    }
    let child = Command::new(program).arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.map_err(|fault| Unreadable::Damaged(format!("its reader does not start: {fault}")))?;
    let answer = ask(&mut child, bytes);
    // It has answered or never will.
    let _ = child.kill();
    let _ = child.wait();
    answer.and_then(|answer| serde_json::from_slice(&answer).ok()).unwrap_or(Err(Unreadable::Ended))
}

/// What the process answers in its time.
fn ask(child: &mut Child, bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut to, from) = (child.stdin.take()?, child.stdout.take()?);
    std::thread::scope(|scope| {
        // It reads everything before it writes, or ends: then nothing takes our bytes, and this is an error.
        scope.spawn(move || to.write_all(bytes).ok());
        let answer = scope.spawn(move || {
            let mut answer = Vec::new();
            from.take(LONGEST_ANSWER).read_to_end(&mut answer).ok().map(|_| answer)
        });
        let until = Instant::now() + Duration::from_secs(SECONDS + 5);
        while !answer.is_finished() {
            if Instant::now() > until {
                let _ = child.kill();
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        answer.join().ok().flatten()
    })
}

/// The command itself: limits this process, reads a workbook from `from` and writes the answer to `to`.
///
/// # Errors
/// When there is nothing to read from or to write to.
pub fn serve(from: impl Read, mut to: impl Write, bounds: Bounds) -> io::Result<()> {
    let limited = limit();
    let mut bytes = Vec::new();
    from.take(bounds.bytes as u64 + 1).read_to_end(&mut bytes)?;
    let answer = if limited || !cfg!(unix) { workbook::read(&bytes, bounds) } else { Err(Unreadable::Ended) };
    serde_json::to_writer(&mut to, &answer)?;
    to.flush()
}

#[cfg(unix)]
fn limit() -> bool {
    use rlimit::Resource;
    // Some systems know no limit of addresses (macOS takes it and does not hold it): that is no reason not to read.
    let memory = Resource::AS.set(MEMORY, MEMORY).is_ok() || !cfg!(target_os = "linux");
    memory && Resource::CPU.set(SECONDS, SECONDS).is_ok()
}

/// No such limit here; the checks before the library stand alone, and the log says so.
#[cfg(not(unix))]
fn limit() -> bool {
    tracing::warn!("this system limits no process's memory: a hostile workbook is stopped by the checks before it alone");
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_or_is_not_there_is_an_answer() {
        let read = |program: &str| read(Path::new(program), b"PK\x03\x04", Bounds::default()).unwrap_err();
        assert!(matches!(read("/nowhere/boxrota"), Unreadable::Damaged(_)));
        assert_eq!(read("/bin/false"), Unreadable::Ended);
        assert_eq!(read("/bin/echo"), Unreadable::Ended);
    }
}
