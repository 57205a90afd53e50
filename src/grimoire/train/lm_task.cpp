#include "grimoire/train/lm_task.h"

#include <cmath>
#include <unordered_map>

#include "grimoire/io/safetensors.h"

namespace grim {

void load_model(Pretrained& model, const std::string& folder) {
  const std::string path = join_path(folder, "model.safetensors");
  std::vector<NamedTensor> tensors;
  for (auto& [name, tensor] : read_safetensors(path)) tensors.push_back({name, tensor});
  model.load(tensors, path);
}

CorpusFormat format_of(const RunConfig& c) {
  return c.format == "lines" ? CorpusFormat::lines : c.format == "text" ? CorpusFormat::text : CorpusFormat::automatic;
}

void resolve(RunConfig& c, const Corpus& corpus) {
  const bool lines = corpus.format == CorpusFormat::lines, window = c.architecture().reading == Reading::window;
  c.format = lines ? "lines" : "text";
  if (c.shape().size("context") == 0) c.shape().set_size("context", lines && !window ? longest_item(corpus) + 1 : 64);
  c.shape().check();
  if (lines && !window) check_item_lengths(corpus, c.context() - 1);
  if (c.batch_size == 0 && !c.full_batch) c.batch_size = 32;
  if (c.eval_every == 0) c.eval_every = std::max<int64_t>(1, std::min<int64_t>(c.steps / 10, 10000));
  if (c.save_every == 0) c.save_every = std::max<int64_t>(1, std::min<int64_t>(c.steps / 5, 20000));
  SplitPercent::parse(c.split);
}

Json model_config(const RunConfig& c, int64_t V) {
  const std::unique_ptr<ModelConfig> shape = c.shape().clone();
  shape->set_vocabulary(V);
  return shape->to_json();
}

LmTask::LmTask(const RunConfig& config, const Corpus& corpus, Rng& rng, const CharTokenizer* known)
    : provenance_(provenance_of(config, corpus)), tokenizer_(known ? *known : make_tokenizer(corpus)),
      model_(build_causal_lm(model_config(config, tokenizer_.vocab_size()), rng)),
      data_(make_lm_data(corpus, tokenizer_, SplitPercent::parse(config.split), model_->reading(), model_->context())) {}

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
  const Evaluation e = evaluate(*model_, of(part), batches, stop);
  return {.loss = e.nll_nats, .weight = static_cast<double>(e.tokens), .stopped = e.stopped};
}

double LmTask::baseline(const StopAsked& stop) const { return bigram_baseline(data_, tokenizer_.vocab_size(), stop); }

// The Hugging Face layout. Items begin and end with the boundary; running text has no token that ends it.
std::vector<CheckpointFile> LmTask::files() const {
  const Json boundary = tokenizer_.boundary() ? Json(*tokenizer_.boundary()) : Json();
  Json config = model_->config(), generation = Json::object({{"bos_token_id", boundary}, {"eos_token_id", boundary}});
  for (const std::string& key : generation.keys())
    if (config.find(key)) config.set(key, boundary);
  return {{"config.json", config.dump_pretty()},
          tensor_file("model.safetensors", model_->checkpoint()),
          {"tokenizer.json", tokenizer_.to_json().dump_pretty()},
          {"tokenizer_config.json", tokenizer_.config_json().dump_pretty()},
          {"generation_config.json", generation.dump_pretty()}};
}

LmTraining::LmTraining(const RunConfig& config, const Corpus& corpus, const CharTokenizer* known)
    : trainer(config, [&](Rng& rng) { return std::make_unique<LmTask>(config, corpus, rng, known); }), task(static_cast<LmTask&>(trainer.task())) {}

// Counted pair by pair: the table of all pairs would not fit where there are tens of thousands of symbols.
//   -log p(next | last) = log(count(last) + V) - log(count(last, next) + 1)
double bigram_baseline(const LmData& data, int64_t vocab_size, const StopAsked& stop) {
  constexpr int64_t kRows = 4096;
  bool stopped = false;
  // f(last, next) for each row's last token and its target, or for every place of a sequence.
  const auto each_pair = [&](const LmPart& part, const auto& f) {
    part.for_each_batch(kRows, 0, [&](const Examples& e) {
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
