// A bag of words that looks back: each place sees the average of all embeddings so far, then a small feed-forward block.
//   Karpathy's makemore, "bow". What attention becomes when every weight is the same.
#pragma once

#include "grimoire/model/register.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"

namespace grim {

struct BowConfig {
  int64_t vocab_size = 27;
  int64_t context = 16;
  int64_t n_embd = 64;
  int64_t n_hidden = 64;
  static BowConfig from_json(const Json& config);
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  std::vector<SizeAxis> axes() const;
};

class Bow final : public CausalLm {
 public:
  static constexpr const char* kTokenTable = "wte.weight";
  Bow(const BowConfig& config, Rng& rng);
  Reading reading() const override { return Reading::sequence; }
  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass& pass) const override;
  Json config() const override;

 private:
  BowConfig config_;
  Embedding wte_, wpe_;
  Linear hidden_, back_, out_;
};

Architecture bow_architecture();

}  // namespace grim
