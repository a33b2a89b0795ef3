//! The default routes of subnets: whether functions and DMS reach the internet by them. Pure.
//!
//! Sources: Amazon VPC user guide, "Configure route tables" (main route table, blackholes), "NAT gateways" (a private one
//! has no way to the internet; a public one needs a route to an internet gateway) and "VPC peering connections" (no
//! edge-to-edge routing).

use super::reach::CHECK;
use crate::aws::ec2::{NatGateway, Route, RouteTable};
use crate::doctor::Finding;

/// The destination of a default route.
const EVERYWHERE: &str = "0.0.0.0/0";
/// Beginnings of the ids of targets that lead to other networks, which may have VPC endpoints that this one uses.
const NETWORKS: [&str; 4] = ["tgw-", "pcx-", "vgw-", "arn:"];

/// Where the default route of a subnet leads.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Exit {
    /// To a NAT gateway in order, a transit gateway, a firewall, or another router that may lead to the internet.
    Open,
    /// To an internet gateway, which serves public addresses only. Functions in a VPC have none, and DMS gets none.
    InternetGateway,
    /// Not to the internet, for this reason.
    Closed(String),
    /// The routes say nothing about the services, for this reason.
    Unknown(&'static str),
}

/// Returns the findings for services that can be reached only by the routes of these subnets.
pub fn judge(
    (vpc, services): (&str, &str),
    subnets: &[String],
    tables: &[RouteTable],
    gateways: &[NatGateway],
) -> Vec<Finding> {
    let exits: Vec<_> = subnets.iter().map(|subnet| (subnet.as_str(), exit(subnet, tables, gateways))).collect();
    let endpoints = "create the endpoints with private DNS";
    let mut findings = Vec::new();
    let closed = exits.iter().filter_map(|(subnet, exit)| match exit {
        Exit::Closed(reason) => Some(format!("{subnet} ({reason})")),
        _ => None,
    });
    if let Some(closed) = joined(closed) {
        let text =
            format!("{vpc} has no VPC endpoint for {services}, and there is no route to the internet from {closed}");
        findings.push(Finding::failed(
            CHECK,
            text,
            format!("{endpoints}, or route the subnets to a public NAT gateway"),
        ));
    }
    let public = exits.iter().filter(|(_, exit)| *exit == Exit::InternetGateway);
    if let Some(public) = joined(public.map(|(subnet, _)| (*subnet).to_owned())) {
        let text = format!(
            "{vpc} has no VPC endpoint for {services}, and {public} lead to an internet gateway, which the functions and DMS \
             cannot use: they have no public address"
        );
        let remedy = format!("{endpoints}, or name private subnets with a route to a NAT gateway");
        findings.push(Finding::warning(CHECK, text, remedy));
    }
    let unknown = exits.iter().filter_map(|(subnet, exit)| match exit {
        Exit::Unknown(reason) => Some(format!("{subnet} ({reason})")),
        _ => None,
    });
    if let Some(unknown) = joined(unknown) {
        let text = format!("{vpc} has no VPC endpoint for {services}, and the routes do not show a way from {unknown}");
        let remedy =
            "DMS and the functions need an endpoint of this or of another network, or a route to a NAT gateway";
        findings.push(Finding::warning(CHECK, text, remedy));
    }
    findings
}

/// Returns the texts as one; `None` for none.
fn joined(texts: impl Iterator<Item = String>) -> Option<String> {
    let texts: Vec<_> = texts.collect();
    (!texts.is_empty()).then(|| texts.join(" and "))
}

fn exit(subnet: &str, tables: &[RouteTable], gateways: &[NatGateway]) -> Exit {
    let Some(table) = table(subnet, tables) else { return Exit::Unknown("its route table was not found") };
    let Some(route) = table.routes.iter().find(|route| route.to == EVERYWHERE) else {
        let leads = |route: &Route| NETWORKS.iter().any(|network| route.target.starts_with(network));
        let elsewhere = table.routes.iter().any(|route| route.is_active && leads(route));
        return if elsewhere {
            Exit::Unknown("it has routes to other networks only")
        } else {
            closed("no default route")
        };
    };
    let target = route.target.as_str();
    if !route.is_active {
        return closed(format!("its default route is a blackhole: {target} does not exist"));
    }
    if target.starts_with("igw-") {
        return Exit::InternetGateway;
    }
    if target.starts_with("pcx-") {
        return closed(format!("its default route leads to the peering connection {target}, which passes on nothing"));
    }
    // One of another account's, in a shared VPC, is not in the list.
    match gateways.iter().find(|gateway| gateway.id == target) {
        Some(gateway) => beyond(gateway, tables),
        None => Exit::Open,
    }
}

/// Returns where a NAT gateway leads.
fn beyond(gateway: &NatGateway, tables: &[RouteTable]) -> Exit {
    let NatGateway { id, state, is_private, subnet } = gateway;
    if state != "available" {
        return closed(format!("the NAT gateway {id} is {state}"));
    }
    // A regional one has no subnet.
    let Some((subnet, table)) = subnet.as_ref().and_then(|subnet| Some((subnet, table(subnet, tables)?))) else {
        return Exit::Open;
    };
    let route = table.routes.iter().find(|route| route.to == EVERYWHERE && route.is_active);
    match (is_private, route.map(|route| route.target.as_str())) {
        // A firewall may be between it and the internet gateway.
        (false, Some(target)) if !target.starts_with("nat-") => Exit::Open,
        (false, _) => closed(format!("{subnet} of the NAT gateway {id} has no route to an internet gateway")),
        // A transit gateway may lead on.
        (true, Some(target)) if !["igw-", "nat-"].iter().any(|kind| target.starts_with(kind)) => Exit::Open,
        (true, _) => closed(format!("the NAT gateway {id} is private")),
    }
}

/// Returns the route table of a subnet: its own, or the main one of the VPC.
fn table<'a>(subnet: &str, tables: &'a [RouteTable]) -> Option<&'a RouteTable> {
    let own = tables.iter().find(|table| table.subnets.iter().any(|one| one == subnet));
    own.or_else(|| tables.iter().find(|table| table.is_main))
}

fn closed(reason: impl Into<String>) -> Exit {
    Exit::Closed(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    fn route(target: &str) -> Route {
        Route { to: EVERYWHERE.into(), target: target.into(), is_active: true }
    }

    fn own(subnet: &str, routes: Vec<Route>) -> RouteTable {
        RouteTable { subnets: vec![subnet.into()], is_main: false, routes }
    }

    fn main_table(routes: Vec<Route>) -> RouteTable {
        RouteTable { subnets: Vec::new(), is_main: true, routes }
    }

    fn nat(id: &str) -> NatGateway {
        NatGateway { id: id.into(), state: "available".into(), is_private: false, subnet: Some("subnet-public".into()) }
    }

    /// Returns state and text of each finding.
    fn judged(tables: &[RouteTable], gateways: &[NatGateway]) -> Vec<(State, String)> {
        let subnets = ["subnet-a".to_owned(), "subnet-b".to_owned()];
        let findings = judge(("vpc-1", "kinesis"), &subnets, tables, gateways);
        findings.into_iter().map(|finding| (finding.state, finding.message)).collect()
    }

    #[test]
    fn a_subnet_without_a_table_of_its_own_uses_the_main_one() {
        let tables = |main: Vec<Route>| [main_table(main), own("subnet-a", vec![route("tgw-1")])];
        assert_eq!(judged(&tables(vec![route("tgw-1")]), &[]), []);
        let found = judged(&tables(Vec::new()), &[]);
        let [(State::Failed, text)] = &found[..] else { panic!("{found:?}") };
        assert!(text.contains("subnet-b (no default route)") && !text.contains("subnet-a"), "{text}");
        let found = judged(&[own("subnet-a", vec![route("tgw-1")])], &[]);
        let [(State::Warning, text)] = &found[..] else { panic!("{found:?}") };
        assert!(text.contains("subnet-b (its route table was not found)"), "{text}");
    }

    #[test]
    fn only_an_available_public_nat_gateway_leads_to_the_internet() {
        let tables = [main_table(vec![route("nat-1")]), own("subnet-public", vec![route("igw-1")])];
        assert_eq!(judged(&tables, &[nat("nat-1")]), []);
        assert_eq!(judged(&tables, &[]), [], "that of the owner of a shared VPC");
        for (gateway, reason) in [
            (NatGateway { is_private: true, ..nat("nat-1") }, "the NAT gateway nat-1 is private"),
            (NatGateway { state: "failed".into(), ..nat("nat-1") }, "the NAT gateway nat-1 is failed"),
            (NatGateway { state: "deleted".into(), ..nat("nat-1") }, "the NAT gateway nat-1 is deleted"),
        ] {
            let found = judged(&tables, &[gateway]);
            let [(State::Failed, text)] = &found[..] else { panic!("{found:?}") };
            assert!(text.contains(&format!("subnet-a ({reason}) and subnet-b")), "{text}");
        }
    }

    #[test]
    fn the_subnet_of_a_nat_gateway_decides_where_it_leads() {
        let tables = |behind| [main_table(vec![route("nat-1")]), own("subnet-public", behind)];
        for behind in [Vec::new(), vec![route("nat-1")]] {
            let found = judged(&tables(behind), &[nat("nat-1")]);
            assert!(found[0].1.contains("subnet-public of the NAT gateway nat-1 has no route"), "{found:?}");
        }
        assert_eq!(judged(&tables(vec![route("vpce-1")]), &[nat("nat-1")]), [], "a firewall");
        let private = NatGateway { is_private: true, ..nat("nat-1") };
        assert_eq!(judged(&tables(vec![route("tgw-1")]), &[private]), [], "another network may lead on");
        let regional = NatGateway { subnet: None, ..nat("nat-1") };
        assert_eq!(judged(&tables(Vec::new()), &[regional]), []);
    }

    #[test]
    fn other_targets_are_judged_by_what_they_serve() {
        let blackhole = Route { is_active: false, ..route("nat-9") };
        let peering = Route { to: "10.1.0.0/16".into(), ..route("pcx-1") };
        for (routes, state, said) in [
            (vec![blackhole], State::Failed, "blackhole: nat-9 does not exist"),
            (vec![route("pcx-1")], State::Failed, "peering connection pcx-1"),
            (vec![route("igw-1")], State::Warning, "subnet-a and subnet-b lead to an internet gateway"),
            (vec![peering], State::Warning, "routes to other networks only"),
        ] {
            let found = judged(&[main_table(routes)], &[]);
            let [(found, text)] = &found[..] else { panic!("{said}: {found:?}") };
            assert!(*found == state && text.contains(said), "{said}: {text}");
        }
    }
}
