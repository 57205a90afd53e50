#include "grimoire/model/rnn_attention.h"

#include <algorithm>
#include <limits>

#include "grimoire/model/recurrent_memory.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"

namespace grim {

// --- encoder -------------------------------------------------------------------------------------------------------

RnnAttention::Encoder::Encoder(Module& parent, const RnnAttentionConfig& c, Rng& rng)
    : Module("encoder", parent), embedding("embedding", *this, source_vocabulary(c.source_vocab_size, c.vocab_size), c.n_embd, rng),
      rnn("rnn", *this, {.cell = c.cell, .in = c.n_embd, .hidden = c.encoder_hidden(), .direction = Direction::both}, rng) {}

SourceMemory RnnAttention::read(const TokenBatch& sources, Pass& pass) const {
  const Tensor x = dropout(encoder_.embedding(sources.ids), config_.dropout, pass);  // (N, E)
  std::vector<RecurrentState> states;
  return {encoder_.rnn.packed(x, PackedSteps(sources.offsets), states, pass), sources.offsets};  // (N, D)
}

void RnnAttention::prepare(SourceMemory& memory) const {
  const auto heads = [](const Tensor& x) { return unsqueeze(unsqueeze(x, 0), 0); };  // (1, 1, N, ...)
  memory.layers = {{heads(decoder_.keys(memory.hidden)), heads(memory.hidden)}};
}

// --- decoder -------------------------------------------------------------------------------------------------------

namespace {

std::unique_ptr<Linear> without_bias(const char* name, Module& parent, int64_t in, int64_t out, Rng& rng) {
  return std::make_unique<Linear>(name, parent, uniform_init({in, out}, fan_in_bound(in), rng), no_bias());
}

}  // namespace

RnnAttention::Decoder::Decoder(Module& parent, const RnnAttentionConfig& c, Rng& rng)
    : Module("decoder", parent), config(c), embedding("embedding", *this, c.vocab_size, c.n_embd, rng), bridge("bridge", *this, c.memory(), c.n_hidden, rng),
      query(c.compares_by_network() ? without_bias("query", *this, c.n_hidden, c.n_hidden, rng) : nullptr),
      key(c.compares_by_network()                        ? std::make_unique<Linear>("key", *this, c.memory(), c.n_hidden, rng)
          : c.attention == AlignmentScore::general ? without_bias("key", *this, c.memory(), c.n_hidden, rng)
                                                   : nullptr),
      v(c.compares_by_network() ? without_bias("v", *this, c.n_hidden, 1, rng) : nullptr),
      combine(c.looks_first() ? nullptr : without_bias("combine", *this, c.memory() + c.n_hidden, c.n_hidden, rng)),
      step("step", *this, c.cell, c.n_embd + (c.looks_first() ? c.memory() : c.n_hidden), c.n_hidden, rng),
      out("out", *this, c.n_hidden + (c.looks_first() ? c.memory() + c.n_embd : 0), c.vocab_size, rng) {}

Tensor RnnAttention::Decoder::keys(const Tensor& memory) const { return key ? (*key)(memory) : memory; }

// a = softmax(score(s, h_1), ..., score(s, h_S)), c = sum_j a_j h_j (Bahdanau et al. 2015, section 3.1). The score is
//   additive, concat  v' tanh(W s + U h)    (theirs, section A.1.2; Luong et al. 2015, equation 8, whose one matrix over [s; h] is W and U side by side)
//   dot               s' h
//   general           s' W h
// U h and W h do not change from step to step: they are the keys.
Tensor RnnAttention::Decoder::look(const Tensor& s, const Sight& sight) const {
  const int64_t B = s.dim(0), S = sight.keys.dim(1);
  const Tensor scores = query ? (*v)(tanh(sight.keys + unsqueeze((*query)(s), 1)))  // (B, S, 1)
                              : matmul(sight.keys, unsqueeze(s, 2));
  const Tensor a = softmax(masked_fill(reshape(scores, {B, S}), sight.hidden, -std::numeric_limits<double>::infinity()), 1);
  const Tensor shown = tapped(*this, reshape(a, {B, 1, 1, S}), SiteKind::attention);
  return reshape(matmul(reshape(shown, {B, 1, S}), sight.values), {B, config.memory()});
}

RnnAttention::Step RnnAttention::Decoder::next(const Tensor& word, const Step& before, const Sight& sight) const {
  Step now;
  if (config.looks_first()) {
    const Tensor seen = look(before.state.h, sight);
    now.state = step(concat({word, seen}, 1), before.state);
    now.row = concat({now.state.h, seen, word}, 1);
  } else {
    now.state = step(concat({word, before.fed}, 1), before.state);
    now.fed = now.row = tanh((*combine)(concat({look(now.state.h, sight), now.state.h}, 1)));  // (Luong et al. 2015, equation 5)
  }
  return now;
}

RnnAttention::RnnAttention(const RnnAttentionConfig& config, Rng& rng)
    : config_((config.check(), config)), encoder_(*this, config_, rng), decoder_(*this, config_, rng) {}

RnnAttention::Sight RnnAttention::Sight::first(int64_t texts) const {
  if (texts == keys.dim(0)) return *this;
  return {slice(keys, 0, 0, texts), slice(values, 0, 0, texts), slice(hidden, 0, 0, texts)};
}

// Rows behind the end of a source are those of another token, hidden: their weights are 0 to the bit.
RnnAttention::Sight RnnAttention::sight_of(const SourceMemory& memory, const Tensor& sources) const {
  const std::vector<int64_t> of_text = sources.to_vector<int64_t>();
  const auto begin = [&](int64_t s) { return memory.offsets[static_cast<size_t>(s)]; };
  int64_t S = 0;
  for (const int64_t s : of_text) S = std::max(S, begin(s + 1) - begin(s));
  const auto B = static_cast<int64_t>(of_text.size());
  const Tensor rows = Tensor::zeros({B * S}, Dtype::i64), hidden = Tensor::full({B, S}, 1, Dtype::boolean);
  for (int64_t i = 0; i < B; ++i) {
    const int64_t first = begin(of_text[static_cast<size_t>(i)]), length = begin(of_text[static_cast<size_t>(i)] + 1) - first;
    for (int64_t j = 0; j < length; ++j) rows.data<int64_t>()[i * S + j] = first + j, hidden.data<bool>()[i * S + j] = false;
  }
  const auto gathered = [&](const Tensor& x) { return reshape(index_select(x, 0, rows), {B, S, x.dim(1)}); };
  const auto prepared = memory.layer(0);
  const Tensor keys = prepared ? reshape(prepared->k, {memory.offsets.back(), -1}) : decoder_.keys(memory.hidden);
  return {gathered(keys), gathered(memory.hidden), hidden};
}

// Forwards the encoder ends at a source's last token, backwards at its first. An lstm's cell begins at 0.
RnnAttention::Step RnnAttention::first_step(const SourceMemory& memory, const Tensor& sources) const {
  const int64_t H = config_.encoder_hidden(), B = sources.numel();
  std::vector<int64_t> firsts, lasts;
  for (const int64_t s : sources.to_vector<int64_t>()) {
    firsts.push_back(memory.offsets[static_cast<size_t>(s)]);
    lasts.push_back(memory.offsets[static_cast<size_t>(s) + 1] - 1);
  }
  const auto rows = [&](const std::vector<int64_t>& ids) { return index_select(memory.hidden, 0, Tensor::from<int64_t>(ids, {B})); };
  const Tensor ends = concat({slice(rows(lasts), 1, 0, H), slice(rows(firsts), 1, H, 2 * H)}, 1);  // (B, D)
  const Tensor zeros = Tensor::zeros({B, config_.n_hidden}, ends.dtype());
  return {.state = {tanh(decoder_.bridge(ends)), config_.cell == Cell::lstm ? zeros : Tensor()}, .fed = zeros, .row = {}};
}

Tensor RnnAttention::written(const TokenBatch& targets, const SourceMemory& memory, Pass& pass) const {
  const Tensor source = runs_of(by_source(targets, memory, pass));                       // (M,)
  const Tensor words = dropout(decoder_.embedding(targets.ids), config_.dropout, pass);  // (M, E)
  const PackedSteps steps(targets.offsets);
  const Tensor texts = index_select(index_select(source, 0, targets.firsts()), 0, steps.order), x = index_select(words, 0, steps.forwards.rows);
  const Sight sight = sight_of(memory, texts);
  Step now = first_step(memory, texts);
  const bool goes_on = pass.cache && pass.cache->past() > 0;
  if (pass.cache) {  // all of one length: their order is that of the texts
    GRIM_CHECK(steps.running.back() == targets.texts(), shape, "rnn-attention", "texts of unequal lengths: with a cache, expected as many tokens for each");
    std::vector<RecurrentState> kept(config_.looks_first() ? 1 : 2, now.state);
    if (goes_on) {
      kept = states_in(*pass.cache, config_.cell, kept);
      now.state = kept[0];
      if (!config_.looks_first()) now.fed = kept[1].h;
    }
  }
  std::vector<Tensor> rows;
  std::vector<std::vector<RecurrentState>> states;
  int64_t begin = 0;
  for (const int64_t running : steps.running) {
    if (running < now.state.h.dim(0)) {
      const auto first = [&](const Tensor& t) { return t.defined() ? slice(t, 0, 0, running) : Tensor(); };
      now = {{first(now.state.h), first(now.state.c)}, first(now.fed), {}};
    }
    now = decoder_.next(slice(x, 0, begin, begin + running), now, sight.first(running));
    rows.push_back(now.row);
    if (pass.cache) {
      states.push_back({now.state});
      if (!config_.looks_first()) states.back().push_back({now.fed, now.fed});
    }
    begin += running;
  }
  if (pass.cache) keep_states(*pass.cache, states);
  return dropout(index_select(concat(rows, 0), 0, steps.forwards.place), config_.looks_first() ? 0 : config_.dropout, pass);
}

std::unique_ptr<DecodeCache> RnnAttention::decode_cache() const {
  return std::make_unique<DecodeCache>(config_.looks_first() ? 1 : 2, config_.context);
}

}  // namespace grim
