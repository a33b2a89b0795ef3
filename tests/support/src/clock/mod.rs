//! A wall clock that only the processes of one stack see: a library shifts it, which a private /etc/ld.so.preload loads
//! into all of them. That takes Linux, root and a C compiler.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Exit code of a command that could not be given the clock.
const NO_NAMESPACE: i32 = 77;

/// The library, and the file with the shift.
pub struct Clock {
    folder: tempfile::TempDir,
}

impl Clock {
    /// Compiles the library.
    ///
    /// # Errors
    /// The reason why this machine can't shift the clock of a stack.
    pub fn new() -> Result<Self, String> {
        if !is_root() || !cfg!(target_os = "linux") {
            return Err("only root on Linux can shift the clock of a stack".into());
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let clock = Self { folder };
        // PostgreSQL and the emulator run as other users.
        std::fs::set_permissions(clock.folder.path(), PermissionsExt::from_mode(0o755))
            .map_err(|error| error.to_string())?;
        clock.set(0);
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/clock/clock.c");
        let mut compile = Command::new("cc");
        compile.args(["-shared", "-fPIC", "-O1", "-o"]).arg(clock.library());
        compile.arg(format!("-DSHIFT=\"{}\"", clock.folder.path().join("shift").display())).arg(source).arg("-ldl");
        match compile.status() {
            Ok(status) if status.success() => Ok(clock),
            Ok(status) => Err(format!("cc: {status}")),
            Err(error) => Err(format!("no C compiler: cc: {error}")),
        }
    }

    /// Returns the library, for `LD_PRELOAD` of a process that does not belong to the stack.
    pub fn library(&self) -> PathBuf {
        self.folder.path().join("clock.so")
    }

    /// Shifts the clock by so many seconds from the real time.
    ///
    /// # Panics
    /// If the file can't be written.
    pub fn set(&self, seconds: i64) {
        // Never shorter in between: processes have the file in memory.
        let file = self.folder.path().join("shift");
        let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(file);
        file.and_then(|mut file| file.write_all(&seconds.to_ne_bytes())).expect("the shift");
    }

    /// Returns a command that runs the program of `command` with this clock, and everything that it starts.
    pub fn given_to(&self, command: &Command) -> Command {
        // Each has mounts of its own.
        let own = tempfile::Builder::new().tempdir_in(self.folder.path()).expect("a folder").keep();
        let script = format!(
            "mount -t tmpfs tmpfs {own} && cp -a /etc {own} && echo {library} >{own}/etc/ld.so.preload && \
             mount --bind {own}/etc /etc || exit {NO_NAMESPACE}; exec \"$0\" \"$@\"",
            own = own.display(),
            library = self.library().display()
        );
        let mut apart = Command::new("unshare");
        apart.args(["-m", "sh", "-c", &script]).arg(command.get_program()).args(command.get_args()).env_clear();
        apart.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(folder) = command.get_current_dir() {
            apart.current_dir(folder);
        }
        apart
    }

    /// Returns whether a command of [`Clock::given_to`] ended because the machine allows no namespace of mounts.
    pub fn is_refused(code: Option<i32>) -> bool {
        code == Some(NO_NAMESPACE)
    }
}

/// Returns whether this process runs as root.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
}
