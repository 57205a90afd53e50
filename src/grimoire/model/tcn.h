// A temporal convolutional network as a language model: dilated causal convolutions, each block looking twice as far back as the one before.
//   Bai, Kolter and Koltun 2018, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence Modeling"
// Notable: two convolutions a block, each with relu and dropout, and a way around them, through one of width 1 where the width changes (figure 1); weights are
// normalised (Salimans and Kingma 2016: a length and a direction for each channel); the output layer is the embedding's table where `tied`.
// Looks back on 1 + 2 (K - 1) (2^L - 1) tokens, however long the context is.
#pragma once

#include "grimoire/model/register.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/op/conv1d.h"

namespace grim {

struct TcnConfig {
  int64_t vocab_size = 27;
  int64_t context = 64;
  int64_t n_embd = 64;        // E
  int64_t n_hidden = 128;     // C, of the blocks but, where tied, the last, which is E wide
  int64_t n_layer = 4;        // blocks, L
  int64_t kernel_size = 3;    // K
  double dropout = 0.1;
  double embedding_dropout = 0.1;
  bool tied = true;

  static TcnConfig from_json(const Json& config);  // throws: input
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  void check() const;  // throws: argument, so many blocks that the dilation has no number
  std::vector<std::string> warnings() const;
  int64_t looks_back_on() const;  // tokens, with the last one read
  int64_t width(int64_t block) const { return tied && block == n_layer - 1 ? n_embd : n_hidden; }
};

class Tcn final : public CausalLm {
 public:
  static constexpr const char* kTokenTable = "embedding.weight";
  Tcn(const TcnConfig& config, Rng& rng);
  Reading reading() const override { return Reading::sequence; }
  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass& pass) const override;
  Json config() const override { return config_.to_json(); }

 private:
  // A causal convolution whose weight is length times direction: w = g v / |v|, over each channel that it gives.
  struct NormedConv : Module {
    NormedConv(const std::string& name, Module& parent, int64_t in, int64_t out, int64_t K, int64_t dilation, Rng& rng);
    Tensor operator()(const Tensor& x) const;  // (B, in, T) -> (B, out, T)
    Conv1dOptions options;
    Tensor v, g, bias;  // (out, in, K), (out, 1, 1), (out,)
  };
  struct Block : Module {
    Block(const std::string& name, Module& parent, int64_t in, int64_t out, int64_t K, int64_t dilation, Rng& rng);
    Tensor operator()(const Tensor& x, double dropout, Pass& pass) const;
    NormedConv conv1, conv2;
    Tensor around, around_bias;  // (out, in, 1), (out,); undefined where the width stays
  };
  TcnConfig config_;
  Embedding embedding_;
  std::vector<std::unique_ptr<Block>> blocks_;
  Linear out_;
};

Architecture tcn_architecture();

}  // namespace grim
