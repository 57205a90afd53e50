// What the fuzzer calls and what the ordinary tests replay: bytes as a chat template, parsed and rendered within small budgets.
#pragma once

#include <string>
#include <string_view>

#include "fuzz/safetensors_target.h"
#include "grimoire/base/json.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/jinja/evaluator.h"
#include "grimoire/text/jinja/lexer.h"

namespace grim::fuzz {

// A hundredth of what a template may use (jinja/meter.h), so that one that goes on to its limit costs milliseconds here.
inline constexpr jinja::Limits kTemplateLimits{.steps = 40'000, .live_bytes = 256 << 10, .output_bytes = 80 << 10};

inline const Json& template_variables() {
  static const Json all = Json::parse(
      R"({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "  Hé <b> \n"},
                       {"role": "assistant", "content": [{"type": "text", "text": "x"}], "thinking": "t",
                        "tool_calls": [{"function": {"name": "f", "arguments": {"a": [1, 2.5, null, true], "b": "q\"\\"}}}]}],
          "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
          "n": 7, "x": -2.5, "yes": true, "nothing": null, "empty": "", "words": ["pear", "Fig", "apple", "fig"], "nested": [[1, 2], [3], []],
          "text": "one\ntwo\u2028 ÀÉ ß 日本 🎉", "user": {"name": "Bo", "age": 30, "items": "hidden"}, "bos_token": "<s>", "add_generation_prompt": true})",
      "variables");
  return all;
}

// Refused, by the template or by a limit, is well; anything else that comes out is a finding.
inline bool accepts_template(std::string_view bytes) {
  const jinja::Limits& limits = kTemplateLimits;
  try {
    check_utf8(bytes, "fuzz");
    const std::string source = jinja::normal_source(bytes);
    const jinja::Body body = jinja::parse_template(source, limits);
    jinja::Evaluator evaluator(source, limits);
    const Json& variables = template_variables();
    for (size_t i = 0; i < variables.size(); ++i) evaluator.define(variables.keys()[i], variables.items()[i]);
    std::vector<ByteRange> generated;
    hold(evaluator.render(body, generated).size() <= limits.output_bytes, "more written than may be");
    return true;
  } catch (const Error& e) {
    hold(e.kind() == ErrorKind::input || e.kind() == ErrorKind::resource, "neither the template's fault nor a limit");
    return false;
  }
}

}  // namespace grim::fuzz
