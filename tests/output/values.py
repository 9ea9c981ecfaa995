"""The values that record.py brings before the real formatters."""

ODD_TEXTS = [
    "", " ", "  ", "~", "null", "Null", "nULL", "true", "True", "FALSE", "yes", "No", "on", "y", "=", "==", "<<", "<",
    "0", "-0", "1", "+1", "-1_000", "_1", "1_", "-_", "08", "0o17", "0o8", "0b101", "0b2", "0xfF_", "0xg", "1.", "1.5",
    ".5", ".", "..", "...", "....", "-.5", "._", "1e5", "1e", "1E-5", "1_0.e+3", ".5e5", ".5e+5", ".inf", "-.Inf",
    "+.INF", ".nan", "-.nan", "12:30", "12:30:45", "1:2.5", "2020-01-02", "2020-1-2", "2020-01-02T03:04:05Z",
    "2020-1-2 3:04:05.5 +01:30", "2020-01-02T03:04", "2019-01-01T05:31:34+00:00", "20200102", "1.2.3", "v1.2.3",
    "-", "- ", "-a", "- a", "--", "---", "--- a", "---a", "?", "?a", "? a", "a?", ":", ":a", ": a", "a:", "a: b", "a:b",
    "a::b", "#", "#a", "a#b", "a #b", "a# b", ",", "a,b", "[a", "a]", "{a", "a}", "&a", "a&", "*", "*a", "!a", "!", "|",
    "|a", ">a", "%a", "a%", "@a", "a@b", "`a", "'", "''", "it's", "'quoted'", '"', '"quoted"', 'say "x"', "\\", "a\\b",
    "C:\\x", "a ", " a", "\ta", "a\t", "a\tb", "\n", "\n\n", "a\n", "\na", "a\nb", "a\n\nb", "a\n\n", "a \nb", "a\n b",
    "a: b\nc", "it's\nit's", "\r", "a\r\nb", "\0", "-\0", "a\0", "\a\b\f\v\x1b", "\x01\x1f", "\x7f", "\x80\x9f", "\x85",
    "a\x85b", "\xa0", "a\xa0b", "\xad", "\u2028", "a\u2028b", "\u2029", " \u2028", "\u200b", "\ufeff", "a\ufeff",
    "\ufffd", "\ufffe", "\uffff", "\ue000", "\ud7ff", "é", "e\u0301", "日本語", "ｱ", "Ａ", "…", "±", "☃", "😀", "a😀b",
    "👨‍👩‍👧", "\U000e0001", "\U0010ffff", "x" * 200,
    "word " * 30, "word " * 30 + "word", "two  spaces  here  " * 8, "it's " * 30, "tab\there " * 15, 'quote" ' * 20,
    "日本 " * 40, "😀 " * 30, "a" * 77 + " bb cc", "a" * 78 + " bb", "a" * 79 + "  bb", "\x01" + "a" * 77 + "  bb  cc",
    ("line of some length " * 3 + "\n") * 3, "first\n" + "word " * 30 + "end",
]  # fmt: skip

KEYS = ["", "1", "true", "null", "a b", "a: b", "a\nb", "é", "日本", "😀", " lead", "- x", "k" * 128, "k" * 129,
        "é" * 64, "é" * 65, "word " * 20, "\t", "2020-01-02", "Z", "a", "_"]  # fmt: skip

NESTED = {
    "b": [1, 2, {"c": None, "z": [], "m": {}, "list": [[1, [2, 3]], []]}],
    "a": {"deep": {"deeper": {"deepest": ["x", {"y": "z"}]}}},
    "empty": {},
    "none": [],
    "flat": [[1, 2], [3, 4]],
    "text": "t",
}

DETAILS = [
    {"imageTags": ["v1", "latest"], "imageDigest": "sha256:aa", "size": 12, "counts": {"LOW": 1, "HIGH": 2}},
    {"imageDigest": "sha256:bb", "size": None},
    {"imageTags": ["日本"], "imageDigest": "é", "pushed": 1546320694.0, "counts": {}},
]

HAND_PICKED = [
    ("null", None),
    ("true", True),
    ("false", False),
    ("zero", 0),
    ("an integer", -5),
    ("a big integer", 10**30),
    ("a float", 1546320694.0),
    ("zero as a float", 0.0),
    ("an empty string", ""),
    ("a string", 'té "x"\n\t\x01 😀'),
    ("a string that looks like a number", "1"),
    ("an empty list", []),
    ("an empty object", {}),
    ("a list of an empty list", [[]]),
    ("a list of an empty object", [{}]),
    ("a list of null", [None]),
    ("nothing at all", [[], {}, "", None]),
    ("empty members", {"a": {}, "b": [], "c": "", "d": None}),
    ("one member", {"a": 1}),
    ("one nested member", {"a": [1]}),
    ("numbers", [1, -1, 2**63, 2**64, -(2**63) - 1, 1.5, -0.0, 0.1, 1e15, 1e16, 1e22, 1e-4, 1e-5, 5e-324, 1.7e308,
                 811684792573659.25, 1700000000.123456]),  # fmt: skip
    ("words", [None, True, False]),
    ("a list of lists", [[1, 2], [3, 4]]),
    ("lists of unequal length", [[1, 2], [3]]),
    ("a scalar and a list", [1, [2], "x", [3, 4]]),
    ("lists of lists of lists", [[[1, 2], [3]], [[4]]]),
    ("lists of objects", [[{"a": 1, "b": [2]}, {"a": 3, "b": [4]}], [{"a": 5}]]),
    ("an object after a list", [[1], {"a": 2}]),
    ("objects after a row", [[[1, 2], {"a": 1}]]),
    ("an object wider than the rows", [[[1], [{"a": 1, "b": 2, "c": 3}]]]),
    ("an object after a scalar", [1, {"a": 2}]),
    ("a scalar after an object", [{"a": 1}, 2]),
    ("a string after an object", [{"a": 1}, "x"]),
    ("an empty string after an object", [{"a": 1}, ""]),
    ("a list after an object", [{"a": 1}, ["x"]]),
    ("an empty list after an object without columns", [{"a": []}, []]),
    ("null after an object", [{"a": 1}, None]),
    ("a member that is a scalar here and a list there", [{"a": 1, "b": 2}, {"a": ["it's", None, {"k": 'a"b'}], "b": 3}]),
    ("objects without scalars", [{"a": [1]}, {"b": [2]}]),
    ("objects with different members", [{"a": 1}, {"b": 2}, {"c": [3]}]),
    ("details", {"imageDetails": DETAILS}),
    ("a list of details", DETAILS),
    ("a projection", [["sha256:aa", "v1"], ["sha256:bb", None]]),
    ("nested", NESTED),
    ("a list around nested", [NESTED, NESTED["a"]]),
    ("odd keys", {key: index for index, key in enumerate(KEYS)}),
    ("odd keys of lists", {key: [index, [key]] for index, key in enumerate(KEYS)}),
    ("odd keys of objects", [{key: {key: index}} for index, key in enumerate(KEYS)]),
    ("odd texts", ODD_TEXTS),
    ("odd texts in members", {f"k{index}": text for index, text in enumerate(ODD_TEXTS)}),
    ("odd texts deep inside", {"a": {"b": [{"c": {"d": ODD_TEXTS[150:]}}]}}),
    ("wide characters", {"日本": "±…☃", "e\u0301": ["ｱ", "Ａ", "😀"], "z": {"é": 1, "ë": 2}}),
    ("a newline in a table", {"a": "x\ny", "b": ["p\nq"]}),
    ("twelve columns", {f"column{n}": f"value number {n}" for n in range(12)}),
    ("a deep list", [[[[[[[[[["deep"]]]]]]]]]]),
]

WIDTHS = [20, 40, 100, 140, 300]

COLOURED = [
    ("colours of rows", {"a": 1, "b": "é", "c": [1, 2], "d": {"x": {"y": [["p", "q"]]}}}),
    ("colours of a title", "x"),
    ("colours of nothing", []),
]

FULL_PAGE = {
    "imageDetails": [
        {
            "registryId": "123456789012",
            "repositoryName": "team/app",
            "imageDigest": "sha256:" + "0a" * 32,
            "imageTags": ["v1.2.3", "latest", "1e5", "2024-01-01"],
            "imageSizeInBytes": 45678901,
            "imagePushedAt": 1546320694.0,
            "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed: é, 日本."},
            "imageScanFindingsSummary": {
                "imageScanCompletedAt": 1700000000.123456,
                "vulnerabilitySourceUpdatedAt": 1700000000.5,
                "findingSeverityCounts": {"HIGH": 2, "CRITICAL": 1, "LOW": 30},
            },
            "imageManifestMediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "artifactMediaType": "application/vnd.docker.container.image.v1+json",
            "lastRecordedPullTime": 1700000000.0,
            "imageStatus": "ACTIVE",
        },
        {
            "registryId": "123456789012",
            "repositoryName": "team/app",
            "imageDigest": "sha256:" + "0b" * 32,
            "imageSizeInBytes": 0,
            "imagePushedAt": 1600000000.25,
        },
    ]
}


def random_cases(r):
    """Tuples (format, name, value, columns), always the same ones for the same seed."""
    for n in range(6):
        yield "yaml", f"random texts {n}", [random_text(r) for _ in range(100)], 80
    for n in range(6):
        yield "yaml", f"random members {n}", {random_text(r): random_text(r) for _ in range(40)}, 80
    for output, count in (("yaml", 10), ("yaml-stream", 4), ("json", 4), ("text", 20), ("table", 50)):
        for n in range(count):
            columns = r.choice([20, 40, 80, 120, 200]) if output == "table" else 80
            yield output, f"random {output} {n}", random_value(r, 4), columns


PIECES = ["a", "b", "é", "日", "😀", " ", "  ", "\n", "\t", ":", ": ", "#", " #", "-", "- ", "?", "'", '"', "\\", "\0",
          "\x1f", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\uffff", "\ue000", "\r", "0", "1", "_", ".", "e", "+",
          "true", "null", "~", "2020-01-02", "{", "}", "[", "]", ",", "&", "*", "!", "|", ">", "%", "@", "`", "=", "<",
          "word ", "longer-word", "\u0301", "Ａ"]  # fmt: skip
TAGS = ["", "1", "-5", "1.5", "1e5", "true", "team/app", "v1.2.3", "sha256:" + "ab" * 32, "latest"]
PROSE = ["word", "a", "it's", " ", "  ", ' "q" ', "日本語", "😀", "longer-than-that", "x\n", ".", ","]


def random_text(r):
    kind = r.random()
    if kind < 0.15:
        return r.choice(TAGS)
    if kind < 0.55:
        return "".join(r.choice(PIECES) for _ in range(r.randint(1, 6)))
    if kind < 0.75:
        return "".join(r.choice("0123456789_-+.:eExobTZ \t") for _ in range(r.randint(1, 12)))
    return "".join(r.choice(PROSE) + r.choice(["", " ", " ", " "]) for _ in range(r.randint(3, 40)))


def random_scalar(r):
    kind = r.random()
    if kind < 0.6:
        return random_text(r)
    if kind < 0.75:
        return r.choice([0, 1, -1, 123, 2**63, -(2**70)])
    if kind < 0.9:
        return r.choice([0.0, 1.5, 1e16, 1e-5, 1700000000.5, r.random() * 10 ** r.randint(-10, 20)])
    return r.choice([None, True, False])


def random_value(r, depth):
    kind = r.random() if depth < 4 else r.uniform(0.35, 1)
    if depth == 0 or kind < 0.35:
        return random_scalar(r)
    if kind < 0.5:
        return [random_scalar(r) for _ in range(r.randint(0, 4))]
    if kind < 0.6:
        return [random_value(r, depth - 1) for _ in range(r.randint(0, 4))]
    if kind < 0.8:
        # A list of objects that mostly agree about their members, as the details of a page do.
        scalar = {key: r.random() < 0.6 for key in r.sample("abcd", r.randint(1, 3))}
        return [
            {key: random_scalar(r) if scalar[key] else random_value(r, depth - 1) for key in scalar if r.random() < 0.8}
            for _ in range(r.randint(0, 4))
        ]
    return {r.choice("abcdefg"): random_value(r, depth - 1) for _ in range(r.randint(0, 5))}
