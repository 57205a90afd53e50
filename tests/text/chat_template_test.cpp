// Chat templates against transformers (tools/golden/chat_templates.py), and the language against jinja2 (tools/golden/jinja_language.py).
#include "grimoire/text/chat_template.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/char_tokenizer.h"

namespace grim {
namespace {

const std::string kGolden = std::string(GRIM_SOURCE_DIR) + "/tests/golden/";
const Json kHello = Json::array({Json::object({{"role", "user"}, {"content", "Hello"}})});

struct FixedClock : Clock {
  explicit FixedClock(int64_t s) : seconds(s) {}
  int64_t seconds;
  double monotonic_seconds() override { return 0; }
  int64_t unix_seconds() override { return seconds; }
};

// What a rendering gives, or how it is refused.
struct Outcome {
  std::string out, problem, hint;
  ErrorKind kind = ErrorKind::state;
};
Outcome rendered(const std::string& source, const Json& messages = kHello, const ChatOptions& options = {}) {
  try {
    return {render_chat(source, messages, options), "", ""};
  } catch (const Error& e) {
    return {"", e.what(), e.hint(), e.kind()};
  }
}

void expect_outcome(const Json& golden, const Outcome& got) {
  if (const Json* out = golden.find("out")) {
    EXPECT_EQ(got.problem, "");
    EXPECT_EQ(got.out, out->as_text());
  } else {
    const bool budget = golden.text("refused") == "OverflowError";  // Jinja's own: a range too long
    EXPECT_EQ(got.kind, budget ? ErrorKind::resource : ErrorKind::input)
      << "expected a refusal: " << golden.text("refused") << "; got " << got.out << got.problem;
  }
}

std::string in_characters(const std::vector<ByteRange>& ranges, const std::string& text) {
  Json all = Json::array();
  for (const ByteRange& r : ranges)
    all.push(Json::array({count_code_points(std::string_view(text).substr(0, r.begin)), count_code_points(std::string_view(text).substr(0, r.end))}));
  return all.dump();
}

TEST(ChatTemplate, RendersAsTransformersDoes) {
  const Json golden = Json::parse(read_file(kGolden + "chat_templates/chats.json"), "chats.json");
  FixedClock clock(golden.integer("unix_seconds"));
  const ScopedClock scoped(clock);
  const Json& families = golden.at("cases");
  ASSERT_GE(families.size(), 10u);
  for (size_t f = 0; f < families.size(); ++f) {
    const ChatTemplate parsed(read_file(kGolden + "chat_templates/" + families.keys()[f]));
    for (const Json& c : families.items()[f].items()) {
      SCOPED_TRACE(families.keys()[f] + ": " + c.text("chat") + ", " + c.text("way"));
      const Json& way = golden.at("ways").at(c.text("way"));
      ChatOptions options{.add_generation_prompt = way.boolean("add_generation_prompt", false),
                          .continue_final_message = way.boolean("continue_final_message", false),
                          .bos_token = "<s>",
                          .eos_token = "</s>"};
      if (const Json* tools = way.find("tools")) options.tools = *tools;
      if (const Json* documents = way.find("documents")) options.documents = *documents;
      if (const Json* variables = way.find("variables")) options.variables = *variables;
      Outcome got;
      try {
        std::vector<ByteRange> generated;
        got.out = parsed.render(golden.at("chats").at(c.text("chat")), options, &generated);
        if (const Json* ranges = c.find("generated")) EXPECT_EQ(in_characters(generated, got.out), ranges->dump());
      } catch (const Error& e) {
        got = {"", e.what(), "", e.kind()};
      }
      expect_outcome(c, got);
    }
  }
}

// Which tokens an assistant said: what training learns from.
TEST(ChatTemplate, MarksWhatIsGenerated) {
  const std::string source = "{% for m in messages %}<{{ m.role[0] }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}!{% endgeneration %}"
                             "{% else %}{{ m.content }}{% endif %}{% endfor %}";
  const auto says = [](const char* role, const char* content) { return Json::object({{"role", role}, {"content", content}}); };
  std::vector<ByteRange> generated;
  const Json chat = Json::array({says("user", "hé"), says("assistant", "ça"), says("user", "x"), says("assistant", "")});
  const std::string text = ChatTemplate(source).render(chat, {}, &generated);
  EXPECT_EQ(text, "<u>hé<a>ça!<u>x<a>!");
  const Encoding e = CharTokenizer::of_text(text).encode_with(text);
  std::string marked;
  const std::vector<uint8_t> within = tokens_within(e, generated);
  for (size_t i = 0; i < within.size(); ++i)
    if (within[i]) marked += text.substr(e.offsets[i].begin, e.offsets[i].end - e.offsets[i].begin);
  EXPECT_EQ(marked, "ça!!");
  const ChatOptions goes_on{.continue_final_message = true};
  const Json begun = Json::array({says("user", "hé"), says("assistant", "ça")});
  EXPECT_EQ(ChatTemplate(source).render(begun, goes_on, &generated), "<u>hé<a>ça");
  EXPECT_EQ(generated, (std::vector<ByteRange>{{9, 12}}));
  EXPECT_EQ(std::ranges::count(within, 1), 4);
}

TEST(ChatTemplate, ContinuesTheLastMessageOrSaysWhyNot) {
  const auto said = [](const std::string& source, const Json& content, bool opens = false) {
    const Json messages = Json::array({Json::object({{"role", "assistant"}, {"content", content}})});
    const Outcome o = rendered(source, messages, {.add_generation_prompt = opens, .continue_final_message = true});
    return o.out + o.problem;
  };
  const std::string plain = "[{{ messages[0].content }}] end", trims = "[{{ messages[0].content | trim }}] end";
  EXPECT_EQ(said(plain, "So, "), "[So, ");
  EXPECT_EQ(said(trims, "So, "), "[So,");
  EXPECT_NE(said(plain, "So, ", true).find("(add_generation_prompt)"), std::string::npos);
  EXPECT_NE(said("[{{ messages[0].role }}]", "So").find("reads no content"), std::string::npos);
  EXPECT_NE(said("[{{ messages[0].content[:3] }}]", "So, what").find("does not write the last message"), std::string::npos);
  EXPECT_NE(said(plain, Json()).find("has no content"), std::string::npos);
  EXPECT_NE(said(plain, Json::array({Json::object({{"type", "image"}})})).find("holds no text"), std::string::npos);
}

TEST(ChatTemplate, SpeaksTheLanguageOfJinja) {
  const Json golden = Json::parse(read_file(kGolden + "jinja.json"), "jinja.json");
  ChatOptions options;
  for (size_t i = 0; i < golden.at("variables").size(); ++i) {
    if (golden.at("variables").keys()[i] != "messages") options.variables.set(golden.at("variables").keys()[i], golden.at("variables").items()[i]);
  }
  ASSERT_GT(golden.at("cases").size(), 900u);
  for (const Json& c : golden.list("cases")) {
    SCOPED_TRACE(c.text("template"));
    expect_outcome(c, rendered(c.text("template"), golden.at("variables").at("messages"), options));
  }
}

TEST(ChatTemplate, SaysWhereAndWhat) {
  const std::pair<const char*, const char*> kCases[] = {
    {"{{ messages[0].content.nosuch.x }}", "chat template: line 1, column 30: 'str object' has no attribute 'nosuch'"},
    {"a\nbé {{ 1 +\n 'x' }}", "chat template: line 2, column 9: unsupported operand type(s) for +: 'int' and 'str'"},
    {"x\n{% for m in messages %}\n{{ raise_exception('Only ' ~ m.role) }}{% endfor %}",
     "chat template: line 3, column 19: the template refuses these messages: Only user"},
    {"{% if true %}\n\nx", "chat template: line 1, column 4: the template ends inside a block: expected '{% endif %}'"},
    {"{% macro m() %}{{ nothing() }}{% endmacro %}\n{{ m() }}", "chat template: line 1, column 26: 'nothing' is undefined"},
    {"{{ messages | selectattr('role', 'eqal', 'user') | list }}", "chat template: line 1, column 15: no test is named 'eqal'"},
    {"{{ 'a' | trm }}", "chat template: line 1, column 10: no filter is named 'trm'"},
    {"\xff", "[text] chat template: line 1, column 1 (byte 0): not UTF-8: byte 0xff cannot begin a character"},
    {"{{ messages.append(1) }}",
     "chat template: line 1, column 19: access to attribute 'append' of 'list' object is unsafe: a chat template may not change or open its values"},
  };
  for (const auto& [source, problem] : kCases) {
    const Outcome got = rendered(source);
    EXPECT_EQ(got.problem, problem);
    EXPECT_EQ(got.kind, ErrorKind::input) << source;
  }
  EXPECT_EQ(rendered("{{ 'a' | trm }}").hint, "did you mean 'trim'?");
}

TEST(ChatTemplate, RefusesWhatItDoesNotKnow) {
  for (const char* source : {
         "{% include 'x' %}", "{% extends 'x' %}", "{% block b %}{% endblock %}", "{% import 'x' as y %}", "{% autoescape true %}{% endautoescape %}",
         "{% do 1 %}",
         "{% for i in [] recursive %}{% endfor %}", "{{ lipsum() }}", "{{ cycler(1) }}", "{{ 'a'.encode() }}", "{{ 'a' | urlize }}", "{{ '\\N{DASH}' }}",
         "{{ 2 ** 64 }}", "{{ 9223372036854775807 + 1 }}", "{{ 99999999999999999999 }}", "{{ '%*d' % (1, 2) }}", "{{ '{:{}}'.format(1, 2) }}",
         "{{ namespace() }}"}) {
    const Outcome got = rendered(source);
    EXPECT_EQ(got.kind, ErrorKind::input) << source;
    EXPECT_TRUE(got.problem.starts_with("chat template: line 1, column ")) << got.problem;
  }
}

TEST(ChatTemplate, HoldsHostileTemplatesToTheirBudgets) {
  const auto times = [](size_t n, const std::string& t) {
    std::string out;
    for (size_t i = 0; i < n; ++i) out += t;
    return out;
  };
  const std::string grow = "{% set ns = namespace(a='ab', l=[1]) %}{% for i in range(100000) %}";
  const std::pair<std::string, const char*> kCases[] = {
    {"{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "more than 4000000 steps"},
    {"{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% if s | length %}{% endif %}{% endfor %}", "more than 4000000 steps"},
    {"{% set s = ' ' * 8000000 %}{% for i in range(100000) %}{% if s.strip() %}{% endif %}{% endfor %}", "more than 4000000 steps"},
    {"{% for i in range(100000) %}{% set q = ('a ' * 100000).split() %}{% endfor %}", "more than 4000000 steps"},
    {grow + "{% set ns.l = [ns.l, ns.l] %}{% if loop.index > 100 %}{% break %}{% endif %}{% endfor %}{{ ns.l | tojson }}", "more than 4000000 steps"},
    {"{{ range(100000) | map('string') | unique | list }}", "more than 4000000 steps"},
    {"{{ 'a' * 10 ** 12 }}", "values take more than 25165824 bytes"},
    {"{{ [0] * 10 ** 12 }}", "values take more than 25165824 bytes"},
    {grow + "{% set ns.l = ns.l + ns.l %}{% endfor %}", "values take more than 25165824 bytes"},
    {"{{ [1] | batch(10 ** 15, 'x') | list }}", "values take more than 25165824 bytes"},
    {"{{ ('a' * 8000000).replace('a', 'b' * 8000000) }}", "values take more than 25165824 bytes"},
    {"{{ ('a,' * 8000000).split(',') }}", "more than 300000 parts"},
    {"{{ ('&' * 8000000) | e }}", "grows beyond 8388608 bytes"},
    {"{{ ('\\x01' * 8000000) | tojson }}", "grows beyond 8388608 bytes"},
    {"{% for a in range(100000) %}" + times(100, "ten bytes.") + "{% endfor %}", "writes more than 8388608 bytes"},
    {grow + "{% set ns.a = ns.a ~ ns.a %}{% endfor %}", "more than"},
    {"{{ ('b' * 8000000).join('aaa') }}", "writes more than 8388608 bytes"},
    {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "more than 1000 levels"},
    {"{{ 'a' | map(" + times(200, "'map', ") + "'upper') | list | length }}", ""},
    {grow + "{% set ns.l = [ns.l] %}{% endfor %}", "values nest more than 200 deep"},
    {"{{ " + times(5000, "(") + "1" + times(5000, ")") + " }}", "more than 200 levels"},
    {"{{ " + times(50000, "not ") + "1 }}", "more than 200 levels"},
    {times(5000, "{% if 1 %}"), "more than 200 levels"},
    {"{% set " + times(50000, "(") + "a" + times(50000, ")") + " = 1 %}", "more than 200 levels"},
    {"{{ 1" + times(50000, " + 1") + " }}", "more than 400 levels"},
    {"{{ a" + times(50000, ".b") + " }}", "more than 400 levels"},
    {times(300000, "x"), "has 300000 bytes, more than the 262144"},
    {"{{ namespace(**{}) and dict(*range(1000)) }}", "more than 256 arguments"},
    {"{{ range(10 ** 18) }}", "longer than 100000"},
    {"{{ '%1000000000d' % 1 }}", "wider than 10000"},
    {"{{ 'a'.ljust(10 ** 15) }}", "too many characters"},
    {"{{ strftime_now('%1000000000d') }}", "more than 1024 bytes"},
  };
  for (const auto& [source, problem] : kCases) {
    const Outcome got = rendered(source);
    if (!*problem) continue;  // these need only end
    EXPECT_EQ(got.kind, ErrorKind::resource) << source.substr(0, 100);
    EXPECT_NE(got.problem.find(problem), std::string::npos) << source.substr(0, 100) << "\n" << got.problem;
  }
}

TEST(ChatTemplate, ValuesThatHoldThemselvesAreFreed) {  // seen by the leak checker of a sanitized build
  EXPECT_EQ(render_chat("{% set ns = namespace() %}{% set ns.a = [ns] %}{{ ns.a == ns.a }}", kHello), "True");
  EXPECT_EQ(render_chat("{% set ns = namespace() %}{% macro m() %}{{ ns.m is callable }}{% endmacro %}{% set ns.m = m %}{{ m() }}", kHello), "True");
  EXPECT_EQ(render_chat("{% for i in [1, 2] %}{{ loop.changed(loop) }}{% endfor %}", kHello), "TrueFalse");
}

TEST(ChatTemplate, Messages) {
  const std::string keys = "{% for m in messages %}{{ m.keys() | join(',') }};{% endfor %}{{ tools is none }}{{ bos_token }}";
  const Json null_content = Json::array({Json::object({{"role", "assistant"}, {"content", Json()}, {"reasoning", "r"}})});
  EXPECT_EQ(render_chat(keys, null_content), "thinking,role,reasoning,reasoning_content;True");
  EXPECT_EQ(rendered(keys, Json::array()).problem, "chat template: messages: got none, expected at least one");
  EXPECT_EQ(rendered(keys, Json::object()).problem, "chat template: messages: got object, expected a list of objects");
  EXPECT_EQ(rendered(keys, Json::array({"x"})).problem, "chat template: messages: got a list with text in it, expected a list of objects");
  EXPECT_EQ(rendered(keys, kHello, {.tools = "x"}).problem, "chat template: tools: got text, expected a list of objects");
  EXPECT_EQ(rendered(keys, kHello, {.documents = Json::array({1})}).problem,
            "chat template: documents: got a list with integer in it, expected a list of objects");
  const ChatOptions tokens{.bos_token = "<s>", .eos_token = "</s>", .variables = Json::object({{"pad_token", "<p>"}})};
  EXPECT_EQ(render_chat("{{ bos_token + eos_token + pad_token }}", kHello, tokens), "<s></s><p>");
  const Outcome large = rendered("", Json::array({Json::object({{"role", "user"}, {"content", std::string(30 << 20, 'x')}})}));
  EXPECT_EQ(large.kind, ErrorKind::resource);
  EXPECT_EQ(large.problem, "chat template: the variable 'messages': the template's values take more than 25165824 bytes");
}

}  // namespace
}  // namespace grim
