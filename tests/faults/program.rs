//! The program in a folder, with a limit on how long it may run and how much it may print.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The longest that any command of the short form may take, however busy the machine is.
const WITHIN: Duration = Duration::from_mins(1);
/// More than any command here has to print.
const MOST_OUTPUT: u64 = 200 << 20;

/// What a run of the program did.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// The exit status; `None` if a signal ended it.
    pub(super) status: Option<i32>,
    pub(super) took: Duration,
}

/// A folder with databases and pages in it.
pub(super) struct Place {
    folder: TempDir,
    program: PathBuf,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Place { folder, program: env!("CARGO_BIN_EXE_ecrsnap").into() }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Use another copy of the program.
    pub(super) fn set_program(&mut self, program: PathBuf) {
        self.program = program;
    }

    /// The command for a line of words without spaces, its output into files of the folder.
    pub(super) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(line.split_whitespace()).env_clear().env("TZ", "UTC").env("TMPDIR", self.folder.path());
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Run a line to its end.
    pub(super) fn run(&self, line: &str) -> Ran {
        Self::finish(self.command(line), line)
    }

    /// Run a line that must succeed.
    pub(super) fn done(&self, line: &str) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.status, Some(0), "{line}: {}{}", ran.stdout, ran.stderr);
        ran
    }

    /// Run a script of the shell in which `$ECRSNAP` is the program.
    #[cfg(unix)]
    pub(super) fn shell(&self, script: &str) -> Ran {
        let mut command = Command::new("sh");
        command.args(["-c", script]).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        command.env("ECRSNAP", &self.program).current_dir(self.folder.path()).stdin(Stdio::null());
        Self::finish(command, script)
    }

    fn finish(mut command: Command, what: &str) -> Ran {
        let out = tempfile::NamedTempFile::new().expect("a file");
        let errors = tempfile::NamedTempFile::new().expect("a file");
        command.stdout(out.reopen().expect("a file")).stderr(errors.reopen().expect("a file"));
        let began = Instant::now();
        let mut child = command.spawn().expect("the program starts");
        let status = loop {
            if let Some(status) = child.try_wait().expect("a status") {
                break status;
            }
            let printed = out.path().metadata().map_or(0, |file| file.len());
            if began.elapsed() > WITHIN || printed > MOST_OUTPUT {
                let _ = child.kill();
                panic!("{what}: no end after {:?} and {printed} bytes", began.elapsed());
            }
            thread::sleep(Duration::from_millis(2));
        };
        let took = began.elapsed();
        let text = |path: &Path| {
            let mut bytes = Vec::new();
            File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).expect("output");
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ran { stdout: text(out.path()), stderr: text(errors.path()), status: status.code(), took }
    }

    /// Start a line and leave it running.
    pub(super) fn start(&self, line: &str) -> Child {
        self.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
    }

    /// The files whose names begin so, without folders, in order.
    pub(super) fn files(&self, beginning: &str) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(beginning)).collect();
        names.sort();
        names
    }

    /// A database at rest is one file, in rollback mode.
    pub(super) fn assert_at_rest(&self, name: &str) {
        assert_eq!(self.files(name), [name]);
        let mut header = [0; 20];
        File::open(self.path(name)).and_then(|mut file| file.read_exact(&mut header)).expect("a header");
        assert_eq!(&header[18..], [1, 1], "{name} is marked as having a log");
    }
}

/// Numbers that look random, the same in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}
