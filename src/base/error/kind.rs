//! The one table of error kinds: stable name, exit code, standing hint.

use std::sync::OnceLock;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $name:literal, $exit:literal, $hint:expr;)*) => {
        /// The kind of a failure. The name is part of the NDJSON contract (`error.code`) and does not change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            /// Every kind, for the documentation and its test.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind,)*];

            /// Returns the stable name, as printed in NDJSON.
            pub fn name(self) -> &'static str { match self { $(Kind::$kind => $name,)* } }

            /// Returns the process exit code.
            pub fn exit_code(self) -> u8 { match self { $(Kind::$kind => $exit,)* } }

            /// Returns the kind of this name; None if this version does not know it.
            pub fn from_name(name: &str) -> Option<Self> { Self::ALL.iter().copied().find(|kind| kind.name() == name) }

            /// Returns the standing hint, independent of the credentials.
            fn standing(self) -> Option<&'static str> { match self { $(Kind::$kind => $hint,)* } }
        }
    };
}

/// See [`Kind::sign_in_by`].
static SIGN_IN: OnceLock<String> = OnceLock::new();

impl Kind {
    /// Returns the standing hint.
    pub fn hint(self) -> Option<&'static str> {
        match SIGN_IN.get() {
            Some(hint) if self == Self::Credentials => Some(hint),
            _ => self.standing(),
        }
    }

    /// Sets the command to sign in with this process's credentials, which depends on the profile. `remedy` is the first
    /// part of the hint, like "sign in (`aws login`)". Only the first call has an effect.
    pub fn sign_in_by(remedy: &str) {
        let standing = Self::Credentials.standing().unwrap_or_default();
        let rest = standing.split_once(", ").map_or("", |(_, rest)| rest);
        let _ = SIGN_IN.set(format!("{remedy}, {rest}"));
    }

    /// Returns whether its explanation adds to the error's own message and hints.
    pub fn is_worth_explaining(self) -> bool {
        use Kind as K;
        !matches!(
            self,
            K::Failed
                | K::Io
                | K::Usage
                | K::Config
                | K::NeedsInput
                | K::ChangesPending
                | K::Interrupted
                | K::Terminated
        )
    }
}

kinds! {
    /// Any other failure.
    Failed, "failed", 1, None;
    /// A file or folder could not be read or written.
    Io, "io", 1, None;
    /// A bug or an unreadable answer.
    Unexpected, "unexpected", 1, Some("run again with --verbose and report what it prints");
    /// AWS refused the action.
    AccessDenied, "access-denied", 1, Some("grant the action named above to the principal that `outboxctl deploy` prints, or use another --profile");
    /// AWS answered with an error.
    Aws, "aws", 1, None;
    /// No answer from an endpoint.
    Unreachable, "unreachable", 1, Some("check the network and the region; an endpoint override (--endpoint-url, AWS_ENDPOINT_URL) must be listening");
    /// A pipeline or one of its stacks does not exist.
    NotDeployed, "not-deployed", 1, Some("run `outboxctl deploy` first");
    /// A stack operation failed.
    StackFailed, "stack-failed", 1, None;
    /// The database does not answer.
    DatabaseUnreachable, "database-unreachable", 1, Some("leave --via at auto, which reaches a private database through the admin function; a direct connection needs a route and an open port");
    /// The password is wrong for the user.
    WrongSecret, "wrong-secret", 1, Some("the secret and the database disagree: set the user's password to the secret's, or the secret to the user's password");
    /// The server's certificate is not signed by the bundle.
    UntrustedCertificate, "untrusted-certificate", 1, Some("set PGSSLROOTCERT to the PEM bundle that signed the server's certificate; verification can't be turned off");
    /// The server has no database of that name.
    UnknownDatabase, "unknown-database", 1, Some("the secret's `dbname` must be a database of that server; `outboxctl outputs` shows what was deployed");
    /// The publication that the capture follows is missing.
    MissingPublication, "missing-publication", 1, Some("run `outboxctl db init`, which creates it");
    /// The schema is missing, older or newer than this executable.
    Schema, "schema", 1, Some("run `outboxctl db init`");
    /// The replication slot is held by another process.
    SlotTaken, "slot-taken", 1, Some("stop the other reader, or wait until PostgreSQL notices that it is gone (wal_sender_timeout)");
    /// The DMS task ended with an error.
    TaskFailed, "task-failed", 1, None;
    /// A DMS endpoint can't reach its server.
    EndpointFailed, "endpoint-failed", 1, None;
    /// A resource that an argument names does not exist.
    NotFound, "not-found", 1, Some("check the name, and that --region and --profile are those of the resource");
    /// The stream does not exist.
    StreamMissing, "stream-missing", 1, Some("run `outboxctl status` to see what is deployed");
    /// The executable can't run on Lambda.
    NotLambdaCompatible, "not-lambda-compatible", 1, Some("build for Lambda (x86_64 or aarch64 Linux, glibc 2.34 or static) and pass it with --function-binary");
    /// The local stack is not running.
    LocalDown, "local-down", 1, Some("start it: `outboxctl local up`");
    /// A part of the local stack could not be found or downloaded.
    LocalSetup, "local-setup", 1, None;
    /// A port is in use.
    PortInUse, "port-in-use", 1, None;
    /// Arguments or configuration are wrong.
    Usage, "usage", 2, None;
    /// outboxctl.toml is wrong.
    Config, "config", 2, None;
    /// A value is needed, and the user can't be asked.
    NeedsInput, "needs-input", 2, None;
    /// Changes are pending, and the caller requested an exit code for this.
    ChangesPending, "changes-pending", 3, None;
    /// No usable credentials.
    Credentials, "credentials", 4, Some("sign in (`aws sso login`), choose another --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; to work without AWS add --local");
    /// No region, or one that does not exist.
    Region, "region", 4, None;
    /// The delivered events differ from the committed ones, or are late.
    Verify, "verify", 5, None;
    /// A stack is in a state that requires `recover`.
    NeedsRecovery, "needs-recovery", 6, None;
    /// Ctrl-C.
    Interrupted, "interrupted", 130, None;
    /// SIGTERM.
    Terminated, "terminated", 143, None;
}
