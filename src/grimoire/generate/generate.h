// Text from a language model, as a GenerationConfig says: drawn, likeliest, by beams, of several prompts.
#pragma once

#include <functional>
#include <string>

#include "grimoire/generate/beams.h"
#include "grimoire/generate/writer.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

// With the ends that the tokenizer knows, and the longest text where nothing says it: 1,000 tokens of an item, 500 of running text.
// throws: argument, a setting out of range
GenerationConfig for_tokenizer(GenerationConfig config, const Tokenizer& tokenizer);

// One text, which begins with `prompt`: drawn, or by contrastive search where penalty_alpha says so.
// throws: argument, a setting out of range; input, a prompt with characters that the model does not know; numeric, logits that are
// not finite
std::string generate(const CausalLm& model, const Tokenizer& tokenizer, const std::string& prompt, const GenerationConfig& config, Rng& rng,
                     const Listener& listener = {});

// num_return_sequences of each prompt, in order (generate/batch.h). throws: likewise
std::vector<std::string> generate_batch(const CausalLm& model, const Tokenizer& tokenizer, const std::vector<std::string>& prompts,
                                        const GenerationConfig& config, const Rng& rng,
                                        const std::function<void(size_t text, const Choice& choice)>& on_choice = {}, const std::function<bool()>& stop = {});

// num_return_sequences texts of num_beams beams, best first (generate/beams.h). throws: likewise
struct ScoredText {
  std::string text;
  double score;
};
std::vector<ScoredText> generate_beams(const CausalLm& model, const Tokenizer& tokenizer, const std::string& prompt, const GenerationConfig& config,
                                       const std::function<void(const BeamStep&)>& on_step = {}, const std::function<bool()>& stop = {});

}  // namespace grim
