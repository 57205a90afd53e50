// What learns beside a model, as data: options of a run, and peft's adapter_config.json.
#pragma once

#include <string>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/base/option.h"
#include "grimoire/model/pretrained.h"
#include "grimoire/nn/products.h"

namespace grim {

inline constexpr const char* kAdapterConfig = "adapter_config.json";

enum class AdapterKind : uint8_t { none, lora, dora, ia3 };  // nn/lora.h, nn/dora.h, nn/ia3.h
const char* name_of(AdapterKind kind);                      // as one writes it: "LoRA"
// How the matrices are held beside which it learns: in the dtype of the run, or in few bits, automatic: in those of their file.
enum class BaseDtype : uint8_t { same, automatic, q8_0, q4_0 };

struct AdapterConfig {
  AdapterKind kind = AdapterKind::none;
  int64_t rank = 8;
  double alpha = 16;             // what is learned counts alpha / rank times
  bool rank_stabilised = false;  // alpha / sqrt(rank)
  // "NAME=VALUE": other ranks and alphas of layers whose path ends in NAME, a regular expression. The first that fits counts.
  std::vector<std::string> ranks = {}, alphas = {};
  BaseDtype base_dtype = BaseDtype::same;  // no part of peft's file: what was learned stands beside the base however it is held
  double dropout = 0;            // of what goes into the thin matrices, in training
  // Layers beside which it learns: names, of which one stands for all paths that end in it; "all-linear", all but the output layer; or one regular
  // expression that matches whole paths. Empty: what is usual in peft (LoRA: queries and values; IA3: keys, values and the second layer of
  // feed-forward parts), else all-linear.
  std::vector<std::string> targets = {};
  std::vector<std::string> inputs = {};  // of IA3: those of the targets whose inputs it multiplies, by the same names; empty: the usual second layers
  std::vector<std::string> saved = {};  // modules that learn whole beside it, by the same names: a new head
  std::string base = {};                // the folder of the model
  std::string task_type = {};           // peft's: "SEQ_CLS", "CAUSAL_LM"; kept as it came
  bool fan_in_fan_out = false;          // likewise: matrices of the model lie (in, out), as GPT-2's

  Options options();
  bool adapts() const { return kind != AdapterKind::none; }
  bool base_in_few_bits() const { return adapts() && base_dtype != BaseDtype::same; }
  WeightType base_weights() const;  // f32: not in few bits
  int64_t rank_of(const std::string& path) const;  // of the layer there
  double scale_of(const std::string& path) const;

  static AdapterConfig from_json(const Json& json, const std::string& source);  // throws: input, what is not understood
  Json to_json() const;
  // The same of a model that it is attached to: what was left to what is usual, and expressions, as names and paths.
  AdapterConfig spelled_out(const Pretrained& adapted) const;
};

}  // namespace grim
