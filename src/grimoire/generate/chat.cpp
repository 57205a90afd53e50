#include "grimoire/generate/chat.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/generate/stop_finder.h"
#include "grimoire/text/tokenizer_part.h"

namespace grim {
namespace {

std::string template_or_fail(const Tokenizer& tokenizer) {
  if (const std::optional<std::string> text = chat_template_of(tokenizer)) return *text;
  fail(ErrorKind::input, "chat", "the model has no chat template: it was not trained to answer", "generate goes on with a text of yours instead");
}

}  // namespace

std::optional<std::string> chat_template_of(const Tokenizer& tokenizer) {
  const Json settings = tokenizer.config_json();
  const Json* const found = settings.is_object() ? settings.find("chat_template") : nullptr;
  if (!found || found->is_null()) return std::nullopt;
  if (!found->is_array()) return found->as_text();
  for (const Json& named : found->items())
    if (named.text("name", "") == "default") return named.text("template");
  return std::nullopt;
}

Chat::Chat(const CausalLm& model, const Tokenizer& tokenizer)
    : model_(model), tokenizer_(tokenizer), template_(template_or_fail(tokenizer)), writer_(model) {
  const Json settings = tokenizer.config_json();
  options_ = {.add_generation_prompt = true, .bos_token = token_in(settings, "bos_token"), .eos_token = token_in(settings, "eos_token")};
}

void Chat::say(const std::string& role, const std::string& content) { messages_.push(Json::object({{"role", role}, {"content", content}})); }

// The template writes all special tokens itself.
std::vector<int64_t> Chat::ids() const { return tokenizer_.encode_with(template_.render(messages_, options_), {.special_tokens = false}).ids; }

std::string Chat::answer(const GenerationConfig& given, Rng& rng, const Listener& listener) {
  const std::vector<int64_t> read = ids();
  const auto length = static_cast<int64_t>(read.size()), room = model_.context() - length;
  if (room <= 0)
    fail(ErrorKind::input, "chat",
         str("the conversation is {} tokens long, and the model reads {} at once", with_commas(length), with_commas(model_.context())),
         "take something back, or begin anew");
  GenerationConfig config = given;
  const int64_t longest = given.longest(length);
  config.max_new_tokens = longest > 0 ? std::min(longest - length, room) : room;
  StopFinder stream(tokenizer_, given.stop);
  std::string text;
  const auto give = [&](const std::string& more) {
    text += more;
    if (listener.text && !more.empty()) listener.text(more);
  };
  full_ = config.max_new_tokens == room;
  const std::vector<int64_t> written = writer_.write(read, config, rng, [&](const Choice& c) {
    if (listener.choice) listener.choice(c);
    if (std::ranges::find(config.ends, c.token) == config.ends.end()) give(stream.put(c.token));
    return !stream.found() && !(listener.stop && listener.stop());
  }, listener.pace);
  full_ = full_ && static_cast<int64_t>(written.size()) == room;
  give(stream.rest());
  say("assistant", text);
  return text;
}

bool Chat::undo() {
  std::vector<Json> kept = messages_.items();
  const auto last = std::find_if(kept.rbegin(), kept.rend(), [](const Json& m) { return m.text("role") == "user"; });
  if (last == kept.rend()) return false;
  kept.erase(last.base() - 1, kept.end());
  messages_ = Json::array_of(kept);
  return true;
}

void Chat::reset() {
  std::vector<Json> kept = messages_.items();
  std::erase_if(kept, [](const Json& m) { return m.text("role") != "system"; });
  messages_ = Json::array_of(kept);
}

}  // namespace grim
