#include "grimoire/task/mlm.h"

#include <cmath>
#include <map>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/task/part_task.h"

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

MlmExamples mlm_examples(const TextEncoder& encoder, const std::vector<TokenDocument>& documents, const MlmTokens& tokens, uint64_t seed) {
  Rng rng(RngMode::philox, seed, "pairs");
  return encoder.has(EncoderPart::next_sentence) ? sentence_pairs(documents, tokens, encoder.context(), rng)
                                                 : full_sentences(documents, tokens, encoder.context());
}

namespace {

class MlmTask final : public PartTask<TextEncoder, MlmExamples> {
 public:
  // Documents are shuffled in one way for all, then cut: each part has some of everything.
  MlmTask(std::unique_ptr<TextEncoder> model, std::shared_ptr<const Tokenizer> tokenizer, const std::vector<TokenDocument>& documents,
          const SplitPercent& split, const MaskOptions& masks, uint64_t seed)
      : PartTask(std::move(model), std::move(tokenizer)), tokens_(MlmTokens::of(*tokenizer_)), masks_(masks) {
    const std::vector<int64_t> order = Rng(RngMode::philox, 42, "documents").permutation(static_cast<int64_t>(documents.size()));
    cut(order.size(), split, [&](int64_t begin, int64_t end) {
      const std::vector<int64_t> chosen(order.begin() + begin, order.begin() + end);
      return mlm_examples(*model_, pick(documents, chosen), tokens_, seed);
    });
    GRIM_CHECK(train_.rows() > 0, input, "mlm", "the data give no example: {} documents, of which {} percent train", documents.size(), split.train);
  }

  double weight(std::span<const int64_t> rows) const override {
    double n = 0;
    for (const int64_t r : rows) n += static_cast<double>(train_.asked_in(r, masks_));
    return n;
  }
  // Of both objectives the mean, of words over those that are hidden, of passages over the texts.
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    const MlmExamples::Batch b = train_.batch(rows, tokens_, masks_, pass.seed, pass.step);
    const Tensor hidden = model_->hidden(b.texts, pass);
    const Tensor words = model_->masked_loss(index_select(hidden, 0, b.places), b.targets);
    return model_->has(EncoderPart::next_sentence) ? words + cross_entropy(model_->next_sentence_logits(hidden, b.texts), b.next) : words;
  }
  Judgement judge(Part part, int64_t batches, const StopAsked& stop) const override {
    const MlmEvaluation e = evaluate(*model_, of(part), tokens_, masks_, batches > 0 ? batches : kMostJudgements, stop);
    return {.loss = e.loss(), .weight = static_cast<double>(e.asked), .stopped = e.stopped};
  }
  double guessing() const override { return std::log(static_cast<double>(symbols())) + (model_->has(EncoderPart::next_sentence) ? std::log(2.0) : 0.0); }
  // Words by how common they are, passages by a coin.
  double baseline(const StopAsked&) const override {
    const auto V = static_cast<size_t>(symbols());
    std::vector<double> counts(V, 1.0);
    for (const int32_t id : train_.ids()) counts[static_cast<size_t>(id)] += 1;
    const double total = static_cast<double>(V) + static_cast<double>(train_.ids().size());
    const MlmExamples& judged = dev_.rows() > 0 ? dev_ : train_;
    double sum = 0;
    int64_t asked = 0;
    each_batch(judged, kMostJudgements, {}, [&](std::span<const int64_t> rows) {
      const std::vector<int64_t> targets = judged.batch(rows, tokens_, masks_, 0, 0).targets.to_vector<int64_t>();
      for (const int64_t id : targets) sum -= std::log(counts[static_cast<size_t>(id)] / total);
      asked += static_cast<int64_t>(targets.size());
    });
    return sum / static_cast<double>(std::max<int64_t>(1, asked)) + (model_->has(EncoderPart::next_sentence) ? std::log(2.0) : 0.0);
  }

 private:
  MlmTokens tokens_;
  MaskOptions masks_;
};

class MlmSource final : public TextTaskSource<MlmSource, std::vector<TokenDocument>> {
 public:
  MlmSource(const std::string& path, std::string tokenizer, DocumentForm form, const MaskOptions& masks)
      : TextTaskSource(path, std::move(tokenizer), "grimoire tokenizer train makes one of kind wordpiece"),
        documents_(std::make_shared<const std::vector<Document>>(documents_of(corpus().text, path, form))), masks_(masks) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    const std::shared_ptr<const Numbered> text = numbered(config, checkpoint);
    std::unique_ptr<TextEncoder> encoder = model_of<TextEncoder>(config, *text, rng, checkpoint);
    GRIM_CHECK(encoder && encoder->has(EncoderPart::masked), argument, "mlm", "{} does not fill in masked words", config.model);
    return std::make_unique<MlmTask>(std::move(encoder), text->tokenizer, text->tokens, SplitPercent::parse(config.split), masks_,
                                     static_cast<uint64_t>(config.seed));
  }
  void resolve(RunConfig& config) const override {
    if (config.shape().size("context") == 0) config.shape().set_size("context", 128);
    TextTaskSource::resolve(config);
  }
  Json identity(const RunConfig& config) const override {
    return with(TextTaskSource::identity(config), Json::object({{"documents", static_cast<int64_t>(documents_->size())}, {"mask_rate", masks_.rate},
                                                            {"whole_words", masks_.whole_words}, {"fixed_masks", masks_.fixed}}));
  }

 private:
  std::vector<TokenDocument> tokens(const Tokenizer& tokenizer, const std::string&) const override { return tokenized(*documents_, tokenizer); }

  std::shared_ptr<const std::vector<Document>> documents_;
  MaskOptions masks_;
};

struct MlmSettings {
  static TaskWords words() { return token_words(); }
  std::string tokenizer;
  DocumentForm form = DocumentForm::automatic;
  MaskOptions masks;

  Options options(RunConfig& run) {
    return {{.name = "data", .help = "text file: a sentence a line and blank lines between documents, or running text", .target = &run.data, .basic = true},
            {.name = "tokenizer", .help = "folder or file of the tokenizer: its [CLS], [SEP] and [MASK], or their like, are used", .target = &tokenizer,
             .basic = true, .without = {"init-from"}},
            {.name = "documents", .help = "how to read the data", .target = by_choice(&form), .choices = {"auto", "lines", "sentences"}},
            {.name = "mask-rate", .help = "share of the tokens that are to be found", .target = &masks.rate, .low = 0.001, .high = 0.9},
            {.name = "whole-words", .help = "hide all pieces of a word, or none", .target = &masks.whole_words},
            {.name = "fixed-masks", .help = "hide the same words each time, as BERT did", .target = &masks.fixed},
            {.name = "split", .help = "percent for train/dev/test, of the documents", .target = &run.split},
            {.name = "init-from", .help = "begin with the weights and symbols of this run or model folder", .target = &run.init_from}};
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const { return std::make_unique<MlmSource>(run.data, tokenizer, form, masks); }
};

}  // namespace

TaskDefaults mlm_task_settings() { return task_settings<MlmSettings>(); }

}  // namespace grim
