#include "grimoire/task/spans.h"

#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/data/corpus.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/op/argmax.h"
#include "grimoire/task/part_task.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/run.h"

namespace grim {
namespace {

// Greedy, all texts at once, until each has ended or is longer than its target could be.
std::vector<std::vector<int64_t>> write_greedily(const Seq2Seq& model, const TokenBatch& sources, int64_t end, int64_t most) {
  Pass whole;
  SourceMemory memory = model.read(sources, whole);
  model.prepare(memory);
  const std::unique_ptr<DecodeCache> cache = model.decode_cache();
  Pass pass = Pass::decode(*cache);
  const auto n = static_cast<size_t>(sources.texts());
  std::vector<std::vector<int64_t>> made(n), last(n, {model.start()});
  std::vector<bool> ended(n, false);
  for (int64_t step = 0; step < most && std::ranges::find(ended, false) != ended.end(); ++step) {
    const std::vector<int64_t> next = argmax(model.logits(model.written(TokenBatch::of(last), memory, pass)), 1).to_vector<int64_t>();
    for (size_t i = 0; i < n; ++i) {
      if (!ended[i]) made[i].push_back(next[i]);
      ended[i] = ended[i] || next[i] == end;
      last[i] = {next[i]};
    }
  }
  return made;
}

int64_t commonest_of(std::span<const int32_t> ids) {
  std::vector<int64_t> counts(static_cast<size_t>(*std::ranges::max_element(ids)) + 1, 0);
  for (const int32_t id : ids) ++counts[static_cast<size_t>(id)];
  return std::ranges::max_element(counts) - counts.begin();
}

}  // namespace

SpanBatch SpanExamples::batch(std::span<const int64_t> rows, const SpanTokens& tokens, const SpanOptions& options, uint64_t seed, uint32_t step) const {
  std::vector<std::span<const int32_t>> texts;
  std::vector<uint32_t> own;
  for (const int64_t r : rows) {
    texts.push_back(std::span(ids_).subspan(static_cast<size_t>(r * length_), static_cast<size_t>(length_)));
    own.push_back(static_cast<uint32_t>(r));
  }
  return span_batch(texts, own, tokens, options, seed, step);
}

SpanEvaluation evaluate(const Seq2Seq& model, const SpanExamples& examples, const SpanTokens& tokens, const SpanOptions& options, WriteGaps write,
                        int64_t batches, const StopAsked& stop) {
  const NoGrad no_grad;
  SpanEvaluation e;
  double sum = 0;
  const int64_t commonest = examples.rows() > 0 ? commonest_of(examples.ids()) : 0;
  for (int64_t begin = 0, done = 0; begin < examples.rows() && (batches == 0 || done < batches); begin += kTextsAtOnce, ++done) {
    if (stop && stop()) {
      e.stopped = true;
      break;
    }
    const SpanBatch b = examples.batch(batch_at(examples, begin), tokens, options, 0, 0);
    Pass pass;
    sum += model.loss(b.sources, b.targets, pass).item() * static_cast<double>(b.targets.tokens());
    e.tokens += b.targets.tokens();
    if (write == WriteGaps::no) continue;
    const std::vector<std::vector<int64_t>> made = write_greedily(model, b.sources, tokens.end, 2 * b.targets.longest());
    const std::vector<int64_t> targets = b.targets.ids.to_vector<int64_t>();
    const int64_t gaps = span_sizes(examples.length(), options, static_cast<int64_t>(tokens.gaps.size())).gaps;
    for (size_t i = 0; i < made.size(); ++i) {
      const auto wanted = answers_in(std::span(targets).subspan(static_cast<size_t>(b.targets.offsets[i])), tokens, gaps);
      const auto given = answers_in(made[i], tokens, gaps);
      for (size_t g = 0; g < wanted.size(); ++g) {
        ++e.gaps;
        e.exact += given[g] == wanted[g];
        e.exact_by_commonest += wanted[g] == std::vector<int64_t>{commonest};
      }
    }
  }
  e.loss = sum / static_cast<double>(std::max<int64_t>(1, e.tokens));
  return e;
}

namespace {

class SpanTask final : public PartTask<Seq2Seq, SpanExamples> {
 public:
  SpanTask(std::unique_ptr<Seq2Seq> model, std::shared_ptr<const Tokenizer> tokenizer, const std::string& text, const SplitPercent& split, int64_t length,
           const SpanOptions& options)
      : PartTask(std::move(model), std::move(tokenizer)), tokens_(SpanTokens::of(*tokenizer_)), options_(options) {
    const std::vector<int64_t> ids = tokenizer_->encode_with(text, {.special_tokens = false}).ids;
    const auto until = [&](double percent) { return std::llround(static_cast<double>(ids.size()) * percent / 100); };
    const auto part = [&](int64_t begin, int64_t end) { return SpanExamples(std::vector<int32_t>(ids.begin() + begin, ids.begin() + end), length); };
    const int64_t train_end = until(split.train), dev_end = until(split.train + split.dev);
    train_ = part(0, train_end);
    dev_ = part(train_end, dev_end);
    test_ = part(dev_end, static_cast<int64_t>(ids.size()));
    GRIM_CHECK(train_.rows() > 0, input, "spans", "the data have {} tokens to train on, and a text takes {}", train_end, length);
  }

  double weight(std::span<const int64_t> rows) const override {
    const SpanSizes s = span_sizes(train_.length(), options_, static_cast<int64_t>(tokens_.gaps.size()));
    return static_cast<double>(rows.size()) * static_cast<double>(s.taken + s.gaps + 2);  // with the last gap, and the end
  }
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    const SpanBatch b = train_.batch(rows, tokens_, options_, pass.seed, pass.step);
    return model_->loss(b.sources, b.targets, pass);
  }
  Judgement judge(Part part, int64_t batches, const StopAsked& stop) const override {
    const SpanEvaluation e = evaluate(*model_, of(part), tokens_, options_, WriteGaps::no, batches > 0 ? batches : kMostJudgements, stop);
    return {.loss = e.loss, .weight = static_cast<double>(e.tokens), .stopped = e.stopped};
  }
  double guessing() const override { return std::log(static_cast<double>(symbols())); }

 private:
  SpanTokens tokens_;
  SpanOptions options_;
};

struct SpanSettings {
  std::string tokenizer;
  int64_t length = 128;
  SpanOptions spans;

  Options options(RunConfig& run) {
    return {{.name = "data", .help = "text file, read as running text", .target = &run.data, .basic = true},
            {.name = "tokenizer", .help = "folder or file of the tokenizer, with <extra_id_0>, <extra_id_1> ... for the gaps", .target = &tokenizer,
             .basic = true, .without = {"init-from"}},
            {.name = "length", .help = "tokens of a text, before any are taken out", .target = &length, .low = 4, .high = 1 << 20},
            {.name = "gap-rate", .help = "share of the tokens that are taken out", .target = &spans.rate, .low = 0.01, .high = 0.9},
            {.name = "gap-length", .help = "tokens of a gap, in the mean", .target = &spans.mean_length, .low = 1, .high = 1000},
            {.name = "split", .help = "percent for train/dev/test", .target = &run.split},
            {.name = "init-from", .help = "begin with the weights and symbols of this run or model folder", .target = &run.init_from}};
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const;
};

class SpanSource final : public TaskSource {
 public:
  SpanSource(const std::string& path, SpanSettings settings) : corpus_(load_corpus(path, CorpusFormat::text)), settings_(std::move(settings)) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    const bool begins = checkpoint.empty() && !config.init_from.empty();
    const std::string from = begins ? model_folder_in(config.init_from) : "";
    const std::shared_ptr<const Tokenizer> tokenizer = open_tokenizer(!checkpoint.empty() ? checkpoint : begins ? from : settings_.tokenizer);
    std::unique_ptr<Pretrained> model = config.shape_for(tokenizer->vocab_size())->build(rng);
    if (begins) load_weights(*model, from);
    std::unique_ptr<Seq2Seq> writer = capability_in<Seq2Seq>(model);
    GRIM_CHECK(writer, argument, "spans", "{} does not write one text from another", config.model);
    return std::make_unique<SpanTask>(std::move(writer), tokenizer, corpus_.text, SplitPercent::parse(config.split), settings_.length, settings_.spans);
  }
  void resolve(RunConfig& config) const override {
    TaskSource::resolve(config);
    SplitPercent::parse(config.split);
    if (settings_.tokenizer.empty() && config.init_from.empty())
      throw Error(ErrorKind::usage, "no tokenizer is given: " GRIM_SETTING("tokenizer") " names its folder",
                  "grimoire tokenizer train makes one of kind unigram, with special tokens <extra_id_0>, <extra_id_1> and so on");
  }
  CorpusFormat format() const override { return CorpusFormat::text; }
  Json identity(const RunConfig& config) const override {
    return Json::object({{"content_xxh3_128", content_hash(corpus_)}, {"split", config.split}, {"length", settings_.length}, {"gap_rate", settings_.spans.rate},
                         {"gap_length", settings_.spans.mean_length}});
  }

 private:
  Corpus corpus_;
  SpanSettings settings_;
};

std::unique_ptr<TaskSource> SpanSettings::open(const RunConfig& run) const { return std::make_unique<SpanSource>(run.data, *this); }

}  // namespace

TaskDefaults spans_task_settings() { return task_settings<SpanSettings>(); }

}  // namespace grim
