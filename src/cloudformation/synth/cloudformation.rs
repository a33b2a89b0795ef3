//! Plain CloudFormation: a parameter file for each template, and a script that deploys them with the AWS CLI.
//!
//! Parameter files have the form of `deploy --parameter-overrides`: the list of texts that versions 1 and 2 of the AWS CLI
//! accept. Values that are known only during a deploy are
//! placeholders, which the script fills: `{{stack.Output}}` and `{{Input}}`.

use std::fmt::Write;

use serde_json::json;

use super::{Files, Plan, PlannedStack, Value, template_path};

pub fn files(plan: &Plan) -> Files {
    let mut files: Files = plan
        .stacks
        .iter()
        .map(|stack| (format!("parameters/{}.json", stack.name), format!("{:#}\n", parameters(stack))))
        .collect();
    files.insert("deploy.sh".to_owned(), script(plan));
    files
}

fn parameters(stack: &PlannedStack) -> serde_json::Value {
    let value = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        Value::Output { stack, output } => format!("{{{{{stack}.{output}}}}}"),
        Value::Input(name) => format!("{{{{{name}}}}}"),
    };
    let pairs = stack.parameters.iter();
    pairs.map(|(name, of)| json!(format!("{name}={}", value(of)))).collect()
}

/// The functions of the script.
const FUNCTIONS: &str = r#"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# output STACK NAME: prints an output of a deployed stack.
output() {
  aws cloudformation describe-stacks --stack-name "$1" --output text \
    --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue"
}

# deploy SHORT_NAME STACK [OPTION...]: fills the placeholders of the parameter file, and deploys the stack.
deploy() {
  short=$1 stack=$2
  shift 2
  echo "deploying $stack"
  cp "parameters/$short.json" "$work/filled.json"
  for reference in $(grep -o '{{[A-Za-z.]*}}' "parameters/$short.json" | tr -d '{}' | sort -u); do
    case $reference in
      *.*) value=$(output "$prefix-${reference%%.*}" "${reference#*.}") ;;
      *) eval "value=\$$reference" ;;
    esac
    if [ -z "$value" ]; then
      echo "$stack: $reference has no value" >&2
      exit 1
    fi
    escaped=$(printf '%s' "$value" | sed 's/[&|\\]/\\&/g')
    sed "s|{{$reference}}|$escaped|g" "$work/filled.json" > "$work/next.json"
    mv "$work/next.json" "$work/filled.json"
  done
  aws cloudformation deploy --stack-name "$stack" --template-file "templates/$short.yaml" \
    --no-fail-on-empty-changeset --parameter-overrides "file://$work/filled.json" "$@"
}
"#;

fn script(plan: &Plan) -> String {
    let mut script = String::from(
        "#!/bin/sh\n# Deploys the stacks in their order with the AWS CLI. Run it again after a failure: finished stacks stay as they are.\n\
         set -eu\ncd \"$(dirname \"$0\")\"\n",
    );
    if let Some(region) = &plan.region {
        let _ = writeln!(script, "export AWS_DEFAULT_REGION={region} AWS_REGION={region}");
    }
    let prefix = plan
        .stacks
        .iter()
        .find_map(|stack| stack.full_name.strip_suffix(&format!("-{}", stack.name)).filter(|_| !is_shared(stack)));
    let _ = writeln!(script, "prefix={}", prefix.unwrap_or_default());
    for input in &plan.inputs {
        let _ = writeln!(script, "# {}", input.about);
        match &input.default {
            Some(default) => drop(writeln!(script, ": \"${{{}:={default}}}\"", input.name)),
            None => drop(writeln!(script, ": \"${{{0}:?set {0}}}\"", input.name)),
        }
    }
    script.push_str(FUNCTIONS);
    let mut uploaded = false;
    for stack in &plan.stacks {
        script.push('\n');
        if let (true, false, Some((code, output))) = (stack.needs_package, uploaded, plan.bucket()) {
            uploaded = true;
            let _ = writeln!(
                script,
                "# The functions' code. Without Package, the archive must be in the bucket already.\nif [ -n \"${{Package:-}}\" ]; then\n  \
                 aws s3 cp --only-show-errors \"$Package\" \"s3://$(output {} {output})/$PackageKey\"\nfi\n",
                code.full_name
            );
        }
        let mut command = format!("deploy {} {}", stack.name, stack.full_name);
        if !stack.capabilities.is_empty() {
            let _ = write!(command, " --capabilities {}", stack.capabilities.join(" "));
        }
        if !stack.tags.is_empty() {
            let tags: Vec<_> = stack.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let _ = write!(command, " --tags {}", tags.join(" "));
        }
        let conditions = stack.deployed_if();
        match conditions.is_empty() {
            true => drop(writeln!(script, "{command}")),
            false => {
                let tests: Vec<_> = conditions.iter().map(|name| format!("[ \"${name}\" = true ]")).collect();
                let _ = writeln!(script, "if {}; then\n  {command}\nfi", tests.join(" || "));
            }
        }
        if stack.protected {
            let _ = writeln!(
                script,
                "aws cloudformation update-termination-protection --enable-termination-protection --stack-name {}",
                stack.full_name
            );
        }
    }
    script
}

fn is_shared(stack: &PlannedStack) -> bool {
    stack.owner == crate::pipelines::Owner::Account
}

/// Returns the command that validates a template.
pub fn validation(stack: &PlannedStack) -> String {
    format!("aws cloudformation validate-template --template-body file://{}", template_path(stack))
}
