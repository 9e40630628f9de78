//! The commands that read files and need no database: what is in a statement, and which line pays which bill. For whoever is asked why a
//! bank's file is not read.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use boxrota::base::Day;
use boxrota::matching::{self, Confirmed, Rules, files};
use boxrota::sheets::{Bounds, apart};
use boxrota::statements::{self, Answers, say};

/// `boxrota read-statement`: fails when the file is no statement.
pub fn statement(file: &Path, given: &[String], today: Day, reader: Option<PathBuf>, json: bool) -> anyhow::Result<ExitCode> {
    let mut answers = Answers { today: Some(today), ..Answers::default() };
    for answer in given {
        let (key, value) = answer.split_once('=').context("--answer is KEY=VALUE, such as date_order=dmy")?;
        answers.set(key, value).map_err(anyhow::Error::msg)?;
    }
    let bytes = bytes(file)?;
    let program = reader.map_or_else(std::env::current_exe, Ok)?;
    let read = statements::read(&bytes, &answers, &|bytes, bounds| apart::read(&program, bytes, bounds));
    if json {
        writeln!(io::stdout(), "{:#}", say::json(&read))?;
    } else {
        write!(io::stdout(), "{}", say::words(&read))?;
    }
    let refused = read.problems.iter().any(|problem| problem.kind == statements::ProblemKind::NotAStatement);
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// `boxrota match`.
pub fn matches(items: &Path, lines: &Path, given: &[String], json: bool) -> anyhow::Result<ExitCode> {
    let mut rules = Rules::default();
    for rule in given {
        let (words, party) = rule.split_once('=').context("--rule is WORDS=PARTY")?;
        rules.confirmed.push(Confirmed { words: words.to_owned(), party: party.to_owned() });
    }
    let read = |path: &Path, fault: String| anyhow::anyhow!("{}: {fault}", path.display());
    let all_items = files::items(&bytes(items)?).map_err(|fault| read(items, fault))?;
    let all_lines = files::lines(&bytes(lines)?).map_err(|fault| read(lines, fault))?;
    let proposals = matching::propose(&all_lines, &all_items, &rules);
    if json {
        writeln!(io::stdout(), "{:#}", files::json(&proposals))?;
    } else {
        write!(io::stdout(), "{}", files::words(&proposals, all_lines.len()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `boxrota read-workbook`: the process that may take so much and no more.
pub fn workbook() -> anyhow::Result<ExitCode> {
    apart::serve(io::stdin().lock(), io::stdout().lock(), Bounds::default())?;
    Ok(ExitCode::SUCCESS)
}

/// A file's bytes, and no more of them than tells that they are too many.
fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    use std::io::Read;
    let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    let mut bytes = Vec::new();
    file.take(Bounds::default().bytes as u64 + 1).read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    Ok(bytes)
}
