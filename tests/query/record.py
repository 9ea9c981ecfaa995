"""Writes what Python's jmespath answers into cases.json, beside the expressions that are there.

To add a case, add {"expression": ...} to a group of cases.json and run

    python3 tests/query/record.py

with jmespath 1.1.0 installed. A result is kept as a value; an error as its class and its text.
"""

import json
import pathlib

import oracle

CASES = pathlib.Path(__file__).with_name("cases.json")


def record(group):
    """The group with the answers of today."""
    cases = []
    for case in group["cases"]:
        told = oracle.answer(case["expression"], group["given"])
        if "result" in told:
            told["result"] = json.loads(told["result"])
        cases.append({"expression": case["expression"], **told})
    return {**group, "cases": cases}


def lines(groups):
    """One line for each case, so that a change shows as what it is."""
    def dump(value):
        return json.dumps(value, ensure_ascii=False)

    for index, group in enumerate(groups):
        yield "[" if index == 0 else ","
        yield f' {{"comment": {dump(group["comment"])},'
        yield f'  "given": {dump(group["given"])},'
        yield '  "cases": ['
        cases = [f"   {dump(case)}" for case in group["cases"]]
        yield ",\n".join(cases)
        yield "  ]}"
    yield "]"


def main():
    groups = json.loads(CASES.read_text(encoding="utf-8"))
    recorded = [record(group) for group in groups]
    CASES.write_text("\n".join(lines(recorded)) + "\n", encoding="utf-8")
    print(sum(len(group["cases"]) for group in recorded), "cases recorded")


if __name__ == "__main__":
    main()
