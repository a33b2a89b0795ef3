//! Adds flags to printed commands, so that they lead to the same deployment.

use std::borrow::Cow;

use super::{EXISTING_FLAG, Origin, Settings};

impl Settings {
    /// Returns the flags of the deployment that these settings lead to.
    ///
    /// Defaults are omitted, unless a flag chose them over a variable or the file.
    pub fn place(&self) -> Place {
        let remote = !self.local && self.chosen.local == Origin::Flag;
        let mut place = Place { local: self.local, remote, ..Place::default() };
        if self.stage != super::DEFAULT_STAGE || self.chosen.stage.is_explicit() {
            place.own.push(("--stage", self.stage.clone()));
        }
        if self.pipeline != super::DEFAULT_PIPELINE || self.chosen.pipeline.is_explicit() {
            place.own.push(("--pipeline", self.pipeline.clone()));
        }
        let existing = self.existing.explicit();
        place.own.extend(existing.map(|(key, value)| (EXISTING_FLAG, format!("{}={value}", key.name()))));
        let values = [("--profile", &self.profile), ("--region", &self.region), ("--endpoint-url", &self.endpoint_url)];
        for (flag, value) in values {
            // The local stack has its own endpoint and needs no profile.
            if let Some(value) = value.as_deref().filter(|_| !self.local || flag == "--region") {
                place.aws.push((flag, value.to_owned()));
            }
        }
        place
    }

    /// Returns a command line of outboxctl with the flags that lead to the same stage, pipeline, region, profile and
    /// endpoint, quoted for a POSIX shell. `words` is everything after the program's name, like `destroy --yes`.
    pub fn command(&self, words: &str) -> String {
        self.place().command(words)
    }
}

/// Commands whose result does not depend on stage, pipeline, region, profile and endpoint.
const PLACELESS: &[&str] = &["completions", "demo", "explain", "help", "init", "local", "man", "version"];

/// The flags that lead to a deployment.
///
/// Messages have commands in backticks and without these flags: `` `outboxctl dms start --fresh` ``. The console, the
/// doctor and the page pass their texts through [`Place::fill`], so that every printed command leads to the same
/// deployment.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Flags of outboxctl only, with their values.
    own: Vec<(&'static str, String)>,
    /// Flags that the AWS CLI also has.
    aws: Vec<(&'static str, String)>,
    local: bool,
    /// Set if a flag chose AWS, as a variable or the file may choose the local stack.
    remote: bool,
    local_endpoint: Option<String>,
}

impl Place {
    /// Sets the endpoint of the local stack, for commands of the AWS CLI.
    #[must_use]
    pub fn with_local_endpoint(self, endpoint: Option<String>) -> Self {
        Self { local_endpoint: endpoint, ..self }
    }

    /// Returns whether the deployment is on the local stack.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Returns the flags, each with a preceding space.
    pub fn flags(&self) -> String {
        self.command("status").trim_start_matches("outboxctl status").to_owned()
    }

    /// Returns the command line of outboxctl with these words and the flags of this place, except those that `words`
    /// has already.
    pub fn command(&self, words: &str) -> String {
        if words.split_whitespace().next().is_none_or(|first| first.starts_with('-') || PLACELESS.contains(&first)) {
            return format!("outboxctl {words}");
        }
        let local = self.local || has(words, "--local");
        let aws = self.aws.iter().filter(|(flag, _)| !local || *flag == "--region");
        let mut line = with_flags(&format!("outboxctl {words}"), self.own.iter().chain(aws));
        if local && !has(words, "--local") {
            line.push_str(" --local");
        } else if self.remote && !local && !has(words, "--no-local") {
            line.push_str(" --no-local");
        }
        line
    }

    /// Returns the command line of the AWS CLI with profile, region and endpoint.
    fn aws_command(&self, words: &str) -> String {
        if words.starts_with("sso ") || words.split(' ').next() == Some("login") {
            // A sign-in depends on the profile only, not on region and endpoint.
            return with_flags(&format!("aws {words}"), self.aws.iter().filter(|(flag, _)| *flag == "--profile"));
        }
        let endpoint = self.local_endpoint.clone().filter(|_| self.local).map(|url| ("--endpoint-url", url));
        with_flags(&format!("aws {words}"), self.aws.iter().chain(&endpoint))
    }

    /// Returns the text with the flags of this place added to each command of outboxctl and of the AWS CLI in
    /// backticks. A second call changes nothing.
    pub fn fill<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((at, program)) = next_command(rest) {
            let begin = at + 1 + program.len();
            let Some(length) = closing(&rest[begin..]) else { break };
            filled.push_str(&rest[..=at]);
            let words = &rest[begin..begin + length];
            filled.push_str(&if program == AWS { self.aws_command(words) } else { self.command(words) });
            rest = &rest[begin + length..];
        }
        if filled.is_empty() { text.into() } else { (filled + rest).into() }
    }
}

const OUTBOXCTL: &str = "outboxctl ";
const AWS: &str = "aws ";

/// Returns the position of the next backtick that begins a command, and the command's program.
fn next_command(text: &str) -> Option<(usize, &'static str)> {
    let found = |program| text.find(&format!("`{program}")).map(|at| (at, program));
    [OUTBOXCTL, AWS].into_iter().filter_map(found).min()
}

/// Returns the position of the backtick that ends a command; one in single quotes belongs to the command.
fn closing(words: &str) -> Option<usize> {
    let mut quoted = false;
    let end = words.char_indices().find(|(_, c)| {
        quoted ^= *c == '\'';
        *c == '`' && !quoted
    });
    end.map(|(at, _)| at).or_else(|| words.find('`'))
}

fn has(words: &str, flag: &str) -> bool {
    let options = words.split_whitespace().take_while(|word| *word != "--");
    options.into_iter().any(|word| word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
}

/// Returns whether the words have the flag. `--existing` is there once for each key.
fn has_value(words: &str, flag: &str, value: &str) -> bool {
    match value.split_once('=').filter(|_| flag == EXISTING_FLAG) {
        Some((key, _)) => ["", "'"].iter().any(|quote| words.contains(&format!("{flag} {quote}{key}="))),
        None => has(words, flag),
    }
}

/// Returns the line with its missing flags, before a `--` that ends its options.
fn with_flags<'a>(line: &str, flags: impl IntoIterator<Item = &'a (&'static str, String)>) -> String {
    let (options, operands) = line.split_at(line.find(" -- ").unwrap_or(line.len()));
    let mut filled = options.to_owned();
    for (flag, value) in flags.into_iter().filter(|(flag, value)| !has_value(options, flag, value)) {
        filled.push_str(&format!(" {flag} {}", quoted(value)));
    }
    filled + operands
}

/// Quotes a word for a POSIX shell if necessary.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Variables, merge::tests::merged};
    use super::*;

    fn settings(flags: &str) -> Settings {
        merged(flags, Variables::default(), "").expect("settings")
    }

    #[test]
    fn a_printed_command_leads_to_the_same_place() {
        let far = settings(
            "--stage prod --pipeline rds-kinesis --profile ops --region eu-west-1 --endpoint-url http://[::1]:1/",
        );
        let flags =
            "--stage prod --pipeline rds-kinesis --profile ops --region eu-west-1 --endpoint-url 'http://[::1]:1/'";
        assert_eq!(far.command("destroy"), format!("outboxctl destroy {flags}"));
        assert_eq!(
            settings("--local --region eu-west-1").command("watch"),
            "outboxctl watch --region eu-west-1 --local"
        );
        assert_eq!(settings("--stage dev --local").command("watch"), "outboxctl watch --stage dev --local");
        assert_eq!(settings("--no-local").command("watch"), "outboxctl watch --no-local");
    }

    #[test]
    fn commands_in_a_text_lead_to_the_same_place() {
        let place = settings("--stage prod --profile ops --endpoint-url http://[::1]:1/ --region eu-west-1").place();
        let own = "--stage prod --profile ops --region eu-west-1 --endpoint-url 'http://[::1]:1/'";
        let filled =
            place.fill("run `outboxctl dms start --fresh`, then `outboxctl reconcile` or `outboxctl explain x`");
        let expected = format!(
            "run `outboxctl dms start --fresh {own}`, then `outboxctl reconcile {own}` or `outboxctl explain x`"
        );
        assert_eq!(filled, expected);
        assert_eq!(place.fill(&filled), expected, "filling twice changes nothing");
        assert_eq!(
            place.fill("`aws sqs purge-queue --region us-east-1`"),
            "`aws sqs purge-queue --region us-east-1 --profile ops --endpoint-url 'http://[::1]:1/'`"
        );
        assert!(matches!(place.fill("no `command` here, it's `text"), Cow::Borrowed(_)));
    }

    #[test]
    fn commands_for_the_local_stack_need_no_profile() {
        let place = settings("--profile ops --region eu-west-1").place();
        assert_eq!(place.command("deploy --local"), "outboxctl deploy --local --region eu-west-1");
        let local = settings("--local").place().with_local_endpoint(Some("http://localhost:5".into()));
        assert_eq!(local.fill("`aws s3 ls`"), "`aws s3 ls --endpoint-url http://localhost:5`");
        assert_eq!(local.fill("`outboxctl watch a b`"), "`outboxctl watch a b --local`");
        assert_eq!(local.command("local up"), "outboxctl local up");
    }

    #[test]
    fn each_existing_resource_of_a_flag_is_named_once() {
        let place = settings("--existing stream=orders --existing bus=shop").place();
        let filled = "`outboxctl deploy --existing stream=orders --existing bus=shop`";
        for before in ["`outboxctl deploy`", "`outboxctl deploy --existing stream=orders`", filled] {
            assert_eq!(place.fill(before), filled);
        }
    }

    #[test]
    fn flags_come_before_operands_and_quotes_may_hold_a_backtick() {
        let place = settings("--stage p").place();
        assert_eq!(place.command("tail -- a --stage b"), "outboxctl tail --stage p -- a --stage b");
        let odd = "`outboxctl consume --exec 'a`b'`";
        assert_eq!(place.fill(odd), "`outboxctl consume --exec 'a`b' --stage p`");
        assert_eq!(place.fill(&place.fill(odd)), place.fill(odd));
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted("a-b_c.d"), "a-b_c.d");
        assert_eq!(quoted("it's me"), r"'it'\''s me'");
        assert_eq!(quoted(""), "''");
        let value = "a'b \"$HOME\" `id` \\ \n c";
        let script = format!("X={}; printf %s \"$X\"", quoted(value));
        let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("a shell");
        assert_eq!(String::from_utf8_lossy(&output.stdout), value);
    }
}
