//! CDK: a TypeScript app with a stack and a `CfnInclude` for each template.
//!
//! Fixed values become defaults of the template's own parameters. Outputs of other stacks replace references to
//! parameters: they are exported under separate names, because CDK would export the references within an output one by
//! one. CloudFormation allows no import in a condition, so a condition that only compares such a parameter with an
//! empty text gets its known result.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;

use super::plan::{PlannedStack, Value};
use super::{Files, Plan, template_path};

pub fn files(plan: &Plan) -> Files {
    let package = json!({
        "name": format!("outboxctl-{}", plan.pipeline),
        "private": true,
        "scripts": { "build": "tsc", "synth": "tsc && node app.js" },
        "dependencies": { "aws-cdk-lib": "^2.200.0", "constructs": "^10.4.0" },
        "devDependencies": { "@types/node": "^22.0.0", "aws-cdk": "^2.1000.0", "typescript": "^5.6.0" },
    });
    let options = json!({
        "compilerOptions": { "target": "ES2022", "module": "commonjs", "strict": true, "skipLibCheck": true, "types": ["node"] },
        "files": ["app.ts"],
    });
    let cdk = json!({ "app": "npx tsc && node app.js" });
    [("package.json", package), ("tsconfig.json", options), ("cdk.json", cdk)]
        .map(|(path, document)| (path.to_owned(), format!("{document:#}\n")))
        .into_iter()
        .chain([("app.ts".to_owned(), app(plan))])
        .collect()
}

/// Returns a string literal of TypeScript: JSON is one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn app(plan: &Plan) -> String {
    let mut text = String::from(
        "import * as cdk from 'aws-cdk-lib';\nimport { CfnInclude } from 'aws-cdk-lib/cloudformation-include';\n\nconst app = new cdk.App();\n\n\
         /** Returns an input: `cdk deploy -c NAME=VALUE`. */\nfunction input(name: string, fallback?: string): string {\n  \
         const value = app.node.tryGetContext(name) ?? fallback;\n  if (value === undefined) {\n    \
         throw new Error(`set ${name}: cdk deploy -c ${name}=VALUE`);\n  }\n  return value;\n}\n\n",
    );
    for one in plan.inputs.iter().filter(|one| !one.secret) {
        let default = one.default.as_deref().map(|default| format!(", {}", quoted(default))).unwrap_or_default();
        let _ = writeln!(text, "// {}\nconst {} = input({}{default});", one.about, one.name, quoted(&one.name));
    }
    let region = plan.region.as_deref().map_or("process.env.CDK_DEFAULT_REGION".to_owned(), quoted);
    let _ = writeln!(text, "\nconst env = {{ account: process.env.CDK_DEFAULT_ACCOUNT, region: {region} }};");
    for stack in &plan.stacks {
        text.push_str(&stack_text(plan, stack));
    }
    text.push_str("\napp.synth();\n");
    text
}

fn stack_text(plan: &Plan, stack: &PlannedStack) -> String {
    let name = stack.name;
    let conditions: Vec<_> = stack.deployed_if().iter().map(|input| format!("{input} === 'true'")).collect();
    let (open, close, indent) = match conditions.is_empty() {
        true => (String::new(), "", ""),
        false => (format!("if ({}) {{\n", conditions.join(" || ")), "}\n", "  "),
    };
    let lines: String = body(plan, stack).lines().map(|line| format!("{indent}{line}\n")).collect();
    format!("\nlet {name}Stack: cdk.Stack | undefined;\n{open}{lines}{close}")
}

/// Returns the lines that create the stack.
fn body(plan: &Plan, stack: &PlannedStack) -> String {
    let name = stack.name;
    let tags: Vec<_> = stack.tags.iter().map(|(key, value)| format!("{}: {}", quoted(key), quoted(value))).collect();
    let mut text = format!(
        "{name}Stack = new cdk.Stack(app, {id}, {{\n  stackName: {id},\n  env,\n  \
         synthesizer: new cdk.BootstraplessSynthesizer(),\n  terminationProtection: {},\n  tags: {{ {} }},\n}});\n",
        stack.protected,
        tags.join(", "),
        id = quoted(&stack.full_name),
    );
    let _ = writeln!(
        text,
        "const {name} = new CfnInclude({name}Stack, 'Template', {{\n  templateFile: {},\n  parameters: {{",
        quoted(&template_path(stack))
    );
    let mut defaults = String::new();
    for (parameter, value) in &stack.parameters {
        match value {
            Value::Output { stack: from, output } => {
                let from = plan.stack(from).map_or(*from, |from| &from.full_name);
                let value = format!("cdk.Fn.importValue({})", quoted(&format!("{from}-{output}")));
                let value = match stack.lists.contains(parameter) {
                    true => format!("cdk.Fn.split(',', {value})"),
                    false => value,
                };
                let _ = writeln!(text, "    {parameter}: {value},");
            }
            Value::Text(fixed) => {
                let _ = writeln!(defaults, "{name}.getParameter({}).default = {};", quoted(parameter), quoted(fixed));
            }
            // A secret stays a parameter.
            Value::Input(input) if plan.inputs.iter().any(|one| one.name == *input && one.secret) => {}
            Value::Input(input) => {
                let _ = writeln!(defaults, "{name}.getParameter({}).default = {input};", quoted(parameter));
            }
        }
    }
    text.push_str("  },\n});\n");
    text.push_str(&defaults);
    for output in exported(plan, stack.name) {
        let export = quoted(&format!("{}-{output}", stack.full_name));
        let _ = writeln!(text, "{name}.getOutput({}).exportName = {export};", quoted(output));
    }
    for (condition, (parameter, is_true)) in &stack.nonempty {
        if matches!(stack.parameters.get(parameter), Some(Value::Output { .. })) {
            let equal = if *is_true { "'true', 'true'" } else { "'true', 'false'" };
            let condition = quoted(condition);
            let _ = writeln!(text, "{name}.getCondition({condition}).expression = cdk.Fn.conditionEquals({equal});");
        }
    }
    for other in &stack.depends_on {
        let _ = writeln!(text, "if ({other}Stack) {name}Stack.addDependency({other}Stack);");
    }
    text
}

/// Returns the outputs of a stack that later stacks import.
fn exported<'a>(plan: &'a Plan, name: &str) -> BTreeSet<&'a str> {
    let values = plan.stacks.iter().flat_map(|stack| stack.parameters.values());
    let outputs = values.filter_map(|value| match value {
        Value::Output { stack, output } if *stack == name => Some(output.as_str()),
        _ => None,
    });
    outputs.collect()
}
