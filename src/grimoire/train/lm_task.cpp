#include "grimoire/train/lm_task.h"

#include <cmath>
#include <unordered_map>

#include "grimoire/model/register.h"

namespace grim {

namespace {

std::unique_ptr<CausalLm> build(const RunConfig& config, int64_t vocabulary, Rng& rng) {
  std::unique_ptr<Pretrained> model = config.shape_for(vocabulary)->build(rng);
  std::unique_ptr<CausalLm> lm = capability_in<CausalLm>(model);
  GRIM_CHECK(lm, argument, "train", "{} does not predict the next token", config.model);
  return lm;
}

}  // namespace

LmTask::LmTask(const RunConfig& config, const Corpus& corpus, Rng& rng, const std::shared_ptr<const Tokenizer>& known)
    : tokenizer_(known ? known : make_tokenizer(corpus)),
      model_(build(config, tokenizer_->vocab_size(), rng)),
      data_(make_lm_data(corpus, *tokenizer_, SplitPercent::parse(config.split), model_->reading(), config.places())),
      places_(config.places()) {}

const LmPart& LmTask::of(Part part) const {
  const LmPart* const parts[] = {&data_.train, &data_.dev, &data_.test, &data_.common};
  return *parts[static_cast<size_t>(part)];
}

Tensor LmTask::loss(std::span<const int64_t> rows, Pass& pass) const {
  const Examples e = data_.train.take(rows);
  return model_->loss(e.x, e.y, pass);
}

// Sequences of running text: consecutive crops rather than every place one could begin at.
Tensor LmTask::full_loss(Pass& pass) const {
  Tensor loss;
  data_.train.for_each_batch(data_.train.rows(), 1, [&](const Examples& e) { loss = model_->loss(e.x, e.y, pass); });
  return loss;
}

Judgement LmTask::judge(Part part, int64_t batches, const StopAsked& stop) const {
  const Evaluation e = evaluate(*model_, of(part), batches > 0 ? batches : kMostJudgements, stop);
  return {.loss = e.nll_nats, .weight = static_cast<double>(e.tokens), .stopped = e.stopped};
}

int64_t LmTask::batches(Part part) const {
  const int64_t at_once = judged_at_once(model_->reading(), places_);
  return (of(part).judged_rows() + at_once - 1) / at_once;
}

int64_t LmTask::count() {
  auto* const model = dynamic_cast<CountingLm*>(model_.get());
  if (!model) return Task::count();
  int64_t targets = 0;
  data_.train.for_each_batch(kJudgedAtOnce, 0, [&](const Examples& e) {
    model->count(e.x, e.y);
    targets += e.y.numel();
  });
  return targets;
}

double LmTask::baseline(const StopAsked& stop) const {
  return bigram_baseline(data_, tokenizer_->vocab_size(), judged_at_once(model_->reading(), places_), stop);
}

// Counted pair by pair: the table of all pairs would not fit where there are tens of thousands of symbols.
//   -log p(next | last) = log(count(last) + V) - log(count(last, next) + 1)
double bigram_baseline(const LmData& data, int64_t vocab_size, int64_t rows_at_once, const StopAsked& stop) {
  bool stopped = false;
  // f(last, next) for each row's last token and its target, or for every place of a sequence.
  const auto each_pair = [&](const LmPart& part, const auto& f) {
    part.for_each_batch(rows_at_once, 0, [&](const Examples& e) {
      const int64_t* const x = e.x.data<int64_t>();
      const int64_t* const y = e.y.data<int64_t>();
      const int64_t stride = e.x.numel() / e.y.numel();
      for (int64_t i = 0; i < e.y.numel(); ++i)
        if (y[i] != kIgnore) f(x[(i + 1) * stride - 1], y[i]);
      return !(stopped = stopped || (stop && stop()));
    });
  };
  std::unordered_map<int64_t, int64_t> pairs;
  std::vector<int64_t> lasts(static_cast<size_t>(vocab_size), 0);
  each_pair(data.train, [&](int64_t last, int64_t next) {
    ++pairs[last * vocab_size + next];
    ++lasts[static_cast<size_t>(last)];
  });
  double sum = 0;
  int64_t tokens = 0;
  each_pair(data.dev.empty() ? data.train : data.dev, [&](int64_t last, int64_t next) {
    const auto seen = pairs.find(last * vocab_size + next);
    sum += std::log(static_cast<double>(lasts[static_cast<size_t>(last)] + vocab_size)) -
           std::log(static_cast<double>((seen == pairs.end() ? 0 : seen->second) + 1));
    ++tokens;
  });
  return stopped ? NAN : sum / static_cast<double>(tokens);
}

}  // namespace grim
