//! IAM database authentication of the local stack: a token is accepted if RDS would accept it.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use outboxctl::internals::postgres::tls::Roots;
use outboxctl::internals::postgres::{Secret, Target, connect};
use serde_json::json;

use crate::support::pipeline::Pipeline;

const WRITER: &str = "outbox_writer";

/// The claims of a token, and its signer.
#[derive(Clone)]
struct Token {
    host: String,
    user: String,
    region: String,
    credentials: Credentials,
    signed_at: SystemTime,
}

impl Token {
    fn sign(&self) -> String {
        let url = format!("http://{}/?Action=connect&DBUser={}", self.host, self.user);
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(900));
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder().identity(&identity).region(&self.region).name("rds-db");
        let parameters = parameters.time(self.signed_at).settings(settings).build().expect("parameters");
        let signable = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(b""));
        let (instructions, _) = sign(signable.expect("signable"), &parameters.into()).expect("signed").into_parts();
        let mut request = http::Request::get(&url).body(()).expect("a request");
        instructions.apply_to_request_http1x(&mut request);
        request.uri().to_string().split_off("http://".len())
    }
}

/// Signs in as the writer, and returns the user name that the server reports, or the error.
async fn sign_in(pipeline: &Pipeline, password: String) -> Result<String, String> {
    let target = Target {
        host: "localhost".into(),
        port: pipeline.output("DatabasePort").parse().expect("a port"),
        database: "outbox".into(),
        user: WRITER.into(),
        password: Secret::new(password),
        roots: Roots::File(pipeline.stack.state().postgres.ca_file),
    };
    match connect(&target).await {
        Ok(client) => Ok(client.query_one("SELECT current_user::text", &[]).await.expect("answered").get(0)),
        Err(error) => Err(format!("{error} {}", error.causes().join(": "))),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_accepted_where_rds_accepts_it() {
    let pipeline = Pipeline::deployed("tokens", "rds-eventbridge").await;
    let state = pipeline.stack.state();
    let good = Token {
        host: format!("localhost:{}", pipeline.output("DatabasePort")),
        user: WRITER.into(),
        region: state.region.clone(),
        credentials: state.key.credentials(),
        signed_at: SystemTime::now(),
    };
    assert_eq!(sign_in(&pipeline, good.sign()).await.as_deref(), Ok(WRITER));
    let other_key = Credentials::new(&state.key.id, "made-up", None, None, "test");
    let unknown = Credentials::new("ASIA0123456789ABCDEF", "made-up", Some("made-up".into()), None, "test");
    let refused = [
        ("a made-up password", "anything".to_owned()),
        ("no password", String::new()),
        ("a changed token", good.sign().replace("X-Amz-Expires=900", "X-Amz-Expires=899")),
        ("an expired token", Token { signed_at: SystemTime::now() - Duration::from_secs(960), ..good.clone() }.sign()),
        ("a token of another user", Token { user: "outbox_consumer".into(), ..good.clone() }.sign()),
        ("a token of another server", Token { host: "localhost:1".into(), ..good.clone() }.sign()),
        ("a token of another region", Token { region: "eu-central-1".into(), ..good.clone() }.sign()),
        ("another secret key", Token { credentials: other_key, ..good.clone() }.sign()),
        ("a made-up session", Token { credentials: unknown, ..good.clone() }.sign()),
    ];
    for (what, token) in refused {
        let error = sign_in(&pipeline, token).await.expect_err(what);
        assert!(error.contains("PAM authentication failed for user \"outbox_writer\""), "{what}: {error}");
    }
    // A function signs in with the session of its role, which has the right.
    pipeline.printed_data(&["verify", "--count", "3"]);
    sessions(&pipeline, &good).await;
}

/// A role of its own, with and without the right to connect.
async fn sessions(pipeline: &Pipeline, good: &Token) {
    let (iam, sts) = (pipeline.clients.iam(), pipeline.clients.sts());
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}]});
    let role = iam.create_role().role_name("signs-in").assume_role_policy_document(trust.to_string());
    let role = role.send().await.expect("a role").role.expect("a role").arn;
    let session = sts.assume_role().role_arn(&role).role_session_name("test").send().await.expect("a session");
    let session = session.credentials.expect("credentials");
    let token = session.session_token.clone();
    let credentials = Credentials::new(&session.access_key_id, &session.secret_access_key, Some(token), None, "test");
    let mine = Token { credentials, ..good.clone() };
    assert!(sign_in(pipeline, mine.sign()).await.is_err(), "the role may not connect yet");
    let id = pipeline.output("DatabaseResourceId");
    for (user, lets_in) in [("outbox_consumer", false), (WRITER, true)] {
        let resource = format!("arn:aws:rds-db:us-east-1:000000000000:dbuser:{id}/{user}");
        let policy = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "rds-db:connect", "Resource": resource}]});
        let put = iam.put_role_policy().role_name("signs-in").policy_name("connect");
        put.policy_document(policy.to_string()).send().await.expect("a policy");
        let came = sign_in(pipeline, mine.sign()).await;
        assert_eq!(came.is_ok(), lets_in, "{user}: {came:?}");
    }
}

/// The steps of `explain runbook`: without the secret, the new password is refused; with it, the capture continues.
#[tokio::test(flavor = "multi_thread")]
async fn the_password_of_the_owner_can_be_changed() {
    let pipeline = Pipeline::deployed("rotated", "rds-eventbridge").await;
    pipeline.ok(&["dms", "stop"]);
    let modify = |password: &'static str| {
        let modify = pipeline.clients.rds().modify_db_instance();
        modify.db_instance_identifier(pipeline.output("DatabaseIdentifier")).master_user_password(password).send()
    };
    assert!(modify("short").await.is_err(), "RDS requires 8 characters");
    modify("another-password").await.expect("the instance is modified");
    let failed = pipeline.fails(1, &["dms", "test"]);
    assert_eq!(failed["error"]["code"], "endpoint-failed", "{failed}");
    let secret = pipeline.output("DatabaseSecretArn");
    let secrets = pipeline.clients.secrets();
    let stored = secrets.get_secret_value().secret_id(secret).send().await.expect("the secret");
    let mut stored: serde_json::Value =
        stored.secret_string().and_then(|text| serde_json::from_str(text).ok()).expect("JSON");
    stored["password"] = json!("another-password");
    secrets.put_secret_value().secret_id(secret).secret_string(stored.to_string()).send().await.expect("stored");
    pipeline.ok(&["dms", "test"]);
    pipeline.ok(&["dms", "start"]);
    pipeline.printed_data(&["verify", "--count", "3"]);
}
