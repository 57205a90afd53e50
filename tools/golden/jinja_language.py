"""What jinja2 makes of every construct of its language, in the environment that transformers renders chat templates in -> tests/golden/jinja.json

The file is its own list of cases: to add one, add {"template": "..."} to it and run this, which renders all of them anew with the file's variables.
What Python or Jinja refuses is recorded by the kind of its exception.
"""

import json

import jinja2
import transformers
from common import GOLDEN, versions, write_json
from transformers.utils.chat_template_utils import _compile_jinja_template


def outcome(source, variables):
    try:
        out = _compile_jinja_template(source).render(**variables)
        if " at 0x" in out:
            return {"template": source, "refused": "an address in memory"}
        return {"template": source, "out": out}
    except Exception as error:  # whatever Python or Jinja raises is what the test is to see refused
        return {"template": source, "refused": type(error).__name__}


def main():
    known = json.loads((GOLDEN / "jinja.json").read_text())
    templates = dict.fromkeys(case["template"] for case in known["cases"])
    cases = [outcome(source, known["variables"]) for source in templates]
    write_json("jinja.json", {"versions": versions(jinja2, transformers), "variables": known["variables"], "cases": cases})
    print(len(cases), "cases,", sum("refused" in case for case in cases), "refused")


main()
