"""Conversations through the chat templates of real models, rendered by transformers -> tests/golden/chat_templates/chats.json

The templates lie beside it (SOURCES.md says where they come from). What a template or Jinja refuses is recorded by the kind of its exception.
"""

import datetime as dt

import jinja2
import transformers
from common import GOLDEN, versions, write_json
from transformers.utils import chat_template_utils

NOW = 1769860800  # 2026-01-31 12:00 UTC: the same date from Honolulu to Auckland's winter
FOLDER = GOLDEN / "chat_templates"


class Fixed(dt.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOW, tz)


chat_template_utils.datetime = Fixed

TOOLS = [
    {"type": "function", "function": {
        "name": "get_weather", "description": "The weather <now> & \"here\", città per città.",
        "parameters": {"type": "object", "required": ["location"], "properties": {
            "location": {"type": "string", "description": "A city"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
            "days": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}, "limit": {"type": ["number", "null"], "default": 1.5}}},
        "return": {"type": "string", "description": "A sentence"}}},
    {"type": "function", "function": {"name": "noop", "description": "", "parameters": {"type": "object", "properties": {}}}},
]
CALL = {"id": "call12345", "type": "function", "function": {"name": "get_weather", "arguments": {
    "location": "Zürich's \"old\" town", "days": 3, "x": 1.5e-7, "ok": True, "none": None, "list": [1, {"b": "é\n"}]}}}
CALL_AS_TEXT = {"id": "call67890", "type": "function", "function": {"name": "noop", "arguments": "{\"a\": 1}"}}
RESULT = {"role": "tool", "name": "get_weather", "tool_call_id": "call12345", "content": "{\"t\": 21.5}"}
SYSTEM = {"role": "system", "content": "You are a pirate. "}
USER = {"role": "user", "content": "Hi <|im_end|> 日本語 🎉 {{x}} {% if %}\n\n <b>&amp;</b>  "}
NEXT = {"role": "user", "content": "And then?"}
ANSWER = {"role": "assistant", "content": "  Hello! 'quoted' \"double\" \\ \n"}
THINKING = {"role": "assistant", "content": "<think>\nLet me see.\n</think>\n\nDone."}
REASONING = {"role": "assistant", "content": "Done.", "reasoning_content": "I think so."}
PARTS = {"role": "user", "content": [{"type": "text", "text": "part one "}, {"type": "text", "text": "part two"}]}

CHATS = {
    "one": [USER], "turns": [SYSTEM, USER, ANSWER, NEXT], "no system": [USER, ANSWER, NEXT, ANSWER], "empty": [{"role": "user", "content": ""}],
    "tools": [SYSTEM, USER, {"role": "assistant", "content": "", "tool_calls": [CALL]}, RESULT],
    "two calls": [USER, {"role": "assistant", "content": None, "tool_calls": [CALL, CALL_AS_TEXT]}, RESULT,
                  {**RESULT, "tool_call_id": "call67890"}, ANSWER, NEXT],
    "call as text": [USER, {"role": "assistant", "content": None, "tool_calls": [CALL_AS_TEXT]}, {**RESULT, "content": {"v": [3, None]}}],
    "thinking": [USER, THINKING, NEXT], "reasoning": [USER, REASONING, NEXT, REASONING],
    "reasoning renamed": [NEXT, {"role": "assistant", "content": "D", "reasoning": "R"}],
    "parts": [PARTS, ANSWER, NEXT], "two users": [USER, NEXT], "assistant first": [ANSWER, NEXT], "other role": [NEXT, {"role": "critic", "content": "hm"}],
    "developer": [{"role": "developer", "content": "Be brief."}, NEXT],
    "late system": [NEXT, SYSTEM, NEXT], "no content": [NEXT, {"role": "assistant"}], "no role": [{"content": "x"}],
    "number": [{"role": "user", "content": 5}], "parts last": [NEXT, PARTS],
}
WITH_TOOLS = ("one", "tools", "two calls", "call as text")
CONTINUED = ("no system", "reasoning", "reasoning renamed", "empty", "number", "no content", "parts last", "two calls")
WAYS = {
    "continue": {"continue_final_message": True},
    "prompt": {"add_generation_prompt": True},
    "plain": {"variables": {"enable_thinking": False, "reasoning_effort": "low"}},
    "tools": {"add_generation_prompt": True, "tools": TOOLS, "variables": {"date_string": "26 Jul 2024", "pad_token": "<pad>"}},
    "documents": {"documents": [{"title": "A", "text": "é"}, {"title": "B", "text": "b\n"}]},
}


def outcome(source, chat, way):
    options = dict(WAYS[way])
    variables = options.pop("variables", {})
    try:
        messages = chat_template_utils._normalize_chat_messages(CHATS[chat])
        marks = "endgeneration" in source and way != "continue"  # these two do not go together there
        out, ranges = chat_template_utils.render_jinja_template(
            conversations=[messages], chat_template=source, bos_token="<s>", eos_token="</s>", return_assistant_tokens_mask=marks, **options, **variables)
        return {"chat": chat, "way": way, "out": out[0], **({"generated": [list(r) for r in ranges[0]]} if marks else {})}
    except Exception as error:  # whatever Python or Jinja raises is what the test is to see refused
        return {"chat": chat, "way": way, "refused": type(error).__name__}


def main():
    cases = {}
    for path in sorted(FOLDER.glob("*.jinja")):
        source = path.read_bytes().decode()
        ways = [(chat, "tools" if chat in WITH_TOOLS[1:] else "prompt") for chat in CHATS]
        ways += [("one", "tools"), ("one", "documents"), ("turns", "plain"), ("reasoning", "plain"), ("tools", "prompt")]
        ways += [(chat, "continue") for chat in CONTINUED]
        cases[path.name] = [outcome(source, chat, way) for chat, way in ways]
    found = {"versions": versions(jinja2, transformers), "unix_seconds": NOW, "chats": CHATS, "ways": WAYS, "cases": cases}
    write_json("chat_templates/chats.json", found)
    flat = [case for family in cases.values() for case in family]
    print(len(cases), "templates,", len(flat), "cases,", sum("refused" in case for case in flat), "refused")


main()
