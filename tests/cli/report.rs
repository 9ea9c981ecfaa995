//! `report`: the figures over the samples' three dates, and the page with hostile data and in a browser.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use scraper::{ElementRef, Html, Selector};

use super::session::Session;

#[test]
fn markdown() {
    let mut session = Session::with_three_dates();
    session.run("report --format markdown");
    session.golden("report-markdown");
}

#[test]
fn json() {
    let mut session = Session::with_three_dates();
    session.run("report --format json --title March");
    session.golden("report-json");
}

#[test]
fn csv() {
    let mut session = Session::with_three_dates();
    session.run("report --format csv --repository-name shop/a* --repository-name tools/*");
    session.golden("report-csv");
}

/// One snapshot has no trends and no changes; the middle one stopped early.
#[test]
fn one_snapshot() {
    let mut session = Session::with_three_dates();
    session.run("report --format markdown --snapshot latest~1 --stale-after 30d --quota-images 10");
    session.golden("report-one-snapshot");
}

#[test]
fn spans() {
    let mut session = Session::with_three_dates();
    session.run("report --format markdown --since 2026-03-08 --repository-name shop/web --out march.md");
    session.run("report --format csv --repository-name no/such");
    session.run("report --format markdown --until 2026-03-01 --repository-name no/such");
    session.run("report --since latest --until latest~1");
    session.run("report --snapshot latest --since latest~1");
    session.run("report --snapshot nope");
    session.run("report --stale-after soon");
    session.run("report --out no/such/folder.html");
    session.golden("report-spans");
    let written = fs::read_to_string(session.path("march.md")).expect("a report");
    assert!(written.contains("the first of 2"), "{written}");
}

#[test]
fn an_empty_database() {
    let mut session = Session::empty();
    session.run("report");
    session.golden("report-no-database");
}

#[test]
fn the_same_database_gives_the_same_bytes() {
    let session = Session::with_three_dates();
    let first = session.quietly("report");
    assert_eq!(first.status, Some(0), "{}", first.stderr);
    assert_eq!(first.stdout, session.quietly("report").stdout);
    session.quietly("report --out report.html");
    assert_eq!(first.stdout, fs::read_to_string(session.path("report.html")).expect("a report"));
}

/// A failure leaves the old report, and nothing next to it.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_report() {
    let session = Session::with_three_dates();
    session.write("report.html", "the old one");
    // The limit counts blocks of 512 or 1024 bytes; the report has more than 8 of either.
    let folder = session.path("");
    let script = format!("cd {}; trap '' XFSZ; ulimit -f 8; ecrsnap report --out report.html", folder.display());
    let ran = session.shell(&script);
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot write report.html: File too large"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(session.path("report.html")).expect("a report"), "the old one");
    let left = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().contains("tmp")));
}

/// A terminal gets a hint instead of HTML, but the formats for people.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_no_html() {
    let session = Session::with_three_dates();
    let folder = session.path("");
    let on_a_terminal =
        |line: &str| session.shell(&format!("cd {}; script -qec '{line}' /dev/null </dev/null", folder.display()));
    let ran = on_a_terminal("ecrsnap report");
    assert_eq!(ran.status, Some(2), "{}", ran.stdout);
    assert!(ran.stdout.contains("--out report.html") && !ran.stdout.contains("<html"), "{}", ran.stdout);
    let ran = on_a_terminal("ecrsnap report --format markdown");
    assert_eq!(ran.status, Some(0), "{}", ran.stdout);
    assert!(ran.stdout.contains("# Container images"), "{}", ran.stdout);
}

/// Two registries and two regions: subtotals, and every repository named with its own.
#[test]
fn several_registries_and_regions() {
    let session = Session::empty();
    for (registry, region) in [("111111111111", "eu-west-1"), ("111111111111", "us-east-1"), ("222222222222", "")] {
        let label = if region.is_empty() { String::new() } else { format!(" --region {region}") };
        let digest = format!("sha256:{:0>64}", registry.len() + region.len());
        let image = serde_json::json!({
            "registryId": registry, "repositoryName": "app", "imageDigest": digest, "imageSizeInBytes": 5,
            "imageScanFindingsSummary": {"findingSeverityCounts": {"UNTRIAGED": 24, "LOW": 1}},
        });
        let open = if region == "us-east-1" { serde_json::json!("more") } else { serde_json::Value::Null };
        session.write("page.json", serde_json::json!({"imageDetails": [image], "nextToken": open}).to_string());
        let ran = session.quietly(&format!("ingest page.json --snapshot one --captured-at 2026-03-01{label}"));
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    }
    let json: serde_json::Value = serde_json::from_str(&session.quietly("report --format json").stdout).expect("JSON");
    let groups = json["groups"].as_array().expect("groups");
    assert_eq!(groups.len(), 3);
    let of = |member: &str| groups.iter().map(|group| group[member].clone()).collect::<Vec<_>>();
    assert_eq!(of("region"), [serde_json::json!("eu-west-1"), serde_json::json!("us-east-1"), serde_json::Value::Null]);
    assert_eq!(of("incomplete"), [0, 1, 0]);
    assert_eq!(groups[0]["findings"]["undefined"], 24);
    assert_eq!(json["snapshots"][0]["findings"]["undefined"], 72);
    let text = session.quietly("report --format markdown").stdout;
    for said in ["By registry and region", "app (111111111111, us-east-1) (stopped early)", "app (222222222222)"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(text.contains("The capture stopped early in app (111111111111, us-east-1):"), "{text}");
}

#[test]
fn openmetrics() {
    let mut session = Session::with_three_dates();
    session.run("report --format openmetrics");
    session.golden("report-openmetrics");
}

/// What the page promises to everybody, whatever is in it.
fn check(html: &str) -> Html {
    let page = Html::parse_document(html);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    let all = |selector: &str| -> Vec<ElementRef<'_>> {
        page.select(&Selector::parse(selector).expect("a selector")).collect()
    };
    // One style, one script, both this program's; nothing that loads, runs or submits.
    let text = |element: &ElementRef<'_>| element.text().collect::<String>();
    let template = |name: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(name)).expect("a template")
    };
    assert_eq!(all("script").iter().map(text).collect::<Vec<_>>(), [template("report.js")]);
    assert_eq!(all("style").iter().map(text).collect::<Vec<_>>(), [template("report.css")]);
    let loading = "img, iframe, object, embed, form, input, base, audio, video, image, use, foreignObject, template";
    assert!(all(loading).is_empty());
    assert!(
        all("meta[http-equiv]")[0].value().attr("content").is_some_and(|policy| policy.contains("default-src 'none'"))
    );
    let mut ids = HashSet::new();
    for element in all("*") {
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on") && name != "src" && name != "style", "{name}={value}");
            if name.ends_with("href") {
                assert!(value == "data:," || value.starts_with('#'), "{value}");
            }
            if name == "id" {
                assert!(ids.insert(value.to_owned()), "{value} twice");
            }
        }
    }
    for element in all("[aria-labelledby]") {
        for id in element.value().attr("aria-labelledby").unwrap_or_default().split(' ') {
            assert!(ids.contains(id), "no {id}");
        }
    }
    for chart in all("svg.chart") {
        // Its own; the values of each instant are deeper.
        let own = |name: &str| chart.child_elements().filter(|child| child.value().name() == name).count();
        assert_eq!((own("title"), own("desc")), (1, 1), "{}", chart.html());
    }
    for link in all("a") {
        let target = link.value().attr("href").unwrap_or_default();
        assert!(ids.contains(target.trim_start_matches('#')), "no {target}");
    }
    for table in all("table") {
        let of = |selector: &str| table.select(&Selector::parse(selector).expect("a selector")).count();
        assert_eq!(of("tbody tr"), of("tbody tr[id]"));
        assert_eq!(of("th"), of("th[scope]"));
        assert_eq!(of("tbody tr"), of("tbody th[scope=row]"));
    }
    page
}

#[test]
fn the_page_is_sound() {
    let session = Session::with_three_dates();
    let page = check(&session.quietly("report").stdout);
    let text: String = page.root_element().text().collect();
    for said in ["Tags that moved", "shop/web", "the first of 3", "Changes by month", "−1", "no pull recorded"] {
        assert!(text.contains(said), "{said}");
    }
    check(&session.quietly("report --snapshot 2026-03-08").stdout);
    check(&session.quietly("report --repository-name no/such").stdout);
}

/// Every text that a page can bring along, made to break out of wherever it might be put.
const HOSTILE: [&str; 6] = [
    "</script><script>alert(1)</script>",
    "\"onmouseover=\"alert(1)",
    "'><img/src=x/onerror=alert(1)>",
    "<svg/onload=alert(1)>{{7*7}}{%raw%}",
    "--></style></title><iframe/src=javascript:alert(1)>",
    "\u{202e}&lt;b&gt;|`*[a](javascript:alert(1))",
];

/// Two dates of a registry that has nothing else.
fn with_hostile_data() -> Session {
    let session = Session::empty();
    for (day, snapshot) in HOSTILE.iter().enumerate().take(2) {
        let details: Vec<serde_json::Value> = HOSTILE
            .iter()
            .enumerate()
            .map(|(number, text)| {
                serde_json::json!({
                    "registryId": text, "repositoryName": text, "imageDigest": format!("{text}{}", (number + day) % 6),
                    "imageTags": [text, format!("{text} {number}")], "imageSizeInBytes": 1000 + number,
                    "imagePushedAt": 1_600_000_000 + number, "artifactMediaType": text, "imageManifestMediaType": text,
                    "imageStatus": text, "imageScanStatus": {"status": text, "description": text},
                    "imageScanFindingsSummary": {"findingSeverityCounts": {"CRITICAL": 1, (*text): 2}},
                })
            })
            .collect();
        session.write("page.json", serde_json::json!({"imageDetails": details, "nextToken": HOSTILE[0]}).to_string());
        let line = format!(
            "ingest page.json --snapshot {snapshot} --region {} --captured-at 2026-03-0{}",
            HOSTILE[1],
            day + 1
        );
        let ran = session.quietly(&line);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    }
    session
}

#[test]
fn hostile_text_stays_text() {
    let session = with_hostile_data();
    let ran = session.quietly(&format!("report --title={}", HOSTILE[4]));
    let page = check(&ran.stdout);
    let text: String = page.root_element().text().collect();
    for hostile in HOSTILE {
        assert!(text.contains(&hostile.replace('\u{202e}', "\\u{202e}")), "{hostile}");
    }
    let title = page.select(&Selector::parse("title").expect("a selector")).next().expect("a title");
    assert_eq!(title.text().collect::<String>(), HOSTILE[4]);

    let json: serde_json::Value = serde_json::from_str(&session.quietly("report --format json").stdout).expect("JSON");
    assert_eq!(json["repositories"].as_array().map(Vec::len), Some(6));
    assert_eq!(json["moves"]["times"], 12);
    let markdown = session.quietly("report --format markdown").stdout;
    assert!(
        !markdown.replace("\\<", "").contains("<script") && !markdown.replace("\\]", "").contains("](javascript"),
        "{markdown}"
    );
}

/// Three dates of a registry with two regions, 60 repositories and moving tags, so that tables have pages.
fn with_many_images() -> Session {
    let session = Session::empty();
    for day in 0..3 {
        for region in ["eu-west-1", "us-east-1"] {
            let mut details = Vec::new();
            for repository in 0..30 {
                for number in 0..4 + day {
                    let digest = format!("sha256:{repository:032x}{number:030x}{:02x}", region.len());
                    let at = 1_740_000_000 + 2_000_000 * number + repository;
                    let mut tags = vec![format!("1.{repository}.{number}")];
                    tags.extend((number == day).then(|| "latest".to_owned()));
                    // A release tag that moves.
                    tags.extend((number == day && repository < 9).then(|| "v2.0.0".to_owned()));
                    details.push(serde_json::json!({
                        "registryId": "123456789012", "repositoryName": format!("team-{}/service-{repository}", repository % 5),
                        "imageDigest": digest, "imageTags": tags, "imageSizeInBytes": 1_000_000 * (number + 1) + repository,
                        "imagePushedAt": at, "lastRecordedPullTime": at + 9,
                        "imageScanFindingsSummary": (number % 2 == 0).then(|| serde_json::json!({
                            "imageScanCompletedAt": at + 60, "findingSeverityCounts": {"HIGH": number, "UNTRIAGED": 1},
                        })),
                    }));
                }
            }
            session.write("page.json", serde_json::json!({"imageDetails": details}).to_string());
            let line =
                format!("ingest page.json --snapshot {day} --region {region} --captured-at 2026-0{}-01", day + 3);
            let ran = session.quietly(&line);
            assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        }
    }
    session
}

/// A real Chromium opens the pages; `scripts/install-browser.sh` installs it and its driver. `ECRSNAP_SHOTS`
/// names a folder for screenshots.
#[test]
#[ignore = "needs a browser: scripts/install-browser.sh"]
fn a_real_browser_opens_it() {
    let (samples, hostile, many) = (Session::with_three_dates(), with_hostile_data(), with_many_images());
    let mut pages = BTreeMap::new();
    for (name, session, line) in [
        ("samples", &samples, "report --out report.html".to_owned()),
        ("one-snapshot", &samples, "report --snapshot 2026-03-08 --out one.html".to_owned()),
        ("many", &many, "report --out many.html".to_owned()),
        ("hostile", &hostile, format!("report --title={} --out hostile.html", HOSTILE[4])),
    ] {
        assert_eq!(session.quietly(&line).status, Some(0));
        pages.insert(name, session.path(line.rsplit(' ').next().unwrap_or_default()));
    }
    let mut browser = Command::new("node");
    browser.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/browser.mjs"));
    if let Some(folder) = std::env::var_os("ECRSNAP_SHOTS") {
        browser.arg("--shots").arg(folder);
    }
    browser.args(pages.values());
    let output = browser.output().expect("node");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
