//! Captures that asked for a part of the images only: what `report` and `images` may not take for known.

use serde_json::{Value, json};

use super::session::Session;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A detail with a digest of one repeated number.
fn image(repository: &str, number: u8, more: &Value) -> Value {
    let digest = format!("sha256:{}", format!("{number:02x}").repeat(32));
    let mut detail = json!({
        "registryId": "123456789012", "repositoryName": repository, "imageDigest": digest, "imageSizeInBytes": 1000,
        "imagePushedAt": "2026-01-01T00:00:00Z",
    });
    if let (Value::Object(detail), Value::Object(more)) = (&mut detail, more) {
        detail.extend(more.clone());
    }
    detail
}

/// Take the images in as a capture of that day with that filter.
fn capture(session: &Session, day: u8, filter: &str, images: &[Value]) {
    let page = format!("{day}-{filter}.json");
    session.write(&page, json!({ "imageDetails": images }).to_string());
    let line = format!("ingest {page} --snapshot d{day} --captured-at 2026-03-0{day} --capture-filter {filter}");
    let ran = session.quietly(&line);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
}

fn report(session: &Session, options: &str) -> Value {
    let ran = session.quietly(&format!("report --format json {options}"));
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

/// An index with its platforms, and `prod`, which moves while only untagged images are captured.
fn untagged_between() -> Session {
    let session = Session::empty();
    let index = |tags: Value| image("shop/web", 1, &json!({ "imageManifestMediaType": INDEX, "imageTags": tags }));
    let platforms = [image("shop/web", 2, &json!({})), image("shop/web", 3, &json!({}))];
    let other = |tags: Value| image("shop/web", 4, &json!({ "imageTags": tags }));
    let all = |first: Value, second: Value| [vec![first, second], platforms.to_vec()].concat();
    capture(&session, 1, "imageStatus=ANY", &all(index(json!(["v1", "prod"])), other(json!(["v2"]))));
    capture(&session, 2, "tagStatus=UNTAGGED,imageStatus=ANY", &platforms);
    capture(&session, 3, "imageStatus=ANY", &all(index(json!(["v1"])), other(json!(["v2", "prod"]))));
    session
}

/// The index that needs them is tagged, so a capture of untagged images does not show it.
#[test]
fn platforms_of_an_index_that_was_not_asked_for_are_no_candidates() {
    let figures = report(&untagged_between(), "--until d2");
    let (cleanup, repository) = (&figures["cleanup"], &figures["repositories"][0]);
    assert_eq!(cleanup["untaggedAlone"]["images"], 0, "{cleanup}");
    assert_eq!(cleanup["untaggedBesideIndex"]["images"], 2, "{cleanup}");
    assert_eq!(repository["untaggedAlone"]["images"], 0, "{repository}");
    // What was not asked for did not shrink either.
    assert_eq!(repository["complete"], true);
    assert_eq!((&repository["imagesGrown"], &repository["bytesGrown"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_tag_moved_behind_a_capture_that_shows_no_tags() {
    let session = untagged_between();
    let figures = report(&session, "");
    let tags = figures["moves"]["tags"].as_array().expect("a list");
    let found: Vec<_> = tags.iter().map(|tag| (&tag["imageTag"], &tag["after"], &tag["by"])).collect();
    assert_eq!(found, [(&json!("prod"), &json!("d1"), &json!("d3"))]);
    assert_eq!(figures["repositories"][0]["imagesGrown"], 0);
    // `history` has the same bounds.
    let line = "history --repository-name shop/web --image-tag prod --output json";
    let history: Value = serde_json::from_str(&session.quietly(line).stdout).expect("JSON");
    let second = &history["spans"][1];
    assert_eq!((&second["beganAfter"]["name"], &second["firstSeen"]["name"]), (&json!("d1"), &json!("d3")));
}

/// That one repository shows archived images says nothing of another whose filter left them out.
#[test]
fn a_filter_that_is_recorded_says_more_than_another_repository() {
    let session = Session::empty();
    let archived = json!({ "imageStatus": "ARCHIVED" });
    capture(&session, 1, "imageStatus=ANY", &[image("shop/api", 1, &archived)]);
    capture(&session, 1, "imageStatus=ACTIVE", &[image("shop/web", 2, &json!({}))]);
    assert_eq!(report(&session, "")["snapshots"][0]["seesArchived"], "no");
    assert_eq!(report(&session, "--repository-name shop/api")["snapshots"][0]["seesArchived"], "yes");
}

#[test]
fn a_capture_of_archived_images_is_one_of_a_part() {
    let session = Session::empty();
    capture(&session, 1, "imageStatus=ARCHIVED", &[image("shop/api", 1, &json!({ "imageStatus": "ARCHIVED" }))]);
    assert_eq!(report(&session, "")["snapshots"][0]["partByStatus"], true);
    let page = session.quietly("report --format markdown").stdout;
    assert!(page.contains("only some of the images, by their status (imageStatus=ARCHIVED)"), "{page}");
    assert!(page.contains("Captures that may not have seen everything"), "{page}");
}

#[test]
fn a_search_says_what_the_filter_left_out() {
    let mut session = untagged_between();
    for line in [
        "--snapshot d1 --count",
        "--snapshot d2 --count",
        "--snapshot d2 --tagged --count",
        "--snapshot d2 --untagged --count",
        "--snapshot d2 --image-tag prod --count",
    ] {
        session.run_unchanged(&format!("images {line}"));
    }
    let plain = image("shop/web", 5, &json!({ "imageTags": ["v3"] }));
    capture(&session, 4, "tagStatus=TAGGED,imageStatus=ANY", std::slice::from_ref(&plain));
    let archived = image("shop/api", 6, &json!({ "imageStatus": "ARCHIVED", "imageTags": ["v3"] }));
    capture(&session, 5, "imageStatus=ARCHIVED", &[archived]);
    for line in [
        "--snapshot d4 --count",
        "--snapshot d4 --tagged --count",
        "--snapshot d4 --image-tag v* --count",
        "--snapshot d5 --count",
        "--snapshot d5 --image-status archived --count",
        "--snapshot d5 --image-status active --count",
    ] {
        session.run_unchanged(&format!("images {line}"));
    }
    // There was no archive yet that such a capture could have missed.
    session.write("old.json", json!({ "imageDetails": [plain] }).to_string());
    session.quietly("ingest old.json --snapshot old --captured-at 2025-03-01 --capture-filter imageStatus=ACTIVE");
    session.run_unchanged("images --snapshot old --count");
    session.golden("images-part");
}
