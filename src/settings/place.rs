//! Prints commands so that they lead back to the same deployment.

use super::{Origin, Settings};

impl Settings {
    /// Returns a command line of outboxctl with the flags that lead to the same stage, pipeline, region, profile and
    /// endpoint, quoted for a POSIX shell. `words` is everything after the program's name, like `destroy --yes`.
    ///
    /// Defaults are left out, unless a flag chose them: then a variable or file may say something else.
    pub fn command(&self, words: &str) -> String {
        let mut line = format!("outboxctl {words}");
        let mut add = |flag: &str, value: &str| {
            line.push_str(&format!(" --{flag} {}", quoted(value)));
        };
        if self.stage != super::DEFAULT_STAGE || self.chosen.stage {
            add("stage", &self.stage);
        }
        if self.pipeline != super::DEFAULT_PIPELINE || self.chosen.pipeline {
            add("pipeline", &self.pipeline);
        }
        let values = [("profile", &self.profile), ("region", &self.region), ("endpoint-url", &self.endpoint_url)];
        for (flag, value) in values {
            // The local stack has an endpoint of its own and needs no profile.
            if let Some(value) = value.as_deref().filter(|_| !self.local || flag == "region") {
                add(flag, value);
            }
        }
        match (self.local, self.chosen.local) {
            (true, _) => line.push_str(" --local"),
            // A variable or file may say otherwise.
            (false, Origin::Flag) => line.push_str(" --no-local"),
            (false, _) => {}
        }
        line
    }
}

/// Quotes a word for a POSIX shell where it needs quotes.
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
    use clap::Parser;

    use super::super::{ConfigFile, GlobalArgs, Variables};
    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        global: GlobalArgs,
    }

    fn settings(flags: &str) -> Settings {
        let line = Line::parse_from(format!("outboxctl {flags}").split_whitespace());
        Settings::merge(line.global, Variables::default(), ConfigFile::default()).expect("settings")
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
    fn words_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted("a-b_c.d"), "a-b_c.d");
        assert_eq!(quoted("it's me"), r"'it'\''s me'");
        assert_eq!(quoted(""), "''");
    }
}
