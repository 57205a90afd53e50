// Text from a language model: one token at a time, drawn from its distribution as temperature, top-k and top-p shape it.
#pragma once

#include <functional>
#include <string>

#include "grimoire/generate/writer.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

// Asked after every token, `stop` ends the text where it is. `pace` is added to.
// throws: argument, an option out of range; input, a prompt with characters that the model does not know; numeric, logits that are
// not finite
std::string generate(const CausalLm& model, const Tokenizer& tokenizer, const SampleOptions& options, Rng& rng,
                     const std::function<void(const Choice&)>& on_choice = {}, const std::function<bool()>& stop = {}, Pace* pace = nullptr);

}  // namespace grim
