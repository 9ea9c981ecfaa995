"""The argument lines: `lines/*.txt`, one a line as a shell would have it behind `aws`.

`v1:` or `v2:` before a line keeps it to that release line; assignments before `ecr` are variables of
the environment; `{token}` is the token that the line before printed. Paths are in `files/`.
"""

import dataclasses
import pathlib
import re
import shlex

HERE = pathlib.Path(__file__).parent
RELEASES = ("v1", "v2")
TOKEN = "{token}"

ASSIGNMENT = re.compile(r"([A-Z_]+)=(.*)", re.DOTALL)
PRINTED_TOKEN = re.compile(r"next_?token\W+([A-Za-z0-9+/=_-]{8,})", re.IGNORECASE)
FIRST_TOKEN = re.compile(r'\[\s*"([A-Za-z0-9+/=_-]{8,})"|\[\s*null,\s*"([A-Za-z0-9+/=_-]{8,})"')


@dataclasses.dataclass(frozen=True)
class Line:
    """One line for one release line."""

    group: str
    release: str
    text: str
    variables: dict
    words: list

    @property
    def wants_token(self):
        return TOKEN in self.words

    def with_token(self, token):
        return dataclasses.replace(self, words=[token if word == TOKEN else word for word in self.words])


def parse(group, text):
    """The lines that a line of a file stands for: one for each release line."""
    only, body = re.fullmatch(r"(?:(v[12]): )?(.*)", text).groups()
    words, variables = shlex.split(body), {}
    while match := ASSIGNMENT.fullmatch(words[0]):
        variables[match[1]] = match[2]
        words = words[1:]
    return [Line(group, release, text, variables, words) for release in RELEASES if only in (None, release)]


def chains():
    """All lines, in lists: a line that wants a token stands behind the one that prints it."""
    chains = []
    for path in sorted((HERE / "lines").glob("*.txt")):
        last = {}
        for text in path.read_text(encoding="utf-8").splitlines():
            if not text or text.startswith("#"):
                continue
            for line in parse(path.stem, text):
                if line.wants_token:
                    last[line.release].append(line)
                else:
                    last[line.release] = [line]
                    chains.append(last[line.release])
    return chains


def token_of(stdout):
    """The token in what a line printed, in whatever format; `None` where there is none."""
    match = PRINTED_TOKEN.search(stdout) or FIRST_TOKEN.search(stdout)
    return match and next(group for group in match.groups() if group)
