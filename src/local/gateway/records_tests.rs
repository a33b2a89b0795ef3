use http::{Request, StatusCode};

use super::*;
use crate::local::gateway::emulator::full;

const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-west-1/dms/aws4_request, Signature=secret";

fn request(target: &str) -> Parts {
    let request = Request::builder().method("POST").uri("/?a=b").header("authorization", SIGNED);
    request.header("x-amz-target", format!("AmazonDMSv20160101.{target}")).body(()).unwrap().into_parts().0
}

/// Sends a request and its response through the records; a client that stops reads nothing of the response.
async fn pass(records: &Arc<Records>, head: &Parts, bodies: [&str; 2], stops: bool) {
    let exchange = records.begin(head).expect("it is for a service");
    let asked = Copying::request(full(bodies[0].to_owned()), Some(&exchange)).collect().await.unwrap();
    assert_eq!(asked.to_bytes(), bodies[0], "bodies are unchanged");
    let mut response = Response::new(full(bodies[1].to_owned()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let response = exchange.of_response(response);
    if !stops {
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), bodies[1], "bodies are unchanged");
    }
}

fn written(folder: &tempfile::TempDir) -> Vec<Value> {
    let file = folder.path().join(format!("gateway-{}.ndjson", std::process::id()));
    std::fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_record_has_request_and_response() {
    let folder = tempfile::tempdir().unwrap();
    let records = Records::create(folder.path()).unwrap();
    pass(&records, &request("DescribeEndpoints"), ["{}", "{\"__type\":\"Fault\"}"], false).await;
    let wanted = json!([{
        "service": "dms", "region": "eu-west-1", "own": false,
        "request": {
            "method": "POST", "path": "/?a=b", "headers": {"x-amz-target": "AmazonDMSv20160101.DescribeEndpoints"},
            "body": {"text": "{}"},
        },
        "response": {"status": 400, "headers": {}, "body": {"text": "{\"__type\":\"Fault\"}"}},
    }]);
    assert_eq!(json!(written(&folder)), wanted);
}

#[tokio::test]
async fn examples_of_one_shape_are_few() {
    let folder = tempfile::tempdir().unwrap();
    let records = Records::create(folder.path()).unwrap();
    for call in 0..10 {
        let body = format!("{{\"Status\":\"creating\",\"Id\":\"i-{call}\"}}");
        pass(&records, &request("DescribeEndpoints"), ["{}", &body], false).await;
    }
    let of_one_shape = usize::try_from(EXAMPLES).unwrap();
    assert_eq!(written(&folder).len(), of_one_shape);
    pass(&records, &request("DescribeEndpoints"), ["{}", "{\"Status\":\"available\"}"], false).await;
    pass(&records, &request("DescribeCertificates"), ["{}", "{\"Status\":\"creating\"}"], false).await;
    assert_eq!(written(&folder).len(), of_one_shape + 2, "another value of an enum, and another operation");
}

#[tokio::test]
async fn large_bodies_and_broken_responses_are_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let records = Records::create(folder.path()).unwrap();
    let large = "x".repeat(BODY_LIMIT + 1);
    pass(&records, &request("ImportCertificate"), [&large, "{}"], false).await;
    pass(&records, &request("DescribeEndpoints"), ["{}", "{}"], true).await;
    let written = written(&folder);
    assert_eq!(written.len(), 1);
    assert_eq!(written[0]["request"]["body"], json!({ "size": BODY_LIMIT + 1 }));
}

#[test]
fn routes_of_deployed_apis_are_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let records = Records::create(folder.path()).unwrap();
    let head = Request::get("/cars").header("host", "a1.execute-api.localhost").body(()).unwrap().into_parts().0;
    assert!(records.begin(&head).is_none());
}
