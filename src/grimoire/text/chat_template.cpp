#include "grimoire/text/chat_template.h"

#include <algorithm>
#include <array>
#include <optional>

#include "grimoire/base/utf8.h"
#include "grimoire/text/jinja/evaluator.h"
#include "grimoire/text/jinja/lexer.h"
#include "grimoire/text/jinja/python_text.h"

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

[[noreturn]] void refuse_to_continue(const char* problem) {
  throw Error(ErrorKind::input, str("chat template: continue_final_message: {}", problem));
}

// The last message with a mark behind its content, or behind the last text in it, which is looked for in what is rendered.
class Continued {
 public:
  explicit Continued(Json message) : message_(std::move(message)) {
    const Json* const content = message_.find("content");
    if (!content) refuse_to_continue("the last message has no content");
    if (content->kind() == Json::Kind::text) {
      said_ = content->as_text();
      message_.set("content", said_ + std::string(kMark));
      return;
    }
    const auto has_text = [&](size_t i) { return (*content)[i].is_object() && (*content)[i].find("text"); };
    size_t behind = content->is_array() ? content->size() : 0;
    while (behind > 0 && !has_text(behind - 1)) --behind;
    if (behind == 0) refuse_to_continue("the last message's content holds no text");
    Json marked = Json::array();
    for (size_t i = 0; i < content->size(); ++i) {
      Json part = (*content)[i];
      if (i + 1 == behind) part.set("text", (said_ = part.text("text")) + std::string(kMark));
      marked.push(std::move(part));
    }
    message_.set("content", std::move(marked));
  }
  const Json& message() const { return message_; }

  // Up to the mark; where the template trims what it writes, so is the end. throws: input, the template left the message out
  std::string cut(std::string text) const {
    const std::string_view mark = jinja::stripped(kMark, std::nullopt, false, true);
    const size_t at = text.rfind(mark);
    if (at == std::string::npos || text.find(jinja::stripped(said_, std::nullopt, true, true)) == std::string::npos)
      refuse_to_continue("the template does not write the last message as it stands");
    const bool trims = text.compare(at, kMark.size(), kMark) != 0;
    text.resize(at);
    return trims ? std::string(jinja::stripped(text, std::nullopt, false, true)) : text;
  }

 private:
  static constexpr std::string_view kMark = "CONTINUE_FINAL_MESSAGE_TAG ";  // as in transformers: templates see it
  Json message_;
  std::string said_;
};

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

std::string ChatTemplate::render(const Json& messages, const ChatOptions& options, std::vector<ByteRange>* generated) const {
  need_objects(messages, "messages");
  if (messages.size() == 0) throw Error(ErrorKind::input, "chat template: messages: got none, expected at least one");
  if (!options.tools.is_null()) need_objects(options.tools, "tools");
  if (!options.documents.is_null()) need_objects(options.documents, "documents");
  std::optional<Continued> continued;
  if (options.continue_final_message) {
    if (options.add_generation_prompt) refuse_to_continue("an answer cannot be opened as well (add_generation_prompt)");
    if (parsed_->source.find("content") == std::string::npos) refuse_to_continue("the template reads no content");
    continued.emplace(normal_message(messages.items().back()));
  }
  Json normal = Json::array();
  for (size_t i = 0; i < messages.size(); ++i) normal.push(continued && i + 1 == messages.size() ? continued->message() : normal_message(messages[i]));

  jinja::Evaluator evaluator(parsed_->source, parsed_->limits);
  if (options.bos_token) evaluator.define("bos_token", *options.bos_token);
  if (options.eos_token) evaluator.define("eos_token", *options.eos_token);
  for (size_t i = 0; i < options.variables.size(); ++i) evaluator.define(options.variables.keys()[i], options.variables.items()[i]);
  evaluator.define("messages", normal);
  evaluator.define("tools", options.tools);
  evaluator.define("documents", options.documents);
  evaluator.define("add_generation_prompt", options.add_generation_prompt);
  std::vector<ByteRange> ranges;
  std::string text = evaluator.render(parsed_->body, ranges);
  if (continued) text = continued->cut(std::move(text));
  const auto end = static_cast<uint32_t>(text.size());
  for (ByteRange& r : ranges) r = {std::min(r.begin, end), std::min(r.end, end)};  // without what was cut off
  if (generated) *generated = std::move(ranges);
  return text;
}

std::string render_chat(const std::string& template_text, const Json& messages, const ChatOptions& options) {
  return ChatTemplate(template_text).render(messages, options);
}

}  // namespace grim
