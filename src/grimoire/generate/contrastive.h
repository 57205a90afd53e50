// Contrastive search: of the k likeliest tokens that one is taken which is likely and unlike what was said before.
//   Su et al. 2022, "A Contrastive Framework for Neural Text Generation", equation 5
// The answers are those of transformers 4.49, the last that had it itself.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "grimoire/generate/writer.h"

namespace grim {

inline double contrast(double probability, double most_alike, double alpha) { return (1 - alpha) * probability - alpha * most_alike; }

// Writes behind `prompt` with top_k candidates v a step: the one with the largest contrast(p(v), max_j cosine(h_v, h_j), penalty_alpha).
// h: what the output layer reads at a token, j: the tokens before v. Each choice is told; its alternatives are the candidates. An answer of false ends
// the text behind it. throws: as Writer::write; argument, a model that reads no sequence
std::vector<int64_t> search_contrastive(const CausalLm& model, std::span<const int64_t> prompt, const GenerationConfig& config,
                                        const std::function<bool(const Choice&)>& told = {});

}  // namespace grim
