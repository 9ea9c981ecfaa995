//! Every form of a reference, and what a reference names.

use super::{ImageRefs, RefsError, Repository};
use crate::model::{Digest, steps};

const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const HOST: &str = "111111111111.dkr.ecr.eu-west-1.amazonaws.com";

/// `ACCOUNT/REGION NAME TAG DIGEST`, with `-` for what is absent and the last twelve digits of a digest.
fn shown(refs: &ImageRefs) -> Vec<String> {
    let short = |digest: &Digest| digest.to_string().chars().take(10).collect::<String>();
    refs.iter()
        .map(|it| {
            let registry = it.registry.as_ref().map_or("-".to_owned(), |it| format!("{}/{}", it.id, it.region));
            let text = |text: &Option<String>| text.clone().unwrap_or("-".to_owned());
            let digest = it.digest.as_ref().map_or("-".to_owned(), short);
            let running: Vec<_> = it.running.iter().map(|digest| format!(" runs {}", short(digest))).collect();
            format!("{registry} {} {} {digest}{}", text(&it.repository), text(&it.tag), running.concat())
        })
        .collect()
}

#[test]
fn a_line_in_every_form() {
    for (line, expected) in [
        (format!("{HOST}/shop/web:1.4.0"), Some("111111111111/eu-west-1 shop/web 1.4.0 -")),
        (format!("{HOST}/shop/web@{A}"), Some("111111111111/eu-west-1 shop/web - sha256:aaa")),
        (format!("{HOST}/shop/web:prod@{A}"), Some("111111111111/eu-west-1 shop/web prod sha256:aaa")),
        (format!("{HOST}/web"), Some("111111111111/eu-west-1 web - -")),
        (format!("docker-pullable://{HOST}/web@{A}"), Some("111111111111/eu-west-1 web - sha256:aaa")),
        (format!("  {HOST}/web:1\r"), Some("111111111111/eu-west-1 web 1 -")),
        (format!("\"{HOST}/web:1\","), Some("111111111111/eu-west-1 web 1 -")),
        (format!("pod-1  {HOST}/web:1  Running"), Some("111111111111/eu-west-1 web 1 -")),
        (format!("- image: {HOST}/web:1"), Some("111111111111/eu-west-1 web 1 -")),
        ("1.dkr.ecr.cn-north-1.amazonaws.com.cn/web:1".into(), Some("1/cn-north-1 web 1 -")),
        ("1.dkr.ecr-fips.us-east-1.amazonaws.com/web:1".into(), Some("1/us-east-1 web 1 -")),
        ("1.dkr-ecr.eu-west-1.on.aws/web:1".into(), Some("1/eu-west-1 web 1 -")),
        ("1.dkr-ecr-fips.us-east-1.on.aws/web:1".into(), Some("1/us-east-1 web 1 -")),
        (A.into(), Some("- - - sha256:aaa")),
        (A.to_uppercase().replace("SHA256", "sha256"), Some("- - - sha256:aaa")),
        ("sha256:fa1EXAMPLE".into(), Some("- - - sha256:fa1")),
        ("shop/web".into(), Some("- shop/web - -")),
        ("shop/web:1.4.0".into(), Some("- shop/web 1.4.0 -")),
        (format!("shop/web@{A}"), Some("- shop/web - sha256:aaa")),
        (format!("web:prod@{A}"), Some("- web prod sha256:aaa")),
        ("sha256:aaaaaaaaaaaa".into(), None),
        ("web@sha256:aaaaaaaaaaaa".into(), None),
        (format!("{A}0"), None),
        ("web:".into(), None),
        (":prod".into(), None),
        ("web@".into(), None),
        ("web@sha256:".into(), None),
        ("shop//web".into(), None),
        ("web:a:b".into(), None),
        ("two words".into(), None),
        (format!("{HOST}/"), None),
        ("=1+1".into(), None),
        ("\u{1b}[2J".into(), None),
    ] {
        let found = ImageRefs::parse(&line).ok().map(|refs| shown(&refs));
        assert_eq!(found, expected.map(|text| vec![text.to_owned()]), "{line}");
    }
}

#[test]
fn lines_keep_their_order_and_come_once() {
    let text = format!("# what runs\n\nb:1\n{HOST}/a:1\nb:1\ndocker-pullable://{HOST}/a:1\nb:2\n{A}\n{A}\n");
    let refs = ImageRefs::parse(&text).expect("references");
    let expected = ["- b 1 -", "111111111111/eu-west-1 a 1 -", "- b 2 -", "- - - sha256:aaa"];
    assert_eq!(shown(&refs), expected);
}

#[test]
fn other_registries_are_counted() {
    let refs = ImageRefs::parse("quay.io/a/b:1\npublic.ecr.aws/c:2\nlocalhost:5000/d\nquay.io/e\nweb:1").expect("text");
    assert_eq!(shown(&refs), ["- web 1 -"]);
    let others: Vec<_> = refs.other_registries().iter().map(|(host, count)| (host.as_str(), *count)).collect();
    assert_eq!(others, [("localhost:5000", 1), ("public.ecr.aws", 1), ("quay.io", 2)]);
}

#[test]
fn a_text_without_a_reference_is_an_error() {
    let line = |line, text: &str| Err(RefsError::Line { line, text: text.to_owned() });
    for (text, expected) in [
        ("", Err(RefsError::Empty)),
        ("\n# nothing\n", Err(RefsError::Empty)),
        ("{}", Err(RefsError::Empty)),
        ("{\"name\": \"shop/web:1\"}", Err(RefsError::Empty)),
        ("web:1\n\nIMAGE ID\n", line(3, "IMAGE ID")),
        ("quay.io/a:1", Ok(0)),
    ] {
        assert_eq!(ImageRefs::parse(text).map(|refs| refs.len()), expected, "{text}");
    }
    for text in ["{", "[\"a\"", "{\"image\": \"a\"} x", &"[".repeat(100_000)] {
        assert!(matches!(ImageRefs::parse(text), Err(RefsError::Json(_))), "{}", &text[..text.len().min(20)]);
    }
}

#[test]
fn kubernetes_pods() {
    let text = format!(
        r#"{{"kind": "List", "items": [{{"metadata": {{"name": "web-1", "labels": {{"app": "web"}}}},
            "spec": {{"containers": [{{"name": "web", "image": "{HOST}/shop/web:prod", "imagePullPolicy": "Always",
                "env": [{{"name": "SIDECAR", "value": "{HOST}/proxy:2"}}]}},
                {{"name": "log", "image": "docker.io/fluent/fluentd:1"}}, {{"name": "hub", "image": "nginx:1.25"}}]}},
            "status": {{"podIP": "10.0.0.1", "containerStatuses": [{{"image": "{HOST}/shop/web:prod",
                "imageID": "docker-pullable://{HOST}/shop/web@{A}", "containerID": "containerd://{}"}}]}}}}]}}"#,
        "0".repeat(64)
    );
    let refs = ImageRefs::parse(&text).expect("references");
    let expected = [
        "111111111111/eu-west-1 shop/web prod - runs sha256:aaa",
        "111111111111/eu-west-1 proxy 2 -",
        "- nginx 1.25 -",
        "111111111111/eu-west-1 shop/web - sha256:aaa",
    ];
    assert_eq!(shown(&refs), expected);
    assert_eq!(refs.other_registries().get("docker.io"), Some(&1));
}

#[test]
fn tasks_functions_and_containers() {
    let tasks = format!(
        r#"{{"tasks": [{{"containers": [{{"name": "a", "image": "{HOST}/a:1", "imageDigest": "{A}"}},
                                        {{"name": "a", "image": "{HOST}/a:1", "imageDigest": "{B}"}}]}}], "failures": []}}"#
    );
    let function = format!(
        r#"{{"Code": {{"RepositoryType": "ECR", "ImageUri": "{HOST}/f:1", "ResolvedImageUri": "{HOST}/f@{B}"}}}}"#
    );
    let containers =
        format!("{{\"ID\": \"4f\", \"Image\": \"{HOST}/a:1\"}}\n{{\"ID\": \"50\", \"Image\": \"shop/b:2\"}}\n");
    let page = format!(
        r#"{{"imageDetails": [{{"repositoryName": "shop/web", "imageDigest": "{A}", "imageTags": ["prod"],
        "subjectManifestDigest": "{B}"}}, {{"imageDigest": "sha256:abcEXAMPLE"}}]}}"#
    );
    for (text, expected) in [
        (
            tasks,
            vec![
                "111111111111/eu-west-1 a 1 - runs sha256:aaa runs sha256:bbb",
                "- - - sha256:aaa",
                "- - - sha256:bbb",
            ],
        ),
        (function, vec!["111111111111/eu-west-1 f 1 - runs sha256:bbb", "111111111111/eu-west-1 f - sha256:bbb"]),
        (containers, vec!["111111111111/eu-west-1 a 1 -", "- shop/b 2 -"]),
        (page, vec!["- - - sha256:aaa", "- - - sha256:abc"]),
        (format!(r#"["shop/web:1", "{A}"]"#), vec!["- shop/web 1 -", "- - - sha256:aaa"]),
        (format!("\u{feff}\"{A}\""), vec!["- - - sha256:aaa"]),
    ] {
        assert_eq!(shown(&ImageRefs::parse(&text).expect("references")), expected, "{text}");
    }
}

/// Many references to many tags of one repository, all in one registry: neither reading them nor asking costs more for
/// each if there are more.
#[test]
fn many_references_cost_in_step_with_their_number() {
    let here = Repository { registry_id: "111111111111", name: "web", region: "eu-west-1" };
    steps::assert_linear("references", 500, |size| {
        let lines: Vec<String> = (0..size).map(|number| format!("{HOST}/web:v{number}")).collect();
        let refs = ImageRefs::parse(&lines.join("\n")).expect("references");
        assert_eq!(refs.len(), size);
        for number in 0..size {
            assert!(refs.names(here, &Digest::parse(A), &[format!("v{number}")]));
        }
    });
}

#[test]
fn what_a_reference_names() {
    let text = format!("{HOST}/web:prod\n{HOST}/web:old@{A}\napi\n{B}");
    let refs = ImageRefs::parse(&text).expect("references");
    let here = Repository { registry_id: "111111111111", name: "web", region: "eu-west-1" };
    let c = "sha256:cc";
    for (repository, digest, tags, expected) in [
        (here, c, vec!["1", "prod"], true),
        (here, c, vec!["1"], false),
        (here, A, vec![], true),
        // The digest counts, and not the tag in front of it.
        (here, c, vec!["old"], false),
        (Repository { region: "", ..here }, c, vec!["prod"], true),
        (Repository { region: "us-east-1", ..here }, c, vec!["prod"], false),
        (Repository { registry_id: "222222222222", ..here }, c, vec!["prod"], false),
        (Repository { name: "api", registry_id: "2", region: "us-east-1" }, c, vec!["latest"], true),
        (Repository { name: "api", ..here }, c, vec!["prod"], false),
        (Repository { name: "other", ..here }, B, vec![], true),
        (Repository { name: "other", ..here }, A, vec![], false),
    ] {
        let tags: Vec<String> = tags.into_iter().map(str::to_owned).collect();
        assert_eq!(refs.names(repository, &Digest::parse(digest), &tags), expected, "{repository:?} {digest} {tags:?}");
    }
}
