// A conversation with a model that was trained to have one: its template lays the messages out, it writes the answers.
#pragma once

#include <optional>
#include <string>

#include "grimoire/generate/writer.h"
#include "grimoire/text/chat_template.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

// The template of a tokenizer's settings (tokenizer_config.json, chat_template); nothing where there is none. Of several the one called "default".
std::optional<std::string> chat_template_of(const Tokenizer& tokenizer);

class Chat {
 public:
  // `model` and `tokenizer` must outlive it. throws: input, the tokenizer has no template, or one that is malformed
  Chat(const CausalLm& model, const Tokenizer& tokenizer);

  void say(const std::string& role, const std::string& content);  // "system", "user"
  // Writes the answer, which becomes a message.
  // throws: input, what the template refuses, or no room is left in the model's context for an answer
  std::string answer(const GenerationConfig& config, Rng& rng, const Listener& listener = {});
  bool has_room() const { return static_cast<int64_t>(ids().size()) < model_.context(); }  // for an answer to what was said. throws: input, as answer()
  bool full() const { return full_; }  // the last answer ended because the context did
  bool undo();   // forgets the last message that was said and all after it; false: nothing was
  void reset();  // forgets all but what the system said
  const Json& messages() const { return messages_; }

 private:
  std::vector<int64_t> ids() const;

  const CausalLm& model_;
  const Tokenizer& tokenizer_;
  ChatTemplate template_;
  ChatOptions options_;
  Writer writer_;
  Json messages_ = Json::array();
  bool full_ = false;
};

}  // namespace grim
