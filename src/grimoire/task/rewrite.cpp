#include "grimoire/task/rewrite.h"

#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/data/corpus.h"
#include "grimoire/data/split.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/task/part_task.h"
#include "grimoire/text/special_token.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/run.h"

namespace grim {

RewriteBatch Damage::batch(const TextPieces& pieces, std::span<const int64_t> rows, uint64_t seed, uint32_t step) const {
  std::vector<std::vector<int64_t>> sources, targets;
  for (const int64_t r : rows) {
    Pair pair = of(pieces.piece(r), static_cast<uint32_t>(r), seed, step);
    sources.push_back(std::move(pair.source));
    targets.push_back(std::move(pair.target));
  }
  return {TokenBatch::of(sources), TokenBatch::of(targets)};
}

RewriteEvaluation evaluate(const Seq2Seq& model, const TextPieces& pieces, const Damage& damage, int64_t batches, const StopAsked& stop,
                           const std::function<void(const RewriteBatch&)>& see) {
  const NoGrad no_grad;
  RewriteEvaluation e;
  double sum = 0;
  for (int64_t begin = 0, done = 0; begin < pieces.rows() && (batches == 0 || done < batches); begin += kTextsAtOnce, ++done) {
    if (stop && stop()) {
      e.stopped = true;
      break;
    }
    const RewriteBatch b = damage.batch(pieces, batch_at(pieces, begin), 0, 0);
    Pass pass;
    sum += model.loss(b.sources, b.targets, pass).item() * static_cast<double>(b.targets.tokens());
    e.tokens += b.targets.tokens();
    if (see) see(b);
  }
  e.loss = sum / static_cast<double>(std::max<int64_t>(1, e.tokens));
  return e;
}

namespace {

class RewriteTask final : public PartTask<Seq2Seq, TextPieces> {
 public:
  RewriteTask(std::unique_ptr<Seq2Seq> model, std::shared_ptr<const Tokenizer> tokenizer, const std::vector<int64_t>& ids, const SplitPercent& split,
              const RewriteSource& source)
      : PartTask(std::move(model), std::move(tokenizer)), damage_(source.damage(*tokenizer_)) {
    const auto until = [&](double percent) { return std::llround(static_cast<double>(ids.size()) * percent / 100); };
    const auto part = [&](int64_t begin, int64_t end) { return TextPieces(std::vector<int32_t>(ids.begin() + begin, ids.begin() + end), source.length); };
    const int64_t train_end = until(split.train), dev_end = until(split.train + split.dev);
    train_ = part(0, train_end);
    dev_ = part(train_end, dev_end);
    test_ = part(dev_end, static_cast<int64_t>(ids.size()));
    GRIM_CHECK(train_.rows() > 0, input, source.task, "the data have {} tokens to train on, and a text takes {}", train_end, source.length);
  }

  double weight(std::span<const int64_t> rows) const override {
    return static_cast<double>(rows.size()) * static_cast<double>(damage_->target_length(train_.length()));
  }
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    const RewriteBatch b = damage_->batch(train_, rows, pass.seed, pass.step);
    return model_->loss(b.sources, b.targets, pass);
  }
  Judgement judge(Part part, int64_t batches, const StopAsked& stop) const override {
    const RewriteEvaluation e = evaluate(*model_, of(part), *damage_, batches > 0 ? batches : kMostJudgements, stop);
    return {.loss = e.loss, .weight = static_cast<double>(e.tokens), .stopped = e.stopped};
  }
  double guessing() const override { return std::log(static_cast<double>(symbols())); }

 private:
  std::unique_ptr<Damage> damage_;
};

// As the folder that is gone on from says, if there is one; else as the tokenizer does.
SpecialTokens special_tokens(const Tokenizer& tokenizer, const std::string& folder) {
  const std::string path = join_path(folder, "config.json");
  const Json config = folder.empty() ? Json::object() : Json::parse(read_file(path), path);
  const auto said = [&](const char* key) {
    const std::vector<int64_t> ids = token_ids(config, key);
    return ids.empty() ? std::nullopt : std::optional(ids[0]);
  };
  const auto either = [&](const char* key, TokenRole role) {
    const std::optional<int64_t> id = said(key);
    return id ? id : special_token(tokenizer, role);
  };
  const std::optional<int64_t> end = said("eos_token_id");
  return {.end = end ? *end : needed_token(tokenizer, TokenRole::end), .begin = either("bos_token_id", TokenRole::begin),
          .pad = either("pad_token_id", TokenRole::pad), .start = said("decoder_start_token_id")};
}

class OpenedRewrite final : public TaskSource {
 public:
  OpenedRewrite(const std::string& path, RewriteSource source)
      : corpus_(std::make_shared<const Corpus>(load_corpus(path, CorpusFormat::text))), source_(std::move(source)) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    const std::shared_ptr<const Numbered> text = numbered(config, checkpoint);
    std::unique_ptr<Pretrained> model = config.shape_for(text->tokenizer->vocab_size())->build(rng);
    if (checkpoint.empty() && !config.init_from.empty()) load_weights(*model, model_folder_in(config.init_from));
    std::unique_ptr<Seq2Seq> writer = capability_in<Seq2Seq>(model);
    GRIM_CHECK(writer, argument, source_.task, "{} does not write one text from another", config.model);
    writer->take_tokens(text->special);
    return std::make_unique<RewriteTask>(std::move(writer), text->tokenizer, text->ids, SplitPercent::parse(config.split), source_);
  }
  std::unique_ptr<TaskSource> sample(const RunConfig& config, int) const override {
    auto whole = std::make_unique<OpenedRewrite>(*this);
    whole->known_ = numbered(config, "");
    return whole;
  }
  void resolve(RunConfig& config) const override {
    TaskSource::resolve(config);
    SplitPercent::parse(config.split);
    const int64_t longest = source_.length + kAround;
    if (config.shape().size("context") == 0) config.shape().set_size("context", longest);
    const int64_t context = config.shape().size("context");
    if (context != 0 && context < longest)
      fail(ErrorKind::argument, source_.task,
           str("texts of {} tokens and {} around them: got a context of {}, expected {} or more", source_.length, kAround, context, longest),
           context > kAround ? str("train on shorter texts with " GRIM_SETTING("length={}"), context - kAround) : "a longer context");
    if (source_.tokenizer.empty() && config.init_from.empty())
      throw Error(ErrorKind::usage, "no tokenizer is given: " GRIM_SETTING("tokenizer") " names its folder", source_.hint);
  }
  std::vector<std::string> warnings(const RunConfig& config) const override {
    const std::string from = model_before(config);
    const std::string warning = source_.damage(*open_tokenizer(from.empty() ? source_.tokenizer : from))->warning(source_.length);
    return warning.empty() ? std::vector<std::string>() : std::vector{warning};
  }
  CorpusFormat format() const override { return CorpusFormat::text; }
  Json identity(const RunConfig& config) const override {
    Json json = Json::object({{"content_xxh3_128", content_hash(*corpus_)}, {"split", config.split}, {"length", source_.length}});
    for (size_t i = 0; i < source_.identity.size(); ++i) json.set(source_.identity.keys()[i], source_.identity[i]);
    return json;
  }

 private:
  static constexpr int64_t kAround = 2;  // the tokens before a text and behind it
  struct Numbered {
    std::shared_ptr<const Tokenizer> tokenizer;
    SpecialTokens special;
    std::vector<int64_t> ids;
  };
  std::shared_ptr<const Numbered> numbered(const RunConfig& config, const std::string& checkpoint) const {
    if (known_) return known_;
    const std::string from = model_before(config, checkpoint);
    const std::shared_ptr<const Tokenizer> tokenizer = open_tokenizer(from.empty() ? source_.tokenizer : from);
    return std::make_shared<const Numbered>(tokenizer, special_tokens(*tokenizer, from), tokenizer->encode_with(corpus_->text, {.special_tokens = false}).ids);
  }

  std::shared_ptr<const Corpus> corpus_;
  RewriteSource source_;
  std::shared_ptr<const Numbered> known_;  // of a sample: it is not worked out anew for each of its tasks
};

}  // namespace

std::unique_ptr<TaskSource> open_rewrite(const RunConfig& run, RewriteSource source) { return std::make_unique<OpenedRewrite>(run.data, std::move(source)); }

}  // namespace grim
