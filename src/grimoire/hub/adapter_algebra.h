// Adapters made of others: several joined into one, and one made of two models.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "grimoire/hub/adapter_config.h"

namespace grim {

// How LoRA of several tasks becomes one: peft's add_weighted_adapter. Each adapter counts w alpha / r times, and w may be below 0.
enum class CombineMethod : uint8_t {
  linear,    // A and B summed each by itself, with the root of the weight: of one adapter exact, of several an approximation
  cat,       // one behind the other: exact, of the sum of the ranks
  svd,       // the nearest of the rank to the weighted sum of the products
  ties, dare, dare_ties, prune,  // as Combination (hub/low_rank.h) has them, of A and B each by itself; with a rank, of the products, cut as svd
};
struct CombineOptions {
  CombineMethod method = CombineMethod::linear;
  std::vector<double> weights = {};  // one for each adapter; none: 1 each
  int64_t rank = 0;                  // of svd, and of products that are cut; 0: svd the largest of theirs, others halves
  double density = 0.5;              // of ties, dare, dare_ties and prune: the share of its numbers that each keeps
  uint64_t seed = 1337;              // of dare and dare_ties; each layer draws by itself
};
struct Combined {
  int64_t layers, rank;
  double kept = 1;  // of what was cut to a rank the share of the squares that is left, over all layers
};
// Writes a peft folder `to`. The adapters may stand beside different layers of one base: a layer's update is made of those that have one.
// throws: argument, fewer than two, or no weight for each; input, folders that are no LoRA, of different bases, shapes or, where halves are joined,
// ranks; several that learned modules whole; a folder that holds something already
Combined combine_adapters(std::span<const std::string> folders, const CombineOptions& options, const std::string& to);

struct ExtractOptions {
  int64_t rank = 8;
  std::vector<std::string> targets = {"all-linear"};  // as AdapterConfig's
  std::vector<std::string> saved = {};                // modules that are taken over whole
};
struct Extracted {
  int64_t layers = 0, numbers = 0;
  double kept = 1;            // of all the layers' differences, the share of their squares that the adapter holds
  std::string worst = {};     // the layer of which it holds least, and how much
  double worst_kept = 1;
  std::vector<std::string> whole = {}, left_out = {};  // modules taken over whole; tensors that differ and are in no part of it
};
// LoRA beside `base` that comes nearest to `tuned`, a model of the same shape: of each matrix the nearest of that rank to the difference. Parts that
// the base lacks, a new head, are taken over whole. Writes a peft folder `to`.
// throws: input, models of different shapes; argument, as attach_adapter
Extracted extract_adapter(const std::string& base, const std::string& tuned, const ExtractOptions& options, const std::string& to);

}  // namespace grim
