//! Which names a server that is for this machine alone answers to.
//!
//! A web page can let its own name point to a loopback address and then read what the server answers (DNS
//! rebinding). The browser still sends the page's name as the host, so a server that answers only to loopback
//! names gives it nothing.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};

use super::protocol::Refusal;

/// Refuse a request whose host is not a loopback name. A request without a host (HTTP/1.0) comes from no
/// browser and passes.
pub(super) fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let named = uri.authority().map(Authority::as_str).into_iter();
    let mut hosts = named.chain(headers.get_all(header::HOST).iter().map(|value| value.to_str().unwrap_or("?")));
    match hosts.find(|host| !is_loopback(host)) {
        None => Ok(()),
        Some(host) => {
            let message = format!(
                "the request is for the host `{host}`, and this server answers to localhost and loopback addresses; \
                 start it with --allow-remote to answer to any name"
            );
            Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, "MisdirectedRequestException", message))
        }
    }
}

/// Whether a host, with or without a port, is `localhost`, a name below it, or a loopback address.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if port.is_empty() || is_port(port) => address,
        Some(_) => return false,
        None => match host.rsplit_once(':') {
            Some((name, _)) if is_port(&host[name.len()..]) => name,
            Some(_) => return false,
            None => host,
        },
    };
    if let Ok(address) = name.parse::<IpAddr>() {
        return address.to_canonical().is_loopback();
    }
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// `:8080`
fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|digits| digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_names_of_this_machine_pass() {
        for host in [
            "localhost",
            "LocalHost:80",
            "localhost.:8080",
            "ecr.localhost",
            "127.0.0.1",
            "127.0.0.1:40000",
            "127.9.9.9",
            "[::1]",
            "[::1]:8080",
            "[::ffff:127.0.0.1]:1",
            "localhost:",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:80",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "notlocalhost",
            "192.168.0.1",
            "0.0.0.0",
            "[::]",
            "[fe80::1]:80",
            "[::1]evil",
            "localhost:80:80",
            "localhost:x",
            "2130706433",
            "?",
            "[",
            "]",
            "user@localhost",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
