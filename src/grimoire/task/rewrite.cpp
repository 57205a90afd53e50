#include "grimoire/task/rewrite.h"

#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/task/part_task.h"
#include "grimoire/text/special_token.h"

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
  e.stopped = each_batch(pieces, batches, stop, [&](std::span<const int64_t> rows) {
    const RewriteBatch b = damage.batch(pieces, rows, 0, 0);
    Pass pass;
    sum += model.loss(b.sources, b.targets, pass).item() * static_cast<double>(b.targets.tokens());
    e.tokens += b.targets.tokens();
    if (see) see(b);
  });
  e.loss = sum / static_cast<double>(std::max<int64_t>(1, e.tokens));
  return e;
}

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

namespace {

class RewriteTask final : public PartTask<Seq2Seq, TextPieces> {
 public:
  RewriteTask(std::unique_ptr<Seq2Seq> model, std::shared_ptr<const Tokenizer> tokenizer, const std::vector<int64_t>& ids, const SplitPercent& split,
              const RewriteSource& source)
      : PartTask(std::move(model), std::move(tokenizer)), damage_(source.damage(*tokenizer_)) {
    cut(ids.size(), split, [&](int64_t begin, int64_t end) { return TextPieces(std::vector<int32_t>(ids.begin() + begin, ids.begin() + end), source.length); });
    GRIM_CHECK(train_.rows() > 0, input, source.task, "the data have {} tokens to train on, and a text takes {}", train_.ids().size(), source.length);
  }

  double weight(std::span<const int64_t> rows) const override {
    return static_cast<double>(rows.size()) * static_cast<double>(damage_->target_length(train_.length()));
  }
  double tokens_in(std::span<const int64_t> rows) const override { return weight(rows) + static_cast<double>(std::ssize(rows) * train_.length()); }
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

struct RunningTokens {
  SpecialTokens special;
  std::vector<int64_t> ids;
};

class OpenedRewrite final : public TextTaskSource<OpenedRewrite, RunningTokens> {
 public:
  OpenedRewrite(const std::string& path, RewriteSource source) : TextTaskSource(path, source.tokenizer, source.hint), source_(std::move(source)) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    const std::shared_ptr<const Numbered> text = numbered(config, checkpoint);
    std::unique_ptr<Seq2Seq> writer = model_of<Seq2Seq>(config, *text, rng, checkpoint);
    GRIM_CHECK(writer, argument, source_.task, "{} does not write one text from another", config.model);
    writer->take_tokens(text->tokens.special);
    return std::make_unique<RewriteTask>(std::move(writer), text->tokenizer, text->tokens.ids, SplitPercent::parse(config.split), source_);
  }
  void resolve(RunConfig& config) const override {
    TextTaskSource::resolve(config);
    const int64_t longest = source_.length + kAround;
    if (config.shape().size("context") == 0) config.shape().set_size("context", longest);
    const int64_t context = config.shape().size("context");
    if (context != 0 && context < longest)
      fail(ErrorKind::argument, source_.task,
           str("texts of {} tokens and {} around them: got a context of {}, expected {} or more", source_.length, kAround, context, longest),
           context > kAround ? str("train on shorter texts with " GRIM_SETTING("length={}"), context - kAround) : "a longer context");
  }
  std::vector<std::string> warnings(const RunConfig& config) const override {
    const std::string warning = source_.damage(*tokenizer_behind(model_before(config, "")))->warning(source_.length);
    return warning.empty() ? std::vector<std::string>() : std::vector{warning};
  }
  Json identity(const RunConfig& config) const override {
    return with(with(TextTaskSource::identity(config), Json::object({{"length", source_.length}})), source_.identity);
  }

 private:
  static constexpr int64_t kAround = 2;  // the tokens before a text and behind it
  RunningTokens tokens(const Tokenizer& tokenizer, const std::string& before) const override {
    return {special_tokens(tokenizer, before), tokenizer.encode_with(corpus().text, {.special_tokens = false}).ids};
  }

  RewriteSource source_;
};

}  // namespace

std::unique_ptr<TaskSource> open_rewrite(const RunConfig& run, RewriteSource source) { return std::make_unique<OpenedRewrite>(run.data, std::move(source)); }

}  // namespace grim
