//! The README beside the files: order, inputs, the functions' code, and what to do next.

use std::fmt::Write;

use super::{Format, Plan, Value, cloudformation, terraform};

pub fn text(plan: &Plan, format: Format) -> String {
    let mut text = format!(
        "# {} in stage {}\n\nWritten by `outboxctl synth`, version {}. The stacks have the names and tags that `outboxctl deploy` gives them, so \
         that its other commands work on them with the flags `--pipeline {0} --stage {1}`.\n\n",
        plan.pipeline,
        plan.stage,
        env!("CARGO_PKG_VERSION"),
    );
    text.push_str(&stacks(plan));
    text.push_str(&deploy(plan, format));
    text.push_str(&inputs(plan, format));
    text.push_str(&package(plan));
    let protected: Vec<_> =
        plan.stacks.iter().filter(|stack| stack.protected).map(|stack| stack.full_name.as_str()).collect();
    if !protected.is_empty() {
        let _ = write!(
            text,
            "\n## Protection\n\nThese stacks hold data and are protected against deletion: {}.\n",
            protected.join(", ")
        );
    }
    text.push_str(
        "\n## Stacks that outboxctl deployed before\n\nCloudFormation keeps the values of earlier deploys only for `outboxctl deploy`. Here, a \
         parameter without a value has the default of the template: pass the values that you want to keep with `--parameter` or in \
         outboxctl.toml, and write the files again.\n",
    );
    if plan.stacks.iter().any(|stack| !stack.deployed_if().is_empty()) {
        text.push_str("\nThe stack outboxctl-account is shared by all pipelines of the account and region: keep it in one configuration only.\n");
    }
    text
}

/// Returns the tables of the stacks and of their parameters.
fn stacks(plan: &Plan) -> String {
    let mut text = String::from(
        "## Stacks\n\nIn the order of a deploy; a stack needs those named in the last column.\n\n| stack | template | capabilities | after |\n|---|---|---|---|\n",
    );
    for stack in &plan.stacks {
        let _ = writeln!(
            text,
            "| {} | templates/{}.yaml | {} | {} |",
            stack.full_name,
            stack.name,
            stack.capabilities.join(", "),
            stack.depends_on.join(", ")
        );
    }
    text.push_str("\nParameters that are not listed here have the default of their template.\n\n| stack | parameter | value |\n|---|---|---|\n");
    for stack in &plan.stacks {
        for (name, value) in &stack.parameters {
            let value = match value {
                Value::Text(text) => code(text.lines().next().unwrap_or_default()),
                Value::Output { stack, output } => format!("output {output} of {stack}"),
                Value::Input(name) => format!("input {name}"),
            };
            let _ = writeln!(text, "| {} | {name} | {value} |", stack.name);
        }
    }
    text
}

/// Returns the section about the archive of the functions; empty without functions.
fn package(plan: &Plan) -> String {
    let mut text = String::new();
    if let Some((code, output)) = plan.bucket() {
        let _ = write!(
            text,
            "\n## The functions' code\n\nEvery function runs the executable of outboxctl, in an archive with the file `bootstrap`. \
             `outboxctl synth --package functions.zip` writes it. It has to be in the bucket that the output {output} of {} names, under the \
             key that the input PackageKey names, before the stacks that use it are deployed:\n\n```sh\naws s3 cp functions.zip \
             \"s3://BUCKET/KEY\"\n```\n\nUse another key for every version: CloudFormation updates a function only if its key changes.\n",
            code.full_name
        );
    }
    text
}

fn deploy(plan: &Plan, format: Format) -> String {
    let commands = match format {
        Format::Cloudformation => {
            let first = plan.stacks.first().map(cloudformation::validation).unwrap_or_default();
            format!("{first}   # likewise for every template\nPackage=functions.zip sh deploy.sh")
        }
        Format::Terraform => "terraform init\nterraform apply -var package=functions.zip".to_owned(),
        Format::Cdk => "npm install\nnpx cdk deploy --all".to_owned(),
    };
    format!("\n## Deploy\n\n```sh\n{commands}\n```\n")
}

fn inputs(plan: &Plan, format: Format) -> String {
    if plan.inputs.is_empty() {
        return String::new();
    }
    let how = match format {
        Format::Cloudformation => "Environment variables of the script.",
        Format::Terraform => "Variables of `variables.tf`.",
        Format::Cdk => {
            "Context of the app (`-c NAME=VALUE`); secret ones are parameters (`--parameters STACK:NAME=VALUE`)."
        }
    };
    let mut text = format!("\n## Inputs\n\n{how}\n\n| input | default | meaning |\n|---|---|---|\n");
    for input in &plan.inputs {
        let name = if format == Format::Terraform { terraform::variable(&input.name) } else { input.name.clone() };
        let default = input.default.as_deref().unwrap_or(if input.secret { "none, secret" } else { "none" });
        let _ = writeln!(text, "| {name} | {} | {} |", cell(default), cell(&input.about));
    }
    text
}

/// Returns a code span in a cell of a table. A text with backticks is between longer runs of them, with a space (CommonMark,
/// "Code spans").
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let (fence, space) = ("`".repeat(longest + 1), if longest > 0 { " " } else { "" });
    format!("{fence}{space}{}{space}{fence}", cell(text))
}

/// Escapes the character that separates cells, also within code (GitHub Flavored Markdown, "Tables").
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_value_stays_in_its_cell() {
        assert_eq!(code("db.t4g.micro"), "`db.t4g.micro`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("``a|b`"), "``` ``a\\|b` ```");
    }
}
