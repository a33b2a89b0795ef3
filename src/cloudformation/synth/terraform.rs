//! Terraform: an `aws_cloudformation_stack` for each template, wired by outputs.

use std::fmt::Write;

use super::plan::{Input, PlannedStack, Value};
use super::{Files, Plan, template_path};

pub fn files(plan: &Plan) -> Files {
    [("main.tf", main(plan)), ("variables.tf", variables(plan))].map(|(path, text)| (path.to_owned(), text)).into()
}

/// Returns a name in Terraform's style: `package_key` for `PackageKey`.
pub fn variable(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Returns a quoted template of HCL ("Strings and Templates" in the Terraform language reference).
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if letters.peek() == Some(&'{') => quoted.extend([letter, letter]),
            letter if letter.is_control() => drop(write!(quoted, "\\u{:04x}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

fn main(plan: &Plan) -> String {
    let mut text = String::from(
        "terraform {\n  required_version = \">= 1.3\"\n  required_providers {\n    aws = {\n      source  = \"hashicorp/aws\"\n      \
         version = \">= 5.0\"\n    }\n  }\n}\n",
    );
    if let Some(region) = &plan.region {
        let _ = write!(text, "\nprovider \"aws\" {{\n  region = {}\n}}\n", quoted(region));
    }
    for stack in &plan.stacks {
        text.push_str(&resource(plan, stack));
    }
    if let Some((code, output)) = plan.bucket() {
        let _ = write!(
            text,
            "\n# Uploads the functions' code. Without var.package, the archive must be in the bucket already.\n\
             resource \"aws_s3_object\" \"package\" {{\n  count  = var.package == \"\" ? 0 : 1\n  bucket = {}\n  key    = var.package_key\n  \
             source = var.package\n}}\n",
            reference(plan, code.name, &output)
        );
    }
    text
}

/// Returns the reference to an output. A stack that may be left out is a list.
fn reference(plan: &Plan, stack: &str, output: &str) -> String {
    let index = if plan.stack(stack).is_some_and(|stack| !stack.deployed_if().is_empty()) { "[0]" } else { "" };
    format!("aws_cloudformation_stack.{stack}{index}.outputs[{}]", quoted(output))
}

/// Returns aligned assignments, as `terraform fmt` writes them.
fn aligned(indent: &str, pairs: &[(String, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    pairs.iter().map(|(name, value)| format!("{indent}{name:<width$} = {value}\n")).collect()
}

fn resource(plan: &Plan, stack: &PlannedStack) -> String {
    let mut text = format!("\nresource \"aws_cloudformation_stack\" \"{}\" {{\n", stack.name);
    let mut head = Vec::new();
    let conditions = stack.deployed_if();
    if !conditions.is_empty() {
        let tests: Vec<_> = conditions.iter().map(|name| format!("var.{} == \"true\"", variable(name))).collect();
        head.push(("count".to_owned(), format!("{} ? 1 : 0", tests.join(" || "))));
    }
    head.push(("name".to_owned(), quoted(&stack.full_name)));
    head.push(("template_body".to_owned(), format!("file(\"${{path.module}}/{}\")", template_path(stack))));
    if !stack.capabilities.is_empty() {
        let capabilities: Vec<_> = stack.capabilities.iter().map(|one| quoted(one)).collect();
        head.push(("capabilities".to_owned(), format!("[{}]", capabilities.join(", "))));
    }
    text.push_str(&aligned("  ", &head));
    let value = |value: &Value| match value {
        Value::Text(text) => quoted(text),
        Value::Output { stack, output } => reference(plan, stack, output),
        Value::Input(name) => format!("var.{}", variable(name)),
    };
    let parameters: Vec<_> = stack.parameters.iter().map(|(name, of)| (name.clone(), value(of))).collect();
    let tags: Vec<_> = stack.tags.iter().map(|(name, of)| (quoted(name), quoted(of))).collect();
    for (title, pairs) in [("parameters", &parameters), ("tags", &tags)] {
        if !pairs.is_empty() {
            let _ = write!(text, "\n  {title} = {{\n{}  }}\n", aligned("    ", pairs));
        }
    }
    let mut after: Vec<_> = stack.depends_on.iter().map(|name| format!("aws_cloudformation_stack.{name}")).collect();
    if stack.needs_package && plan.bucket().is_some() {
        after.push("aws_s3_object.package".to_owned());
    }
    if !after.is_empty() {
        let _ = write!(
            text,
            "\n  depends_on = [\n{}  ]\n",
            after.iter().map(|one| format!("    {one},\n")).collect::<String>()
        );
    }
    if stack.protected {
        text.push_str("\n  lifecycle {\n    prevent_destroy = true\n  }\n");
    }
    text.push_str("}\n");
    text
}

fn variables(plan: &Plan) -> String {
    let mut text = String::new();
    let package = plan.bucket().map(|_| Input {
        name: "Package".to_owned(),
        about: "path of the functions' code archive to upload; empty if it is in the bucket already".to_owned(),
        default: Some(String::new()),
        secret: false,
    });
    for input in plan.inputs.iter().chain(&package) {
        let mut pairs =
            vec![("description".to_owned(), quoted(&input.about)), ("type".to_owned(), "string".to_owned())];
        pairs.extend(input.default.iter().map(|default| ("default".to_owned(), quoted(default))));
        pairs.extend(input.secret.then(|| ("sensitive".to_owned(), "true".to_owned())));
        let gap = if text.is_empty() { "" } else { "\n" };
        let _ = write!(text, "{gap}variable \"{}\" {{\n{}}}\n", variable(&input.name), aligned("  ", &pairs));
    }
    text
}
