// Text from a language model: one token at a time, drawn from its distribution as temperature, top-k and top-p shape it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "grimoire/generate/writer.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

// max_tokens 0: 1000 for items, which also end at their boundary, 500 for running text.
struct SampleOptions : Sampling {
  std::string prompt = {};            // begins the text, and is part of it
  std::string stop = {};              // ends the text when it appears, and is left out
  std::optional<int64_t> begin = {};  // of running text: read before a text that has no prompt; else the first token there is
};

// Asked after every token, `stop` ends the text where it is. `pace` is added to.
// throws: argument, an option out of range; input, a prompt with characters that the model does not know; numeric, logits that are
// not finite
std::string generate(const CausalLm& model, const Tokenizer& tokenizer, const SampleOptions& options, Rng& rng,
                     const std::function<void(const Choice&)>& on_choice = {}, const std::function<bool()>& stop = {}, Pace* pace = nullptr);

}  // namespace grim
