#include "grimoire/task/seq2seq.h"

#include <algorithm>
#include <cmath>

#include "grimoire/hub/trained_model.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/task/finetune.h"
#include "grimoire/task/pair_examination.h"
#include "grimoire/task/part_task.h"
#include "grimoire/task/rewrite.h"
#include "grimoire/task/teacher_forcing.h"
#include "grimoire/text/special_token.h"
#include "grimoire/text/train_tokenizer.h"

namespace grim {
namespace {

struct Seq2SeqOptions {
  std::string source, target, dev_data, dev_source, dev_target, tokenizer, prefix;
  int64_t max_length = 100;  // tokens
  double label_smoothing = 0, teacher_forcing = 1;
  TextScore score = TextScore::bleu;
  FinetuneOptions folds = {};  // of which these count alone

  std::string dev() const { return dev_data.empty() ? dev_source : dev_data; }
};

// What the examples were encoded from.
struct PairTexts {
  std::shared_ptr<const ParallelText> text, dev;  // dev: null where a share of the text is
};

struct ManyPairs {
  SpecialTokens special;
  PairExamples train, dev;
  int64_t left_out = 0;
};

class Seq2SeqTask final : public PartTask<Seq2Seq, PairExamples> {
 public:
  Seq2SeqTask(std::unique_ptr<Seq2Seq> model, std::shared_ptr<const Tokenizer> tokenizer, const ManyPairs& pairs, PairTexts texts, const RunConfig& run,
              const Seq2SeqOptions& options)
      : PartTask(std::move(model), std::move(tokenizer)), options_(options), texts_(std::move(texts)), end_(pairs.special.end) {
    if (options.folds.fold > 0) {
      const FinetuneOptions::Shares shares = options.folds.shares(run, pairs.train.rows());
      train_ = pairs.train.picked(shares.train), dev_ = pairs.train.picked(shares.dev), test_ = pairs.train.picked(shares.test);
    } else if (pairs.dev.rows() == 0) {
      cut(static_cast<size_t>(pairs.train.rows()), SplitPercent::parse(run.split), [&](int64_t begin, int64_t end) { return pairs.train.part(begin, end); });
    } else {
      train_ = pairs.train;
    }
    if (pairs.dev.rows() > 0) dev_ = pairs.dev;
    GRIM_CHECK(train_.rows() > 0, input, "seq2seq", "no pair is left to train on");
  }

  double weight(std::span<const int64_t> rows) const override { return static_cast<double>(train_.target_tokens(rows)); }
  double tokens_in(std::span<const int64_t> rows) const override { return static_cast<double>(train_.tokens(rows)); }
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    const PairExamples::Batch b = train_.batch(rows);
    Rng coins(RngMode::philox, pass.seed ^ 0x74656163, pass.step);
    const TokenBatch read = read_in_training(*model_, b.sources, b.targets, options_.teacher_forcing, coins);
    const Tensor written = model_->written(read, model_->read(b.sources, pass), pass);
    if (options_.label_smoothing == 0) return model_->loss_of(written, b.targets.ids);
    return cross_entropy(model_->logits(written), b.targets.ids, {.label_smoothing = options_.label_smoothing});
  }
  Judgement judge(Part part, int64_t batches, const StopAsked& stop) const override {
    const PairEvaluation e = evaluate(*model_, of(part), batches > 0 ? batches : kMostJudgements, stop);
    return {.loss = e.loss, .weight = static_cast<double>(e.tokens), .stopped = e.stopped};
  }
  // What is written of a long dev part is told of some of it; of a test part, a fold maybe, of all.
  Examination examine(Part part, const StopAsked& stop) const override {
    const PairEvaluation e = evaluate(*model_, of(part), 0, stop);
    if (e.stopped) return {.judgement = {.loss = e.loss, .weight = static_cast<double>(e.tokens), .stopped = true}};
    const PairExamples some = part == Part::test ? of(part) : of(part).picked(evenly_spread(of(part).rows()));
    const ParallelText& text = part == Part::dev && texts_.dev ? *texts_.dev : *texts_.text;
    return examined_pairs(e, written_by(*model_, *tokenizer_, some, text, end_, stop), options_.score);
  }
  double guessing() const override { return std::log(static_cast<double>(symbols())); }
  // Of whoever knows how often each token is written, one more than it was: of the dev part, or without one the training part.
  double baseline(const StopAsked&) const override {
    std::vector<double> counts(static_cast<size_t>(symbols()), 1.0);
    double total = static_cast<double>(symbols()), nats = 0, tokens = 0;
    for (const std::vector<int64_t>& text : train_.targets())
      for (const int64_t id : text) ++counts[static_cast<size_t>(id)], ++total;
    for (const std::vector<int64_t>& text : (dev_.rows() > 0 ? dev_ : train_).targets())
      for (const int64_t id : text) nats -= std::log(counts[static_cast<size_t>(id)] / total), ++tokens;
    return nats / tokens;
  }

 private:
  Seq2SeqOptions options_;
  PairTexts texts_;
  int64_t end_;
};

class OpenedPairs final : public TokenTaskSource<OpenedPairs, ManyPairs> {
 public:
  OpenedPairs(const RunConfig& run, Seq2SeqOptions options) : options_(std::move(options)) {
    const Seq2SeqOptions& o = options_;
    const auto open = [&o](const std::string& both, const std::string& source, const std::string& target) {
      ParallelText text = both.empty() ? load_pairs(source, target) : load_pairs(both);
      for (std::string& s : text.sources) s.insert(0, o.prefix);
      return std::make_shared<const ParallelText>(std::move(text));
    };
    text_ = open(run.data, o.source, o.target);
    if (!o.dev_data.empty() || !o.dev_source.empty()) dev_ = open(o.dev_data, o.dev_source, o.dev_target);
  }

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    const std::shared_ptr<const Numbered> pairs = numbered(config, checkpoint);
    std::unique_ptr<Seq2Seq> model = model_of<Seq2Seq>(config, *pairs, rng, checkpoint);
    GRIM_CHECK(model, argument, "seq2seq", "{} does not write one text from another", config.model);
    model->take_tokens(pairs->tokens.special);
    return std::make_unique<Seq2SeqTask>(std::move(model), pairs->tokenizer, pairs->tokens, PairTexts{text_, dev_}, config, options_);
  }
  CorpusFormat format() const override { return CorpusFormat::text; }
  void resolve(RunConfig& config) const override {
    SplitPercent::parse(config.split);
    if (const int64_t context = config.shape().size("context"); context > 0 && context < options_.max_length)
      fail(ErrorKind::argument, "seq2seq", str("texts of up to {} tokens: got a context of {}, expected as many or more", options_.max_length, context),
           str("leave longer ones out with " GRIM_SETTING("max-length={}"), context));
    if (config.shape().size("context") == 0) config.shape().set_size("context", options_.max_length);
    TaskSource::resolve(config);
  }
  std::vector<std::string> warnings(const RunConfig& config) const override {
    std::vector<std::string> all = TaskSource::warnings(config);
    const int64_t empty = text_->left_out + (dev_ ? dev_->left_out : 0), longer = numbered(config, "")->tokens.left_out;
    if (empty > 0) all.push_back(str("{} of the pairs have nothing on one side and are left out", with_commas(empty)));
    if (longer > 0)
      all.push_back(str("{} pairs with more than {} tokens on one side are left out (" GRIM_SETTING("max-length") ")", with_commas(longer),
                        options_.max_length));
    return all;
  }
  Json identity(const RunConfig& config) const override {
    Json all = Json::object({{"content_xxh3_128", content_hash(*text_)}, {"split", config.split}, {"max_length", options_.max_length}});
    if (dev_) all.set("dev_content_xxh3_128", content_hash(*dev_));
    if (options_.folds.fold > 0) all.set("fold", options_.folds.fold_in_words());
    return all;
  }
  std::vector<std::string> samples(const std::string& folder) const override {
    constexpr int64_t kShown = 10;
    const AnyTrained any = load_any(folder);
    const auto& trained = std::get<TrainedSeq2Seq>(any);
    ParallelText some{.sources = {}, .targets = {}, .path = ""};
    const ParallelText& from = dev_ ? *dev_ : *text_;  // without a dev file its end, which is held back where anything is
    for (int64_t i = std::max<int64_t>(0, dev_ ? 0 : from.pairs() - kShown); i < from.pairs() && some.pairs() < kShown; ++i) {
      some.sources.push_back(from.sources[static_cast<size_t>(i)]);
      some.targets.push_back(from.targets[static_cast<size_t>(i)]);
    }
    const EncodedPairs encoded = encode_pairs(some, *trained.tokenizer, trained.ends[0], model_limit(*trained.model));
    std::vector<std::string> shown;
    const std::vector<std::string> written = write_all(*trained.model, *trained.tokenizer, encoded.pairs.sources(), trained.ends[0]);
    for (size_t i = 0; i < written.size(); ++i)
      shown.push_back(str("{}\n  written: {}\n  given:   {}", trained.tokenizer->decode(encoded.pairs.sources()[i]), written[i],
                          trained.tokenizer->decode(encoded.pairs.targets()[i])));
    return shown;
  }

 private:
  static int64_t model_limit(const Seq2Seq& model) { return model.decode_cache()->capacity(); }
  // Without a tokenizer, the words of both sides that come twice or more.
  std::shared_ptr<const Tokenizer> tokenizer_behind(const std::string& before) const override {
    if (!before.empty()) return open_tokenizer(before);
    if (!options_.tokenizer.empty()) return open_tokenizer(options_.tokenizer);
    const TokenizerTraining words{.kind = TokenizerKind::word, .min_frequency = 2, .special_tokens = {"<s>", "</s>"}, .alphabet = "", .end_of_word_suffix = ""};
    return train_tokenizer(
        [&](const TextSink& sink) {
          for (const std::string& text : text_->sources) sink(text);
          for (const std::string& text : text_->targets) sink(text);
        },
        words);
  }
  ManyPairs tokens(const Tokenizer& tokenizer, const std::string& before) const override {
    ManyPairs all{.special = special_tokens(tokenizer, before), .train = {}, .dev = {}};
    EncodedPairs train = encode_pairs(*text_, tokenizer, all.special.end, options_.max_length);
    all.train = std::move(train.pairs);
    all.left_out = train.left_out;
    if (!dev_) return all;
    EncodedPairs dev = encode_pairs(*dev_, tokenizer, all.special.end, options_.max_length);
    GRIM_CHECK(dev.pairs.rows() > 0, input, "seq2seq", "{}: none of its pairs has at most {} tokens a side", dev_->path, options_.max_length);
    all.dev = std::move(dev.pairs);
    all.left_out += dev.left_out;
    return all;
  }

  Seq2SeqOptions options_;
  std::shared_ptr<const ParallelText> text_, dev_;
};

struct Seq2SeqSettings {
  Seq2SeqOptions own;

  Seq2SeqSettings() = default;
  Seq2SeqSettings(int64_t max_length, TextScore score) { own.max_length = max_length, own.score = score; }

  static TaskWords words() {
    return {"token", "by how common each is", "grimoire generate {} " GRIM_SETTING("prompt=TEXT"), "guessing by how common each is"};
  }
  Options options(RunConfig& run) {
    Seq2SeqOptions& o = own;
    Options all = {
        {.name = "data", .help = "text file of pairs, a source and its target on each line with a tab between them", .target = &run.data, .basic = true,
         .without = {"source"}},
        {.name = "source", .help = "instead, text file of sources, one a line", .target = &o.source, .basic = true, .with = "target"},
        {.name = "target", .help = "text file of their targets, line by line", .target = &o.target, .basic = true, .with = "source"},
        {.name = "dev-data", .help = "file of pairs that choose the best weights; else a share of the data does", .target = &o.dev_data, .basic = true,
         .without = {"dev-source"}},
        {.name = "dev-source", .help = "instead, their sources", .target = &o.dev_source, .basic = true, .with = "dev-target"},
        {.name = "dev-target", .help = "and their targets", .target = &o.dev_target, .basic = true, .with = "dev-source"},
        {.name = "tokenizer", .help = "folder or file of the tokenizer of both sides; without one, the words of the data that come twice or more",
         .target = &o.tokenizer, .basic = true, .without = {"init-from"}},
        {.name = "prefix", .help = "words before every source: T5 knows 'translate English to German: ' and 'summarize: '", .target = &o.prefix},
        {.name = "max-length", .help = "tokens: pairs with a longer side are left out", .target = &o.max_length, .low = 2, .high = 1 << 20},
        {.name = "label-smoothing", .help = "share of each target that is spread over all tokens, in training", .target = &o.label_smoothing, .low = 0,
         .high = 0.99},
        {.name = "teacher-forcing", .help = "share of the tokens before a place that are the right ones in training; the others are the model's own",
         .target = &o.teacher_forcing, .low = 0, .high = 1},
        {.name = "split", .help = "percent for train/dev/test", .target = &run.split, .without = {"dev-data", "dev-source"}},
        {.name = "init-from", .help = "begin with the weights and symbols of this run or model folder", .target = &run.init_from}};
    for (Option& folds : o.folds.fold_options()) all.push_back(std::move(folds));
    return all;
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const {
    if (run.data.empty() && (own.source.empty() || own.target.empty()))
      throw Error(ErrorKind::usage, GRIM_SETTING("data") " is missing: the pairs to train on",
                  "or give " GRIM_SETTING("source=FILE") " and " GRIM_SETTING("target=FILE"));
    Seq2SeqOptions opened = own;
    opened.folds.dev = own.dev();
    return std::make_unique<OpenedPairs>(run, std::move(opened));
  }
};

}  // namespace

namespace {
struct SummarySettings : Seq2SeqSettings {
  SummarySettings() : Seq2SeqSettings(512, TextScore::rouge) {}  // T5's
};
}  // namespace

TaskDefaults seq2seq_task_settings() { return task_settings<Seq2SeqSettings>(); }
TaskDefaults summarize_task_settings() { return task_settings<SummarySettings>(); }

}  // namespace grim
