#include "additive.h"

#include <cmath>

namespace {

using namespace grim;

struct AdditiveConfig {
  int64_t vocab_size = 27;
  int64_t context = 4;   // T
  bool decayed = false;  // votes from further back begin smaller

  Options options() {
    return {{.name = "context", .help = "tokens that vote", .target = &context, .low = 1, .high = 1024},
            {.name = "decayed", .help = "votes from further back begin smaller", .target = &decayed, .basic = true}};
  }
  Json to_json() const {
    return Json::object({{"model_type", "additive"}, {"vocab_size", vocab_size}, {"context", context}, {"decayed", decayed}});
  }
  static AdditiveConfig from_json(const Json& c) {
    return {.vocab_size = c.integer("vocab_size"), .context = c.integer("context"), .decayed = c.boolean("decayed", false)};
  }
  double parameter_count() const { return double(context) * double(vocab_size) * double(vocab_size); }
};

class Additive final : public CausalLm {
 public:
  Additive(const AdditiveConfig& c, Rng& rng) : config_(c) {
    for (int64_t k = 0; k < c.context; ++k)
      tables_.push_back(std::make_unique<Embedding>(str("table.{}", k), *this, normal_init({c.vocab_size, c.vocab_size}, spread(k), rng)));
  }
  Reading reading() const override { return Reading::window; }
  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Json config() const override { return config_.to_json(); }

  Tensor logits(const Tensor& tokens, Pass&) const override {  // (N, T) -> (N, V)
    Tensor sum;
    for (int64_t k = 0; k < config_.context; ++k) {
      const Tensor vote = (*tables_[static_cast<size_t>(k)])(reshape(slice(tokens, 1, k, k + 1), {-1}));
      sum = sum.defined() ? sum + vote : vote;
    }
    return sum;
  }

 private:
  double spread(int64_t k) const { return config_.decayed ? 0.1 * std::pow(0.5, double(config_.context - 1 - k)) : 0.1; }

  AdditiveConfig config_;
  std::vector<std::unique_ptr<Embedding>> tables_;  // [0] is of the token furthest back
};

}  // namespace

grim::Architecture additive_architecture() {
  return architecture<Additive, AdditiveConfig>({.name = "additive", .summary = "the last tokens vote by table, and the votes are added",
                                                 .items_recipe = R"({"steps": 2000, "lr": 0.01})", .text_recipe = R"({"steps": 2000, "lr": 0.01})"},
                                                Reading::window);
}
