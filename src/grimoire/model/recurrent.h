// Recurrent language models: embed, run an RNN, GRU or LSTM over the sequence, project to logits.
//   Mikolov et al. 2010 (rnn), Cho et al. 2014 (gru), Hochreiter and Schmidhuber 1997 (lstm); sizes of Karpathy's makemore.
#pragma once

#include "grimoire/model/register.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/recurrent.h"

namespace grim {

struct RecurrentConfig {
  Cell cell = Cell::rnn;
  int64_t vocab_size = 27;
  int64_t context = 16;
  int64_t n_embd = 64;
  int64_t n_hidden = 64;
  int64_t n_layer = 1;
  static RecurrentConfig from_json(const Json& config);
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  std::vector<SizeAxis> axes() const;
};

class Recurrent final : public CausalLm {
 public:
  static constexpr const char* kTokenTable = "wte.weight";
  Recurrent(const RecurrentConfig& config, Rng& rng);
  Reading reading() const override { return Reading::sequence; }
  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass& pass) const override;
  Json config() const override;

 private:
  RecurrentConfig config_;
  Embedding wte_;
  RecurrentStack stack_;
  Linear out_;
};

Architecture rnn_architecture();
Architecture gru_architecture();
Architecture lstm_architecture();

}  // namespace grim
