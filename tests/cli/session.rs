//! A folder with the samples in it, and the program run there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

/// 2026-03-01, 03-08 and 03-15 at 06:00 UTC, when the samples of those names were captured.
const CAPTURED: [(&str, u64); 3] =
    [("2026-03-01", 1_772_344_800), ("2026-03-08", 1_772_949_600), ("2026-03-15", 1_773_554_400)];

/// What one run of the program did.
pub(super) struct Ran {
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// The exit status; `None` if a signal ended it.
    pub(super) status: Option<i32>,
}

/// Command lines in one folder, and a transcript of them.
pub(super) struct Session {
    folder: TempDir,
    transcript: String,
    /// The program, and the user that runs it if not the one of the test.
    program: PathBuf,
    user: Option<u32>,
}

impl Session {
    /// A folder without anything.
    pub(super) fn empty() -> Self {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_ecrsnap"));
        Session { folder: tempfile::tempdir().expect("a folder"), transcript: String::new(), program, user: None }
    }

    /// A folder with the samples, dated as they were captured.
    pub(super) fn with_samples() -> Self {
        let session = Session::empty();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("samples"), &session.path("samples"));
        session
    }

    /// The samples of all three dates in the database `ecrsnap.db`.
    pub(super) fn with_three_dates() -> Self {
        let session = Session::with_samples();
        for (date, _) in CAPTURED {
            let ran = session.quietly(&format!("ingest samples/{date} --snapshot {date}"));
            assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        }
        session
    }

    /// If the test runs as root, run the program as a user without rights from here on.
    #[cfg(unix)]
    pub(super) fn give_up_root(&mut self) {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        const NOBODY: u32 = 65534;
        if fs::metadata(self.folder.path()).expect("the folder").uid() != 0 {
            return;
        }
        // Its own folder may be closed to that user.
        let copy = self.path("ecrsnap");
        fs::copy(&self.program, &copy).expect("a copy of the program");
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
        self.program = copy;
        self.user = Some(NOBODY);
    }

    /// The path of a file of the folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Write a file, dated as the middle samples.
    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file");
        set_modified(&self.path(name), CAPTURED[1].1);
    }

    /// Run a line of words without spaces, and leave no trace in the transcript.
    pub(super) fn quietly(&self, line: &str) -> Ran {
        self.words(&line.split_whitespace().collect::<Vec<_>>(), b"")
    }

    /// Run a line of words, and add it to the transcript.
    pub(super) fn run(&mut self, line: &str) -> Ran {
        self.run_with(line, b"")
    }

    /// The same with a standard input.
    pub(super) fn run_with(&mut self, line: &str, stdin: &[u8]) -> Ran {
        let ran = self.words(&line.split_whitespace().collect::<Vec<_>>(), stdin);
        self.tell(&format!("ecrsnap {line}"), &ran);
        ran
    }

    /// Run a script of the shell, in which `ecrsnap` is the program, and leave no trace.
    pub(super) fn shell(&self, script: &str) -> Ran {
        let program = Path::new(env!("CARGO_BIN_EXE_ecrsnap"));
        let folder = program.parent().expect("a folder").to_string_lossy();
        let mut command = Command::new("sh");
        command.args(["-c", script]).env_clear().env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"));
        self.finish(&mut command, b"")
    }

    /// The same, and add it to the transcript.
    pub(super) fn run_shell(&mut self, script: &str) -> Ran {
        let ran = self.shell(script);
        self.tell(script, &ran);
        ran
    }

    fn tell(&mut self, line: &str, ran: &Ran) {
        let status = ran.status.map_or("killed".to_owned(), |status| status.to_string());
        let _ = writeln!(self.transcript, "$ {line}");
        for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            if !text.is_empty() {
                let _ = writeln!(self.transcript, "[{name}]\n{}", self.settled(text));
            }
        }
        let _ = writeln!(self.transcript, "[status {status}]\n");
    }

    /// Run a line that must leave every file of the folder unchanged.
    pub(super) fn run_unchanged(&mut self, line: &str) -> Ran {
        let before = self.files();
        let ran = self.run(line);
        let after = self.files();
        let differing: Vec<_> = after
            .iter()
            .filter(|(path, content)| before.get(*path) != Some(content))
            .map(|(path, _)| path)
            .chain(before.keys().filter(|path| !after.contains_key(*path)))
            .collect();
        assert!(differing.is_empty(), "`ecrsnap {line}` changed {differing:?}");
        ran
    }

    /// Every file of the folder with its content.
    pub(super) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.clone(), without_counters(fs::read(path).expect("a file")));
                }
            }
        }
        files
    }

    /// Compare the transcript with `golden/NAME.txt`, or write that file.
    pub(super) fn golden(&self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/golden").join(format!("{name}.txt"));
        if std::env::var_os("ECRSNAP_BLESS").is_some() {
            fs::write(&path, &self.transcript).expect("a golden file");
            return;
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        for (number, (ours, theirs)) in self.transcript.lines().zip(golden.lines()).enumerate() {
            assert_eq!(ours, theirs, "{}:{} (left is what was printed now)", path.display(), number + 1);
        }
        assert_eq!(self.transcript.len(), golden.len(), "{}: one text goes on:\n{}", path.display(), self.transcript);
    }

    /// Run words, and leave no trace.
    pub(super) fn words(&self, words: &[&str], stdin: &[u8]) -> Ran {
        let mut command = Command::new(&self.program);
        #[cfg(unix)]
        if let Some(user) = self.user {
            std::os::unix::process::CommandExt::uid(&mut command, user);
        }
        self.finish(command.args(words).env_clear(), stdin)
    }

    fn finish(&self, command: &mut Command, stdin: &[u8]) -> Ran {
        let mut child = command
            .env("TZ", "UTC")
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // A program that refuses its line does not read on.
        let _ = child.stdin.take().expect("a pipe").write_all(stdin);
        let output = child.wait_with_output().expect("the program ends");
        Ran {
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
            status: output.status.code(),
        }
    }

    /// A text without what differs from run to run: the folder's path, durations.
    fn settled(&self, text: &str) -> String {
        let text = text.replace(&*self.folder.path().to_string_lossy(), "FOLDER");
        let mut settled = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            match line.rsplit_once(" in ") {
                Some((head, took)) if is_duration(took.trim_end()) => {
                    let _ = writeln!(settled, "{head} in 0.0 s");
                }
                _ => settled.push_str(line),
            }
        }
        settled.trim_end_matches('\n').to_owned()
    }
}

/// The content of a file; of a database without the counters in its header. A write that was given up changes
/// those, because it has switched the database to a log and back.
pub(super) fn without_counters(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(b"SQLite format 3\0") && bytes.len() > 100 {
        for counter in [24..28, 92..100] {
            bytes[counter].fill(0);
        }
    }
    bytes
}

fn is_duration(text: &str) -> bool {
    text.strip_suffix(" s").is_some_and(|number| number.parse::<f64>().is_ok())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    let date = to.file_name().and_then(|name| CAPTURED.iter().find(|(date, _)| *date == name));
    let modified = date.map_or(CAPTURED[1].1, |(_, seconds)| *seconds);
    for entry in fs::read_dir(from).expect("samples") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).expect("a copy");
            set_modified(&to, modified);
        }
    }
}

fn set_modified(path: &Path, seconds: u64) {
    let file = File::options().write(true).open(path).expect("a file");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).expect("a file's date");
}
