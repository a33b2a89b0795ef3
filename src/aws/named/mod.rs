//! Finds Kinesis streams, event buses and DynamoDB tables of the account by name or ARN. A missing one is reported with
//! the names that are nearest to it.

mod bus;
mod stream;
mod table;

pub use bus::{bus, buses};
pub use stream::{stream, streams};
pub use table::{table_stream, tables};

use super::account;
use super::arn::Arn;
use super::clients::Clients;
use crate::base::error::{Error, Kind, Result};
use crate::settings::similar;

/// Maximum names that are listed for a suggestion or a completion.
const LISTED: usize = 1_000;

/// A type of resource that has a name and an ARN.
struct ResourceType {
    /// Its name in messages, such as "Kinesis stream".
    title: &'static str,
    /// Its service in ARNs.
    service: &'static str,
    /// The start of the resource in ARNs, such as `stream/`.
    prefix: &'static str,
    /// Characters of names beside letters, digits, `_`, `.` and `-`.
    more: &'static str,
    /// Length of names.
    length: std::ops::RangeInclusive<usize>,
}

impl ResourceType {
    /// Returns the resource's name within `prefix`, from a name or an ARN.
    ///
    /// # Errors
    /// `Usage` for anything else, and for an ARN of another service, region or account than that of the requests.
    async fn name<'a>(&self, clients: &Clients, text: &'a str) -> Result<&'a str> {
        let refuse = |message: String| Err(Error::new(Kind::Usage, message));
        let name = match Arn::parse(text) {
            None => text,
            Some(arn) => {
                let resource = arn.resource.strip_prefix(self.prefix).filter(|_| arn.service == self.service);
                let Some(name) = resource else { return refuse(format!("{text} is not the ARN of a {}", self.title)) };
                if arn.region != clients.region() {
                    let error = format!("{text} is in {}, and requests go to {}", arn.region, clients.region());
                    return Err(Error::new(Kind::Usage, error).hint(format!("pass --region {}", arn.region)));
                }
                let own = account::number(clients).await?;
                if arn.account != own {
                    let error = format!("{text} is in account {}, and the credentials are of {own}", arn.account);
                    return Err(Error::new(Kind::Usage, error).hint(
                        "choose credentials of that account with --profile; reading across accounts is not supported",
                    ));
                }
                name
            }
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c) || self.more.contains(c);
        match self.length.contains(&name.len()) && name.chars().all(fits) {
            true => Ok(name),
            false => {
                let (least, most) = (self.length.start(), self.length.end());
                let marks = format!("_ . - {}", self.more);
                let marks = marks.trim_end();
                refuse(format!(
                    "{name:?} is not the name of a {}: {least} to {most} letters, digits and {marks}",
                    self.title
                ))
            }
        }
    }

    /// Returns the error of a missing resource, with similar names among the existing ones if they can be listed.
    fn not_found(&self, clients: &Clients, name: &str, existing: Result<Vec<String>>) -> Error {
        let region = clients.region();
        let error = Error::new(Kind::NotFound, format!("{} {name} not found in {region}", self.title));
        let Ok(existing) = existing else { return error };
        if existing.is_empty() {
            return error.hint(format!("{region} has no {} in this account", self.title));
        }
        match similar(name, existing.iter().map(String::as_str)).as_slice() {
            [] => error,
            near => error.hint(format!("similar names: {}", near.join(", "))),
        }
    }
}
