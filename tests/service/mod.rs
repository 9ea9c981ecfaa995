//! What the service answers: the rules of `docs/compatibility.md`, each on a registry of a few rows.

use std::io::Cursor;

use ecrsnap::internal::ingest::{self, Defaults, Options, source::Source};
use ecrsnap::internal::model::{DescribeImagesRequest, ImageFilter, ImageIdentifier, ListImagesRequest, Value, json};
use ecrsnap::internal::service::{Ecr, ServiceError, SnapshotEcr};
use ecrsnap::internal::store::read::Reader;
use tempfile::TempDir;

const ACCOUNT: &str = "123456789012";

/// A database of pages, each with its region label.
struct Registry(TempDir);

/// A detail as JSON: its repository, a hexadecimal digit that its digest repeats, and more members.
fn detail(repository: &str, digit: char, members: &str) -> String {
    let digest = digit.to_string().repeat(64);
    let comma = if members.is_empty() { "" } else { ", " };
    format!(
        r#"{{"registryId": "{ACCOUNT}", "repositoryName": "{repository}", "imageDigest": "sha256:{digest}"{comma}{members}}}"#
    )
}

/// A detail with one tag.
fn tagged(repository: &str, digit: char, tag: &str) -> String {
    detail(repository, digit, &format!(r#""imageTags": ["{tag}"]"#))
}

impl Registry {
    fn of(details: &[String]) -> Self {
        Registry::of_regions(&[("", details)])
    }

    fn of_regions(regions: &[(&str, &[String])]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (region, details) in regions {
            let page = format!("{{\"imageDetails\": [{}]}}", details.join(","));
            let source = Source::open("page.json".to_owned(), Box::new(Cursor::new(page.into_bytes())));
            let options = Options {
                db: folder.path().join("ecrsnap.db"),
                snapshot: Some("one".to_owned()),
                defaults: Defaults {
                    region: Some((*region).to_owned()).filter(|region| !region.is_empty()),
                    ..Defaults::default()
                },
                ..Options::default()
            };
            ingest::ingest(&[source], &options, &std::sync::Arc::default()).expect("a page that goes in");
        }
        Registry(folder)
    }

    fn ecr(&self, region: Option<&str>) -> SnapshotEcr<Reader> {
        let reader = Reader::open(&self.0.path().join("ecrsnap.db")).expect("a database");
        let snapshot = reader.snapshot("latest").expect("a snapshot");
        SnapshotEcr::new(reader, snapshot, region.map(str::to_owned))
    }

    /// The details of an answer, or its refusal.
    fn details(&self, request: &DescribeImagesRequest) -> Result<Vec<Value>, ServiceError> {
        let page = self.ecr(None).describe_images(request)?;
        let time = |instant: ecrsnap::internal::model::Instant| Value::Float(instant.epoch_seconds());
        Ok(page.image_details.iter().map(|detail| detail.to_value(&time)).collect())
    }

    /// A label for each detail of an answer: its first tag, or its digest's first digit.
    fn shown(&self, request: &DescribeImagesRequest) -> String {
        shown(self.ecr(None).describe_images(request))
    }

    /// The same in a region.
    fn shown_in(&self, region: &str, request: &DescribeImagesRequest) -> String {
        shown(self.ecr(Some(region)).describe_images(request))
    }
}

fn shown(answer: Result<ecrsnap::internal::service::DescribeImagesPage, ServiceError>) -> String {
    let details = match answer {
        Ok(page) => page.image_details,
        Err(error) => return error.to_string(),
    };
    let name = |detail: &ecrsnap::internal::model::Detail| match detail.image_tags.as_deref() {
        Some([tag, ..]) => tag.clone(),
        _ => detail.image_digest.to_string()["sha256:".len()..][..1].to_owned(),
    };
    details.iter().map(name).collect::<Vec<_>>().join(" ")
}

fn of(repository: &str) -> DescribeImagesRequest {
    DescribeImagesRequest { repository_name: Some(repository.to_owned()), ..DescribeImagesRequest::default() }
}

/// A request for images by name: `sha256:...` is a digest, `sha256:...=tag` both halves of one id.
fn named(ids: &[&str]) -> DescribeImagesRequest {
    let id = |text: &&str| match text.split_once('=') {
        Some((digest, tag)) => {
            ImageIdentifier { image_digest: Some(digest.to_owned()), image_tag: Some(tag.to_owned()) }
        }
        None if text.contains(':') => ImageIdentifier { image_digest: Some((*text).to_owned()), image_tag: None },
        None => ImageIdentifier { image_digest: None, image_tag: Some((*text).to_owned()) },
    };
    DescribeImagesRequest { image_ids: Some(ids.iter().map(id).collect()), ..of("shop/web") }
}

fn filtered(tag_status: Option<&str>, image_status: Option<&str>) -> ImageFilter {
    ImageFilter { tag_status: tag_status.map(str::to_owned), image_status: image_status.map(str::to_owned) }
}

fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

/// Four images of every status, not in the order of anything.
fn web() -> Registry {
    Registry::of(&[
        tagged("shop/web", 'c', "prod"),
        detail("shop/web", 'a', r#""imageTags": ["old"], "imageStatus": "ARCHIVED""#),
        detail("shop/web", 'd', ""),
        detail("shop/web", 'b', r#""imageTags": ["next"], "imageStatus": "ACTIVE""#),
        tagged("other", 'e', "elsewhere"),
    ])
}

#[test]
fn details_come_in_the_order_of_the_pages() {
    let digits = "f0e1d2c3b4a5968778695a4b3c2d1e0f";
    let mut seen = std::collections::HashSet::new();
    let order: Vec<char> = digits.chars().filter(|digit| seen.insert(*digit)).collect();
    let details: Vec<String> = order.iter().map(|digit| detail("shop/web", *digit, "")).collect();
    let expected = order.iter().map(char::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(Registry::of(&details).shown(&of("shop/web")), expected);
}

#[test]
fn an_absent_status_counts_as_active_and_an_absent_filter_means_active() {
    let web = web();
    assert_eq!(web.shown(&of("shop/web")), "prod d next");
    for (tag_status, image_status, expected) in [
        (None, Some("ACTIVE"), "prod d next"),
        (None, Some("ARCHIVED"), "old"),
        (None, Some("ACTIVATING"), ""),
        (None, Some("ANY"), "prod old d next"),
        (Some("UNTAGGED"), None, "d"),
        (Some("TAGGED"), Some("ANY"), "prod old next"),
        (Some("ANY"), None, "prod d next"),
    ] {
        let request = DescribeImagesRequest { filter: Some(filtered(tag_status, image_status)), ..of("shop/web") };
        assert_eq!(web.shown(&request), expected, "{tag_status:?} {image_status:?}");
    }
}

#[test]
fn images_that_are_named_come_in_the_order_of_the_names_whatever_their_status() {
    let web = web();
    let (b, c, d) = (digest('b'), digest('c'), digest('d'));
    for (ids, expected) in [
        (&["next", "prod"][..], "next prod"),
        (&["prod", &d, "next"], "prod d next"),
        (&["old"], "old"),
        // One row for each digest, at its first place.
        (&["next", "prod", &b, &c], "next prod"),
    ] {
        assert_eq!(web.shown(&named(ids)), expected, "{ids:?}");
    }
    // A filter that would leave them out is ignored, but must be one.
    let filter = |tag, status| DescribeImagesRequest { filter: Some(filtered(tag, status)), ..named(&["prod", "old"]) };
    assert_eq!(web.shown(&filter(Some("UNTAGGED"), Some("ACTIVATING"))), "prod old");
    assert!(web.shown(&filter(Some("tagged"), None)).starts_with("InvalidParameterException: "));
}

#[test]
fn the_first_image_that_is_not_there_is_named() {
    let web = web();
    let (c, f) = (digest('c'), digest('f'));
    let missing = |digest: &str, tag: &str| {
        format!(
            "ImageNotFoundException: The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist within \
             the repository with name 'shop/web' in the registry with id '{ACCOUNT}'"
        )
    };
    assert_eq!(web.shown(&named(&["prod", "gone", "lost"])), missing("null", "gone"));
    assert_eq!(web.shown(&named(&[&f, "gone"])), missing(&f, "null"));
    assert_eq!(web.shown(&named(&["elsewhere"])), missing("null", "elsewhere"));
    // Both halves of an id hold for one image.
    assert_eq!(web.shown(&named(&[&format!("{c}=prod")])), "prod");
    assert_eq!(web.shown(&named(&[&format!("{c}=next")])), missing(&c, "next"));
}

#[test]
fn of_a_digest_that_comes_twice_the_last_is_found_by_name() {
    let registry = Registry::of(&[
        tagged("shop/web", 'a', "first"),
        tagged("shop/web", 'b', "between"),
        tagged("shop/web", 'a', "second"),
        tagged("shop/web", 'b', "between"),
    ]);
    assert_eq!(registry.shown(&of("shop/web")), "first between second");
    assert_eq!(registry.shown(&named(&[&digest('a')])), "second");
}

#[test]
fn limits_patterns_and_enumerations_are_told_as_the_service_tells_them() {
    let web = web();
    let many = vec!["prod"; 101];
    let (long, longest) = ("t".repeat(301), "t".repeat(300));
    let most = |max_results| DescribeImagesRequest { max_results: Some(max_results), ..of("shop/web") };
    let filter = |tag, status| DescribeImagesRequest { filter: Some(filtered(tag, status)), ..of("shop/web") };
    let registry = |id: &str| DescribeImagesRequest { registry_id: Some(id.to_owned()), ..of("shop/web") };
    let token = |request| DescribeImagesRequest { next_token: Some("t".to_owned()), ..request };
    let digest_pattern = "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'";
    for (request, parameter, constraint) in [
        (most(0), "maxResults", "Member must have value greater than or equal to 1"),
        (most(1001), "maxResults", "Member must have value less than or equal to 1000"),
        (named(&[]), "imageIds", "Member must have length greater than or equal to 1"),
        (named(&many), "imageIds", "Member must have length less than or equal to 100"),
        (named(&[&long]), "imageTag", "Member must have length less than or equal to 300"),
        (named(&["a b"]), "imageTag", "must satisfy regular expression '[a-zA-Z0-9-_.]+'"),
        (named(&["sha256:xyz"]), "imageDigest", digest_pattern),
        (named(&[":aa"]), "imageDigest", digest_pattern),
        (filter(Some("x"), None), "filter.tagStatus", "Member must satisfy enum value set: [TAGGED, UNTAGGED, ANY]"),
        (
            filter(None, Some("x")),
            "filter.imageStatus",
            "Member must satisfy enum value set: [ACTIVE, ARCHIVED, ACTIVATING, ANY]",
        ),
        (registry("12345"), "registryId", "must satisfy regular expression [0-9]{12}"),
        (of("x"), "repositoryName", "Member must have length greater than or equal to 2"),
        (of(&"x".repeat(257)), "repositoryName", "Member must have length less than or equal to 256"),
        // The words of these are ours.
        (token(named(&["prod"])), "imageIds", "may not be given with maxResults or nextToken"),
        (
            DescribeImagesRequest { max_results: Some(5), ..named(&["prod"]) },
            "imageIds",
            "may not be given with maxResults or nextToken",
        ),
        (token(of("shop/web")), "nextToken", "must be the token of a page of this repository, filter and snapshot"),
    ] {
        let expected = format!(
            "InvalidParameterException: Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'"
        );
        assert_eq!(web.shown(&request), expected);
    }
    assert!(web.shown(&named(&[&longest])).starts_with("ImageNotFoundException: "));
    let list = ListImagesRequest { max_results: Some(1001), ..ListImagesRequest::default() };
    let refusal = web.ecr(None).list_images(&list).expect_err("a refusal");
    assert_eq!(refusal, web.details(&most(1001)).expect_err("a refusal"));
}

#[test]
fn a_repository_that_is_not_there_is_told_with_its_registry() {
    let web = web();
    let missing = |name: &str, registry: &str| {
        format!(
            "RepositoryNotFoundException: The repository with name '{name}' does not exist in the registry with id \
             '{registry}'"
        )
    };
    assert_eq!(web.shown(&of("shop/none")), missing("shop/none", ACCOUNT));
    let elsewhere = DescribeImagesRequest { registry_id: Some("210987654321".to_owned()), ..of("shop/web") };
    assert_eq!(web.shown(&elsewhere), missing("shop/web", "210987654321"));
}

#[test]
fn names_that_the_service_would_refuse_are_answered_where_a_listing_has_them() {
    let odd = |name: &str| detail(name, 'a', "").replace(ACCOUNT, "12345");
    let registry = Registry::of(&[odd("Shop/Web"), odd("x")]);
    for name in ["Shop/Web", "x"] {
        assert_eq!(registry.shown(&of(name)), "a");
        let request = DescribeImagesRequest { registry_id: Some("12345".to_owned()), ..of(name) };
        assert_eq!(registry.shown(&request), "a");
    }
    assert!(registry.shown(&of("Shop/Api")).contains("'repositoryName' failed to satisfy constraint"));
}

#[test]
fn a_name_in_several_registries_or_regions_needs_a_choice() {
    let here = [tagged("shop/web", 'a', "here"), tagged("only/here", 'c', "one")];
    let there = [tagged("shop/web", 'b', "there")];
    let other = [tagged("shop/web", 'd', "other").replace(ACCOUNT, "210987654321")];
    let regions = Registry::of_regions(&[("eu-west-1", &here), ("us-east-1", &there)]);
    assert_eq!(
        regions.shown(&of("shop/web")),
        "InvalidParameterException: The repository with name 'shop/web' is in more than one registry of this snapshot: \
         123456789012 in eu-west-1, 123456789012 in us-east-1"
    );
    assert_eq!(regions.shown_in("us-east-1", &of("shop/web")), "there");
    assert_eq!(regions.shown_in("eu-west-1", &of("shop/web")), "here");
    // A label narrows only where some repository carries it.
    assert_eq!(regions.shown_in("ap-south-1", &of("only/here")), "one");
    let registries = Registry::of_regions(&[("", &here), ("", &other)]);
    assert!(registries.shown(&of("shop/web")).contains("more than one registry"));
    let chosen = DescribeImagesRequest { registry_id: Some("210987654321".to_owned()), ..of("shop/web") };
    assert_eq!(registries.shown(&chosen), "other");
}

#[test]
fn members_that_the_model_lacks_come_last_in_their_own_order() {
    let members = r#""zeta": {"b": 1, "a": [null, 1.5]}, "imageTags": ["t"], "alpha": 12345678901234567890,
        "imageScanStatus": {"engine": "next", "status": "COMPLETE"}, "imageSizeInBytes": 7"#;
    let registry = Registry::of(&[detail("shop/web", 'a', members)]);
    let details = registry.details(&of("shop/web")).expect("an answer");
    let expected = detail(
        "shop/web",
        'a',
        r#""imageTags": ["t"], "imageSizeInBytes": 7, "imageScanStatus": {"status": "COMPLETE", "engine": "next"}, "zeta": {"b": 1, "a": [null, 1.5]}, "alpha": 12345678901234567890"#,
    );
    assert_eq!(json::to_compact(&details[0]), expected);
}
