#include "grimoire/model/seq2seq.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"

namespace grim {

TokenBatch shifted_right(const TokenBatch& targets, int64_t start) {
  targets.firsts();  // none is empty
  TokenBatch read = targets;
  read.ids = Tensor::empty({targets.tokens()}, Dtype::i64);
  const int64_t* const from = targets.ids.data<int64_t>();
  int64_t* const to = read.ids.data<int64_t>();
  for (size_t i = 1; i < targets.offsets.size(); ++i) {
    to[targets.offsets[i - 1]] = start;
    std::copy(from + targets.offsets[i - 1], from + targets.offsets[i] - 1, to + targets.offsets[i - 1] + 1);
  }
  return read;
}

std::vector<int64_t> by_source(const TokenBatch& targets, const SourceMemory& memory, const Pass& pass) {
  const int64_t sources = std::ssize(memory.offsets) - 1, texts = targets.texts();
  std::vector<int64_t> of_text;
  if (pass.cache && pass.cache->past() > 0) {
    of_text = pass.cache->sources();
    GRIM_CHECK(std::ssize(of_text) == texts && std::ranges::is_sorted(of_text) && of_text.back() < sources, argument, "seq2seq",
               "{} targets go on where {} began: expected as many, in the order of their {} sources", texts, of_text.size(), sources);
  } else {
    GRIM_CHECK(sources > 0 && texts % sources == 0, argument, "seq2seq", "{} targets of {} sources: expected as many for each", texts, sources);
    for (int64_t i = 0; i < texts; ++i) of_text.push_back(i / (texts / sources));
    if (pass.cache) pass.cache->set_sources(of_text);
  }
  std::vector<int64_t> offsets;
  for (int64_t s = 0; s <= sources; ++s)
    offsets.push_back(targets.offsets[static_cast<size_t>(std::ranges::lower_bound(of_text, s) - of_text.begin())]);
  return offsets;
}

Tensor runs_of(const std::vector<int64_t>& offsets) {
  const Tensor runs = Tensor::empty({offsets.back()}, Dtype::i64);
  for (size_t i = 1; i < offsets.size(); ++i)
    std::fill(runs.data<int64_t>() + offsets[i - 1], runs.data<int64_t>() + offsets[i], static_cast<int64_t>(i) - 1);
  return runs;
}

namespace {

class SourceWriter final : public CausalLm {
 public:
  SourceWriter(const Seq2Seq& model, SourceMemory memory) : model_(model), memory_(std::move(memory)) {}
  Json config() const override { return model_.config(); }
  Reading reading() const override { return Reading::sequence; }
  int64_t context() const override { return model_.decode_cache()->capacity(); }
  int64_t vocabulary() const override { return model_.vocabulary(); }
  Tensor logits(const Tensor& tokens, Pass& pass) const override {
    const int64_t B = tokens.dim(0), T = tokens.dim(1);
    TokenBatch targets{reshape(tokens, {B * T}), Tensor::zeros({B * T}, Dtype::i64), {0}};
    for (int64_t i = 1; i <= B; ++i) targets.offsets.push_back(i * T);
    return reshape(model_.logits(model_.written(targets, memory_, pass)), {B, T, vocabulary()});
  }
  std::unique_ptr<DecodeCache> decode_cache() const override { return model_.decode_cache(); }

 private:
  const Seq2Seq& model_;
  SourceMemory memory_;
};

}  // namespace

std::unique_ptr<CausalLm> writer_from(const Seq2Seq& model, const TokenBatch& sources) {
  GRIM_CHECK(sources.texts() > 0, argument, "seq2seq", "there is no source to write from");
  const NoGrad no_grad;
  Pass pass;
  SourceMemory memory = model.read(sources, pass);
  model.prepare(memory);
  return std::make_unique<SourceWriter>(model, std::move(memory));
}

Tensor Seq2Seq::loss(const TokenBatch& sources, const TokenBatch& targets, Pass& pass) const {
  const SourceMemory memory = read(sources, pass);
  return loss_of(written(shifted_right(targets, start()), memory, pass), targets.ids);
}

}  // namespace grim
