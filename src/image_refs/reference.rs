//! One reference: `[HOST/]REPOSITORY[:TAG][@DIGEST]`, or a digest alone.

use super::Repository;
use crate::model::Digest;

/// The registry in the host of a reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Registry {
    /// The account: `111111111111`.
    pub id: String,
    /// The region: `eu-west-1`.
    pub region: String,
}

/// A reference to an image of an ECR registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRef {
    /// The reference as the text has it.
    pub text: String,
    /// Its registry; `None` if it has no host.
    pub registry: Option<Registry>,
    /// Its repository; `None` if it is a digest alone.
    pub repository: Option<String>,
    /// Its tag.
    pub tag: Option<String>,
    /// Its digest.
    pub digest: Option<Digest>,
    /// Digests that the input shows next to a reference without one: what the tag meant when the container
    /// started (`imageDigest` of an ECS task, `imageID` of a pod, `ResolvedImageUri` of a function).
    pub running: Vec<Digest>,
}

/// Registry, repository, tag and digest of a reference.
pub(super) type Named = (Option<Registry>, Option<String>, Option<String>, Option<Digest>);

/// What a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parsed<'t> {
    /// A reference to an ECR registry, or to one that it does not name.
    Ecr(ImageRef),
    /// A reference to another registry, with its host.
    Other(&'t str),
}

impl ImageRef {
    /// The digests that it means: its own, or those that ran under its tag.
    pub fn digests(&self) -> impl Iterator<Item = &Digest> {
        self.digest.iter().chain(&self.running)
    }

    /// The tag that the reference resolves through: none if it has a digest, `latest` if it has neither.
    pub fn tag_to_resolve(&self) -> Option<&str> {
        match (&self.repository, &self.digest) {
            (Some(_), None) => Some(self.tag.as_deref().unwrap_or("latest")),
            _ => None,
        }
    }

    /// Whether it may name images of this repository. A repository without a region label matches any region.
    pub fn is_in(&self, repository: Repository<'_>) -> bool {
        self.repository.as_deref() == Some(repository.name)
            && self.registry.as_ref().is_none_or(|registry| {
                registry.id == repository.registry_id
                    && (repository.region.is_empty() || registry.region == repository.region)
            })
    }

    /// What it names, however it is written.
    pub(super) fn named(&self) -> Named {
        let ImageRef { text: _, registry, repository, tag, digest, running: _ } = self.clone();
        (registry, repository, tag, digest)
    }
}

/// Read a reference. `None` if the text is not one.
pub(super) fn parse(text: &str) -> Option<Parsed<'_>> {
    // Kubernetes writes `docker-pullable://`, Helm `oci://`.
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => rest,
        Some(_) => return None,
        None => text,
    };
    if let Some(digest) = digest(rest) {
        return Some(Parsed::Ecr(reference(text, None, None, None, Some(digest))));
    }
    if rest.starts_with("sha256:") {
        return None;
    }
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), path),
        _ => (None, rest),
    };
    let (name, digest) = match path.split_once('@') {
        Some((name, text)) => (name, Some(digest(text)?)),
        None => (path, None),
    };
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) => (repository, Some(tag)),
        None => (name, None),
    };
    let fits = is_repository(repository) && tag.is_none_or(is_tag) && host.is_none_or(is_host);
    if !fits {
        return None;
    }
    match host.map(|host| (host, registry(host))) {
        None => Some(Parsed::Ecr(reference(text, None, Some(repository), tag, digest))),
        Some((_, Some(registry))) => Some(Parsed::Ecr(reference(text, Some(registry), Some(repository), tag, digest))),
        Some((host, None)) => Some(Parsed::Other(host)),
    }
}

fn reference(
    text: &str,
    registry: Option<Registry>,
    repository: Option<&str>,
    tag: Option<&str>,
    digest: Option<Digest>,
) -> ImageRef {
    ImageRef {
        text: text.to_owned(),
        registry,
        repository: repository.map(str::to_owned),
        tag: tag.map(str::to_owned),
        digest,
        running: Vec::new(),
    }
}

/// `ACCOUNT.dkr.ecr.REGION...` and `ACCOUNT.dkr-ecr.REGION...`, each also with `-fips`, of any partition.
fn registry(host: &str) -> Option<Registry> {
    let labels: Vec<&str> = host.split('.').collect();
    let (id, region) = match labels.as_slice() {
        [id, "dkr", "ecr" | "ecr-fips", region, _, ..] | [id, "dkr-ecr" | "dkr-ecr-fips", region, _, ..] => {
            (*id, *region)
        }
        _ => return None,
    };
    Some(Registry { id: id.to_owned(), region: region.to_owned() }).filter(|it| !it.id.is_empty())
}

/// A digest: `sha256:` and 64 hexadecimal digits in either case, or another algorithm's. Documents have digests that
/// end in a word (`sha256:fa1EXAMPLE`), so letters are accepted too. A shortened sha256 is not a digest: taken as one
/// it would name no image, and the image that it means would count as not in use.
pub(super) fn digest(text: &str) -> Option<Digest> {
    let (algorithm, value) = text.split_once(':')?;
    let known = matches!(algorithm, "sha256" | "sha512" | "sha384");
    if !known || value.is_empty() || !value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.') {
        return None;
    }
    if is_full(text) {
        return Some(Digest::parse(&text.to_ascii_lowercase()));
    }
    if algorithm == "sha256" && value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some(Digest::parse(text))
}

/// Whether a text is a digest of the service's own form, in either case of letters.
pub(super) fn is_full(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && !port.is_empty()
        && port.bytes().all(|b| b.is_ascii_digit())
}

/// Saved pages have names with capitals, which the service refuses; they are accepted here too.
fn is_repository(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    name.len() <= 256 && name.split('/').all(part)
}

fn is_tag(tag: &str) -> bool {
    (1..=300).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}
