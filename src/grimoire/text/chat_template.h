// Chat templates: the small programs, in Jinja's language, that a model's folder carries to lay out a conversation as the text the model was
// trained on. Rendered as Hugging Face transformers' apply_chat_template does, to the byte.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/text/aligned_text.h"

namespace grim {

struct ChatOptions {
  bool add_generation_prompt = false;             // end with the opening of an answer
  bool continue_final_message = false;            // end where the last message's content does, so that it goes on; not with the one above
  Json tools = {};                                // a list of functions as JSON schemas; null: none
  Json documents = {};                            // a list of objects with title and text; null: none
  std::optional<std::string> bos_token = {}, eos_token = {};  // variables of these names, when the tokenizer has them
  Json variables = Json::object();                // others, such as enable_thinking or pad_token
};

// A template, parsed once; it may render in many threads at a time.
class ChatTemplate {
 public:
  // throws: input, "chat template: line 3, column 14: ..."; resource, too long or nested too deep
  explicit ChatTemplate(const std::string& text);
  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;

  // `messages`: [{"role": "user", "content": "..."}, ...], not empty; members that are null count as absent.
  // throws: input, what the template or Jinja refuses, with the place in the template; resource, a template that goes on for more steps (4
  // million), memory (24 MiB), depth or output (8 MiB) than it may have
  // generated: gets the bytes that {% generation %} blocks wrote, the assistant's words in templates made for training (tokens_within, encoding.h).
  std::string render(const Json& messages, const ChatOptions& options = {}, std::vector<ByteRange>* generated = nullptr) const;

 private:
  struct Parsed;
  std::unique_ptr<const Parsed> parsed_;
};

std::string render_chat(const std::string& template_text, const Json& messages, const ChatOptions& options = {});

}  // namespace grim
