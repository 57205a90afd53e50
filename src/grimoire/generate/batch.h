// Several prompts at once, and several texts of each, so that every weight is loaded once for all of them. Prompts of one length are read side by side;
// all texts are then written side by side, each behind its own last token, where the model has a cache for that, and otherwise those of one length. A row's
// products do not depend on the rows beside it, so that nothing is padded and each text is what it is alone.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "grimoire/generate/writer.h"

namespace grim {

// Texts: with more, products are no longer bound by reading the weights, and the cache grows.
inline constexpr size_t kTextsTogether = 32;

// Of prompt i the texts num_return_sequences * i and following. Each draws from its own random numbers, `rng` at the step of its number, and tells its
// choices; an answer of false ends it. throws: as Writer::write; state, where something is drawn and `rng` is torch's, which has no steps
std::vector<std::vector<int64_t>> write_batch(const CausalLm& model, std::span<const std::vector<int64_t>> prompts, const GenerationConfig& config,
                                              const Rng& rng, const std::function<bool(size_t text, const Choice& choice)>& told = {});

}  // namespace grim
