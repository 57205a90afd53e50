#include "grimoire/task/mlm.h"

#include <cmath>
#include <map>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/task/mlm_task.h"

namespace grim {
namespace {

constexpr int64_t kWordsAtOnce = 64;  // whose logits of a large vocabulary are held together in an evaluation

int64_t agreeing(const Tensor& logits, const Tensor& targets) {
  const std::vector<int64_t> found = argmax(logits, 1).to_vector<int64_t>(), wanted = targets.to_vector<int64_t>();
  int64_t n = 0;
  for (size_t i = 0; i < wanted.size(); ++i) n += found[i] == wanted[i];
  return n;
}

}  // namespace

MlmEvaluation evaluate(const TextEncoder& encoder, const MlmExamples& examples, const MlmTokens& tokens, const MaskOptions& masks, int64_t batches,
                       const StopAsked& stop) {
  const NoGrad no_grad;
  MlmEvaluation e;
  std::map<int64_t, int64_t> asked;
  double words = 0, next = 0;
  e.stopped = each_batch(examples, batches, stop, [&](std::span<const int64_t> rows) {
    const MlmExamples::Batch b = examples.batch(rows, tokens, masks, 0, 0);
    Pass pass;
    const Tensor hidden = encoder.hidden(b.texts, pass);
    const int64_t count = b.targets.numel();
    for (int64_t from = 0; from < count; from += kWordsAtOnce) {
      const int64_t to = std::min(from + kWordsAtOnce, count);
      const Tensor targets = slice(b.targets, 0, from, to), logits = encoder.masked_logits(index_select(hidden, 0, slice(b.places, 0, from, to)));
      words += cross_entropy(logits, targets).item() * static_cast<double>(to - from);
      e.found += agreeing(logits, targets);
    }
    e.asked += count;
    for (const int64_t id : b.targets.to_vector<int64_t>()) ++asked[id];
    if (!encoder.has(EncoderPart::next_sentence)) return;
    const Tensor follows = encoder.next_sentence_logits(hidden, b.texts);
    next += cross_entropy(follows, b.next).item() * static_cast<double>(b.texts.texts());
    e.pairs += b.texts.texts();
    e.pairs_right += agreeing(follows, b.next);
  });
  for (const auto& [id, n] : asked) e.commonest = std::max(e.commonest, n);
  e.words_loss = words / static_cast<double>(std::max<int64_t>(1, e.asked));
  e.next_loss = next / static_cast<double>(std::max<int64_t>(1, e.pairs));
  return e;
}

MlmExamples mlm_examples(const TextEncoder& encoder, const std::vector<TokenDocument>& documents, const MlmTokens& tokens, uint64_t seed, int64_t length) {
  length = length > 0 ? std::min(length, encoder.context()) : encoder.context();
  Rng rng(RngMode::philox, seed, "pairs");
  return encoder.has(EncoderPart::next_sentence) ? sentence_pairs(documents, tokens, length, rng)
                                                 : full_sentences(documents, tokens, length);
}

namespace {

class MlmSource final : public TextTaskSource<MlmSource, std::vector<TokenDocument>> {
 public:
  MlmSource(const std::string& path, std::string tokenizer, const MlmReading& reading)
      : TextTaskSource(path, std::move(tokenizer), "grimoire tokenizer train makes one of kind wordpiece"),
        documents_(std::make_shared<const std::vector<Document>>(documents_of(corpus().text, path, reading.form))), reading_(reading) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    const std::shared_ptr<const Numbered> text = numbered(config, checkpoint);
    std::unique_ptr<TextEncoder> encoder = model_of<TextEncoder>(config, *text, rng, checkpoint);
    const bool fills = encoder && encoder->has(EncoderPart::masked);
    if (!fills && !config.init_from.empty())
      throw Error(ErrorKind::input, str("[mlm] '{}' has no head that fills in masked words", config.init_from),
                  "begin with a model that was trained to, whose head is there");
    GRIM_CHECK(fills, argument, "mlm", "{} does not fill in masked words", config.model);
    return std::make_unique<MlmTask>(std::move(encoder), text->tokenizer, text->tokens, SplitPercent::parse(config.split), reading_.masks,
                                     static_cast<uint64_t>(config.seed), config.window);
  }
  void resolve(RunConfig& config) const override {
    if (config.shape().size("context") == 0) config.shape().set_size("context", 128);
    TextTaskSource::resolve(config);
  }
  Json identity(const RunConfig& config) const override {
    return with(TextTaskSource::identity(config), reading_.identity(documents_->size()));
  }

 private:
  std::vector<TokenDocument> tokens(const Tokenizer& tokenizer, const std::string&) const override { return tokenized(*documents_, tokenizer); }

  std::shared_ptr<const std::vector<Document>> documents_;
  MlmReading reading_;
};

struct MlmSettings {
  static TaskWords words() { return token_words(); }
  std::string tokenizer;
  MlmReading reading;

  Options options(RunConfig& run) {
    Options all = {{.name = "data", .help = "text file: a sentence a line and blank lines between documents, or running text", .target = &run.data,
                    .basic = true},
                   {.name = "tokenizer", .help = "folder or file of the tokenizer: its [CLS], [SEP] and [MASK], or their like, are used", .target = &tokenizer,
                    .basic = true, .without = {"init-from"}}};
    for (Option& o : reading.options()) all.push_back(std::move(o));
    all.push_back({.name = "split", .help = "percent for train/dev/test, of the documents", .target = &run.split});
    all.push_back({.name = "init-from", .help = "begin with the weights and symbols of this run or model folder", .target = &run.init_from});
    all.push_back(window_option(run));
    return all;
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const { return std::make_unique<MlmSource>(run.data, tokenizer, reading); }
};

}  // namespace

TaskDefaults mlm_task_settings() { return task_settings<MlmSettings>(); }

}  // namespace grim
