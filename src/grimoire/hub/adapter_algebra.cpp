#include "grimoire/hub/adapter_algebra.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/adapter_parts.h"
#include "grimoire/hub/module_names.h"
#include "grimoire/hub/new_folder.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/binary.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

Combination elementwise(CombineMethod method) {
  switch (method) {
    case CombineMethod::ties: return Combination::ties;
    case CombineMethod::dare: return Combination::dare;
    case CombineMethod::dare_ties: return Combination::dare_ties;
    case CombineMethod::prune: return Combination::prune;
    default: return Combination::sum;
  }
}
bool drops(CombineMethod method) { return elementwise(method) != Combination::sum; }

// The updates of one layer, of those that have one, each with its weight.
struct Updates {
  std::vector<LowRank> all = {};
  std::vector<double> weights = {};
};

LowRank one_behind_the_other(const Updates& updates) {
  std::vector<Tensor> a, b;
  for (size_t i = 0; i < updates.all.size(); ++i) {
    a.push_back(cast(updates.all[i].a, Dtype::f64) * (updates.weights[i] * updates.all[i].scale));
    b.push_back(cast(updates.all[i].b, Dtype::f64));
  }
  return {concat(a, 0), concat(b, 1)};
}

// Each half by itself: sqrt(|w s|) on either side, the sign on A alone, else two of them would cancel out.
LowRank by_halves(const Updates& updates, const CombineOptions& options, const std::string& layer) {
  std::vector<Tensor> a, b;
  std::vector<double> weights_a, weights_b;
  for (size_t i = 0; i < updates.all.size(); ++i) {
    const LowRank& u = updates.all[i];
    GRIM_CHECK(u.rank() == updates.all[0].rank(), input, "adapter", "layer '{}': ranks {} and {}, expected one: of unequal ranks cat, svd or "
               GRIM_SETTING("rank") " make one", layer, updates.all[0].rank(), u.rank());
    const double counts = updates.weights[i] * u.scale, root = std::sqrt(std::abs(counts));
    a.push_back(u.a), b.push_back(u.b);
    weights_a.push_back(counts < 0 ? -root : root), weights_b.push_back(root);
  }
  Rng rng(RngMode::philox, options.seed, layer);
  const Combination how = elementwise(options.method);
  const Tensor first = combined(a, weights_a, how, options.density, rng);
  return {first, combined(b, weights_b, how, options.density, rng)};
}

Nearest by_products(const Updates& updates, const CombineOptions& options, int64_t rank, const std::string& layer) {
  std::vector<Tensor> products;
  for (const LowRank& u : updates.all) products.push_back(product_of(u));
  Rng rng(RngMode::philox, options.seed, layer);
  return nearest_of_rank(combined(products, updates.weights, elementwise(options.method), options.density, rng), rank);
}

// To the rank that the whole adapter has.
Tensor filled_up(const Tensor& x, int axis, int64_t rank) { return x.dim(axis) == rank ? x : pad(x, axis, 0, rank - x.dim(axis)); }

void check_alike(const std::vector<AdapterParts>& all, std::span<const std::string> folders) {
  size_t with_whole = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const AdapterParts& p = all[i];
    GRIM_CHECK(p.config.kind == AdapterKind::lora, input, "adapter", "{}: it is {}, expected LoRA: others are not joined", folders[i], name_of(p.config.kind));
    GRIM_CHECK(p.config.base == all[0].config.base, input, "adapter", "{} stands beside '{}' and {} beside '{}': expected one base", folders[0],
               all[0].config.base, folders[i], p.config.base);
    with_whole += !p.whole.empty();
    for (const auto& [path, layer] : p.layers)
      for (size_t j = 0; j < i; ++j)
        if (const auto other = all[j].layers.find(path); other != all[j].layers.end()) {
          const LowRank &x = other->second.update, &y = layer.update;
          GRIM_CHECK(x.a.dim(1) == y.a.dim(1) && x.b.dim(0) == y.b.dim(0), input, "adapter", "layer '{}': {} to {} numbers in {}, {} to {} in {}: expected one "
                     "base", path, x.a.dim(1), x.b.dim(0), folders[j], y.a.dim(1), y.b.dim(0), folders[i]);
        }
  }
  if (with_whole > 1)
    fail(ErrorKind::input, "adapter", str("{} of the adapters learned modules whole, such as '{}': expected one at most", with_whole,
                                          std::ranges::find_if(all, [](const AdapterParts& p) { return !p.whole.empty(); })->whole[0].name),
         "modules that were trained apart have no common mean: join adapters without, or merge whole models");
}

// The names of all of them, where each has names; else every path.
std::vector<std::string> targets_of(const std::vector<AdapterParts>& all, const std::map<std::string, Updates>& layers) {
  std::set<std::string> names;
  for (const AdapterParts& p : all) {
    if (std::ranges::any_of(p.config.targets, [](const std::string& t) { return is_expression(t) || t == kAllLinear; })) {
      names.clear();
      for (const auto& [path, updates] : layers) names.insert(path);
      break;
    }
    names.insert(p.config.targets.begin(), p.config.targets.end());
  }
  return {names.begin(), names.end()};
}

}  // namespace

Combined combine_adapters(std::span<const std::string> folders, const CombineOptions& options, const std::string& to) {
  GRIM_CHECK(folders.size() > 1, argument, "adapter", "got {} adapter, expected two or more", folders.size());
  GRIM_CHECK(options.weights.empty() || options.weights.size() == folders.size(), argument, "adapter", "got {} weights for {} adapters, expected one for each",
             options.weights.size(), folders.size());
  check_new_folder(to, "adapter");
  std::vector<AdapterParts> all;
  for (const std::string& folder : folders) all.push_back(read_adapter_parts(folder));
  check_alike(all, folders);
  std::map<std::string, Updates> layers;
  std::vector<int64_t> ranks(all.size());
  for (size_t i = 0; i < all.size(); ++i)
    for (const auto& [path, layer] : all[i].layers) {
      layers[path].all.push_back(layer.update);
      layers[path].weights.push_back(options.weights.empty() ? 1 : options.weights[i]);
      ranks[i] = std::max(ranks[i], layer.update.rank());
    }
  const bool halves = options.method == CombineMethod::linear || (drops(options.method) && options.rank == 0), cat = options.method == CombineMethod::cat;
  int64_t rank = std::ranges::max(ranks);
  if (cat) rank = std::accumulate(ranks.begin(), ranks.end(), int64_t{0});
  else if (!halves && options.rank > 0) rank = options.rank;
  Combined made{.layers = std::ssize(layers), .rank = rank};
  double kept = 0, whole = 0;  // squares
  std::vector<NamedTensor> learned;
  for (const auto& [path, updates] : layers) {
    LowRank update;
    if (halves) update = by_halves(updates, options, path);
    else if (cat) update = one_behind_the_other(updates);
    else {
      const Nearest n = drops(options.method) ? by_products(updates, options, rank, path) : nearest_of_rank(one_behind_the_other(updates), rank);
      const double squares = norm_of(n.update) * norm_of(n.update);
      update = n.update, kept += squares, whole += n.kept > 0 ? squares / n.kept : 0;
    }
    learned.push_back({path + ".lora_A.weight", cast(filled_up(update.a, 0, rank), Dtype::f32)});
    learned.push_back({path + ".lora_B.weight", cast(filled_up(update.b, 1, rank), Dtype::f32)});
  }
  if (whole > 0) made.kept = kept / whole;
  AdapterConfig config{.kind = AdapterKind::lora, .rank = rank, .alpha = static_cast<double>(rank), .targets = targets_of(all, layers),
                       .base = all[0].config.base, .task_type = all[0].config.task_type};
  for (const AdapterParts& p : all) {
    learned.insert(learned.end(), p.whole.begin(), p.whole.end());
    if (!p.whole.empty()) config.saved = p.config.saved;
  }
  write_new_folder(to, adapter_files(config, learned));
  return made;
}

}  // namespace grim
