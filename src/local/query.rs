//! The gateway's own requests to emulator services with AWS's query protocol, and their responses in XML.

use http::{HeaderMap, HeaderValue, Method, Response, header};

use super::gateway::{ApiRequest, Emulator};
use super::state::ACCOUNT;
use crate::error::{Kind, OrFail, Result};

/// Sends a form to a service, by its signing name; returns the response, whatever its status. `headers` are for the
/// emulator's launcher.
///
/// # Errors
/// `Unreachable` if the emulator does not answer.
pub async fn ask(
    emulator: &Emulator,
    region: &str,
    service: &str,
    form: &str,
    mut headers: HeaderMap,
) -> Result<Response<String>> {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let scope = format!("AWS4-HMAC-SHA256 Credential=test/20260101/{region}/{service}/aws4_request");
    let scope = HeaderValue::from_str(&scope).or_fail(Kind::Unexpected, || format!("{region} is not a region"))?;
    headers.insert(header::AUTHORIZATION, scope);
    let request = ApiRequest {
        service: service.into(),
        target: None,
        method: Method::POST,
        path: "/".into(),
        query: String::new(),
        headers,
        body: form.to_owned().into(),
        region: region.to_owned(),
        account: ACCOUNT.to_owned(),
        by_role: false,
        // Unsigned: the gateway itself asks.
        changed: true,
    };
    Ok(emulator.send(&request).await?.map(|body| String::from_utf8_lossy(&body).into_owned()))
}

/// Returns the text of the first element of this name.
pub fn text<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split('<').next().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_element_of_a_name_is_returned() {
        let xml = "<set><item><id>one</id><name/></item><item><id>two</id></item></set>";
        assert_eq!((text(xml, "id"), text(xml, "name"), text(xml, "other")), (Some("one"), None, None));
    }
}
