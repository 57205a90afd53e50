#include "grimoire/task/mlm.h"

#include <cmath>
#include <map>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/data/corpus.h"
#include "grimoire/data/split.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/task/part_task.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/run.h"

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
  for (int64_t begin = 0, done = 0; begin < examples.rows() && (batches == 0 || done < batches); begin += kTextsAtOnce, ++done) {
    if (stop && stop()) {
      e.stopped = true;
      break;
    }
    const MlmExamples::Batch b = examples.batch(batch_at(examples, begin), tokens, masks, 0, 0);
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
    if (!encoder.has(EncoderPart::next_sentence)) continue;
    const Tensor follows = encoder.next_sentence_logits(hidden, b.texts);
    next += cross_entropy(follows, b.next).item() * static_cast<double>(b.texts.texts());
    e.pairs += b.texts.texts();
    e.pairs_right += agreeing(follows, b.next);
  }
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
    const auto until = [&](double percent) { return std::llround(static_cast<double>(order.size()) * percent / 100); };
    const auto part = [&](int64_t begin, int64_t end) {
      const std::vector<int64_t> chosen(order.begin() + begin, order.begin() + end);
      return mlm_examples(*model_, pick(documents, chosen), tokens_, seed);
    };
    const int64_t train_end = until(split.train), dev_end = until(split.train + split.dev);
    train_ = part(0, train_end);
    dev_ = part(train_end, dev_end);
    test_ = part(dev_end, static_cast<int64_t>(order.size()));
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
    for (int64_t r = 0; r < std::min<int64_t>(judged.rows(), kMostJudgements * kTextsAtOnce); r += kTextsAtOnce) {
      const std::vector<int64_t> targets = judged.batch(batch_at(judged, r), tokens_, masks_, 0, 0).targets.to_vector<int64_t>();
      for (const int64_t id : targets) sum -= std::log(counts[static_cast<size_t>(id)] / total);
      asked += static_cast<int64_t>(targets.size());
    }
    return sum / static_cast<double>(std::max<int64_t>(1, asked)) + (model_->has(EncoderPart::next_sentence) ? std::log(2.0) : 0.0);
  }

 private:
  MlmTokens tokens_;
  MaskOptions masks_;
};

class MlmSource final : public TaskSource {
 public:
  MlmSource(const std::string& path, std::string tokenizer, DocumentForm form, const MaskOptions& masks)
      : read_(std::make_shared<const Read>(path, form)), tokenizer_(std::move(tokenizer)), masks_(masks) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    const std::shared_ptr<const Numbered> text = numbered(config, checkpoint);
    std::unique_ptr<Pretrained> model = config.shape_for(text->tokenizer->vocab_size())->build(rng);
    std::unique_ptr<TextEncoder> encoder = capability_in<TextEncoder>(model);
    GRIM_CHECK(encoder && encoder->has(EncoderPart::masked), argument, "mlm", "{} does not fill in masked words", config.model);
    if (checkpoint.empty() && !config.init_from.empty()) load_weights(*encoder, model_folder_in(config.init_from));
    return std::make_unique<MlmTask>(std::move(encoder), text->tokenizer, text->documents, SplitPercent::parse(config.split), masks_,
                                     static_cast<uint64_t>(config.seed));
  }
  std::unique_ptr<TaskSource> sample(const RunConfig& config, int) const override {
    auto whole = std::make_unique<MlmSource>(*this);
    whole->known_ = numbered(config, "");
    return whole;
  }
  void resolve(RunConfig& config) const override {
    if (config.shape().size("context") == 0) config.shape().set_size("context", 128);
    TaskSource::resolve(config);
    SplitPercent::parse(config.split);
    if (tokenizer_.empty() && config.init_from.empty())
      throw Error(ErrorKind::usage, "no tokenizer is given: " GRIM_SETTING("tokenizer") " names its folder",
                  "grimoire tokenizer train makes one of kind wordpiece");
  }
  CorpusFormat format() const override { return CorpusFormat::text; }
  Json identity(const RunConfig& config) const override {
    return Json::object({{"content_xxh3_128", content_hash(read_->corpus)}, {"split", config.split},
                         {"documents", static_cast<int64_t>(read_->documents.size())},
                         {"mask_rate", masks_.rate}, {"whole_words", masks_.whole_words}, {"fixed_masks", masks_.fixed}});
  }

 private:
  struct Read {
    Read(const std::string& path, DocumentForm form) : corpus(load_corpus(path, CorpusFormat::text)), documents(documents_of(corpus.text, path, form)) {}
    Corpus corpus;
    std::vector<Document> documents;
  };
  struct Numbered {
    std::shared_ptr<const Tokenizer> tokenizer;
    std::vector<TokenDocument> documents;
  };
  std::shared_ptr<const Numbered> numbered(const RunConfig& config, const std::string& checkpoint) const {
    if (known_) return known_;
    const std::string from = model_before(config, checkpoint);
    const std::shared_ptr<const Tokenizer> tokenizer = open_tokenizer(from.empty() ? tokenizer_ : from);
    return std::make_shared<const Numbered>(tokenizer, tokenized(read_->documents, *tokenizer));
  }

  std::shared_ptr<const Read> read_;
  std::string tokenizer_;
  MaskOptions masks_;
  std::shared_ptr<const Numbered> known_;  // of a sample: it is not worked out anew for each of its tasks
};

struct MlmSettings {
  static TaskWords words() { return {"token", "by how common each is", "grimoire eval {} " GRIM_SETTING("data=FILE")}; }
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
