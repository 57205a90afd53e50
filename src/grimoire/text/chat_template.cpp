#include "grimoire/text/chat_template.h"

#include <array>

#include "grimoire/text/jinja/evaluator.h"
#include "grimoire/text/jinja/lexer.h"
#include "grimoire/text/utf8.h"

namespace grim {

struct ChatTemplate::Parsed {
  std::string source;
  jinja::Limits limits;
  jinja::Body body;
};

namespace {

void need_objects(const Json& list, const char* name) {
  const auto wrong = [&](const char* got) { throw Error(ErrorKind::input, str("chat template: {}: got {}, expected a list of objects", name, got)); };
  if (!list.is_array()) wrong(name_of(list.kind()));
  for (const Json& item : list.items()) {
    if (!item.is_object()) wrong(str("a list with {} in it", name_of(item.kind())).c_str());
  }
}

// Without members that are null, and with a message's reasoning under the two names that templates read it by.
Json normal_message(const Json& message) {
  constexpr std::array kReasoning = {"reasoning_content", "thinking", "reasoning"};
  const Json* reasoning = nullptr;
  for (const char* name : kReasoning) {
    const Json* found = message.find(name);
    if (!reasoning && found && !found->is_null()) reasoning = found;
  }
  Json out = Json::object();
  if (reasoning) out.set("thinking", *reasoning);
  for (size_t i = 0; i < message.size(); ++i) {
    if (!message.items()[i].is_null()) out.set(message.keys()[i], message.items()[i]);
  }
  if (reasoning) out.set("reasoning_content", *reasoning);
  return out;
}

}  // namespace

ChatTemplate::ChatTemplate(const std::string& text) {
  check_utf8(text, "chat template");
  auto parsed = std::make_unique<Parsed>();
  parsed->source = jinja::normal_source(text);
  parsed->body = jinja::parse_template(parsed->source, parsed->limits);
  parsed_ = std::move(parsed);
}
ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;

std::string ChatTemplate::render(const Json& messages, const ChatOptions& options) const {
  need_objects(messages, "messages");
  if (messages.size() == 0) throw Error(ErrorKind::input, "chat template: messages: got none, expected at least one");
  if (!options.tools.is_null()) need_objects(options.tools, "tools");
  if (!options.documents.is_null()) need_objects(options.documents, "documents");
  Json normal = Json::array();
  for (const Json& message : messages.items()) normal.push(normal_message(message));

  jinja::Evaluator evaluator(parsed_->source, parsed_->limits);
  if (options.bos_token) evaluator.define("bos_token", *options.bos_token);
  if (options.eos_token) evaluator.define("eos_token", *options.eos_token);
  for (size_t i = 0; i < options.variables.size(); ++i) evaluator.define(options.variables.keys()[i], options.variables.items()[i]);
  evaluator.define("messages", normal);
  evaluator.define("tools", options.tools);
  evaluator.define("documents", options.documents);
  evaluator.define("add_generation_prompt", options.add_generation_prompt);
  return evaluator.render(parsed_->body);
}

std::string render_chat(const std::string& template_text, const Json& messages, const ChatOptions& options) {
  return ChatTemplate(template_text).render(messages, options);
}

}  // namespace grim
