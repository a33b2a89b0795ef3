//! Operations of the RDS API that concern versions and passwords; the emulator answers all others from its records.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::StatusCode;

use super::Rds;
use super::server::{connect, major, reason, version};
use super::upgrade::{self, Change, Refusal, targets};
use super::wanted::{NOT_A_PASSWORD, is_password};
use crate::local::gateway::{ApiRequest, ApiResponse, Gateway, Service, query_fields};
use crate::local::postgres_server::instance::Instance;
use crate::local::tools::postgres_majors;

impl Service for Rds {
    fn name(&self) -> &'static str {
        "rds"
    }

    fn handle<'a>(&'a self, gateway: &'a Arc<Gateway>, request: &'a ApiRequest) -> BoxFuture<'a, Option<ApiResponse>> {
        Box::pin(async move {
            let form = String::from_utf8_lossy(&request.body).into_owned();
            let field = |name: &str| query_fields(&form).find(|(key, _)| key == name).map(|(_, value)| value);
            match request.operation() {
                "DescribeDBEngineVersions" if field("Engine").as_deref() == Some("postgres") => {
                    described(gateway, &field("EngineVersion")?)
                }
                operation @ ("ModifyDBInstance" | "ModifyDBCluster") => {
                    let is_cluster = operation == "ModifyDBCluster";
                    let identifier = field(if is_cluster { "DBClusterIdentifier" } else { "DBInstanceIdentifier" })?;
                    let instance = Instance { region: request.region.clone(), identifier, is_cluster };
                    if let Some(password) = field("MasterUserPassword")
                        && let Err(refusal) = self.set_password(gateway, &instance, &password).await
                    {
                        return Some(refused(&refusal));
                    }
                    if is_cluster {
                        return None;
                    }
                    let change = Change {
                        instance,
                        version: field("EngineVersion")?,
                        allowed: field("AllowMajorVersionUpgrade").as_deref() == Some("true"),
                        group: field("DBParameterGroupName"),
                    };
                    self.modified(gateway, request, &change, field("ApplyImmediately").as_deref() == Some("true")).await
                }
                _ => None,
            }
        })
    }
}

impl Rds {
    /// Changes the version before the emulator records it: the record must not show a version that does not run. The
    /// response comes after the upgrade, not before it as on AWS. `None` for an instance without a server here.
    async fn modified(
        &self,
        gateway: &Gateway,
        request: &ApiRequest,
        change: &Change,
        now: bool,
    ) -> Option<ApiResponse> {
        let running = match self.running(gateway, &change.instance).await {
            Ok(running) => running?,
            Err(message) => return Some(refused(&Refusal { code: "InvalidDBInstanceState", message })),
        };
        if major(&running) != major(&change.version) && !now {
            let text = "The local stack has no maintenance window: a change of the version needs ApplyImmediately";
            return Some(refused(&Refusal { code: "InvalidParameterCombination", message: text.into() }));
        }
        if let Err(refusal) = upgrade::modify(self, gateway, change).await {
            return Some(refused(&refusal));
        }
        let exact = self.running(gateway, &change.instance).await.ok()??;
        let form = String::from_utf8_lossy(&request.body).into_owned();
        let form = form.split('&').map(|pair| match pair.split_once('=') {
            Some(("EngineVersion", _)) => format!("EngineVersion={exact}"),
            _ => pair.to_owned(),
        });
        let body = form.collect::<Vec<_>>().join("&").into();
        let answer = gateway.emulator.send(&ApiRequest { body, changed: true, ..request.clone() }).await.ok()?;
        let (head, body) = answer.into_parts();
        Some(ApiResponse { status: head.status, headers: head.headers, body })
    }

    /// Sets the password of the master, who owns the database. At once, also without `ApplyImmediately`: RDS applies
    /// it "as soon as possible" (API reference, ModifyDBInstance). Nothing happens for an instance without a server here.
    async fn set_password(&self, gateway: &Gateway, instance: &Instance, password: &str) -> Result<(), Refusal> {
        if !is_password(password) {
            return Err(Refusal { code: "InvalidParameterValue", message: NOT_A_PASSWORD.into() });
        }
        let set = async {
            let Some(server) = self.present(gateway, instance).await? else { return Ok(()) };
            let client = connect(&server).await?;
            let master = "SELECT quote_ident(pg_get_userbyid(datdba)) FROM pg_database \
                          WHERE shobj_description(oid, 'pg_database') = $1";
            let Some(master) = client.query_opt(master, &[&instance.label()]).await.map_err(reason)? else {
                return Ok(());
            };
            let verifier = postgres_protocol::password::scram_sha_256(password.as_bytes());
            let alter = format!("ALTER ROLE {} PASSWORD '{verifier}'", master.get::<_, String>(0));
            client.batch_execute(&alter).await.map_err(reason)
        };
        set.await.map_err(|message: String| Refusal { code: "InvalidDBInstanceState", message })
    }

    /// Returns the version that an instance runs; `None` if it has no server here.
    async fn running(&self, gateway: &Gateway, instance: &Instance) -> Result<Option<String>, String> {
        match self.present(gateway, instance).await? {
            Some(server) => version(&connect(&server).await?).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Describes an exact version that this machine has, with the versions that it can be upgraded to. Other versions are
/// those of the emulator's catalog.
fn described(gateway: &Gateway, wanted: &str) -> Option<ApiResponse> {
    let versions = postgres_majors(&gateway.home);
    let found = versions.get(&major(wanted)?).filter(|programs| programs.version == wanted)?;
    let target = |target: String| {
        format!(
            "<UpgradeTarget><Engine>postgres</Engine><EngineVersion>{target}</EngineVersion>\
             <AutoUpgrade>false</AutoUpgrade><IsMajorVersionUpgrade>true</IsMajorVersionUpgrade></UpgradeTarget>"
        )
    };
    let targets: String = targets(&versions, wanted).into_iter().map(target).collect();
    let family = format!("postgres{}", found.major());
    Some(xml(&format!(
        "<DescribeDBEngineVersionsResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
         <DescribeDBEngineVersionsResult><DBEngineVersions><DBEngineVersion><Engine>postgres</Engine>\
         <EngineVersion>{wanted}</EngineVersion><DBParameterGroupFamily>{family}</DBParameterGroupFamily>\
         <ValidUpgradeTarget>{targets}</ValidUpgradeTarget><Status>available</Status></DBEngineVersion>\
         </DBEngineVersions></DescribeDBEngineVersionsResult></DescribeDBEngineVersionsResponse>"
    )))
}

fn xml(body: &str) -> ApiResponse {
    ApiResponse::new(StatusCode::OK, "text/xml", body.to_owned())
}

fn refused(refusal: &Refusal) -> ApiResponse {
    let escaped = refusal.message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let error = format!("<Error><Type>Sender</Type><Code>{}</Code><Message>{escaped}</Message></Error>", refusal.code);
    let body = format!("<ErrorResponse>{error}<RequestId>local</RequestId></ErrorResponse>");
    ApiResponse::new(StatusCode::BAD_REQUEST, "text/xml", body)
}
