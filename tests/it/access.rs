//! Access to the local stack: programs with its access key have it; web pages and other users of the machine do not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;

use outboxctl::internals::aws::{AccessKey, Clients};
use outboxctl::internals::error::sdk_code;
use outboxctl::internals::local::Home;
use serde_json::json;

use crate::support::api::Deployed;
use crate::support::shared::Shared;
use crate::support::signing;
use crate::support::stack::{Stack, home};

static STACK: Shared = Shared::new();

/// Returns a stack with the pipeline `dynamodb-cdc`, for the tests that only look at it.
fn stack() -> Arc<Stack> {
    STACK.up("access", |stack| drop(stack.ok(&["deploy", "--yes", "--pipeline", "dynamodb-cdc"])))
}

/// Sends a request as it is written here; returns the answer, head and body.
fn ask(url: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let host = url.strip_prefix("http://").expect("a URL");
    let mut stream = TcpStream::connect(host).expect("a connection");
    let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if headers.iter().all(|(name, _)| *name != "host") {
        request += &format!("host: {host}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    write!(stream, "{request}\r\n{body}").expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer.to_ascii_lowercase()
}

/// A request to list tables that is signed with the stack's key, and these headers besides.
fn signed(stack: &Stack, url: &str, more: &[(&str, &str)]) -> String {
    let host = more.iter().find(|(name, _)| *name == "host").map_or(&url["http://".len()..], |(_, value)| value);
    let mut request = http::Request::builder().method("POST").uri(format!("{url}/")).header("host", host);
    request = request.header("x-amz-target", "DynamoDB_20120810.ListTables");
    let mut request = request.body(()).expect("a request");
    signing::sign(&mut request, b"{}", "dynamodb", &stack.state().key);
    let own = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
    let headers: Vec<_> = own.chain(more.iter().copied().filter(|(name, _)| *name != "host")).collect();
    ask(url, "POST", "/", &headers, "{}")
}

#[test]
fn web_pages_can_do_nothing() {
    let stack = stack();
    let (state, page) = (stack.state(), ("origin", "http://localhost:5173"));
    let url = state.endpoint.as_str();
    assert!(signed(&stack, url, &[]).starts_with("http/1.1 200"), "a program with the key is answered");
    // Requests of a page are refused even with the key.
    let of_pages: [&[(&str, &str)]; 8] = [
        &[page, ("content-type", "text/plain")],
        &[("origin", "null")],
        &[("origin", "http://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")],
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("content-type", "text/plain")],
        &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")],
        &[("host", "evil.example")],
        &[("host", "127.0.0.1.nip.io:4566")],
        &[page, ("host", "0a1b2c3d.execute-api.localhost")],
    ];
    for headers in of_pages {
        let answer = signed(&stack, url, headers);
        assert!(answer.starts_with("http/1.1 403"), "{headers:?}: {answer}");
    }
    let preflight = ask(url, "OPTIONS", "/", &[page, ("access-control-request-method", "POST")], "");
    assert!(preflight.starts_with("http/1.1 403"), "{preflight}");
    for answer in [preflight, signed(&stack, url, &[]), signed(&stack, url, &[page])] {
        assert!(!answer.contains("access-control-"), "{answer}");
    }
    // The emulator behind the endpoint, and the endpoint's own addresses.
    let emulator = state.emulator_url.as_str();
    for answer in [
        signed(&stack, emulator, &[]),
        ask(emulator, "POST", "/_ministack/reset", &[], ""),
        ask(emulator, "OPTIONS", "/", &[page, ("access-control-request-method", "POST")], ""),
        ask(url, "GET", "/_outboxctl/faults", &[], ""),
        ask(url, "POST", "/_outboxctl/resources/delete", &[("content-type", "text/plain")], "{}"),
    ] {
        assert!(answer.starts_with("http/1.1 403") && !answer.contains("access-control-"), "{answer}");
    }
    let key = ("x-outboxctl-key", state.key.secret.as_str());
    let form = ask(url, "POST", "/_outboxctl/faults", &[key, ("content-type", "text/plain")], r#"{"rules":[]}"#);
    assert!(form.starts_with("http/1.1 415"), "{form}");
    let socket = [
        ("upgrade", "websocket"),
        ("connection", "upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ];
    let refused = ask(emulator, "GET", "/_aws/execute-api/0a1b2c3d/x", &socket, "");
    assert!(!refused.starts_with("http/1.1 101"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_stacks_key_is_accepted() {
    let stack = Stack::up("key");
    let (state, url) = (stack.state(), stack.state().endpoint);
    let with = async |key: AccessKey| {
        Clients::for_local({
            let mut endpoint = state.local_endpoint();
            endpoint.key = key;
            endpoint
        })
    };
    let right = with(state.key.clone()).await;
    let identity = right.sts().get_caller_identity().send().await.expect("the key is accepted");
    assert_eq!(identity.account(), Some("000000000000"));
    let others = [
        AccessKey::new("test", "test"),
        AccessKey::new("111122223333", "x"),
        AccessKey::new(&state.key.id, "x"),
        // Looks like a session of a role.
        AccessKey::new("ASIA0123456789ABCDEF", "x"),
    ];
    for key in others {
        let other = with(key).await;
        let code = |error: &str, wanted: [&str; 2]| assert!(wanted.contains(&error), "{error}");
        code(
            sdk_code(&other.sts().get_caller_identity().send().await.expect_err("query")),
            ["InvalidClientTokenId", "SignatureDoesNotMatch"],
        );
        code(
            sdk_code(&other.dynamodb().list_tables().send().await.expect_err("JSON")),
            ["UnrecognizedClientException", "InvalidSignatureException"],
        );
        code(
            sdk_code(&other.lambda().list_functions().send().await.expect_err("REST")),
            ["UnrecognizedClientException", "InvalidSignatureException"],
        );
        code(
            sdk_code(&other.s3().list_buckets().send().await.expect_err("S3")),
            ["InvalidAccessKeyId", "SignatureDoesNotMatch"],
        );
    }
    let target = ("x-amz-target", "DynamoDB_20120810.ListTables");
    let unsigned = ask(&url, "POST", "/", &[target, ("content-type", "application/x-amz-json-1.0")], "{}");
    assert!(unsigned.starts_with("http/1.1 400") && unsigned.contains("missingauthenticationtoken"), "{unsigned}");
    for (path, headers) in [
        ("/_ministack/reset", vec![]),
        ("/_ministack/reset", vec![("host", "0a1b2c3d.execute-api.localhost")]),
        // Named like an API, meant for a service.
        ("/", vec![target, ("host", "0a1b2c3d.execute-api.localhost")]),
        ("/", vec![target, ("host", "x.execute-api.localhost")]),
        ("/", vec![("x-amz-target", "AWSEvents.PutEvents"), ("host", "x.lambda-url.localhost")]),
        ("/?X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=0", vec![]),
        ("/?AWSAccessKeyId=test&Signature=0", vec![]),
    ] {
        let answer = ask(&url, "POST", path, &headers, "{}");
        assert!(answer.starts_with("http/1.1 40"), "{path} {headers:?}: {answer}");
    }
    // A made-up session reaches none of the emulator's own addresses, which verify nothing.
    let scope = "AWS4-HMAC-SHA256 Credential=ASIA/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    let session = [("authorization", scope), ("x-amz-date", "20260101T000000Z")];
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIA%2F20260101%2Fus-east-1%2Fs3%2Faws4_request\
                 &X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=0";
    for path in ["reset", "sqs/messages", "lambda-code/x", "config", "health", "ses/messages"] {
        for method in ["GET", "POST"] {
            let path = format!("/_ministack/{path}");
            let answer = ask(&url, method, &path, &session, "{}");
            assert!(!answer.starts_with("http/1.1 2"), "{method} {path}: {answer}");
            let answer = ask(&url, method, &format!("{path}?{query}"), &[], "{}");
            assert!(!answer.starts_with("http/1.1 2"), "{method} {path} with a query: {answer}");
        }
    }
    for path in ["/_ministack/cfn-response/x", "/_ministack/cfn-signal/x"] {
        let answer = ask(&url, "PUT", path, &[], "{}");
        assert!(answer.starts_with("http/1.1 403"), "an unsigned answer to CloudFormation: {answer}");
    }
    let answer = ask(&url, "POST", "/oauth2/token", &session, "{}");
    assert!(answer.starts_with("http/1.1 403"), "{answer}");
    // The key belongs to the folder: other tools can still use it.
    stack.ok(&["local", "down"]);
    stack.ok(&["local", "up"]);
    assert_eq!(stack.state().key, state.key);
}

#[tokio::test(flavor = "multi_thread")]
async fn apis_are_reached_as_their_routes_say() {
    let stack = Stack::up("routes");
    let api = Deployed::new(&stack, "dynamodb-cdc").await;
    let (url, host) = (stack.state().endpoint, api.output("ApiUrl")["http://".len()..].to_owned());
    let (host, user) = (("host", host.as_str()), json!({"name": "Ada", "email": "ada@example.org", "plan": "free"}));
    let kind = ("content-type", "application/json");
    assert_eq!(api.json("POST", "/users", &user).await.status, 201, "signed with the key");
    let refused = [
        vec![host, kind],
        vec![host, kind, ("authorization", "Bearer anything")],
        vec![host, kind, ("x-outboxctl-unsigned", "")],
    ];
    for headers in refused {
        let answer = ask(&url, "POST", "/users", &headers, &user.to_string());
        assert!(answer.starts_with("http/1.1 403"), "its routes want IAM authorization: {headers:?}: {answer}");
    }
    // Open to all: to programs on this machine, that is; still not to pages.
    stack.ok(&["deploy", "--yes", "--pipeline", "dynamodb-cdc", "--parameter", "OpenApi=true"]);
    let answer = ask(&url, "POST", "/users", &[host, kind], &user.to_string());
    assert!(answer.starts_with("http/1.1 201"), "{answer}");
    let answer = ask(&url, "POST", "/users", &[host, kind, ("origin", "http://localhost:5173")], &user.to_string());
    assert!(answer.starts_with("http/1.1 403"), "{answer}");
}

/// Answers CloudFormation by the address in the event, as functions of custom resources do.
const CUSTOM_RESOURCE: &str = "
import json, urllib.request

def handler(event, context):
    answer = {'Status': 'SUCCESS', 'PhysicalResourceId': 'one', 'Data': {'Url': event['ResponseURL']},
              **{name: event[name] for name in ('StackId', 'RequestId', 'LogicalResourceId')}}
    request = urllib.request.Request(event['ResponseURL'], json.dumps(answer).encode(), {'content-type': ''}, method='PUT')
    urllib.request.urlopen(request)
";

#[tokio::test(flavor = "multi_thread")]
async fn cloudformation_is_answered_at_presigned_addresses() {
    let stack = Stack::up("answers");
    let state = stack.state();
    let cloudformation = stack.clients().cloudformation();
    let role = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"}}]});
    let template = json!({
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": role}},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "python3.12", "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Code": {"ZipFile": CUSTOM_RESOURCE}}},
            "Custom": {"Type": "Custom::Answer", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}}},
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        },
        "Outputs": {"Answer": {"Value": {"Fn::GetAtt": ["Custom", "Url"]}}, "Signal": {"Value": {"Ref": "Handle"}}},
    });
    let create = cloudformation.create_stack().stack_name("answers").template_body(template.to_string());
    create.capabilities("CAPABILITY_IAM".into()).send().await.expect("created");
    let outputs = crate::support::api::eventually("the stack", async || {
        let stacks = cloudformation.describe_stacks().stack_name("answers").send().await.expect("the stack").stacks?;
        let status = stacks[0].stack_status()?.as_str().to_owned();
        assert!(!status.contains("FAILED") && !status.contains("ROLLBACK"), "{stacks:?}");
        (status == "CREATE_COMPLETE").then(|| stacks[0].outputs().to_vec())
    })
    .await;
    assert_eq!(outputs.len(), 2, "the function's answer was accepted: {outputs:?}");
    for output in outputs {
        let url = output.output_value().expect("a URL");
        let (path, host) =
            (&url[url.find("/_").expect("a path")..], url["http://".len()..url.find("/_").expect("a path")].to_owned());
        let put = |path: &str, body: &str| ask(&state.endpoint, "PUT", path, &[("host", &host)], body);
        let signal = json!({"Status": "SUCCESS", "UniqueId": "1", "Reason": "", "Data": ""}).to_string();
        let (unsigned, query) = path.split_once('?').expect("signed");
        assert!(put(path, &signal).starts_with("http/1.1 200"), "{path}");
        assert!(put(unsigned, &signal).starts_with("http/1.1 403"));
        assert!(put(&format!("{unsigned}0?{query}"), &signal).starts_with("http/1.1 403"));
        assert!(put(path, &"x".repeat(5000)).starts_with("http/1.1 413"), "an answer is small");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_session_cannot_read_its_entries() {
    let stack = stack();
    let state = stack.state();
    let put = async |key: &str, secret: &str, token: Option<String>| {
        let mut endpoint = state.local_endpoint();
        endpoint.key = AccessKey::new(key, secret);
        let clients = Clients::for_local(endpoint);
        let invalid = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder().source("outbox.car").build();
        let put = clients.eventbridge().put_events().entries(invalid).customize();
        let put = put.mutate_request(move |request| {
            if let Some(token) = token.clone() {
                request.headers_mut().insert("x-amz-security-token", token);
            }
        });
        put.send().await.map(|answer| answer.failed_entry_count())
    };
    let error = put("ASIA0123456789ABCDEF", "made-up", None).await.expect_err("a made-up key");
    assert_eq!(sdk_code(&error), "UnrecognizedClientException");
    // A role without any right is denied before its entries are looked at, as the stack's own key is not.
    let clients = stack.clients();
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}]});
    let role = clients.iam().create_role().role_name("no-rights").assume_role_policy_document(trust.to_string());
    let role = role.send().await.expect("a role").role.expect("a role").arn;
    let session = clients.sts().assume_role().role_arn(role).role_session_name("test").send().await.expect("a session");
    let session = session.credentials.expect("credentials");
    let (key, secret, token) = (session.access_key_id, session.secret_access_key, session.session_token);
    let error = put(&key, "made-up", Some(token.clone())).await.expect_err("another secret");
    assert_eq!(sdk_code(&error), "InvalidSignatureException");
    let error = put(&key, &secret, None).await.expect_err("no token");
    assert_eq!(sdk_code(&error), "UnrecognizedClientException");
    let error = put(&key, &secret, Some(token)).await.expect_err("no right");
    assert_eq!(sdk_code(&error), "AccessDeniedException");
    assert_eq!(put(&state.key.id, &state.key.secret, None).await.expect("answered"), 1);
}

/// The user id of a process.
#[cfg(target_os = "linux")]
fn user_of(pid: &str) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process");
    let line = status.lines().find(|line| line.starts_with("Uid:")).expect("its user");
    line.split_whitespace().nth(1).and_then(|uid| uid.parse().ok()).expect("a number")
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn programs_of_a_stack_do_not_run_as_root() {
    let stack = stack();
    let api = Deployed::on(&stack, "dynamodb-cdc").await;
    let user = json!({"name": "Ada", "email": "ada@example.org", "plan": "free"});
    assert_eq!(api.json("POST", "/users", &user).await.status, 201);
    let state = stack.state();
    let by_root = rustix::process::geteuid().is_root();
    // If an ordinary user starts the stack, everything belongs to that user.
    let daemon = user_of(&state.pid.to_string());
    let expected = |uid: u32| if by_root { uid != 0 } else { uid == daemon };
    assert!(expected(state.emulator_uid), "{}", state.emulator_uid);
    assert_eq!(user_of(&state.emulator_pid.to_string()), state.emulator_uid);
    let mark = format!("OUTBOXCTL_LOCAL_STACK={}", stack.folder().display());
    let mut functions = 0;
    for process in std::fs::read_dir("/proc").expect("processes").flatten() {
        let text = std::fs::read(process.path().join("environ")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        if text.split('\0').any(|variable| variable == mark) {
            assert_eq!(user_of(&process.file_name().to_string_lossy()), state.emulator_uid, "{text}");
            functions += u32::from(text.contains("AWS_LAMBDA_RUNTIME_API="));
        }
    }
    assert!(functions > 0, "no function is running");
    // They own nothing of the stack except their own folder and the files that they need to run.
    let shown = String::from_utf8(stack.run(&["local", "status"]).stdout).expect("text");
    assert!(shown.contains(&format!("user {}", state.emulator_uid)), "{shown}");
    if by_root {
        let reads = |path: std::path::PathBuf| {
            use std::os::unix::process::CommandExt;
            let mut cat = Command::new("cat");
            cat.arg(path).uid(state.emulator_uid).gid(state.emulator_uid);
            cat.output().expect("cat").status.success()
        };
        assert!(reads(stack.folder().join("emulator/ca.pem")));
        for file in ["state.json", "key.json", "logs/daemon.log", "postgres/data/pg_hba.conf"] {
            assert!(!reads(stack.folder().join(file)), "{file}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_python_that_only_root_can_run_is_used_with_a_warning() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let mut stack = Stack::new("root-python");
    let folder = tempfile::tempdir().expect("a folder that is root's alone");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).expect("closed");
    let python = folder.path().join("python3");
    std::fs::copy(std::fs::canonicalize("/usr/bin/python3").expect("Python"), &python).expect("a copy");
    stack.set("OUTBOXCTL_PYTHON", &python);
    let up = stack.run(&["local", "up", "--port", "0", "--postgres-port", "0"]);
    let text = String::from_utf8_lossy(&up.stderr).into_owned();
    assert!(up.status.success() && text.contains("run as root, because no other user can run"), "{text}");
    let shown = String::from_utf8(stack.run(&["local", "status"]).stdout).expect("text");
    assert!(shown.contains("runs as root"), "{shown}");
    // The next start with another Python hands everything over.
    stack.ok(&["local", "down"]);
    stack.unset("OUTBOXCTL_PYTHON");
    stack.ok(&["local", "up"]);
    let state = stack.state();
    assert_ne!(user_of(&state.emulator_pid.to_string()), 0);
    stack.ok(&["local", "down"]);
    stack.ok(&["local", "up"]);
}

/// Addresses from which the stack's functions fetch their events, out of the functions' environments.
fn runtimes(stack: &Stack) -> Vec<String> {
    let mark = format!("OUTBOXCTL_LOCAL_STACK={}", Home::at(home(), stack.name()).stack().display());
    let processes = std::fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
    let environments = processes.filter_map(|process| std::fs::read(process.path().join("environ")).ok());
    let texts = environments.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let ours = texts.filter(|text| text.split('\0').any(|variable| variable == mark));
    let runtime = |text: String| {
        text.split('\0').find_map(|variable| variable.strip_prefix("AWS_LAMBDA_RUNTIME_API=")).map(str::to_owned)
    };
    ours.filter_map(runtime).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn functions_alone_fetch_their_events() {
    let stack = stack();
    let api = Deployed::on(&stack, "dynamodb-cdc").await;
    let user = json!({"name": "Ada", "email": "ada@example.org", "plan": "free"});
    assert_eq!(api.json("POST", "/users", &user).await.status, 201);
    let runtimes = runtimes(&stack);
    assert!(!runtimes.is_empty(), "a function is up");
    for runtime in runtimes {
        let url = format!("http://{runtime}");
        for headers in [("origin", "http://localhost:5173"), ("sec-fetch-site", "cross-site"), ("host", "evil.example")]
        {
            let answer = ask(&url, "GET", "/2018-06-01/runtime/invocation/next", &[headers], "");
            assert!(answer.starts_with("http/1.1 403"), "{headers:?}: {answer}");
        }
    }
    assert_eq!(api.json("POST", "/users", &user).await.status, 201, "no event was taken away");
}

#[test]
fn other_tools_get_everything_by_local_env() {
    let stack = Stack::new("env");
    assert_eq!(stack.fails(1, &["local", "env"])["error"]["code"], "local-down");
    let up = stack.ok(&["local", "up", "--port", "0", "--postgres-port", "0"]);
    let (state, variables) = (stack.state(), stack.ok(&["local", "env"]));
    assert_eq!(up["environment"], variables);
    assert!(up["state"]["key"].get("secret").is_none(), "{up}");
    let output = stack.command(&["local", "env"]).output().expect("the binary starts");
    let script = String::from_utf8(output.stdout).expect("text");
    let printed = Command::new("sh")
        .env_clear()
        .env("AWS_PROFILE", "another")
        .env("AWS_SESSION_TOKEN", "real")
        .args(["-c", &format!("eval {}\nexec /usr/bin/env", outboxctl::internals::settings::quoted(&script))])
        .output()
        .expect("a shell");
    let printed = String::from_utf8(printed.stdout).expect("text");
    for (name, value) in variables.as_object().expect("variables") {
        let line = format!("{name}={}", value.as_str().expect("text"));
        assert!(printed.lines().any(|printed| printed == line), "{line} is missing: {printed}");
    }
    assert!(!printed.contains("AWS_PROFILE") && !printed.contains("AWS_SESSION_TOKEN"), "{printed}");
    for name in ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "PGHOST", "PGPORT", "PGSSLROOTCERT"] {
        assert!(variables[name].is_string(), "{name}");
    }
    assert_eq!(variables["AWS_SECRET_ACCESS_KEY"], json!(state.key.secret));
    // Shown where it is asked for, and nowhere else.
    for args in [&["local", "status"][..], &["local", "status", "--output", "json"]] {
        let shown = stack.run(args);
        assert!(!String::from_utf8_lossy(&shown.stdout).contains(&state.key.secret), "{args:?}");
    }
}

#[test]
fn other_users_cannot_read_a_stack() {
    let stack = Stack::up("modes");
    stack.ok(&["deploy", "--yes", "--pipeline", "dynamodb-cdc"]);
    let folder = Home::at(home(), stack.name()).stack();
    stack.ok(&["local", "down"]);
    let own = folder.join("postgres");
    let mut open = Vec::new();
    let mut left = vec![folder];
    while let Some(path) = left.pop() {
        let about = std::fs::symlink_metadata(&path).expect("a file");
        let mode = about.permissions().mode() & 0o077;
        // Others may pass through the first folder: PostgreSQL's user is another one where root starts it.
        if mode & !0o011 != 0 && !about.is_symlink() {
            open.push((path.display().to_string(), format!("{mode:o}")));
        }
        let closed = about.permissions().mode() & 0o077 == 0;
        if about.is_dir() && !closed && path != own {
            left.extend(std::fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
        }
    }
    assert!(open.is_empty(), "{open:#?}");
}
