//! The gateway's own requests to emulator services with AWS's query protocol, and their responses in XML.

use http::{HeaderMap, Method, Response};

use super::gateway::{ApiRequest, Emulator};
use crate::base::error::Result;

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
    headers: HeaderMap,
) -> Result<Response<String>> {
    let kind = "application/x-www-form-urlencoded";
    let mut request = ApiRequest::of_gateway((service, region), Method::POST, "/", kind, form.to_owned())?;
    request.headers.extend(headers);
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
