"""Answers JMESPath questions with Python's own jmespath: JSON lines in, JSON lines out.

A question is {"expression": text, "document": value}. The answer is {"result": text}, the result as
json.dumps writes it, or {"error": class, "message": str(exception)}. A reference to an expression is
refused as the AWS CLI refuses to print one as JSON.
"""

import json
import sys
import warnings

import jmespath
from jmespath import visitor

VERSION = "1.1.0"

# A reference to an expression prints its address, which means nothing and never comes twice.
visitor._Expression.__repr__ = lambda _: "<jmespath.visitor._Expression object at 0x7f0000000000>"


def refuse(_):
    raise TypeError("Encountered unrecognized type in JSON encoder.")


def answer(expression, document):
    """The answer to one question."""
    try:
        result = jmespath.search(expression, document)
        text = json.dumps(result, ensure_ascii=False, default=refuse)
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}
    return {"result": text}


def main():
    if jmespath.__version__ != VERSION:
        sys.exit(f"this is jmespath {jmespath.__version__}, and {VERSION} is wanted")
    warnings.simplefilter("ignore")
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(answer(question["expression"], question["document"])))


if __name__ == "__main__":
    main()
